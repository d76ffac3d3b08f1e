"""Every word that somebody reads goes through the catalogue, and the catalogue has it in English."""

import ast
import re
from datetime import date
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from hub import demo
from hub.accounts import models as accounts
from hub.booking import demo as bookings
from hub.language import LANGUAGES
from hub.spaces.service import holiday

ROOT = Path(__file__).parent.parent
HUB = ROOT / "hub"
CATALOGUE = HUB / "translations" / "en" / "LC_MESSAGES" / "messages.po"
PLACES = re.compile(r"%\([^)]+\)[a-z]|%[^(\s]")
TEMPLATES = sorted(path for path in (HUB / "templates").rglob("*") if path.suffix in (".html", ".txt"))
# Names, units and signs, which are the same in every language.
SAME_EVERYWHERE = {"Officine Mezzogiorno", "Comune di Lecce", "JavaScript", "m", "m²", "KB", "MB", "PDF", "iCalendar", "CSV"}
READ_ALOUD = {"alt", "aria-label", "aria-description", "aria-roledescription", "placeholder", "summary", "title", "content"}


@pytest.fixture(scope="module")
def wanted() -> set[tuple[str, ...]]:
    """The words of the code as `make messages` finds them: (one,) or (one, many)."""
    command = re.search(r"pybabel.* extract (.*)", (ROOT / "Makefile").read_text())[1]
    keywords = parse_keywords(re.findall(r"-k (\S+)", command))
    with (ROOT / ".ci" / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(HUB, methods, options, DEFAULT_KEYWORDS | keywords)
    return {_forms(words) for _file, _line, words, _comments, _context in found}


@pytest.fixture(scope="module")
def catalogue():
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def translated(catalogue) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """(the Italian forms, the English forms) of each entry."""
    return [(_forms(entry.id), _forms(entry.string)) for entry in catalogue if entry.id]


def _forms(words: str | tuple[str, ...]) -> tuple[str, ...]:
    return words if isinstance(words, tuple) else (words,)


# --- the catalogue


def test_the_catalogue_holds_the_words_of_the_code_and_no_others(wanted, catalogue):
    held = {italian for italian, _ in translated(catalogue)}
    assert wanted
    assert sorted(wanted - held) == [], "run `make messages`, then translate"
    assert sorted(held - wanted) == [], "run `make messages`"
    assert list(catalogue.obsolete) == []


def test_every_word_is_in_english(catalogue):
    assert [italian for italian, english in translated(catalogue) if not all(english)] == []
    assert [entry.id for entry in catalogue if entry.id and entry.fuzzy] == []


def test_a_translation_has_the_places_of_its_original(catalogue):
    wrong = []
    for italian, english in translated(catalogue):
        places = {form: sorted(PLACES.findall(form)) for form in (*italian, *english)}
        allowed = [places[form] for form in italian]
        wrong += [form for form in english if places[form] not in allowed]
    assert wrong == []


def test_a_translation_keeps_the_spaces_at_its_ends(catalogue):
    ends = re.compile(r"^\s*|\s*$")
    wrong = [italian for italian, english in translated(catalogue) if ends.findall(italian[0]) != ends.findall(english[0])]
    assert wrong == []


# --- the code


def test_a_refusal_is_a_sentence_that_the_extraction_can_see():
    """`Refusal(words)` must be given its words as one literal: a name, or an f-string, would never reach the catalogue."""
    wrong = []
    for path in sorted(HUB.rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if getattr(call.func, "id", "") == "Refusal" and not _is_literal(call.args[0]):
                wrong.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert wrong == []


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_the_places_of_a_refusal_are_filled():
    wrong = []
    for path in sorted(HUB.rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if getattr(call.func, "id", "") == "Refusal" and _is_literal(call.args[0]):
                given = {keyword.arg for keyword in call.keywords} - {"field", "rule"}
                if None not in given and set(re.findall(r"%\((\w+)\)", call.args[0].value)) != given:
                    wrong.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert wrong == []


# --- the templates


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(HUB / "templates").as_posix())
def test_a_template_has_no_words_of_its_own(path):
    """What stands between the tags, or in an attribute that is read aloud, comes from the catalogue or is a name."""
    tree = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True).parse(path.read_text())
    assert _own_words(_skeleton(tree), is_html=path.suffix == ".html") == []


def _skeleton(tree: nodes.Template) -> str:
    """The template's own text, with a sign in the place of each value."""
    return "".join(part.data if isinstance(part, nodes.TemplateData) else "\0" for part in _outputs(tree))


def _outputs(node: nodes.Node) -> list[nodes.Node]:
    if isinstance(node, nodes.Output):
        return node.nodes
    return [part for child in node.iter_child_nodes() for part in _outputs(child)]


def _own_words(text: str, *, is_html: bool) -> list[str]:
    if not is_html:
        return _foreign(text.split("\n"))
    text = re.sub(r"<!doctype[^>]*>|<!--.*?-->|<(script|style|code)\b.*?</\1>", "", text, flags=re.S | re.I)
    tags = re.findall(r"<[^>]*>", text)
    spoken = [value for tag in tags for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag) if _is_spoken(tag, name)]
    return _foreign(re.split(r"<[^>]*>|\n", text) + spoken)


def _is_spoken(tag: str, name: str) -> bool:
    if name == "content":  # of a description; the other metas are for machines
        return 'name="description"' in tag
    return name in READ_ALOUD


def _foreign(pieces: list[str]) -> list[str]:
    """What is left of the pieces once values, addresses, signs and numbers are taken away, and is no name or unit."""
    words = (re.sub(r"&#?\w+;|(?<!\S)\0?/[\w/-]*", " ", piece) for piece in pieces)
    parts = (part.strip(" \t,.:;·|()«»/–—-0123456789") for piece in words for part in piece.split("\0"))
    return [part for part in parts if re.search(r"[^\W\d_]", part) and part not in SAME_EVERYWHERE]


def test_the_sweep_finds_words_that_escaped():
    """The sweep itself: on a page that breaks the rule in each way."""
    page = '<p>Ciao {{ name }}, <b title="aiuto">OK</b> {{ _("bene") }}</p><input placeholder="Nome"><a href="/spazi">5 m²</a>'
    found = _own_words(_skeleton(Environment(autoescape=True).parse(page)), is_html=True)
    assert found == ["Ciao", "OK", "aiuto", "Nome"]
    assert _foreign(["\0/gestione/richieste/\0", "5 m²", "\0 m²", "\0 - Officine Mezzogiorno"]) == []
    assert [_is_sentence(text) for text in ("Torna alla pagina", "Più", "btn btn-primary", "macros/forms.html")] == [1, 1, 0, 0]


def test_the_sweep_finds_words_inside_a_value():
    """Words that a template gives to a macro are words too."""
    wrong = []
    for path in TEMPLATES:
        for line, words in _literals(path):
            wrong.append(f"{path.relative_to(HUB)}:{line}: {words}")
    assert wrong == []


def _literals(path: Path) -> list[tuple[int, str]]:
    """Text in a value that reads like a sentence and does not pass through gettext: it has a blank between two words, and
    no sign of a list of classes."""
    tree = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True).parse(path.read_text())
    through = {id(text) for call in tree.find_all(nodes.Call) if _is_gettext(call) for text in call.find_all(nodes.Const)}
    texts = (text for text in tree.find_all(nodes.Const) if isinstance(text.value, str) and id(text) not in through)
    return [(text.lineno, text.value) for text in texts if _is_sentence(text.value)]


def _is_gettext(call: nodes.Call) -> bool:
    return getattr(call.node, "name", "") in ("_", "gettext", "ngettext")


def _is_sentence(text: str) -> bool:
    if text in SAME_EVERYWHERE or re.search(r"\b(btn|icon|hub|form|alert|row|col|mt|mb|d)-|\.\w+$|^[\w-]+/[\w./-]+$", text):
        return False
    return bool(re.search(r"[^\W\d_]{2,} [^\W\d_]{2,}|[àèéìòù]", text))


# --- what is kept in both languages


def test_the_languages_of_a_person_are_those_of_the_pages():
    assert set(accounts.LANGUAGES) == set(LANGUAGES) == {"it", "en"}


def test_the_words_of_the_demo_are_in_both_languages():
    kept = [words for _slug, name, text, *_ in demo.SPACES for words in (name, text)]
    kept += [name for _kind, name, _setup, _cleanup in demo.LAYOUTS.values()]
    kept += [layout.name for layout in demo._stalls()]
    assert kept
    assert [words for words in kept if set(words) != {"it", "en"} or not all(words.values())] == []


def test_what_the_demo_makes_up_says_so():
    made_up = [booking.title for booking in (*bookings.ASKED, *bookings.HELD)] + [bookings.WHY_NOT, bookings.WORKS["it"]]
    assert [title for title in made_up if "dato sintetico" not in title] == []


def test_a_holiday_has_a_name_in_both_languages():
    named = [holiday(day) for day in (date(2027, 1, 1), date(2027, 8, 26), date(2027, 12, 25), date(2027, 3, 28))]
    assert all(name and set(name) == {"it", "en"} and all(name.values()) for name in named)
    assert all(name["it"] != name["en"] for name in named), named
