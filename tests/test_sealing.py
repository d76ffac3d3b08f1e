"""What is sealed opens for its purpose alone, and with the same SECRET_KEY alone."""

import pytest

from hub import create_app
from hub.sealing import Unreadable, mark, seal, unseal
from tests.databases import environment


@pytest.fixture
def app(tmp_path):
    return create_app(environment(f"sqlite:///{tmp_path}/hub.sqlite"))


def test_what_is_sealed_opens_again_and_shows_nothing(app):
    with app.app_context():
        sealed = seal("JBSWY3DPEHPK3PXP", "here")
        assert unseal(sealed, "here") == "JBSWY3DPEHPK3PXP"
        assert "JBSWY3" not in sealed and sealed.isascii()
        assert seal("JBSWY3DPEHPK3PXP", "here") != sealed
        assert unseal(seal("città € 🚌", "here"), "here") == "città € 🚌"


def test_it_opens_for_no_other_purpose(app):
    with app.app_context(), pytest.raises(Unreadable):
        unseal(seal("a", "of person:1"), "of person:2")


def test_it_opens_with_no_other_key(app, tmp_path):
    other = create_app(environment(f"sqlite:///{tmp_path}/hub.sqlite", SECRET_KEY="another secret, also long enough to pass"))
    with app.app_context():
        sealed, marked = seal("a", "here"), mark("a", "here")
    with other.app_context():
        assert mark("a", "here") != marked
        with pytest.raises(Unreadable):
            unseal(sealed, "here")


@pytest.mark.parametrize(
    "spoil", [lambda s: s[:-1], lambda s: s[:40] + ("A" if s[40] != "A" else "B") + s[41:], lambda s: "", str.swapcase]
)
def test_it_does_not_open_when_it_was_altered(app, spoil):
    with app.app_context(), pytest.raises(Unreadable):
        unseal(spoil(seal("a secret", "here")), "here")


def test_a_mark_is_the_same_for_the_same_and_differs_by_purpose(app):
    with app.app_context():
        assert mark("a", "here") == mark("a", "here")
        assert len({mark("a", "here"), mark("b", "here"), mark("a", "there")}) == 3
        assert len(mark("a", "here")) == 64
