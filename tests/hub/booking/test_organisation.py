"""Bookings in the name of an organisation: whose they are, who may touch them, what is kept of it."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from hub import demo
from hub.accounts.models import Person, SignIn
from hub.accounts.service import digest, open_sign_in, person_of
from hub.booking import service
from hub.booking.models import BookingChange
from hub.clock import now, today
from hub.db import db
from hub.organisations.models import Membership, Organisation
from hub.organisations.service import close, membership_of
from hub.participation.models import LogEntry
from hub.refusal import Refusal
from hub.spaces import opening
from hub.spaces.models import Layout
from hub.spaces.rules import at_minute
from tests.hub.accounts.people import PASSWORD, enter, person
from tests.hub.booking.conftest import ask, free_slot


def organisation(rep: Person, *editors: Person, state: str = "verified") -> Organisation:
    row = Organisation(kind="association", name="Amici del Tram", tax_code="80008510754", email="tram@posta.example")
    row.state, row.created_at = state, now()
    db.session.add(row)
    db.session.flush()
    for who, role in ((rep, "legal_rep"), *((editor, "editor") for editor in editors)):
        db.session.add(Membership(organisation_id=row.id, person_id=who.id, role=role, since=now()))
    db.session.commit()
    return row


def acting(who: Person, row: Organisation | None, *, level: int = 0) -> SimpleNamespace:
    """Who asks, as a request knows them: signed in, and acting for an organisation."""
    token = open_sign_in(who, hours=1, level=level)
    if row:
        db.session.execute(sa.update(SignIn).where(SignIn.token_hash == digest(token)).values(acting_for=row.id))
    db.session.commit()
    known = person_of(token)  # a request expunges it; here it shares the session with what the test holds
    return SimpleNamespace(id=known.id, acting_as=known.acting_as, level=known.level)


@pytest.fixture
def layout(hub, session) -> Layout:
    session.commit()
    return session.scalars(sa.select(Layout).where(Layout.space_id == hub["sala-riunioni"].id)).first()


def test_a_booking_in_an_organisation_s_name_says_so_in_its_history_and_in_the_log(session, layout):
    rosa = person()
    tram = organisation(rosa)
    booking = ask(layout, free_slot(layout), acting(rosa, tram, level=2))
    session.commit()
    assert (booking.organisation.name, booking.level) == ("Amici del Tram", 2)
    sent = session.scalars(sa.select(BookingChange).where(BookingChange.after == "approved")).one()
    assert (sent.actor_id, sent.organisation_id, sent.level) == (rosa.id, tram.id, 2)
    facts = json.loads(session.scalars(sa.select(LogEntry.facts)).one())
    assert facts["identity"] == 2
    assert facts["org"].startswith("p") and "Tram" not in json.dumps(facts)


def test_a_booking_of_one_s_own_names_no_organisation(session, layout):
    rosa = person()
    booking = ask(layout, free_slot(layout), acting(rosa, None))
    session.commit()
    assert booking.organisation is None
    assert "org" not in json.loads(session.scalars(sa.select(LogEntry.facts)).one())


def test_a_colleague_who_acts_for_it_sees_and_cancels_the_organisation_s_bookings(session, layout):
    rosa, ugo, eva = person(), person("ugo@posta.example"), person("eva@posta.example")
    tram = organisation(rosa, ugo)
    booking = ask(layout, free_slot(layout), acting(rosa, tram))
    session.commit()
    assert not service.is_of(booking, acting(ugo, None))  # who does not act for it now is one among many
    assert not service.is_of(booking, acting(eva, None))
    colleague = acting(ugo, tram)
    assert [found.id for found in service.bookings_of(colleague, page=1)[0]] == [booking.id]
    service.cancel(service.booking_by_code(booking.code, locked=True), "", by=colleague)
    session.commit()
    last = session.scalars(sa.select(BookingChange).order_by(BookingChange.id.desc())).first()
    assert (last.after, last.actor_id, last.organisation_id) == ("cancelled", ugo.id, tram.id)


def test_a_draft_for_the_organisation_stays_its_author_s_until_it_is_sent(session, layout):
    rosa, ugo = person(), person("ugo@posta.example")
    tram = organisation(rosa, ugo)
    by = acting(rosa, tram)
    draft = service.draft(layout, free_slot(layout), 3, by=by)
    service.introduce(draft, phone="", by=by)
    session.commit()
    assert [found.id for found in service.bookings_of(by, page=1)[0]] == [draft.id]
    assert service.bookings_of(acting(ugo, tram), page=1)[0] == []


def test_whoever_changes_in_whose_name_they_act_looks_again_before_sending(session, layout):
    rosa = person()
    tram = organisation(rosa)
    by = acting(rosa, tram)
    draft = service.draft(layout, free_slot(layout), 3, by=by)
    service.describe(draft, title="Prova", purpose="meeting", details="")
    service.introduce(draft, phone="", by=by)
    with pytest.raises(Refusal, match="per conto di chi agisci"):
        service.submit(draft, by=acting(rosa, None))


@pytest.mark.parametrize("state", ["pending", "refused", "closed"])
def test_the_database_lets_nobody_act_for_an_organisation_that_is_not_verified(session, state):
    rosa = person()
    tram = organisation(rosa, state=state)
    with pytest.raises(sa.exc.DBAPIError, match="acting_allowed"):
        acting(rosa, tram)


def test_the_database_takes_no_act_in_the_name_of_an_organisation_from_a_stranger(session, layout):
    rosa, eva = person(), person("eva@posta.example")
    tram = organisation(rosa)
    stranger = acting(eva, None)
    stranger.acting_as = tram  # what no page can do
    with pytest.raises(sa.exc.DBAPIError, match="booking_change_in_whose_name"):
        ask(layout, free_slot(layout), stranger)


def test_the_pages_of_an_organisation_s_booking(app):
    with app.app_context():
        rooms = demo.load_spaces()
        rosa, ugo = person(), person("ugo@posta.example")
        tram = organisation(rosa, ugo)
        room = db.session.scalars(sa.select(Layout).where(Layout.space_id == rooms["sala-riunioni"].id)).first()
        code = ask(room, free_slot(room), acting(rosa, tram), title="Prova del coro").code
        db.session.commit()
        number = tram.id
    colleague = app.test_client()
    enter(colleague, "ugo@posta.example", PASSWORD)
    assert colleague.get(f"/prenotazioni/{code}").status_code == 404
    with app.app_context():
        db.session.execute(sa.update(SignIn).where(SignIn.person_id == ugo.id).values(acting_for=number))
        db.session.commit()
    page = colleague.page(f"/prenotazioni/{code}")
    assert "Per conto di Amici del Tram" in page.text
    assert "Prenotazioni di Amici del Tram" in colleague.page("/area-personale/prenotazioni").text
    assert "Annullata" in page.form("/annulla").submit().text


def test_whoever_acts_for_an_organisation_is_offered_its_hours_and_may_book_them(app):
    day = today() + timedelta(days=9)
    with app.app_context():
        rooms = demo.load_spaces()
        rosa = person()
        tram = organisation(rosa)
        hours = {"opens": 22 * 60, "closes": 24 * 60, "reason": {"it": "Prove serali"}}
        opening.set_day(rooms["sala-riunioni"], day=day, audience="ets", **hours)
        db.session.commit()
        number = tram.id
    rosa_there = app.test_client()
    enter(rosa_there, "rosa@posta.example", PASSWORD)
    address, late = f"/spazi/sala-riunioni/prenota?giorno={day}&durata=60", at_minute(day, 23 * 60).isoformat()
    assert late not in rosa_there.page(address).html
    with app.app_context():
        db.session.execute(sa.update(SignIn).values(acting_for=number))
        db.session.commit()
    page = rosa_there.page(address)
    assert late in page.html
    assert "Prenota Sala riunioni: Dettagli" in page.form("prenota").submit(starts=late).text


def test_an_organisation_is_not_closed_while_it_has_bookings_to_come(session, layout):
    rosa = person()
    tram = organisation(rosa)
    booking = ask(layout, free_slot(layout), acting(rosa, tram))
    session.commit()
    mine = membership_of(rosa, tram.id)
    with pytest.raises(Refusal, match="prima ritirale o annullale"):
        close(by=mine)
    service.cancel(booking, "", by=acting(rosa, tram))
    close(by=mine)
    session.commit()
    assert tram.state == "closed"
