"""Eight workers at once: everybody hears of each piece of news once, and gets one digest."""

from collections import Counter

import pytest
import sqlalchemy as sa
import time_machine

from hub import create_app
from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.notices.models import Notice
from hub.proposals import following, telling
from hub.proposals.comments import LIMITS, comment
from hub.proposals.debate_models import ProposalComment
from hub.proposals.models import Proposal
from hub.proposals.news import tell
from hub.proposals.outcome_models import Digest, News
from hub.proposals.voices import themselves
from tests.databases import ENGINES, environment
from tests.hub.labs.makers import DAY, person
from tests.hub.proposals.makers import process, proposal
from tests.races import CONTESTANTS, racing

PEOPLE, PIECES = 30, 6


def at_once(_number: int, _contestant: int) -> str:
    telling.BATCH = 4
    telling.tell_followers()
    return "done"


def gathered(_number: int, _contestant: int) -> str:
    with time_machine.travel(now() + 2 * DAY, tick=False):
        telling.send_digests()
    return "done"


def say(number: int, contestant: int) -> str:
    """One person, who has one comment left in this hour, by eight windows."""
    garden = db.session.scalars(sa.select(Proposal)).first()
    bea = db.session.scalars(sa.select(Person).filter_by(email=f"bea{number}@posta.example")).one()
    db.session.rollback()
    comment(garden, f"Commento {contestant}", "for", by=themselves(bea))
    db.session.commit()
    return "won"


@pytest.fixture(params=ENGINES)
def track(request):
    with request.getfixturevalue(request.param).fresh() as url, create_app(environment(url)).app_context():
        garden = proposal(process(), person("ada"))
        for number in range(PEOPLE):
            one = person(f"p{number}")
            following.follow(garden, by=one)
            if number % 2:
                following.choose("day", by=one)
        with racing(url) as racers:
            yield racers, garden


def told(kind: str) -> Counter:
    """How often each piece of news was told to whom."""
    rows = db.session.execute(sa.select(Notice.subject, Notice.payload).filter_by(kind=f"proposals/{kind}"))
    pieces = ((whose, payload.get("items") or [payload]) for whose, payload in rows)
    return Counter((whose, item["data"]["number"]) for whose, items in pieces for item in items)


def test_everybody_hears_once_however_many_workers_there_are(track):
    racers, garden = track
    for number in range(PIECES):
        tell(garden, "edited", number=number, reason="")
    db.session.commit()
    assert racers.run(at_once, 2) == [Counter(done=CONTESTANTS)] * 2
    telling.tell_followers()  # what all of them left to each other
    heard = told("news")
    assert (len(heard), set(heard.values())) == ((PEOPLE // 2 + 1) * PIECES, {1})
    assert db.session.scalars(sa.select(News.id).filter_by(told_at=None)).all() == []
    db.session.rollback()
    assert racers.run(gathered, 2) == [Counter(done=CONTESTANTS)] * 2
    heard = told("digest")
    assert (len(heard), set(heard.values())) == (PEOPLE // 2 * PIECES, {1})
    assert db.session.scalar(sa.select(sa.func.count()).where(Notice.kind == "proposals/digest")) == PEOPLE // 2
    assert set(db.session.scalars(sa.select(Digest.last_news))) == {PIECES}


def test_the_last_comment_that_is_allowed_is_one(track):
    racers, garden = track
    for number in range(3):
        bea = person(f"bea{number}")
        for said in range(LIMITS[0].times - 1):
            comment(garden, f"Commento {said}", "for", by=themselves(bea))
    db.session.commit()
    assert racers.run(say, 3) == [Counter({"won": 1, "refused: too-many": CONTESTANTS - 1})] * 3
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ProposalComment)) == 3 * LIMITS[0].times
