"""What is acknowledged stays, what fails leaves nothing: processes killed in mid-booking, statements that fail, locks."""

import re
import sqlite3
import threading
import time
from datetime import timedelta
from mailbox import Maildir
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from hub import create_app, demo
from hub.accounts.demo import DEMO_PASSWORD, load_people
from hub.accounts.models import Person
from hub.booking.models import Booking, BookingChange
from hub.clock import now
from hub.db import db
from hub.notices.models import Notice
from hub.participation.models import LogEntry
from hub.spaces.models import Allocation, Occurrence
from hub.spaces.service import audit
from tests.client import Page
from tests.databases import ENGINES, environment
from tests.hub.booking.test_views import first_time, weekday_in
from tests.live import LiveClient, portal

CITIZENS = 4
BOOKINGS = 4


def fill() -> None:
    """The demo's spaces, and citizens enough."""
    demo.load_spaces()
    citizen = load_people()["citizen"]
    for number in range(CITIZENS):
        name = f"citizen{number}"
        db.session.add(
            Person(
                email=f"{name}@officine.example",
                given_name=name,
                family_name="-",
                password_hash=citizen.password_hash,
                confirmed_at=now(),
                created_at=now(),
            )
        )
    db.session.commit()


def sign_in(client, email: str) -> None:
    client.page("/entra").form().submit(email=email, password=DEMO_PASSWORD)
    page = client.page("/area-personale")  # who was let in, and whose answer broke off, is in: the form sent again is stale
    assert "Esci" in page.text


def book(client, day, number: int) -> str:
    """A booking of the meeting room, which confirms itself; gives its code."""
    url = f"/spazi/sala-riunioni/prenota?giorno={day.isoformat()}&durata=60&persone=4"
    choice = client.page(url)
    details = choice.form("prenota").submit(starts=first_time(choice))
    who = details.form().submit(title=f"Prova {number}", purpose="work", details="")
    sent = who.form().submit(phone="").form().submit(terms="y")
    assert "Prenotazione confermata" in sent.text, sent.text
    return re.search(r"OM-\d{4}-\d{6}", sent.text)[0]


@pytest.mark.parametrize("engine", ENGINES)
def test_killed_in_mid_booking_nothing_is_half_written_and_nothing_acknowledged_is_lost(request, tmp_path, engine):
    with request.getfixturevalue(engine).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            fill()
            db.session.remove()
            with portal(url, tmp_path / "mail") as running:
                codes = _book_while_killing(running)
                running.stop_the_worker()
                _let_leases_run_out()
                running.send_what_is_due()
            assert len(codes) == len(set(codes)) == CITIZENS * BOOKINGS
            _all_is_whole(codes)
            _all_was_mailed(tmp_path / "mail", codes)
            db.session.remove()
            db.engine.dispose()


def _let_leases_run_out() -> None:
    """Minutes go by: what a worker had in hand when it was killed is nobody's any longer."""
    in_hand = sa.update(Notice).where(Notice.lease_until.is_not(None), Notice.sent_at.is_(None))
    db.session.execute(in_hand.values(lease_until=now() - timedelta(seconds=1), due_at=now() - timedelta(seconds=1)))
    db.session.commit()


def _book_while_killing(running) -> list[str]:
    codes, errors, over = [], [], threading.Event()

    def citizen(number: int) -> None:
        try:
            client = LiveClient(running.address)
            sign_in(client, f"citizen{number}@officine.example")
            for booking in range(BOOKINGS):
                codes.append(book(client, weekday_in(5 + 7 * (number * BOOKINGS + booking)), booking))
        except BaseException as error:
            errors.append(error)

    def killer() -> None:
        while not over.wait(1.0):
            running.kill_a_web_process()
            if time.monotonic() % 6 < 2:
                running.kill_the_worker()

    threads = [threading.Thread(target=citizen, args=(number,)) for number in range(CITIZENS)]
    killing = threading.Thread(target=killer)
    for thread in (*threads, killing):
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    killing.join()
    assert errors == []
    return codes


def _all_is_whole(codes: list[str]) -> None:
    """Each acknowledged booking stands with its history, its place, its notice and its line in the log; and no others."""
    bookings = db.session.scalars(sa.select(Booking).where(Booking.submitted_at.is_not(None))).all()
    assert sorted(booking.code for booking in bookings) == sorted(codes)
    for booking in bookings:
        assert booking.state == "approved" and booking.changes[-1].after == "approved"
        assert db.session.scalar(_count(Allocation).where(Allocation.occurrence_id == booking.occurrence.id)) == 1
    entries = db.session.scalars(sa.select(LogEntry.session).where(LogEntry.type == "space.booked")).all()
    assert sorted(entries) == sorted(codes)
    told = [notice.payload["code"] for notice in db.session.scalars(sa.select(Notice).filter_by(kind="booking/confirmed"))]
    assert sorted(told) == sorted(codes)
    assert set(audit().values()) == {0}


def _all_was_mailed(folder: Path, codes: list[str]) -> None:
    """Every booking's mail went out; one that went out twice, because its worker died, has the same Message-ID."""
    mails = [
        mail for mail in Maildir(folder) if "Prenotazione confermata" in str(mail["Subject"]) or "confermata" in mail.as_string()
    ]
    by_id = {mail["Message-ID"] for mail in mails}
    assert len(by_id) == len(codes)


def _count(model) -> sa.Select:
    return sa.select(sa.func.count()).select_from(model)


TABLES = (Booking, BookingChange, Occurrence, Allocation, Notice, LogEntry)


@pytest.mark.parametrize("table", [model.__tablename__ for model in TABLES] + ["sending"])
def test_whichever_statement_fails_nothing_is_stored_and_the_same_form_works_afterwards(app, table):
    with app.app_context():
        fill()
    app.testing = False
    client = app.test_client()
    sign_in(client, "citizen0@officine.example")
    choice = client.page(f"/spazi/sala-riunioni/prenota?giorno={weekday_in(5).isoformat()}&durata=60&persone=4")
    first, values = choice.form("prenota"), {"starts": first_time(choice)}
    if table in ("booking", "occurrence", "allocation"):
        _fails_then_works(app, table, first, values, "Passo 2 di 4")
        return
    summary = first.submit(**values).form().submit(title="Prova", purpose="work", details="").form().submit(phone="")
    _fails_then_works(app, table, summary.form(), {"terms": "y"}, "Prenotazione confermata")


def _fails_then_works(app, table: str, form, values: dict, words: str) -> None:
    before = _contents(app)
    _break(app, table)
    broken = form.submit(**values)
    assert broken.status in (500, 503) and "Non è stato salvato nulla" in broken.text
    assert _contents(app) == before
    _mend(app, table)
    assert words in form.submit(**values).text


def _contents(app) -> dict[str, int]:
    with app.app_context():
        return {model.__tablename__: db.session.scalar(_count(model)) for model in TABLES}


def _break(app, table: str) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            statement = f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END"
        else:
            statement = (
                "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;"
                f" CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION broken()"
            )
        db.session.execute(sa.text(statement))
        db.session.commit()


def _mend(app, table: str) -> None:
    with app.app_context():
        sqlite = db.engine.dialect.name == "sqlite"
        db.session.execute(sa.text("DROP TRIGGER broken" + ("" if sqlite else f" ON {table}")))
        db.session.commit()


def test_a_locked_database_is_said_in_words_and_reading_goes_on(app, database_url, monkeypatch):
    monkeypatch.setattr("hub.db.BUSY_SECONDS", 0.5)
    with app.app_context():
        fill()
    client = app.test_client()
    sign_in(client, "citizen0@officine.example")
    choice = client.page(f"/spazi/sala-riunioni/prenota?giorno={weekday_in(5).isoformat()}&durata=60&persone=4")
    with _held(app, database_url):
        locked = choice.form("prenota").submit(starts=first_time(choice))
        assert locked.status == 503 and int(locked.response.headers["Retry-After"]) > 0
        assert "troppe richieste" in locked.text and "Non è stato salvato nulla" in locked.text
        assert client.page("/spazi").status == 200
    assert "Passo 2 di 4" in choice.form("prenota").submit(starts=first_time(choice)).text


def _held(app, database_url: str):
    """Somebody else writes and does not finish."""
    if database_url.startswith("sqlite"):
        connection = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        return _closing(connection)
    connection = psycopg.connect(database_url)
    connection.execute("SELECT id FROM space ORDER BY id FOR UPDATE")
    return _closing(connection)


class _closing:
    def __init__(self, connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_) -> None:
        self.connection.rollback()
        self.connection.close()


def test_a_database_out_of_reach_is_said_in_words():
    app = create_app(environment("postgresql://nobody@127.0.0.1:9/none"))
    client = app.test_client()
    for path in ("/spazi", "/", "/spazi/aula-1"):
        answer = client.get(path)
        assert answer.status_code == 503 and answer.headers["Retry-After"]
        assert Page(client, answer).text.count("Servizio non disponibile per il momento")
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_the_portal_says_when_it_is_ready(app, client):
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json
    with app.app_context():
        db.session.execute(sa.text("DROP INDEX one_of_manager_evaluator"))
        db.session.commit()
    answer = client.get("/readyz")
    assert answer.status_code == 503 and answer.json["guarantees"] is False
