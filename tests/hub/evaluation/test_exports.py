"""The queue of long runs: asked for once, held by one worker, begun again after a crash, kept for a week, and who took what."""

import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.accounts.demo import load_people
from hub.clock import now
from hub.db import db
from hub.evaluation import engine, exports, runs
from hub.evaluation.models import Download, Export, ExportPiece
from hub.participation.log import record
from hub.participation.seal import seal_log, standing
from hub.refusal import Refusal
from impact.acts import AttendanceRecorded, EnrolmentCreated, SessionHeld
from tests.databases import environment


@pytest.fixture
def evaluator(session):
    """An evaluator, and a sealed log of one session at which six were, one of them late."""
    people = load_people()
    for number, person in enumerate(people.values()):
        record(EnrolmentCreated(activity="prova", channel="web"), who=person)
        record(AttendanceRecorded(activity="prova", session="s1", minutes=60, status="late" if number else "present"), who=person)
    record(SessionHeld(activity="prova", session="s1", minutes=90, trainers=("t1",)))
    session.commit()
    seal_log()
    return people["evaluator"]


def ask(evaluator, **changed) -> Export:
    asked = {"format": "json", "first": None, "last": None, "by": []} | changed
    made = exports.ask_indicators(**asked, asked_by=evaluator)
    db.session.commit()
    return made


def file_of(export: Export) -> bytes:
    db.session.refresh(export)
    return b"".join(exports.bytes_of(export))


def test_what_is_wrong_with_a_wish_is_said(evaluator):
    with pytest.raises(Refusal, match="prima del primo"):
        ask(evaluator, first=date(2024, 2, 1), last=date(2024, 1, 1))
    with pytest.raises(Refusal, match="al massimo"):
        ask(evaluator, by=["activity", "month", "gender", "centre"])


def test_an_empty_log_gives_no_file(session):
    with pytest.raises(Refusal, match="non ha ancora righe"):
        ask(load_people()["evaluator"])


def test_the_same_wish_twice_is_one_file_and_a_crowd_is_turned_away(evaluator):
    assert ask(evaluator).id == ask(evaluator).id
    for year in range(2020, 2024):
        ask(evaluator, first=date(year, 1, 1))
    with pytest.raises(Refusal, match="file in preparazione"):
        ask(evaluator, first=date(2030, 1, 1))


def test_one_worker_holds_a_run_and_files_come_before_the_figures(evaluator, session):
    exports.ask_release()
    asked = ask(evaluator)
    first, second = exports.claim(), exports.claim()
    session.commit()
    assert (first.id, second.kind, exports.claim()) == (asked.id, "release", None)
    assert not exports.is_due()


def test_a_worker_that_dies_loses_its_run_to_the_next_and_can_say_nothing_more_of_it(evaluator, session):
    ask(evaluator)
    dead = exports.claim()
    session.commit()
    session.expunge(dead)
    with time_machine.travel(now() + exports.LEASE + timedelta(seconds=1), tick=False):
        assert exports.is_due()
        living = exports.claim()
        session.commit()
        assert (living.id, living.attempts) == (dead.id, 2)
        for told in (lambda: exports.done(dead, head="x"), lambda: exports.failed(dead, "broken"), lambda: exports.still(dead)):
            with pytest.raises(exports.Lost):
                told()
        exports.reached(living, 50)
        session.commit()
    session.refresh(living)
    assert (living.state, living.progress) == ("running", 50)


def test_a_run_that_ended_its_worker_three_times_is_given_up_in_words(evaluator, session):
    ask(evaluator)
    for number in range(exports.TRIES):
        with time_machine.travel(now() + (exports.LEASE + timedelta(seconds=1)) * (number + 1), tick=False):
            assert exports.claim().attempts == number + 1
            session.commit()
    with time_machine.travel(now() + (exports.LEASE + timedelta(seconds=1)) * (exports.TRIES + 1), tick=False):
        assert runs.make_all() == 1
    made = session.scalars(sa.select(Export).execution_options(populate_existing=True)).one()
    assert (made.state, made.why) == ("failed", "gave_up")


def test_the_indicators_are_computed_and_kept_piece_by_piece_with_small_cells_hidden(evaluator, session, monkeypatch):
    monkeypatch.setattr(exports, "PIECE", 1000)
    made = ask(evaluator, by=["activity"])
    assert runs.make_all() == 1
    data = file_of(made)
    assert (made.state, made.why, made.detail) == ("done", "", "")
    assert (made.size, made.sha256, made.head) == (len(data), hashlib.sha256(data).hexdigest(), standing().head)
    assert session.scalar(sa.select(sa.func.count()).select_from(ExportPiece)) == -(-len(data) // 1000) > 2
    rows = {one["code"]: one for one in json.loads(data)["indicators"]}
    people = len(load_people())
    assert (rows["OM05"]["value"], rows["OM05"]["suppressed"]) == ((people, False) if people >= 5 else (None, True))
    assert rows["OM01"]["value"] == 1.5


def test_the_log_goes_out_with_its_side_files_and_is_verified_from_the_file_alone(evaluator, tmp_path):
    made = exports.ask_log(asked_by=evaluator)
    db.session.commit()
    runs.make_all()
    with zipfile.ZipFile(io.BytesIO(file_of(made))) as packed:
        names = set(packed.namelist())
        packed.extractall(tmp_path)
    assert names == {"log.csv", "people.csv", "activities.csv", "openings.csv", "LEGGIMI.txt"}
    assert made.name.startswith("registro-") and made.name.endswith(".zip")
    verify = [sys.executable, "-m", "impact", "verify", tmp_path, "--head", made.head]
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0
    assert "officine.example" not in "".join(path.read_text() for path in tmp_path.iterdir())


def test_what_the_library_refuses_is_told_and_leaves_no_bytes(evaluator, session, monkeypatch):
    monkeypatch.setattr(exports.rules, "must_be_a_period", lambda first, last: None)
    made = ask(evaluator, first=date(2024, 2, 1), last=date(2024, 1, 1))
    runs.make_all()
    session.refresh(made)
    assert (made.state, made.why) == ("failed", "refused")
    assert "the period begins on 2024-02-01" in made.detail
    assert session.scalars(sa.select(ExportPiece)).all() == []


def test_a_worker_that_is_told_to_end_puts_its_run_back(evaluator, session, monkeypatch):
    monkeypatch.setattr(engine, "BEAT", 0.0)
    made, stop = ask(evaluator), threading.Event()
    stop.set()
    held = exports.claim()
    session.commit()
    runs._make(held, stop)
    session.refresh(made)
    assert (made.state, made.attempts, made.lease_until) == ("queued", 0, None)


def test_the_thread_of_the_worker_makes_what_waits(app, evaluator, session):
    made = exports.ask_log(asked_by=evaluator)
    session.commit()
    duty = runs.LongRuns()
    duty()
    session.commit()
    deadline = time.monotonic() + 60
    while made.state != "done" and time.monotonic() < deadline:
        session.rollback()  # what looks again takes the turn to write: not while it waits
        time.sleep(0.1)
        session.refresh(made)
    session.rollback()
    duty.end()
    assert made.state == "done"


def test_two_workers_make_each_file_once(app, evaluator, session):
    made = [ask(evaluator, first=date(year, 1, 1), format="csv") for year in range(2020, 2022)]
    made += [exports.ask_log(asked_by=evaluator)]
    session.commit()
    counts, start = [], threading.Barrier(2)

    def work() -> None:
        with app.app_context():
            start.wait()
            counts.append(runs.make_all())
            db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    for one in made:
        session.refresh(one)
    assert sum(counts) == 3 and [(one.state, one.attempts) for one in made] == [("done", 1)] * 3


def test_after_a_week_the_bytes_are_gone_and_the_line_stays(evaluator, session):
    made = exports.ask_log(asked_by=evaluator)
    session.commit()
    runs.make_all()
    for days, left in ((6, 1), (8, 0)):
        with time_machine.travel(now() + timedelta(days=days), tick=False):
            exports.purge_exports()
            assert session.scalar(sa.select(sa.func.count()).select_from(ExportPiece)) == left
    assert [one.id for one in exports.latest()] == [made.id]


@pytest.mark.parametrize("statement", ["UPDATE download SET what = 'x'", "DELETE FROM download"])
def test_who_took_a_file_away_is_never_written_otherwise(evaluator, session, statement):
    exports.downloaded("registro.csv", "a" * 64, by=evaluator)
    session.commit()
    with pytest.raises(sa.exc.DBAPIError, match="download_kept"):
        session.execute(sa.text(statement))
    session.rollback()
    assert session.scalars(sa.select(Download.what)).all() == ["registro.csv"]


@pytest.mark.parametrize(
    "values",
    [
        {"state": "done"},
        {"state": "failed", "ended_at": "now"},
        {"state": "running"},
        {"progress": 101},
        {"kind": "release"},
        {"kind": "other"},
    ],
)
def test_the_database_keeps_runs_whole(evaluator, session, values):
    """Done without its digest, failed without a reason, held by nobody, of a kind that is none."""
    told = {"kind": "log", "params": {}, "asked_by_id": evaluator.id, "asked_at": now()} | values
    told |= {"ended_at": now()} if "ended_at" in values else {}
    session.add(Export(**told))
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()
    session.rollback()


# --- the library in a process of its own


def test_a_process_that_takes_too_long_is_stopped():
    with pytest.raises(engine.Fault) as fault:
        engine.run(["catalogue"], alive=lambda: None, limit=0)
    assert fault.value.why == "too_long"


def test_what_the_library_says_of_bad_input_is_told(tmp_path):
    with pytest.raises(engine.Fault) as fault:
        engine.run(["indicators", tmp_path / "none"], alive=lambda: None)
    assert fault.value.why == "refused" and "there is no such file or folder" in fault.value.words


def test_a_portal_that_has_started_has_loaded_none_of_the_heavy_libraries(database_url):
    heavy = "ibis duckdb pandas scipy altair vl_convert pyarrow"
    code = f"import sys, hub; hub.create_app(); print([name for name in {heavy.split()!r} if name in sys.modules])"
    settings = {"cwd": engine.ROOT, "env": os.environ | environment(database_url)}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, **settings)
    assert told.stdout.strip() == "[]"
