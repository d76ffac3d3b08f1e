"""Eight processes at once on both engines: one answer holds, nobody merges what has one, nobody refuses what is being done."""

from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from hub import create_app
from hub.db import db
from hub.participation.models import LogEntry
from hub.proposals import answers
from hub.proposals.models import Proposal, ProposalLink
from hub.proposals.outcome_models import Answer, ResultSource
from tests.databases import ENGINES, environment
from tests.hub.labs.makers import person
from tests.hub.proposals import outcome_races as races
from tests.hub.proposals.makers import by, process, proposal
from tests.hub.proposals.outcome_races import ROUNDS
from tests.races import CONTESTANTS, Racers, racing


@pytest.fixture(scope="module", params=ENGINES)
def track(request) -> Iterator[Racers]:
    """The proposals of each round, and who manages."""
    with request.getfixturevalue(request.param).fresh() as url:
        app = create_app(environment(url))
        with app.app_context():
            found, ada, gina = process(), person("ada"), person("gina", role="manager")
            by(gina)
            for number in range(ROUNDS):
                for name in ("Gara", "Una", "Altra", "Senza guardia"):
                    proposal(found, ada, title=f"{name} {number}")
                accepted = proposal(found, ada, title=f"Accolta {number}")
                answers.answer(accepted, "accepted", "", by=gina)
            with racing(url) as racers:
                yield racers


@pytest.fixture(autouse=True)
def fresh(track) -> Iterator[None]:
    yield
    db.session.rollback()
    db.session.remove()


def named(title: str) -> Proposal:
    return db.session.scalars(sa.select(Proposal).filter_by(title=title)).one()


def live(of: Proposal) -> list[Answer]:
    return list(db.session.scalars(sa.select(Answer).filter_by(proposal_id=of.id, replaced_at=None)))


def test_one_of_eight_answers_holds_and_the_others_are_told_that_it_came(track):
    ends = track.run(races.answer, ROUNDS)
    assert ends == [Counter({"won": 1, "refused: answered-meanwhile": CONTESTANTS - 1})] * ROUNDS
    for number in range(ROUNDS):
        found = named(f"Gara {number}")
        assert len(live(found)) == 1 and found.state == "answered"
        acts = sa.select(sa.func.count()).select_from(LogEntry).filter_by(type="proposal.answered", activity=found.code)
        assert db.session.scalar(acts) == 1


def test_what_is_answered_is_not_merged_and_what_is_merged_is_not_answered(track):
    ends = track.run(races.answer_or_merge, ROUNDS)
    for number, end in enumerate(ends):
        one, other = named(f"Una {number}"), named(f"Altra {number}")
        links = db.session.scalars(sa.select(ProposalLink).filter_by(from_id=one.id)).all()
        if end["answered"]:
            half = CONTESTANTS // 2
            assert end == Counter({"answered": 1, "refused: answered-meanwhile": half - 1, "refused: answered": half})
            assert (one.state, other.state, links) == ("answered", "published", [])
        else:
            half = CONTESTANTS // 2
            assert end == Counter({"merged": 1, "refused: not-live": half - 1, "refused: closed": half})
            assert (one.state, other.state, len(links)) == ("merged", "merged", 1)
            assert live(one) == []


def test_what_is_being_done_is_not_refused_nor_what_is_refused_begun(track):
    ends = track.run(races.refuse_or_realise, ROUNDS)
    for number, end in enumerate(ends):
        found = named(f"Accolta {number}")
        linked = db.session.scalars(sa.select(ResultSource).filter_by(proposal_id=found.id)).all()
        (answer,) = live(found)
        assert bool(linked) == (answer.kind == "accepted") == bool(end["realised"])
        assert not [words for words in end if words.startswith("error")], end


def test_without_the_guard_the_same_race_leaves_two_answers(track):
    races.drop_the_guard()
    track.run(races.answer_by_a_look_first, ROUNDS)
    assert any(len(live(named(f"Senza guardia {number}"))) > 1 for number in range(ROUNDS))
