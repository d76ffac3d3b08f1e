"""Digital identities on a real database: what claims say, whose account they come to, and rivals at the same moment."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask, has_app_context
from stdnum.it import codicefiscale

from config import CLAIMS
from hub.accounts import claims, credentials, identity, passwords, service
from hub.accounts.claims import Proof
from hub.accounts.models import Identity, MailToken, Person
from hub.clock import now
from hub.db import db
from hub.notices.letter import words
from hub.notices.models import Notice
from hub.refusal import Refusal
from tests.hub.accounts.people import PASSWORD, person
from tests.oidc_provider import ROSA

TODAY = date(2026, 10, 1)
CODE = "GRCRSO83S58D969H"
_numbers = count()


def shown(**values: object) -> Proof:
    """What the provider vouches for of Rosa, but for what is said here."""
    known = Proof(CODE, "Rosa", "Greco", date(1983, 11, 18), "rosa@posta.example", 2)
    return Proof(**known.__dict__ | values)


def another_code() -> str:
    """A fiscal code that nobody has yet."""
    base = f"VRDGPP{next(_numbers) % 100:02d}M20E{next(_numbers) % 1000:03d}"
    return base + codicefiscale.calc_check_digit(base)


def read(**said: object) -> Proof:
    return claims.proof(ROSA | said, CLAIMS, level=2, today=TODAY)


def rule_of(call: Callable, *args: object, **values: object) -> str:
    with pytest.raises(Refusal) as refused:
        call(*args, **values)
    if has_app_context():
        db.session.rollback()
    return refused.value.rule


def people() -> list[Person]:
    return list(db.session.scalars(sa.select(Person).order_by(Person.id)))


def held() -> list[tuple[int, str, int]]:
    rows = db.session.scalars(sa.select(Identity).order_by(Identity.person_id))
    return [(row.person_id, row.fiscal_code, row.level) for row in rows]


def mails() -> list[Notice]:
    return list(db.session.scalars(sa.select(Notice).order_by(Notice.id)))


def token() -> str:
    return mails()[-1].payload["link"].removeprefix(identity.CONFIRM_PATH)


# --- what claims say


@pytest.mark.parametrize(
    "written", ["TINIT-GRCRSO83S58D969H", "tinit-grcrso83s58d969h", "GRCRSO83S58D969H", " GRCRSO83S58D969H "]
)
def test_a_fiscal_code_is_the_same_however_it_is_written(written):
    assert read(**{CLAIMS["fiscal_code"]: written}).fiscal_code == CODE


def test_a_fiscal_code_with_letters_instead_of_digits_is_one():
    """Omocodia: two people would have the same, so that the register changes digits into letters."""
    assert claims.fiscal_code("TINIT-GRCRSO83S58DV6VL") == "GRCRSO83S58DV6VL"


@pytest.mark.parametrize(
    "written", ["", None, "TINIT-", "GRCRSO83S58D969X", "00743110157", "TINDE-123", "GRCRSO83S58D969", "x" * 999]
)
def test_a_fiscal_code_that_is_missing_or_of_nobody_is_refused(written):
    assert rule_of(read, **{CLAIMS["fiscal_code"]: written}) == "fiscal-code"


@pytest.mark.parametrize(
    "said",
    [
        {"given_name": ""},
        {"given_name": None},
        {"family_name": "x" * 81},
        {"family_name": "<b>Greco</b>"},
        {"given_name": "Ro\x00sa"},
        {"given_name": "Ro\u202esa"},
        {"given_name": 7},
        {"given_name": ["Rosa", "Rosalba"]},
        {"given_name": {"it": "Rosa"}},
        {"birthdate": "18/11/1983"},
        {"birthdate": "2026-10-02"},
        {"birthdate": 19831118},
        {"email": ["rosa@posta.example", 7]},
        {CLAIMS["fiscal_code"]: 7},
        {CLAIMS["fiscal_code"]: ["GRCRSO83S58D969H", "GRCRSO83S58D969H"]},
    ],
)
def test_claims_that_cannot_be_read_are_refused(said):
    assert rule_of(read, **said) == "claims"


def test_claims_are_made_tidy():
    said = read(given_name=["  Rosa   Maria "], birthdate=None, email="Rosa@POSTA.example ")
    assert (said.given_name, said.birth_date, said.email) == ("Rosa Maria", None, "Rosa@posta.example")
    assert Proof.from_json(said.as_json()) == said
    assert Proof.from_json(shown().as_json()) == shown()


@pytest.mark.parametrize(
    "said", [{"email": None}, {"email": "rosa"}, {"email": ""}, {"email_verified": False}, {"email": "a@b\n.it"}]
)
def test_an_address_that_is_none_or_not_verified_is_as_if_it_were_not_said(said):
    assert read(**said).email is None


@pytest.mark.parametrize(("level", "asked"), [(0, 1), (0, 2), (1, 2), (2, 3)])
def test_a_level_that_is_unknown_or_too_low_is_refused(level, asked):
    assert rule_of(claims.must_reach, level, asked) == "level"
    claims.must_reach(asked, asked)
    claims.must_reach(3, asked)


# --- whose account it comes to


def test_a_new_identity_makes_a_confirmed_person_without_a_password(session):
    made = identity.enrol(shown(), language="en")
    session.commit()
    (rosa,) = people()
    assert rosa.id == made.id
    assert (rosa.email, rosa.name, rosa.birth_date) == ("rosa@posta.example", "Rosa Greco", date(1983, 11, 18))
    assert rosa.is_active and rosa.password_hash is None and rosa.language == "en"
    assert held() == [(rosa.id, CODE, 2)]
    assert mails() == []


def test_who_is_known_is_brought_up_to_date_and_the_level_only_rises(session):
    rosa = identity.enrol(shown(level=1, birth_date=None), language="it")
    session.commit()
    for level, highest in ((3, 3), (2, 3)):
        found = identity.recognise(shown(level=level, given_name="Rosa Maria", email="altra@posta.example"))
        session.commit()
        assert (found.id, found.given_name, found.birth_date) == (rosa.id, "Rosa Maria", date(1983, 11, 18))
        assert found.email == "rosa@posta.example"
        assert held() == [(rosa.id, CODE, highest)]
    identity.recognise(shown(birth_date=None))
    assert people()[0].birth_date == date(1983, 11, 18)
    assert identity.recognise(shown(fiscal_code=another_code())) is None


def test_an_account_is_known_by_the_fiscal_code_and_never_by_the_e_mail(session):
    identity.enrol(shown(), language="it")
    session.commit()
    stranger = shown(fiscal_code=another_code(), given_name="Mallo")
    assert identity.recognise(stranger) is None
    assert rule_of(identity.enrol, stranger, language="it") == "other-identity"
    assert [one.given_name for one in people()] == ["Rosa"]
    assert mails() == []


def test_a_local_account_is_linked_by_a_link_in_its_mail(session):
    rosa = person()
    proof = shown(given_name="Rosalba")
    assert identity.enrol(proof, language="it") is None
    identity.ask(proof, "rosa@posta.example", language="it", next_url="/spazi?p=2")
    session.commit()
    assert held() == [] and people()[0].given_name == "Rosa"
    linked, next_url = identity.confirm(token(), proof)
    session.commit()
    assert (linked.id, linked.given_name, next_url) == (rosa.id, "Rosalba", "/spazi?p=2")
    assert passwords.matches(linked.password_hash, PASSWORD)
    assert held() == [(rosa.id, CODE, 2)]
    assert identity.confirm(token(), proof)[0].id == rosa.id  # the button pressed twice
    assert identity.recognise(proof).id == rosa.id


def test_the_link_works_only_where_the_same_identity_was_shown(session):
    person()
    identity.ask(shown(), "rosa@posta.example", language="it")
    session.commit()
    for proof in (None, shown(fiscal_code=another_code())):
        assert rule_of(identity.confirm, token(), proof) == "shown-here"
    assert held() == []


def test_the_link_expires_and_an_unknown_one_says_the_same(session):
    person()
    identity.ask(shown(), "rosa@posta.example", language="it")
    session.commit()
    with time_machine.travel(now() + timedelta(hours=24, seconds=1)):
        assert rule_of(identity.confirm, token(), shown()) == "link-open"
    assert rule_of(identity.confirm, "unknown", shown()) == "link-open"
    assert rule_of(identity.confirm, service.new_link(people()[0], "reset", hours=1), shown()) == "link-open"
    assert held() == []


def test_a_link_to_an_account_that_got_another_identity_meanwhile_is_refused(session):
    rosa = person()
    identity.ask(shown(), "rosa@posta.example", language="it")
    session.commit()
    mine = token()
    identity.join(rosa, shown(fiscal_code=another_code()))
    session.commit()
    assert rule_of(identity.confirm, mine, shown()) == "other-identity"


def test_a_link_with_an_identity_that_went_elsewhere_meanwhile_is_refused(session):
    person()
    identity.ask(shown(), "rosa@posta.example", language="it")
    session.commit()
    mine = token()
    identity.join(person("altra@posta.example"), shown())
    session.commit()
    assert rule_of(identity.confirm, mine, shown()) == "other-account"
    assert len(held()) == 1


def test_an_address_that_nobody_confirmed_goes_to_who_proves_it_and_what_was_prepared_there_opens_nothing(session):
    """Somebody registers another's address with a password of theirs, and waits for the owner to confirm it."""
    service.register(
        email="rosa@posta.example", password_hash=passwords.hashed(PASSWORD), given_name="Mallo", family_name="X", language="it"
    )
    session.commit()
    prepared = mails()[-1].payload["link"].removeprefix(service.CONFIRM_PATH)
    rosa = identity.enrol(shown(), language="it")
    session.commit()
    assert (rosa.name, rosa.password_hash, len(people())) == ("Rosa Greco", None, 1)
    assert rosa.is_active and held() == [(rosa.id, CODE, 2)]
    assert rule_of(service.confirm, prepared) == "link-open"
    assert rule_of(service.sign_in, "rosa@posta.example", PASSWORD, hours=1) == "credentials"


def test_a_typed_address_waits_for_its_link(session):
    proof = shown(email=None)
    identity.ask(proof, "Rosa@Posta.example", language="en", next_url="/spazi")
    session.commit()
    (rosa,) = people()
    assert not rosa.is_active and held() == []
    told = session.scalars(sa.select(MailToken)).one()
    assert told.payload == {"fiscal_code": CODE}
    linked, next_url = identity.confirm(token(), proof)
    session.commit()
    assert (linked.id, linked.is_active, linked.password_hash, next_url) == (rosa.id, True, None, "/spazi")
    assert held() == [(rosa.id, CODE, 2)]


def test_a_typed_address_of_an_unconfirmed_registration_changes_nothing_until_the_link_is_opened(session):
    person(confirmed=False)
    before = now() - timedelta(days=29)
    session.execute(sa.update(Person).values(created_at=before))
    session.commit()
    identity.ask(shown(given_name="Rosalba"), "rosa@posta.example", language="it")
    session.commit()
    (rosa,) = people()
    assert (rosa.given_name, rosa.is_active) == ("Rosa", False)
    assert passwords.matches(rosa.password_hash, PASSWORD)
    with time_machine.travel(now() + timedelta(days=2)):
        service.purge_expired()  # the link's last day is not the account's
        assert people()
    identity.confirm(token(), shown(given_name="Rosalba"))
    session.commit()
    assert (rosa.given_name, rosa.is_active, rosa.password_hash) == ("Rosalba", True, None)


def test_a_typed_address_with_another_identity_is_told_by_mail_alone(session):
    rosa = identity.enrol(shown(), language="it")
    session.commit()
    identity.ask(shown(fiscal_code=another_code()), "rosa@posta.example", language="it")
    session.commit()
    (told,) = mails()
    assert (told.kind, told.private, told.address) == ("accounts/identity_other", True, rosa.email)
    assert session.scalars(sa.select(MailToken)).all() == []


def test_a_typed_address_that_nobody_proves_is_thrown_away(session):
    identity.ask(shown(email=None), "sbagliata@posta.example", language="it")
    session.commit()
    with time_machine.travel(now() + timedelta(days=32)):
        service.purge_expired()
        session.commit()
    assert people() == [] and session.scalars(sa.select(MailToken)).all() == []


def test_who_is_signed_in_links_an_identity_and_is_told(session):
    rosa = person()
    identity.join(rosa, shown(given_name="Rosalba"))
    session.commit()
    assert held() == [(rosa.id, CODE, 2)]
    assert people()[0].given_name == "Rosalba"
    assert [row.kind for row in mails()] == ["accounts/identity_linked"]
    identity.join(rosa, shown(level=3))  # once more: nothing new but the level
    session.commit()
    assert held() == [(rosa.id, CODE, 3)]
    assert len(mails()) == 1


def test_who_has_no_password_may_choose_one_by_the_link_to_reset_it(session):
    rosa = identity.enrol(shown(), language="it")
    session.commit()
    credentials.ask_reset("rosa@posta.example")
    session.commit()
    link = mails()[-1].payload["link"].removeprefix(credentials.RESET_PATH)
    session.rollback()
    credentials.reset(link, PASSWORD)
    session.commit()
    assert service.sign_in("rosa@posta.example", PASSWORD, hours=1)[0].id == rosa.id


def test_an_account_has_one_identity_and_an_identity_one_account(session):
    rosa, other = person(), person("altra@posta.example")
    identity.join(rosa, shown())
    session.commit()
    assert rule_of(identity.join, rosa, shown(fiscal_code=another_code())) == "other-identity"
    assert rule_of(identity.join, other, shown()) == "other-account"
    assert rule_of(identity.recognise, shown(), by=other) == "other-account"
    assert identity.recognise(shown(), by=rosa).id == rosa.id
    assert held() == [(rosa.id, CODE, 2)]


def test_the_mails_say_whose_identity_it_is_in_both_languages(session):
    person()
    identity.ask(shown(), "rosa@posta.example", language="it")
    identity.ask(shown(fiscal_code=another_code()), "rosa@posta.example", language="it")
    identity.join(people()[0], shown())
    identity.ask(shown(fiscal_code=another_code()), "rosa@posta.example", language="it")
    session.commit()
    kinds = ["accounts/identity_link", "accounts/identity_link", "accounts/identity_linked", "accounts/identity_other"]
    assert [row.kind for row in mails()] == kinds
    subject, body = words(mails()[0], "it")
    assert subject == "Collega la tua identità digitale"
    assert f"http://localhost{mails()[0].payload['link']}" in body and "Rosa Greco" in body and CODE not in body
    assert all(words(row, language)[1] for row in mails() for language in ("it", "en"))


# --- rivals at the same moment


def all_at_once(app: Flask, *tries: Callable[[], object]) -> list[object]:
    """What each try comes to, in a thread, a session and a transaction of its own: what it gives, or the rule that refused."""
    starting, ends = threading.Barrier(len(tries)), {}

    def one(number: int) -> None:
        with app.app_context():
            starting.wait(timeout=30)
            try:
                ends[number] = tries[number]()
                db.session.commit()
            except Refusal as refusal:
                ends[number] = refusal.rule
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(tries))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return [ends[number] for number in range(len(tries))]


@pytest.mark.parametrize("addresses", ["one address", "an address each"])
def test_two_browsers_that_come_back_at_once_make_one_person(app, addresses):
    for number in range(12):
        code = another_code()

        def arrive(address: str, code: str = code) -> int:
            proof = shown(fiscal_code=code, email=address)
            return (identity.recognise(proof) or identity.enrol(proof, language="it")).id

        at = [f"rosa{number}.{rival if addresses == 'an address each' else 0}@posta.example" for rival in range(4)]
        came = all_at_once(app, *(lambda address=address: arrive(address) for address in at))
        assert len(set(came)) == 1, came
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 12
        assert len(held()) == 12


def test_two_accounts_that_want_one_identity_at_once_get_it_once(app):
    with app.app_context():
        ours = [person(f"rosa{number}@posta.example").id for number in range(2)]
    for _ in range(6):
        code = another_code()

        def join(id: int, code: str = code) -> int:
            return identity.join(db.session.get(Person, id), shown(fiscal_code=code)).id

        came = all_at_once(app, *(lambda id=id: join(id) for id in ours))
        assert sorted(map(str, came)) in ([str(id), "other-account"] for id in ours), came
        with app.app_context():
            assert len(held()) == 1
            db.session.execute(sa.delete(Identity))
            db.session.commit()


def test_the_button_of_the_mail_pressed_twice_at_once_links_once(app):
    with app.app_context():
        rosa = person().id
        identity.ask(shown(), "rosa@posta.example", language="it")
        db.session.commit()
        link = token()
    assert all_at_once(app, *[lambda: identity.confirm(link, shown())[0].id] * 4) == [rosa] * 4
    with app.app_context():
        assert held() == [(rosa, CODE, 2)]
