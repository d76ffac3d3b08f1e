"""The caretaker's day: who is where, which walls and which furniture move and by when; on the page and on paper."""

from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from hub import demo
from hub.accounts.demo import load_people
from hub.accounts.models import DataView
from hub.booking import decision, service
from hub.booking.models import Booking
from hub.clock import today, wall
from hub.db import db
from hub.labs import sessions, team
from hub.labs.programme import activity_by
from hub.manage.sheet import Furniture, Wall, sheet, walls
from hub.spaces import service as spaces
from hub.spaces.models import Occurrence
from hub.spaces.rules import Slot
from tests.hub.booking.conftest import ask, free_slot
from tests.hub.labs.makers import adult, enrol
from tests.hub.labs.programmes import activity, published, slot

MANAGER = "gestore@officine.example"


def layout_of(space, code):
    return next(layout for layout in space.layouts if layout.code == code)


def confirmed(layout, slot, known, **more):
    booking = ask(layout, slot, known["citizen"], **more)
    decision.approve(booking, by=known["manager"])
    return booking


def after(slot, hours, length=2):
    """A time so many hours after the beginning of another."""
    return Slot(slot.starts + timedelta(hours=hours), slot.starts + timedelta(hours=hours + length))


def told(job):
    if isinstance(job, Wall):
        return "opens" if job.opens else "shuts", *(space.slug for space in job.between)
    return "furniture", job.space.slug, [layout.code for _space, layout in job.before], job.after.code


def test_there_is_a_wall_between_two_atoms_that_can_be_had_as_one(hub, session):
    pairs = {(a.slug, b.slug) for a, b in walls(spaces.spaces())}
    assert pairs == {("campata-nord", "campata-centrale"), ("campata-centrale", "campata-sud"), ("aula-1", "aula-2")}


def test_walls_open_for_the_whole_hall_and_shut_for_a_bay_and_chairs_move_in_between(hub, people, session):
    hall, bay = hub["officina-grande"], hub["campata-centrale"]
    first = free_slot(layout_of(hall, "platea"), days=10)
    confirmed(layout_of(hall, "platea"), first, people)
    confirmed(layout_of(bay, "cerchio"), after(first, 5), people)
    found = sheet(wall(first.starts).date())
    assert [told(job) for job in found.jobs] == [
        ("opens", "campata-nord", "campata-centrale"),
        ("opens", "campata-centrale", "campata-sud"),
        ("furniture", "officina-grande", [], "platea"),
        ("shuts", "campata-nord", "campata-centrale"),
        ("shuts", "campata-centrale", "campata-sud"),
        ("furniture", "campata-centrale", ["platea"], "cerchio"),
    ]
    chairs = found.jobs[-1]
    assert chairs.window == Slot(after(first, 5).starts - timedelta(minutes=15), after(first, 5).starts)
    assert found.work == Slot(first.starts - timedelta(minutes=30), after(first, 5).ends + timedelta(minutes=15))


def test_what_stays_as_it_is_is_not_moved(hub, people, session):
    layout = layout_of(hub["aula-1"], "banchi")
    first = free_slot(layout, days=10)
    confirmed(layout, first, people)
    confirmed(layout, after(first, 2), people)
    tomorrow = free_slot(layout, days=(wall(first.starts).date() - today()).days + 1)
    confirmed(layout, tomorrow, people)
    found = sheet(wall(first.starts).date())
    assert [told(job) for job in found.jobs] == [("furniture", "aula-1", [], "banchi")]
    padded = [use.padded for use in found.all_uses]
    assert [(one.starts, one.ends) for one in padded] == [
        (first.starts - timedelta(minutes=30), first.ends),
        (first.ends, after(first, 2).ends + timedelta(minutes=15)),
    ]
    assert sheet(wall(tomorrow.starts).date()).jobs == []


def test_a_change_of_layout_without_a_set_up_is_done_since_the_last_use(hub, people, session):
    bay = hub["campata-nord"]
    first = free_slot(layout_of(bay, "vuota"), days=10)
    confirmed(layout_of(bay, "vuota"), first, people)
    second = confirmed(layout_of(bay, "cerchio"), after(first, 4), people)
    second.occurrence.setup_min = 0
    session.flush()
    chairs = [job for job in sheet(wall(first.starts).date()).jobs if isinstance(job, Furniture)][-1]
    assert (chairs.window.starts, chairs.window.ends) == (first.ends, second.slot.starts)


def test_what_waits_or_was_cancelled_is_not_on_the_sheet(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    slot = free_slot(layout, days=10)
    ask(layout, slot, people["citizen"])
    gone = confirmed(hub["aula-2"].layouts[0], slot, people)
    service.cancel(gone, "Non serve", by=people["manager"])
    session.flush()
    found = sheet(wall(slot.starts).date())
    assert (found.uses, found.jobs, found.work) == ([], [], None)


@pytest.fixture
def booked(app):
    """A day with a confirmed booking and a closure, in the demo's hub; gives its date."""
    with app.app_context():
        made, people = demo.load_spaces(), load_people()
        db.session.flush()
        layout = layout_of(made["campate-nord-centrale"], "platea")
        booking = confirmed(layout, free_slot(layout, days=10), people, title="Prove del coro 🎵", people=80)
        booking.phone = "0832 123456"
        spaces.close(made["portico"], after(booking.slot, 0), {"it": "Tinteggiatura"})
        db.session.commit()
        return wall(booking.slot.starts).date()


def test_the_page_tells_the_day_and_notes_who_was_looked_at(client, app, booked):
    page = client.known_as(MANAGER).page(f"/gestione/giornata?giorno={booked.isoformat()}")
    for words in (
        "L'edificio apre: ",
        "Portico (Tinteggiatura)",
        "Apri la parete tra Officina Grande, campata nord e Officina Grande, campata centrale",
        "metti sedie in file, senza tavoli, per 80 persone",
        "80 su 120 posti",
        "0832 123456",
        "Prove del coro",
        "Allestimento",
    ):
        assert words in page.text, words
    assert page.client.page(page.link("Prima")).status == 200
    with app.app_context():
        assert [view.what for view in db.session.query(DataView)] == ["booking"]


def test_the_paper_is_tagged_and_says_the_same(client, booked):
    answer = client.known_as(MANAGER).get(f"/gestione/giornata.pdf?giorno={booked.isoformat()}")
    assert answer.mimetype == "application/pdf" and f"giornata-{booked.isoformat()}.pdf" in answer.headers["Content-Disposition"]
    reader = PdfReader(BytesIO(answer.data))
    words = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert "Apri la parete" in words and "Prove del coro" in words and "0832 123456" in words
    assert reader.trailer["/Root"]["/Lang"] == "it"


def test_an_empty_day_says_so_on_the_page_and_on_a_tagged_paper(client, booked):
    manager = client.known_as(MANAGER)
    empty = (booked + timedelta(days=100)).isoformat()
    assert "Nessuno ha prenotato" in manager.page(f"/gestione/giornata?giorno={empty}").text
    root = PdfReader(BytesIO(manager.get(f"/gestione/giornata.pdf?giorno={empty}").data)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and b"pdfuaid" in root["/Metadata"].get_data()


@pytest.mark.parametrize("day", ["ieri", "2999-01-01", "0001-01-01"])
def test_a_day_that_is_none_is_not_found(client, booked, day):
    assert client.known_as(MANAGER).get(f"/gestione/giornata?giorno={day}").status_code == 404


def test_who_did_not_come_stays_on_the_sheet_and_is_marked(client, app, booked):
    with app.app_context():
        db.session.execute(sa.update(Booking).values(state="no_show"))
        db.session.execute(sa.update(Occurrence).where(Occurrence.kind == "booking").values(status="no_show"))
        db.session.commit()
    assert "Non utilizzata" in client.known_as(MANAGER).page(f"/gestione/giornata?giorno={booked.isoformat()}").text


# --- sessions of activities


def test_a_session_is_on_the_sheet_with_its_people_counted_and_its_furniture_moved(hub, people, session):
    bay = layout_of(hub["campata-nord"], "isole")
    at = slot(10)
    confirmed(
        layout_of(hub["campata-nord"], "cerchio"), Slot(at.starts - timedelta(hours=5), at.starts - timedelta(hours=3)), people
    )
    course, one = published(people["manager"], bay, when=at, places=12)
    team.take_on(course, name="Ada Neri", email="", role="trainer", public=False)
    enrol(course, adult("anna"))
    activity(people["manager"], slug="bozza")
    sessions.schedule(activity_by("bozza"), at, [layout_of(hub["aula-1"], "banchi")])
    found = sheet(wall(at.starts).date())
    (use,) = [use for use in found.all_uses if use.session]
    assert (use.session, use.slot, use.people, use.places.count) == (one, at, 1, 12)
    assert [told(job) for job in found.jobs][-1] == ("furniture", "campata-nord", ["cerchio"], "isole")
    sessions.call_off(one, "Sciopero", by=people["manager"])
    assert [use for use in sheet(wall(at.starts).date()).all_uses if use.session] == []


def test_a_room_stays_as_a_session_left_it(hub, people, session):
    bay = layout_of(hub["campata-nord"], "isole")
    first, second = slot(10, hour=10), slot(10, hour=15)
    published(people["manager"], bay, when=first)
    confirmed(bay, second, people)
    jobs = sheet(wall(first.starts).date()).jobs
    assert [told(job) for job in jobs if isinstance(job, Furniture)] == [("furniture", "campata-nord", [], "isole")]


def test_the_page_and_the_paper_tell_of_a_session_and_name_nobody_who_is_enrolled(client, app):
    with app.app_context():
        made, known = demo.load_spaces(), load_people()
        db.session.flush()
        course, _ = published(known["manager"], layout_of(made["aula-1"], "banchi"), when=slot(10), places=12)
        team.take_on(course, name="Ada Neri", email="", role="trainer", public=False)
        enrol(course, adult("canarina"))
        db.session.commit()
        day = wall(slot(10).starts).date()
    manager = client.known_as(MANAGER)
    page = manager.page(f"/gestione/giornata?giorno={day.isoformat()}")
    assert page.link("STEAM e futuro") == "/gestione/attivita/steam-2027"
    told_on_paper = manager.get(f"/gestione/giornata.pdf?giorno={day.isoformat()}").data
    paper = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(told_on_paper)).pages).split())
    for words in ("STEAM e futuro", "Ada Neri", "1 iscritto su 12 posti", "banchi e sedie in file", "steam-2027.01"):
        assert words in page.text and words in paper, words
    assert "canarina" not in page.text.lower() and "canarina" not in paper.lower()
    with app.app_context():
        assert db.session.query(DataView).count() == 0
