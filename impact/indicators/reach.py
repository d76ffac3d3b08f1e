"""Who came, and came again: OM05 to OM07, OM10, OM11, OM16, OM18, OM19."""

import ibis

from impact.indicators.definition import ALL, VOIDED, both, indicator
from impact.indicators.view import Log
from impact.sides import MINORS

FEMALE = ("f", "female")
_UNKNOWN_AGE = both(
    "Chi non è in people.csv non ha età nota e non è contato.", "Who is not in people.csv has no known age and is not counted."
)


def _unique(log: Log, presences: ibis.Table) -> ibis.Table:
    people = presences.person.nunique()
    return log.grouped(presences, numerator=people, n=people)


@indicator(
    "OM05",
    name=both("Partecipanti unici", "Unique participants"),
    asks=both("Quante persone diverse sono venute almeno una volta?", "How many different people came at least once?"),
    numerator=both("Persone con almeno una presenza valida.", "Persons with at least one valid presence."),
    exclusions=VOIDED,
    limits=both(
        "Non si somma fra mesi o attività: chi torna è sempre la stessa persona.",
        "Not to be summed over months or activities: who comes again is the same person.",
    ),
    unit="n",
    events=("attendance.recorded",),
    by=ALL,
    sdg=("4.3",),
    iris=("PI4060",),
    level="output",
    counts="persons",
    is_count=True,
)
def unique_participants(log: Log) -> ibis.Table:
    return _unique(log, log.of(log.presences))


@indicator(
    "OM06",
    name=both("Minori unici", "Unique minors"),
    asks=both("Quanti ragazzi sotto i 18 anni sono venuti?", "How many under 18 came?"),
    numerator=both("OM05 con fascia d'età sotto i 18 anni.", "OM05 with an age band under 18."),
    exclusions=_UNKNOWN_AGE,
    limits=both("La fascia d'età è quella di people.csv. Non si somma.", "The age band is that of people.csv. Not to be summed."),
    unit="n",
    events=("attendance.recorded",),
    needs=("people",),
    by=ALL,
    sdg=("4.5",),
    iris=("PI1945",),
    level="output",
    counts="persons",
    is_count=True,
)
def unique_minors(log: Log) -> ibis.Table:
    return _unique(log, _minors(log, log.presences))


def _minors(log: Log, presences: ibis.Table, *more: str) -> ibis.Table:
    known = log.of(presences, "age_band", *more)
    return known.filter(known.age_band.isin(MINORS))


@indicator(
    "OM07",
    name=both("Nuovi partecipanti", "First-time participants"),
    asks=both("Quante persone sono venute per la prima volta?", "How many people came for the first time?"),
    numerator=both(
        "Persone la cui prima presenza valida di sempre cade nel periodo.",
        "Persons whose first valid presence ever falls in the period.",
    ),
    exclusions=VOIDED,
    limits=both(
        "«Di sempre» vuol dire da quando comincia il registro. Per attività: quella della prima presenza.",
        "'Ever' means since the log begins. By activity: that of the first presence.",
    ),
    unit="n",
    events=("attendance.recorded",),
    by=ALL,
    sdg=("4.3",),
    iris=("PI8732",),
    level="output",
    counts="persons",
    is_count=True,
)
def first_time_participants(log: Log) -> ibis.Table:
    ever = log.all_attendance.filter(log.all_attendance.is_present == 1)
    firsts = ever.group_by("person").aggregate(day=ever.day.min())
    return _unique(log, log.of(log.within(ever.semi_join(firsts, ["person", "day"]))))


@indicator(
    "OM10",
    name=both("Persone seguite una a una", "One-to-one advised"),
    asks=both("Quante persone hanno avuto incontri con un mentore?", "How many people met a mentor?"),
    numerator=both("Persone con almeno un incontro di mentoring.", "Persons with at least one mentoring meeting."),
    exclusions=VOIDED,
    limits=both("Non si somma fra mesi o attività.", "Not to be summed over months or activities."),
    unit="n",
    events=("mentoring.held",),
    by=ALL,
    sdg=("8.3",),
    iris=("PI5352",),
    level="output",
    counts="persons",
    is_count=True,
)
def one_to_one(log: Log) -> ibis.Table:
    return _unique(log, log.of(log.records("mentoring.held")))


@indicator(
    "OM11",
    name=both("Tasso di presenza", "Attendance rate"),
    asks=both("Di quante presenze segnate le persone c'erano?", "Of the attendance records taken, what share is presence?"),
    numerator=both(
        "Registrazioni valide di presenza (anche in ritardo o uscita prima).",
        "Valid records of presence (late and left early, too).",
    ),
    denominator=both("Tutte le registrazioni valide.", "All valid records."),
    exclusions=VOIDED,
    limits=both("Chi non è stato segnato non c'è né sopra né sotto.", "Who was not marked is neither above nor below the line."),
    unit="%",
    events=("attendance.recorded",),
    by=ALL,
    sdg=("4.1",),
    iris=("PI3786",),
    level="output",
    counts="persons",
)
def attendance_rate(log: Log) -> ibis.Table:
    records = log.of(log.attendance)
    figures = {"numerator": records.is_present.sum(), "denominator": records.count(), "n": records.person.nunique()}
    return log.grouped(records, **figures)


@indicator(
    "OM16",
    name=both("Fidelizzazione mensile", "Month-to-month retention"),
    asks=both(
        "Di chi viene in un mese, quanti tornano il mese dopo?", "Of those who come in a month, how many come in the next?"
    ),
    numerator=both("Chi è venuto nel mese m e anche in m+1.", "Attendees of month m who attend in m+1."),
    denominator=both("Chi è venuto nel mese m.", "Attendees of month m."),
    exclusions=both(
        "L'ultimo mese del periodo, che non ha ancora un mese dopo.", "The last month of the period, which has no next month yet."
    ),
    limits=both(
        "Senza mese, somma sopra e somma sotto di tutti i mesi. Una pausa estiva conta come non tornati.",
        "Without month, the sums above and below over all months. A summer break counts as not coming back.",
    ),
    unit="%",
    events=("attendance.recorded",),
    by=ALL,
    sdg=("4.4",),
    iris=("~PI9319",),
    level="output",
    counts="persons",
)
def retention(log: Log) -> ibis.Table:
    keys = ["person", "month", *(["activity"] if "activity" in log.by else [])]
    came = log.presences.select(*keys).distinct()
    again = came.mutate(month=came.month - 1, came_again=ibis.literal(1))
    last = log.span[1] or 0
    months = came.filter(came.month < last).left_join(again, keys)
    months = log.of(months.select(*keys, came_again=ibis.coalesce(months.came_again, 0)))
    figures = {"numerator": months.came_again.sum(), "denominator": months.count(), "n": months.person.nunique()}
    return log.grouped(months, **figures)


@indicator(
    "OM18",
    name=both("Quota di ragazze in STEAM", "Share of girls in STEAM"),
    asks=both("Nelle attività STEAM, quanti dei minori sono ragazze?", "In STEAM activities, what share of minors are girls?"),
    numerator=both("Ragazze fra i minori unici delle attività STEAM.", "Girls among the unique minors of STEAM activities."),
    denominator=both("Minori unici (OM06) delle attività con tema STEAM.", "Unique minors (OM06) of activities of theme STEAM."),
    exclusions=_UNKNOWN_AGE,
    limits=both(
        "Genere «f» o «female» in people.csv; chi non lo ha detto sta solo sotto.",
        "Gender 'f' or 'female' in people.csv; who did not say is only below the line.",
    ),
    unit="%",
    events=("attendance.recorded",),
    needs=("people", "activities"),
    by=ALL,
    sdg=("4.5", "5.b"),
    iris=("~PI8330",),
    level="output",
    counts="persons",
)
def girls_in_steam(log: Log) -> ibis.Table:
    activities = log.side("activities")
    steam = activities.filter(activities.theme == "steam")
    minors = _minors(log, log.presences.semi_join(steam, "activity"), "gender")
    is_girl = minors.gender.lower().isin(FEMALE)
    figures = {
        "numerator": minors.person.nunique(where=is_girl),
        "denominator": minors.person.nunique(),
        "n": minors.person.nunique(),
    }
    return log.grouped(minors, **figures)


@indicator(
    "OM19",
    name=both("Partecipanti con disabilità", "Participants with disabilities"),
    asks=both("Quanti partecipanti hanno detto di avere una disabilità?", "How many participants declared a disability?"),
    numerator=both(
        "Persone con almeno una presenza e disabilità dichiarata.", "Persons with a presence and a declared disability."
    ),
    exclusions=both("Chi non ha dichiarato nulla.", "Who declared nothing."),
    limits=both("Solo dichiarata: il numero vero è maggiore o uguale.", "Declared only: the true number is at least this."),
    unit="n",
    events=("attendance.recorded",),
    needs=("people",),
    by=ALL,
    sdg=("10.2",),
    iris=("PI6266",),
    level="output",
    counts="persons",
    minimum_n=5,
    is_count=True,
)
def with_disabilities(log: Log) -> ibis.Table:
    known = log.of(log.presences, "disability")
    return _unique(log, known.filter(known.disability == 1))
