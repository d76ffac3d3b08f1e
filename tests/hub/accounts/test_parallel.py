"""Eight processes at once on both engines: limits are exact, a code opens once, an address has one owner, somebody is left."""

import pytest
import sqlalchemy as sa

from hub import create_app
from hub.accounts import roles, second_factor, throttle
from hub.accounts.models import Person, RoleChange, SecondFactor
from hub.clock import now
from hub.db import db
from hub.sealing import seal
from tests import races
from tests.databases import ENGINES, environment
from tests.races import CONTESTANTS, SECRET, racing

ROUNDS = 12


@pytest.fixture(scope="module", params=ENGINES)
def track(request):
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            for number in range(CONTESTANTS):
                _person(f"racer{number}@officine.example", f"Racer {number}")
            for number in range(ROUNDS):
                _with_codes(_person(f"code{number}@officine.example", "Codice"))
            for number in range(2):
                _person(f"chief{number}@officine.example", "Capo")
            with racing(url) as racers:
                yield racers


def _person(email: str, name: str) -> Person:
    row = Person(email=email, given_name=name, family_name="Gara", language="it", confirmed_at=now(), created_at=now())
    db.session.add(row)
    db.session.flush()
    return row


def _with_codes(row: Person) -> None:
    sealed = seal(SECRET, f"second factor of person:{row.id}")
    db.session.add(SecondFactor(person_id=row.id, secret=sealed, created_at=now(), confirmed_at=now()))
    row.phone = second_factor.new_codes(row)[0]


@pytest.fixture(autouse=True)
def empty(track):
    db.session.rollback()
    yield
    db.session.rollback()


def no_errors(ends) -> list[str]:
    return [word for end in ends for word in end if word.startswith("error")]


def let_through(end) -> int:
    return sum(int(word.removeprefix("passed ")) * times for word, times in end.items())


def test_of_many_tries_at_once_exactly_as_many_as_the_limit_are_let_through(track):
    ends = track.run(races.guess, ROUNDS)
    assert no_errors(ends) == []
    assert [let_through(end) for end in ends] == [throttle.SIGN_IN_ACCOUNT.times] * ROUNDS


def test_a_count_that_is_read_first_lets_more_through(track):
    """The negative control."""
    ends = track.run(races.guess_by_a_count_read_first, ROUNDS)
    assert max(let_through(end) for end in ends if not no_errors([end])) > throttle.SIGN_IN_ACCOUNT.times


def test_a_code_opens_for_one(track):
    ends = track.run(races.code, ROUNDS)
    assert no_errors(ends) == []
    assert ends == [{"won": 1, "refused: code-right": CONTESTANTS - 1}] * ROUNDS


def test_a_step_that_is_read_first_opens_for_several(track):
    """The negative control; a fault that needs a moment to happen is looked for more than once."""
    most = 0
    for _ in range(5):
        db.session.execute(sa.update(SecondFactor).values(last_step=0))
        db.session.commit()
        most = max(most, *(end["won"] for end in track.run(races.code_by_a_step_read_first, ROUNDS)))
        if most > 1:
            break
    assert most > 1


def test_a_code_on_paper_opens_for_one(track):
    ends = track.run(races.paper, ROUNDS)
    assert no_errors(ends) == []
    assert ends == [{"won": 1, "refused: code-right": CONTESTANTS - 1}] * ROUNDS


def test_an_address_goes_to_one(track):
    ends = track.run(races.move, ROUNDS)
    assert no_errors(ends) == []
    assert [end["won"] for end in ends] == [1] * ROUNDS
    assert all(set(end) <= {"won", "half", "refused: address-taken"} for end in ends), ends


def test_of_two_administrators_who_depose_each_other_one_stays(track):
    chiefs = db.session.scalars(sa.select(Person).where(Person.email.like("chief%"))).all()
    for number in range(ROUNDS):
        for chief in chiefs:
            roles.grant_role(chief, "administrator")
        db.session.commit()
        (end,) = track.run(races.depose, 1)
        assert no_errors([end]) == [], number
        db.session.rollback()
        assert len(roles.staff()) == 1
    taken = db.session.scalars(sa.select(RoleChange).filter_by(given=False)).all()
    assert len(taken) == ROUNDS
