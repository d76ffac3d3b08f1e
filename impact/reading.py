"""What `verify` asks of a log beside its chain: minutes that can be, and voids that name an event of the log.

A changed or missing row is a matter of the chain, which names it; so both are told only where the chain does not break.
"""

from collections.abc import Iterator

from impact import database, log
from impact.countable import must_be_believable
from impact.row import LogError, Row


class Reading:
    """One reading of a log, which remembers what it saw; only a log with voids is read a second time."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._file = database.shown(source) if database.is_url(source) else log.locate(source)
        self._fault: LogError | None = None
        self._voids: dict[str, Row] = {}  # by ref, the first that names it

    def rows(self) -> Iterator[Row]:
        """As `impact.log.rows`."""
        for row in log.rows(self.source):
            if row.type == "event.voided":
                self._voids.setdefault(row.ref, row)
            if self._fault is None:
                try:
                    must_be_believable(row, self._file)
                except LogError as error:
                    self._fault = error
            yield row

    def must_be_sound(self) -> None:
        """Raises `LogError` for the first row that cannot be, once `rows` is read to its end."""
        if self._fault:
            raise self._fault
        if not self._voids:
            return
        known = {row.event_id for row in log.rows(self.source) if row.event_id in self._voids}
        for ref, void in self._voids.items():
            if ref not in known:
                words = f"{ref!r} is not an event of this log: a void names what it cancels"
                raise LogError(self._file, void.line, "ref", words)
