"""A series as a person books it, without scripts: the rule, the dates, the steps, and what becomes of a date later."""

from datetime import timedelta

import pytest

from hub.accounts.service import person_with
from hub.booking import decision, service
from hub.booking.models import Booking
from hub.db import db
from hub.spaces.rules import Slot, at_minute
from hub.spaces.service import space_by
from tests.hub.booking.test_views import CITIZEN, MANAGER, hub, weekday_in  # noqa: F401 - hub is a fixture


def address(**more) -> str:
    day = weekday_in(20)
    values = {"vedi": 1, "giorno": day, "ora": "18:00", "durata": 120, "persone": 8, "ogni": "weekly", "intervallo": 1}
    values |= {"fino": day + timedelta(days=21)} | more
    return "/spazi/aula-1/ripeti?" + "&".join(f"{name}={value}" for name, value in values.items())


def take(app, day, slug: str = "aula-1") -> None:
    """Somebody else has it at that time."""
    with app.app_context():
        layout = space_by(slug).layouts[0]
        service.draft(layout, Slot(at_minute(day, 18 * 60), at_minute(day, 20 * 60)), 5, by=person_with(MANAGER))
        db.session.commit()


def finish(details):
    who = details.form().submit(title="Coro del quartiere", purpose="culture")
    summary = who.form().submit(phone="")
    return summary, summary.form().submit(terms="y")


def test_a_series_with_a_conflict_is_negotiated_and_booked_in_one_go(client, app):
    day = weekday_in(20)
    take(app, day + timedelta(days=7))
    page = client.known_as(CITIZEN).page(address())
    assert "4 date: 3 libere, 1 da decidere" in page.text and "Lascia fuori" in page.text
    name = f"date-{day + timedelta(days=7)}"
    other = next(option.get("value") for option in page.tree.iter("option") if "@" in option.get("value", ""))
    summary, booking = finish(page.form().submit(**{name: other}))
    assert "Passo 4 di 4" in summary.text and "Aula 2" in booking.text and booking.text.count("prevista") == 4
    assert "Date" in booking.text
    receipt = client.get(booking.path + "/ricevuta.pdf")
    assert receipt.status_code == 200 and receipt.data.startswith(b"%PDF")
    assert client.get(booking.path + "/calendario.ics").text.count("BEGIN:VEVENT") == 4


def test_what_is_taken_between_the_look_and_the_choice_is_said_and_the_rest_kept(client, app):
    day = weekday_in(20)
    page = client.known_as(CITIZEN).page(address())
    take(app, day + timedelta(days=14))
    form = page.form()
    refused = form.submit(**{f"date-{day}": None})
    assert refused.status == 422 and "non è più libero" in refused.text and "1 da decidere" in refused.text
    ticked = {
        node.get("name"): node.get("checked") is not None for node in refused.tree.iter("input") if node.get("type") == "checkbox"
    }
    assert ticked[f"date-{day}"] is False and ticked[f"date-{day + timedelta(days=7)}"] is True
    with app.app_context():
        assert db.session.query(Booking).filter_by(requester_id=1).count() == 0
    _, booking = finish(refused.form().submit())
    assert booking.text.count("lasciata fuori") == 2


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"fino": ""}, "fino a quando"),
        ({"fino": "1999-01-01"}, "da oggi"),
        ({"ogni": "sempre"}, "Scegli dall'elenco"),
        ({"intervallo": 0}, "tra 1 e 52"),
        ({"persone": 30}, "entrano al massimo 24"),
        ({"volte": 3}, "non tutti e due"),
        ({"ora": "24:99"}, "Scrivi un'ora"),
    ],
)
def test_a_rule_that_cannot_be_is_said_beside_its_field(client, wish, words):
    page = client.page(address(**wish))
    wrong = " ".join(" ".join(node.itertext()) for node in page.tree.iter("p") if node.get("class") == "hub-wrong")
    assert page.status == 422 and words in wrong


def test_no_date_at_all_is_refused_in_words(client):
    page = client.known_as(CITIZEN).page(address())
    nothing = {name: None for name in page.form().values if name.startswith("date-")}
    refused = page.form().submit(**nothing)
    assert refused.status == 422 and "tienine almeno una" in refused.text


@pytest.mark.parametrize(
    "value", ["x@y", "@", "9999999999@2027-01-01T10:00:00+00:00", "1@9999-12-31T23:59:00+00:00", "1@2027-01-01T10:00"]
)
def test_a_choice_that_nobody_was_offered_is_a_date_left_out(client, value):
    page = client.known_as(CITIZEN).page(address())
    day = weekday_in(20)
    _, booking = finish(page.form().submit(**{f"date-{day}": value}))
    assert booking.text.count("lasciata fuori") == 1


def test_a_date_is_moved_cancelled_and_taken_up_again_by_its_owner(client):
    page = client.known_as(CITIZEN).page(address())
    _, booking = finish(page.form().submit())
    date = client.page(booking.link("Cambia"))
    refused = date.form().submit(at="03:00", scope="this")
    assert refused.status == 422 and "Siamo aperti dalle" in refused.text
    moved = refused.form().submit(at="16:00", scope="this")
    assert "Data spostata" in moved.text and "16:00–18:00" in moved.text
    cancelled = client.page(moved.link("Cambia")).form("annulla").submit(scope="this")
    assert "Data annullata" in cancelled.text and cancelled.text.count("annullata") >= 1
    again = cancelled.form("riprendi").submit()
    assert "Data ripresa" in again.text
    stale = cancelled.form("riprendi").submit()
    assert "nel frattempo è cambiata" in stale.text


def test_the_way_back_from_the_summary_leads_to_the_dates_as_they_were_chosen(client, app):
    day = weekday_in(20)
    take(app, day + timedelta(days=7))
    page = client.known_as(CITIZEN).page(address())
    elsewhere = next(option.get("value") for option in page.tree.iter("option") if "@" in option.get("value", ""))
    chosen = {f"date-{day + timedelta(days=7)}": elsewhere, f"date-{day}": None}
    who = page.form().submit(**chosen).form().submit(title="Coro del quartiere", purpose="culture")
    summary = who.form().submit(phone="")
    back = client.page(summary.link("Modifica"))
    assert "4 date: 3 libere, 1 da decidere" in back.text
    sent = {name: value for name, value in back.form().values.items() if name.startswith("date-")}
    assert sent == {f"date-{day + timedelta(days=7)}": elsewhere} | {f"date-{day + timedelta(days=n)}": "keep" for n in (14, 21)}
    details = back.form().submit(**{f"date-{day}": "keep"})
    assert details.form().values["title"] == "Coro del quartiere"
    with app.app_context():
        (draft,) = db.session.query(Booking).filter_by(requester_id=person_with(CITIZEN).id)
        assert draft.state == "held" and len(draft.planned) == 4


def test_nobody_else_goes_on_with_somebody_s_draft(client, app):
    details = client.known_as(CITIZEN).page(address()).form().submit()
    key = details.path.split("/")[2]
    page = app.test_client().known_as(MANAGER).page(address(bozza=key))
    assert page.status == 200 and 'name="bozza"' not in page.html
    assert key not in page.form().submit().path and client.page(details.path).status == 200
    assert client.page(address(bozza="x" * 22)).status == 200


def request(client):
    page = client.known_as(CITIZEN).page("/spazi/aula-1/prenota?durata=120&persone=8&giorno=" + weekday_in(20).isoformat())
    starts = next(node.get("value") for node in page.tree.iter("input") if node.get("name") == "starts")
    return finish(page.form("prenota").submit(starts=starts))[1]


def test_where_a_date_cannot_be_moved_to_what_is_free_is_a_step_away(client, app):
    day = weekday_in(20)
    take(app, day)
    date = client.page(request(client).link("Sposta"))
    refused = date.form().submit(day=day.isoformat(), at="18:00")
    assert refused.status == 422 and "non è più libero" in refused.text
    proposed = client.page(refused.link("Aula 2"))
    assert proposed.form().values["at"] == "18:00" and proposed.form().values["day"] == day.isoformat()
    moved = proposed.form().submit()
    assert "Data spostata" in moved.text and "Aula 2" in moved.text
    assert client.page(date.path + "?layout=x&day=y&at=z&minutes=&scope=q").status == 200


def test_a_rule_that_refuses_a_move_speaks_beside_its_field(client):
    date = client.page(request(client).link("Sposta"))
    small = next(option.get("value") for option in date.tree.iter("option") if "Uno stallo" in "".join(option.itertext()))
    refused = date.form().submit(layout=small, at="23:30")
    wrong = {node.get("id"): " ".join(node.itertext()) for node in refused.tree.iter("p") if node.get("class") == "hub-wrong"}
    assert "al massimo 6" in wrong["layout-error"] and "Siamo aperti" in wrong["at-error"]


def test_giving_the_only_date_back_withdraws_the_request(client):
    ended = client.page(request(client).link("Sposta")).form("annulla").submit()
    assert "Richiesta ritirata" in ended.text and "Ritirata" in ended.text


def test_what_a_manager_approved_can_be_given_back_but_not_moved(client, app):
    booking = request(client)
    date = booking.link("Sposta")
    with app.app_context():
        decision.approve(db.session.query(Booking).filter_by(state="submitted").one(), by=person_with(MANAGER))
        db.session.commit()
    approved = client.page(booking.path)
    assert "Sposta" not in approved.text and "Per spostarla scrivi al gestore" in approved.text
    page = client.page(date)
    assert "approvato questa data" in page.text and page.form().node.get("action").endswith("annulla")
    assert "Prenotazione annullata" in page.form("annulla").submit().text
