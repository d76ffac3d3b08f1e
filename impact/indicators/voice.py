"""Proposals and opinions: OM21, OM22, OM23, OM29, OM30."""

from fractions import Fraction
from typing import Any

import ibis

from impact.indicators.courses import middle
from impact.indicators.definition import ALL, both, indicator
from impact.indicators.view import PERSONAL, Log, month_of

ADOPTED = ("accepted", "adopted")
RECOMMEND, IMPORTANCE = "recommend", "importance"  # codes of questions
PROMOTER = 9_000_000  # from 9 of 10, in millionths
MILLION = 1_000_000


def _submitted(log: Log) -> ibis.Table:
    """activity (the proposal), day and month of its first valid submission in the period, person."""
    sent = log.rows_of("proposal.submitted").select("activity", "day", "person")
    firsts = sent.group_by("activity").aggregate(day=sent.day.min(), person=sent.person.max())
    return log.within(firsts).mutate(month=month_of(firsts.day))


@indicator(
    "OM21",
    name=both("Proposte presentate", "Proposals submitted"),
    asks=both("Quante proposte ha ricevuto la città?", "How many proposals did the city receive?"),
    numerator=both("Proposte diverse presentate.", "Distinct proposals submitted."),
    exclusions=both("Proposte annullate.", "Voided proposals."),
    limits=both("n sono i proponenti diversi, dove il registro li dice.", "n is distinct proposers, where the log says who."),
    unit="n",
    events=("proposal.submitted",),
    by=("month", *PERSONAL),
    sdg=("16.7",),
    iris=("~OI7914",),
    level="output",
    additive=True,
    counts="proposers",
    is_count=True,
)
def proposals_submitted(log: Log) -> ibis.Table:
    sent = log.of(_submitted(log))
    return log.grouped(sent, numerator=sent.count(), n=sent.person.nunique())


@indicator(
    "OM22",
    name=both("Proposte adottate", "Proposals adopted"),
    asks=both("Delle proposte decise, quante sono adottate?", "Of the proposals decided, what share was adopted?"),
    numerator=both("Proposte la cui ultima risposta valida è accepted.", "Proposals whose last valid answer is accepted."),
    denominator=both("Proposte con una risposta valida.", "Proposals with a valid answer."),
    exclusions=both("Proposte senza risposta.", "Proposals without an answer."),
    limits=both(
        "Accolta in parte (partly) conta come decisa, non come adottata.", "Partly accepted counts as decided, not as adopted."
    ),
    unit="%",
    events=("proposal.answered",),
    by=("month",),
    sdg=("16.7",),
    iris=("~OI7914",),
    level="outcome",
    direct=False,
    counts="proposals",
)
def proposals_adopted(log: Log) -> ibis.Table:
    last = log.within(log.last_of("proposal.answered", ("activity",)))
    last = last.mutate(month=month_of(last.day))
    adopted = ibis.ifelse(last.status.isin(ADOPTED), 1, 0).sum()
    return log.grouped(last, numerator=adopted, denominator=last.count(), n=last.count())


@indicator(
    "OM23",
    name=both("Tempo di risposta dell'ente", "Response time of the city"),
    asks=both("Dopo quanti giorni la città risponde a una proposta?", "After how many days does the city answer a proposal?"),
    numerator=both(
        "Mediana dei giorni di calendario dalla presentazione alla prima risposta valida.",
        "Median calendar days from submission to the first valid answer.",
    ),
    exclusions=both(
        "Proposte ancora senza risposta: contate a parte (waiting).", "Proposals not answered yet: counted apart (waiting)."
    ),
    limits=both(
        "Chi aspetta ancora non accorcia la mediana: leggerla insieme al numero di chi aspetta.",
        "Those still waiting do not shorten the median: read it beside how many wait.",
    ),
    unit="d",
    events=("proposal.submitted", "proposal.answered"),
    by=("month",),
    sdg=("16.6",),
    iris=("~OI5049",),
    level="output",
    counts="proposals",
)
def response_time(log: Log) -> list[dict[str, Any]]:
    answered = log.rows_of("proposal.answered")
    answered = answered.group_by("activity").aggregate(answered=answered.day.min())
    sent = _submitted(log).left_join(answered, "activity")
    waiting = sent.answered.isnull()
    if log.last:
        waiting |= sent.answered > log.last
    sent = sent.mutate(waiting=ibis.ifelse(waiting, 1, 0), person=sent.activity)
    left = {_key(row, log): row["waiting"] for row in log.engine.rows(log.grouped(sent, waiting=sent.waiting.sum()))}
    done = sent.filter(sent.waiting == 0)
    done = done.mutate(days=done.answered.delta(done.day, unit="day").cast("int64"))
    rows = {_key(row, log): row for row in log.engine.rows(middle(log, done, "days", ("days",)))}
    return [_days(rows.get(key, {}), key, waiting or 0, log) for key, waiting in left.items()]


def _key(row: dict[str, Any], log: Log) -> tuple:
    return tuple(row[name] for name in log.by)


def _days(row: dict[str, Any], key: tuple, waiting: int, log: Log) -> dict[str, Any]:
    low, high = row.get("low_days"), row.get("high_days")
    value = None if low is None else Fraction(low + high, 2)
    group = dict(zip(log.by, key, strict=True))
    return group | {"numerator": value, "denominator": None, "n": row.get("size") or 0, "value": value, "waiting": waiting}


def _answers(log: Log) -> ibis.Table:
    """Scores with their question; without one, the question is "unknown"."""
    given = log.of(log.events("feedback.given"))
    return given.mutate(question=ibis.coalesce(given.question, "unknown"))


@indicator(
    "OM29",
    name=both("Gradimento", "Satisfaction"),
    asks=both("Quanto sono contente le persone, per ogni domanda?", "How content are people, for each question?"),
    numerator=both(
        "Domanda «recommend» (da 0 a 10): chi dà 9 o 10. Altre domande: somma dei punteggi.",
        "Question 'recommend' (0 to 10): those who give 9 or 10. Other questions: sum of the scores.",
    ),
    denominator=both("Risposte alla domanda.", "Answers to the question."),
    exclusions=both("La domanda «importance», che è OM30.", "The question 'importance', which is OM30."),
    limits=both(
        "Risponde chi vuole. response_rate è chi ha risposto fra chi era presente, dove le risposte non sono anonime.",
        "Whoever wants to answers. response_rate is those who answered among those present, where answers are not anonymous.",
    ),
    unit="%",
    events=("feedback.given",),
    by=ALL,
    splits=("question",),
    sdg=("16.6",),
    iris=("PI7163", "~OI5049"),
    level="output",
    counts="answers",
    protected=True,
)
def satisfaction(log: Log) -> list[dict[str, Any]]:
    given = _answers(log)
    given = given.filter(given.question != IMPORTANCE)
    promoters = ibis.ifelse(given.score >= PROMOTER, 1, 0).sum()
    grouped = given.group_by([*log.by, "question"])
    rows = log.engine.rows(
        grouped.aggregate(promoters=promoters, score=given.score.sum(), n=given.count(), answered=given.person.nunique())
    )
    presences = log.of(log.presences)
    asked = log.engine.rows(log.grouped(presences, asked=presences.person.nunique()))
    present = {_key(row, log): row["asked"] for row in asked}
    return [_satisfaction(row, present.get(_key(row, log), 0)) for row in rows]


def _satisfaction(row: dict[str, Any], present: int) -> dict[str, Any]:
    promoters, score, answered = row.pop("promoters"), row.pop("score"), row.pop("answered")
    rate = {"response_rate": answered / present if answered and answered <= present else None}
    if row["question"] == RECOMMEND:
        return row | rate | {"numerator": promoters, "denominator": row["n"]}
    return row | rate | {"numerator": Fraction(score, MILLION), "denominator": row["n"], "unit": "mean score"}


@indicator(
    "OM30",
    name=both("Importanza dell'esito per i ragazzi", "Importance of the outcome to stakeholders"),
    asks=both("Quanto conta l'esito per chi lo vive?", "How much does the outcome matter to those who live it?"),
    numerator=both(
        "Risposte alla domanda «importance» con questo punteggio.", "Answers to the question 'importance' with this score."
    ),
    denominator=both("Tutte le risposte alla domanda.", "All answers to the question."),
    limits=both("Risponde chi vuole.", "Whoever wants to answers."),
    unit="%",
    events=("feedback.given",),
    by=ALL,
    splits=("answer",),
    sdg=("16.7",),
    iris=("OI5495",),
    level="outcome",
    counts="answers",
    protected=True,
)
def importance(log: Log) -> list[dict[str, Any]]:
    given = _answers(log)
    given = given.filter(given.question == IMPORTANCE)
    rows = log.engine.rows(given.group_by([*log.by, "score"]).aggregate(n=given.count()))
    whole: dict[tuple, int] = {}
    for row in rows:
        whole[_key(row, log)] = whole.get(_key(row, log), 0) + row["n"]
    for row in rows:
        row["answer"] = f"{row.pop('score') / MILLION:g}"
    return [row | {"numerator": row["n"], "denominator": whole[_key(row, log)]} for row in rows]
