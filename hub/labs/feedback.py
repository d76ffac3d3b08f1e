"""How it went: what who took part says once an activity is over, counted for everybody and told of nobody.

The scores go to the log without a person, the words to `Comment`, and who gave them has only the month of it on the enrolment:
nothing ties one to the other.
"""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from hub.clock import now, starts_of, today
from hub.db import db
from hub.labs import people
from hub.labs.dose import dose, doses
from hub.labs.models import Activity, Comment, Enrolment, Session
from hub.participation.log import record
from hub.participation.models import LogEntry
from hub.refusal import Refusal, must_pass
from impact.acts import FeedbackGiven
from impact.countable import SCALES

QUESTIONS = ("recommend", "satisfaction", "importance")  # codes of the log; their scales are impact's
NEEDED = ("recommend", "satisfaction")
PROMOTERS_FROM, PASSIVES_FROM = 9, 7  # of recommend; below are the detractors
LEAST_SHOWN = 5  # fewer answers might be told whose they are
KEPT_DAYS = 60  # after the end one may say how it was
INVITED_DAYS = 14  # after the end nobody is asked any more: the register came too late
COMMENT_LENGTH = 2000
TAKING_PART = ("enrolled", "completed")
INVITATION = "labs/feedback"


class Answers(NamedTuple):
    """To one question. counts: how many gave each score, in the order of the scale; None where they are too few to be shown."""

    question: str
    count: int
    counts: dict[int, int] | None

    def share(self, least: int, most: int) -> float:
        """The part of the answers from one score to another, both included; of answers that are shown."""
        return sum(self.counts[score] for score in range(least, most + 1)) / self.count


class Results(NamedTuple):
    """given: how many gave feedback, of how many took part; answers: by question; comments: () where they are too few."""

    given: int
    took_part: int
    answers: list[Answers]
    comments: list[Comment]


# --- who may say it, and when


def stage(enrolment: Enrolment) -> str:
    """How it stands with the feedback of an enrolment: open, given, or why there can be none: early, unrecorded, absent, late."""
    ends = end_of(enrolment.activity)
    if enrolment.feedback_at is not None:
        return "given"
    if enrolment.state not in TAKING_PART or enrolment.activity.state == "cancelled":
        return "absent"
    if ends is None or now() < ends:
        return "early"
    if now() >= ends + timedelta(days=KEPT_DAYS):
        return "late"
    if dose(enrolment).minutes == 0:
        recorded = all(one.state != "planned" for one in enrolment.activity.sessions)
        return "absent" if recorded else "unrecorded"
    return "open"


def end_of(activity: Activity) -> datetime | None:
    """When the last of its sessions ends, None where there is none."""
    return max((one.ends_at for one in activity.sessions if one.state != "cancelled"), default=None)


def give(enrolment: Enrolment, scores: Mapping[str, int | None], comment: str) -> None:
    """Say how it was. scores: by the code of the question, None where it is not answered. Raises Refusal."""
    db.session.execute(sa.select(Enrolment.id).where(Enrolment.id == enrolment.id).with_for_update()).all()
    db.session.refresh(enrolment, ["feedback_at", "state", "version"])
    must_be_open(stage(enrolment))
    must_pass(
        *(lambda code=code: must_be_answered(code, scores.get(code)) for code in NEEDED),
        *(lambda code=code: must_be_on_scale(code, scores.get(code)) for code in QUESTIONS),
        lambda: must_be_short(comment),
    )
    for code in QUESTIONS:
        if (score := scores.get(code)) is not None:
            record(FeedbackGiven(activity=enrolment.activity.slug, score=score, question=code))
    month = today().replace(day=1)
    if comment.strip():
        db.session.add(Comment(activity_id=enrolment.activity_id, text=comment.strip(), month=month))
    enrolment.feedback_at = starts_of(month)  # the month alone: the instant would tell which scores are whose
    db.session.flush()


# --- what they said


def results(activity: Activity) -> Results:
    """What was said of an activity; what fewer than LEAST_SHOWN said is kept back."""
    got = doses(activity)
    told = sa.select(Enrolment.id, Enrolment.state, Enrolment.feedback_at).where(Enrolment.activity_id == activity.id)
    rows = db.session.execute(told).all()
    given = sum(row.feedback_at is not None for row in rows)
    took_part = sum(row.feedback_at is not None or (row.state in TAKING_PART and got[row.id].minutes > 0) for row in rows)
    scores = _scores(activity)
    answers = [_shown(code, scores[code]) for code in QUESTIONS]
    return Results(given, took_part, answers, _comments(activity) if given >= LEAST_SHOWN else [])


def _scores(activity: Activity) -> dict[str, Counter]:
    found: dict[str, Counter] = {code: Counter() for code in QUESTIONS}
    said = sa.select(LogEntry.facts).where(LogEntry.type == FeedbackGiven.type, LogEntry.activity == activity.slug)
    for facts in map(json.loads, db.session.scalars(said)):
        if facts["question"] in found:
            found[facts["question"]][int(facts["score"])] += 1
    return found


def _shown(code: str, counts: Counter) -> Answers:
    least, most = SCALES[code]
    shown = {score: counts[score] for score in range(least, most + 1)} if counts.total() >= LEAST_SHOWN else None
    return Answers(code, counts.total(), shown)


def _comments(activity: Activity) -> list[Comment]:
    """By month, then in an order that says nothing of who came first."""
    said = sa.select(Comment).filter_by(activity_id=activity.id).order_by(Comment.month.desc(), Comment.text, Comment.id)
    return list(db.session.scalars(said))


# --- who is asked


def invite() -> int:
    """Ask who took part how it was, once, when an activity is over and its register complete. Returns how many activities."""
    ended = sa.select(Session.activity_id).where(Session.state != "cancelled").group_by(Session.activity_id)
    ended = ended.having(
        sa.func.max(Session.ends_at) <= now(),
        sa.func.max(Session.ends_at) > now() - timedelta(days=INVITED_DAYS),
        sa.func.sum(sa.case((Session.state == "planned", 1), else_=0)) == 0,
    )
    due = sa.select(Activity).where(Activity.id.in_(ended), Activity.feedback_asked_at.is_(None))
    due = due.where(Activity.state.in_(("published", "closed"))).order_by(Activity.id)
    found = db.session.scalars(due.with_for_update(skip_locked=True, of=Activity)).all()
    for activity in found:
        _ask(activity)
    return len(found)


def _ask(activity: Activity) -> None:
    """Everybody is asked in one mail, which leads to the enrolment, or where there are several to the list of theirs."""
    activity.feedback_asked_at = now()
    got = doses(activity)
    about = [one for one in people.enrolments(activity, TAKING_PART) if got[one.id].minutes and one.feedback_at is None]
    shared: dict[tuple[int, ...], list[Enrolment]] = {}
    for one in about:
        shared.setdefault(tuple(person.id for person in people.recipients(one)), []).append(one)
    for same in shared.values():
        link = f"{people.PATH}/{same[0].id}/giudizio" if len(same) == 1 else people.PATH
        people.tell(INVITATION, same, link=link, until=end_of(activity) + timedelta(days=KEPT_DAYS))


# --- rules, on plain values


def must_be_open(stage: str) -> None:
    match stage:
        case "given":
            raise Refusal("Il giudizio c'è già: grazie.", rule="given")
        case "early":
            raise Refusal("Il giudizio si dà quando l'attività è finita.", rule="early")
        case "unrecorded":
            raise Refusal("Il registro delle presenze non è ancora completo: riprova tra qualche giorno.", rule="unrecorded")
        case "late":
            raise Refusal("Il giudizio si poteva dare fino a %(days)s giorni dopo la fine.", days=KEPT_DAYS, rule="late")
        case "absent":
            raise Refusal("Il giudizio è di chi ha partecipato.", rule="absent")


def must_be_answered(code: str, score: int | None) -> None:
    if score is None:
        raise Refusal("Scegli un numero.", field=code, rule="needed")


def must_be_on_scale(code: str, score: int | None) -> None:
    least, most = SCALES[code]
    if score is not None and not least <= score <= most:
        raise Refusal("Scegli un numero da %(least)s a %(most)s.", least=least, most=most, field=code, rule="scale")


def must_be_short(comment: str) -> None:
    if len(comment) > COMMENT_LENGTH:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", most=COMMENT_LENGTH, field="comment", rule="length")
