"""What readers tell the hub: how clear a page is, and what does not work. And what the managers make of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.accounts.rules import mailbox
from hub.accounts.service import people_with
from hub.clock import now
from hub.db import db
from hub.notices.models import Notice
from hub.notices.service import notice
from hub.pages import rules
from hub.pages.models import Rating, Report, ReportChange
from hub.participation.log import record
from hub.spaces.models import Space
from impact.acts import FeedbackGiven

CODE = re.compile(r"SD-[0-9]{4}-(?P<number>[0-9]{6,9})")
QUESTION = "page-clarity"
RECENT_DAYS = 30
LAST_CLOSED = 100  # the reports whose mean time is published
ADDRESS_KEPT_DAYS = 180  # after a report was closed


# --- ratings


def rate(page: str, path: str, *, stars: int, reason: str | None, comment: str, language: str) -> Rating:
    """How clear a page is for somebody: page is its endpoint, path the pattern of its address. Raises Refusal.

    stars: 1 to 5; reason: a code of the branch that they lead to, or None; comment: at most 200 characters.
    """
    rules.must_fit(stars, reason, comment)
    values = {"stars": stars, "reason": reason, "comment": comment, "language": language}
    rating = Rating(page=page, path=path, rated_at=now(), **values)
    db.session.add(rating)
    db.session.flush()
    record(FeedbackGiven(activity=page, score=stars, question=QUESTION))
    return rating


class Votes(NamedTuple):
    """Ratings taken together: how many, the mean of their stars, the share of low ones (0 to 1); None where there are none."""

    count: int
    mean: float | None
    low: float | None

    @classmethod
    def of(cls, count: int, stars: int | None, low: int | None) -> "Votes":
        return cls(count, stars / count, low / count) if count else cls(0, None, None)

    @property
    def few(self) -> bool:
        """Whether they are too few for a mean to say much."""
        return self.count < rules.FEW_RATINGS


class PageVotes(NamedTuple):
    """What was said of one page: ever, and in the last RECENT_DAYS days."""

    page: str
    path: str
    ever: Votes
    recent: Votes


def votes() -> list[PageVotes]:
    """Every page that was rated, first the one with most low votes lately."""
    since = now() - timedelta(days=RECENT_DAYS)
    lately = Rating.rated_at >= since
    low = sa.case((Rating.stars < rules.POSITIVE_FROM, 1), else_=0)
    low_lately = sa.func.sum(sa.case((lately, low), else_=0))
    columns = (
        sa.func.count(),
        sa.func.sum(Rating.stars),
        sa.func.sum(low),
        sa.func.sum(sa.case((lately, 1), else_=0)),
        sa.func.sum(sa.case((lately, Rating.stars), else_=0)),
        low_lately,
    )
    found = sa.select(Rating.page, sa.func.max(Rating.path), *columns).group_by(Rating.page)
    found = found.order_by(low_lately.desc(), sa.func.count().desc(), Rating.page)
    return [PageVotes(page, path, Votes.of(*sums[:3]), Votes.of(*sums[3:])) for page, path, *sums in db.session.execute(found)]


def comments(page: str | None, *, number: int, size: int = 20) -> tuple[list[Rating], bool]:
    """A page of the ratings that came with words, of one address or all, the newest first; whether there are more."""
    found = sa.select(Rating).where(Rating.comment != "").order_by(Rating.id.desc())
    found = found.where(Rating.page == page) if page else found
    return _paged(found, number, size)


def ratings(chunk: int = 1000) -> Iterator[Rating]:
    """Every rating, the oldest first; a chunk at a time, so that no transaction stays open for long."""
    last = 0
    while found := db.session.scalars(sa.select(Rating).where(Rating.id > last).order_by(Rating.id).limit(chunk)).all():
        db.session.expunge_all()
        db.session.rollback()
        yield from found
        last = found[-1].id


# --- reports


@dataclass(frozen=True)
class Correspondent:
    """Whoever left an address with a report: somebody who is told by mail alone, and whose name nobody asked."""

    subject: str
    email: str
    language: str
    name: str = ""


def report(*, category: str, space: str, title: str, text: str, email: str, language: str) -> Report:
    """Somebody says what does not work; the managers are told, and whoever left an address gets a receipt.

    space: a slug, "" for none; email: "" for none. Raises Refusal where the space is none of ours.
    """
    place = db.session.scalar(sa.select(Space.id).where(Space.slug == space, Space.published)) if space else None
    rules.must_be_ours(space, place)
    values = {"category": category, "space_id": place, "title": title, "text": text, "language": language}
    row = Report(state="open", email=mailbox(email) if email else "", answer="", created_at=now(), **values)
    db.session.add(row)
    db.session.flush()
    _write_back("report_received", row)
    for manager in people_with("manager"):
        link = f"/gestione/segnalazioni/{row.code}"
        notice("pages/report_to_handle", to=manager, code=row.code, title=row.title, category=row.category, link=link)
    return row


def take_charge(row: Report, *, by: Person) -> None:
    """Say that somebody is working on it. Raises Refusal."""
    _turn(row, "in_progress", "", by=by)
    _write_back("report_in_progress", row)


def close(row: Report, answer: str, *, by: Person) -> None:
    """Answer, and be done with it. Raises Refusal."""
    rules.must_go_on(row.state, "closed")
    rules.must_answer(answer)
    row.answer, row.closed_at = answer.strip(), now()
    _turn(row, "closed", row.answer, by=by)
    _write_back("report_closed", row, answer=row.answer)


def _turn(row: Report, state: str, words: str, *, by: Person) -> None:
    rules.must_go_on(row.state, state)
    db.session.add(ReportChange(report_id=row.id, before=row.state, after=state, actor_id=by.id, words=words, at=now()))
    row.state, row.handled_by = state, by.id
    db.session.flush()


def _write_back(kind: str, row: Report, **more: object) -> None:
    """A mail to whoever left an address; private, since nobody has a personal area for it."""
    if row.email:
        reader = Correspondent(f"report:{row.id}", row.email, row.language)
        told = {"code": row.code, "title": row.title, "link": f"/segnalazioni/{row.key}"} | more
        notice(f"pages/{kind}", to=reader, private=True, **told)


def report_by_key(key: str) -> Report | None:
    """A report by the secret address where it is followed, with its space and its steps."""
    found = sa.select(Report).where(Report.key == key).options(joinedload(Report.space), selectinload(Report.changes))
    return db.session.scalars(found).one_or_none()


def report_by_code(code: str, *, locked: bool = False) -> Report | None:
    """A report by its code, with its reporter, its steps and who took them; locked where one is about to be taken."""
    parts = CODE.fullmatch(code)
    if parts is None:
        return None
    found = sa.select(Report).where(Report.id == int(parts["number"]))
    if locked:  # first the lock, then the look: what was read while waiting for it may be old
        db.session.execute(found.with_only_columns(Report.id).with_for_update()).all()
    steps = selectinload(Report.changes).joinedload(ReportChange.actor)
    found = found.options(joinedload(Report.space), joinedload(Report.reporter), steps)
    found = found.execution_options(populate_existing=locked)
    row = db.session.scalars(found).one_or_none()
    return row if row and row.code == code else None


def reports(state: str, *, number: int, size: int = 20) -> tuple[list[Report], bool]:
    """A page of the reports in a state: those that wait by age, the closed ones from the newest; whether there are more."""
    order = Report.closed_at.desc() if state == "closed" else Report.id
    return _paged(sa.select(Report).where(Report.state == state).options(joinedload(Report.space)).order_by(order), number, size)


def usual_days() -> tuple[int, float] | None:
    """Of the last reports that were closed: how many, and in how many days on the mean. None while they are too few."""
    closed = sa.select(Report.created_at, Report.closed_at).where(Report.closed_at.is_not(None))
    spans = [ended - begun for begun, ended in db.session.execute(closed.order_by(Report.closed_at.desc()).limit(LAST_CLOSED))]
    if len(spans) < rules.ENOUGH_CLOSED:
        return None
    return len(spans), sum(spans, timedelta()) / len(spans) / timedelta(days=1)


def reports_from(email: str) -> list[Report]:
    """The reports with which this address was left, the oldest first."""
    found = sa.select(Report).where(Report.email == mailbox(email)).order_by(Report.id)
    return list(db.session.scalars(found.options(joinedload(Report.space), selectinload(Report.changes))))


def forget_address(email: str) -> None:
    """Whoever has this address is told nothing more: it goes from every report, and from the mails that were for it."""
    mine = sa.select(Report.id).where(Report.email == mailbox(email))
    subjects = [f"report:{number}" for number in db.session.scalars(mine)]
    db.session.execute(sa.delete(Notice).where(Notice.subject.in_(subjects)))
    db.session.execute(sa.update(Report).where(Report.email == mailbox(email)).values(email="", version=Report.version + 1))


def forget_old_addresses(at: datetime) -> int:
    """Drop the addresses left with reports that were closed long ago; how many."""
    old = Report.closed_at <= at - timedelta(days=ADDRESS_KEPT_DAYS)
    return db.session.execute(sa.update(Report).where(old, Report.email != "").values(email="")).rowcount


def _paged(query: sa.Select, number: int, size: int) -> tuple[list, bool]:
    found = db.session.scalars(query.offset((number - 1) * size).limit(size + 1)).all()
    return list(found[:size]), len(found) > size


# --- what a search looks through


def named_spaces() -> list[tuple[str, dict, dict, list]]:
    """Slug, name, text and equipment of every published space, in the order of the house; in one query."""
    columns = (Space.slug, Space.name, Space.text, Space.equipment)
    return [tuple(row) for row in db.session.execute(sa.select(*columns).where(Space.published).order_by(Space.sort))]


def space_choices() -> list[tuple[str, dict]]:
    """Slug and name of every published space, in the order of the house."""
    return [(slug, name) for slug, name, *_ in named_spaces()]
