"""What a worker does with a run that it holds: writes the log into a folder of its own, lets `impact` compute, stores what came.

Beside the mails and the other duties, in a thread: a run may take minutes. No transaction is open while `impact` computes.
"""

import json
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

from flask import Flask, current_app

from hub.clock import now, wall
from hub.db import db, reading
from hub.evaluation import engine, exports, figures
from hub.evaluation.models import Export
from hub.evaluation.side_files import write_side_files
from hub.participation.export import export_log
from hub.web import log

README = """Registro della partecipazione, sigillato: log.csv, e accanto i file che dicono di chi e di che parla (pseudonimi).
Participation log, sealed: log.csv, and beside it the files that say of whom and of what it speaks (pseudonyms).

python -m impact verify . --head {head}
python -m impact indicators . --threshold 0
"""


class Stopped(Exception):
    """The worker is told to end."""


class LongRuns:
    """A duty of the worker: starts a thread where a run waits and none is going on. stop: set to end after the step in hand."""

    __name__ = "long_runs"

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        with reading():
            due = exports.is_due()
            db.session.rollback()
        if due and not self.stop.is_set():
            app = current_app._get_current_object()
            self._thread = threading.Thread(target=self._work, args=(app,), name=self.__name__, daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Put the run in hand back in the queue, and wait until it is there."""
        self.stop.set()
        if self._thread is not None:
            self._thread.join(30)

    def _work(self, app: Flask) -> None:
        with app.app_context():
            try:
                make_all(self.stop)
            except Exception as error:  # the next tick begins again
                log.error("long run broken", exc_info=error)
            finally:
                db.session.remove()


def make_all(stop: threading.Event | None = None) -> int:
    """Make what waits, one after the other; how many. Commits."""
    made = 0
    while not (stop and stop.is_set()) and (export := _claim()) is not None:
        _make(export, stop or threading.Event())
        made += 1
    return made


def _claim() -> Export | None:
    export = exports.claim()
    db.session.commit()
    return export


def _make(export: Export, stop: threading.Event) -> None:
    """Make one run, and say how it ended."""

    def alive() -> None:
        if stop.is_set():
            raise Stopped
        exports.still(export)
        db.session.commit()

    try:
        if export.attempts > exports.TRIES:
            raise engine.Fault("gave_up")
        with tempfile.TemporaryDirectory(prefix="officine-") as folder:
            MAKERS[export.kind](export, Path(folder), alive)
    except exports.Lost:
        db.session.rollback()
    except Stopped:
        _end(lambda: exports.put_back(export))
    except engine.Fault as fault:
        why, words = fault.why, fault.words
        _end(lambda: exports.failed(export, why, words))
    log.info("long run", id=export.id, kind=export.kind, attempt=export.attempts)


def _end(told: Callable[[], None]) -> None:
    db.session.rollback()
    try:
        told()
        db.session.commit()
    except exports.Lost:
        db.session.rollback()


def _reached(export: Export, progress: int) -> None:
    exports.reached(export, progress)
    db.session.commit()


def _log_folder(export: Export, folder: Path) -> tuple[Path, str]:
    """The log and its side files in a folder; the hash of its last row. Raises engine.Fault where there are no rows."""
    beside = folder / "log"
    beside.mkdir()
    if not export_log(beside / "log.csv", "csv"):
        raise engine.Fault("empty")
    _reached(export, 20)
    with reading():
        write_side_files(beside)
        db.session.rollback()
    _reached(export, 30)
    return beside, last_hash(beside / "log.csv")


def last_hash(file: Path) -> str:
    """The hash of the last row of a sealed log: the last cell of the file."""
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - 100))
        return opened.read().split()[-1].rpartition(b",")[2].decode()


def _release(export: Export, folder: Path, alive: Callable[[], None]) -> None:
    """The figures for everybody. What is written of one release is written at once, with the line that it is done."""
    beside, head = _log_folder(export, folder)
    with reading():
        spans, before = figures.spans(), figures.write_register(folder / "register")
        db.session.rollback()
    file = folder / "figures.json"
    periods = [part for one in spans for part in ("--period", f"{one.key}={one.first}..{one.last}")]
    engine.run(["publish", beside, *periods, "--register", folder / "register", "-o", file], alive=alive)
    exports.reached(export, 90)
    figures.store(json.loads(file.read_text(encoding="utf-8")), figures.read_register(folder / "register", before))
    exports.done(export, head=head)
    db.session.commit()


def _indicators(export: Export, folder: Path, alive: Callable[[], None]) -> None:
    """The indicators of a period, by some columns, as one file."""
    beside, head = _log_folder(export, folder)
    asked = export.params
    days = [part for option, day in (("--from", asked["first"]), ("--to", asked["last"])) if day for part in (option, day)]
    by = ["--by", *asked["by"]] if asked["by"] else []
    file = folder / f"{_called('indicatori')}.{asked['format']}"
    engine.run(["indicators", beside, *days, *by, "--threshold", "5", "-o", file], alive=alive)
    _keep(export, file, head)


def _log(export: Export, folder: Path, alive: Callable[[], None]) -> None:
    """The sealed log with its side files, as one file."""
    beside, head = _log_folder(export, folder)
    (beside / "LEGGIMI.txt").write_text(README.format(head=head), encoding="utf-8")
    file = folder / f"{_called('registro')}.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for one in sorted(beside.iterdir()):
            alive()
            packed.write(one, one.name)
    _keep(export, file, head)


def _called(what: str) -> str:
    return f"{what}-{wall(now()):%Y%m%d-%H%M}"


def _keep(export: Export, file: Path, head: str) -> None:
    _reached(export, 80)
    with file.open("rb") as opened:
        digest, size = exports.digest_of(opened), 0
        for size in exports.keep(export, opened):  # noqa: B007 - the last one counts
            db.session.commit()
    exports.done(export, name=file.name, size=size, sha256=digest, head=head)
    db.session.commit()


MAKERS = {"release": _release, "indicators": _indicators, "log": _log}
