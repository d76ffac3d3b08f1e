"""The search of the portal: one question to every room that has something to find. What is asked is kept nowhere.

All words must be there, whatever their accents and capitals; a word also finds its singular and its plural.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from hub.access import public
from hub.filters import local
from hub.labs import showcase
from hub.labs import words as labs_words
from hub.pages import navigation, service
from hub.pages.faq import FAQ
from hub.pages.forms import SearchForm
from hub.pages.services import SERVICES
from hub.pages.topics import TOPICS
from hub.pages.words import ABOUT, KINDS
from hub.screen import asked_page, screen, wants_part
from hub.spaces.words import EQUIPMENT

bp = Blueprint("search", __name__)
bp.app_template_filter("kind_words")(KINDS.__getitem__)

MOST_WORDS = 10
PER_PAGE = 20
EXCERPT = 180  # characters of a text that a result shows
TYPES = {"spazi": "space", "attivita": "activity", "servizi": "service", "pagine": "page", "domande": "question"}
WORD = re.compile(r"\w+")
_SMALL_WORDS = """
    a ad agli ai al alla alle allo con da dagli dai dal dalla de degli dei del della delle dello di e ed gli i il in l la le
    lo nei nel nella o per su sui sul sulla tra un una uno an and at for from of on or the to with
"""
SMALL = frozenset(_SMALL_WORDS.split())


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
    *(spaces_to_find, activities_to_find, services_to_find),
    *(pages_to_find, questions_to_find),
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


def words_of(query: str) -> list[str]:
    """What is looked for, folded: without small words, unless there are no others."""
    words = list(dict.fromkeys(WORD.findall(fold(query))))
    return ([word for word in words if word not in SMALL and (len(word) > 1 or word.isdigit())] or words)[:MOST_WORDS]


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


def fold(text: str) -> str:
    """The text without capitals and accents: Città is citta."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))


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
    return other.startswith(word) or _stem(other) == _stem(word)


def _stem(word: str) -> str:
    """A word without its last vowels, by which Italian tells one from many; a short one stays whole."""
    stem = word.rstrip("aeiou")
    return stem if len(stem) > 2 else word
