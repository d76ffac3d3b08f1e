"""A file from an address that somebody typed: asked for in a way that cannot be led astray.

What is asked: http or https, at the ports of the web, no name or password. The name is looked up once, every number that it
has must be of the public net, and the connection goes to one of those numbers; TLS is checked by the name. A redirect is an
address like the first, at most three of them, none from https down to http. All together it lasts seconds, and what comes
is cut at a size that is counted after it was unpacked. No proxy of the environment is used, no cookie is kept.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin

from flask import Flask
from requests import certs
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import DecodeError, HTTPError, SSLError
from urllib3.exceptions import TimeoutError as TooSlow
from urllib3.response import HTTPResponse

from hub.agenda.addresses import PORTS, is_public, parts_of
from hub.refusal import Refusal

REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 3
PIECE = 65536
HEADERS = {"User-Agent": "OfficineMezzogiorno/1.0 (calendar)", "Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "gzip"}

Address = tuple[socket.AddressFamily, tuple]


class Fault(Exception):
    """Why there is no file. code: one of `hub.agenda.partners.FAULTS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Fetched(NamedTuple):
    """What came: body None where it is still the copy that one has; what its server calls it, each "" where it says nothing."""

    body: bytes | None
    etag: str = ""
    last_modified: str = ""


def look_up(name: str, port: int) -> list[Address]:
    """The addresses that a name has, by the system's resolver. Raises OSError."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [(family, where) for family, _, _, _, where in found]


@dataclass(frozen=True)
class Gate:
    """What may be asked for. seconds: for all of it; most: bytes of the file, unpacked; ports: None for any; trusted: the
    file of the authorities that certificates are signed by."""

    resolve: Callable[[str, int], list[Address]] = look_up
    allows: Callable[[IPv4Address | IPv6Address], bool] = is_public
    ports: frozenset[int] | None = frozenset(PORTS.values())
    seconds: float = 5.0
    most: int = 2 * 1024 * 1024
    trusted: str = certs.where()


OPEN = Gate()
Fetch = Callable[..., Fetched]


def init(app: Flask) -> None:
    app.extensions["fetch"] = fetch


def fetch(address: str, *, etag: str = "", last_modified: str = "", gate: Gate = OPEN) -> Fetched:
    """The file at an address, unless it is still the one that its server called so. Raises Fault."""
    deadline = time.monotonic() + gate.seconds
    headers = HEADERS | {name: told for name, told in _known(etag, last_modified) if told}
    try:
        for _ in range(MOST_REDIRECTS + 1):
            parts = parts_of(address, gate.ports)
            fetched, further = _ask(parts, headers, gate, deadline)
            if fetched:
                return fetched
            address = urljoin(parts.geturl(), further)
            if parts.scheme == "https" and not address.startswith("https:"):
                raise Fault("redirect")
    except Refusal:
        raise Fault("address") from None
    except (TimeoutError, TooSlow):
        raise Fault("slow") from None
    except (SSLError, ssl.SSLError):
        raise Fault("tls") from None
    except DecodeError:
        raise Fault("unreadable") from None
    except (HTTPError, HTTPException, OSError, ValueError):  # what the connection, or a header of theirs, went wrong by
        raise Fault("unreachable") from None
    raise Fault("redirect")


def _known(etag: str, last_modified: str) -> Iterator[tuple[str, str]]:
    yield "If-None-Match", etag
    yield "If-Modified-Since", last_modified


def _ask(parts: SplitResult, headers: dict[str, str], gate: Gate, deadline: float) -> tuple[Fetched | None, str]:
    """What one address answers: the file, or where it leads."""
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    with closing(_connection(parts, _checked(parts, gate, deadline), gate.trusted, deadline)) as connection:
        connection.request("GET", target, headers=headers, preload_content=False, decode_content=True)
        with closing(connection.getresponse()) as response:
            if response.status in REDIRECTS:
                return None, response.headers.get("Location") or _fault("redirect")
            if response.status == 304 and ("If-None-Match" in headers or "If-Modified-Since" in headers):
                return Fetched(None, *_names(response)), ""
            if response.status != 200:
                raise Fault("status")
            return Fetched(_body(response, gate.most), *_names(response)), ""


def _fault(code: str) -> str:
    raise Fault(code)


def _names(response: HTTPResponse) -> tuple[str, str]:
    """What the server calls the file, where it says so in words that we can say again."""
    etag, last_modified = response.headers.get("ETag", ""), response.headers.get("Last-Modified", "")
    return _sayable(etag, 200), _sayable(last_modified, 60)


def _sayable(words: str, most: int) -> str:
    return words if len(words) <= most and words.isascii() and words.isprintable() else ""


def _body(response: HTTPResponse, most: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity", "gzip"):
        raise Fault("unreadable")
    pieces, size = [], 0
    while piece := response.read(PIECE):
        size += len(piece)
        if size > most:
            raise Fault("large")
        pieces.append(piece)
    return b"".join(pieces)


# --- the connection, to an address that was checked


def _checked(parts: SplitResult, gate: Gate, deadline: float) -> Address:
    """The first of the addresses that a name has, all of which may be asked."""
    port = parts.port or PORTS[parts.scheme]
    looking = ThreadPoolExecutor(1)  # the system's resolver knows no deadline
    try:
        found = looking.submit(gate.resolve, parts.hostname, port).result(_left(deadline))
    except TimeoutError:
        raise
    except (OSError, UnicodeError):
        raise Fault("name") from None
    finally:
        looking.shutdown(wait=False)
    if not found:
        raise Fault("name")
    for _, where in found:
        if not gate.allows(ip_address(where[0])):
            raise Fault("private")
    return found[0]


def _left(deadline: float) -> float:
    """The seconds that are left. Raises TimeoutError where none are."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _InTime:
    """A socket that waits for no answer beyond its deadline, however slowly it comes."""

    deadline: float

    def recv_into(self, *args, **kwargs) -> int:
        self.settimeout(_left(self.deadline))
        return super().recv_into(*args, **kwargs)


class _Plain(_InTime, socket.socket):
    pass


class _Tls(_InTime, ssl.SSLSocket):
    pass


def _connection(parts: SplitResult, address: Address, trusted: str, deadline: float) -> HTTPConnection:
    """A connection by the name of the parts, which goes to this address instead of looking the name up."""
    family, where = address

    def connect() -> socket.socket:
        sock = _Plain(family, socket.SOCK_STREAM)
        sock.deadline = deadline
        try:
            sock.settimeout(_left(deadline))
            sock.connect(where)
        except BaseException:
            sock.close()
            raise
        return sock

    port = parts.port or PORTS[parts.scheme]
    if parts.scheme == "http":
        connection = HTTPConnection(parts.hostname, port)
    else:
        context = ssl.create_default_context(cafile=trusted)
        context.sslsocket_class = type("_TlsInTime", (_Tls,), {"deadline": deadline})
        connection = HTTPSConnection(parts.hostname, port, ssl_context=context)
    connection._new_conn = connect  # the one place where urllib3 would ask the resolver again
    return connection
