"""How many statements the register of 41 people and 60 sessions costs the database: the same as that of two and one."""

import pytest
import sqlalchemy as sa
from flask import Flask

from hub.accounts.service import open_sign_in
from hub.clock import now
from hub.db import db
from hub.labs.models import Attendance
from tests.bench.test_queries import counted, statements
from tests.client import CheckingClient
from tests.hub.labs.makers import DAY, meet
from tests.hub.labs.registers import course, works_in

MOST = 17  # who looked is noted, once an hour: three of them; where there is a place for each the pages of the staff ask most
PAGES = ("", "/1", "/1?tutti=si", "/presenze.csv", "/1/foglio.pdf", "/1/uscita", "/ore")


@pytest.fixture(params=[(2, 1), (41, 60)], ids=["2 x 1", "41 x 60"])
def register(app: Flask, client: CheckingClient, request: pytest.FixtureRequest) -> str:
    """The register of a course with so many people and sessions, all of it written; its trainer is signed in."""
    people, meetings = request.param
    with app.app_context():
        made, enrolled = course(*(f"kid{number}" for number in range(people)))
        first = made.sessions[0]
        met = [first, *(meet(made, first.starts_at - number * DAY) for number in range(1, meetings))]
        known = {"activity_id": made.id, "status": "present", "minutes": 120, "source": "list", "marked_at": now()}
        rows = [
            known | {"session_id": day.id, "enrolment_id": one.id, "event_id": f"{day.id}-{one.id}"}
            for day in met
            for one in enrolled
        ]
        db.session.execute(sa.insert(Attendance), rows)
        token = open_sign_in(works_in(made).person, hours=1)
        db.session.commit()
        client.set_cookie(app.config["SIGN_IN_COOKIE_NAME"], token)
    return "/registro/robot"


def test_a_register_asks_the_database_little_however_large_it_is(app, client, register):
    for page in PAGES:
        with statements(app) as seen:
            assert client.get(register + page).status_code == 200
        counted(f"register{page}", seen, MOST)
