"""Words as a search compares them: without capitals, accents, and the small words that say nothing of a subject."""

import re
import unicodedata

WORD = re.compile(r"\w+")
MOST_WORDS = 10
_SMALL_WORDS = """
    a ad agli ai al alla alle allo con da dagli dai dal dalla de degli dei del della delle dello di e ed gli i il in l la le
    lo nei nel nella o per su sui sul sulla tra un una uno an and at for from of on or the to with
"""
SMALL = frozenset(_SMALL_WORDS.split())


def fold(text: str) -> str:
    """The text without capitals and accents: Città is citta."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))


def words_of(query: str) -> list[str]:
    """What is looked for, folded: without small words, unless there are no others."""
    words = list(dict.fromkeys(WORD.findall(fold(query))))
    return ([word for word in words if word not in SMALL and (len(word) > 1 or word.isdigit())] or words)[:MOST_WORDS]


def without_ending(word: str) -> str:
    """A word without its last vowels, by which Italian tells one from many; a short one stays whole."""
    stem = word.rstrip("aeiou")
    return stem if len(stem) > 2 else word
