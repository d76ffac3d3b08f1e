"""Rules as data: what a manager may write, which rule holds, and that none is ever rewritten."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import DBAPIError

from hub import demo
from hub.accounts.demo import load_people
from hub.refusal import Refusal
from hub.spaces import regulations, service
from hub.spaces.models import RULE_KINDS, Rule
from hub.spaces.sentences import SENTENCES, regulation
from hub.spaces.terms import Demand, in_force, must_make_sense

TODAY = date(2027, 3, 1)
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def a_monday():
    with time_machine.travel("2027-03-01T08:00:00Z", tick=True):
        yield


@pytest.fixture
def hub(session):
    return demo.load_spaces()


@pytest.fixture
def manager(session):
    people = load_people()
    session.flush()
    return people["manager"]


def write(manager, kind, space=None, audience=None, *, first=TODAY, last=None, **params) -> Rule:
    asked = {"space": space, "audience": audience, "params": params, "valid_from": first, "valid_to": last}
    return regulations.begin(regulations.wanted(kind, **asked), by=manager)


def notice(space, day=TODAY, audience=None) -> int:
    return service.house().terms(space, day, audience).notice_hours


@pytest.mark.parametrize(
    ("kind", "params", "fields"),
    [
        ("notice", {"hours": -1}, ["hours"]),
        ("horizon", {"days": 0}, ["days"]),
        ("length", {"min": 120, "max": 60}, ["max"]),
        ("length", {"min": 0, "max": 5000}, ["min", "max"]),
        ("grid", {"minutes": 7}, ["minutes"]),
        ("grid", {"minutes": 0}, ["minutes", "minutes"]),
        ("approval", {"by": "automatic", "people": 0}, ["people"]),
        ("cancel", {"hours": 24, "refunds": [[24, 101]]}, ["refunds"]),
        ("cancel", {"hours": 24, "refunds": [[48, 50], [24, 100]]}, ["refunds"]),
        ("cancel", {"hours": 24, "refunds": [[48, 50], [48, 20]]}, ["refunds"]),
        ("quota_hours", {"hours": 0, "period": "week", "per": "person"}, ["hours"]),
        ("prime_share", {"percent": 101, "period": "week", "weekdays": [1], "from": 1200, "to": 1080}, ["percent", "to"]),
        ("no_show", {"count": 0, "days": 1000}, ["count", "days"]),
        ("deposit", {"cents": -1}, ["cents"]),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(kind, params, fields):
    with pytest.raises(Refusal) as refused:
        must_make_sense(kind, params)
    assert [one.field for one in refused.value.all] == fields


def test_what_the_demo_demands_makes_sense_and_shows_every_kind():
    for _, kind, params in demo.RULES:
        must_make_sense(kind, params)
    assert {kind for _, kind, _ in demo.RULES} == set(RULE_KINDS) == set(SENTENCES)


def test_of_one_matter_the_most_particular_holds_and_of_counts_that_of_the_space_beside_the_hub_s():
    def quota(id, space, audience, hours, period="week"):
        return Demand(id, "quota_hours", space, audience, None, None, {"hours": hours, "period": period, "per": "person"})

    demands = [quota(1, None, None, 10), quota(2, 7, None, 4), quota(3, None, "ets", 20), quota(4, None, None, 30, "month")]

    def held(audience):
        return {one.id for one in in_force(demands, "quota_hours", 7, audience, TODAY)}

    assert (held("resident"), held("ets")) == ({1, 2, 4}, {2, 3, 4})
    first = [Demand(n, "residents_first", space, None, None, None, {"days": n}) for n, space in ((5, None), (6, 7))]
    assert [one.id for one in in_force(first, "residents_first", 7, "other", TODAY)] == [6]


def test_a_new_rule_ends_the_one_that_spoke_of_the_same_and_says_who_wrote_it(hub, manager, session):
    hall = hub["officina-grande"]
    old = session.scalars(sa.select(Rule).filter_by(space_id=hall.id, kind="notice")).one()
    new = write(manager, "notice", hall, hours=48)
    assert old.ended_at is not None and new.created_by_id == manager.id
    assert notice(hall) == 48
    line = next(line for line in regulations.lines(hall) if line.rule is new)
    assert line.author is manager and not line.is_over


def test_one_that_begins_later_leaves_the_days_before_to_the_old_one(hub, manager):
    hall = hub["officina-grande"]
    write(manager, "notice", hall, first=TODAY + WEEK, hours=48)
    assert [notice(hall, TODAY + timedelta(days=days)) for days in (0, 6, 7)] == [72, 72, 48]


def test_one_for_a_while_gives_the_old_one_back(hub, manager):
    hall = hub["officina-grande"]
    write(manager, "notice", hall, first=TODAY + WEEK, last=TODAY + 2 * WEEK, hours=120)
    assert [notice(hall, TODAY + n * WEEK) for n in range(4)] == [72, 120, 120, 72]


def test_one_for_an_audience_leaves_everybody_s(hub, manager):
    hall = hub["officina-grande"]
    write(manager, "notice", hall, "ets", hours=24)
    assert (notice(hall), notice(hall, audience="ets"), notice(hall, audience="other")) == (72, 24, 72)


def test_a_rule_of_yesterday_or_the_same_rule_twice_is_refused(hub, manager):
    hall = hub["officina-grande"]
    with pytest.raises(Refusal) as refused:
        write(manager, "notice", hall, first=TODAY - WEEK, last=TODAY - 2 * WEEK, hours=-1)
    assert [one.field for one in refused.value.all] == ["hours", "valid_from", "valid_to"]
    with pytest.raises(Refusal, match="c'è già"):
        write(manager, "notice", hall, hours=72)


def test_an_ended_rule_holds_no_longer_and_ends_once(hub, manager):
    hall = hub["officina-grande"]
    rule = write(manager, "notice", hall, hours=48)
    regulations.end(rule)
    assert notice(hall) == 24
    with pytest.raises(Refusal, match="già finita"):
        regulations.end(rule)


@pytest.mark.parametrize(
    "statement", ["UPDATE rule SET params = '{\"hours\": 1}' WHERE id = :id", "DELETE FROM rule WHERE id = :id"]
)
def test_the_database_keeps_a_rule_as_it_was_written(hub, manager, session, statement):
    rule = write(manager, "notice", hub["officina-grande"], hours=48)
    with pytest.raises(DBAPIError, match="rule_kept"):
        session.execute(sa.text(statement), {"id": rule.id})


def test_the_page_of_a_space_reads_every_rule_with_its_code_and_for_whom(hub, manager, session, app):
    room = hub["aula-1"]
    quota = write(manager, "quota_hours", room, "company", hours=8, period="week", per="organisation")
    session.commit()
    with app.test_request_context():
        said = regulation(service.house().demands, room.id, TODAY)
    assert [one.words for one in said if one.code == quota.code] == [
        "Ogni organizzazione può prenotare al massimo 8 ore ogni settimana, in questo spazio."
    ]
    assert [one.audience for one in said if one.code == quota.code] == ["company"]
    assert [one.words for one in said if one.kind == "notice"] == ["Si prenota almeno 24 ore prima dell'inizio."]
    with app.test_request_context():
        court = regulation(service.house().demands, hub["corte-urbana"].id, TODAY)
    (cancel,) = (one.words for one in court if one.kind == "cancel")
    assert cancel.endswith("riceve il 100% fino a 7 giorni prima, il 50% fino a 72 ore prima.")
