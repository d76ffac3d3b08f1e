"""Other hubs: registered, fetched by the worker, shown; through services, two workers at once, and the managers' pages."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from hub.accounts.demo import load_people
from hub.agenda import partners
from hub.agenda.demo import load_partner
from hub.agenda.fetching import Fault, Fetched, fetch
from hub.agenda.models import PartnerEvent, PartnerHub
from hub.agenda.partner_views import ASKED
from hub.agenda.words import FAULTS
from hub.clock import now
from hub.commands import DUTIES, refresh_partners
from hub.db import db
from tests.hub.agenda import another_hub as other
from tests.hub.agenda.another_hub import calendar, event, give, through
from tests.hub.agenda.two_years import NOW
from tests.hub.labs.makers import refused

MANAGER = "gestore@officine.example"
HERE = "/gestione/hub"
HOUR = timedelta(hours=1)
FEST = event("1", "20260922T180000", "Festa", "DTEND:20260922T200000", "LOCATION:Porto", "URL:https://hub.example/festa")
COURSE = event("2", "20260923T100000", "Corso", "RRULE:FREQ=WEEKLY;COUNT=3")


@pytest.fixture
def server():
    with other.another_hub() as running:
        running.answer = other.named(calendar(FEST), '"1"')
        yield running


@pytest.fixture
def portal(app: Flask):
    """The portal on 15 September 2026, with its people, whose fetch leads to this machine."""
    usual = app.extensions["fetch"]
    app.extensions["fetch"] = through(seconds=3.0)
    with time_machine.travel(NOW, tick=False) as clock:
        with app.app_context():
            load_people()
            db.session.commit()
        yield clock
    app.extensions["fetch"] = usual


def manager():
    return load_people()["manager"]


def registered(server, name: str = "Hub di Taranto", **more: str) -> PartnerHub:
    """A hub whose calendar was read."""
    said = {"name": name, "place": "Taranto", "site_url": "", "feed_url": server.web} | more
    made = partners.register(**said, copied=partners.copy(said["feed_url"], fetch=through()), by=manager())
    db.session.commit()
    return made


def titles() -> list[str]:
    return list(db.session.scalars(sa.select(PartnerEvent.title).order_by(PartnerEvent.starts_at, PartnerEvent.id)))


def one() -> PartnerHub:
    db.session.rollback()
    return db.session.scalars(sa.select(PartnerHub).execution_options(populate_existing=True)).one()


# --- the verbs


def test_every_fault_has_its_words():
    assert list(FAULTS) == list(partners.FAULTS)


def test_a_hub_is_registered_with_what_its_calendar_holds(app, portal, server):
    with app.app_context():
        hub = registered(server)
        row = db.session.scalars(sa.select(PartnerEvent)).one()
        assert (row.title, row.place, row.url, row.uid, row.all_day) == (
            "Festa",
            "Porto",
            "https://hub.example/festa",
            "1",
            False,
        )
        assert (hub.body, hub.etag, hub.fault, hub.fetched_at) == (calendar(FEST), '"1"', "", NOW)
        assert partners.counts() == {hub.id: 1} and not partners.is_stale(hub, now() + 9 * HOUR)


def test_a_calendar_is_registered_once_and_may_come_back(app, portal, server):
    with app.app_context():
        hub = registered(server)
        assert refused(registered, server, "Lo stesso").rule == "partner-known"
        partners.end(hub)
        db.session.commit()
        assert titles() == [] and one().body is None and partners.hubs() == []
        again = registered(server)
        assert partners.hubs() == [again] and titles() == ["Festa"]


def test_the_database_refuses_the_same_calendar_twice(app, portal, server):
    with app.app_context():
        registered(server)
        twin = PartnerHub(name="X", feed_url=server.web, created_at=now(), created_by_id=manager().id)
        assert refused(partners._add, twin).rule == "partner-known"
        db.session.rollback()


def test_there_are_not_too_many():
    assert refused(partners.must_not_be_many, partners.MOST_LIVE).rule == "partners-most"
    partners.must_not_be_many(partners.MOST_LIVE - 1)


def test_a_changed_address_takes_over_the_calendar_that_is_there(app, portal, server):
    with app.app_context(), other.another_hub(name="altrove.example") as elsewhere:
        hub = registered(server)
        elsewhere.answer = give(calendar(COURSE))
        copied = partners.copy(elsewhere.web, fetch=through())
        partners.change(hub, name="Nuovo nome", place="", site_url="", feed_url=elsewhere.web, copied=copied)
        db.session.commit()
        assert titles() == ["Corso"] * 3 and (one().name, one().etag) == ("Nuovo nome", "")


def test_the_demos_other_hub_is_shown_as_its_own_file_has_it(app, portal):
    with app.app_context():
        hub = load_partner(load_people())
        db.session.commit()
        events, left_out = partners.read(hub.body)
        assert left_out == 0 and [one["title"] for one in events] == titles() and len(events) == 5
        assert all("(dato sintetico)" in words for words in (hub.name, *titles()))
        portal.shift(HOUR)
        ids = [row.id for row in db.session.scalars(sa.select(PartnerEvent))]
        partners.keep(partners.hub_by(hub.id), partners.Copy(Fetched(hub.body), events, 0))
        assert [row.id for row in db.session.scalars(sa.select(PartnerEvent))] == ids


# --- the worker


def test_the_worker_asks_each_minute_whose_turn_it_is():
    assert (60, refresh_partners) in DUTIES


def test_the_worker_asks_again_after_an_hour_and_not_before(app, portal, server):
    with app.app_context():
        registered(server)
        portal.shift(HOUR - timedelta(seconds=1))
        assert partners.refresh(through()) == 0 and len(server.asked) == 1
        portal.shift(timedelta(seconds=1))
        assert partners.refresh(through()) == 1
        assert server.asked[-1]["If-None-Match"] == '"1"' and titles() == ["Festa"]
        server.answer = other.named(calendar(FEST, COURSE), '"2"')
        portal.shift(HOUR)
        refresh_partners()
        assert titles() == ["Festa", "Corso", "Corso", "Corso"] and (one().etag, one().fault) == ('"2"', "")


def test_what_stays_the_same_is_not_written_again(app, portal, server):
    with app.app_context():
        server.answer = give(calendar(FEST, COURSE))
        registered(server)
        before = {row.id: row.title for row in db.session.execute(sa.select(PartnerEvent.id, PartnerEvent.title))}
        server.answer = give(calendar(FEST))
        portal.shift(HOUR)
        partners.refresh(through())
        after = {row.id: row.title for row in db.session.execute(sa.select(PartnerEvent.id, PartnerEvent.title))}
        assert after.items() <= before.items() and list(after.values()) == ["Festa"]


def test_as_days_pass_other_dates_of_the_same_copy_come_into_sight(app, portal, server):
    with app.app_context():
        server.answer = other.named(calendar(FEST, event("9", "20271115T180000", "Tra un anno")), '"1"')
        registered(server)
        assert titles() == ["Festa"]
        portal.shift(timedelta(days=40))
        partners.refresh(through())
        assert server.asked[-1]["If-None-Match"] == '"1"' and titles() == ["Tra un anno"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [(give(b"", 500), "status"), (give(b"<html>"), "not_calendar"), (other.hang_up, "unreachable"), (other.bomb(8), "large")],
)
def test_the_last_good_copy_stays_whatever_comes_after_it(app, portal, server, answer, code):
    with app.app_context():
        registered(server)
        server.answer = answer
        portal.shift(HOUR)
        assert partners.refresh(through()) == 1
        hub = one()
        assert (hub.fault, hub.body, hub.fetched_at, hub.tried_at) == (code, calendar(FEST), NOW, NOW + HOUR)
        assert titles() == ["Festa"] and not partners.is_stale(hub, now()) and partners.is_stale(hub, now() + 3 * HOUR)
        server.answer = give(calendar(FEST))
        portal.shift(HOUR)
        partners.refresh(through())
        assert (one().fault, partners.is_stale(one(), now())) == ("", False)


def test_who_does_not_answer_is_asked_less_and_less_often_up_to_once_a_day():
    hub = PartnerHub(fetched_at=NOW, tried_at=NOW, created_at=NOW, fault="")
    assert partners.waits(hub) == HOUR
    hub.fault = "slow"
    waits = []
    for _ in range(7):
        waits.append(partners.waits(hub) // HOUR)
        hub.tried_at += partners.waits(hub)
    assert waits == [1, 1, 2, 4, 8, 16, 24]


def test_a_few_are_asked_at_a_time_who_has_waited_longest_first(app, portal, server):
    with app.app_context():
        for number in range(3):
            registered(server, f"Hub {number}", feed_url=f"{server.web}?{number}")
            portal.shift(timedelta(minutes=1))
        portal.shift(HOUR)
        asked = []

        def fetch(address: str, **_) -> None:
            asked.append(address[-1])
            raise Fault("slow")

        assert [partners.refresh(fetch), partners.refresh(fetch), partners.refresh(fetch)] == [2, 1, 0]
        assert asked == ["0", "1", "2"]


def test_of_two_workers_one_asks_a_hub(app, portal, server):
    with app.app_context():
        registered(server)
        portal.shift(HOUR)
        seen = [hub.tried_at for hub in partners.hubs()]
        db.session.commit()
    counts, start = [], threading.Barrier(2)

    def work() -> None:
        with app.app_context():
            start.wait()
            counts.append(partners.refresh(through()))

    rivals = [threading.Thread(target=work) for _ in range(2)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    assert sorted(counts) == [0, 1] and len(server.asked) == 2 and seen == [NOW]


def test_a_turn_is_taken_once(app, portal, server):
    """The same without luck: of two workers that saw the hub due, the second one comes too late."""
    with app.app_context():
        registered(server)
        portal.shift(HOUR)
        (id,) = partners.due(now())
        assert partners.take(id, now()).address == server.web
        db.session.commit()
        assert partners.take(id, now()) is None and partners.due(now()) == []
        assert partners.take(id, now(), out_of_turn=True) is None
        portal.shift(partners.AGAIN)
        assert partners.take(id, now()) is None and partners.take(id, now(), out_of_turn=True)


def test_while_the_net_is_waited_for_no_transaction_is_open(app, portal, server):
    with app.app_context():
        id = registered(server).id
        portal.shift(HOUR)

        def fetch(address: str, **known: str) -> object:
            assert not db.session().in_transaction()
            db.session.execute(sa.update(PartnerHub).values(place="Brindisi"))  # somebody else writes meanwhile
            db.session.commit()
            return through()(address, **known)

        assert partners.refresh(fetch) == 1
        assert (one().place, one().fetched_at) == ("Brindisi", now()) and one().id == id


def test_what_comes_for_a_hub_that_was_ended_or_moved_is_thrown_away(app, portal, server):
    with app.app_context():
        registered(server)
        for change in ({"feed_url": "https://hub.example/altrove.ics"}, {"ended_at": NOW}):
            portal.shift(HOUR)

            def fetch(address: str, *, change: dict = change, **_) -> object:
                db.session.execute(sa.update(PartnerHub).values(**change))
                db.session.commit()
                return through()(address) if address == server.web else None

            server.answer = give(calendar(COURSE))
            if "ended_at" in change:
                db.session.execute(sa.update(PartnerHub).values(feed_url=server.web))
                db.session.commit()
            partners.refresh(fetch)
            assert titles() == ["Festa"]


# --- the managers' pages


def filled(page, server, **more: str) -> dict[str, str]:
    return {"name": "Hub di Taranto", "place": "Taranto", "feed_url": server.web} | more


def test_a_calendar_is_tried_before_it_is_added(client, app, portal, server):
    server.answer = give(calendar(FEST, COURSE, event("x", "19700101T000000Z", "X", "RRULE:FREQ=SECONDLY")))
    form = client.known_as(MANAGER).page(f"{HERE}/nuovo").form("nuovo")
    tried = form.submit(("prova", "y"), **filled(form, server))
    assert (
        tried.status == 200 and "4 date" in tried.text and "1 evento non si può leggere" in tried.text and "Festa" in tried.text
    )
    with app.app_context():
        assert partners.hubs() == []
    added = tried.form("nuovo").submit()
    assert added.path == HERE and "Letto: 4 date." in added.text and "4 date in arrivo" in added.text
    assert "Aggiornato" in added.text


def test_an_address_is_told_beside_its_field_what_is_wrong_and_nothing_is_lost(client, app, portal, server):
    form = client.known_as(MANAGER).page(f"{HERE}/nuovo").form("nuovo")
    server.answer = give(b"<html>")
    for typed, words in (
        (server.web, "non c'è un calendario iCalendar"),
        ("ftp://hub.example/", "deve cominciare con https://"),
        ("https://utente:segreto@hub.example/", "nome utente o una password"),
        ("x" * 1001, "Al massimo 1000 caratteri"),
        ("", "Scrivi l'indirizzo del calendario."),
    ):
        page = form.submit(name="Hub di Taranto", feed_url=typed, site_url="taranto.example")
        assert page.status == 422 and words in page.text
        assert 'value="Hub di Taranto"' in page.html and 'value="taranto.example"' in page.html
    page = form.submit(name="Hub", feed_url=server.web, site_url="javascript:alert(1)")
    assert page.status == 422 and "Questo non è un indirizzo di internet" in page.text
    with app.app_context():
        assert partners.hubs() == []


def test_the_portal_itself_asks_no_machine_of_its_own_house(client, app, portal, server):
    app.extensions["fetch"] = fetch
    form = client.known_as(MANAGER).page(f"{HERE}/nuovo").form("nuovo")
    page = form.submit(name="Hub", feed_url="http://127.0.0.1/")
    assert page.status == 422 and "rete privata" in page.text
    assert "porte 80 e 443" in form.submit(name="Hub", feed_url=server.url()).text and server.asked == []


def test_a_hub_sent_twice_is_added_once(client, app, portal, server):
    form = client.known_as(MANAGER).page(f"{HERE}/nuovo").form("nuovo")
    for _ in range(2):
        assert form.submit(**filled(form, server)).path == HERE
    with app.app_context():
        assert len(partners.hubs()) == 1
    other_form = client.page(f"{HERE}/nuovo").form("nuovo")
    page = other_form.submit(**filled(other_form, server))
    assert page.status == 422 and "Questo calendario c'è già" in page.text


def test_a_hub_is_changed_and_its_calendar_only_where_the_new_one_is_good(client, app, portal, server):
    with app.app_context():
        registered(server)
    form = client.known_as(MANAGER).page(HERE)
    form = client.page(form.link("Hub di Taranto")).form()
    assert "Hub aggiornato" in form.submit(name="Hub Taranto Porto", site_url="taranto.example").text
    asked = len(server.asked)
    server.answer = give(b"", 404)
    page = form.submit(feed_url=f"{server.web}?nuovo")
    assert page.status == 422 and "non c'è un file" in page.text and len(server.asked) == asked + 1
    with app.app_context():
        assert (one().name, one().site_url, one().feed_url) == ("Hub Taranto Porto", "https://taranto.example/", server.web)
        assert titles() == ["Festa"]


def test_a_hub_is_read_now_but_not_twice_in_a_minute(client, app, portal, server):
    with app.app_context():
        registered(server)
    there = client.known_as(MANAGER)
    assert "appena chiesto" in there.page(HERE).form("aggiorna").submit().text
    portal.shift(timedelta(minutes=2))
    assert "Letto: 1 data." in there.page(HERE).form("aggiorna").submit().text
    server.answer = give(b"", 500)
    portal.shift(4 * HOUR)
    page = client.known_as(MANAGER).page(HERE).form("aggiorna").submit()
    assert "Non aggiornato" in page.text and "non c'è un file" in page.text
    with app.app_context():
        assert titles() == ["Festa"]


def test_nobody_asks_the_net_without_end(client, portal, server):
    form = client.known_as(MANAGER).page(f"{HERE}/nuovo").form("nuovo")
    server.answer = give(b"", 404)
    for _ in range(ASKED.times):
        client.post(f"{HERE}/nuovo", data=form.values | filled(form, server))
    page = form.submit(**filled(form, server))
    assert page.status == 429 and "Troppi tentativi" in page.text and len(server.asked) == ASKED.times


def test_a_hub_that_is_ended_is_shown_no_more(client, app, portal, server):
    with app.app_context():
        id = registered(server).id
    form = client.known_as(MANAGER).page(f"{HERE}/{id}").form("togli")
    page = form.submit()
    assert page.path == HERE and "Nessun hub" in page.text
    assert (
        client.get(f"{HERE}/{id}").status_code == 404 and client.post(f"{HERE}/{id}/togli", data=form.values).status_code == 404
    )
    assert client.get(f"{HERE}/{2**31 - 1}").status_code == 404
