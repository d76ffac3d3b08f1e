"""The search of the portal: one question to every room that has something to find. What is asked is kept nowhere.

All words must be there, whatever their accents and capitals; a word also finds its singular and its plural.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from hub.access import public
from hub.filters import local
from hub.folding import WORD, fold, without_ending, words_of
from hub.labs import showcase
from hub.labs import words as labs_words
from hub.pages import navigation, service
from hub.pages.faq import FAQ
from hub.pages.forms import SearchForm
from hub.pages.services import SERVICES
from hub.pages.topics import TOPICS
from hub.pages.words import ABOUT, KINDS
from hub.proposals import listing
from hub.proposals.models import code_of
from hub.proposals.processes import titles as process_titles
from hub.screen import asked_page, screen, wants_part
from hub.spaces.words import EQUIPMENT

bp = Blueprint("search", __name__)
bp.app_template_filter("kind_words")(KINDS.__getitem__)

PER_PAGE = 20
EXCERPT = 180  # characters of a text that a result shows
TYPES = {
    "spazi": "space",
    "attivita": "activity",
    "proposte": "proposal",
    "processi": "process",
    "servizi": "service",
    "pagine": "page",
    "domande": "question",
}


@dataclass(frozen=True)
class Found:
    """Something that a search may find, in the reader's language. kind: a code of words.KINDS; text: what more it says."""

    kind: str
    title: str
    text: str
    url: str


def spaces_to_find(_words: list[str]) -> list[Found]:
    """The spaces, with what stands in them."""
    found = []
    for slug, name, text, equipment in service.named_spaces():
        things = ", ".join(str(EQUIPMENT[code]) for code in equipment)
        found.append(Found("space", local(name), f"{local(text)} {things}".strip(), url_for("spaces.space", slug=slug)))
    return found


def activities_to_find(_words: list[str]) -> list[Found]:
    """The activities of the programme that everybody may see, also those that are over."""
    return [
        Found("activity", local(title), _joined(local(summary), labs_words.KINDS[kind]), url_for("labs.activity", slug=slug))
        for slug, title, summary, kind in showcase.titles()
    ]


def proposals_to_find(words: list[str]) -> list[Found]:
    """The proposals that everybody may read and that have these words: of many, the newest."""
    return [
        Found("proposal", row.title, row.text, url_for("proposals.proposal", code=code_of(row)))
        for row in listing.candidates(words)
    ]


def processes_to_find(_words: list[str]) -> list[Found]:
    """The processes of participation, also those that are over."""
    return [
        Found("process", local(title), local(summary), url_for("processes.process", slug=slug))
        for slug, title, summary in process_titles()
    ]


def services_to_find(_words: list[str]) -> list[Found]:
    """The services, with what is told of each."""
    return [
        Found("service", str(one.title), _joined(one.summary, *one.addressed, *one.steps, *one.needed, *one.achieved), url)
        for one in SERVICES.values()
        for url in [url_for("pages.service", slug=one.slug)]
    ]


def pages_to_find(_words: list[str]) -> list[Found]:
    """The pages of the house that the ways through the portal lead everybody to, and those of the topics."""
    ways = {way.endpoint: way for way in (*navigation.rooms(), *navigation.FOOTER)}
    found = [Found("page", str(way.words), str(ABOUT.get(way.endpoint, "")), way.url) for way in ways.values()]
    topics = [Found("page", str(one.name), str(one.words), url_for("pages.topic", slug=one.slug)) for one in TOPICS.values()]
    return found + topics


def questions_to_find(_words: list[str]) -> list[Found]:
    """The questions that people ask, with their answers."""
    page = url_for("pages.faq")
    asked = [question for subject in FAQ for question in subject.questions]
    return [Found("question", str(one.asked), _joined(*one.told), f"{page}#{one.slug}") for one in asked]


def _joined(*texts: str) -> str:
    return " ".join(str(text) for text in texts)


# A room adds what it has: given the words that are looked for, it answers with candidates in at most one statement.
FINDERS: list[Callable[[list[str]], list[Found]]] = [
    *(spaces_to_find, activities_to_find, proposals_to_find, processes_to_find),
    *(services_to_find, pages_to_find, questions_to_find),
]


@bp.get("/cerca")
@public
def search() -> ResponseReturnValue:
    form = SearchForm(request.args)
    words = words_of(form.query.data or "") if form.validate() else []
    found = list(find(words)) if words else []
    chosen = TYPES.get(request.args.get("tipo", ""))
    shown = [one for one in found if chosen in (None, one.kind)]
    page, last = asked_page(), max(1, -(-len(shown) // PER_PAGE))
    page = min(page, last)
    return screen(
        "pages/search.html",
        "pages/_search.html",
        form.http_status,
        form=form,
        words=words,
        found=shown[(page - 1) * PER_PAGE : page * PER_PAGE],
        count=len(shown),
        kinds=[(name, kind, sum(one.kind == kind for one in found)) for name, kind in TYPES.items()],
        chosen=chosen,
        page=page,
        last=last,
        is_part=wants_part(),
        marked=marked,
        excerpt=excerpt,
    )


def find(words: list[str]) -> Iterator[Found]:
    """What has all these words: first what has most of them in its title; each address once."""
    candidates = [(one, hits(words, one.title), hits(words, one.text)) for finder in FINDERS for one in finder(words)]
    whole = [(one, len(title)) for one, title, text in candidates if len(title | text) == len(words)]
    seen: set[str] = set()
    for one, _score in sorted(whole, key=lambda pair: -pair[1]):
        if one.url not in seen:
            seen.add(one.url)
            yield one


def hits(words: Iterable[str], text: str) -> set[str]:
    """Which of these words the text has."""
    there = set(WORD.findall(fold(text)))
    return {word for word in words if any(_is(word, other) for other in there)}


def marked(text: str, words: list[str]) -> Markup:
    """The text as HTML, with the words that were looked for in <mark>."""
    parts, end = [], 0
    for found in WORD.finditer(text):
        if hits(words, found[0]):
            parts += [escape(text[end : found.start()]), Markup("<mark>{}</mark>").format(found[0])]
            end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def excerpt(text: str, words: list[str]) -> str:
    """A stretch of the text around the first word that was looked for."""
    first = next((found.start() for found in WORD.finditer(text) if hits(words, found[0])), 0)
    start = 0 if len(text) <= EXCERPT or first < EXCERPT // 2 else text.rfind(" ", 0, first - EXCERPT // 4) + 1
    end = start + EXCERPT
    end = len(text) if end >= len(text) else max(text.rfind(" ", start, end), start + EXCERPT // 2)
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"


def _is(word: str, other: str) -> bool:
    return other.startswith(word) or without_ending(other) == without_ending(word)
