"""Who hears what happens to a proposal, when, and once: at once, or gathered in a mail a day or a week."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import DBAPIError

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.notices import service as notices
from hub.notices.letter import letter, words
from hub.notices.models import Notice
from hub.proposals import following, moderation, telling
from hub.proposals.debate_models import Support
from hub.proposals.models import Proposal, ProposalAuthor, Voice
from hub.proposals.news import tell
from hub.proposals.outcome_models import Digest, News
from hub.proposals.telling import AUTHOR, FOLLOWER, SUPPORTER
from hub.proposals.voices import voice_of
from tests.hub.labs.makers import DAY, HOUR, person, refused
from tests.hub.proposals.makers import process, proposal

MINUTE = timedelta(minutes=1)
TUESDAY = datetime(2027, 6, 8, 10, tzinfo=UTC)  # noon in Lecce
ANSWER = {"answer": "accepted", "anew": False}
RESULT = {"result": 1, "title": "L'orto", "process": "idee-2026"}


@pytest.fixture
def clock(session):
    with time_machine.travel(TUESDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def garden(clock) -> Proposal:
    return proposal(process(), person("ada"))


def support(of: Proposal, voice: Voice, slot: int = 1) -> None:
    db.session.add(Support(proposal_id=of.id, phase_id=of.process.phases[0].id, voice_id=voice.id, slot=slot, at=now()))
    db.session.flush()


def fan(of: Proposal, name: str) -> Person:
    row = person(name)
    support(of, voice_of(row))
    return row


def follower(of: Proposal, name: str, every: str = "news") -> Person:
    row = person(name)
    following.follow(of, by=row)
    if every != "news":
        following.choose(every, by=row)
    return row


def told(kind: str = "news") -> list[str]:
    """Given names of who was told, in order."""
    rows = db.session.scalars(sa.select(Notice.name).filter_by(kind=f"proposals/{kind}").order_by(Notice.id))
    return [name.split()[0] for name in rows]


def at_once() -> int:
    """What the worker tells now; how many mails."""
    db.session.commit()
    return telling.tell_followers()


def digests(clock, at: datetime) -> list[str]:
    """Who gets a digest by what the worker does at this instant."""
    db.session.commit()
    clock.move_to(at)
    before = len(told("digest"))
    telling.send_digests()
    return told("digest")[before:]


def test_authors_supporters_and_followers_hear_once_but_not_whose_act_it_is(garden):
    ada = garden.author.person
    bea, carla = fan(garden, "bea"), follower(garden, "carla")
    following.follow(garden, by=bea)
    following.follow(garden, by=ada)
    tell(garden, "edited", bea, number=2, reason="")
    assert at_once() == 2
    assert told() == ["Ada", "Carla"]
    assert at_once() == 0 and carla.id
    assert db.session.scalar(sa.select(News.told_at)) is not None


def test_who_left_revoked_or_stopped_hears_no_more(garden):
    fan(garden, "bea")
    carla, dora = follower(garden, "carla"), person("dora")
    following.unfollow(garden, by=carla)
    db.session.execute(sa.update(Support).values(revoked_at=now()), execution_options={"synchronize_session": False})
    left = {"proposal_id": garden.id, "voice_id": voice_of(dora).id, "since": now(), "left_at": now()}
    db.session.add(ProposalAuthor(**left))
    tell(garden, "under_review")
    assert (at_once(), told()) == (1, ["Ada"])
    following.follow(garden, by=carla)
    tell(garden, "edited", number=2, reason="")
    assert (at_once(), told()) == (2, ["Ada", "Ada", "Carla"])


def test_who_was_helped_and_left_an_address_hears_too(garden):
    for number, email in enumerate(("pina@posta.example", None)):
        voice = Voice(name=f"Zia{number} Pina", email=email, fiscal_digest=str(number) * 64, created_at=now())
        db.session.add(voice)
        db.session.flush()
        support(garden, voice)
    tell(garden, "under_review")
    assert at_once() == 2
    assert told() == ["Ada", "Zia0"]


def test_a_batch_at_a_time_and_whoever_dies_half_way_is_carried_on(garden, monkeypatch):
    monkeypatch.setattr(telling, "BATCH", 3)
    names = [follower(garden, f"p{number}").given_name for number in range(7)]
    row = tell(garden, "under_review")
    db.session.commit()
    assert telling._tell_batch(telling._next()) == 3
    db.session.commit()
    telling._tell_batch(telling._next())
    db.session.rollback()  # here it dies
    assert (told(), row.told_at) == (["Ada", *names[:2]], None)
    assert at_once() == 5
    assert told() == ["Ada", *names]
    assert at_once() == 0


@pytest.mark.parametrize("said", [{"kind": "edited"}, {"told_at": None}, {"at": TUESDAY - DAY}])
def test_news_that_was_told_stays_as_it_was(garden, said):
    row = tell(garden, "under_review")
    at_once()
    for name, statement in (
        ("news_kept_update", sa.update(News).filter_by(id=row.id).values(**said)),
        ("news_kept_delete", sa.delete(News).filter_by(id=row.id)),
    ):
        with pytest.raises(DBAPIError, match=name), db.session.begin_nested():
            db.session.execute(statement)


def test_the_mail_says_what_happened_where_and_how_it_stops(garden):
    carla = follower(garden, "carla")
    tell(garden, "answered", **ANSWER)
    at_once()
    row = db.session.scalars(sa.select(Notice).filter_by(subject=carla.subject)).one()
    subject, body = words(row, "it")
    assert subject == "Un orto nella Corte Urbana: novità"
    for part in ("Ha avuto risposta: Accolta.", f"/proposte/{garden.code}", "/proposte/avvisi"):
        assert part in body
    assert letter(row)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_who_ended_these_mails_reads_the_news_in_the_personal_area_alone(garden):
    carla, dora = follower(garden, "carla"), follower(garden, "dora")
    notices.opt_out(carla.subject, "proposal")
    tell(garden, "under_review")
    at_once()
    quiet = sa.select(Notice.name, Notice.quiet).order_by(Notice.id)
    assert [(name.split()[0], silent) for name, silent in db.session.execute(quiet)] == [
        ("Ada", False),
        ("Carla", True),
        ("Dora", False),
    ]
    assert (following.preference(carla), following.preference(dora)) == ("never", "news")
    following.choose("news", by=carla)
    assert following.preference(carla) == "news"


def test_of_a_hidden_proposal_followers_hear_that_alone_and_never_its_title(garden):
    carla = follower(garden, "carla")
    tell(garden, "edited", number=2, reason="")
    moderation.hide(garden, "illegal", "Diffama", by=person("gina", role="manager"))
    db.session.commit()
    assert at_once() == 1
    row = db.session.scalars(sa.select(Notice).filter_by(subject=carla.subject)).one()
    assert garden.code in row.payload["code"] and garden.title not in str(words(row, "it"))


@pytest.mark.parametrize(
    ("kind", "role", "every", "expected"),
    [
        ("edited", FOLLOWER, "news", True),
        ("edited", AUTHOR, "day", False),
        ("answered", FOLLOWER, "news", True),
        ("answered", SUPPORTER, "never", False),
        ("answered", AUTHOR, "news", False),  # by a mail of its own, whatever they chose
        ("result_updated", AUTHOR, "week", True),
        ("result_updated", AUTHOR, "never", False),
        ("result_linked", SUPPORTER, "day", False),
        ("merged", SUPPORTER, "news", False),
        ("merged", FOLLOWER, "news", True),
        ("hidden", AUTHOR, "news", False),
    ],
)
def test_who_hears_at_once(kind, role, every, expected):
    assert telling.is_told_at_once(kind, role, every) is expected
    assert not (telling.is_told_at_once(kind, role, "day") and telling.is_gathered(kind, role)), "told twice"


# --- gathered


def test_a_day_is_gathered_at_eight_and_once(garden, clock):
    follower(garden, "carla", "day")
    tell(garden, "edited", number=2, reason="")
    tell(garden, "under_review")
    at_once()
    assert told() == ["Ada", "Ada"]
    assert digests(clock, TUESDAY + 19 * HOUR) == []  # Wednesday, 7 in Lecce
    assert digests(clock, TUESDAY + 20 * HOUR - MINUTE) == []
    assert digests(clock, TUESDAY + 20 * HOUR) == ["Carla"]
    assert digests(clock, TUESDAY + 20 * HOUR + MINUTE) == []
    assert digests(clock, TUESDAY + 44 * HOUR) == []  # nothing happened since
    row = db.session.scalars(sa.select(Notice).filter_by(kind="proposals/digest")).one()
    _subject, body = words(row, "it")
    assert "Gli autori hanno pubblicato la versione 2." in body and "È in esame" in body


def test_a_week_is_gathered_on_monday(garden, clock):
    follower(garden, "carla", "week")
    tell(garden, "under_review")
    at_once()
    assert digests(clock, TUESDAY + 5 * DAY + 20 * HOUR - MINUTE) == []
    assert digests(clock, TUESDAY + 5 * DAY + 20 * HOUR) == ["Carla"]
    row = db.session.scalars(sa.select(Notice).filter_by(kind="proposals/digest")).one()
    assert words(row, "it")[0] == "Le proposte di questa settimana"


@pytest.mark.parametrize(
    ("at", "every", "expected"),
    [
        (datetime(2027, 6, 8, 6, tzinfo=UTC), "day", datetime(2027, 6, 8, 6, tzinfo=UTC)),
        (datetime(2027, 6, 8, 5, 59, tzinfo=UTC), "day", datetime(2027, 6, 7, 6, tzinfo=UTC)),
        (datetime(2027, 6, 8, 6, tzinfo=UTC), "week", datetime(2027, 6, 7, 6, tzinfo=UTC)),
        (datetime(2027, 6, 7, 5, 59, tzinfo=UTC), "week", datetime(2027, 5, 31, 6, tzinfo=UTC)),
        (datetime(2027, 3, 28, 6, tzinfo=UTC), "day", datetime(2027, 3, 28, 6, tzinfo=UTC)),  # the clocks went forward
        (datetime(2027, 3, 28, 5, 59, tzinfo=UTC), "day", datetime(2027, 3, 27, 7, tzinfo=UTC)),
        (datetime(2027, 10, 31, 7, tzinfo=UTC), "day", datetime(2027, 10, 31, 7, tzinfo=UTC)),  # and back
    ],
)
def test_eight_is_eight_on_the_clocks_of_lecce(at, every, expected):
    assert telling.last_hour(every, at) == expected


def test_a_digest_holds_what_others_did_to_what_concerns_one(garden, clock):
    carla = follower(garden, "carla", "day")
    other = proposal(garden.process, person("ugo"))
    tell(garden, "edited", carla, number=2, reason="")
    tell(other, "under_review")
    at_once()
    assert digests(clock, TUESDAY + 20 * HOUR) == []


def test_an_author_hears_of_results_at_once_and_not_again_in_the_digest(garden, clock):
    following.choose("day", by=garden.author.person)
    tell(garden, "result_linked", **RESULT)
    at_once()
    assert told() == ["Ada"]
    assert digests(clock, TUESDAY + 20 * HOUR) == []


def test_changing_ones_mind_loses_nothing_and_repeats_nothing(garden, clock):
    carla = follower(garden, "carla", "day")
    tell(garden, "edited", number=2, reason="")
    at_once()
    tell(garden, "under_review")  # which nobody was told yet
    following.choose("news", by=carla)
    db.session.commit()
    row = db.session.scalars(sa.select(Notice).filter_by(kind="proposals/digest")).one()
    assert [item["what"] for item in row.payload["items"]] == ["edited"]
    at_once()
    assert told() == ["Ada", "Ada", "Carla"]
    tell(garden, "edited", number=3, reason="")
    following.choose("day", by=carla)
    db.session.commit()
    at_once()
    assert told() == ["Ada", "Ada", "Carla", "Ada"]
    assert digests(clock, TUESDAY + 20 * HOUR) == ["Carla"]
    row = db.session.scalars(sa.select(Notice).filter_by(kind="proposals/digest").order_by(Notice.id)).all()[-1]
    assert [item["data"]["number"] for item in row.payload["items"]] == [3]


def test_what_happened_before_one_chose_is_not_gathered(garden, clock):
    tell(garden, "under_review")
    at_once()
    follower(garden, "carla", "day")
    assert digests(clock, TUESDAY + 20 * HOUR) == []


def test_who_wants_no_mail_gets_none(garden, clock):
    follower(garden, "carla", "never")
    tell(garden, "under_review")
    at_once()
    assert told() == ["Ada"] and digests(clock, TUESDAY + 6 * DAY) == []


def test_a_long_digest_says_how_much_it_leaves_out(garden, clock, monkeypatch):
    monkeypatch.setattr(telling, "MOST_IN_A_MAIL", 2)
    follower(garden, "carla", "day")
    for number in range(5):
        tell(garden, "edited", number=number + 2, reason="")
    at_once()
    assert digests(clock, TUESDAY + 20 * HOUR) == ["Carla"]
    row = db.session.scalars(sa.select(Notice).filter_by(kind="proposals/digest")).one()
    assert "altre 3 novità" in words(row, "it")[1]


def test_a_worker_that_dies_half_way_has_sent_no_digest(garden, clock):
    follower(garden, "carla", "day")
    tell(garden, "under_review")
    at_once()
    db.session.commit()
    clock.move_to(TUESDAY + 20 * HOUR)
    telling.send(db.session.scalars(sa.select(Digest)).one(), settled=telling.SETTLED)
    db.session.rollback()
    assert told("digest") == [] and digests(clock, TUESDAY + 20 * HOUR) == ["Carla"]


def test_a_wish_is_one_of_the_list(session):
    assert refused(following.choose, "sempre", by=person("bea")).rule == "every"


def test_following_and_no_longer(garden):
    carla = person("carla")
    following.follow(garden, by=carla)
    following.follow(garden, by=carla)
    assert following.is_following(garden, carla) and following.followed(carla) == ([garden], False)
    following.unfollow(garden, by=carla)
    following.unfollow(garden, by=carla)
    assert not following.is_following(garden, carla) and following.followed(carla) == ([], False)


def test_the_worker_tells_unasked():
    from hub.commands import DUTIES

    seconds = {duty.__name__: seconds for seconds, duty in DUTIES}
    assert (seconds["tell_followers"], seconds["send_digests"]) == (60, 60)
