"""Roles: given and taken by an administrator, each change written down for good; and whom an administrator finds."""

import pytest
import sqlalchemy as sa

from hub.accounts import second_factor, service
from hub.accounts.demo import load_people
from hub.accounts.models import DataView, Person, RoleChange, RoleGrant, SignIn
from hub.accounts.roles import card_of, grant_role, history, revoke_role, search, staff
from hub.clock import now
from hub.db import db
from hub.notices.letter import words
from hub.organisations.models import Membership, Organisation
from hub.refusal import Refusal
from tests.hub.accounts.people import PASSWORD, enter, kinds, mail, person, statements, with_second_factor

DESK = "/gestione/persone"


def refusal_of(call, *args, **values) -> str:
    with pytest.raises(Refusal) as refused:
        call(*args, **values)
    db.session.rollback()
    return refused.value.rule


def changes(session) -> list[tuple]:
    return [
        (row.role, row.given, row.by_id, row.reason) for row in session.scalars(sa.select(RoleChange).order_by(RoleChange.id))
    ]


# --- given and taken


def test_roles_are_given_and_taken_at_once(session):
    rosa, ada = person(), person("ada@posta.example")
    grant_role(ada, "administrator")
    grant_role(rosa, "manager", by=ada)
    grant_role(rosa, "manager", by=ada)
    assert rosa.roles == {"manager"}
    assert [found.id for found in service.people_with("manager")] == [rosa.id]
    assert session.scalars(sa.select(RoleGrant.granted_by).filter_by(role="manager")).one() == ada.id
    session.commit()
    assert refusal_of(grant_role, rosa, "evaluator", by=ada) == "manager-evaluator"
    revoke_role(rosa, "manager")
    assert rosa.roles == set()
    grant_role(rosa, "evaluator", by=ada)
    assert rosa.roles == {"evaluator"}


@pytest.mark.parametrize("first, second", [("manager", "evaluator"), ("evaluator", "manager")])
def test_the_database_refuses_a_manager_who_evaluates(session, first, second):
    rosa = person()
    given = sa.text("INSERT INTO role_grant (person_id, role, granted_at) VALUES (:id, :role, '2027-01-01T00:00:00.000000Z')")
    session.execute(given, {"id": rosa.id, "role": first})
    session.execute(given, {"id": rosa.id, "role": "administrator"})
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(given, {"id": rosa.id, "role": second})


def test_every_change_is_written_down_once_with_who_and_why(session):
    rosa, ada = person(), person("ada@posta.example")
    grant_role(ada, "administrator")
    for _ in range(2):
        grant_role(rosa, "manager", by=ada, reason="Nuova collega")
    for _ in range(2):
        revoke_role(rosa, "manager", by=ada, reason="Cambia ufficio")
    session.commit()
    assert changes(session) == [
        ("administrator", True, None, ""),
        ("manager", True, ada.id, "Nuova collega"),
        ("manager", False, ada.id, "Cambia ufficio"),
    ]
    assert [(row.role, row.given, row.by.name) for row in history(rosa)] == [
        ("manager", False, "Rosa Greco"),
        ("manager", True, "Rosa Greco"),
    ]


@pytest.mark.parametrize("change", ["UPDATE role_change SET reason = 'x'", "DELETE FROM role_change"])
def test_the_database_keeps_the_history_of_roles(session, change):
    grant_role(person(), "manager")
    session.commit()
    with pytest.raises(sa.exc.IntegrityError, match="role_change_kept"):
        session.execute(sa.text(change))


def test_the_demo_writes_its_roles_down_too(session):
    load_people()
    assert {(role, by_id) for role, _given, by_id, _why in changes(session)} == {
        ("manager", None),
        ("evaluator", None),
        ("administrator", None),
    }


def test_who_has_not_confirmed_or_was_erased_gets_no_role(session):
    waiting, gone = person(confirmed=False), person("altra@posta.example")
    gone.erased_at = now()
    session.commit()
    for somebody in (waiting, gone):
        assert refusal_of(grant_role, somebody, "manager") == "role-confirmed"


def test_nobody_takes_their_own_administrators_role_and_the_last_one_stays(session):
    ada, bruno, rosa = person("ada@posta.example"), person("bruno@posta.example"), person()
    for somebody in (ada, bruno):
        grant_role(somebody, "administrator")
    session.commit()
    assert refusal_of(revoke_role, ada, "administrator", by=ada) == "role-own"
    revoke_role(ada, "administrator", by=bruno)
    session.commit()
    assert refusal_of(revoke_role, bruno, "administrator", by=ada) == "role-last"
    assert refusal_of(revoke_role, bruno, "administrator") == "role-last"
    revoke_role(rosa, "administrator", by=bruno)
    assert bruno.roles == {"administrator"}


def test_an_evaluator_may_not_belong_to_the_implementer_and_it_is_said_in_words(session):
    rosa, ada = person(), person("ada@posta.example")
    hub = Organisation(kind="association", name="Chi realizza", tax_code="00000000000", email="x@y.it", created_at=now())
    hub.is_implementer = True
    session.add(hub)
    session.flush()
    session.add(Membership(organisation_id=hub.id, person_id=rosa.id, role="member", since=now()))
    session.commit()
    with pytest.raises(Refusal, match="non può anche valutarle") as refused:
        grant_role(rosa, "evaluator", by=ada)
    assert (refused.value.rule, refused.value.field) == ("evaluator-apart", "role")
    session.rollback()
    assert changes(session) == []
    grant_role(rosa, "manager", by=ada)
    grant_role(ada, "evaluator")


# --- finding


def test_people_are_found_by_words_of_their_name_or_address(session):
    rosa = person()
    other = person("nico@posta.example")
    other.given_name, other.family_name = "Nicolò", "D'Amico"
    waiting, gone = person("attesa@posta.example", confirmed=False), person("via@posta.example")
    gone.erased_at = now()
    session.commit()
    for text, found in (
        ("gre", [rosa]),
        ("ROSA GRECO", [rosa]),
        ("greco rosa", [rosa]),
        ("rosa@", [rosa]),
        ("nicolò", [other]),
        ("d'amico", [other]),
        ("posta.example", [other, rosa]),
        ("rosa amico", []),
        ("%%%", []),
        ("___", []),
    ):
        assert [row.id for row in search(text)[0]] == [row.id for row in found], text
    for short in ("", "ro", "àb"):
        assert refusal_of(search, short) == "search-long"
    assert card_of(waiting.id) is card_of(gone.id) is card_of(999) is None


def test_a_search_never_lists_everybody(session):
    session.add_all(
        Person(email=f"p{n}@posta.example", given_name="Pia", family_name=f"{n:02d}", confirmed_at=now(), created_at=now())
        for n in range(25)
    )
    session.commit()
    found, more = search("pia")
    assert len(found) == 20 and more
    assert search("pia 24") == ([found[-1]], False) or len(search("pia 24")[0]) == 1


# --- the desk


@pytest.fixture
def ada(app) -> Person:
    with app.app_context():
        row = person("ada@posta.example")
        grant_role(row, "administrator")
        row.given_name = "Ada"
        db.session.commit()
        return row


@pytest.fixture
def rosa(app) -> Person:
    with app.app_context():
        return person()


@pytest.fixture
def desk(client, ada):
    enter(client, ada.email)
    return client


def test_an_administrator_finds_somebody_and_gives_and_takes_a_role(app, desk, rosa):
    page = desk.page(DESK)
    assert "Ada Greco" in page.text and "Rosa Greco" not in page.text
    page = desk.page(f"{DESK}?cerca=rosa")
    page = desk.page(page.link("Rosa Greco"))
    given = page.form(str(rosa.id)).submit(("give", "x"), role="manager", reason="Nuova collega")
    assert "la persona riceve un'e-mail" in given.text and "Dato: Gestore" in given.text and "Nuova collega" in given.text
    taken = given.form(str(rosa.id)).submit(("take", "x"), role="manager", reason="Cambia ufficio")
    assert "Tolto: Gestore" in taken.text and "Nessun ruolo" in taken.text
    assert kinds(app) == ["role_changed", "role_changed"]
    with app.app_context():
        for row in mail(app):
            for language in ("it", "en"):
                subject, body = words(row, language)
                assert subject and row.payload["reason"] in body


def test_the_person_sees_who_opened_their_card_and_the_desk_is_not_noted_for_oneself(app, desk, rosa, ada):
    desk.page(f"{DESK}/{rosa.id}")
    desk.page(f"{DESK}/{ada.id}")
    with app.app_context():
        seen = db.session.scalars(sa.select(DataView)).all()
        assert [(row.person_id, row.viewer_id, row.what) for row in seen] == [(rosa.id, ada.id, "person")]
    client = app.test_client()
    enter(client)
    assert "Ada Greco" in client.page("/area-personale/i-miei-dati/accessi").text


def test_what_is_wrong_stands_beside_its_field_and_changes_nothing(app, desk, rosa, ada):
    form = desk.page(f"{DESK}/{rosa.id}").form(str(rosa.id))
    empty = form.submit(("give", "x"))
    assert empty.status == 422 and "Scegli un ruolo" in empty.text and "Scrivi il motivo" in empty.text
    form.submit(("give", "x"), role="manager", reason="Sì")
    both = form.submit(("give", "x"), role="evaluator", reason="Anche")
    assert both.status == 422 and "non può anche valutarlo" in both.text and "Anche" in both.html
    own = desk.page(f"{DESK}/{ada.id}").form(str(ada.id)).submit(("take", "x"), role="administrator", reason="Basta")
    assert own.status == 422 and "chiedi a un altro amministratore" in own.text
    assert form.submit(("give", "x"), role="king", reason="Sì").status == 422
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(RoleGrant)) == 2


def test_a_search_that_is_too_short_or_finds_nobody_says_so(desk, rosa):
    for text, told in (("", "Scrivi chi cerchi"), ("ro", "almeno 3 lettere"), ("zzz", "Prova con meno lettere")):
        assert told in desk.page(f"{DESK}?cerca={text}").text
    assert desk.page(f"{DESK}?cerca={'x' * 200}").status == 422


def test_nobody_else_comes_to_the_desk_and_who_is_not_there_is_not_found(app, desk, rosa):
    with app.app_context():
        waiting = person("attesa@posta.example", confirmed=False).id
    for path in (f"{DESK}/{waiting}", f"{DESK}/999", f"{DESK}/99999999999999999999", f"{DESK}/{waiting}/secondo-fattore"):
        assert desk.get(path).status_code == 404
    other = app.test_client()
    enter(other)
    for path in (DESK, f"{DESK}/{rosa.id}", f"{DESK}/{rosa.id}/secondo-fattore"):
        assert other.get(path).status_code == 403


def test_a_lost_second_factor_is_taken_away_told_and_written_down(app, desk, rosa, ada, capsys):
    with app.app_context():
        with_second_factor(rosa)
        second_factor.new_codes(rosa)
        service.open_sign_in(rosa, hours=1, level=2)
        db.session.commit()
    page = desk.page(desk.page(f"{DESK}/{rosa.id}").link("Ha perso il telefono"))
    assert page.form().submit(reason="").status == 422
    page = page.form().submit(reason="Telefono perso, l'ho vista di persona")
    assert page.path == f"{DESK}/{rosa.id}" and "Non attivo" in page.text
    with app.app_context():
        assert not service.has_second_factor(rosa)
        assert db.session.scalars(sa.select(SignIn).filter_by(person_id=rosa.id)).all() == []
        seen = db.session.scalars(sa.select(DataView.what).order_by(DataView.id)).all()
        assert "second_factor_reset" in seen
    assert kinds(app) == ["second_factor"]
    client = app.test_client()
    assert enter(client).path == "/area-personale"
    assert "Il tuo secondo fattore" in client.page("/area-personale/i-miei-dati/accessi").text


def test_an_administrator_does_not_take_their_own_second_factor_this_way(app, client, ada):
    with app.app_context():
        with_second_factor(ada)
        codes = second_factor.new_codes(ada)
        db.session.commit()
    enter(client, ada.email, PASSWORD).form().submit(code=codes[0])
    assert "Ha perso il telefono" not in client.page(f"{DESK}/{ada.id}").text
    page = client.page(f"{DESK}/{ada.id}/secondo-fattore").form().submit(reason="Perso")
    assert page.status == 422 and "chiedi a un altro amministratore" in page.text


def test_who_has_none_has_none_taken(desk, rosa):
    page = desk.page(f"{DESK}/{rosa.id}/secondo-fattore").form().submit(reason="Perso")
    assert page.status == 422 and "non è attivo" in page.text


def test_the_desk_costs_at_most_four_statements(app, desk, rosa):
    with app.app_context():
        engine = db.engine
        assert [row.name for row in staff()] == ["Ada Greco"]
    for path in (DESK, f"{DESK}?cerca=rosa", f"{DESK}/{rosa.id}"):
        with statements(engine) as asked:
            assert desk.get(path).status_code == 200
        assert len(asked) <= 4, (path, asked)
