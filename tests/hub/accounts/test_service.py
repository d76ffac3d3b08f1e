"""Accounts on a real database: registering, confirming, signing in, roles, what is thrown away."""

import sqlite3
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from argon2 import PasswordHasher

from hub.accounts import demo, passwords, service
from hub.accounts.models import MailToken, Person, SignIn
from hub.accounts.roles import grant_role
from hub.clock import now
from hub.db import db
from hub.notices.models import Notice
from hub.refusal import Refusal
from tests.hub.accounts.people import PASSWORD, enter, last_token, person, statements, token_of
from tests.hub.accounts.people import register as fill_in

ROSA = {"email": "Rosa@Posta.example", "given_name": "Rosa", "family_name": "Greco", "language": "it"}


def tokens(session) -> list[str]:
    told = session.scalars(sa.select(Notice).filter_by(kind="accounts/confirm").order_by(Notice.id))
    return [token_of(row) for row in told]


def register(session, password: str = PASSWORD, **values) -> str:
    """Register and commit; the token that went out by mail."""
    service.register(password_hash=passwords.hashed(password), **(ROSA | values))
    session.commit()
    return tokens(session)[-1]


def sign_in(password: str = PASSWORD, email: str = "rosa@posta.example") -> tuple[Person, str]:
    return service.sign_in(email, password, hours=12, user_agent="Firefox")


def refusal_of(call, *args, **values) -> str:
    with pytest.raises(Refusal) as refused:
        call(*args, **values)
    db.session.rollback()
    return refused.value.rule


def test_a_registration_waits_for_the_link_and_the_link_works_once(session):
    token = register(session, next_url="/spazi?p=2")
    row = session.scalars(sa.select(MailToken)).one()
    assert token not in (row.token_hash, row.next_url)
    assert len(row.token_hash) == 64
    assert refusal_of(sign_in) == "confirmed"
    assert service.is_open(service.link(token))
    rosa, next_url = service.confirm(token)
    session.commit()
    assert (rosa.email, rosa.is_active, next_url) == ("rosa@posta.example", True, "/spazi?p=2")
    assert not service.is_open(service.link(token))
    confirmed_at = rosa.confirmed_at
    with time_machine.travel(now() + timedelta(hours=1)):
        assert service.confirm(token)[0].confirmed_at == confirmed_at
    assert sign_in()[0].id == rosa.id


def test_a_link_expires_after_a_day_and_an_unknown_one_says_nothing_else(session):
    token = register(session)
    with time_machine.travel(now() + timedelta(hours=24, seconds=1)):
        assert not service.is_open(service.link(token))
        assert refusal_of(service.confirm, token) == "link-open"
    assert refusal_of(service.confirm, "x") == "link-open"
    assert session.scalars(sa.select(Person.confirmed_at)).one() is None


def test_a_way_on_that_leaves_the_portal_is_not_kept(session):
    token = register(session, next_url="//evil.it")
    assert service.confirm(token)[1] == ""


def test_who_has_an_account_is_told_by_mail_and_keeps_it_as_it_was(session):
    service.confirm(register(session))
    session.commit()
    service.register(password_hash=passwords.hashed("un'altra password"), **(ROSA | {"given_name": "Mallo"}))
    session.commit()
    rosa, _token = sign_in()
    assert rosa.given_name == "Rosa"
    told = session.scalars(sa.select(Notice).order_by(Notice.id)).all()
    assert [row.kind for row in told] == ["accounts/confirm", "accounts/already_registered"]
    assert all(row.private for row in told)


def test_of_two_registrations_nobody_confirmed_the_last_counts(session):
    first = register(session, "la password di prima", given_name="Prima")
    second = register(session, next_url="/spazi")
    assert refusal_of(service.confirm, first) == "link-open"
    rosa, _next = service.confirm(second)
    session.commit()
    assert rosa.given_name == "Rosa"
    assert refusal_of(sign_in, "la password di prima") == "credentials"
    assert sign_in()[0].id == rosa.id


def test_a_new_link_leaves_the_first_one_good(session):
    first = register(session)
    service.resend("ROSA@posta.example", "/spazi")
    session.commit()
    assert len(tokens(session)) == 2
    service.confirm(first)
    session.commit()
    service.resend("rosa@posta.example")
    service.resend("nobody@posta.example")
    kinds = session.scalars(sa.select(Notice.kind).order_by(Notice.id)).all()
    assert kinds == ["accounts/confirm", "accounts/confirm", "accounts/already_registered"]


def test_registering_in_parallel_makes_one_account(app):
    starting, errors = threading.Barrier(4), []

    def one() -> None:
        with app.app_context():
            password_hash = passwords.hashed(PASSWORD)
            starting.wait()
            try:
                service.register(password_hash=password_hash, **ROSA)
                db.session.commit()
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert not errors
        assert db.session.scalars(sa.select(sa.func.count()).select_from(Person)).one() == 1
        assert db.session.scalars(sa.select(sa.func.count()).select_from(Notice)).one() == 4
        assert db.session.scalars(sa.select(sa.func.count()).select_from(MailToken)).one() == 1


def test_a_wrong_password_and_an_unknown_address_get_the_same_words(session):
    person()
    for email, password in (("rosa@posta.example", "sbagliata!!"), ("nobody@posta.example", PASSWORD), ("", ""), ("a@b@c", "x")):
        with pytest.raises(Refusal) as refused:
            sign_in(password, email)
        assert refused.value.words == "E-mail o password non corrispondono. Controllale e riprova."
        assert refused.value.field is None


def test_who_has_no_password_cannot_sign_in_with_one(session):
    rosa = person()
    rosa.password_hash = None
    session.commit()
    assert refusal_of(sign_in) == "credentials"
    assert refusal_of(sign_in, "") == "credentials"


def test_a_sign_in_is_known_by_its_token_until_it_expires(session):
    rosa = person()
    _rosa, token = sign_in()
    session.commit()
    row = session.scalars(sa.select(SignIn)).one()
    assert (row.person_id, row.user_agent, row.expires_at - row.created_at) == (rosa.id, "Firefox", timedelta(hours=12))
    assert token not in row.token_hash
    assert service.person_of(token).id == rosa.id
    assert service.person_of(row.token_hash) is None
    with time_machine.travel(now() + timedelta(hours=12, seconds=1)):
        assert service.person_of(token) is None


def test_signing_out_ends_that_browser_alone(session):
    person()
    first, second = sign_in()[1], sign_in()[1]
    session.commit()
    service.sign_out(first)
    session.commit()
    assert service.person_of(first) is None
    assert service.person_of(second) is not None


def test_a_person_is_found_with_their_roles_in_one_query(session):
    rosa = person()
    grant_role(rosa, "manager")
    grant_role(rosa, "administrator")
    session.commit()
    token = sign_in()[1]
    session.commit()
    session.expunge_all()
    session.connection()
    with statements(db.engine) as asked:
        found = service.person_of(token)
    assert found.roles == {"manager", "administrator"}
    assert found.has_role("citizen") and not found.has_role("evaluator")
    assert len(asked) == 1


def test_a_hash_of_older_parameters_is_renewed_at_sign_in(session):
    rosa = person()
    rosa.password_hash = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    session.commit()
    sign_in()
    session.commit()
    assert not passwords.is_outdated(rosa.password_hash)
    assert sign_in()[0].id == rosa.id


class Witness(PasswordHasher):
    """Hashes for real, and at each time writes down whether somebody else could begin to write."""

    def __init__(self, app) -> None:
        super().__init__(time_cost=2, memory_cost=19_456, parallelism=1)
        self.app, self.seen = app, []

    def look(self) -> None:
        with self.app.app_context():
            url, pool = db.engine.url, db.engine.pool
        if url.get_backend_name() == "sqlite":
            other = sqlite3.connect(url.database, timeout=0, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
            other.close()
        self.seen.append(pool.checkedout())

    def hash(self, *args, **kwargs) -> str:
        self.look()
        return super().hash(*args, **kwargs)

    def verify(self, *args, **kwargs) -> bool:
        self.look()
        return super().verify(*args, **kwargs)


def test_no_transaction_is_open_while_a_password_is_hashed(app, client, monkeypatch):
    with app.app_context():
        person("altra@posta.example")
        db.session.remove()
    witness = Witness(app)
    monkeypatch.setattr(passwords, "hasher", witness)
    assert fill_in(client).status == 200
    client.page(f"/conferma/{last_token(app)}").form().submit()
    assert enter(client, password="sbagliata del tutto").status == 422
    assert enter(client, "nobody@posta.example").status == 422
    assert enter(client).path == "/area-personale"
    # signed in already, in another tab: the cookie is asked about before the password is
    stale = client.post("/entra", data={"email": "altra@posta.example", "password": PASSWORD, "csrf_token": csrf(client)})
    assert stale.status_code == 303
    assert witness.seen == [0, 0, 0, 0, 0]


def csrf(client) -> str:
    return client.page("/area-personale/dati").form().values["csrf_token"]


@pytest.mark.parametrize("change", [
    "UPDATE person SET email = 'Rosa@posta.example'",
    "UPDATE person SET language = 'fr'",
    "INSERT INTO role_grant (person_id, role, granted_at) SELECT id, 'king', created_at FROM person",
    "INSERT INTO person (email, given_name, family_name, language, created_at)"
    " SELECT email, 'A', 'B', 'it', created_at FROM person",
])  # fmt: skip
def test_the_database_keeps_people_well_formed(session, change):
    person()
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.text(change))


def test_an_erased_persons_number_never_comes_back(session):
    first = person()
    subject = first.subject
    session.delete(first)
    session.commit()
    assert person("altra@posta.example").subject != subject


def test_a_person_changes_what_they_say_of_themselves(session):
    rosa = person()
    session.expunge(rosa)
    service.change_profile(rosa, given_name="Rosaria", family_name="Greco", birth_date=None, phone="", language="en")
    session.commit()
    kept = session.get_one(Person, rosa.id)
    assert (kept.name, kept.phone, kept.language) == ("Rosaria Greco", None, "en")
    assert refusal_of(service.change_language, kept, "fr") == "language"


def test_what_has_expired_is_thrown_away(session):
    person()
    token = register(session, email="mai@posta.example")
    sign_in()
    session.commit()
    assert service.purge_expired(now()) == 0
    assert service.purge_expired(now() + timedelta(hours=13)) == 1
    assert service.link(token) is not None
    service.purge_expired(now() + timedelta(days=32))
    assert service.link(token) is None
    assert session.scalars(sa.select(Person.email)).all() == ["rosa@posta.example"]


def test_the_demo_has_a_person_for_each_role(session):
    people = demo.load_people()
    session.commit()
    again = demo.load_people()
    assert {role: found.id for role, found in again.items()} == {role: found.id for role, found in people.items()}
    assert all(found.is_active and "(demo)" in found.name for found in people.values())
    for role, found in people.items():
        assert found.roles == (set() if role == "citizen" else {role})
        assert sign_in(demo.DEMO_PASSWORD, found.email)[0].id == found.id
