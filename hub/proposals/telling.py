"""Who hears what happens to proposals: authors, live supporters and followers, at once or gathered in a mail a day or a week.

What is told at once goes out in batches. The row of the news keeps how far they came (told_up_to), in the transaction of the
mails themselves: a worker that dies half-way is carried on by another, and nobody is told twice.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from datetime import time as clock_time

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import Period, instants, now, wall
from hub.db import db, reading
from hub.notices.service import Recipient, notice, notice_all
from hub.proposals import readers
from hub.proposals.debate_models import Support
from hub.proposals.models import ProposalAuthor, Voice
from hub.proposals.outcome_models import Digest, Follow, News

BATCH = 500  # people told in one transaction
SECONDS = 20.0  # the mail waits meanwhile
GATHERED = ("day", "week")
AT = clock_time(8)  # on Lecce's clocks; of a week, on Monday
SETTLED = timedelta(minutes=2)  # the longest transaction is over by then: no news with a smaller number is still to come
MOST_IN_A_MAIL = 50
FOLLOWER, SUPPORTER, AUTHOR = range(3)
# Who hears of it by a mail of its own, in the transaction of the fact: from this role upwards.
TOLD_APART = {"answered": AUTHOR, "hidden": AUTHOR, "restored": AUTHOR, "merged": SUPPORTER, "split": SUPPORTER}
RESULTS = ("result_linked", "result_updated")  # which authors hear at once even where they read the rest gathered


# --- at once


def tell_followers() -> int:
    """Tell the news that nobody has been told yet to whoever wants to hear at once; how many mails. A worker's duty: it commits
    by itself, batch by batch."""
    told, ends = 0, time.monotonic() + SECONDS
    while time.monotonic() < ends and _is_any_untold():
        row = _next()
        if row is None:
            break
        told += _tell_batch(row)
        db.session.commit()
    return told


def _is_any_untold() -> bool:
    """Only reads: an idle worker never takes SQLite's turn to write."""
    with reading():
        found = db.session.scalar(sa.select(sa.exists().where(News.told_at.is_(None))))
        db.session.rollback()
    return found


def _next() -> News | None:
    """The oldest news to be told that no other worker is telling."""
    asked = sa.select(News).filter_by(told_at=None).order_by(News.id).limit(1).options(joinedload(News.proposal))
    locked = asked.with_for_update(skip_locked=True, of=News)
    return db.session.scalars(locked, execution_options={"populate_existing": True}).one_or_none()


def _tell_batch(row: News) -> int:
    """Tell the next of those whom it concerns; once there are none left, it is told. How many were told."""
    keys = [] if _is_unspeakable(row) else _next_hearers(row)
    if len(keys) < BATCH:
        row.told_at = now()
    if not keys:
        return 0
    row.told_up_to = max(keys)
    people = _people(keys)
    every = _wishes(people)
    wanted = [
        who for key, who in people.items() if key != _key_of(row.actor_id) and is_told_at_once(row.kind, keys[key], every[key])
    ]
    return notice_all("proposals/news", to=wanted, **_item(row))


def _next_hearers(row: News) -> dict[int, int]:
    """The role of each of the next BATCH whom a proposal concerns, by their key."""
    heard = _hearers(row.proposal_id).subquery()
    asked = sa.select(heard.c.key, sa.func.max(heard.c.role)).where(heard.c.key > row.told_up_to).group_by(heard.c.key)
    return dict(db.session.execute(asked.order_by(heard.c.key).limit(BATCH)).all())


def _hearers(proposal_id: int) -> sa.CompoundSelect:
    """(key, role) of each whom a proposal concerns, as often as it does. Key: twice the number of a person, or one more than
    twice that of a voice without an account."""
    voice = sa.case((Voice.person_id.is_not(None), Voice.person_id * 2), else_=Voice.id * 2 + 1).label("key")
    reached = sa.or_(Voice.person_id.is_not(None), Voice.email.is_not(None))
    authors = sa.select(voice, sa.literal(AUTHOR).label("role")).join(ProposalAuthor, ProposalAuthor.voice_id == Voice.id)
    supporters = sa.select(voice, sa.literal(SUPPORTER)).join(Support, Support.voice_id == Voice.id)
    followers = sa.select(Follow.person_id * 2, sa.literal(FOLLOWER))
    return sa.union_all(
        authors.where(reached, ProposalAuthor.proposal_id == proposal_id, ProposalAuthor.left_at.is_(None)),
        supporters.where(reached, Support.proposal_id == proposal_id, Support.revoked_at.is_(None)),
        followers.where(Follow.proposal_id == proposal_id, Follow.ended_at.is_(None)),
    )


def _key_of(person_id: int | None) -> int | None:
    return person_id and person_id * 2


def _people(keys: Iterable[int]) -> dict[int, Recipient]:
    """Who these are, as far as they can be written to, in the order of their keys."""
    keys = list(keys)
    accounts = sa.select(Person).where(Person.id.in_([key // 2 for key in keys if key % 2 == 0]))
    accounts = accounts.where(Person.erased_at.is_(None), Person.confirmed_at.is_not(None))
    helped = sa.select(Voice).where(Voice.id.in_([key // 2 for key in keys if key % 2]))
    found: dict[int, Recipient] = {one.id * 2: one for one in db.session.scalars(accounts)}
    found |= {one.id * 2 + 1: readers.reader(one) for one in db.session.scalars(helped)}
    return dict(sorted(found.items()))


def _wishes(people: Iterable[int]) -> dict[int, str]:
    """How often each of these wants to be written to, by their key."""
    keys = list(people)
    asked = sa.select(Digest.person_id, Digest.every).where(Digest.person_id.in_([key // 2 for key in keys if key % 2 == 0]))
    return dict.fromkeys(keys, "news") | {id * 2: every for id, every in db.session.execute(asked)}


def _is_unspeakable(row: News) -> bool:
    """Of what a moderator hides nothing is told, but that it is hidden."""
    return row.proposal.hidden_at is not None and row.kind != "hidden"


def _item(row: News) -> dict[str, object]:
    """One piece of news as a mail holds it. What is hidden is not called by its title."""
    title = "" if row.proposal.hidden_at is not None else row.proposal.title
    return {"title": title, "code": row.proposal.code, "what": row.kind, "data": row.data, "at": row.at}


# --- gathered


def send_digests() -> int:
    """Write to those who read the news gathered and whose hour has come, each once; how many mails. A worker's duty: it commits
    by itself, one after the other."""
    sent, ends = 0, time.monotonic() + SECONDS
    while time.monotonic() < ends and _is_any_due():
        row = db.session.scalars(_due().with_for_update(skip_locked=True), execution_options={"populate_existing": True}).first()
        if row is None:
            break
        sent += send(row, settled=SETTLED)
        db.session.commit()
    return sent


def _is_any_due() -> bool:
    with reading():
        found = db.session.scalars(_due()).first() is not None
        db.session.rollback()
    return found


def _due() -> sa.Select:
    come = [sa.and_(Digest.every == every, Digest.sent_at < last_hour(every, now())) for every in GATHERED]
    return sa.select(Digest).where(sa.or_(*come)).order_by(Digest.person_id).limit(1)


def last_hour(every: str, at: datetime) -> datetime:
    """When mails of the day, or of the week, were last due: at 8, or on Monday at 8, on Lecce's clocks."""
    day = wall(at).date()
    first = Period.around(day, "week").first if every == "week" else day
    due = instants(first, AT)[0]
    return due if due <= at else instants(first - timedelta(days=7 if every == "week" else 1), AT)[0]


def send(row: Digest, *, settled: timedelta = timedelta()) -> int:
    """One mail with the news that somebody has not heard, none where there are none; how many. settled: how old the newest of
    them must be."""
    person = db.session.get_one(Person, row.person_id)
    last = max(row.last_news, heard_up_to(person, settled=settled))
    news = [] if person.erased_at is not None else _unheard(person, row.last_news, last)
    row.last_news, row.sent_at = last, now()
    db.session.flush()
    if not news:
        return 0
    items = [_item(one) for one in news[:MOST_IN_A_MAIL]]
    notice("proposals/digest", to=person, every=row.every, items=items, more=len(news) - len(items))
    return 1


def heard_up_to(person: Person, *, settled: timedelta = timedelta()) -> int:
    """The number of the last news of which somebody's turn to hear at once is over."""
    waiting = sa.select(sa.func.min(News.id)).where(News.told_at.is_(None), News.told_up_to < person.id * 2)
    if (first := db.session.scalar(waiting)) is not None:
        return first - 1
    return db.session.scalar(sa.select(sa.func.max(News.id)).where(News.at <= now() - settled)) or 0


def _unheard(person: Person, after: int, last: int) -> list[News]:
    """What happened in between to the proposals that concern somebody, but for what they did, or heard of in other ways."""
    roles = _roles(person).subquery()
    role = sa.select(roles.c.proposal_id, sa.func.max(roles.c.role).label("role")).group_by(roles.c.proposal_id).subquery()
    asked = sa.select(News, role.c.role).join(role, role.c.proposal_id == News.proposal_id)
    asked = asked.where(News.id > after, News.id <= last, News.actor_id.is_distinct_from(person.id))
    rows = db.session.execute(asked.order_by(News.id).options(joinedload(News.proposal)))
    return [row for row, mine in rows if is_gathered(row.kind, mine) and not _is_unspeakable(row)]


def _roles(person: Person) -> sa.CompoundSelect:
    """(proposal_id, role) of what concerns somebody, as often as it does."""
    mine = Voice.person_id == person.id
    authors = sa.select(ProposalAuthor.proposal_id, sa.literal(AUTHOR).label("role")).join(Voice)
    supporters = sa.select(Support.proposal_id, sa.literal(SUPPORTER)).join(Voice, Voice.id == Support.voice_id)
    followers = sa.select(Follow.proposal_id, sa.literal(FOLLOWER))
    return sa.union_all(
        authors.where(mine, ProposalAuthor.left_at.is_(None)),
        supporters.where(mine, Support.revoked_at.is_(None)),
        followers.where(Follow.person_id == person.id, Follow.ended_at.is_(None)),
    )


# --- rules, on plain values


def is_told_at_once(kind: str, role: int, every: str) -> bool:
    """Whether somebody hears of news of a kind as it comes. role: theirs in the proposal; every: how often they want mails."""
    if is_told_apart(kind, role):
        return False
    return every == "news" or (every in GATHERED and role == AUTHOR and kind in RESULTS)


def is_gathered(kind: str, role: int) -> bool:
    """Whether who reads the news gathered finds it there."""
    return not is_told_apart(kind, role) and not (role == AUTHOR and kind in RESULTS)


def is_told_apart(kind: str, role: int) -> bool:
    """Whether another mail, which nobody may do without, tells it."""
    return role >= TOLD_APART.get(kind, AUTHOR + 1)
