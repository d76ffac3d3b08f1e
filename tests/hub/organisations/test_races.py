"""Eight processes at once on both engines: what is promised of organisations holds; and with the guard off, the fault."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub import create_app
from hub.accounts.demo import load_people
from hub.accounts.models import Person, RoleGrant, SignIn
from hub.accounts.service import digest
from hub.clock import now
from hub.db import db
from hub.organisations.models import Invitation, Membership, Organisation
from tests.databases import ENGINES, environment
from tests.hub.organisations import races
from tests.hub.organisations.conftest import GROWN_UP, SAID, somebody
from tests.hub.organisations.races import ROUNDS
from tests.races import CONTESTANTS, Racers, racing


@pytest.fixture(scope="module", params=ENGINES)
def track(request) -> Iterator[Racers]:
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            load_people()
            for name in ("founder", *(f"racer{n}" for n in range(CONTESTANTS)), *(f"adult{n}" for n in range(5))):
                somebody(name, GROWN_UP)
            with racing(url) as racers:
                yield racers


@pytest.fixture(autouse=True)
def fresh(track) -> Iterator[None]:
    yield
    db.session.rollback()


def who(name: str) -> int:
    return db.session.scalars(sa.select(Person.id).filter_by(email=f"{name}@posta.example")).one()


def club(name: str, *members: tuple[str, str], founder: str = "founder", **values: object) -> Organisation:
    """An organisation with these members (name, role), as it would stand after a while."""
    told = SAID | {"name": name, "tax_code": f"{db.session.scalar(sa.select(sa.func.count(Organisation.id))):011d}"} | values
    made = Organisation(**{"state": "pending", "created_at": now()} | told)
    db.session.add(made)
    db.session.flush()
    for member, role in ((founder, "legal_rep"), *members):
        db.session.add(Membership(organisation_id=made.id, person_id=who(member), role=role, since=now()))
    db.session.flush()
    return made


def invite(organisation: Organisation, token: str) -> None:
    asked = Invitation(organisation_id=organisation.id, email="x@posta.example", role="editor", token_hash=digest(token))
    asked.invited_by, asked.created_at, asked.expires_at = who("founder"), now(), now() + timedelta(days=1)
    db.session.add(asked)


def no_errors(ends) -> list[str]:
    return [word for end in ends for word in end if word.startswith("error")]


def judges_of_their_own() -> int:
    """How many evaluators belong to an implementer."""
    theirs = sa.select(sa.func.count()).select_from(RoleGrant).join(Membership, Membership.person_id == RoleGrant.person_id)
    theirs = theirs.join(Organisation, Organisation.id == Membership.organisation_id)
    return db.session.scalar(theirs.where(Organisation.is_implementer, RoleGrant.role == "evaluator"))


def prepare_apart(rounds: range) -> None:
    for number in rounds:
        somebody(f"judge{number}")
        invite(club(f"Apart {number}", state="verified"), f"link-{number}")
    db.session.commit()


def test_of_three_facts_that_do_not_go_together_one_is_missing(track):
    prepare_apart(range(ROUNDS))
    ends = track.run(races.apart, ROUNDS)
    assert no_errors(ends) == []
    facts = ("evaluator", "member", "implementer")
    assert all(sum(end[fact] > 0 for fact in facts) == 2 for end in ends), ends
    assert all(end["refused: evaluator-apart"] for end in ends), ends
    assert judges_of_their_own() == 0


def test_of_four_adults_who_leave_a_group_at_once_two_adults_stay(track):
    for number in range(ROUNDS):
        group = club(f"Group {number}", *((f"adult{n}", "member") for n in range(4)), kind="informal_group", tax_code=None)
        group.state = "verified"
    db.session.commit()
    ends = track.run(races.leave, ROUNDS)
    assert no_errors(ends) == []
    assert all((end["left"], end["refused: two-adults"]) == (3, 1) for end in ends), ends


def test_of_eight_who_open_one_link_one_joins(track):
    for number in range(ROUNDS):
        invite(club(f"Open {number}"), f"open-{number}")
    db.session.commit()
    ends = track.run(races.accept, ROUNDS)
    assert all(end == {"joined": 1, "refused: invitation": CONTESTANTS - 1} for end in ends), ends


def test_of_eight_who_come_to_stand_for_an_organisation_one_does(track):
    for number in range(ROUNDS):
        club(f"Club {number}", *((f"racer{n}", "member") for n in range(CONTESTANTS)), state="verified")
    db.session.commit()
    ends = track.run(races.hand_over, ROUNDS)
    assert all(end == {"handed over": 1, "refused: role": CONTESTANTS - 1} for end in ends), ends


def test_of_eight_organisations_with_one_code_one_is_verified(track):
    for number in range(ROUNDS):
        for contestant in range(CONTESTANTS):
            club(f"Twin {number} {contestant}", tax_code=f"9{number:010d}")
    db.session.commit()
    ends = track.run(races.verify, ROUNDS)
    assert all(end == {"verified": 1, "refused: code-taken": CONTESTANTS - 1} for end in ends), ends


def test_whoever_is_sent_away_acts_in_no_browser(track):
    for number in range(ROUNDS):
        somebody(f"editor{number}")
        club(f"Acts {number}", (f"editor{number}", "editor"), state="verified")
        for contestant in range(CONTESTANTS):
            row = SignIn(token_hash=f"browser-{number}-{contestant}", person_id=who(f"editor{number}"), created_at=now())
            row.expires_at = now() + timedelta(hours=1)
            db.session.add(row)
    db.session.commit()
    ends = track.run(races.act, ROUNDS)
    assert no_errors(ends) == []
    assert all(end["sent away"] == 1 for end in ends), ends
    assert db.session.scalar(sa.select(sa.func.count()).where(SignIn.acting_for.is_not(None))) == 0


def test_with_the_guards_off_an_evaluator_joins_what_they_judge(track):
    """The negative control: it is the database that keeps them apart."""
    races.drop_the_guards("evaluator_apart_")
    rounds = range(ROUNDS, ROUNDS + 3)
    prepare_apart(rounds)
    ends = track.run(races.apart_unguarded, 3)
    assert no_errors(ends) == []
    assert judges_of_their_own() == 3


def test_with_the_guards_off_a_group_is_left_with_one_adult(track):
    """The negative control: what members.leave looks at first is not enough without a lock, and the guard is."""
    races.drop_the_guards("two_adults_")
    for number in range(ROUNDS, ROUNDS + 5):
        group = club(f"Group {number}", *((f"adult{n}", "member") for n in range(4)), kind="informal_group", tax_code=None)
        group.state = "verified"
    db.session.commit()
    ends = track.run(races.leave_unguarded, 5)
    assert no_errors(ends) == []
    if db.session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time, with or without a guard
        assert any(end["left"] == 4 for end in ends), ends
