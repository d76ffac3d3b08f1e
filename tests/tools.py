"""What the tests need beside Python packages: a Chromium. `python -m tests.tools` sees to it, and says where it is.

The system's own where there is one; else Debian's, for whoever may install it; else Playwright's own download.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """The path of a Chromium, or None."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    return next((str(path) for path in sorted(_downloads().glob("chromium-*/chrome-linux*/chrome"))), None)


def flags() -> list[str]:
    """How it is started here: root has no sandbox."""
    return [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)


def _downloads() -> Path:
    return Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))


def _install() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-qq", "-y", "chromium"], check=False, stdout=subprocess.DEVNULL)
    if not chromium():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


if __name__ == "__main__":
    if not chromium():
        _install()
    if not chromium():
        raise SystemExit("The browser tests need Chromium: install the package chromium, then run again.")
