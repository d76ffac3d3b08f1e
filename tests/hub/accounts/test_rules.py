"""Passwords, addresses, links and roles: on plain values."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.accounts import passwords, rules
from hub.refusal import Refusal

AT = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("url", [
    "/", "/spazi", "/spazi/officina-grande/prenota?giorno=2027-03-01&ora=10:00", "/entra?next=/spazi", "/a?x=https://b.it//c",
    "/prenota/Ab_-1/dettagli", "/spazi?q=%2F%2Fevil.it", "/spazi#mappa",
])  # fmt: skip
def test_a_local_page_is_a_way_on(url):
    assert rules.safe_next(url) == url


@pytest.mark.parametrize("url", [
    None, "", " ", "spazi", "evil.it", "//evil.it", "///evil.it", "////evil.it", "/\\evil.it", "\\\\evil.it", "\\/evil.it",
    "/\\/evil.it", "https:evil.it", "https:/evil.it", "https://evil.it", "http:///evil.it", "HTTPS://evil.it", "javascript:a()",
    "data:text/html,x", "/\t/evil.it", "/\n/evil.it", "/\r\n/evil.it", "\t//evil.it", "\n/spazi", " /spazi", " //evil.it",
    "/\x00/evil.it", "\x01/spazi", "/spazi\x7f", "/spazi\r\nSet-Cookie: a=b", "/\u2028/evil.it", "/.//evil.it", "/..//evil.it",
    "/%2e//evil.it", "/a/..//evil.it", "/spazi//evil.it", "//evil.it?a=b", "//evil.it#a", "//evil.it@localhost/",
    "//localhost@evil.it", "/\u200b/evil.it", "//evil.it@", "//evil.it:80/", "https:evil.it/", "http:///evil.it/",
    "http:\\\\evil.it", "/%09/evil.it", "/%0a/evil.it", "/%5cevil.it", "/%5C%5Cevil.it", "/%2f/evil.it", "/%2Fevil.it",
    "/spazi/%2f%2fevil.it",
    "/%00/evil.it", "/%7f/evil.it", "/\t\\evil.it", "\u2215\u2215evil.it", "\uff0f\uff0fevil.it", "\\/\\/evil.it",
    "/\u2028evil.it", "/\x85/evil.it", "http://[::1/", "//[", "/" + "a" * 600, "/" + "à" * 200,
])  # fmt: skip
def test_what_may_lead_elsewhere_is_not(url):
    assert rules.safe_next(url, "/area-personale") == "/area-personale"


def test_a_way_on_is_plain_ascii():
    assert rules.safe_next('/spazi?q=città e "corte"') == "/spazi?q=citt%C3%A0%20e%20%22corte%22"


@pytest.mark.parametrize("text, kept", [
    (" Rosa.Greco@Posta.IT ", "rosa.greco@posta.it"),
    ("rosa@città.it", "rosa@xn--citt-3na.it"),
    ("rosa@.it", "rosa@.it"),
    ("rosa", "rosa"),
])  # fmt: skip
def test_an_address_is_kept_in_one_way(text, kept):
    assert rules.mailbox(text) == kept


@pytest.mark.parametrize("password, rule", [
    ("corta", "password-long"),
    ("nove lett", "password-long"),
    ("x y" * 50, "password-long"),
    ("Password1234", "password-common"),
    ("1234567890", "password-common"),
    ("aaaaaaaaaaaa", "password-common"),
    ("abcabcabcabc", "password-common"),
    ("Rosanna2027!!", "password-own"),
    ("greco-greco-27", "password-own"),
    ("amo rosag@posta.it", "password-own"),
    ("sono rosag davvero", "password-own"),
])  # fmt: skip
def test_a_weak_password_is_refused_with_its_reason(password, rule):
    with pytest.raises(Refusal) as refused:
        rules.must_be_strong(password, email="rosag@posta.it", names=("Rosanna", "Greco"))
    assert (refused.value.rule, refused.value.field) == (rule, "password")


@pytest.mark.parametrize(
    "password", ["lampara tufo scirocco", "dieci lett", "x7!Kp2#vQ9", "Leccio d'autunno", "密码是很长的一句话哦"]
)
def test_a_strong_password_passes(password):
    rules.must_be_strong(password, email="rosag@posta.it", names=("Rosanna", "Greco", "Al"))


def test_short_names_do_not_spoil_a_password():
    rules.must_be_strong("tartaruga gialla", email="al@posta.it", names=("Al", "Tar"))


def test_who_manages_does_not_evaluate():
    for role, held in (("manager", ["evaluator"]), ("evaluator", ["administrator", "manager"])):
        with pytest.raises(Refusal) as refused:
            rules.must_stay_apart(role, held)
        assert refused.value.rule == "manager-evaluator"
    rules.must_stay_apart("manager", ["administrator"])
    rules.must_stay_apart("administrator", ["evaluator"])


def test_a_link_is_open_until_used_or_expired():
    assert rules.is_open(AT + timedelta(seconds=1), None, AT)
    assert not rules.is_open(AT, None, AT)
    assert not rules.is_open(AT + timedelta(hours=1), AT, AT)


def test_an_unconfirmed_address_does_not_get_in():
    with pytest.raises(Refusal, match="conferma"):
        rules.must_be_confirmed(None)
    rules.must_be_confirmed(AT)


def test_a_hash_knows_its_password_however_it_is_typed():
    stored = passwords.hashed("caffè in ghiaccio")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches(stored, "caffe\u0300 in ghiaccio")
    assert not passwords.matches(stored, "caffe in ghiaccio")
    assert not passwords.is_outdated(stored)


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$v=19$m=19456,t=2,p=1$short$x"])
def test_no_password_matches_what_is_no_hash(stored):
    assert not passwords.matches(stored, "")
    assert not passwords.matches(stored, "lampara tufo scirocco")
