"""A log as indicators see it: the valid records of a period, with the columns that an answer may be broken down by."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import ibis
import pyarrow as pa

from impact.countable import PRESENT
from impact.sides import NUMBERS, SIDES
from impact.tables import Opened

PERSONAL = ("cohort", "age_band", "gender", "centre")
DIMENSIONS = ("activity", "month", *PERSONAL)
UNKNOWN = "unknown"
ATTENDANCE = "attendance.recorded"
RECORD = ("day", "recorded", "seq", "place", "person", "activity", "session", "minutes", "status")


def month_of(day: ibis.Value) -> ibis.Value:
    """The number of the month (see impact.sides): whole numbers are the same on every engine."""
    return (day.year().cast("int32") * 12 + day.month().cast("int32") - 1).cast("int32")


def month_name(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


class Log:
    """Records are valid ones: not voided, and of several for the same person, activity and session the last.

    Every record has a `day`, that of its session where the log holds it, and a `month`. first, last: the days of the
    period, both inclusive, or None; by: what the answer is broken down by, of `DIMENSIONS`.
    """

    def __init__(
        self,
        opened: Opened,
        sides: Mapping[str, list[dict[str, Any]]] | None = None,
        *,
        first: date | None = None,
        last: date | None = None,
        by: Sequence[str] = (),
        scores: Mapping[str, Any] | None = None,
        shared: "Log | None" = None,
    ) -> None:
        self.opened, self.engine = opened, opened.engine
        self.first, self.last, self.by = first, last, tuple(by)
        self.sides, self.scores = sides or {}, scores or {}
        self._kept: dict[str, Any] = shared._kept if shared else {}

    def broken_down(self, by: Sequence[str]) -> "Log":
        """The same log and period by other columns; what was computed already is not computed again."""
        return Log(self.opened, self.sides, first=self.first, last=self.last, by=by, scores=self.scores, shared=self)

    def without_period(self) -> "Log":
        return Log(self.opened, self.sides, by=self.by, shared=self)

    def until(self) -> "Log":
        """From the beginning of the log to the end of the period."""
        return Log(self.opened, self.sides, last=self.last, by=self.by, shared=self)

    # --- records of the whole log, kept once computed

    @property
    def all_sessions(self) -> ibis.Table:
        """place, day, month, activity, session, minutes of the sessions held."""
        return self._keep("sessions", self._sessions)

    @property
    def all_attendance(self) -> ibis.Table:
        """day, month, person, activity, session, minutes (0 for who was not there), is_present (1 or 0)."""
        return self._keep("attendance", self._attendance)

    def records(self, kind: str) -> ibis.Table:
        """The valid records of a type, in the period; of those with a session the last for person, activity and session."""
        return self.within(self._keep(kind, lambda: self._dated(self.last_of(kind, ("person", "activity", "session")))))

    def events(self, *kinds: str) -> ibis.Table:
        """The valid rows of some types in the period with what their facts say, and a month."""
        return self.within(self._keep(" ".join(kinds), lambda: self._dated(self.engine.facts(self.rows_of(*kinds), kinds))))

    def members(self, kind: str, key: str) -> ibis.Table:
        return self._keep(f"{kind} {key}", lambda: self.engine.members(self.rows_of(kind), kind, key))

    def last_of(self, kind: str, keys: tuple[str, ...]) -> ibis.Table:
        """Of the valid rows of a type, the last one for each of the keys."""
        return self.engine.last(self.rows_of(kind).select(*RECORD), keys, kind)

    def rows_of(self, *kinds: str) -> ibis.Table:
        """The valid rows of some types. Attendance is most of a log: the others are asked for one by one, and set apart."""
        events = self.opened.events
        if ATTENDANCE not in kinds:
            events = self._keep("others", lambda: self.engine.apart(events.filter(events.type != ATTENDANCE)), computed=True)
        return events.filter(events.type.isin(kinds))

    def _sessions(self) -> ibis.Table:
        return self._dated(self.last_of("session.held", ("activity", "session"))).select(
            "place", "day", "month", "activity", "session", "minutes"
        )

    def _attendance(self) -> ibis.Table:
        return self.finished(self.placed(self.last_of(ATTENDANCE, ("person", "activity", "session"))))

    def placed(self, records: ibis.Table) -> ibis.Table:
        """These records of attendance by the day and month of their session; is_placed: whether the log holds that."""
        held = self.all_sessions.select("activity", "session", held="day")
        joined = records.left_join(held, ["activity", "session"])
        placed = joined.mutate(day=ibis.coalesce(joined.held, joined.day), is_placed=joined.held.notnull())
        return self._dated(placed).select(*RECORD, "month", "is_placed")

    def finished(self, records: ibis.Table) -> ibis.Table:
        """The columns of `all_attendance`."""
        is_present = records.status.isin(PRESENT)
        minutes, flag = ibis.ifelse(is_present, records.minutes, 0).cast("int16"), ibis.ifelse(is_present, 1, 0).cast("int8")
        return records.select("day", "month", "person", "activity", "session", minutes=minutes, is_present=flag)

    def give(self, name: str, table: ibis.Table) -> None:
        """Use this table in place of computing it."""
        self._kept[name] = table

    # --- records of the period

    @property
    def sessions(self) -> ibis.Table:
        return self.within(self.all_sessions)

    @property
    def attendance(self) -> ibis.Table:
        return self.within(self.all_attendance)

    @property
    def presences(self) -> ibis.Table:
        """person, activity, month, minutes: one row for all that somebody was present in an activity in a month."""
        return self._keep(f"presences {self.first} {self.last}", self._presences)

    def _presences(self) -> ibis.Table:
        there = self.attendance.filter(self.attendance.is_present == 1)
        return there.group_by(["person", "activity", "month"]).aggregate(minutes=there.minutes.sum())

    @property
    def enrolments(self) -> ibis.Table:
        """person, activity, enrolled (month), withdrawn (1 or 0), left (month) of all who were enrolled by the period's end."""
        return self._keep(f"enrolments {self.last}", self._enrolments)

    def _enrolments(self) -> ibis.Table:
        created, left = self.rows_of("enrolment.created"), self.rows_of("enrolment.withdrawn")
        if self.last:
            created, left = created.filter(created.day <= self.last), left.filter(left.day <= self.last)
        pair, order = ["person", "activity"], ("recorded", "seq", "place")
        first = created.group_by(pair).aggregate(enrolled=month_of(created.day).min())
        created = self.engine.last(created.select(*RECORD), tuple(pair), "enrolment.created")
        created = created.select(*pair, *order)
        left = self.engine.last(left.select(*RECORD), tuple(pair), "enrolment.withdrawn")
        left = left.select(*pair, **{f"left_{name}": left[name] for name in order}, left=month_of(left.day))
        both = created.join(first, pair).left_join(left, pair)
        seq, left_seq = ibis.coalesce(both.seq, 0), ibis.coalesce(both.left_seq, 0)
        later = (both.left_recorded > both.recorded) | (
            (both.left_recorded == both.recorded) & ((left_seq > seq) | ((left_seq == seq) & (both.left_place > both.place)))
        )
        return both.select(*pair, "enrolled", "left", withdrawn=ibis.ifelse(later, 1, 0).fill_null(0))

    def within(self, table: ibis.Table) -> ibis.Table:
        if self.first:
            table = table.filter(table.day >= self.first)
        return table.filter(table.day <= self.last) if self.last else table

    def within_months(self, table: ibis.Table) -> ibis.Table:
        """Rows of a side file that are by month."""
        if self.first:
            table = table.filter(table.month >= self.first.year * 12 + self.first.month - 1)
        return table.filter(table.month <= self.last.year * 12 + self.last.month - 1) if self.last else table

    @property
    def is_of_whole_months(self) -> bool:
        return (self.first is None or self.first.day == 1) and (self.last is None or (self.last + timedelta(days=1)).day == 1)

    @cached_property
    def span(self) -> tuple[int | None, int | None]:
        """The first and the last month of the period in which anything was held or attended."""
        both = self.sessions.select("month").union(self.attendance.select("month"))
        found = self.engine.row(both.aggregate(first=both.month.min(), last=both.month.max()))
        return found["first"], found["last"]

    # --- side files

    def has(self, *names: str) -> bool:
        return all(name in self.sides for name in names)

    def side(self, name: str) -> ibis.Table:
        return self._keep(f"side {name}", lambda: self.engine.put(self._arrow(name)), computed=True)

    def _arrow(self, name: str) -> pa.Table:
        columns = SIDES[name].columns
        kinds = {column: pa.int64() if column in NUMBERS else pa.string() for column in columns}
        held = {column: pa.array([row[column] for row in self.sides[name]], kind) for column, kind in kinds.items()}
        return pa.table(held)

    def of(self, table: ibis.Table, *more: str) -> ibis.Table:
        """The table with what people.csv says of each person, as far as the answer is broken down by it, and `more`."""
        wanted = [name for name in (*PERSONAL, "kind", "disability") if name in self.by or name in more]
        if not wanted:
            return table
        people = self.side("people")
        known = people.select(person_known="person", **{name: people[name] for name in wanted})
        joined = table.left_join(known, table.person == known.person_known).drop("person_known")
        return joined.mutate(**{name: ibis.coalesce(joined[name], UNKNOWN) for name in wanted if name != "disability"})

    def grouped(self, table: ibis.Table, **figures: ibis.Value) -> ibis.Table:
        """One row for each group of the breakdown; for none, one row."""
        return table.group_by(list(self.by)).aggregate(**figures) if self.by else table.aggregate(**figures)

    def _dated(self, table: ibis.Table) -> ibis.Table:
        return table.mutate(month=month_of(table.day))

    def _keep(self, name: str, make: Any, *, computed: bool = False) -> ibis.Table:
        if name not in self._kept:
            made = make()
            self._kept[name] = made if computed else self.engine.keep(made)
        return self._kept[name]
