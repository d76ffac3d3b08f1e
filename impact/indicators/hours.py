"""Hours given and taken, who gave them, what they cost: OM01 to OM04, OM08."""

from fractions import Fraction

import ibis

from impact.indicators.definition import ALL, EVENT, VOIDED, both, indicator
from impact.indicators.view import Log, month_of

HOUR = 60


@indicator(
    "OM01",
    name=both("Ore erogate", "Hours delivered"),
    asks=both("Quante ore di attività si sono tenute?", "How many hours of activity were held?"),
    numerator=both("Minuti delle sessioni tenute.", "Minutes of the sessions held."),
    denominator=both("60, per avere ore.", "60, to give hours."),
    exclusions=VOIDED,
    limits=both("Dice che cosa è stato offerto, non chi c'era.", "Says what was offered, not who was there."),
    per=HOUR,
    unit="h",
    events=("session.held",),
    by=EVENT,
    sdg=("4.4",),
    iris=(),
    level="activity",
    additive=True,
    counts="sessions",
    is_count=True,
)
def hours_delivered(log: Log) -> ibis.Table:
    held = log.sessions
    return log.grouped(held, numerator=held.minutes.sum(), n=held.count())


@indicator(
    "OM02",
    name=both("Formatori e tutor attivi", "Active trainers and tutors"),
    asks=both("Quante persone hanno tenuto sessioni?", "How many people held sessions?"),
    numerator=both("Formatori diversi in almeno una sessione tenuta.", "Distinct trainers in at least one session held."),
    exclusions=VOIDED,
    limits=both(
        "Non si somma fra mesi o attività: la stessa persona può lavorare in più di uno.",
        "Not to be summed over months or activities: the same person may work in several.",
    ),
    unit="n",
    events=("session.held",),
    by=EVENT,
    sdg=("4.c",),
    iris=(),
    level="input",
    counts="trainers",
    is_count=True,
)
def active_trainers(log: Log) -> ibis.Table:
    working = log.sessions.join(log.members("session.held", "trainers"), "place")
    return log.grouped(working, numerator=working.member.nunique(), n=working.member.nunique())


@indicator(
    "OM03",
    name=both("Ore volontarie", "Volunteer hours"),
    asks=both("Quante ore hanno dato i volontari?", "How many hours did volunteers give?"),
    numerator=both("Minuti dei turni registrati.", "Minutes of the shifts recorded."),
    denominator=both("60, per avere ore.", "60, to give hours."),
    exclusions=both("Turni annullati.", "Voided shifts."),
    limits=both("Solo i turni che qualcuno ha registrato.", "Only shifts that somebody recorded."),
    per=HOUR,
    unit="h",
    events=("shift.recorded",),
    by=("month", "cohort", "age_band", "gender", "centre"),
    sdg=("17.17",),
    iris=("OI1166",),
    level="input",
    additive=True,
    counts="persons",
    is_count=True,
)
def volunteer_hours(log: Log) -> ibis.Table:
    shifts = log.rows_of("shift.recorded").select("day", "person", "minutes")
    shifts = log.of(log.within(shifts).mutate(month=month_of(ibis._.day)))
    figures = {"numerator": shifts.minutes.sum(), "n": shifts.person.nunique()}
    return log.grouped(shifts, **figures)


@indicator(
    "OM04",
    name=both("Costo per ora-persona", "Cost per person-hour"),
    asks=both("Quanto è costata un'ora di una persona?", "What did one hour of one person cost?"),
    numerator=both("Costi ammissibili dei mesi del periodo.", "Eligible costs of the months of the period."),
    denominator=both("Ore-persona (OM08).", "Person-hours (OM08)."),
    exclusions=both("Costi non ammissibili.", "Costs that are not eligible."),
    limits=both(
        "I costi sono per mese: servono mesi interi. Non dice se il costo vale la pena.",
        "Costs are by month: whole months are wanted. Does not say whether it was worth the cost.",
    ),
    unit="EUR/h",
    events=("attendance.recorded",),
    needs=("costs",),
    by=EVENT,
    sdg=("4.4",),
    iris=(),
    level="input",
    counts="persons",
    factor=Fraction(60, 100),
)
def cost_per_person_hour(log: Log) -> ibis.Table:
    """Cents over minutes, times 60 / 100: euro an hour."""
    costs, presences = log.within_months(log.side("costs")), log.presences
    spent = log.grouped(costs, numerator=costs.eligible_cents.sum())
    taken = log.grouped(presences, denominator=presences.minutes.sum(), n=presences.person.nunique())
    return (
        spent.left_join(taken, list(log.by)).select(*log.by, "numerator", "denominator", "n")
        if log.by
        else spent.cross_join(taken)
    )


@indicator(
    "OM08",
    name=both("Ore-persona", "Person-hours"),
    asks=both("Quante ore di presenza in tutto?", "How many hours of presence in all?"),
    numerator=both("Minuti di presenza validi.", "Valid minutes of presence."),
    denominator=both("60, per avere ore.", "60, to give hours."),
    exclusions=both("Assenze; eventi annullati.", "Absences; voided events."),
    limits=both("Conta il tempo, non quanto si impara.", "Counts time, not what is learnt."),
    per=HOUR,
    unit="h",
    events=("attendance.recorded",),
    by=ALL,
    sdg=("4.4",),
    iris=(),
    level="output",
    additive=True,
    counts="persons",
    is_count=True,
)
def person_hours(log: Log) -> ibis.Table:
    presences = log.of(log.presences)
    figures = {"numerator": presences.minutes.sum(), "n": presences.person.nunique()}
    return log.grouped(presences, **figures)
