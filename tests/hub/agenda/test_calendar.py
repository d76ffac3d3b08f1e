"""The calendar of all the spaces: what everybody reads, what the staff reads, and what the ledger says of each day."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from flask import Flask

from hub.agenda import days
from hub.agenda.days import Stand
from hub.booking.models import Booking
from hub.clock import now, starts_of, today
from hub.db import db
from hub.spaces import ledger, service
from hub.spaces.models import Closure, Opening
from hub.spaces.rules import Slot
from tests.bench.test_queries import statements
from tests.hub.agenda.two_years import CANARY, NOW, Hub, bare, rome

CITIZEN, MANAGER = "cittadina@officine.example", "gestore@officine.example"
WEEK = "/calendario?giorno=2026-09-24&vista=settimana"
DAY = "/calendario?giorno=2026-09-22"


def taken(hub: Hub, slug: str, at: str, minutes: int = 120, title: str = "", *, blocking: bool = True, **more) -> Booking:
    """A booking that stands in the ledger."""
    one = hub.single(slug, at, minutes, title, **more)
    db.session.flush()
    ledger.occupy(one, blocking=blocking)
    return db.session.get(Booking, one.booking_id)


@pytest.fixture
def hub(app: Flask):
    """A week of September 2026; the 24th the hub is closed by a word, from the 25th on Aula 1 by works."""
    with time_machine.travel(NOW):
        with app.app_context():
            hub = bare()
            taken(hub, "aula-1", "2026-09-22 10:00", title="Assemblea di tutti")
            taken(hub, "aula-2", "2026-09-22 10:00")
            taken(hub, "aula-2", "2026-09-22 15:00", organisation_id=hub.organisation.id, by="evaluator")
            taken(hub, "officina-grande", "2026-09-22 20:00")
            taken(hub, "portico", "2026-09-22 16:00", state="submitted", blocking=False)
            taken(hub, "stalli-corte", "2026-09-22 16:00")
            for space in (hub.spaces["aula-1"],):
                works = Slot(rome("2026-09-25 12:00"), rome("2026-09-28 12:00"))
                service.close(space, works, {"it": "Lavori all'impianto", "en": "Works"})
            closed = {"it": "Festa del patrono", "en": "Patron"}
            db.session.add(Opening(valid_from=today().replace(day=24), valid_to=today().replace(day=24), reason=closed))
            db.session.commit()
        yield hub


def told(client, address: str, slug: str | None = None) -> list[str]:
    """The words of each slot, of one space or of all: what a reader of screens hears."""
    tree = client.page(address).tree
    of = [node for node in tree.iter("section") if (node.get("aria-labelledby") or "").startswith("of-")]
    mine = [node for node in of if slug in (None, node.get("aria-labelledby").removeprefix("of-"))]
    slots = [node for section in mine for uses in section.iter("ul") for node in uses.iter("li")]
    return [" ".join("".join(node.itertext()).split()) for node in slots]


def test_a_slot_is_called_by_its_day_its_time_its_space_and_its_state(client, hub):
    assert told(client, DAY, "aula-1") == ["10:00–12:00 occupato Assemblea di tutti, Aula 1, martedì 22 settembre 2026"]
    assert told(client, DAY, "aula-2") == [
        "10:00–12:00 occupato, Aula 2, martedì 22 settembre 2026",
        "15:00–17:00 occupato, Aula 2, martedì 22 settembre 2026",
    ]


def test_a_space_is_taken_where_any_of_its_parts_is(client, hub):
    for slug in ("campata-nord", "campate-centrale-sud", "officina-grande"):
        assert [one[:20] for one in told(client, DAY, slug)] == ["20:00–22:00 occupato"]
    joined = told(client, DAY, "aule-1-2")  # of one half a title, of the other nothing but the time
    assert sorted(one.partition(",")[0] for one in joined) == [
        "10:00–12:00 occupato",
        "10:00–12:00 occupato Assemblea di tutti",
        "15:00–17:00 occupato",
    ]
    assert "in parte occupato" in told(client, DAY, "stalli-corte")[0]
    assert told(client, DAY, "corte-urbana")[0].startswith("16:00–18:00 occupato")


def test_the_public_calendar_says_nothing_of_anybody(client, hub):
    text = client.get(WEEK).text
    assert CANARY not in text and "OM-2026" not in text and hub.organisation.name not in text
    assert told(client, DAY, "portico") == []  # a request that competes takes nothing yet
    everybody = told(client, WEEK)
    assert told(client.known_as(CITIZEN), WEEK) == everybody


def test_a_manager_reads_whose_each_use_is_and_goes_to_it(client, app, hub):
    with app.app_context():
        code = db.session.query(Booking).filter_by(title="Assemblea di tutti").one().code
        organisation, citizen = (db.session.merge(one).name for one in (hub.organisation, hub.people["citizen"]))
    manager = client.known_as(MANAGER)
    assert told(manager, DAY, "aula-1")[0].startswith(f"10:00–12:00 occupato Assemblea di tutti {citizen},")
    assert organisation in told(manager, DAY, "aula-2")[1]
    assert "richiesto" in told(manager, DAY, "portico")[0]
    page = manager.page(DAY)
    assert page.link("Assemblea di tutti") == f"/gestione/richieste/{code}"
    assert manager.get(page.link("Assemblea di tutti")).status_code == 200


def test_a_manager_without_a_second_proof_reads_what_everybody_does(client, app, hub):
    everybody = told(client, DAY)
    app.config["STAFF_SECOND_FACTOR"] = "required"
    assert told(client.known_as(MANAGER), DAY) == everybody


def test_closures_and_hours_are_told_with_their_reason(client, hub):
    text = client.page(WEEK).text
    assert "Chiuso: Festa del patrono" in text and "aperto 09:00–23:00" in text
    works = told(client, WEEK, "aula-1")[1:]
    assert [one.partition(",")[0] for one in works] == [
        "12:00–24:00 chiuso Lavori all'impianto",
        "00:00–24:00 chiuso Lavori all'impianto",
        "00:00–24:00 chiuso Lavori all'impianto",
    ]
    assert "tutto libero" in client.page("/calendario?giorno=2026-09-23&spazio=portico").text
    assert "nessuna attività" in client.page("/calendario?giorno=2026-09-08&spazio=portico").text


def test_the_page_turns_to_other_days_and_keeps_the_space(client, hub):
    page = client.page(f"{WEEK}&spazio=aula-1")
    assert page.link("Settimana dopo") == "/calendario?giorno=2026-10-01&vista=settimana&spazio=aula-1"
    assert page.link("Settimana prima") == "/calendario?giorno=2026-09-17&vista=settimana&spazio=aula-1"
    assert page.link("file .ics") == "/calendari/spazi/aula-1.ics"
    assert page.link("Trova uno spazio libero") == "/spazi?giorno=2026-09-21&al=2026-09-27"
    assert client.page(DAY).link("Trova uno spazio libero") == "/spazi?giorno=2026-09-22"
    assert "Aula 2" not in " ".join(told(client, f"{WEEK}&spazio=aula-1"))
    part = client.get(WEEK, headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith("<section") and "<html" not in part


@pytest.mark.parametrize("query", ["giorno=ieri", "giorno=0001-01-01", "giorno=9999-12-31", "spazio=mai-visto", "vista=anno"])
def test_an_address_that_means_nothing_is_told_beside_its_field(client, hub, query):
    page = client.page(f"/calendario?{query}")
    assert page.status == 422 and "Errore:" in page.text and "Martedì 15 settembre 2026" in page.text
    assert query.partition("=")[2] in page.html


def test_the_last_day_within_reach_has_no_next(client, hub):
    last = today() + timedelta(days=730)
    assert "Giorno dopo" not in client.page(f"/calendario?giorno={last}").text


def test_a_page_comes_again_only_when_something_changed(client, app, hub):
    client.get(DAY)
    tag = client.get(DAY).headers["ETag"]
    known = {"If-None-Match": tag}
    again = client.get(DAY, headers=known)
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(DAY, headers=known | {"Accept-Language": "en"}).status_code == 200
    assert client.get(WEEK, headers=known).status_code == 200
    assert app.test_client().get(DAY, headers=known).status_code == 200  # another browser's forms have another secret
    with app.app_context():
        db.session.query(Booking).filter_by(title="Assemblea di tutti").one().title = "Assemblea straordinaria"
        db.session.commit()
    changed = client.get(DAY, headers=known)
    assert changed.status_code == 200 and "Assemblea straordinaria" in changed.text
    mine = client.known_as(CITIZEN).get(DAY, headers=known)
    assert mine.status_code == 200 and "ETag" not in mine.headers and mine.headers["Cache-Control"] == "no-store"


def test_each_calendar_asks_the_database_little(client, app, hub):
    for reader in (client, client.known_as(MANAGER)):
        with statements(app) as seen:
            assert reader.get(WEEK).status_code == 200
        assert len(seen) <= 4, seen
        with statements(app) as seen:
            assert reader.get(WEEK).status_code == 200
        assert len(seen) <= 2, seen  # who asks, and whether anything was committed since


def test_a_commit_is_on_the_next_page_of_everybody(client, app, hub):
    manager = app.test_client().known_as(MANAGER)
    for title in ("Prima assemblea", "Seconda assemblea"):
        with app.app_context():
            db.session.query(Booking).filter(Booking.title.icontains("assemblea")).one().title = title
            db.session.commit()
        assert title in told(client, DAY, "aula-1")[0] and title in told(manager, DAY, "aula-1")[0]


def test_what_the_staff_read_is_for_them_and_kept_no_longer_than_nothing_changes(client, app, hub):
    told(app.test_client().known_as(MANAGER), WEEK)
    sheets = app.extensions["calendars"]
    with app.app_context():
        organisation = db.session.merge(hub.organisation).name
    assert any(organisation in sheet.html for sheet in sheets.values())
    text = client.get(WEEK).text
    assert organisation not in text and CANARY not in text
    assert told(app.test_client().known_as(CITIZEN), WEEK) == told(client, WEEK)  # signing in was a commit
    assert sheets and not any(organisation in sheet.html for sheet in sheets.values())


def test_a_page_shows_what_people_wrote_as_they_wrote_it(client, app, hub):
    words = '<b>Più & "meno"</b>'
    with app.app_context():
        db.session.query(Booking).filter_by(title="Assemblea di tutti").one().title = words
        person = db.session.merge(hub.people["citizen"])
        person.family_name = "<i>D'Amico</i>"
        db.session.query(Closure).update({"reason": {"it": "<u>Lavori</u>"}})
        db.session.query(Opening).filter_by(valid_from=date(2026, 9, 24)).update({"reason": {"it": "<s>Festa</s>"}})
        for name in ("aula-1", "aula-2"):
            db.session.merge(hub.spaces[name]).name = {"it": f"<em>{name}</em>"}
        db.session.commit()
    heard = told(client.known_as(MANAGER), WEEK, "aula-1")
    assert heard[0].startswith(f"10:00–12:00 occupato {words} ") and "<i>D'Amico</i>, <em>aula-1</em>, martedì" in heard[0]
    assert heard[1].startswith("12:00–24:00 chiuso <u>Lavori</u>, <em>aula-1</em>")
    assert "Chiuso: <s>Festa</s>" in client.page(WEEK).text


def test_a_hold_is_nobody_s_business_and_ends_by_itself(session):
    with time_machine.travel(NOW) as clock:
        hub = bare()
        held = hub.single("aula-1", "2026-09-22 10:00")
        booking = session.get(Booking, held.booking_id)
        booking.state, booking.held_until = "held", now() + timedelta(minutes=10)
        session.flush()
        ledger.occupy(held, until=booking.held_until)

        def states(named: bool) -> list[tuple[str, ...]]:
            places, hours = days.ground()
            looked = days.look(places, date(2026, 9, 22), 1, named=named)
            shown = next(shown for shown in looked.shown(places, hours) if shown.place.slug == "aula-1")
            return [stand[2:] for _, found in shown.days for stand in found]

        assert states(False) == [("taken", "", "", "")] and states(True) == [("held", "", "", "")]
        clock.shift(timedelta(minutes=11))
        assert states(False) == states(True) == []


def test_a_hold_that_ends_by_itself_is_on_no_page_any_more(client, app):
    with time_machine.travel(NOW) as clock:
        with app.app_context():
            held = bare().single("aula-1", "2026-09-22 10:00")
            booking = db.session.get(Booking, held.booking_id)
            booking.state, booking.held_until = "held", now() + timedelta(minutes=10)
            db.session.flush()
            ledger.occupy(held, until=booking.held_until)
            db.session.commit()
        assert len(told(client, DAY, "aula-1")) == 1
        known = {"If-None-Match": client.get(DAY).headers["ETag"]}
        clock.shift(timedelta(minutes=9))
        assert client.get(DAY, headers=known).status_code == 304
        clock.shift(timedelta(minutes=1, milliseconds=1))
        assert client.get(DAY, headers=known).status_code == 200 and told(client, DAY, "aula-1") == []


@pytest.mark.parametrize("day, hours", [("2026-10-25", 25), ("2027-03-28", 23)])
def test_a_use_through_the_night_stands_on_both_days_whatever_the_clocks_do(session, day, hours):
    with time_machine.travel(NOW):
        hub = bare()
        before = rome(f"{day} 00:00") - timedelta(hours=2)
        one = hub.date(hub.booking("aula-1"), before, before + timedelta(hours=6))
        session.flush()
        ledger.occupy(one)
        places, hours_open = days.ground()
        places = [place for place in places if place.slug == "aula-1"]
        night = date.fromisoformat(day)
        looked = days.look(places, night - timedelta(days=1), 3, named=False)
        [shown] = looked.shown(places, hours_open)
        midnight = starts_of(night + timedelta(days=1)) - timedelta(hours=hours)
        stands = [[tuple(datetime.fromtimestamp(at, UTC) for at in stand[:2]) for stand in found] for _, found in shown.days]
        assert stands == [[(before, midnight)], [(midnight, midnight + timedelta(hours=4))], []]


def test_uses_that_touch_are_one_unless_something_is_told_of_them():
    at = [3600 * n for n in range(5)]
    plain = [Stand(first, last, "taken", "") for first, last in pairwise(at)]
    assert days.joined(plain) == [Stand(at[0], at[4], "taken", "")]
    assert days.joined([plain[0], plain[2]]) == [plain[0], plain[2]]
    titled = plain[1]._replace(title="Coro")
    assert days.joined([plain[0], titled, plain[2]]) == [plain[0], titled, plain[2]]
    assert len(days.joined([one._replace(code=f"OM-{n}") for n, one in enumerate(plain)])) == 4
