"""Another hub's server on this machine, which answers as well or as badly as a test asks, and calendars for it to give."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hub.agenda.fetching import Gate, fetch

NAME = "hub.example"
RUNNING: dict[str, int] = {}  # the port of each hub, by its name


def calendar(*events: str) -> bytes:
    """A calendar with these events, each the lines between its BEGIN and its END."""
    inner = "".join(f"BEGIN:VEVENT\r\n{one}\r\nEND:VEVENT\r\n" for one in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Altro hub//IT\r\n{inner}END:VCALENDAR\r\n".encode()


def event(uid: str, starts: str, title: str, *more: str) -> str:
    return "\r\n".join((f"UID:{uid}", f"DTSTART:{starts}", f"SUMMARY:{title}", *more))


def local(**more: object) -> Gate:
    """A gate through which any name leads to this machine, and nowhere else; to its hub, where no port is said."""

    def resolve(name: str, port: int) -> list:
        return at("127.0.0.1")(name, RUNNING.get(name, port) if port == 80 else port)

    return replace(Gate(), resolve=resolve, allows=lambda address: str(address) == "127.0.0.1", ports=None, **more)


def at(*addresses: str) -> Callable:
    """A directory of the net in which every name has these addresses."""

    def resolve(_name: str, port: int) -> list:
        families = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in addresses]
        return [(family, (one, port)) for family, one in zip(families, addresses, strict=True)]

    return resolve


class AnotherHub:
    """web: its address as somebody would type it, which leads here through `local`; answer: what to do with the next request,
    a function of its handler; asked: the headers of each request so far."""

    def __init__(self, tls: ssl.SSLContext | None, name: str) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = give(calendar())
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.scheme, self.web = "https" if tls else "http", f"http://{name}/calendario.ics"
        RUNNING[name] = self.port
        threading.Thread(target=partial(self.server.serve_forever, poll_interval=0.02), daemon=True).start()

    def url(self, name: str = NAME) -> str:
        return f"{self.scheme}://{name}:{self.port}/calendario.ics"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.asked.append(dict(self.headers))
                with suppress(OSError):  # who asked has hung up
                    hub.answer(self)

            def log_message(self, *_) -> None:
                pass

        return Handler


@contextmanager
def another_hub(tls: ssl.SSLContext | None = None, name: str = NAME) -> Iterator[AnotherHub]:
    running = AnotherHub(tls, name)
    try:
        yield running
    finally:
        running.server.shutdown()
        running.server.server_close()


def through(**more: object) -> Callable:
    """The fetch of the portal, by a gate to this machine."""
    return partial(fetch, gate=local(**more))


# --- ways to answer


def give(body: bytes, status: int = 200, **headers: str) -> Callable:
    """A whole answer; of the names of headers an underscore is a hyphen."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(status)
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)

    return answer


def lead(*addresses: str) -> Callable:
    """Redirects, one after the other; the last one again and again."""
    left = list(addresses)

    def answer(to: BaseHTTPRequestHandler) -> None:
        give(b"", 302, Location=left.pop(0) if len(left) > 1 else left[0])(to)

    return answer


def named(body: bytes, etag: str) -> Callable:
    """The body with its ETag, or 304 to whoever has it."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        known = to.headers.get("If-None-Match") == etag
        give(b"" if known else body, 304 if known else 200, ETag=etag)(to)

    return answer


def drip(*, headers: bool) -> Callable:
    """A byte every tenth of a second, without an end: of its headers, or of its body."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.wfile.write(b"HTTP/1.0 200 OK\r\n" + (b"X-Slow: " if headers else b"\r\n"))
        while True:
            to.wfile.write(b"x")
            to.wfile.flush()
            time.sleep(0.1)

    return answer


def endless(to: BaseHTTPRequestHandler) -> None:
    to.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
    while True:
        to.wfile.write(b"X" * 65536)


def bomb(megabytes: int = 400) -> Callable:
    """A small body that unpacks to a huge one."""
    return give(gzip.compress(b"\0" * (megabytes << 20), 1), Content_Encoding="gzip")


def hang_up(to: BaseHTTPRequestHandler) -> None:
    to.connection.shutdown(socket.SHUT_RDWR)


def cut(to: BaseHTTPRequestHandler) -> None:
    """Fewer bytes than were promised."""
    to.send_response(200)
    to.send_header("Content-Length", "1000")
    to.end_headers()
    to.wfile.write(b"BEGIN:VCALENDAR")
