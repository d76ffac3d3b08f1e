"""Where another hub's calendar may be: how its address must look, and which machines of the net may be asked for it.

An address that somebody typed may name a machine of our own house (SSRF). So a name is never trusted: what counts is the
number that it leads to, and that number must be one of the public net.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_network
from urllib.parse import SplitResult, quote, urlsplit

from hub.refusal import Refusal

PORTS = {"http": 80, "https": 443}
LENGTH = 1000
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_-]{1,63})*\.?")
_UNWANTED = re.compile(r"[\x00-\x20\x7f\\]")
_PATH = "/%:@!$&'()*+,;=-._~"
# Python calls some of these global: they wrap an IPv4 address, or speak to many at once.
_IPV6 = ip_network("2000::/3")
_DENIED = [
    ip_network(block)
    for block in (
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),  # Teredo and ORCHID, examples, 6to4, examples
        *("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4"),  # protocols, relays of 6to4, benchmarks, reserved
        "168.63.129.16/32",  # a cloud's own services, as seen from its machines
    )
]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is a machine's of the public net, and of nothing nearer."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if address.version == 6 and address not in _IPV6:
        return False
    return not any(address in block for block in _DENIED if block.version == address.version)


def web_address(typed: str, field: str = "feed_url", most: int = LENGTH) -> str:
    """An address of the web as it is asked for: what was typed, over https where it says nothing else.

    field: of the form, to speak of; most: letters that it may have, written out. Raises Refusal.
    """
    text = typed.strip()
    scheme = re.match(r"([a-z][a-z0-9+.-]*)://", text, re.IGNORECASE)
    if scheme is None or scheme[1].lower() in ("webcal", "webcals"):  # how calendars call an address to be followed
        text = f"https://{text[scheme.end() if scheme else 0 :]}"
    try:
        address = parts_of(text).geturl()
        if len(address) > most:
            raise _not_an_address()
        return address
    except Refusal as refusal:
        refusal.field = field
        raise


def parts_of(address: str, ports: frozenset[int] | None = frozenset(PORTS.values())) -> SplitResult:
    """An address that may be asked for, in its parts, its name as the net's directory has it.

    ports: those that may be asked; None for any. Raises Refusal.
    """
    try:
        parts = urlsplit(address)
        name, port = parts.hostname or "", parts.port
        ascii_name = name if ":" in name else name.encode("idna").decode().lower()
    except ValueError:
        raise _not_an_address() from None
    if parts.scheme not in PORTS:
        raise Refusal("L'indirizzo deve cominciare con https:// (o con http://).", rule="feed-scheme")
    if len(address) > LENGTH or _UNWANTED.search(address) or not (":" in name or _NAME.fullmatch(ascii_name)):
        raise _not_an_address()
    if "@" in parts.netloc:
        raise Refusal("L'indirizzo non può contenere un nome utente o una password.", rule="feed-credentials")
    if ports is not None and (port or PORTS[parts.scheme]) not in ports:
        raise Refusal("L'indirizzo può usare solo le porte 80 e 443: togli il numero dopo «:».", rule="feed-port")
    netloc = f"[{name}]" if ":" in name else ascii_name
    netloc += f":{port}" if port else ""
    return SplitResult(parts.scheme, netloc, quote(parts.path or "/", safe=_PATH), quote(parts.query, safe=_PATH + "?"), "")


def _not_an_address() -> Refusal:
    return Refusal(
        "Questo non è un indirizzo di internet: copialo intero, per esempio https://hub.example/calendario.ics.",
        rule="feed-address",
    )
