"""The programme as everybody reads it: the list with its filters, the page of an activity, what machines read of it."""

import json
import re
from datetime import timedelta

import icalendar
import pytest
import sqlalchemy as sa

from hub import demo
from hub.accounts.demo import load_people
from hub.clock import now, wall
from hub.db import db
from hub.labs import programme, sessions, showcase, team
from hub.labs.cover import DRAWINGS, cover
from hub.labs.demo import MADE_UP, load_programme
from hub.labs.models import Activity
from hub.labs.rules import THEMES
from hub.labs.seats import places
from hub.labs.showcase import Wish
from tests.client import check_html
from tests.hub.labs import programmes
from tests.hub.labs.makers import DAY, HOUR, adult, enrol, lab, meet
from tests.hub.labs.programmes import slot

LIST = "/attivita"


def titles(page) -> list[str]:
    """The titles of the activities of a list, in order."""
    return ["".join(node.itertext()) for card in page.tree.iter("article") for node in card.iter() if node.tag in ("h2", "h3")]


def data(page) -> dict:
    """What machines read of a page."""
    (script,) = [node for node in page.tree.iter("script") if node.get("type") == "application/ld+json"]
    return json.loads(script.text)


def made(**columns: object) -> Activity:
    told = {"summary": {"it": "Una frase."}, "text": {"it": "Un testo.\n\nUn altro."}}
    return lab(**told | columns)


# --- the list


def test_the_list_has_what_is_to_come_the_soonest_first(app, client):
    with app.app_context():
        made(slug="tardi", begins=now() + 30 * DAY)
        made(slug="presto", begins=now() + 3 * DAY)
        made(slug="bozza", state="draft")
        made(slug="ieri", begins=now() - DAY)
        made(slug="annullata", state="cancelled").sessions[0].state = "cancelled"
        db.session.commit()
    page = client.page(LIST)
    assert titles(page) == ["Presto", "Tardi"] and "2 attività in programma" in page.text
    assert "Bozza" not in page.text
    past = client.page(f"{LIST}?passate=y")
    assert set(titles(past)) == {"Ieri", "Annullata"} and "2 attività passate" in past.text


def test_a_course_that_has_begun_stands_by_its_next_session(app, client):
    with app.app_context():
        course = made(slug="corso", begins=now() - 2 * DAY)
        following = meet(course, now() + 5 * DAY)
        made(slug="prima", begins=now() + 4 * DAY)
        day = wall(following.starts_at).strftime("%H:%M")
        db.session.commit()
    page = client.page(LIST)
    assert titles(page) == ["Prima", "Corso"] and day in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tema=steam", ["Robot"]),
        ("tema=inclusion", ["Orto"]),
        ("tipo=event", ["Orto"]),
        ("area=community", ["Orto"]),
        ("argomento=spazio-verde", ["Orto"]),
        ("eta=11", ["Robot", "Orto"]),
        ("eta=17", ["Robot", "Orto"]),
        ("eta=10", ["Orto"]),
        ("eta=18", ["Orto"]),
        ("tema=steam&eta=18", []),
    ],
)
def test_the_address_of_the_list_says_what_is_looked_for(app, client, query, found):
    with app.app_context():
        made(slug="robot", age_min=11, age_max=17, begins=now() + DAY)
        other = {"kind": "event", "area": "community", "theme": "inclusion", "topic": "spazio-verde", "takes_part": "none"}
        made(slug="orto", begins=now() + 2 * DAY, **other)
        db.session.commit()
    page = client.page(f"{LIST}?{query}")
    assert titles(page) == found
    assert found or "Nessuna attività fa al caso" in page.text


def test_free_places_are_those_that_somebody_can_have_now(app, client):
    with app.app_context():
        made(slug="libera", places=1)
        made(slug="festa", places=0, takes_part="none")
        full = made(slug="piena", places=1)
        enrol(full, adult("ugo"))
        made(slug="domani", enrol_opens_at=now() + HOUR)
        made(slug="chiusa", enrol_closes_at=now() - HOUR)
        db.session.commit()
    assert set(titles(client.page(f"{LIST}?posti=y"))) == {"Libera", "Festa"}
    text = client.page(LIST).text
    assert "Posti finiti: c'è la lista d'attesa" in text and "Iscrizioni chiuse" in text and "Iscrizioni dal" in text


def test_a_wish_that_makes_no_sense_is_told_beside_its_field(client):
    page = client.page(f"{LIST}?eta=121")
    assert page.status == 422 and page.text.count("Scrivi un'età da 0 a 120 anni.") == 2
    assert client.page(f"{LIST}?tema=nessuno").status == 422


def test_where_nothing_is_there_the_list_says_so_and_leads_to_the_past(client):
    page = client.page(LIST)
    assert "Ora non c'è niente in programma" in page.text
    assert page.link("Vedi le edizioni passate") == f"{LIST}?passate=y"


def test_the_list_turns_its_pages_and_keeps_what_is_looked_for(app, client):
    with app.app_context():
        for number in range(showcase.PER_PAGE + 1):
            made(slug=f"corso-{number:02}", begins=now() + (number + 1) * HOUR)
        db.session.commit()
    page = client.page(f"{LIST}?tema=steam")
    assert len(titles(page)) == showcase.PER_PAGE
    assert titles(client.page(page.link("Successiva"))) == ["Corso-20"]


@pytest.mark.parametrize(
    ("columns", "stage"),
    [
        ({}, "open"),
        ({"takes_part": "none"}, "free_entry"),
        ({"state": "closed"}, "over"),
        ({"state": "cancelled"}, "cancelled"),
        ({"enrol_opens_at": now() + DAY}, "soon"),
        ({"enrol_opens_at": now() - 3 * DAY, "enrol_closes_at": now() - DAY}, "closed"),
        ({"enrol_opens_at": None, "enrol_closes_at": None}, "closed"),
        ({"begins": now() - DAY}, "over"),
    ],
)
def test_how_it_stands_with_enrolling(session, columns, stage):
    activity = lab(**columns)
    assert showcase.stage_of(activity, places(activity), now()) == stage


def test_enrolment_is_open_from_its_instant_to_before_its_end(session):
    activity = lab()
    free = places(activity)
    tick = timedelta(microseconds=1)
    opens, closes = activity.enrol_opens_at, activity.enrol_closes_at
    at = [showcase.stage_of(activity, free, when) for when in (opens - tick, opens, closes - tick, closes)]
    assert at == ["soon", "open", "open", "closed"]


# --- the page


def test_the_page_tells_all_in_the_order_of_the_model(app, client):
    with app.app_context():
        course = made(age_min=11, age_max=17, materials={"it": "Niente."}, sdgs=[4], accessibility=["lis"], topic="imprese")
        course.cost_cents = 1250
        db.session.commit()
    page = client.page(f"{LIST}/robot")
    heads = ["".join(node.itertext()) for node in page.tree.iter("h2")]
    order = ["Cos'è", "A chi è rivolto", "Luogo", "Date e orari", "Costi", "Materiali", "Accessibilità e lingue", "Iscrizioni"]
    order += ["Obiettivi di sviluppo sostenibile", "Contatti"]
    assert [head for head in heads if head in order][: len(order)] == order  # the footer has contacts too
    assert "da 11 a 17 anni" in page.text and "Conta l'età che si ha il primo giorno." in page.text
    assert "12,50" in page.text and "Interprete LIS" in page.text and "Istruzione di qualità" in page.text
    assert "Ultimo aggiornamento" in page.text and page.link("Iscriviti") == f"{LIST}/robot/iscriviti"


def test_a_full_activity_offers_the_waiting_list_and_names_nobody(app, client):
    with app.app_context():
        course = made(places=1)
        enrol(course, adult("canarina"))
        enrol(course, adult("usignola"))
        db.session.commit()
    page = client.page(f"{LIST}/robot")
    assert "nessun posto libero" in page.text and "1 persona in lista d'attesa" in page.text
    assert page.link("Mettiti in lista d'attesa") == f"{LIST}/robot/iscriviti"
    for where in (f"{LIST}/robot", LIST, "/", f"{LIST}/robot/calendario.ics"):
        told = client.get(where).text.lower()
        assert "canarina" not in told and "usignola" not in told, where


def test_before_and_after_its_time_there_is_no_button(app, client):
    with app.app_context():
        made(slug="prima", enrol_opens_at=now() + HOUR)
        made(slug="dopo", enrol_closes_at=now() - HOUR)
        made(slug="festa", takes_part="none")
        db.session.commit()
    for slug, words in (("prima", "Le iscrizioni aprono"), ("dopo", "sono chiuse da"), ("festa", "senza iscrizione")):
        page = client.page(f"{LIST}/{slug}")
        assert words in page.text and "/iscriviti" not in page.html


def test_residents_come_first_until_their_hour(app, client):
    with app.app_context():
        made(slug="prima", residents_until=now() + HOUR)
        made(slug="dopo", residents_until=now() - HOUR)
        db.session.commit()
    assert "si iscrive solo chi abita a Lecce" in client.page(f"{LIST}/prima").text
    assert "si iscrive solo chi abita a Lecce" not in client.page(f"{LIST}/dopo").text


def test_only_trainers_who_agreed_are_named(app, client):
    with app.app_context():
        course = made()
        for name, public in (("Ada Nota", True), ("Bice Taciuta", False), ("Ciro Andato", True)):
            trainer = team.take_on(course, name=name, email="", role="trainer", public=public)
        team.let_go(trainer)
        db.session.commit()
    text = client.page(f"{LIST}/robot").text
    assert "Ada Nota" in text and "Taciuta" not in text and "Andato" not in text


@pytest.mark.parametrize("path", [LIST + "/bozza", LIST + "/bozza/calendario.ics", LIST + "/nessuna"])
def test_a_draft_does_not_exist_for_the_public(app, client, path):
    with app.app_context():
        made(slug="bozza", state="draft")
        db.session.commit()
    assert client.get(path).status_code == 404
    assert "Bozza" not in client.get("/mappa-del-sito").text and "/attivita/bozza" not in client.get("/cerca?q=bozza").text


def test_words_of_a_manager_are_never_markup(app, client):
    with app.app_context():
        made(title={"it": "</script><b>x"}, summary={"it": "<i>y</i>"})
        db.session.commit()
    page = client.page(f"{LIST}/robot")
    assert data(page)["name"] == "</script><b>x" and "<b>x" not in page.html and "<i>y" not in page.html


# --- what machines read


def test_a_course_is_a_course_with_its_dates(app, client):
    with app.app_context():
        course = made(cost_cents=1205)
        last = meet(course, now() + 40 * DAY)
        starts, ends = course.sessions[0].starts_at, last.ends_at
        db.session.commit()
    told = data(client.page(f"{LIST}/robot"))
    (instance,) = told["hasCourseInstance"]
    assert told["@type"] == "Course" and told["offers"][0]["price"] == "12.05"
    assert (instance["startDate"], instance["endDate"]) == (wall(starts).isoformat(), wall(ends).isoformat())


def test_an_event_is_an_event_and_says_when_it_is_called_off(app, client):
    with app.app_context():
        made(kind="event")
        made(slug="saltato", kind="event", state="cancelled").sessions[0].state = "cancelled"
        db.session.commit()
    told, off = (data(client.page(f"{LIST}/{slug}")) for slug in ("robot", "saltato"))
    assert told["@type"] == "Event" and told["eventStatus"].endswith("EventScheduled") and told["isAccessibleForFree"]
    assert off["eventStatus"].endswith("EventCancelled") and told["url"].endswith(f"{LIST}/robot")


def test_the_calendar_file_has_every_session_and_which_are_called_off(app, client):
    with app.app_context():
        course = made()
        meet(course, now() + 25 * DAY).state = "cancelled"
        db.session.commit()
    answer = client.get(f"{LIST}/robot/calendario.ics")
    events = icalendar.Calendar.from_ical(answer.data).walk("VEVENT")
    assert [str(event["status"]) for event in events] == ["CONFIRMED", "CANCELLED"]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="robot.ics"'
    assert events[0]["url"].endswith(f"{LIST}/robot")


# --- covers


@pytest.mark.parametrize("theme", THEMES)
def test_a_cover_is_the_same_for_the_same_address_and_another_for_another(theme):
    drawn = cover("robot", theme)
    cover.cache_clear()
    assert drawn == cover("robot", theme) != cover("orto", theme)
    assert "style" not in drawn and "fill=" not in drawn and "<script" not in drawn
    check_html(f"<!doctype html><title>x</title>{drawn}")


def test_every_theme_has_a_drawing_of_its_own():
    assert set(DRAWINGS) == set(THEMES)
    assert len({re.sub(r"hub-cover-[a-z-]+", "", cover("robot", theme)) for theme in THEMES}) == len(THEMES)


# --- ways to it


def test_home_search_map_and_topic_lead_to_an_activity(app, client):
    with app.app_context():
        made(topic="imprese")
        db.session.commit()
    for path in ("/", "/cerca?q=robot", "/cerca?q=robot&tipo=attivita", "/mappa-del-sito", "/argomenti/imprese"):
        assert client.page(path).link("Robot") == f"{LIST}/robot", path
    assert client.page("/").link("Laboratori e corsi") == LIST


def test_the_calendar_of_the_spaces_leads_everybody_to_the_page_and_of_a_draft_nowhere(app, client):
    with app.app_context():
        at, spaces, by = slot(5), demo.load_spaces(), load_people()["manager"]
        for slug, space in (("robot", "aula-1"), ("segreto", "aula-2")):
            draft = programmes.activity(by, slug=slug, title={"it": slug.title()})
            sessions.schedule(draft, at, [programmes.layout(spaces[space], "banchi")])
            if slug == "robot":
                programme.publish(draft)
        db.session.commit()
    page = client.page(f"/calendario?giorno={wall(at.starts).date()}")
    assert page.link("Robot") == f"{LIST}/robot"
    assert "segreto" not in page.html.lower()


# --- the demo


def test_the_demo_tells_2023_as_the_documents_do(hub, people):
    load_programme(people, hub)
    steam, program = (db.session.scalars(sa.select(Activity).filter_by(slug=slug)).one() for slug in ("steam-2023", "cap-2023"))
    assert (steam.scheduled_minutes, program.scheduled_minutes) == (13200, 11400)
    assert "41 ragazze e ragazzi" in steam.text["it"] and "17 formatori" in steam.text["it"] and "220 ore" in steam.text["it"]
    assert "10 startup" in program.text["it"] and "25 docenti" in program.text["it"] and "190 ore" in program.text["it"]
    assert {steam.state, program.state} == {"closed"} and steam.edition.code == "2023" and not steam.synthetic
    assert (len(steam.sessions), len(program.sessions)) == (60, 38)
    assert all("dato sintetico" in one.title["it"] for one in (*steam.sessions, *program.sessions))


def test_of_what_is_over_nothing_is_said_that_nobody_told(app, client):
    with app.app_context():
        load_programme(load_people(), demo.load_spaces())
        db.session.commit()
    page = client.page(f"{LIST}/cap-2023")
    assert "10 startup" in page.text and "190 ore" in page.text
    assert page.text.count("Data e presenze: dato sintetico") == page.text.count("Svolto") == 38
    for words in ("gratis", "per tutte le età", "Luogo", "Lingue"):
        assert words not in page.html.partition("<main")[2].partition('id="contatti"')[0], words


def test_what_the_demo_makes_up_is_labelled_and_goes_by_the_rules(hub, people):
    made_up = load_programme(people, hub)
    assert set(made_up) == set(MADE_UP)
    for activity in made_up.values():
        assert activity.synthetic and "dato sintetico" in activity.title["it"] and activity.state == "published"
        assert all(one.standing and one.starts_at > now() for one in activity.sessions)
    stages = {name: showcase.stage_of(one, places(one), now()) for name, one in made_up.items()}
    assert stages == {"robot": "open", "corte": "free_entry", "stampa": "full", "impresa": "soon"}
    assert (made_up["robot"].age_min, made_up["robot"].age_max) == (11, 17)
    assert places(made_up["stampa"]) == (3, 3, 1)
    assert {one.space.slug for one in made_up["corte"].sessions[0].standing} == {"corte-urbana"}
    assert showcase.find(Wish(past=True))[1] == 2
