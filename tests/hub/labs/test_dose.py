"""How much of an activity somebody was there for: exact minutes, in a fixed number of statements."""

import pytest

from hub.clock import now
from hub.labs.dose import Dose, dose, doses, doses_in, reaches
from tests.hub.labs.attended import came, correct, mark, over, statements
from tests.hub.labs.makers import DAY, adult, meet

SHARES = [
    ("exactly three quarters", (90, 120), 75, True),
    ("a minute less", (89, 120), 75, False),
    ("74.99 hundredths, which a rounding would let pass", (7499, 10000), 75, False),
    ("all of it", (1, 1), 100, True),
    ("nothing was held", (0, 0), 1, False),
    ("a third, which no decimal fraction says exactly", (40, 120), 34, False),
]


@pytest.mark.parametrize(("case", "minutes", "percent", "reached"), SHARES, ids=[case[0] for case in SHARES])
def test_a_share_is_compared_without_rounding(case, minutes, percent, reached):
    assert reaches(Dose(*minutes, 1, 1), percent) is reached


def test_minutes_of_presence_count_out_of_those_that_were_held(session):
    robot = over("robot", 120, 90, 60)
    planned = meet(robot, now() + DAY)
    whole, some = came(robot, adult("ada"), 120, 90, 60), came(robot, adult("ugo"), 0, 45)
    none = came(robot, adult("eva"))
    assert planned.state == "planned"
    assert doses(robot) == {
        whole.id: Dose(270, 270, 3, 3),
        some.id: Dose(45, 270, 1, 3),
        none.id: Dose(0, 270, 0, 3),
    }
    assert dose(some) == Dose(45, 270, 1, 3)


def test_what_was_voided_or_was_not_held_does_not_count(session):
    robot = over("robot", 120, 90)
    ada = came(robot, adult("ada"), 120, 90)
    correct(ada, robot.sessions[0], 30)
    off = robot.sessions[1]
    off.state, off.minutes, off.reason = "not_held", None, "Sciopero"
    session.flush()
    assert dose(ada) == Dose(30, 120, 1, 1)


def test_nobody_was_there_for_longer_than_the_session(session):
    robot = over("robot", 60)
    ada = came(robot, adult("ada"), 200)
    assert dose(ada) == Dose(60, 60, 1, 1)


def test_an_activity_without_sessions_held_has_nothing_to_share(session):
    robot = over("robot", 60)
    robot.sessions[0].state, robot.sessions[0].minutes = "planned", None
    ada = came(robot, adult("ada"))
    mark(ada, robot.sessions[0], 60)
    assert dose(ada) == Dose(0, 0, 0, 0)


def test_however_many_there_are_it_takes_two_statements(session):
    robot, orto = over("robot", 60, 60), over("orto", 45)
    for number in range(5):
        came(robot, adult(f"a{number}"), 60, 30)
        came(orto, adult(f"b{number}"), 45)
    with statements() as asked:
        found = doses_in([robot.id, orto.id])
    assert len(asked) == 2
    assert sorted(found.values()) == [Dose(45, 45, 1, 1)] * 5 + [Dose(90, 120, 2, 2)] * 5
