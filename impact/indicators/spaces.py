"""The use of spaces: OM12, OM20."""

import ibis

from impact.indicators.definition import ALL, EVENT, both, indicator
from impact.indicators.view import Log


@indicator(
    "OM12",
    name=both("Assenze ingiustificate", "No-show rate"),
    asks=both(
        "Quante prenotazioni non disdette restano senza nessuno?", "What share of bookings that were kept had nobody come?"
    ),
    numerator=both("Prenotazioni né disdette né usate.", "Bookings neither cancelled nor attended."),
    denominator=both("Prenotazioni non disdette.", "Bookings not cancelled."),
    exclusions=both("Prenotazioni disdette; eventi annullati.", "Cancelled bookings; voided events."),
    limits=both(
        "Una prenotazione il cui giorno deve ancora venire conta come non usata: chiedere un periodo già passato. Il mese è"
        " quello della richiesta.",
        "A booking whose day is yet to come counts as not attended: ask for a period that is over. The month is that of the"
        " request.",
    ),
    unit="%",
    events=("space.booked", "space.cancelled", "space.used"),
    by=ALL,
    sdg=("4.a",),
    iris=(),
    level="output",
    counts="bookings",
)
def no_show_rate(log: Log) -> ibis.Table:
    keys = ["activity", "session"]
    booked = log.records("space.booked")
    kept = booked.anti_join(_whole(log, "space.cancelled"), keys)
    used = _whole(log, "space.used").select(*keys).distinct().mutate(used=ibis.literal(1))
    kept = log.of(kept.left_join(used, keys).drop("activity_right", "session_right"))
    missed = ibis.ifelse(kept.used.isnull(), 1, 0).sum()
    return log.grouped(kept, numerator=missed, denominator=kept.count(), n=kept.count())


def _whole(log: Log, kind: str) -> ibis.Table:
    """What became of a booking may fall after the period in which it was made."""
    return log.without_period().records(kind)


@indicator(
    "OM20",
    name=both("Uso degli spazi", "Space utilisation"),
    asks=both("Quanta parte del tempo prenotabile è stata usata?", "What part of the bookable time was used?"),
    numerator=both(
        "Minuti di uso (space.used) degli spazi e mesi di openings.csv.",
        "Minutes of use (space.used) of the spaces and months of openings.csv.",
    ),
    denominator=both("Minuti prenotabili (openings.csv).", "Bookable minutes (openings.csv)."),
    exclusions=both("Usi di spazi o mesi che openings.csv non ha.", "Uses of spaces or months that openings.csv lacks."),
    limits=both(
        "Le aperture sono per mese: servono mesi interi. Non conta le sessioni senza prenotazione di spazio.",
        "Openings are by month: whole months are wanted. Sessions without a booking of space are not counted.",
    ),
    unit="%",
    events=("space.used",),
    needs=("openings",),
    by=EVENT,
    sdg=("11.3",),
    iris=(),
    level="output",
    counts="uses",
    minimum_n=0,
)
def space_utilisation(log: Log) -> ibis.Table:
    openings = log.within_months(log.side("openings")).rename(activity="space")
    used = log.records("space.used")
    used = used.group_by(["activity", "month"]).aggregate(used=used.minutes.sum(), times=used.count())
    both_ = openings.left_join(used, ["activity", "month"])
    both_ = both_.select(
        "activity", "month", "bookable_minutes", used=ibis.coalesce(both_.used, 0), times=ibis.coalesce(both_.times, 0)
    )
    return log.grouped(both_, numerator=both_.used.sum(), denominator=both_.bookable_minutes.sum(), n=both_.times.sum())
