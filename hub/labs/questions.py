"""What an activity asks who enrols. What somebody has answered stays asked: their answers are known by the question."""

import sqlalchemy as sa

from hub.db import db
from hub.labs.models import Activity, Enrolment, Question
from hub.labs.rules import must_be_alive
from hub.refusal import Refusal


def question_by(activity: Activity, id: int) -> Question | None:
    return next((one for one in activity.questions if one.id == id), None)


def ask(activity: Activity, *, kind: str, words: dict[str, str], choices: list[str], required: bool) -> Question:
    """One more question, after the others. Raises Refusal. The caller holds the lock of the activity."""
    must_be_alive(activity.state)
    must_offer_choices(kind, choices)
    number = max((one.number for one in activity.questions), default=0) + 1
    question = Question(number=number, kind=kind, words=words, required=required)
    question.choices = choices if kind == "choice" else []
    activity.questions.append(question)
    db.session.flush()
    return question


def reword(question: Question, *, kind: str, words: dict[str, str], choices: list[str], required: bool) -> None:
    """Ask otherwise. Where somebody has answered, only the words change. Raises Refusal."""
    must_offer_choices(kind, choices)
    choices = choices if kind == "choice" else []
    if (kind, choices) != (question.kind, question.choices):
        must_be_unanswered(is_answered(question))
    question.kind, question.words, question.choices, question.required = kind, words, choices, required
    db.session.flush()


def unask(question: Question) -> None:
    """Ask it no more. Raises Refusal where somebody has answered."""
    must_be_unanswered(is_answered(question))
    db.session.delete(question)
    db.session.flush()


def raise_up(activity: Activity, question: Question) -> None:
    """Ask it before the one that comes before it."""
    at = activity.questions.index(question)
    if at:
        before = activity.questions[at - 1]
        before.number, question.number = question.number, before.number
        db.session.flush()


def is_answered(question: Question) -> bool:
    answers = db.session.scalars(sa.select(Enrolment.answers).where(Enrolment.activity_id == question.activity_id))
    return any(str(question.id) in given for given in answers)


def must_offer_choices(kind: str, choices: list[str]) -> None:
    if kind == "choice" and len(set(choices)) < 2:
        raise Refusal("Scrivi almeno due risposte diverse, una per riga.", field="choices", rule="choices")


def must_be_unanswered(is_answered: bool) -> None:
    if is_answered:
        raise Refusal("Qualcuno ha già risposto a questa domanda: puoi cambiarne solo le parole.", rule="answered")
