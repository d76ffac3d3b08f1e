"""The report: what people read of a statement, on a page, on paper and in a spreadsheet."""

import csv
import json
import re
from decimal import Decimal

import html5lib
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from impact.indicators import CATALOGUE
from impact.report import charts, pages, words
from impact.report.bundle import read_json, unpack
from impact.report.statement import state
from impact.report.story import report
from impact.report.tables import Money, Share, Table, shown, write_csv, write_xlsx
from impact.siinc import read_contract
from tests.impact.report import cases

SVG = "{http://www.w3.org/2000/svg}svg"


@pytest.fixture(scope="module")
def written(stated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    files = pages.write(stated.zip, folder / "out")
    assert all(path.is_file() for path in files)
    return folder / "out"


def page(text: str):
    """The tree of a page; html5lib raises at the first thing that is not HTML."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


def told(folder, names, language="it"):
    """The report of an unpacked bundle."""
    manifest = read_json(folder, "manifest.json")
    return report(read_json(folder, "results.json"), manifest, None, language)


@pytest.mark.parametrize(("language", "amount", "sentence"), [
    ("it", "29.193,29", "il disegno non permette di attribuirla con certezza al programma"),
    ("en", "29,193.29", "the design cannot attribute it to the programme with certainty"),
])  # fmt: skip
def test_the_page_is_whole_and_accessible(stated, written, language, amount, sentence):
    text = (written / language / "report.html").read_text()
    tree = page(text)
    assert tree.get("lang") == language and tree.find("head/title").text.startswith("Volare Alto")
    assert amount in text and sentence in text and stated.public_key in text
    assert not list(tree.iter("script")) and "://" not in text.replace("http://www.w3.org/", "")
    for element in tree.iter():
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")]
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    links = [link.get("href") for link in tree.iter("a")]
    assert links and {link[1:] for link in links} <= set(ids)
    for table in tree.iter("table"):
        assert table.find("caption").text and all(cell.get("scope") for cell in table.iter("th"))


def test_beneath_each_picture_stands_a_table(written):
    tree = page((written / "it" / "report.html").read_text())
    sections = [section for section in tree.iter("section") if section.find("figure") is not None]
    assert len(sections) == 6
    for section in sections:
        picture = next(section.find("figure").iter("svg" if section.find("figure").find("svg") is not None else SVG))
        assert picture.get("role") == "img" and picture.get("aria-label")
        order = [element.tag for element in section]
        assert order.index("figure") < order.index("div") and section.find("div/table") is not None


def test_a_statement_that_pays_bears_no_mark(written):
    for language, mark in (("it", "esplorativa - non pagabile"), ("en", "exploratory - not payable")):
        assert mark not in (written / language / "report.html").read_text()


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_paper_is_tagged_and_says_its_language(written, language):
    paper = PdfReader(written / language / "report.pdf")
    root = paper.trailer["/Root"]
    assert root["/Lang"] == language and root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert "pdfuaid" in paper.xmp_metadata.stream.get_data().decode()
    kinds, without_words = _kinds(root["/StructTreeRoot"])
    assert {"/H1", "/H2", "/Table", "/TH", "/Figure", "/Caption"} <= kinds and not without_words
    assert shown(Money("29193.29"), language) in "".join(page.extract_text() for page in paper.pages)


def _kinds(node) -> tuple[set, list]:
    """The kinds of a structure tree, and the pictures without words."""
    node = node.get_object()
    kinds, without = {node.get("/S")}, [node] if node.get("/S") == "/Figure" and not node.get("/Alt") else []
    children = node.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        if hasattr(child.get_object(), "get"):
            more, others = _kinds(child)
            kinds |= more
            without += others
    return kinds, without


def test_the_paper_is_the_same_twice(stated, written, tmp_path):
    pages.write(stated.zip, tmp_path / "again")
    for name in ("it/report.pdf", "en/report.html", "indigo.json"):
        assert (tmp_path / "again" / name).read_bytes() == (written / name).read_bytes()


def test_the_spreadsheet_has_a_sheet_for_each_table_and_the_definitions(written):
    book = load_workbook(written / "en" / "report.xlsx")
    tables = {path.stem for path in (written / "en").glob("*.csv")}
    assert (
        set(book.sheetnames) == tables >= {"payment", "metrics", "effect", "means", "flow", "breakdown", "theory", "definitions"}
    )
    payment = list(book["payment"].values)
    assert payment[0] == ("Step", "Amount, EUR") and payment[-1] == ("Total", 29193.29)
    assert [row[0] for row in book["definitions"].values][1:] == list(CATALOGUE)
    indicators = {row[0]: row for row in book["indicators"].values}
    assert indicators["OM05"][1:4] == ("Unique participants", 41, "n")


def test_csv_holds_the_same_figures(written):
    with (written / "it" / "payment.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["Passo", "Importo, EUR"] and rows[-1] == ["Totale", "29193.29"]
    assert ["Già pagato", "-8325.00"] in rows


def test_indigo_holds_what_was_settled(written):
    project = json.loads((written / "indigo.json").read_text())
    actual = [one for one in project["outcome_payments"] if one["type"]["value"] == "Actual"]
    assert [one["money"]["amount"]["value"] for one in actual] == [29193.29]


def test_the_settlement_comes_out_of_the_results(stated):
    contract = read_contract(stated.folder / "contract.json")
    assert pages.settlement(contract, stated.made.results).document() == stated.made.results["settlement"]


def test_what_nobody_signed_bears_the_mark_and_so_does_made_up_data(tmp_path):
    made = state(cases.bundle(tmp_path / "b", "interim", synthetic=True))
    assert made.manifest["synthetic"] is True
    pages.write(made.path, tmp_path / "out")
    for language, mark, label in (
        ("it", "esplorativa - non pagabile", "dato sintetico"),
        ("en", "exploratory - not payable", "synthetic data"),
    ):
        tree = page((tmp_path / "out" / language / "report.html").read_text())
        assert [held.text for held in tree.iter("p") if held.get("class") == "label"] == [mark, label]
        assert [held.text for held in tree.iter("div") if held.get("class") == "mark"] == [mark]
        paper = PdfReader(tmp_path / "out" / language / "report.pdf")
        assert all(mark in page.extract_text() for page in paper.pages) and label in paper.pages[0].extract_text()
    assert "nessun effetto è stato stimato" in (tmp_path / "out" / "it" / "report.html").read_text()


def test_small_arms_are_not_shown(tmp_path):
    folder = cases.bundle(tmp_path / "b")
    cases.scores(folder, programme=4, comparison=9)
    made = state(folder)
    assert made.results["pairs"] is None
    (tmp_path / "in").mkdir()
    text = pages.html(told(tmp_path / "in", unpack(made.path, tmp_path / "in")))
    effect = made.results["evaluation"]["did"]["estimate"]
    assert "troppo poche persone" in text and shown(effect, "it") not in text
    assert "Punteggi prima e dopo" not in text and "Chi c'era" not in text


def test_with_too_many_or_too_few_people_the_means_stand_alone():
    arms = [{"name": "A", "pairs": [], "pre": 1.0, "post": 2.0}, {"name": "B", "pairs": [], "pre": 1.0, "post": 1.5}]
    few = charts.pre_post(arms, ("before", "after"), "score", "en")
    many = charts.pre_post([arm | {"pairs": [(1.0, 1.2), (0.5, 2.5)]} for arm in arms], ("before", "after"), "score", "en")
    assert many.count("<path") > few.count("<path")


def test_names_are_words_and_no_program(tmp_path):
    evil = '<script>alert(1)</script>"&'
    terms = cases.contract(title=evil)
    terms["metrics"][1]["name"] = evil
    terms["metrics"][2]["name"] = "#panic() $x$ *b*"
    made = state(cases.bundle(tmp_path / "b", "interim", terms=terms))
    pages.write(made.path, tmp_path / "out")
    text = (tmp_path / "out" / "en" / "report.html").read_text()
    assert not list(page(text).iter("script")) and "&lt;script&gt;alert(1)" in text
    paper = PdfReader(tmp_path / "out" / "en" / "report.pdf")
    assert "#panic() $x$ *b*" in "".join(page.extract_text() for page in paper.pages)


def test_formulas_are_inert_in_files(tmp_path):
    table = Table("t", "T", ["=A", "b"], [("=1+1", Money("-2.50")), ("@x", Share(0.25)), ("é", Decimal("-0.5")), ("n", None)])
    write_xlsx(tmp_path / "t.xlsx", [table])
    sheet = load_workbook(tmp_path / "t.xlsx")["t"]
    assert list(sheet.values) == [("'=A", "b"), ("'=1+1", -2.5), ("'@x", 0.25), ("é", -0.5), ("n", None)]
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "n", "inlineStr"}
    write_csv(tmp_path / "t.csv", table)
    assert (tmp_path / "t.csv").read_text() == "'=A,b\n'=1+1,-2.50\n'@x,0.25\né,-0.5\nn,\n"


@pytest.mark.parametrize(("cell", "it", "en"), [
    (None, "–", "–"),
    (True, "sì", "yes"),
    (1234567, "1.234.567", "1,234,567"),
    (-0.03681234, "−0,03681", "−0.03681"),
    (1234.56, "1.234,6", "1,234.6"),
    (Share(0.878049), "87,8 %", "87.8 %"),
    (Money("37518.29"), "37.518,29", "37,518.29"),
    (Decimal("0.40"), "0,40", "0.40"),
    ("a, b. c", "a, b. c", "a, b. c"),
])  # fmt: skip
def test_figures_are_written_as_people_write_them(cell, it, en):
    assert (shown(cell, "it"), shown(cell, "en")) == (it, en)


def test_every_word_is_there_in_both_languages():
    same = {key for key, (it, en) in words.WORDS.items() if it == en}
    assert same <= {"ancova", "p", "n", "file"}
    assert all(it and en for it, en in words.WORDS.values())


def test_the_charts_hold_no_style_of_their_own(stated, written):
    for svg in re.findall("<svg.*?</svg>", (written / "it" / "report.html").read_text(), re.DOTALL):
        assert " style=" not in svg and "<style" not in svg and "<script" not in svg and "href" not in svg
