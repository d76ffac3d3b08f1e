"""A closure ends what stands in its way, tells everybody, and is whole or not at all."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub import demo
from hub.accounts.demo import load_people
from hub.accounts.models import DataView, Person
from hub.booking import closing, decision, service
from hub.booking.models import Booking, BookingChange
from hub.clock import now, wall
from hub.db import db
from hub.notices.letter import words
from hub.notices.models import Notice
from hub.refusal import Refusal
from hub.spaces import closures, ledger
from hub.spaces import service as spaces
from hub.spaces.models import Occurrence
from hub.spaces.rules import Slot
from tests.hub.booking.conftest import ask, free_slot

MANAGER = "gestore@officine.example"
WORKS = {"it": "Lavori al tetto", "en": "Works on the roof"}


def close(chosen, slot, by, reason=WORKS):
    return closing.close(chosen, slot, reason, seen=closing.seal(closing.met(chosen, slot)), by=by)


def approved(layout, by, manager, **when):
    booking = ask(layout, free_slot(layout, **when), by)
    decision.approve(booking, by=manager)
    return booking


def mails(session, kind="booking/closed"):
    return session.scalars(sa.select(Notice).filter_by(kind=kind).order_by(Notice.id)).all()


def test_bookings_in_the_way_end_with_the_reason_and_their_owners_are_offered_something_else(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    agreed = approved(layout, people["citizen"], people["manager"])
    waiting = ask(layout, free_slot(layout, index=12), people["citizen"])
    day = agreed.slot.starts.replace(hour=0)
    ended = close([hub["aula-1"]], Slot(day, day + timedelta(days=1)), people["manager"])
    assert [hit.booking.state for hit in ended] == ["cancelled", "rejected"]
    assert [one.status for one in (agreed.occurrence, waiting.occurrence)] == ["cancelled", "cancelled"]
    assert {change.reason for change in session.query(BookingChange).filter_by(after="cancelled")} == {"Lavori al tetto"}
    subject, body = words(mails(session)[0], "it")
    assert "Lo spazio sarà chiuso: Prova" in subject
    assert "Lavori al tetto" in body and "Al suo posto puoi prenotare" in body and "/prenota?disposizione=" in body
    assert "Works on the roof" in words(mails(session)[0], "en")[1]
    assert spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)
    assert spaces.free_slots(hub["aula-1"], layout, wall(agreed.slot.starts).date(), 60) == []


def test_an_alternative_is_free_at_the_same_time_in_a_space_of_the_same_size(hub, people, session):
    booking = approved(hub["aula-1"].layouts[0], people["citizen"], people["manager"])
    close([hub["aula-1"]], booking.slot, people["manager"])
    others = mails(session)[0].payload["gone"][0]["others"]
    assert 1 <= len(others) <= 3
    assert "Aula 2" in [other["space"]["it"] for other in others]


def test_of_several_dates_only_those_in_the_way_go_and_the_booking_stands(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    booking = ask(layout, free_slot(layout), people["citizen"])
    second = Slot(booking.slot.starts + timedelta(days=7), booking.slot.ends + timedelta(days=7))
    later = ledger.plan(layout.space, layout, second)
    booking.occurrences.append(later)
    ledger.occupy(later)
    booking.price_cents = booking.due_cents = 2000
    session.flush()
    decision.approve(booking, by=people["manager"])
    close([hub["aula-1"]], second, people["manager"])
    assert (booking.state, [one.status for one in booking.occurrences]) == ("approved", ["planned", "cancelled"])
    assert booking.refund_cents == 1000
    last = session.query(BookingChange).filter_by(booking_id=booking.id).order_by(BookingChange.id.desc()).first()
    assert (last.before, last.after, last.reason) == ("approved", "approved", "Lavori al tetto")
    told = mails(session)[0].payload
    assert len(told["gone"]) == 1 and told["calendar"]["status"] == "CONFIRMED"


def test_who_is_closed_with_a_space_the_bays_of_a_hall_and_the_hall_of_a_bay(hub, people, session):
    bay = approved(hub["campata-nord"].layouts[0], people["citizen"], people["manager"])
    whole = [hub["officina-grande"]]
    assert [hit.booking for hit in closing.met(whole, bay.slot)] == [bay]
    assert closing.met([hub["campata-sud"]], bay.slot) == []
    touched = closures.touched(spaces.spaces(), closures.atoms_of([hub["campata-nord"]]))
    assert {space.slug for space in touched} == {"campata-nord", "campate-nord-centrale", "officina-grande"}
    close(whole, bay.slot, people["manager"])
    assert bay.state == "cancelled"


def test_a_set_up_that_comes_back_when_its_neighbour_goes_is_in_the_way_too(hub, people, session):
    layout = hub["campata-nord"].layouts[0]  # 30 minutes before and after
    first = approved(layout, people["citizen"], people["manager"])
    follower = Slot(first.slot.ends, first.slot.ends + timedelta(hours=2))
    second = ask(layout, follower, people["citizen"])
    assert first.occurrence.cleanup_min == 0
    hits = closing.met([hub["campata-nord"]], follower)
    assert [hit.booking for hit in hits] == [first, second]
    close([hub["campata-nord"]], follower, people["manager"])
    assert spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)


def test_a_hold_ends_and_nobody_is_written_to(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    held = service.draft(layout, free_slot(layout), 5, by=people["citizen"])
    assert close([hub["aula-1"]], held.slot, people["manager"]) == []
    assert held.state == "draft" and mails(session) == []


def test_somebody_without_an_account_is_cancelled_as_well(hub, people, session):
    booking = approved(hub["aula-1"].layouts[0], people["citizen"], people["manager"])
    booking.requester, booking.contact_name = None, "Nina Rossi"
    session.flush()
    ended = close([hub["aula-1"]], booking.slot, people["manager"])
    assert ended[0].booking.state == "cancelled" and mails(session) == []


def test_what_changed_since_the_list_was_shown_is_shown_again(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    slot = free_slot(layout)
    seen = closing.seal(closing.met([hub["aula-1"]], slot))
    booking = ask(layout, slot, people["citizen"])
    with pytest.raises(Refusal, match="Nel frattempo"):
        closing.close([hub["aula-1"]], slot, WORKS, seen=seen, by=people["manager"])
    assert booking.state == "submitted"


def test_nobody_is_sent_out_of_a_space_that_they_use(hub, people, session):
    booking = approved(hub["aula-1"].layouts[0], people["citizen"], people["manager"])
    ledger.release(booking.occurrence)
    booking.occurrence.starts_at, booking.occurrence.ends_at = now() - timedelta(hours=1), now() + timedelta(hours=1)
    ledger.occupy(booking.occurrence)
    soon = now() + timedelta(minutes=5)
    with pytest.raises(Refusal, match="è in corso"):
        close([hub["aula-1"]], Slot(soon, soon + timedelta(hours=3)), people["manager"])


def test_a_closure_over_another_is_refused_and_one_that_is_removed_leaves_the_place_free(hub, people, session):
    slot = free_slot(hub["aula-1"].layouts[0])
    close([hub["aula-1"]], slot, people["manager"])
    with pytest.raises(Refusal, match="già chiuso"):
        close(list(hub.values()), slot, people["manager"])
    (closed,) = closures.standing()
    assert (closed.slot, closed.reason) == (slot, WORKS)
    closures.remove(closures.closure_by(closed.id))
    assert closures.standing() == []
    with pytest.raises(Refusal, match="già finita"):
        closures.remove(closures.closure_by(closed.id))
    ask(hub["aula-1"].layouts[0], slot, people["citizen"])


def test_a_closure_that_is_running_ends_now(hub, people, session):
    soon = now() + timedelta(seconds=1)
    close(list(hub.values()), Slot(soon, soon + timedelta(days=40)), people["manager"])
    session.execute(sa.update(Occurrence).values(starts_at=now() - timedelta(days=1)))
    session.expire_all()
    (closed,) = closures.standing()
    assert len(closed.atoms) == len(closures.atoms_of(hub.values()))
    closures.remove(closures.closure_by(closed.id))
    assert closures.standing() == []
    assert {one.status for one in session.query(Occurrence)} == {"planned"}


@pytest.mark.parametrize(
    ("starts", "ends", "rule"), [(-1, 5, "closure-past"), (5, 5, "closure-order"), (1, 24 * 367, "closure-long")]
)
def test_closures_that_make_no_sense_are_refused_in_words(starts, ends, rule):
    at = now()
    with pytest.raises(Refusal) as refused:
        closures.must_be_a_closure(Slot(at + timedelta(hours=starts), at + timedelta(hours=ends)), at)
    assert refused.value.rule == rule


# --- the desk


@pytest.fixture
def desk(app, client):
    """A manager's browser, in a hub where the citizen has a booking that was confirmed."""
    with app.app_context():
        made, people = demo.load_spaces(), load_people()
        db.session.flush()
        booking = approved(made["aula-1"].layouts[0], people["citizen"], people["manager"])
        db.session.commit()
        client.booked = wall(booking.slot.starts)
    return client.known_as(MANAGER)


def asked(desk, **more):
    day = desk.booked.date().isoformat()
    return {"spazio": "aula-1", "dal": day, "motivo": "Lavori"} | more


def confirmed_by(desk, **more):
    return desk.page(
        "/gestione/chiusure/nuova", query_string={name: value for name, value in asked(desk, **more).items() if value is not None}
    )


def test_a_manager_sees_who_is_in_the_way_and_then_closes(desk, app):
    assert "Nessuna chiusura" in desk.page("/gestione/chiusure").text
    shown = confirmed_by(desk)
    assert "Non è ancora chiuso niente" in shown.text and "Prova" in shown.text and "Aule 1 e 2 unite" in shown.text
    with app.app_context():
        assert db.session.query(Booking).one().state == "approved"
        citizen = db.session.scalars(sa.select(Person.id).filter_by(email="cittadina@officine.example")).one()
        assert db.session.scalars(sa.select(DataView.person_id)).all() == [citizen]
    done = shown.form().submit()
    assert "Prenotazioni toccate: 1" in done.text and "Lavori" in done.text and "Aula 1" in done.text
    again = shown.form().submit()
    assert "già scritta" in again.text
    opened = done.form("togli").submit()
    assert "Chiusura tolta" in opened.text and "Nessuna chiusura" in opened.text
    with app.app_context():
        assert db.session.query(Booking).one().state == "cancelled"


def test_a_block_of_one_space_for_some_hours_comes_filled_in(desk):
    page = desk.page("/gestione/chiusure/nuova?spazio=aula-1&dal=2027-03-01&dalle=09:00&alle=11:00")
    assert page.status == 200 and 'value="09:00"' in page.html and 'value="aula-1"' in page.html


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"spazio": None}, "Scegli almeno uno spazio"),
        ({"motivo": " "}, "Scrivi perché"),
        ({"dal": ""}, "Scegli da quale giorno"),
        ({"dal": "2020-01-01"}, "Scegli un giorno da oggi"),
        ({"dalle": "ora"}, ""),
        ({"dalle": "12:00", "alle": "11:00"}, "La fine viene dopo"),
        ({"spazio": "nessuno"}, ""),
    ],
)
def test_wrong_closures_are_told_and_keep_what_was_written(desk, given, told):
    page = confirmed_by(desk, **given)
    assert page.status == 422 and told in page.text
    assert "Nuova chiusura" in page.text and ("motivo" in given or 'value="Lavori"' in page.html)


def test_a_list_that_is_not_that_any_more_is_shown_again(desk, app):
    shown = confirmed_by(desk, dalle="00:00")
    with app.app_context():
        booking = db.session.query(Booking).one()
        manager = db.session.scalars(sa.select(Person).filter_by(email=MANAGER)).one()
        service.cancel(booking, "Altro", by=manager)
        db.session.commit()
    refused = shown.form().submit()
    assert refused.status == 422 and "Nel frattempo" in refused.text and "non ha prenotato nessuno" in refused.text
    assert "Chiusura scritta" in refused.form().submit().text
