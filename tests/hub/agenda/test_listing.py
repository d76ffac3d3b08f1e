"""The agenda: what stands in it, what is sought, how it turns, and the calendars that are followed from it."""

from datetime import timedelta

import icalendar
import pytest
import sqlalchemy as sa
import time_machine

from hub.accounts.models import Person
from hub.agenda import listing
from hub.agenda.models import PartnerEvent, PartnerHub
from hub.booking.models import Booking
from hub.clock import now, wall
from hub.db import db
from hub.labs import programme, seats, sessions, showcase
from hub.labs.models import Activity, Enrolment, Session
from hub.labs.programme import activity_by
from hub.labs.showcase import Wish
from hub.spaces.rules import Slot
from tests.bench.test_queries import statements
from tests.hub.agenda.test_feeds import CITIZEN, new_address
from tests.hub.agenda.two_years import CANARY, NOW, bare, rome
from tests.hub.labs.makers import DAY, HOUR, child, enrol, person
from tests.hub.labs.programmes import activity, layout

WEEK = "/agenda?giorno=2026-09-24&vista=settimana"
ALL = "/agenda.ics"
AT = Slot(rome("2026-09-22 16:00"), rome("2026-09-22 18:00"))


@pytest.fixture
def hub(app):
    """A week of September 2026: a lab, an event without enrolment, a draft, a public and a private booking, another hub."""
    with time_machine.travel(NOW) as clock:
        with app.app_context():
            house = bare()
            manager = house.people["manager"]
            lab = activity(manager, slug="robot", title={"it": "Robot per tutti", "en": "Robots for all"}, places=1)
            lab.topic, lab.age_min, lab.age_max = "imprese", 11, 17
            sessions.schedule(lab, AT, [layout(house.spaces["aula-1"]), layout(house.spaces["aula-2"])])
            party = activity(manager, slug="festa", title={"it": "Festa"}, kind="event", area="community", takes_part="none")
            party.topic = "tempo-libero"
            sessions.schedule(party, Slot(AT.starts + DAY, AT.ends + DAY), [layout(house.spaces["portico"])])
            draft = activity(manager, slug="bozza", title={"it": "Bozza segreta"})
            sessions.schedule(draft, AT, [layout(house.spaces["laboratorio-digitale"])])
            for one in (lab, party):
                programme.publish(one)
            house.single("aula-1", "2026-09-24 10:00", title="Assemblea di tutti")
            house.single("aula-2", "2026-09-24 10:00")
            house.single("aula-2", "2026-09-25 10:00", title="Non ancora", state="submitted")
            house.single("aula-2", "2026-09-25 15:00", title="Non piu", state="cancelled", status="cancelled")
            partner(manager, "Hub di Taranto")
            db.session.commit()
        yield clock


def partner(by: Person, name: str, *, fault: str = "", ended: bool = False) -> PartnerHub:
    """Another hub with a fair of three days and a day."""
    row = PartnerHub(name=name, place="Taranto", feed_url=f"https://{name}.example", created_at=NOW, created_by_id=by.id)
    row.fetched_at = row.tried_at = NOW
    row.fault, row.ended_at = fault, NOW if ended else None
    db.session.add(row)
    db.session.flush()
    told = {"hub_id": row.id, "uid": "1", "url": "https://hub.example/fiera"}
    db.session.add(PartnerEvent(title="Fiera", starts_at=rome("2026-09-19 10:00"), ends_at=rome("2026-09-22 20:00"), **told))
    whole = {"starts_at": rome("2026-09-25 00:00"), "ends_at": rome("2026-09-26 00:00"), "all_day": True}
    db.session.add(PartnerEvent(title="<b>Porte aperte</b>", place="Porto", **whole, **told))
    db.session.flush()
    return row


def told(page) -> dict[str, list[str]]:
    """The lines of each day, by its heading."""
    found = {}
    for day in (node for node in page.tree.iter("section") if (node.get("aria-labelledby") or "").startswith("day-")):
        items = next(node for node in day.iter("ul") if node.get("class") == "hub-list")
        found[_words(next(day.iter("h3")))] = [_words(one) for one in items]
    return found


def _words(node) -> str:
    return " ".join("".join(node.itertext()).split())


def events(answer) -> dict[str, icalendar.Event]:
    assert answer.status_code == 200
    return {str(one["SUMMARY"]): one for one in icalendar.Calendar.from_ical(answer.data).walk("VEVENT")}


# --- what stands in it


def test_a_week_tells_ours_what_is_hosted_and_what_others_do(client, hub):
    page = client.page(WEEK)
    assert told(page) == {
        "Lunedì 21 settembre 2026": [
            "Fiera da sabato 19 settembre 2026, 10:00 a martedì 22 settembre 2026, 20:00 · di Hub di Taranto (Taranto)"
        ],
        "Martedì 22 settembre 2026": [
            "Robot per tutti 16:00–18:00 · Aula 1, Aula 2 · Laboratorio · da 11 a 17 anni 1 posto libero"
        ],
        "Mercoledì 23 settembre 2026": ["Festa 16:00–18:00 · Portico · Evento · per tutte le età Senza iscrizione"],
        "Giovedì 24 settembre 2026": ["Assemblea di tutti 10:00–12:00 · Aula 1 · iniziativa ospitata"],
        "Venerdì 25 settembre 2026": ["<b>Porte aperte</b> tutto il giorno · Porto · di Hub di Taranto (Taranto)"],
    }
    assert "Settimana da lunedì 21 settembre 2026: 5 appuntamenti" in page.text
    assert page.link("Robot per tutti") == "/attivita/robot" and page.link("Fiera") == "https://hub.example/fiera"
    assert "&lt;b&gt;Porte aperte" in page.html


def test_nobody_is_named_and_nothing_private_is_told(client, hub):
    for address in (WEEK, "/agenda?vista=mese", f"{WEEK}&tipo=hosted"):
        text = client.get(address).text
        assert CANARY not in text and "segret" not in text and "Non ancora" not in text and "Non piu" not in text


def test_a_day_and_a_month_are_of_the_same(client, hub):
    assert list(told(client.page("/agenda?giorno=2026-09-22&vista=giorno"))) == ["Martedì 22 settembre 2026"]
    assert told(client.page("/agenda?giorno=2026-09-22&vista=giorno"))["Martedì 22 settembre 2026"][0].startswith("Fiera")
    month = client.page("/agenda?giorno=2026-09-01&vista=mese")
    assert "Settembre 2026: 5 appuntamenti" in month.text
    assert next(iter(told(month))) == "Sabato 19 settembre 2026"


def test_without_a_question_it_is_the_week_of_today(client, hub):
    page = client.page("/agenda")
    assert page.status == 200 and "Settimana da lunedì 14 settembre 2026: 1 appuntamento" in page.text
    hub.move_to(rome("2026-09-22 09:00"))
    assert "Martedì 22 settembre 2026 (oggi)" in told(client.page("/agenda"))


def test_what_was_called_off_is_told_as_such(client, app, hub):
    with app.app_context():
        sessions.call_off(activity_by("robot").sessions[0], "Piove", by=db.session.get(Person, 1))
        db.session.commit()
    (line,) = told(client.page(WEEK))["Martedì 22 settembre 2026"]
    assert line.startswith("Robot per tutti") and line.endswith("Annullato")


def test_it_is_told_in_english(client, hub):
    page = client.page(WEEK, headers={"Accept-Language": "en"})
    assert "Robots for all" in page.text and "Tuesday 22 September 2026" in told(page)


# --- what is sought


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("argomento=imprese", ["Robot per tutti"]),
        ("tipo=event", ["Festa"]),
        ("tipo=hosted", ["Assemblea di tutti"]),
        ("area=community", ["Festa"]),
        ("eta=11", ["Robot per tutti", "Festa"]),
        ("eta=10", ["Festa"]),
        ("eta=18", ["Festa"]),
        ("posti=y", ["Robot per tutti", "Festa"]),
        ("hub=noi", ["Robot per tutti", "Festa", "Assemblea di tutti"]),
        ("hub=noi&tipo=lab", ["Robot per tutti"]),
    ],
)
def test_each_filter_leaves_what_fits(client, hub, query, titles):
    page = client.page(f"{WEEK}&{query}")
    lines = [line for day in told(page).values() for line in day]
    assert len(lines) == len(titles) and all(line.startswith(title) for line, title in zip(lines, titles, strict=True))
    later = page.link("Settimana dopo")
    assert later == f"/agenda?giorno=2026-09-28&vista=settimana&{query}" or set(later.split("&")) >= set(query.split("&"))


def test_one_hub_alone_is_shown(client, app, hub):
    with app.app_context():
        id = db.session.scalar(sa.select(PartnerHub.id))
    lines = [line for day in told(client.page(f"{WEEK}&hub={id}")).values() for line in day]
    assert [line.split()[0] for line in lines] == ["Fiera", "<b>Porte"]
    assert told(client.page(f"{WEEK}&hub={id}&tipo=lab")) == {}


def test_what_is_full_is_no_free_place(client, app, hub):
    with app.app_context():
        filled(activity_by("robot"))
        db.session.commit()
    assert "lista d'attesa" in client.page(WEEK).text
    assert [line.split()[0] for day in told(client.page(f"{WEEK}&posti=y")).values() for line in day] == ["Festa"]


def test_the_same_is_free_in_words_and_in_the_question(app, hub):
    """The filter, in SQL, and the label, by the rule: of each activity they say the same, a kept place that has lapsed too."""
    with app.app_context():
        lab = activity_by("robot")
        one = filled(lab)
        for state, until, waits, free in (
            ("enrolled", None, False, False),
            ("offered", now() + HOUR, False, False),
            ("offered", now() - HOUR, False, True),
            ("offered", now() - HOUR, True, False),
        ):
            one.state, one.held_until = state, until
            if waits:
                db.session.add(waiting(lab, "Bea"))
            db.session.flush()
            places = seats.places(lab)
            stage = showcase.stage_of(lab, places, now())
            asked = sa.select(Activity.id).where(Activity.slug == "robot", showcase.to_be_had(now()))
            assert ((stage == "open"), db.session.scalar(asked) is not None) == (free, free)
        db.session.rollback()


def filled(lab: Activity, name: str = "Ada") -> Enrolment:
    """The lab's one place is had by somebody of 12, enrolled by her mother."""
    mother = person(f"Madre{name}")
    return enrol(lab, child(name, mother, years=12), by=mother)[0]


def waiting(lab: Activity, name: str) -> Enrolment:
    """Somebody who waits, whatever is free."""
    mother = person(f"Madre{name}")
    row = Enrolment(activity_id=lab.id, participant_id=child(name, mother).id, state="waiting", queued_at=now(), key=name)
    row.enrolled_by_id, row.created_at = mother.id, now()
    return row


@pytest.mark.parametrize(
    "query", ["giorno=ieri", "giorno=9999-12-31", "vista=anno", "eta=200", "eta=x", "hub=99", "hub=-1", "argomento=x"]
)
def test_an_address_that_means_nothing_is_told_beside_its_field(client, hub, query):
    page = client.page(f"/agenda?{query}")
    assert page.status == 422 and "Errore:" in page.text and told(page) == {}


def test_where_there_is_nothing_it_says_when_there_is(client, app, hub):
    page = client.page("/agenda?giorno=2026-10-05&vista=settimana")
    assert "Non c'è ancora niente in programma" in page.text
    page = client.page("/agenda?giorno=2026-09-01&vista=settimana")
    assert "Il prossimo appuntamento è sabato 19 settembre 2026." in page.text
    assert "Fiera" in client.page(page.link("Vai a quel giorno")).text
    page = client.page("/agenda?giorno=2026-09-01&vista=settimana&tipo=hosted")
    assert "giovedì 24 settembre 2026" in page.text
    page = client.page("/agenda?giorno=2026-09-01&vista=settimana&tipo=camp")
    assert page.link("Togli i filtri") == "/agenda?giorno=2026-09-01&vista=settimana" and "Prova con meno criteri" in page.text


def test_a_hub_that_does_not_answer_is_told_with_the_age_of_what_is_shown(client, app, hub):
    with app.app_context():
        row = db.session.scalars(sa.select(PartnerHub)).one()
        row.fault = "slow"
        db.session.commit()
    assert "Da allora" not in client.page(WEEK).text
    hub.shift(timedelta(hours=4))
    page = client.page(WEEK)
    assert "Hub di Taranto: aggiornato martedì 15 settembre 2026, 12:00. Da allora il suo calendario non risponde." in page.text
    assert "Fiera" in page.text and "Da allora" not in client.page(f"{WEEK}&hub=noi").text


def test_a_hub_that_was_ended_is_in_no_agenda(client, app, hub):
    with app.app_context():
        db.session.scalars(sa.select(PartnerHub)).one().ended_at = now()
        db.session.commit()
    assert "Taranto" not in client.page(WEEK).text and "Fiera" not in client.get(f"{ALL}?hub=tutti").text


def test_htmx_gets_the_part(client, hub):
    part = client.get(WEEK, headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith("<section") and "<html" not in part


def test_thousands_of_events_ask_the_database_no_more_and_come_in_pages(client, app, hub):
    def asked(address: str) -> int:
        with statements(app) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    month = "/agenda?giorno=2026-09-24&vista=mese"
    before = asked(month)
    with app.app_context():
        lab, hub_id = activity_by("robot"), db.session.scalar(sa.select(PartnerHub.id))
        times = [AT.starts - 20 * DAY + number * 2 * HOUR for number in range(250)]
        rows = [{"activity_id": lab.id, "number": 100 + n, "starts_at": at, "ends_at": at + HOUR} for n, at in enumerate(times)]
        common = {"state": "planned", "updated_at": now(), "title": {}, "place": ""}
        db.session.execute(sa.insert(Session), [row | common | {"ical_uid": f"u{row['number']}"} for row in rows])
        told_by_others = [
            {"hub_id": hub_id, "uid": str(n), "starts_at": at, "ends_at": at, "title": f"T{n}"} for n, at in enumerate(times)
        ]
        db.session.execute(sa.insert(PartnerEvent), told_by_others)
        db.session.commit()
    assert asked(month) <= before <= 5
    page = client.page(month)
    lines = [line for day in told(page).values() for line in day]
    assert len(lines) == listing.PER_PAGE and "Pagine dei risultati" in page.html
    last = client.page(f"{month}&page=5")
    assert 0 < len([line for day in told(last).values() for line in day]) <= listing.PER_PAGE


def test_a_page_beyond_the_last_one_still_knows_how_many_there_are(app, hub):
    with app.app_context():
        assert ([one.activity.slug for one in showcase.find(Wish())[0]], showcase.find(Wish())[1]) == (["robot", "festa"], 2)
        assert showcase.find(Wish(), page=9) == ([], 2) and showcase.find(Wish(kind="camp"), page=9) == ([], 0)
        assert showcase.find(Wish(free=True), size=1, page=2)[0][0].activity.slug == "festa"


# --- the calendars that are followed


def test_the_feed_holds_ours_and_no_other_hubs_unless_asked(client, app, hub):
    found = events(client.get(ALL))
    assert set(found) == {"Robot per tutti", "Festa"}
    assert wall(found["Festa"]["DTSTART"].dt) == wall(AT.starts + DAY) and str(found["Festa"]["URL"]).endswith("/attivita/festa")
    with app.app_context():
        assert str(found["Festa"]["UID"]) == activity_by("festa").sessions[0].ical_uid
        id = db.session.scalar(sa.select(PartnerHub.id))
    assert set(events(client.get(f"{ALL}?hub=tutti"))) >= {"Festa", "Fiera (Hub di Taranto)"}
    assert set(events(client.get(f"{ALL}?hub={id}"))) == {"Fiera (Hub di Taranto)", "<b>Porte aperte</b> (Hub di Taranto)"}


def test_a_topic_has_a_feed_and_filters_hold_there_too(client, hub):
    assert set(events(client.get("/agenda/imprese.ics"))) == {"Robot per tutti"}
    assert set(events(client.get("/agenda/tempo-libero.ics"))) == {"Festa"}
    assert events(client.get("/agenda/spazio-verde.ics")) == {}
    assert events(client.get("/agenda/imprese.ics?eta=5")) == {}
    assert set(events(client.get(f"{ALL}?tipo=event"))) == {"Festa"}
    for wrong in ("/agenda/mai-visto.ics", f"{ALL}?hub=99", f"{ALL}?eta=x", f"{ALL}?tipo=x"):
        assert client.get(wrong).status_code == 404
    page = client.page(f"{WEEK}&argomento=imprese&eta=12")
    assert page.link("Segui questa scelta") == "/agenda/imprese.ics?eta=12"


def test_a_feed_comes_again_only_when_it_changed(client, app, hub):
    first = client.get(ALL)
    known = {"If-None-Match": first.headers["ETag"]}
    again = client.get(ALL, headers=known)
    assert (again.status_code, again.data) == (304, b"") and first.headers["ETag"] == again.headers["ETag"]
    assert client.get(ALL, headers=known | {"Accept-Language": "en"}).status_code == 200
    with app.app_context():
        activity_by("festa").title = {"it": "Festa grande"}
        db.session.commit()
    assert "Festa grande" in events(client.get(ALL, headers=known))


def test_what_was_called_off_is_struck_out_for_thirty_days(client, app, hub):
    with app.app_context():
        sessions.call_off(activity_by("robot").sessions[0], "Piove", by=db.session.get(Person, 1))
        db.session.commit()
    assert str(events(client.get(ALL))["Robot per tutti"]["STATUS"]) == "CANCELLED"
    hub.shift(timedelta(days=32))
    assert set(events(client.get(ALL))) == {"Festa"}


def test_one_s_own_calendar_has_the_sessions_of_oneself_and_of_one_s_children_without_a_name(client, app, hub):
    address = new_address(client)
    assert "Robot per tutti" not in client.get(address).text
    with app.app_context():
        citizen = db.session.scalars(sa.select(Person).filter_by(email=CITIZEN)).one()
        kid = child("canarina", citizen, person("Altra"), years=12)
        enrol(activity_by("robot"), kid, by=citizen)
        db.session.commit()
    answer = app.test_client().get(address)
    found = events(answer)
    assert str(found["Robot per tutti"]["STATUS"]) == "CONFIRMED" and "canarin" not in answer.text.lower().replace(
        CANARY.lower() + " ", ""
    )
    with app.app_context():
        assert str(found["Robot per tutti"]["UID"]) == activity_by("robot").sessions[0].ical_uid
    assert "Robot per tutti" in events(app.test_client().get(f"{address}?spazio=aula-1"))
    assert "Robot per tutti" not in events(app.test_client().get(f"{address}?spazio=portico"))
    with app.app_context():
        row = db.session.scalars(sa.select(Enrolment)).one()
        row.state, row.seat, row.ended_at, row.end_reason = "withdrawn", None, now(), "other"
        db.session.commit()
    assert "Robot per tutti" not in events(app.test_client().get(address))


def test_the_addresses_are_offered_to_whoever_follows_and_to_other_hubs(client, hub):
    page = client.page("/agenda/segui")
    assert page.link("Tutte le attività") == ALL and page.link("Spazio Verde") == "/agenda/spazio-verde.ics"
    assert "http://127.0.0.1:5000/agenda.ics" in page.text or "http://localhost/agenda.ics" in page.text
    assert page.link("Agenda") == "/agenda" and "hub=tutti" in page.text


def test_a_booking_that_shows_its_title_is_gone_with_its_wish(client, app, hub):
    with app.app_context():
        db.session.scalars(sa.select(Booking).filter_by(title="Assemblea di tutti")).one().public = False
        db.session.commit()
    assert "Assemblea" not in client.page(WEEK).text
