"""What the database keeps of bookings and rules, whoever writes to it."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from hub.booking.models import Handover
from hub.clock import now
from hub.spaces import ledger
from hub.spaces.models import Rule
from tests.hub.booking.conftest import ask, free_slot


@pytest.fixture
def booking(hub, people, session):
    layout = hub["aula-1"].layouts[0]
    return ask(layout, free_slot(layout), people["citizen"])


def test_two_dates_of_a_series_never_stand_for_one(booking, session):
    booking.occurrence.recurrence_at = booking.slot.starts
    other = ledger.plan(booking.space, booking.layout, free_slot(booking.layout, days=20))
    other.recurrence_at = booking.slot.starts
    booking.occurrences.append(other)
    with pytest.raises(IntegrityError, match="recurrence"):
        session.flush()
    session.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rule SET params = '{\"hours\": 1}' WHERE kind = 'notice'",
        "UPDATE rule SET kind = 'horizon' WHERE kind = 'notice'",
        "UPDATE rule SET valid_to = NULL WHERE ended_at IS NOT NULL",
        "DELETE FROM rule",
    ],
)
def test_a_rule_that_somebody_was_told_of_is_never_rewritten(hub, session, statement):
    session.add(Rule(kind="cancel", params={"hours": 1}, created_at=now(), ended_at=now()))
    session.flush()
    with pytest.raises(DBAPIError, match="rule_kept"):
        session.execute(sa.text(statement))


@pytest.mark.parametrize("statement", ["UPDATE handover SET notes = ''", "DELETE FROM handover"])
def test_the_state_in_which_a_space_was_handed_over_is_never_rewritten(booking, people, session, statement):
    row = {"occurrence_id": booking.occurrence.id, "moment": "in", "checks": {"lights": True}, "at": now()}
    session.add(Handover(**row, by_id=people["manager"].id))
    session.flush()
    with pytest.raises(DBAPIError, match="handover_kept"):
        session.execute(sa.text(statement))
