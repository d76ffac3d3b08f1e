"""The exported log, read by `python -m impact verify` in a process of its own, as it is and tampered with."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

import config
from hub.db import db
from hub.participation import export
from hub.participation.export import export_log
from hub.participation.log import record
from hub.participation.models import LogEntry, LogSeal
from hub.participation.seal import seal_log
from impact import COLUMNS
from impact.acts import AttendanceRecorded, FeedbackGiven, PartnershipSigned
from tests.hub.participation.test_log import BOOKED, Somebody


@pytest.fixture
def sealed(session):
    """A sealed log of twelve rows, and one row not sealed yet."""
    for number in range(4):
        record(BOOKED, who=Somebody(f"person:{number}"))
        record(AttendanceRecorded(activity="steam", session="s1", minutes=90, status="present"), who=Somebody())
        record(FeedbackGiven(activity="steam", score=4.5, question="q1"))
    session.commit()
    assert seal_log() == 12
    record(PartnershipSigned(orgs=("o1", "o2")))
    session.commit()
    return session


def verify(log: Path) -> tuple[int, dict]:
    done = subprocess.run([sys.executable, "-m", "impact", "verify", log], cwd=config.ROOT, capture_output=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_impact_accepts_the_export(sealed, tmp_path, form):
    log = tmp_path / f"log.{form}"
    assert export_log(log, form) == 12
    status, answer = verify(log)
    assert (status, answer["rows"], answer["sealed"], answer["broken"]) == (0, 12, True, None)
    assert answer["head"] == sealed.scalar(sa.select(LogSeal.hash).where(LogSeal.seq == 12))
    assert [path.name for path in tmp_path.iterdir()] == [log.name]


def test_chunks_make_one_file(sealed, tmp_path, monkeypatch):
    whole, parts = tmp_path / "whole.csv", tmp_path / "parts.csv"
    export_log(whole, "csv")
    monkeypatch.setattr(export, "CHUNK", 5)
    export_log(parts, "csv")
    assert whole.read_bytes() == parts.read_bytes()


def test_an_edited_cell_of_the_csv_is_found(sealed, tmp_path):
    log = tmp_path / "log.csv"
    export_log(log, "csv")
    rows = list(csv.reader(log.read_text().splitlines()))
    assert tuple(rows[0]) == COLUMNS
    rows[5][COLUMNS.index("minutes")] = "240"
    with log.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    status, answer = verify(log)
    assert (status, answer["broken"]["seq"], answer["broken"]["event_id"]) == (1, 5, rows[5][0])


def test_an_edited_cell_of_the_parquet_is_found(sealed, tmp_path):
    log = tmp_path / "log.parquet"
    export_log(log, "parquet")
    table = pq.read_table(log)
    people = table["person"].to_pylist()
    people[6] = people[0]
    column = COLUMNS.index("person")
    pq.write_table(table.set_column(column, "person", pa.array(people, pa.string())), log)
    status, answer = verify(log)
    assert (status, answer["broken"]["seq"]) == (1, 7)


@pytest.mark.parametrize(
    "rewrite", ["UPDATE log_entry SET minutes = 999", "UPDATE log_entry SET facts = '{{}}'", "DELETE FROM log_seal"]
)
def test_a_row_rewritten_past_the_triggers_is_found(sealed, tmp_path, rewrite):
    """Whoever owns the database can drop its triggers: the chain still tells."""
    table, verb = ("log_seal", "delete") if "DELETE" in rewrite else ("log_entry", "update")
    on = f" ON {table}" if db.engine.dialect.name == "postgresql" else ""
    fourth = sealed.scalar(sa.select(LogSeal.entry_id).where(LogSeal.seq == 4))
    sealed.execute(sa.text(f"DROP TRIGGER {table}_no_{verb}{on}"))
    sealed.execute(sa.text(f"{rewrite} WHERE {'entry_id' if table == 'log_seal' else 'id'} = {fourth}".format()))
    sealed.commit()
    export_log(tmp_path / "log.csv", "csv")
    status, answer = verify(tmp_path / "log.csv")
    assert status == 1
    assert answer["broken"]["seq"] == (5 if table == "log_seal" else 4)


def test_an_export_that_fails_leaves_the_older_file(sealed, tmp_path, monkeypatch):
    log = tmp_path / "log.csv"
    export_log(log, "csv")
    before = log.read_bytes()
    db.session.execute(sa.insert(LogEntry).values(_formula()))
    db.session.commit()
    seal_log()
    with pytest.raises(ValueError, match="formula"):
        export_log(log, "csv")
    assert log.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def _formula() -> dict[str, object]:
    last = db.session.scalars(sa.select(LogEntry).order_by(LogEntry.id.desc())).first()
    columns = {column.name: getattr(last, column.name) for column in LogEntry.__table__.c if column.name != "id"}
    return columns | {"event_id": "x" * 36, "activity": "=1+1"}


@pytest.mark.parametrize(("arguments", "status", "words"), [
    (["log.csv"], 0, "Rows written: 12."),
    (["log.parquet"], 0, "Rows written: 12."),
    (["log.bin", "--format", "csv"], 0, "Rows written: 12."),
    (["not/there/log.csv", "--side"], 0, "Side files written: people.csv, activities.csv, openings.csv."),
    (["log"], 2, "say --format"),
])  # fmt: skip
def test_the_command_writes_what_impact_reads(app, sealed, tmp_path, arguments, status, words):
    """In this process: `tests/impact/report/test_walk.py` types it in a shell."""
    done = app.test_cli_runner().invoke(args=["hub", "export-log", str(tmp_path / arguments[0]), *arguments[1:]])
    assert done.exit_code == status
    assert words in done.output
    if status == 0:
        assert verify(tmp_path / arguments[0])[0] == 0
