"""Eight processes at once on both engines: nobody has more proposals than a process takes, and no tab writes over another."""

from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from hub import create_app
from hub.db import db
from hub.proposals import drafts
from hub.proposals.models import Proposal
from hub.proposals.process_models import Process
from tests.databases import ENGINES, environment
from tests.hub.labs.makers import person
from tests.hub.proposals import draft_races as races
from tests.hub.proposals.draft_races import ROUNDS
from tests.hub.proposals.makers import by, process
from tests.races import CONTESTANTS, Racers, racing


@pytest.fixture(scope="module", params=ENGINES)
def track(request) -> Iterator[Racers]:
    """The drafts of each round, all of one author."""
    with request.getfixturevalue(request.param).fresh() as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(drafts, "MOST_DRAFTS", 1000)
        app = create_app(environment(url))
        with app.app_context():
            ada = person("ada")
            for number in range(ROUNDS):
                for name, count in (("gara", CONTESTANTS), ("controllo", CONTESTANTS), ("schede", 1)):
                    found = process(f"{name}-{number}", proposals_most=1)
                    for _ in range(count):
                        drafts.begin(found, by=by(ada))
            with racing(url) as racers:
                yield racers


@pytest.fixture(autouse=True)
def fresh(track) -> Iterator[None]:
    yield
    db.session.rollback()
    db.session.remove()


def published(slug: str) -> int:
    mine = sa.select(sa.func.count()).select_from(Proposal).join(Process).where(Process.slug == slug)
    return db.session.scalar(mine.where(Proposal.published_at.is_not(None)))


def test_one_of_eight_drafts_is_published_where_one_is_allowed(track):
    ends = track.run(races.publish, ROUNDS)
    assert ends == [Counter({"won": 1, "refused: proposals-most": CONTESTANTS - 1})] * ROUNDS
    assert [published(f"gara-{number}") for number in range(ROUNDS)] == [1] * ROUNDS


def test_one_of_eight_tabs_keeps_its_words_and_the_others_are_told(track):
    ends = track.run(races.keep, ROUNDS)
    assert ends == [Counter({"won": 1, "refused: seen": CONTESTANTS - 1})] * ROUNDS


def test_the_control_with_a_look_first_too_many_are_published(track):
    track.run(races.publish_by_a_look_first, ROUNDS)
    assert max(published(f"controllo-{number}") for number in range(ROUNDS)) > 1
