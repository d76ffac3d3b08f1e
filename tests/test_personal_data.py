"""A person's data: told whole, seen by whom, and erased so that nothing in the database names them any more."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub import create_app, demo
from hub.accounts import personal_data, roles, service
from hub.accounts.data_views import opened
from hub.accounts.demo import load_people
from hub.accounts.models import Identity, Person
from hub.booking import service as booking
from hub.clock import now
from hub.db import db
from hub.notices.service import notice, purge_private
from hub.participation import seal
from hub.participation.models import LogEntry, Pseudonym
from hub.refusal import Refusal
from hub.spaces.models import Layout, Space
from tests.databases import environment
from tests.hub.accounts.people import PASSWORD, enter, person
from tests.hub.booking.conftest import ask, free_slot

CANARIES = ("canarino", "gialloverde", "0832 777777", "RSSMRA80A01H501U")


@pytest.fixture
def canary(app, session) -> Person:
    """Somebody who has left traces in every drawer: bookings at every stage, a draft, mails, an identity, a look."""
    demo.load_spaces()
    manager = load_people()["manager"]
    row = person("canarino@posta.example")
    row.given_name, row.family_name, row.phone, row.birth_date = "Canarino", "Gialloverde", "0832 777777", now().date()
    session.add(Identity(person_id=row.id, fiscal_code="RSSMRA80A01H501U", level=2, identified_at=now()))
    layout = session.scalars(sa.select(Layout).join(Layout.space).where(Space.slug == "sala-riunioni")).first()
    sent = ask(layout, free_slot(layout), row, title="Prova dei traslochi")
    sent.phone, sent.details = "0832 777777", "Chiedere di Canarino"
    booking.cancel(sent, "", by=row)
    draft = booking.draft(layout, free_slot(layout, days=12), 3, by=row)
    booking.describe(draft, title="Bozza di Canarino", purpose="meeting", details="Gialloverde")
    opened(row, "booking", sent.code, by=manager)
    notice("accounts/already_registered", to=row, link="/entra")
    service.open_sign_in(row, hours=12, user_agent="Firefox")
    session.commit()
    return row


def drawers(app):
    return app.extensions["personal_data"]


def traces(session) -> list[str]:
    """The tables in which a canary still sings."""
    found = []
    for table in db.metadata.sorted_tables:
        for row in session.execute(sa.select(table)):
            text = json.dumps([str(cell) for cell in row]).lower()
            found += [f"{table.name}: {word}" for word in CANARIES if word.lower() in text]
    return found


def test_the_copy_holds_what_every_drawer_keeps(app, session, canary):
    told = personal_data.told(canary, drawers(app))
    text = json.dumps(told, ensure_ascii=False)
    assert [drawer.name for drawer in drawers(app)] == [name for name in told if name != "exported_at"]
    for word in ("canarino@posta.example", "Gialloverde", "0832 777777", "RSSMRA80A01H501U", "Prova dei traslochi", "Bozza di"):
        assert word in text
    assert [act["type"] for act in told["participation"]["acts"]] == ["space.booked", "space.cancelled"]
    assert [view["viewer"] for view in told["views"]] == ["Gino Esempio (demo)"]


def test_the_copy_holds_no_secret_and_nothing_of_another_person(app, session, canary):
    other = person("vicina@posta.example")
    notice("accounts/already_registered", to=other, link="/segreto-di-vicina")
    session.commit()
    text = json.dumps(personal_data.told(canary, drawers(app)))
    assert "vicina" not in text
    assert "argon2" not in text and "token" not in text


def test_erasing_leaves_no_trace_of_the_person_but_the_last_mail(app, session, canary):
    assert len({trace.split(":")[0] for trace in traces(session)}) >= 4  # the control: before, the canary sings
    personal_data.erase(canary, drawers(app))
    session.commit()
    assert {trace.split(":")[0] for trace in traces(session)} == {"notice"}
    session.execute(sa.text("UPDATE notice SET sent_at = created_at"))
    purge_private(now() + timedelta(days=31))
    session.commit()
    assert traces(session) == []


def test_erasing_removes_the_link_and_not_the_line(app, session, canary):
    before = session.execute(sa.select(LogEntry.event_id, LogEntry.person)).all()
    assert session.get(Pseudonym, canary.subject)
    personal_data.erase(canary, drawers(app))
    session.commit()
    assert session.execute(sa.select(LogEntry.event_id, LogEntry.person)).all() == before
    assert session.get(Pseudonym, canary.subject) is None
    assert seal.seal_log() == len(before)


def test_whoever_was_erased_cannot_come_back_with_the_old_password(app, session, client, canary):
    personal_data.erase(canary, drawers(app))
    session.commit()
    assert enter(client, "canarino@posta.example").status == 422
    assert service.person_with("canarino@posta.example") is None
    assert person("canarino@posta.example").id != canary.id  # the address is free again, for a new account


def test_nobody_is_erased_while_a_booking_is_to_come(app, session, canary):
    layout = session.scalars(sa.select(Layout).join(Layout.space).where(Space.slug == "aula-1")).first()
    ask(layout, free_slot(layout), canary)
    session.commit()
    with pytest.raises(Refusal, match="prima ritirale o annullale"):
        personal_data.erase(canary, drawers(app))
    session.rollback()
    assert session.get(Person, canary.id).email == "canarino@posta.example"


def test_nobody_is_erased_while_they_work_here(app, session, canary):
    roles.grant_role(canary, "manager")
    session.commit()
    with pytest.raises(Refusal, match="un ruolo nel personale"):
        personal_data.erase(canary, drawers(app))


def test_the_person_erases_themselves_on_the_page_and_is_out(app, client):
    with app.app_context():
        person()
    enter(client)
    page = client.page("/area-personale/i-miei-dati/cancella")
    assert "Che cosa si cancella e che cosa resta" in page.text
    wrong = page.form().submit(password="un'altra password", sure="y")
    assert (wrong.status, "La password non è giusta" in wrong.text) == (422, True)
    unsure = wrong.form().submit(password=PASSWORD, sure=None)
    assert "devi spuntare la casella" in unsure.text
    gone = unsure.form().submit(password=PASSWORD, sure="y")
    assert (gone.path, gone.status) == ("/", 200)
    assert "I tuoi dati sono cancellati" in gone.text
    assert client.get("/area-personale").status_code == 303


def test_the_copy_is_a_file_to_take_away(app, client):
    with app.app_context():
        person()
    enter(client)
    answer = client.get("/area-personale/i-miei-dati/copia.json")
    assert answer.json["account"]["email"] == "rosa@posta.example"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="i-miei-dati.json"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_person_reads_who_opened_their_booking(app, client):
    with app.app_context():
        demo.load_spaces()
        load_people()
        rosa = person()
        layout = db.session.scalars(sa.select(Layout).join(Layout.space).where(Space.slug == "aula-1")).first()
        code = ask(layout, free_slot(layout), rosa).code
        db.session.commit()
    enter(client)
    assert "Nessuno del personale ha aperto" in client.page("/area-personale/i-miei-dati/accessi").text
    manager = app.test_client()
    enter(manager, "gestore@officine.example", "officina-di-prova")
    assert manager.get(f"/gestione/richieste/{code}").status_code == 200
    seen = client.page("/area-personale/i-miei-dati/accessi").text
    assert "Gino Esempio (demo)" in seen and f"La tua prenotazione {code}" in seen


def test_the_register_of_looks_is_never_altered(session, canary):
    for statement in ("UPDATE data_view SET what = 'x'", "DELETE FROM data_view"):
        with pytest.raises(sa.exc.DBAPIError, match="data_view_kept"):
            session.execute(sa.text(statement))
        session.rollback()


def test_an_erasure_that_breaks_half_way_changes_nothing(app, session, canary):
    class Broken(Exception):
        pass

    def fail(_person):
        raise Broken

    broken = personal_data.Drawer("broken", "", lambda person: None, fail)
    before = traces(session)
    with pytest.raises(Broken):
        personal_data.erase(canary, [*drawers(app)[1:], broken, drawers(app)[0]][::-1])
    session.rollback()
    assert traces(session) == before


def test_every_portal_hangs_its_own_drawers(sqlite):
    with sqlite.fresh() as url:
        assert len(drawers(create_app(environment(url)))) == len(drawers(create_app(environment(url))))
