"""What may be asked for as a file, and until when it is kept."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from hub.refusal import Refusal

FORMATS = ("csv", "xlsx", "json", "parquet")
COLUMNS = ("activity", "month", "cohort", "age_band", "gender", "centre")
MOST_COLUMNS = 3  # crossed, cells beyond that hold nobody that may be shown
MOST_OPEN = 5
KEPT = timedelta(days=7)


def must_be_a_period(first: date | None, last: date | None) -> None:
    if first and last and last < first:
        raise Refusal("L'ultimo giorno viene prima del primo: scambiali.", field="last", rule="period")


def must_be_few(columns: Collection[str]) -> None:
    if len(columns) > MOST_COLUMNS:
        raise Refusal("Scegli al massimo %(most)s divisioni.", field="by", rule="columns", most=MOST_COLUMNS)


def must_have_rows(sealed: int) -> None:
    if not sealed:
        raise Refusal("Il registro non ha ancora righe sigillate: riprova fra un minuto.", rule="empty")


def must_be_room(waiting: int) -> None:
    if waiting >= MOST_OPEN:
        raise Refusal("Ci sono già %(count)s file in preparazione: aspetta che ne finisca uno.", rule="queue", count=waiting)


def is_kept(ended_at: datetime | None, at: datetime) -> bool:
    """Whether the bytes of a file that was done then are still there."""
    return ended_at is not None and at < ended_at + KEPT
