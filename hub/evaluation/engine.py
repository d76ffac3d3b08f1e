"""The evaluation library as a process of its own: its packages weigh more than a portal, and a run may be stopped."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import impact

ROOT = Path(impact.__file__).parent.parent
LONGEST = 1800.0  # seconds
BEAT = 5.0  # seconds between two signs of life
LOOK = 0.2


class Fault(Exception):
    """The library did not answer. why: `too_long`, `refused` (it says what is wrong with what it was given) or `broken`."""

    def __init__(self, why: str, words: str = "") -> None:
        super().__init__(words)
        self.why, self.words = why, words


def run(arguments: Sequence[str | Path], *, alive: Callable[[], object], limit: float = LONGEST) -> None:
    """`python -m impact …`, at low priority. alive: called now and then; what it raises stops the process. Raises Fault."""
    command = ["nice", "-n", "10", sys.executable, "-m", "impact", *map(str, arguments)]
    told = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, stderr=said, **told)  # noqa: S603 - codes and paths of ours
        try:
            _wait(process, alive, limit)
        finally:
            process.kill()
            process.wait()
        said.seek(0)
        words = said.read().decode(errors="replace").strip()
    if process.returncode:
        raise Fault("refused" if process.returncode == 2 else "broken", words[-2000:])


def _wait(process: subprocess.Popen, alive: Callable[[], object], limit: float) -> None:
    begun = beat = time.monotonic()
    while process.poll() is None:
        time.sleep(LOOK)
        at = time.monotonic()
        if at - begun > limit:
            raise Fault("too_long")
        if at - beat > BEAT:
            alive()
            beat = at
