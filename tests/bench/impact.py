"""Four questions to a log of ten million events, beside pandas with the same answers: CPU and memory of a process each.

The questions: people and hours by activity, month and cohort; completion; retention from month to month; bookings to which
nobody came. On integer keys in one Parquet file, as the engine's own log table; voided rows, and records that a later one
replaces, are among them. pandas gets the same file, and reads only the columns that it needs.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from tests.bench.report import Goals, table

PEOPLE, ACTIVITIES, COHORTS, DAYS = 60_000, 1_200, 24, 730
CPU_SECONDS, MEMORY = 15, 600
_CHOSEN = "place, day, recorded, seq, event_id, type, person, activity, session, minutes, status, ref, NULL::VARCHAR AS facts"

# In a thousand rows there are 12 sessions, 20 enrolments, 40 bookings of which 30 are used, 1 void, and 5 records that a later
# row replaces; the rest is attendance. Each activity has a class of a hundred, of whom eighty in a row are marked at a session.
_EVENTS = """
SELECT i + 1 AS place, i + 1 AS seq, i + 1 AS event_id, day, day::TIMESTAMPTZ + to_seconds(i % 80000) AS recorded,
  CASE WHEN k < 12 THEN 'session.held' WHEN k < 32 THEN 'enrolment.created' WHEN k < 72 THEN 'space.booked'
    WHEN k < 102 THEN 'space.used' WHEN k = 102 THEN 'event.voided' ELSE 'attendance.recorded' END AS type,
  CASE WHEN k BETWEEN 12 AND 31 THEN (a * 50 + hash(i) % 100) % {people}
    WHEN k > 102 THEN (a * 50 + hash(s + 1) % 20 + (k + CASE WHEN k < 108 THEN 12 ELSE 0 END) // 12) % {people}
    WHEN k BETWEEN 32 AND 101 THEN hash(b) % {people} END::INTEGER AS person,
  CASE WHEN k BETWEEN 32 AND 101 THEN hash(b) % 50 WHEN k <> 102 THEN a END::INTEGER AS activity,
  CASE WHEN k BETWEEN 32 AND 101 THEN b WHEN k < 12 OR k > 102 THEN s END::INTEGER AS session,
  CASE WHEN k < 12 THEN 90 WHEN k > 102 THEN 80 + hash(i) % 11 ELSE 60 END::SMALLINT AS minutes,
  CASE WHEN k > 102 THEN CASE WHEN hash(i + 7) % 10 < 9 THEN 'present' ELSE 'absent' END END AS status,
  CASE WHEN k = 102 THEN i + 500 END::BIGINT AS ref
FROM (SELECT *, hash(s) % {activities} AS a, CASE WHEN k < 72 THEN i ELSE i - 40 END AS b FROM (
  SELECT i, i % 1000 AS k, (i // 1000) * 12 + (i % 1000) % 12 AS s, DATE '2022-01-01' + (i * {days} // {rows})::INTEGER AS day
  FROM range({rows}) r(i)) ) ORDER BY i
"""


def write_log(path: Path, rows: int) -> None:
    """A Parquet file of so many events."""
    with duckdb.connect(config={"memory_limit": "1GB", "threads": 2}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        numbers = {"rows": rows, "people": PEOPLE, "activities": ACTIVITIES, "days": DAYS}
        connection.execute(f"COPY ({_EVENTS.format(**numbers)}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def ours(path: Path) -> dict:
    """The answers of the engine: sums over the groups of each question."""
    from impact.engines.duck import DuckDB
    from impact.indicators.catalogue import CATALOGUE
    from impact.indicators.view import Log
    from impact.tables import Opened

    with DuckDB(threads=2) as duck:
        duck.log = duck.view(f"SELECT {_CHOSEN} FROM read_parquet('{path}')")
        voids = duck.log.filter(duck.log.type == "event.voided").select("ref")
        events = duck.log.filter(duck.log.type != "event.voided").anti_join(voids, [("event_id", "ref")])
        log = Log(Opened(duck, events, 0, None, None), {"people": []})
        log.give(
            "side people", duck.view(f"SELECT i::INTEGER AS person, 'c' || (i % {COHORTS}) AS cohort FROM range({PEOPLE}) r(i)")
        )
        answers = {}
        for code, by in (("OM08", ("activity", "month", "cohort")), ("OM13", ()), ("OM16", ()), ("OM12", ())):
            found = CATALOGUE[code].compute(log.broken_down(by))
            answers[code] = {"groups": found.count(), "numerator": found.numerator.sum(), "n": found.n.sum()}
            answers[code] = duck.row(found.aggregate(**answers[code]))
    return {code: {name: int(number) for name, number in answer.items()} for code, answer in answers.items()}


def pandas(path: Path) -> dict:
    """The same answers, as somebody who knows pandas would get them."""
    import pandas as pd

    columns = ["event_id", "day", "recorded", "type", "person", "activity", "session", "minutes", "status", "ref"]
    log = pd.read_parquet(path, columns=columns)
    for name in ("type", "status"):
        log[name] = log[name].astype("category")
    log["minutes"] = log["minutes"].astype("int32")  # four times a path's minutes are more than 16 bits hold
    log = log[~log["event_id"].isin(log["ref"].dropna())]
    log["month"] = (pd.to_datetime(log["day"]).dt.year * 12 + pd.to_datetime(log["day"]).dt.month - 1).astype("int32")
    held = (
        log[log["type"] == "session.held"]
        .sort_values("recorded", kind="stable")
        .drop_duplicates(["activity", "session"], keep="last")
    )
    keys = ["person", "activity", "session"]
    came = log.loc[log["type"] == "attendance.recorded", [*keys, "minutes", "status", "month", "recorded"]]
    came = came.sort_values("recorded", kind="stable").drop_duplicates(keys, keep="last")
    of_session = held[["activity", "session", "month"]].rename(columns={"month": "held_month"})
    came = came.merge(of_session, on=["activity", "session"], how="left")
    came["month"] = came["held_month"].fillna(came["month"]).astype("int32")
    there = came[came["status"] == "present"].copy()
    there["cohort"] = there["person"] % COHORTS
    grouped = there.groupby(["activity", "month", "cohort"], sort=False).agg(
        numerator=("minutes", "sum"), n=("person", "nunique")
    )
    pairs = log[log["type"] == "enrolment.created"][["person", "activity"]].drop_duplicates()
    minutes = there.groupby(["person", "activity"], sort=False)["minutes"].sum().rename("there").reset_index()
    of_activity = held.groupby("activity", sort=False)["minutes"].sum().rename("held").reset_index()
    pairs = pairs.merge(of_activity, on="activity", how="left").merge(minutes, on=["person", "activity"], how="left")
    complete = (pairs["held"].fillna(0) > 0) & (pairs["there"].fillna(0) * 4 >= pairs["held"].fillna(0) * 3)
    months = there[["person", "month"]].drop_duplicates()
    last = max(came["month"].max(), held["month"].max())
    counted = months[months["month"] < last]
    again = counted.merge(months.assign(month=months["month"] - 1), on=["person", "month"])
    booked = log[log["type"] == "space.booked"].drop_duplicates(keys)
    used = log[log["type"] == "space.used"][["activity", "session"]].drop_duplicates()
    met = booked.merge(used, on=["activity", "session"], how="left", indicator=True)["_merge"] == "both"
    return {
        "OM08": {"groups": len(grouped), "numerator": int(grouped["numerator"].sum()), "n": int(grouped["n"].sum())},
        "OM13": {"groups": 1, "numerator": int(complete.sum()), "n": int(pairs["person"].nunique())},
        "OM16": {"groups": 1, "numerator": len(again), "n": int(counted["person"].nunique())},
        "OM12": {"groups": 1, "numerator": int((~met).sum()), "n": len(booked)},
    }


def questions(rows: tuple[int, ...], goals: Goals) -> None:
    """Ask at each of these sizes; the goals speak of the largest."""
    lines, found = [], {}
    with tempfile.TemporaryDirectory(prefix="bench-impact-") as folder:
        for size in rows:
            path = Path(folder, f"{size}.parquet")
            write_log(path, size)
            for name in ("ours", "pandas"):
                found[name, size] = _measured(name, path)
            if found["ours", size]["answers"] != found["pandas", size]["answers"]:
                raise SystemExit(f"At {size:,} events the answers differ: {found['ours', size]} and {found['pandas', size]}.")
            mine, its = found["ours", size], found["pandas", size]
            ratios = [its[what] / mine[what] for what in ("cpu", "memory")]
            lines.append([f"{size:,}", *(one[what] for one in (mine, its) for what in ("cpu", "wall", "memory")), *ratios])
            path.unlink()
    heads = ("events", *(f"{name} {what}" for name in ("ours", "pandas") for what in ("CPU s", "wall s", "MB")), "x CPU", "x MB")
    table("Four questions to the participation log, integer keys", heads, lines)
    largest = found["ours", rows[-1]]
    goals.at_most("G17", f"{rows[-1]:,} events", "four questions: CPU", largest["cpu"], CPU_SECONDS, " s")
    goals.at_most("G17", f"{rows[-1]:,} events", "four questions: memory", largest["memory"], MEMORY, " MB")
    if len(rows) > 1:
        growth = largest["cpu"] / found["ours", rows[0]]["cpu"]
        goals.at_most("G17", "growth", f"CPU, times {rows[0]:,}", growth, rows[-1] / rows[0])


def _measured(name: str, path: Path) -> dict:
    """In a process of its own, whose CPU and memory are counted from its start."""
    command = [sys.executable, "-m", "tests.bench.impact", name, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def main() -> None:
    name, path = sys.argv[1:]
    began = time.monotonic()
    answers = {"ours": ours, "pandas": pandas}[name](Path(path))
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {"answers": answers, "cpu": used.ru_utime + used.ru_stime, "wall": time.monotonic() - began}
    print(json.dumps(told | {"memory": _peak()}))


def _peak() -> float:
    """MB, of this process alone: what getrusage tells begins with the memory of whoever started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
