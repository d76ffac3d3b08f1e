"""Eight processes at once on both engines: nobody counts twice, nor beyond their limit, nor after the end; and with the guards
off, the fault."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub import create_app
from hub.clock import now
from hub.db import db
from hub.participation.models import LogEntry
from hub.proposals.debate_models import Support, Vote
from hub.proposals.models import Proposal
from tests.databases import ENGINES, environment
from tests.hub.labs.makers import person
from tests.hub.proposals import races
from tests.hub.proposals.makers import DAY, process, proposal
from tests.hub.proposals.races import MOST
from tests.races import CONTESTANTS, Racers, racing

ROUNDS, FEW = 12, 6
CONTROLS = 2


@pytest.fixture(scope="module", params=ENGINES)
def track(request) -> Iterator[Racers]:
    """A portal with eight people, and the processes that race on its database."""
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            for number in range(CONTESTANTS):
                person(f"racer{number}")
            person("autrice")
            with racing(url) as racers:
                yield racers


@pytest.fixture(autouse=True)
def fresh(track) -> Iterator[None]:
    yield
    db.session.rollback()
    db.session.remove()


def ideas(name: str, rounds: int, count: int = 1, **terms: object) -> list[list[Proposal]]:
    """For each round a process of its own, whose phase has these terms, with so many proposals."""
    author = db.session.scalars(sa.select(races.Person).filter_by(email="autrice@posta.example")).one()
    made = []
    for number in range(rounds):
        found = process(f"{name}-{number}", {"supports": True, "votes": True} | terms)
        made.append([proposal(found, author) for _ in range(count)])
    db.session.commit()
    return made


def supports(of: list[Proposal]) -> list[Support]:
    """The live supports of the proposals of a round."""
    db.session.expire_all()
    theirs = sa.select(Support).where(Support.proposal_id.in_([one.id for one in of]), Support.revoked_at.is_(None))
    return list(db.session.scalars(theirs.order_by(Support.slot, Support.id)))


def logged(of: list[Proposal]) -> int:
    """How many supports of a round the log has that no later row voids."""
    theirs = sa.select(LogEntry.event_id).where(LogEntry.activity.in_([one.code for one in of]))
    voids = sa.select(LogEntry.ref).where(LogEntry.type == "event.voided", LogEntry.ref.is_not(None))
    return db.session.scalar(sa.select(sa.func.count()).where(LogEntry.event_id.in_(theirs), LogEntry.event_id.not_in(voids)))


def test_a_person_who_supports_from_eight_windows_is_counted_once(track):
    made = ideas("stessa", ROUNDS)
    ends = track.run(races.same, ROUNDS)
    assert all(end == {"won": 1, "refused: twice": CONTESTANTS - 1} for end in ends), ends
    assert all(len(supports(of)) == logged(of) == 1 for of in made)


def test_a_person_has_as_many_supports_as_the_phase_gives_whatever_they_do_at_once(track):
    made = ideas("molte", ROUNDS, CONTESTANTS, supports_most=MOST)
    ends = track.run(races.many, ROUNDS)
    assert all(end == {"won": MOST, "refused: limit": CONTESTANTS - MOST} for end in ends), ends
    assert all([one.slot for one in supports(of)] == [1, 2, 3] and logged(of) == MOST for of in made)


def test_who_takes_back_and_gives_at_once_never_has_more(track):
    made = ideas("cambio", FEW, CONTESTANTS, supports_most=2)
    ends = track.run(races.swap, FEW)
    assert not [words for end in ends for words in end if "error" in words], ends
    for of in made:
        slots = [one.slot for one in supports(of)]
        assert len(set(slots)) == len(slots) == logged(of) and set(slots) <= {1, 2}


def test_a_person_who_votes_from_eight_windows_has_one_vote(track):
    made = ideas("voto", FEW)
    ends = track.run(races.choose, FEW)
    assert all(end == {"voted": CONTESTANTS} for end in ends), ends
    for (idea,) in made:
        live = sa.select(sa.func.count()).select_from(Vote).where(Vote.proposal_id == idea.id, Vote.replaced_at.is_(None))
        assert db.session.scalar(live) == 1


def closing(name: str, rounds: int) -> list[list[Proposal]]:
    """Processes whose phase closes in an hour."""
    return ideas(name, rounds, opens_at=now() - DAY, closes_at=now() + timedelta(hours=1))


def test_a_support_at_the_last_instant_is_in_time_or_is_not_there(track):
    made = closing("chiude", FEW)
    ends, seen = track.run(races.last_instant, FEW), Counter()
    for of, end in zip(made, ends, strict=True):
        assert set(end) <= {"won", "refused: supports"} and sum(end.values()) == CONTESTANTS, end
        assert len(supports(of)) == end["won"]
        assert all(one.at < of[0].process.phases[0].closes_at for one in supports(of))
        seen += end
    assert seen["won"] >= FEW and seen["refused: supports"] >= FEW  # the first has time, the last has none


# --- the controls


def test_without_the_look_the_database_still_refuses(track):
    made = ideas("stessa-senza", CONTROLS), ideas("molte-senza", CONTROLS, CONTESTANTS, supports_most=MOST)
    for race in (races.same_by_a_look_first, races.many_by_a_count_first):
        ends = track.run(race, CONTROLS)
        assert any(words.startswith("error: IntegrityError") for end in ends for words in end), ends
    late = closing("chiude-senza", CONTROLS)
    ends = track.run(races.last_instant_by_a_look_first, CONTROLS)
    assert all(words.startswith("error: IntegrityError") and "support_while_open" in words for end in ends for words in end), ends
    assert all(len(supports(of)) == 1 for of in made[0]) and not any(supports(of) for of in late)


def test_with_the_guards_off_each_of_these_goes_wrong(track):
    """It is the database that keeps the promises."""
    races.drop_the_guards()
    db.session.execute(sa.update(Support).values(revoked_at=Support.at))  # the rounds of the test before begin anew
    db.session.commit()
    made = [races.proposals(slug) for slug in ("stessa-senza-0", "molte-senza-0", "chiude-senza-0")]
    track.run(races.same_by_a_look_first, 1)
    track.run(races.many_by_a_count_first, 1)
    track.run(races.last_instant_by_a_look_first, 1)
    assert len(supports(made[0])) > 1
    assert len(supports(made[1])) > MOST
    assert any(one.at >= one.phase.closes_at for one in supports(made[2]))
    (polled,) = ideas("voto-senza", 1)
    track.run(races.choose_by_a_look_first, 1)
    live = sa.select(sa.func.count()).select_from(Vote).where(Vote.proposal_id == polled[0].id, Vote.replaced_at.is_(None))
    assert db.session.scalar(live) > 1
