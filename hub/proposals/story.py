"""What became of a proposal: one thread, from its publication to the rooms and hours of the programme, in order of time.

It is put together from what was published, decided and done, so that it cannot tell otherwise than they do. It names nobody,
and counts nobody's support.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from hub.clock import wall
from hub.db import db
from hub.labs.models import Activity, Session
from hub.labs.rules import SHOWN_STATES
from hub.proposals import news, silence
from hub.proposals.meetings import meetings_of
from hub.proposals.merging import links_of
from hub.proposals.models import Proposal
from hub.proposals.outcome_models import Answer, ResultSource
from hub.proposals.outcome_rules import late_by
from hub.proposals.results import results_of
from hub.proposals.silence import Waiting
from hub.spaces.models import Occurrence, Space

TOLD = ("co_author", "under_review", "hidden", "restored")  # news of which nothing else is kept for everybody


@dataclass(frozen=True)
class Figure:
    """What a room above this one has published of an activity. name: in both languages; words: its number as it is shown to who
    reads now; url: the path of its page."""

    activity: str
    code: str
    name: dict[str, str]
    words: str
    value: float
    unit: str
    url: str


# Rooms above add theirs at their init: given slugs of activities, each answers with the figures that are published of them.
SOURCES: list[Callable[[Collection[str]], Iterable[Figure]]] = []


@dataclass(frozen=True)
class Step:
    """Something that happened. kind: published, edited, a kind of `merging.links_of`, discussed, answered, result_linked,
    result_updated, withdrawn, or one of TOLD; told: plain values that the words of the kind need."""

    kind: str
    at: datetime
    told: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Programme:
    """What a result did in the programme. rooms: (slug, name in both languages) of each; held: sessions that were held, and
    minutes how long all of them were."""

    slug: str
    title: dict[str, str]
    rooms: list[tuple[str, dict[str, str]]]
    held: int
    minutes: int
    figures: list[Figure]


@dataclass(frozen=True)
class Story:
    """steps: what happened, in order; promised: what was promised and has not come; programme: what its results did there."""

    steps: list[Step]
    promised: list[Waiting]
    programme: list[Programme]


def story(proposal: Proposal) -> Story:
    """Of a proposal that everybody may read."""
    linked, told = results_of(proposal), [one for one in news.story(proposal) if one.kind in TOLD]
    steps = [*_said(proposal), *_links(proposal), *_discussed(proposal), *_answers(proposal), *_results(linked)]
    steps += [Step(one.kind, one.at, {"left": bool(one.data.get("left"))} if one.kind == "co_author" else {}) for one in told]
    if proposal.state == "withdrawn":
        steps.append(Step("withdrawn", proposal.closed_at, {"reason": proposal.closed_reason}))
    steps.sort(key=lambda one: one.at)  # those of one instant stay as they stand above
    shown = {link.result.activity for link in linked if link.result.activity and link.result.activity.state in SHOWN_STATES}
    return Story(steps, silence.promises(proposal), programme(shown))


def _said(proposal: Proposal) -> list[Step]:
    first, *later = proposal.versions
    return [
        Step("published", first.at),
        *(Step("edited", one.at, {"number": one.number, "reason": one.reason}) for one in later),
    ]


def _links(proposal: Proposal) -> list[Step]:
    return [Step(kind, at, {"code": other.code, "title": other.title}) for kind, other, at in links_of(proposal)]


def _discussed(proposal: Proposal) -> list[Step]:
    found = []
    for session, minutes in meetings_of(proposal):
        where = {"process": proposal.process.slug, "meeting": session.code, "title": session.activity.title}
        found.append(Step("discussed", session.starts_at, where | {"state": session.state, "has_minutes": minutes is not None}))
    return found


def _answers(proposal: Proposal) -> list[Step]:
    """Each answer; the first of them with the day that was promised, and by how many days it was late."""
    given = db.session.scalars(sa.select(Answer).filter_by(proposal_id=proposal.id).order_by(Answer.id)).all()
    found = [
        Step("answered", one.at, {"answer": one.kind, "text": one.text, "act": one.act, "holds": one.replaced_at is None})
        for one in given
    ]
    if found:
        due = silence.due(proposal)
        found[0].told.update(due=due, days_late=late_by(due, wall(found[0].at).date()))
    return found


def _results(linked: list[ResultSource]) -> list[Step]:
    found = []
    for link in linked:
        result = {"result": link.result_id, "title": link.result.title}
        found.append(Step("result_linked", link.at, result | {"source": link.kind}))
        for one in link.result.updates:
            told = {"number": one.id, "day": one.day, "text": one.text, "state": one.state, "progress": one.progress}
            shown = {"url": one.evidence_url, "words": one.evidence_words, "file": one.evidence_kind}
            found.append(Step("result_updated", one.at, result | told | {"evidence": shown}))
    return found


def programme(activities: Iterable[Activity]) -> list[Programme]:
    """What these activities did: their rooms, the sessions that were held, and what is published of them; by their titles."""
    activities = sorted(activities, key=lambda one: (one.title["it"], one.id))
    ids, slugs = [one.id for one in activities], [one.slug for one in activities]
    if not ids:
        return []
    figures: dict[str, list[Figure]] = defaultdict(list)
    for figure in (one for source in SOURCES for one in source(slugs)):
        figures[figure.activity].append(figure)
    rooms, held = _rooms(ids), _held(ids)
    return [Programme(one.slug, one.title, rooms[one.id], *held.get(one.id, (0, 0)), figures[one.slug]) for one in activities]


def _rooms(ids: list[int]) -> dict[int, list[tuple[str, dict[str, str]]]]:
    used = sa.select(Session.activity_id, Occurrence.space_id).join(Occurrence, Occurrence.session_id == Session.id)
    used = used.where(Session.activity_id.in_(ids), Occurrence.status != "cancelled").distinct().subquery()
    found = sa.select(used.c.activity_id, Space.slug, Space.name).join(Space, Space.id == used.c.space_id).order_by(Space.slug)
    rooms: dict[int, list[tuple[str, dict[str, str]]]] = defaultdict(list)
    for activity, slug, name in db.session.execute(found):
        rooms[activity].append((slug, name))
    return rooms


def _held(ids: list[int]) -> dict[int, tuple[int, int]]:
    held = sa.select(Session.activity_id, sa.func.count(Session.id), sa.func.sum(Session.minutes))
    held = held.where(Session.activity_id.in_(ids), Session.state == "held").group_by(Session.activity_id)
    return {activity: (count, minutes) for activity, count, minutes in db.session.execute(held)}
