"""A file from an address that somebody typed: which are asked for, and what a server cannot do to who asks it."""

import time
import tracemalloc
from dataclasses import replace
from functools import partial
from ipaddress import ip_address

import pytest

from hub.agenda.addresses import is_public, parts_of, web_address
from hub.agenda.fetching import OPEN, Fault, Gate, fetch, look_up
from hub.refusal import Refusal
from tests.hub.agenda import another_hub as other
from tests.hub.agenda.another_hub import NAME, at, calendar, give, through
from tests.oidc_provider import certificate

NOT_OURS_TO_ASK = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("192.0.0.9", "168.63.129.16", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1"),
    *("::127.0.0.1", "::ffff:127.0.0.1", "::ffff:93.184.216.34", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "5f00::1"),
    *("fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%2", "fec0::1", "ff02::1", "ff0e::1"),
]
OURS_TO_ASK = ["93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:2800:220:1::1", "2a00:1450:4002:410::200e"]

REFUSED = {  # the rule that says no
    "ftp://hub.example/a.ics": "feed-scheme",
    "file:///etc/passwd": "feed-scheme",
    "gopher://hub.example/": "feed-scheme",
    "data://text/calendar,BEGIN": "feed-scheme",
    "http://hub.example:22/": "feed-port",
    "https://hub.example:8443/": "feed-port",
    "hub.example:5432/a.ics": "feed-port",
    "https://user:secret@hub.example/": "feed-credentials",
    "https://user@hub.example/": "feed-credentials",
    "https://93.184.216.34@hub.example/": "feed-credentials",
    "": "feed-address",
    "https://": "feed-address",
    "https:///a.ics": "feed-address",
    "https://hub example/": "feed-address",
    "https://hub.example/a b": "feed-address",
    "https://hub.example\\@127.0.0.1/": "feed-address",
    "https://hub.example/\r\nHost: x": "feed-address",
    "https://hub.example/\x00": "feed-address",
    "https://hub.example:99999/": "feed-address",
    "https://hub.example:x/": "feed-address",
    "https://[::1/": "feed-address",
    "https://..example/": "feed-address",
    "https://hub.example/" + "x" * 1000: "feed-address",
    "javascript:alert(1)": "feed-address",
}
TAKEN = {
    "hub.example/a.ics": "https://hub.example/a.ics",
    "  https://HUB.example/A.ics  ": "https://hub.example/A.ics",
    "webcal://hub.example/a.ics?x=1&y=%20": "https://hub.example/a.ics?x=1&y=%20",
    "WEBCALS://hub.example": "https://hub.example/",
    "http://hub.example:80/a.ics#part": "http://hub.example:80/a.ics",
    "https://città.example/però": "https://xn--citt-3na.example/per%C3%B2",
    "https://[2606:2800:220:1::1]:443/": "https://[2606:2800:220:1::1]:443/",
}


@pytest.fixture
def server():
    with other.another_hub() as running:
        yield running


def fault(asked, *args, **kwargs) -> str:
    with pytest.raises(Fault) as told:
        asked(*args, **kwargs)
    return told.value.code


# --- which


@pytest.mark.parametrize("address", NOT_OURS_TO_ASK)
def test_machines_of_no_public_net_are_not_asked(address):
    assert not is_public(ip_address(address))
    assert fault(fetch, "https://hub.example/", gate=replace(OPEN, resolve=at("93.184.216.34", address))) == "private"


@pytest.mark.parametrize("address", OURS_TO_ASK)
def test_machines_of_the_public_net_are(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "number", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "0", "localhost", "[::1]", "[::ffff:7f00:1]"]
)
def test_a_number_in_another_writing_is_looked_up_before_it_is_judged(number):
    assert fault(fetch, f"http://{number}/") in ("private", "name")  # a name that no directory has leads nowhere either


@pytest.mark.parametrize(("typed", "rule"), REFUSED.items())
def test_an_address_that_is_none_is_told_by_its_rule(typed, rule):
    with pytest.raises(Refusal) as told:
        web_address(typed)
    assert (told.value.rule, told.value.field) == (rule, "feed_url")
    if "://" in typed:
        assert fault(fetch, typed) == "address"


@pytest.mark.parametrize(("typed", "asked"), TAKEN.items())
def test_an_address_is_taken_over_https_where_it_says_nothing_else(typed, asked):
    assert web_address(typed) == asked == parts_of(asked).geturl()


def test_an_address_is_as_long_as_it_is_written_out():
    taken = web_address("https://hub.example/" + "è" * 80, most=500)
    assert len(taken) == len("https://hub.example/") + 480
    with pytest.raises(Refusal) as told:
        web_address("https://hub.example/" + "è" * 81, "site_url", 500)
    assert (told.value.rule, told.value.field) == ("feed-address", "site_url")


# --- how


def test_a_file_comes_with_its_name_and_only_once(server):
    server.answer = other.named(calendar(), '"one"')
    first = through()(server.url())
    assert first == (calendar(), '"one"', "")
    assert through()(server.url(), etag=first.etag) == (None, '"one"', "")
    assert [asked.get("If-None-Match") for asked in server.asked] == [None, '"one"']
    assert {asked["Host"] for asked in server.asked} == {f"{NAME}:{server.port}"}
    assert not any({"Cookie", "Authorization"} & set(asked) for asked in server.asked)


def test_the_time_of_the_last_copy_is_told_too(server):
    server.answer = give(calendar(), Last_Modified="Sun, 29 Nov 2026 10:00:00 GMT")
    copy = through()(server.url())
    server.answer = give(b"", 304)
    assert through()(server.url(), last_modified=copy.last_modified).body is None
    assert server.asked[-1]["If-Modified-Since"] == "Sun, 29 Nov 2026 10:00:00 GMT"
    assert fault(through(), server.url()) == "status"  # 304 to who has nothing


def test_a_name_is_looked_up_once_so_that_it_cannot_lead_elsewhere_later(server):
    looked = []

    def rebinding(name: str, port: int) -> list:
        """A directory that says something public when it is asked first, and this machine from then on."""
        looked.append(name)
        return at("93.184.216.34" if len(looked) == 1 else "127.0.0.1")(name, port)

    gate = replace(other.local(), resolve=rebinding, allows=is_public, seconds=0.5)
    assert fault(fetch, server.url(), gate=gate) in ("slow", "unreachable") and len(looked) == 1
    assert fault(fetch, server.url(), gate=gate) == "private" and len(looked) == 2
    assert server.asked == []


@pytest.mark.parametrize("leads", ["http://10.0.0.1/", "http://[::1]:{port}/", "http://metadata.example:{port}/"])
def test_a_redirect_to_a_private_address_is_not_followed(server, leads):
    def resolve(name: str, port: int) -> list:
        known = {NAME: "127.0.0.1", "metadata.example": "169.254.169.254"}
        return at(known.get(name, name))(name, port)

    server.answer = other.lead(leads.format(port=server.port))
    assert fault(fetch, server.url(), gate=replace(other.local(), resolve=resolve)) == "private"
    assert len(server.asked) == 1


@pytest.mark.parametrize("leads", ["file:///etc/passwd", "ftp://hub.example/", "http://user:x@hub.example/", "http://[::1/"])
def test_a_redirect_is_an_address_like_the_first(server, leads):
    server.answer = other.lead(leads)
    assert fault(through(), server.url()) in ("address", "unreachable")
    assert len(server.asked) == 1


def test_three_redirects_are_followed_and_no_more(server):
    ways = [f"/{number}" for number in range(3)]
    turns = iter([*(give(b"", code, Location=way) for code, way in zip((301, 307, 308), ways, strict=True)), give(b"x")])
    server.answer = lambda to: next(turns)(to)
    assert through()(server.url()).body == b"x" and len(server.asked) == 4
    server.answer = other.lead("/again")
    assert fault(through(), server.url()) == "redirect" and len(server.asked) == 8
    server.answer = give(b"", 302)
    assert fault(through(), server.url()) == "redirect"


@pytest.mark.parametrize("headers", [True, False])
def test_a_server_that_drips_is_given_up_in_time(server, headers):
    server.answer = other.drip(headers=headers)
    begun = time.monotonic()
    assert fault(through(seconds=0.8), server.url()) == "slow"
    assert time.monotonic() - begun < 2.5


def test_a_directory_that_does_not_answer_is_given_up_in_time():
    gate = replace(OPEN, resolve=lambda *_: time.sleep(1.5) or [], seconds=0.3)
    begun = time.monotonic()
    assert fault(fetch, "https://hub.example/", gate=gate) == "slow"
    assert time.monotonic() - begun < 1.2


def test_an_endless_body_and_a_bomb_are_cut_before_they_are_in_memory(server):
    for server.answer in (other.endless, other.bomb()):
        tracemalloc.start()
        assert fault(through(seconds=20.0), server.url()) == "large"
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 16 << 20


def test_a_packed_body_is_unpacked_and_counts_unpacked(server):
    server.answer = other.bomb(1)
    assert through()(server.url()).body == b"\0" * (1 << 20)
    server.answer = give(b"\0" * (2 << 20))
    assert len(through()(server.url()).body) == 2 << 20
    server.answer = give(b"\0" * ((2 << 20) + 1))
    assert fault(through(), server.url()) == "large"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (give(b"", 404), "status"),
        (give(b"", 500), "status"),
        (give(b"x", 206), "status"),
        (give(b"x", Content_Encoding="br"), "unreadable"),
        (give(b"x", Content_Encoding="gzip, gzip"), "unreadable"),
        (give(b"no gzip", Content_Encoding="gzip"), "unreadable"),
        (other.hang_up, "unreachable"),
        (other.cut, "unreachable"),
        (lambda to: to.wfile.write(b"SSH-2.0-OpenSSH_9\r\n"), "unreachable"),
        (lambda to: to.wfile.write(b"HTTP/1.0 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"), "unreachable"),
    ],
)
def test_an_answer_that_is_none_is_told_by_its_code(server, answer, code):
    server.answer = answer
    assert fault(through(), server.url()) == code


def test_nobody_there_and_no_such_name_are_told_apart():
    with other.another_hub() as gone:
        pass
    assert fault(through(), gone.url()) == "unreachable"
    assert fault(fetch, "https://hub.example/", gate=replace(OPEN, resolve=at())) == "name"
    assert fault(fetch, f"https://{'x' * 60}.invalid/", gate=replace(OPEN, seconds=20.0)) == "name"


def test_over_tls_the_certificate_is_looked_at_by_the_name(tmp_path):
    trusted, shown = certificate(tmp_path, NAME)
    with other.another_hub(shown) as server:
        ask = partial(through, trusted=str(trusted))
        assert ask()(server.url()).body == calendar()
        assert fault(ask(), server.url("another.example")) == "tls"
        assert fault(through(), server.url()) == "tls"  # signed by nobody who is known
        server.answer = other.lead(f"http://{NAME}:{server.port}/")
        assert fault(ask(), server.url()) == "redirect"  # not from https down to http
        server.answer = other.drip(headers=True)
        assert fault(ask(seconds=0.8), server.url()) == "slow"


def test_the_gate_of_the_portal_is_narrow():
    assert Gate() == OPEN and (OPEN.resolve, OPEN.allows, OPEN.ports) == (look_up, is_public, {80, 443})
    assert (OPEN.seconds, OPEN.most) == (5.0, 2 << 20)
