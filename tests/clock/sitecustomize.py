"""Sets the clock of every Python process that starts with this folder on its path: see `tests/at.py`."""

import os
from datetime import UTC, datetime, timedelta

import time_machine

time_machine.travel(datetime.now(UTC) + timedelta(seconds=int(os.environ["TESTS_AHEAD"])), tick=True).start()
