"""The figures for everybody: which periods there are, what was published of each, and what could not be, with its reason.

They are computed by the worker (`hub.evaluation.runs`) and read here: a page costs two statements and no computing.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from hub.clock import now, starts_of, today, wall
from hub.db import db
from hub.evaluation import exports
from hub.evaluation.models import ImpactRelease, ImpactTable, ReleasedCounts
from hub.labs.models import Activity, Edition
from hub.participation.models import LogEntry, LogSeal
from hub.participation.seal import standing
from hub.spaces.models import Space

EVERYTHING = "tutto"
AT_MOST_EVERY = timedelta(hours=1)
MOST_YEARS = 10
AT_A_GLANCE = ("OM01", "OM02", "OM05", "OM06")  # by activity, on the first page


class Span(NamedTuple):
    """A period of the figures: both days are in it."""

    key: str
    first: date
    last: date


# --- what is computed


def ask_if_moved(*, at_once: bool = False) -> None:
    """Ask for figures where the log has moved since the last ones, at most once an hour but for at_once. Flushes."""
    head = standing().head
    told = db.session.execute(sa.select(ImpactRelease.head, ImpactRelease.at).order_by(ImpactRelease.id.desc()).limit(1)).first()
    if head is None or (told and told.head == head):
        return
    before = exports.last_release()
    ended = [told.at if told else None, before.ended_at if before else None]
    if at_once or all(one is None or now() - one >= AT_MOST_EVERY for one in ended):
        exports.ask_release()


def spans() -> list[Span]:
    """All years together, each year of which the log speaks, and each edition that has begun and is not a whole year itself."""
    years = sorted(_years())[-MOST_YEARS:]
    if not years:
        return []
    found = [Span(EVERYTHING, date(years[0], 1, 1), date(years[-1], 12, 31))]
    found += [Span(str(year), date(year, 1, 1), date(year, 12, 31)) for year in years]
    begun = sa.select(Edition).where(Edition.starts_on <= today()).order_by(Edition.starts_on, Edition.code)
    editions = [Span(f"edizione-{one.code}", one.starts_on, one.ends_on) for one in db.session.scalars(begun)]
    return found + [one for one in editions if one[1:] not in {year[1:] for year in found}]


def _years() -> set[int]:
    """The years of the log's sealed acts, asked for one after the other."""
    acts = sa.select(sa.func.min(LogEntry.ts_event)).join(LogSeal, LogSeal.entry_id == LogEntry.id)
    found: set[int] = set()
    first = db.session.scalar(acts)
    while first is not None:
        year = wall(first).year
        found.add(year)
        first = db.session.scalar(acts.where(LogEntry.ts_event >= starts_of(date(year + 1, 1, 1))))
    return found


def write_register(folder: Path) -> dict[str, int]:
    """What was published so far, as files for `impact publish`; how many lines of each."""
    folder.mkdir()
    lines: dict[str, list[str]] = {}
    for one in db.session.scalars(sa.select(ReleasedCounts).order_by(ReleasedCounts.id)):
        lines.setdefault(one.statistic, []).append(one.line)
    for statistic, told in lines.items():
        (folder / f"{statistic}.jsonl").write_text("".join(f"{line}\n" for line in told), encoding="utf-8")
    return {statistic: len(told) for statistic, told in lines.items()}


def read_register(folder: Path, before: dict[str, int]) -> list[ReleasedCounts]:
    """What was published since, to be stored."""
    at, found = now(), []
    for file in sorted(folder.glob("*.jsonl")):
        lines = file.read_text(encoding="utf-8").splitlines()[before.get(file.stem, 0) :]
        found += [ReleasedCounts(statistic=file.stem, line=line, at=at) for line in lines]
    return found


def store(answer: dict, published: Iterable[ReleasedCounts]) -> ImpactRelease:
    """Publish an answer of `impact publish`: its tables take the place of the last ones, those that were refused keep them."""
    release = ImpactRelease(
        at=now(),
        head=answer["log_head"],
        log_rows=answer["rows"],
        names=_names(),
        **{name: answer[name] for name in ("definitions_version", "threshold", "catalogue", "periods", "side_files")},
    )
    db.session.add_all([release, *published])
    db.session.flush()
    known = {(one.code, one.period, one.by): one for one in db.session.scalars(sa.select(ImpactTable))}
    for told in (*answer["tables"], *answer["refused"]):
        table = known.pop((told["code"], told["period"], told["by"]), None)
        if table is None:
            table = ImpactTable(code=told["code"], period=told["period"], by=told["by"], rows=[], release_id=release.id)
            db.session.add(table)
        table.refused = told.get("why", "")
        if "rows" in told:
            table.rows, table.release_id = told["rows"], release.id
    for gone in known.values():
        db.session.delete(gone)
    db.session.flush()
    used = sa.select(ImpactTable.release_id)
    db.session.execute(sa.delete(ImpactRelease).where(ImpactRelease.id != release.id, ImpactRelease.id.not_in(used)))
    return release


def _names() -> dict[str, dict]:
    """What the codes of the log that stand on public pages are called: activities that were shown, and spaces."""
    shown = sa.select(Activity.slug, Activity.title).where(Activity.state != "draft")
    named = sa.select(Space.slug, Space.name)
    return {slug: words for rows in (shown, named) for slug, words in db.session.execute(rows)}


# --- what is shown


def latest() -> ImpactRelease | None:
    """The last figures, None before the first."""
    return db.session.scalar(sa.select(ImpactRelease).order_by(ImpactRelease.id.desc()).limit(1))


_WITH_RELEASE = sa.orm.joinedload(ImpactTable.release).load_only(ImpactRelease.at, ImpactRelease.head)


def overview(period: str) -> dict[tuple[str, str], ImpactTable]:
    """The tables of the first page, by indicator and column: each indicator as a whole, and some by activity."""
    tables = sa.select(ImpactTable).where(ImpactTable.period == period)
    glance = sa.and_(ImpactTable.by == "activity", ImpactTable.code.in_(AT_A_GLANCE))
    return {(one.code, one.by): one for one in db.session.scalars(tables.where(sa.or_(ImpactTable.by == "", glance)))}


def of_indicator(code: str, period: str) -> dict[str, ImpactTable]:
    """The tables of one indicator, by column, each with the release that it is of."""
    tables = sa.select(ImpactTable).where(ImpactTable.code == code, ImpactTable.period == period)
    return {one.by: one for one in db.session.scalars(tables.options(_WITH_RELEASE))}


def everything() -> list[ImpactTable]:
    """All tables that are published."""
    tables = sa.select(ImpactTable).options(_WITH_RELEASE)
    return list(db.session.scalars(tables.order_by(ImpactTable.code, ImpactTable.period, ImpactTable.by)))


def refused() -> list[ImpactTable]:
    """The tables whose last computing could not be published."""
    held = sa.select(ImpactTable).where(ImpactTable.refused != "").options(_WITH_RELEASE)
    return list(db.session.scalars(held.order_by(ImpactTable.code, ImpactTable.period, ImpactTable.by)))
