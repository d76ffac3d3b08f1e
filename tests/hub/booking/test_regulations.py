"""The desk for the rules: its pages, and what a rule would have said to the bookings that are confirmed."""

from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.booking import decision, effects
from hub.clock import ROME
from hub.db import db
from hub.spaces.models import RULE_KINDS, Rule
from hub.spaces.rules import Slot
from hub.spaces.terms import Demand
from tests.hub.booking.conftest import ask
from tests.hub.booking.test_organisation import acting, organisation

MANAGER = "gestore@officine.example"
MONDAY = date(2027, 3, 8)


@pytest.fixture(autouse=True)
def a_week_before():
    with time_machine.travel("2027-03-01T08:00:00Z", tick=True):
        yield


def slot(day: date, hour: int, hours: int) -> Slot:
    starts = datetime.combine(day, time(hour), ROME)
    return Slot(starts, starts + timedelta(hours=hours))


@pytest.fixture
def confirmed(hub, people, session):
    """Two bookings of a person in one week, four hours each, and three of an organisation on its busy evenings."""
    session.commit()
    me = people["citizen"]
    alone, tram = acting(me, None), acting(me, organisation(me))
    bay = hub["campata-nord"]
    asked = [ask(bay.layouts[0], slot(MONDAY + timedelta(days=n), 9, 4), alone) for n in (0, 2)]
    asked += [ask(bay.layouts[0], slot(MONDAY + timedelta(days=n), 18, 4), tram) for n in (0, 1, 2)]
    for booking in asked:
        decision.approve(booking, by=people["manager"])
    ask(bay.layouts[0], slot(MONDAY, 14, 2), alone)  # waits, and is not counted
    session.commit()
    return bay


@pytest.mark.parametrize(
    ("kind", "params", "unmet"),
    [
        ("notice", {"hours": 24 * 8}, 2),
        ("horizon", {"days": 8}, 3),
        ("length", {"min": 30, "max": 180}, 5),
        ("grid", {"minutes": 60}, 0),
        ("association", {}, 2),
        ("residents_first", {"days": 3}, 0),
        ("quota_hours", {"hours": 4, "period": "week", "per": "person"}, 1),
        ("quota_hours", {"hours": 8, "period": "week", "per": "organisation"}, 1),
        ("quota_live", {"count": 1, "per": "organisation"}, 2),
        ("prime_share", {"percent": 40, "period": "week", "weekdays": list(range(5)), "from": 1080, "to": 1320}, 1),
        ("no_show", {"count": 1, "days": 90}, 0),
        ("deposit", {"cents": 100}, None),
        ("approval", {"by": "manager"}, None),
    ],
)
def test_a_rule_says_how_many_confirmed_bookings_would_not_pass_it(confirmed, kind, params, unmet):
    assert effects.unmet(Demand(None, kind, confirmed.id, None, MONDAY, None, params)) == unmet
    assert effects.unmet(Demand(None, kind, confirmed.id + 1, None, MONDAY, None, params)) in (0, None)


def test_a_manager_sees_what_a_rule_changes_before_writing_it_and_it_holds_from_then_on(confirmed, client):
    client.known_as(MANAGER)
    page = client.page("/gestione/regole/nuova?tipo=length&spazio=campata-nord")
    preview = page.form().submit(min="60", max="180")
    assert preview.status == 200 and "Si prenota da 1 ora a 3 ore." in preview.text
    assert "5 prenotazioni già confermate non la rispetterebbero: restano valide." in preview.text
    assert db.session.query(Rule).filter_by(kind="length", space_id=confirmed.id).count() == 0
    listed = preview.form().submit(("write", "1"))
    db.session.rollback()
    rule = db.session.scalars(sa.select(Rule).filter_by(kind="length", space_id=confirmed.id)).one()
    assert listed.path == "/gestione/regole" and f"{rule.code} Si prenota da 1 ora a 3 ore." in listed.text
    assert f"Si prenota da 1 ora a 3 ore. {rule.code}" in client.page("/spazi/campata-nord").text
    changed = client.page(f"/gestione/regole/nuova?da={rule.id}").form().submit(("write", "1"), max="240")
    assert "Regole finite (1)" in changed.text
    db.session.rollback()
    assert db.session.scalar(sa.select(Rule.ended_at).filter_by(id=rule.id)) is not None


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(hub, people, session, client):
    session.commit()
    client.known_as(MANAGER)
    form = client.page("/gestione/regole/nuova?tipo=cancel").form()
    refused = form.submit(("write", "1"), hours="6", percent_1="120", before_1="24", percent_2="50")
    assert refused.status == 422 and refused.form().values["percent_1"] == "120"
    assert "Scrivi la percentuale e le ore" in refused.text
    refused = refused.form().submit(("write", "1"), before_2="12")
    assert refused.status == 422 and "Un rimborso va da 0 a 100 per cento" in refused.text
    written = refused.form().submit(("write", "1"), percent_1="100")
    assert "riceve il 100% fino a 24 ore prima, il 50% fino a 12 ore prima" in written.text


@pytest.mark.parametrize("kind", RULE_KINDS)
def test_every_kind_has_a_form_that_says_what_is_missing(hub, people, session, client, kind):
    session.commit()
    client.known_as(MANAGER)
    page = client.page(f"/gestione/regole/nuova?tipo={kind}")
    sent = page.form().submit()
    assert sent.status == (200 if kind == "association" else 422)
    rule = session.scalars(sa.select(Rule).filter_by(kind=kind)).first()
    said = client.page(f"/gestione/regole/nuova?da={rule.id}").form().submit()
    assert said.status == 200 and "Che cosa cambia" in said.text


def test_a_rule_is_ended_by_a_button_and_once(hub, people, session, client):
    session.commit()
    client.known_as(MANAGER)
    listed = client.page("/gestione/regole?spazio=sala-riunioni")
    form = listed.form("/chiudi")
    assert "non vale più" in form.submit().text
    assert "già finita" in form.submit().text
    assert client.get("/gestione/regole?spazio=nessuno").status_code == 404
    assert client.get("/gestione/regole/nuova?da=99999999999").status_code == 404
    assert client.get("/gestione/regole/nuova?tipo=nessuno").status_code == 200
