"""What a page says, and which of it is still in the language of the source."""

import re
from collections.abc import Iterable
from pathlib import Path

from babel.messages.pofile import read_po
from playwright.sync_api import Page

CATALOGUE = Path(__file__).parents[2] / "hub/translations/en/LC_MESSAGES/messages.po"
OWN_NAMES = {"Italiano"}  # a language is told by its own name, whatever the page's
LEAST = 4  # letters around places: fewer, such as "... per ...", stand in whatever somebody has written
LONG = 12  # letters: so much is found inside a longer text too; less may be a word of another sentence
SAID = """language => {
  const told = []
  const mine = element => element.closest('[lang]').lang === language && !element.closest('script, style, textarea')
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) if (mine(walker.currentNode.parentElement)) told.push(walker.currentNode.data)
  for (const name of ['aria-label', 'alt', 'title', 'placeholder', 'content', 'value'])
    for (const element of document.querySelectorAll(`[${name}]:not(option, input:not([type=submit]))`))
      if (mine(element)) told.push(element.getAttribute(name))
  return told
}"""


def said(page: Page, language: str) -> set[str]:
    """Every text of the page that says it is in this language, what only a screen reader says included."""
    return {" ".join(text.split()) for text in page.evaluate(SAID, language)} - {""}


def sources(catalogue: Path = CATALOGUE) -> list[str]:
    """The Italian words that English has other words for; none where there is no catalogue."""
    if not catalogue.exists():
        return []
    with catalogue.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    pairs = []
    for message in messages:
        ids, strings = (part if isinstance(part, tuple) else (part,) for part in (message.id, message.string))
        pairs += zip(ids, strings, strict=False)
    return [source for source, words in pairs if words and source != words and source not in OWN_NAMES]


def left_over(texts: Iterable[str], italian: Iterable[str]) -> list[str]:
    """The texts that hold Italian words of the source."""
    short, long = set(), []
    for source in italian:
        words = " ".join(source.split())
        fixed = re.split(r"%\(\w+\)[sd]", words)
        if len(fixed) > 1 and sum(map(str.isalpha, "".join(fixed))) < LEAST:
            continue
        places = [r"[\d.,]+" if place == "%(num)s" else ".+" for place in re.findall(r"%\(\w+\)[sd]", words)]
        pattern = "".join(re.escape(part) + place for part, place in zip(fixed, [*places, ""], strict=True))
        if max(len(part) for part in fixed) >= LONG:
            long.append(rf"(?<!\w){pattern}(?!\w)")
        else:
            short.add(pattern)
    whole, inside = re.compile("|".join(short) or "(?!)"), re.compile("|".join(long) or "(?!)")
    told = (text for text in texts if not text.startswith(("http://", "https://")))  # addresses are Italian in every language
    return sorted(text for text in told if whole.fullmatch(text) or inside.search(text))
