"""Organisations that the hub accompanies, their grants, births, survival, jobs and partnerships: OM31 to OM36.

Accompanied: an organisation (kind org in people.csv) enrolled in an activity of theme entrepreneurship that held at least one
session while it was enrolled, or that met a mentor there. Since: the day of the first of those.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction
from typing import Any

import ibis

from impact.indicators.definition import both, indicator
from impact.indicators.view import UNKNOWN, Log, month_of

THEME = "entrepreneurship"
_NEEDS = ("people", "activities")
_ACCOMPANIED = both(
    "Organizzazioni iscritte a un'attività di tema entrepreneurship con una sessione tenuta o un incontro di mentoring.",
    "Organisations enrolled in an activity of theme entrepreneurship with a session held or a mentoring meeting.",
)
_OTHERS = both("Organizzazioni non accompagnate.", "Organisations that were not accompanied.")
_NOT_AN_EFFECT = both(
    "Succede anche senza il programma: non misura un effetto.", "Happens without the programme, too: not an effect."
)


def _contacts(log: Log) -> ibis.Table:
    """person, activity, day, month of everything that an accompanied organisation could take part in, in the period."""
    activities, people = log.side("activities"), log.side("people")
    themed = activities.filter(activities.theme == THEME)
    sessions = log.sessions.semi_join(themed, "activity").select("activity", "day", "month")
    enrolled = log.enrolments.join(sessions, "activity")
    stayed = (enrolled.withdrawn == 0) | (enrolled.left >= enrolled.month)
    enrolled = enrolled.filter(stayed).select("person", "activity", "day", "month")
    met = log.records("mentoring.held").semi_join(themed, "activity").select("person", "activity", "day", "month")
    return enrolled.union(met).semi_join(people.filter(people.kind == "org"), "person")


@indicator(
    "OM31",
    name=both("Organizzazioni accompagnate", "Organisations accompanied"),
    asks=both("Quante organizzazioni sono state accompagnate?", "How many organisations were accompanied?"),
    numerator=_ACCOMPANIED,
    exclusions=both("Chi si è ritirato prima della sessione.", "Who withdrew before the session."),
    limits=both("Dice chi era iscritto, non quanto ha partecipato.", "Says who was enrolled, not how much they took part."),
    unit="n",
    events=("enrolment.created", "enrolment.withdrawn", "session.held", "mentoring.held"),
    needs=_NEEDS,
    by=("activity", "month", "cohort", "centre"),
    sdg=("8.3", "9.3"),
    iris=("PI6065", "PI9652"),
    level="output",
    counts="organisations",
    is_count=True,
)
def organisations_accompanied(log: Log) -> ibis.Table:
    contacts = log.of(_contacts(log))
    return log.grouped(contacts, numerator=contacts.person.nunique(), n=contacts.person.nunique())


@indicator(
    "OM32",
    name=both("Startup con grant", "Start-ups with grant"),
    asks=both("Quante organizzazioni hanno avuto un grant, e di quanto?", "How many organisations got a grant, and how much?"),
    numerator=both("Organizzazioni con un grant assegnato.", "Organisations with a grant awarded."),
    exclusions=both(
        "Assegnazioni annullate; di più assegnazioni alla stessa domanda vale l'ultima.",
        "Voided awards; of several to one application the last counts.",
    ),
    limits=both(
        "awarded_eur è quanto assegnato, paid_eur quanto pagato nel periodo: possono cadere in mesi diversi.",
        "awarded_eur is what was awarded, paid_eur what was paid in the period: they may fall in different months.",
    ),
    unit="n",
    events=("grant.awarded", "grant.paid"),
    by=("activity", "month", "cohort", "centre"),
    sdg=("8.3",),
    iris=(),
    level="output",
    counts="organisations",
    is_count=True,
)
def startups_with_grant(log: Log) -> list[dict[str, Any]]:
    keys = ("person", "activity", "session")
    awarded = log.of(log.engine.last(log.events("grant.awarded"), keys, "grant.awarded"))
    paid = log.of(log.engine.last(log.events("grant.paid"), (*keys, "status"), "grant.paid"))  # an instalment each
    rows: dict[tuple, dict[str, Any]] = {}
    figures = {"numerator": awarded.person.nunique(), "awarded_cents": awarded.cents.sum()}
    for row in log.engine.rows(log.grouped(awarded, **figures)) + log.engine.rows(log.grouped(paid, paid_cents=paid.cents.sum())):
        key = tuple(row[name] for name in log.by)
        rows[key] = rows.get(key, {"numerator": 0, "awarded_cents": 0, "paid_cents": 0}) | row
    return [row | {"n": row["numerator"]} | _money(row) for row in rows.values()]


def _money(row: dict[str, Any]) -> dict[str, Any]:
    """Whole cents, which add up exactly, and euro."""
    cents = {kind: int(row[f"{kind}_cents"] or 0) for kind in ("awarded", "paid")}
    return {f"{kind}_cents": held for kind, held in cents.items()} | {
        f"{kind}_eur": Fraction(held, 100) for kind, held in cents.items()
    }


@indicator(
    "OM33",
    name=both("Nuove imprese", "New enterprises"),
    asks=both(
        "Quante organizzazioni accompagnate si sono registrate entro un anno?",
        "How many accompanied organisations registered within a year?",
    ),
    numerator=both(
        "Organizzazioni accompagnate, registrate (org.status) entro 12 mesi dal primo giorno.",
        "Accompanied organisations registered (org.status) within 12 months of their first day.",
    ),
    exclusions=both("Già registrate prima; non accompagnate.", "Registered before; not accompanied."),
    limits=_NOT_AN_EFFECT,
    unit="n",
    events=("org.status", "enrolment.created", "session.held", "mentoring.held"),
    needs=_NEEDS,
    by=("month", "cohort", "centre"),
    sdg=("8.3",),
    iris=("PI4583",),
    level="outcome",
    direct=False,
    counts="organisations",
    is_count=True,
)
def new_enterprises(log: Log) -> list[dict[str, Any]]:
    """The period is that of the registration."""
    born = []
    for org in _followed(log):
        registered = [day for day, status, _ in org["statuses"] if status == "registered"]
        if registered and org["since"] <= min(registered) <= in_a_year(org["since"]) and _is_within(log, min(registered)):
            born.append(org | {"month": min(registered).year * 12 + min(registered).month - 1})
    return [group | {"numerator": len(orgs), "n": len(orgs)} for group, orgs in _by(log, born)]


@indicator(
    "OM34",
    name=both("Sopravvivenza a 12 mesi", "12-month survival"),
    asks=both(
        "Quante organizzazioni accompagnate sono attive dopo un anno?",
        "What share of accompanied organisations is active after a year?",
    ),
    numerator=both(
        "Non chiuse (org.status closed) a 12 mesi dal primo giorno.",
        "Not closed (org.status closed) 12 months after their first day.",
    ),
    denominator=both("Organizzazioni accompagnate.", "Accompanied organisations."),
    exclusions=_OTHERS,
    limits=both(
        "Chi è seguito da meno di 12 mesi entra con lo stimatore di Kaplan e Meier: allora non c'è un numeratore.",
        "Who is followed for less than 12 months enters by the estimator of Kaplan and Meier: then there is no numerator.",
    ),
    unit="%",
    events=("org.status", "enrolment.created", "session.held", "mentoring.held"),
    needs=_NEEDS,
    by=("cohort", "centre"),
    sdg=("8.3",),
    iris=(),
    level="outcome",
    direct=False,
    counts="organisations",
)
def survival(log: Log) -> list[dict[str, Any]]:
    return [group | _survival(orgs, _end(log)) for group, orgs in _by(log, _followed(log))]


def _end(log: Log) -> date:
    """Until when everybody is followed: the end of the period, or the last day of the log."""
    events = log.opened.events
    return log.last or log.engine.row(events.aggregate(day=events.day.max()))["day"]


def _survival(orgs: list[dict[str, Any]], end: date) -> dict[str, Any]:
    times = []  # days followed, and whether closed then
    for org in orgs:
        closed = [day for day, status, _ in org["statuses"] if status == "closed" and org["since"] <= day <= end]
        until = min([*closed, in_a_year(org["since"]), end])
        times.append(((until - org["since"]).days, bool(closed) and until == min(closed), until < in_a_year(org["since"])))
    censored = sum(is_short and not is_closed for _, is_closed, is_short in times)
    answer = {"n": len(orgs), "censored": censored}
    if not censored:
        return answer | {"numerator": sum(not is_closed for _, is_closed, _ in times), "denominator": len(orgs)}
    return answer | {"numerator": None, "denominator": None, "value": kaplan_meier([time[:2] for time in times])}


def kaplan_meier(times: list[tuple[int, bool]]) -> Fraction:
    """The share that outlives the last of these times; each is a duration and whether it ended by the event (not by chance)."""
    share = Fraction(1)
    for time in sorted({time for time, ended in times if ended}):
        at_risk = sum(other >= time for other, _ in times)
        share *= 1 - Fraction(sum(other == time and ended for other, ended in times), at_risk)
    return share


@indicator(
    "OM35",
    name=both("Posti di lavoro netti", "Net jobs"),
    asks=both(
        "Quanti posti di lavoro in più nelle organizzazioni accompagnate?", "How many more jobs in the accompanied organisations?"
    ),
    numerator=both(
        "Somma di (ultimo FTE meno primo FTE) registrati nel periodo; chiusa senza FTE vale 0.",
        "Sum of (last FTE minus first FTE) recorded in the period; closed without FTE is 0.",
    ),
    exclusions=both(
        "Organizzazioni con meno di due misure; non accompagnate.", "Organisations with fewer than two readings; not accompanied."
    ),
    limits=_NOT_AN_EFFECT,
    unit="FTE",
    events=("org.status", "enrolment.created", "session.held", "mentoring.held"),
    needs=_NEEDS,
    by=("cohort", "centre"),
    sdg=("8.5",),
    iris=("PI3687",),
    level="impact",
    direct=False,
    additive=True,
    counts="organisations",
)
def net_jobs(log: Log) -> list[dict[str, Any]]:
    measured = []
    for org in _followed(log):
        read = [(day, 0 if fte is None else fte) for day, status, fte in org["statuses"] if fte is not None or status == "closed"]
        read = [fte for day, fte in read if _is_within(log, day)]
        if len(read) > 1:
            measured.append(org | {"change": read[-1] - read[0]})
    summed = [(group, sum(org["change"] for org in orgs), len(orgs)) for group, orgs in _by(log, measured)]
    return [group | {"numerator": Fraction(change, 1_000_000), "n": count} for group, change, count in summed]


@indicator(
    "OM36",
    name=both("Partenariati nati", "Partnerships formed"),
    asks=both(
        "Quante coppie di organizzazioni hanno firmato un accordo?", "How many pairs of organisations signed an agreement?"
    ),
    numerator=both(
        "Coppie diverse di organizzazioni in accordi firmati.", "Distinct pairs of organisations in agreements signed."
    ),
    exclusions=both("Accordi annullati.", "Voided agreements."),
    limits=both(
        "Un accordo fra n organizzazioni dà n(n-1)/2 coppie. Non dice se il partenariato lavora.",
        "An agreement among n organisations gives n(n-1)/2 pairs. Does not say whether the partnership works.",
    ),
    unit="n",
    events=("partnership.signed",),
    by=("month",),
    sdg=("17.17",),
    iris=(),
    level="outcome",
    direct=False,
    counts="pairs",
    is_count=True,
)
def partnerships(log: Log) -> ibis.Table:
    signed = log.within(log.rows_of("partnership.signed").select("place", "day"))
    signed = signed.mutate(month=month_of(signed.day))
    orgs = log.members("partnership.signed", "orgs").join(signed, "place")
    pairs = orgs.join(orgs.select("place", other="member"), "place")
    keys = [name for name in log.by if name == "month"]
    pairs = pairs.filter(pairs.member < pairs.other).select(*keys, "member", "other").distinct()
    return log.grouped(pairs, numerator=pairs.count(), n=pairs.count())


def _followed(log: Log) -> list[dict[str, Any]]:
    """Accompanied organisations by the end of the period: since, statuses (day, status, FTE in millionths), more."""
    until = log.until()
    contacts = _contacts(until)
    since = until.engine.rows(contacts.group_by("person").aggregate(since=contacts.day.min()))
    told = until.events("org.status")
    told = told.order_by("day", "recorded", ibis.coalesce(told.seq, 0), "place")
    statuses: dict[str, list[tuple]] = {}
    for row in until.engine.rows(told.select("person", "day", "status", "fte")):
        statuses.setdefault(row["person"], []).append((row["day"], row["status"], row["fte"]))
    people = {row["person"]: row for row in log.sides["people"]}
    known = [people[row["person"]] | row for row in since]
    return [org | {"statuses": statuses.get(org["person"], [])} for org in known]


def _by(log: Log, orgs: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    groups: dict[tuple, list[dict[str, Any]]] = {} if log.by else {(): []}
    for org in orgs:
        groups.setdefault(tuple(org[name] or UNKNOWN for name in log.by), []).append(org)
    for key, members in groups.items():
        yield dict(zip(log.by, key, strict=True)), members


def _is_within(log: Log, day: date) -> bool:
    return (log.first is None or day >= log.first) and (log.last is None or day <= log.last)


def in_a_year(day: date) -> date:
    """The same day 12 months later; of 29 February, 28 February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
