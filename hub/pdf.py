"""Papers as PDF, tagged for screen readers (PDF/UA-1), through Typst: a template of one's room, filled with plain values."""

import json
from functools import cache
from pathlib import Path

import typst


def pdf(template: Path, **values: object) -> bytes:
    """The paper. values: what the template reads from its input "values", as JSON."""
    inputs = {"values": json.dumps(values)}
    try:
        return typst.compile(_text(template), sys_inputs=inputs, pdf_standards="ua-1")
    except typst.TypstError:  # a sign that no font has, such as an emoji: the standard refuses it, a plain PDF shows a box
        return typst.compile(_text(template), sys_inputs=inputs)


@cache
def _text(template: Path) -> bytes:
    return template.read_bytes()
