"""Papers: the same values give the same bytes, whenever they are printed."""

import time
from pathlib import Path

import pytest

import hub
from hub.pdf import pdf

TEMPLATES = sorted(Path(hub.__file__).parent.rglob("*.typ"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_no_paper_says_when_it_was_made(template):
    assert "date: none" in template.read_text()


def test_a_paper_without_a_date_is_the_same_a_second_later(tmp_path):
    paper = tmp_path / "paper.typ"
    paper.write_text('#set document(title: "Prova", date: none)\n#set text(lang: "it")\nProva')
    dated = tmp_path / "dated.typ"
    dated.write_text('#set document(title: "Prova")\n#set text(lang: "it")\nProva')
    first = pdf(paper), pdf(dated)
    time.sleep(1.1)
    assert pdf(paper) == first[0]
    assert pdf(dated) != first[1]  # the control: what a date would change
