"""Lighthouse's opinion of the pages that people meet first, where Lighthouse is on the machine."""

import json
import os
import shutil
import subprocess

import pytest

from tests.tools import chromium, flags

LEAST = 0.95
PAGES = ("/", "/spazi", "/spazi/aula-1", "/entra", "/registrati", "/servizi", "/domande-frequenti", "/contatti", "/cerca?q=aula")


@pytest.mark.skipif(shutil.which("lighthouse") is None, reason="Lighthouse is not on this machine")
@pytest.mark.parametrize("path", PAGES)
def test_lighthouse_finds_the_page_accessible(portal, tmp_path, path):
    report = tmp_path / "report.json"
    command = ["lighthouse", portal.url + path, "--only-categories=accessibility", "--output=json", f"--output-path={report}"]
    command += ["--quiet", f"--chrome-flags=--headless {' '.join(flags())}"]
    subprocess.run(command, check=True, capture_output=True, timeout=180, env=os.environ | {"CHROME_PATH": chromium()})
    score = json.loads(report.read_text())["categories"]["accessibility"]["score"]
    assert score >= LEAST
