"""`python -m tests.at '2026-12-24 20:00' tests/journeys -k booking`: pytest as if it were then in Lecce.

Every Python process of the run has that clock, the portal's web server and worker too; the browser and PostgreSQL keep theirs.
"""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from hub.clock import ROME, now

CLOCK = Path(__file__).parent / "clock"


def main() -> int:
    then, *arguments = sys.argv[1:]
    ahead = datetime.fromisoformat(then).replace(tzinfo=ROME) - now()
    settings = os.environ | {"PYTHONPATH": str(CLOCK), "TESTS_AHEAD": str(round(ahead.total_seconds()))}
    # time_machine, which is also a plugin of pytest, is there before pytest comes
    command = [sys.executable, "-m", "pytest", "-W", "ignore::pytest.PytestAssertRewriteWarning", *arguments]
    return subprocess.run(command, env=settings, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
