"""How many statements each page costs the database: four at most but for what is named, the person's own included."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from hub import demo
from hub.accounts.demo import load_people
from hub.accounts.models import Person
from hub.accounts.service import open_sign_in
from hub.agenda.models import PartnerEvent, PartnerHub
from hub.booking import series, service
from hub.booking.models import Booking
from hub.booking.recurrence import Recurrence
from hub.booking.series import Pick, Wish
from hub.clock import now, today, wall
from hub.db import db
from hub.labs.models import Activity
from hub.proposals import answers, planning, results
from hub.proposals.comments import comment
from hub.proposals.index import index
from hub.proposals.outcome_models import Result
from hub.proposals.process_models import Process
from hub.proposals.voices import themselves
from hub.spaces.models import Layout, Space
from hub.spaces.rules import Slot
from hub.spaces.service import free_slots
from tests.client import CheckingClient
from tests.hub.evaluation.releases import published
from tests.hub.labs.makers import lab
from tests.hub.proposals.makers import process, proposal

MOST = 4
MORE = {
    "home": 5,  # spaces, and what comes next with its dates and its places
    "booking form": 5,  # as whom somebody booked the last time, since the rules differ
    "agenda of a week": 6,  # three kinds of things, the other hubs, the places that are free
    "agenda of a month": 6,
    "proposals": 10,  # processes with their phases, spaces to choose from, a page with its authors, how many there are, supports
    "proposals with words": 10,
    "a process": 12,  # phases and their changes, labs with dates, rooms, places and minutes, proposals, supports, results
    "what is late": 7,  # processes with phases, proposals, what goes on in what, results, what was accepted
    "a result": 9,  # its proposals, its news, the promise; the rooms and sessions of its activity, and what is published of it
    "a proposal": 30,  # all of it: what it says, its story as below, supports and votes, the newest threads, who follows
    "writing a proposal": 8,  # the proposal with its phases, versions and authors, the spaces to choose from, its files
    "a discussion": 14,  # the proposal with its authors and versions, phases, whose voice, counts, threads, their first answers
    "a thread": 14,
    "the story of a proposal": 19,  # the proposal with its authors, versions, links, meetings, answers, news, results as above
    "a meeting of a lab": 9,  # phases, the session with its rooms, places and dates of the lab, agenda, minutes
}
MOST_FOR_A_SERIES = 10  # of whatever length: what is free instead of the dates that are taken is among them
MOST_TO_CONFIRM = 22  # the price list is one of them, the quotas of the demo are four, the locks of PostgreSQL two
MOST_TO_REFUSE = 32


def layout_of(slug: str) -> Layout:
    return db.session.scalars(sa.select(Layout).join(Layout.space).where(Space.slug == slug).order_by(Layout.id)).first()


def slots_of(layout: Layout, count: int) -> list[Slot]:
    """So many free times of two hours that do not meet, some days ahead."""
    day, found = today() + timedelta(days=10), []
    while len(found) < count:
        found += free_slots(layout.space, layout, day, 120)[::8]
        day += timedelta(days=1)
    return found[:count]


def ask(layout: Layout, slot: Slot, by: Person, *, send: bool) -> Booking:
    return finish(service.draft(layout, slot, 5, by=by), by, send=send)


def ask_weekly(layout: Layout, by: Person) -> Booking:
    """A series of four dates."""
    (slot,) = slots_of(layout, 1)
    at = wall(slot.starts)
    wish, rule = Wish(layout, at.hour * 60 + at.minute, 120, 5, "resident"), Recurrence(at.date(), "weekly", count=4)
    picks = [Pick(one.slot.starts, layout, one.slot) for one in series.propose(wish, rule, by=by) if one.state == "free"]
    return finish(series.draft_series(wish, rule, picks, by=by), by, send=True)


def finish(booking: Booking, by: Person, *, send: bool) -> Booking:
    service.describe(booking, title="Prova", purpose="meeting", details="")
    service.introduce(booking, phone="", by=by)
    if send:
        service.submit(booking, by=by)
    return booking


def realised(of: Process, activity: Activity, author: Person, manager: Person) -> Result:
    """A result of an activity with two updates, and beside its proposal three others that wait."""
    accepted, *_waiting = (proposal(of, author, title=f"Proposta {number}") for number in range(4))
    answers.answer(accepted, "accepted", "", by=manager)
    found = results.create(of, {accepted: "adopted"}, by=manager, title="Un risultato", activity_id=activity.id)
    for percent in (1000, 2000):
        results.update(found, day=today(), text="Fatto", state="running", progress=percent, by=manager)
    return found


@pytest.fixture
def addresses(app: Flask, client: CheckingClient) -> dict[str, str]:
    """A citizen who is signed in, with all the bookings that one may have, one of them a series and one to be sent; some labs
    and a date of another hub; where each page stands."""
    with app.app_context():
        demo.load_spaces()
        people = load_people()
        citizen = people["citizen"]
        layout = layout_of("sala-riunioni")
        *slots, last = slots_of(layout, 19)
        sent = [ask(layout, slot, citizen, send=True) for slot in slots]
        weekly = ask_weekly(layout_of("aula-1"), citizen)
        held = ask(layout, last, citizen, send=False)
        for number in range(5):
            activity = lab(f"robot-{number}", begins=now() + timedelta(days=1, hours=number))
            planning.attach(led := process(f"corte-{number}"), activity)
            told = realised(led, activity, people["citizen"], people["manager"])
        hub = PartnerHub(name="Altro hub", feed_url="https://hub.example/", created_at=now(), created_by_id=citizen.id)
        db.session.add(hub)
        db.session.flush()
        db.session.add(PartnerEvent(hub_id=hub.id, uid="1", title="Fiera", starts_at=now(), ends_at=now() + timedelta(days=3)))
        idea = proposal(process(), citizen)
        index(idea)
        threads = [comment(idea, f"Commento {number}", "for", by=themselves(citizen)) for number in range(3)]
        for number in range(6):
            comment(idea, f"Risposta {number}", None, threads[0], by=themselves(citizen))
        db.session.add_all(proposal(idea.process, citizen) for _ in range(20))
        published()
        token = open_sign_in(citizen, hours=1)
        db.session.commit()
        client.set_cookie(app.config["SIGN_IN_COOKIE_NAME"], token)
        day, month = wall(last.starts).date().isoformat(), (wall(last.starts).date() + timedelta(days=29)).isoformat()
        return {
            "home": "/",
            "list of spaces": "/spazi",
            "spaces that are free in a month": f"/spazi?giorno={day}&al={month}&durata=120&persone=5",
            "days of a month when something is free": "/spazi?vista=mese&durata=120&persone=5",
            "calendar of a day": f"/calendario?giorno={day}",
            "calendar of a week": f"/calendario?giorno={day}&vista=settimana",
            "agenda of a week": "/agenda",
            "agenda of a month": "/agenda?vista=mese",
            "proposals": "/proposte",
            "proposals with words": "/proposte?q=orti&ordine=supported",
            "space with its week": f"/spazi/sala-riunioni?giorno={day}",
            "booking form": f"/spazi/sala-riunioni/prenota?giorno={day}",
            "rule of a series": "/spazi/sala-riunioni/ripeti",
            "my bookings": "/area-personale/prenotazioni",
            "a booking": f"/prenotazioni/{sent[0].code}",
            "a booking that is a series": f"/prenotazioni/{weekly.code}",
            "a date of a series": f"/prenotazioni/{weekly.code}/date/{weekly.occurrences[1].id}",
            "my calendars": "/area-personale/calendari",
            "processes": "/partecipa",
            "a process": "/partecipa/corte-0",
            "a meeting of a lab": "/partecipa/corte-0/incontri/robot-0.01",
            "what is late": "/proposte/in-attesa",
            "a result": f"/partecipa/corte-4/risultati/{told.id}",
            "my proposals": "/proposte/mie",
            "a proposal": f"/proposte/{idea.code}",
            "writing a proposal": f"/proposte/{idea.code}/scrivi",
            "a discussion": f"/proposte/{idea.code}/discussione",
            "a thread": f"/proposte/{idea.code}/commenti/{threads[0].id}",
            "the story of a proposal": f"/proposte/{told.sources[0].proposal.code}/storia.json",
            "impact": "/impatto",
            "an indicator": "/impatto/OM05",
            "summary of a booking": f"/prenota/{held.key}/riepilogo",
        }


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile; the beginnings of transactions are not counted."""
    seen: list[str] = []

    def note(_connection, _cursor, statement: str, *_) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def counted(name: str, seen: list[str], most: int) -> None:
    assert len(seen) <= most, f"{name}: {len(seen)} statements, {most} at most:\n" + "\n".join(s.split("\n")[0] for s in seen)


def test_each_page_asks_the_database_little(app, client, addresses):
    for name, address in addresses.items():
        with statements(app) as seen:
            assert client.get(address).status_code == 200
        counted(name, seen, MORE.get(name, MOST))


def test_the_dates_of_a_series_ask_the_database_little_however_many_they_are(client, app, addresses):
    address = addresses["booking form"].replace("/prenota", "/ripeti") + "&vedi=1&ora=10:00&durata=120&persone=5&ogni=weekly"
    for count in (3, 40):
        with statements(app) as seen:
            page = client.page(f"{address}&volte={count}")
        assert page.status == 200 and f"{count} date:" in page.text
        counted(f"{count} dates of a series", seen, MOST_FOR_A_SERIES)


def test_confirming_a_booking_asks_the_database_little(app, client, addresses):
    form = client.page(addresses["summary of a booking"]).form()
    with statements(app) as seen:
        answer = client.post(addresses["summary of a booking"], data=form.values | {"terms": "y"})
    assert answer.status_code == 303
    counted("confirming a booking", seen, MOST_TO_CONFIRM)


def test_a_time_that_was_taken_asks_the_database_little(app, client, addresses):
    choice = client.page(addresses["booking form"]).form("prenota")
    starts = next(node.get("value") for node in choice.node.iter("input") if node.get("name") == "starts")
    with app.app_context():
        begins = datetime.fromisoformat(starts)
        ask(layout_of("sala-riunioni"), Slot(begins, begins + timedelta(hours=2)), load_people()["evaluator"], send=True)
        db.session.commit()
    with statements(app) as seen:
        answer = client.post(addresses["booking form"].partition("?")[0], data=choice.values | {"starts": starts})
    assert answer.status_code == 422
    counted("a time that was taken", seen, MOST_TO_REFUSE)
