"""Enrolment, completion, dropout and dose: OM09, OM13, OM14, OM15, OM17, OM27, OM37."""

from fractions import Fraction
from typing import Any

import ibis

from impact.indicators.definition import ALL, both, indicator
from impact.indicators.view import PERSONAL, Log, month_of

GROUP_MINUTES = 60  # of presence in group training from which somebody counts as trained
LAST_SESSIONS = 3  # of an activity: who is at none of them has dropped out
_PAIRS = both("Una persona iscritta a due attività conta due volte.", "A person enrolled in two activities counts twice.")
_ENROLLED = both(
    "Tutte le iscrizioni fatte entro la fine del periodo; con un periodo o per mese, alle attività che vi hanno tenuto sessioni.",
    "All enrolments made by the end of the period; with a period or by month, in activities that held sessions in it.",
)


@indicator(
    "OM09",
    name=both("Persone formate in gruppo", "Trained in groups"),
    asks=both("Quante persone hanno seguito formazione di gruppo?", "How many people were trained in groups?"),
    numerator=both(
        "Persone con almeno 60 minuti di presenza in attività di gruppo.",
        "Persons with at least 60 minutes of presence in group activities.",
    ),
    exclusions=both("Attività senza group = yes in activities.csv.", "Activities without group = yes in activities.csv."),
    limits=both("La soglia di 60 minuti è una scelta di questo catalogo.", "The 60 minutes are a choice of this catalogue."),
    unit="n",
    events=("attendance.recorded",),
    needs=("activities",),
    by=ALL,
    sdg=("4.4",),
    iris=("PI7997", "PI2998"),
    level="output",
    counts="persons",
    is_count=True,
)
def trained_in_groups(log: Log) -> ibis.Table:
    activities = log.side("activities")
    presences = log.presences.semi_join(activities.filter(activities.group == 1), "activity")
    keys = ["person", *(name for name in ("activity", "month") if name in log.by)]
    summed = presences.group_by(keys).aggregate(minutes=presences.minutes.sum())
    trained = log.of(summed.filter(summed.minutes >= GROUP_MINUTES))
    return log.grouped(trained, numerator=trained.person.nunique(), n=trained.person.nunique())


def _enrolled(log: Log) -> tuple[ibis.Table, list[str]]:
    """One row for each enrolment that counts (and month, by month) with the held and the present minutes, and the keys."""
    keys = ["activity", *(["month"] if "month" in log.by else [])]
    sessions, presences = log.sessions, log.presences
    held = sessions.group_by(keys).aggregate(held=sessions.minutes.sum())
    there = presences.group_by(["person", *keys]).aggregate(there=presences.minutes.sum())
    pairs = log.enrolments
    if "month" in log.by:
        pairs = pairs.join(held, "activity")
        pairs = pairs.filter(pairs.enrolled <= pairs.month)
        withdrawn = ibis.ifelse((pairs.withdrawn == 1) & (pairs.left <= pairs.month), 1, 0)
        pairs = pairs.mutate(withdrawn=withdrawn)
    elif log.first or log.last:
        pairs = pairs.join(held, "activity")
    else:
        pairs = pairs.left_join(held, "activity")
    pairs = pairs.select("person", *keys, "withdrawn", held=ibis.coalesce(pairs.held, 0))
    found = pairs.left_join(there, ["person", *keys])
    return log.of(found.select("person", *keys, "withdrawn", "held", there=ibis.coalesce(found.there, 0))), keys


@indicator(
    "OM13",
    name=both("Tasso di completamento", "Completion rate"),
    asks=both(
        "Di chi si è iscritto, quanti hanno completato il percorso?", "Of those enrolled, what share completed the course?"
    ),
    numerator=both(
        "Iscritti, non ritirati, presenti almeno al 75 % dei minuti delle sessioni tenute.",
        "Enrolled, not withdrawn, present for at least 75 % of the minutes of the sessions held.",
    ),
    denominator=_ENROLLED,
    exclusions=both("Nessuna: chi si ritira resta sotto.", "None: who withdraws stays below the line."),
    limits=_PAIRS,
    unit="%",
    events=("enrolment.created", "enrolment.withdrawn", "session.held", "attendance.recorded"),
    by=ALL,
    sdg=("4.4",),
    iris=(),
    level="output",
    counts="persons",
)
def completion_rate(log: Log) -> ibis.Table:
    pairs, _ = _enrolled(log)
    complete = (pairs.withdrawn == 0) & (pairs.held > 0) & (pairs.there * 4 >= pairs.held * 3)
    figures = {"numerator": ibis.ifelse(complete, 1, 0).sum(), "denominator": pairs.count(), "n": pairs.person.nunique()}
    return log.grouped(pairs, **figures)


@indicator(
    "OM14",
    name=both("Abbandono del percorso", "Dropout from course"),
    asks=both("Di chi si è iscritto, quanti hanno lasciato?", "Of those enrolled, what share left?"),
    numerator=both(
        "Iscritti ritirati, o mai presenti nelle ultime 3 sessioni dell'attività.",
        "Enrolled who withdrew, or were at none of the last 3 sessions of the activity.",
    ),
    denominator=_ENROLLED,
    limits=both(
        "Le 3 sessioni sono una scelta di questo catalogo. Non è l'abbandono scolastico.",
        "The 3 sessions are a choice of this catalogue. This is not school dropout.",
    ),
    unit="%",
    events=("enrolment.created", "enrolment.withdrawn", "session.held", "attendance.recorded"),
    by=ALL,
    sdg=("4.1",),
    iris=("~PI9910",),
    level="output",
    counts="persons",
)
def dropout(log: Log) -> ibis.Table:
    pairs, keys = _enrolled(log)
    sessions = log.sessions
    order = [ibis.desc(sessions.day), ibis.desc(sessions.place)]
    ranked = sessions.mutate(rank=ibis.row_number().over(ibis.window(group_by=keys, order_by=order)))
    last = ranked.filter(ranked["rank"] < LAST_SESSIONS)
    seen = log.attendance.filter(log.attendance.is_present == 1).semi_join(last, [*keys, "session"])
    seen = seen.select("person", *keys).distinct().mutate(seen=ibis.literal(1))
    found = pairs.left_join(seen, ["person", *keys])
    gone = (found.withdrawn == 1) | (found.seen.isnull() & (found.held > 0))
    figures = {"numerator": ibis.ifelse(gone, 1, 0).sum(), "denominator": found.count(), "n": found.person.nunique()}
    return log.grouped(found, **figures)


@indicator(
    "OM15",
    name=both("Motivi di abbandono", "Dropout reasons"),
    asks=both("Perché chi si ritira si ritira?", "Why do those who withdraw withdraw?"),
    numerator=both("Ritiri con questo motivo.", "Withdrawals for this reason."),
    denominator=both("Tutti i ritiri.", "All withdrawals."),
    exclusions=both(
        "Ritiri annullati; di più ritiri della stessa persona dalla stessa attività vale l'ultimo.",
        "Voided withdrawals; of several by one person from one activity the last counts.",
    ),
    limits=both("Il motivo è quello dichiarato, da un elenco chiuso.", "The reason is the one declared, from a closed list."),
    unit="%",
    events=("enrolment.withdrawn",),
    by=ALL,
    splits=("reason",),
    sdg=("4.5",),
    iris=("PI9872",),
    level="output",
    counts="withdrawals",
    protected=True,
)
def dropout_reasons(log: Log) -> ibis.Table:
    left = log.of(log.records("enrolment.withdrawn"))
    left = left.mutate(reason=ibis.coalesce(left.status, "unsaid"))
    parts = left.group_by([*log.by, "reason"]).aggregate(numerator=left.count(), n=left.count())
    whole = log.grouped(left, denominator=left.count())
    return parts.join(whole, list(log.by)) if log.by else parts.cross_join(whole)


@indicator(
    "OM17",
    name=both("Dose ricevuta", "Dose received"),
    asks=both(
        "Quanta parte delle ore previste riceve un iscritto tipico?",
        "What part of the scheduled hours does a typical enrolled person receive?",
    ),
    numerator=both(
        "Mediana dei minuti di presenza validi di ogni iscritto.", "Median of each enrolled person's valid minutes of presence."
    ),
    denominator=both("Minuti previsti dell'attività (activities.csv).", "Scheduled minutes of the activity (activities.csv)."),
    exclusions=both("Attività senza minuti previsti.", "Activities without scheduled minutes."),
    limits=both(
        "Su più attività è la mediana delle quote di ogni iscrizione. I minuti previsti non sono per mese.",
        "Over several activities it is the median of the shares of each enrolment. Scheduled minutes are not by month.",
    ),
    unit="%",
    events=("enrolment.created", "attendance.recorded"),
    needs=("activities",),
    by=("activity", *PERSONAL),
    sdg=("4.4",),
    iris=(),
    level="output",
    counts="persons",
)
def dose_received(log: Log) -> list[dict[str, Any]]:
    activities = log.side("activities")
    planned = activities.filter(activities.scheduled_minutes > 0).select("activity", scheduled="scheduled_minutes")
    pairs, _ = _enrolled(log)
    pairs = pairs.join(planned, "activity")
    pairs = pairs.mutate(share=pairs.there.cast("float64") / pairs.scheduled.cast("float64"))
    return [_dose(row) for row in log.engine.rows(middle(log, pairs, "share", ("there", "scheduled")))]


def middle(log: Log, table: ibis.Table, order: str, columns: tuple[str, ...]) -> ibis.Table:
    """By group: n, and the columns of the two rows in the middle (the same one where n is odd), as low_... and high_..."""
    group = list(log.by)
    place = ibis.row_number().over(ibis.window(group_by=group, order_by=[table[order], *(table[name] for name in columns)]))
    size = table.count().over(ibis.window(group_by=group))
    ranked = table.mutate(twice=place * 2, size=size)
    figures = {}
    for end, ahead in (("low", 2), ("high", 1)):  # counting from 0, the places are (n - 1) // 2 and n // 2
        is_end = (ranked.twice == ranked["size"] - ahead) | (ranked.twice == ranked["size"] - ahead + 1)
        figures |= {f"{end}_{name}": ranked[name].max(where=is_end) for name in columns}
    return log.grouped(ranked, n=ranked.person.nunique(), size=ranked.count(), **figures)


def _dose(row: dict[str, Any]) -> dict[str, Any]:
    ends = [(row.pop(f"{end}_there"), row.pop(f"{end}_scheduled")) for end in ("low", "high")]
    if not row.pop("size"):
        return row | {"numerator": None, "denominator": None, "value": None}
    (low, low_of), (high, high_of) = ends
    figures = {"numerator": None, "denominator": None}
    if low_of == high_of:
        figures = {"numerator": Fraction(low + high, 2), "denominator": low_of}
    return row | figures | {"value": (Fraction(low, low_of) + Fraction(high, high_of)) / 2}


@indicator(
    "OM27",
    name=both("Badge verificati", "Verified badges"),
    asks=both("Quanti ragazzi hanno un badge verificato?", "How many kids have a verified badge?"),
    numerator=both("Persone con almeno un badge verificato.", "Persons with at least one verified badge."),
    exclusions=both("Badge annullati.", "Voided badges."),
    limits=both(
        "La verifica a campione è dell'ente valutatore: il registro dice solo il suo esito.",
        "The sample check is the evaluator's: the log only says what came of it.",
    ),
    unit="n",
    events=("badge.verified",),
    by=ALL,
    sdg=("4.4",),
    iris=("~PI8372",),
    level="outcome",
    counts="persons",
    is_count=True,
)
def verified_badges(log: Log) -> ibis.Table:
    badges = log.within(log.rows_of("badge.verified").select("day", "person", "activity"))
    badges = log.of(badges.mutate(month=month_of(badges.day)))
    return log.grouped(badges, numerator=badges.person.nunique(), n=badges.person.nunique())


@indicator(
    "OM37",
    name=both("Promozione scolastica", "School promotion"),
    asks=both("Quanti degli iscritti sono promossi a scuola?", "What share of those enrolled were promoted at school?"),
    numerator=both("Anni scolastici con promozione (schools.csv).", "School years with promotion (schools.csv)."),
    denominator=both(
        "Anni scolastici di iscritti che le scuole hanno comunicato.", "School years of enrolled persons that schools reported."
    ),
    exclusions=both(
        "Chi non è iscritto ad alcuna attività; scuole senza accordo.",
        "Who is enrolled in no activity; schools without agreement.",
    ),
    limits=both(
        "Dipende da molte cose oltre al programma: non misura un effetto. Non segue il periodo, ma l'anno scolastico.",
        "Depends on much besides the programme: not an effect. Follows the school year, not the period.",
    ),
    unit="%",
    events=("enrolment.created",),
    needs=("schools",),
    by=("activity", *PERSONAL),
    sdg=("4.1",),
    iris=("PI4924",),
    level="impact",
    direct=False,
    counts="persons",
)
def school_promotion(log: Log) -> ibis.Table:
    keys = ["person", *(["activity"] if "activity" in log.by else [])]
    enrolled = log.enrolments.select(*keys).distinct()
    years = log.of(log.side("schools").join(enrolled, "person"))
    return log.grouped(years, numerator=years.promoted.sum(), denominator=years.count(), n=years.person.nunique())
