"""The search among proposals: the words of each newest version are kept as tokens, and both engines look for them.

A word is kept as its Italian stem and as itself without its last vowels: the stemmer alone tells laboratorio from laboratori,
and orto from orti. What somebody types is never read as a query: queries are made of such tokens alone.
"""

import math
import re
from collections.abc import Iterable
from functools import lru_cache

import snowballstemmer
import sqlalchemy as sa

from hub.db import db
from hub.folding import SMALL, fold, without_ending
from hub.proposals.models import SEARCHED_TEXT, Proposal, ProposalVersion, ProposalWords
from hub.proposals.showing import SHOWN

LONGEST_WORD = 40
WORD = re.compile(r"[^\W_]+")
CONSIDERED, TELLING = 40, 12  # words of a text whose rarity is looked up; the rarest of them, by which it is compared
IN_TITLE = 3  # what a word counts for in a title, beside 1 in a text
ALIKE = 1 / 3  # the least part of what a text would score against itself
_STEMMER = snowballstemmer.stemmer("italian")


def index(proposal: Proposal) -> None:
    """Keep the words of the newest version of a proposal; flushes."""
    newest = sa.select(ProposalVersion.content).filter_by(proposal_id=proposal.id).order_by(ProposalVersion.number.desc())
    content = db.session.scalars(newest.limit(1)).one()
    kept = db.session.get(ProposalWords, proposal.id)
    if kept is None:
        kept = ProposalWords(proposal_id=proposal.id)
        db.session.add(kept)
    kept.title, kept.text = tokens_of(content["title"]), tokens_of(content["text"])
    db.session.flush()


def unindex(proposal: Proposal) -> None:
    """A search does not find this proposal any more; flushes."""
    db.session.execute(sa.delete(ProposalWords).filter_by(proposal_id=proposal.id))


def matching(words: Iterable[str]) -> sa.Select:
    """The numbers of the proposals, shown or not, that have all these words or words that begin so; of none without any."""
    asked = [_either(token, begins=len(word) > 2) for word in words for token in WORD.findall(fold(word))]
    if not asked:
        return sa.select(ProposalWords.proposal_id).where(sa.false())
    return _with((" AND " if _is_sqlite() else " & ").join(asked))


def similar(title: str, text: str, limit: int = 5, *, but: int | None = None) -> list[sa.Row]:
    """(id, title, state, created_at) of the shown and not closed proposals that resemble these words, the most alike first.

    A word counts for more the rarer it is, and in a title; two statements, and the same answer on both engines. but: the
    number of the proposal that is being edited.
    """
    own = set(_words(title))
    telling, unknown = _telling(own, title, text)
    if not telling:
        return []
    whole = unknown * IN_TITLE + sum(weight * (IN_TITLE if word in own else 1) for word, weight in telling.items())
    hits = []
    for number, (word, weight) in enumerate(telling.items()):
        for query, counts in ((_with(_either(word)), 1), (_with(_either(word), in_title=True), IN_TITLE - 1)):
            found = query.subquery()
            told = (sa.literal_column(str(number)).label("word"), sa.literal_column(str(weight * counts)).label("weight"))
            hits.append(sa.select(found.c[0].label("id"), *told))
    hit = sa.union_all(*hits).subquery()
    score, shared = sa.func.sum(hit.c.weight), sa.func.count(hit.c.word.distinct())
    asked = (
        sa.select(Proposal.id, Proposal.title, Proposal.state, Proposal.created_at)
        .join(hit, hit.c.id == Proposal.id)
        .where(*SHOWN, Proposal.closed_at.is_(None))
        .where(Proposal.id != (but or 0))
        .group_by(Proposal.id, Proposal.title, Proposal.state, Proposal.created_at)
        .having(score >= math.ceil(whole * ALIKE), shared >= min(2, len(telling)))
        .order_by(score.desc(), Proposal.id.desc())
        .limit(limit)
    )
    return list(db.session.execute(asked))


def _telling(own: set[str], title: str, text: str) -> tuple[dict[str, int], int]:
    """The rarest words of these texts that proposals have, with their weights, and what those of the title (own) would weigh that
    none has; one statement."""
    considered = list(dict.fromkeys([*_words(title), *_words(text)]))[:CONSIDERED]
    if not considered:
        return {}, 0
    counts = [sa.select(sa.func.count()).select_from(_with(_either(word)).subquery()).scalar_subquery() for word in considered]
    kept = sa.select(sa.func.count()).select_from(ProposalWords).scalar_subquery()
    total, *found = db.session.execute(sa.select(kept, *counts)).one()
    known = sorted((count, word) for word, count in zip(considered, found, strict=True) if count)
    unknown = sum(_weight(total, 1) for word, count in zip(considered, found, strict=True) if not count and word in own)
    return {word: _weight(total, count) for count, word in known[:TELLING]}, unknown


def _weight(total: int, count: int) -> int:
    """What a word counts for that so many of all proposals have: an integer, so that both engines add up alike."""
    return round(1000 * math.log(1 + total / count))


def _words(text: str) -> list[str]:
    """The words of a text that say what it is about, folded."""
    return [word for word in WORD.findall(fold(text)) if len(word) > 2 and word not in SMALL]


def tokens_of(text: str) -> str:
    """What a text is kept as: the tokens of its words, in order."""
    return " ".join(token for word in WORD.findall(fold(text)) for token in _tokens(word))


@lru_cache(8192)
def _tokens(word: str) -> tuple[str, ...]:
    """What a folded word is kept and found as."""
    word = word[:LONGEST_WORD]
    return tuple(dict.fromkeys((_STEMMER.stemWord(word), without_ending(word))))


def _either(word: str, *, begins: bool = False) -> str:
    """A query for any form of a word, in the engine's language. begins: or any word that begins like it."""
    before, after, either = ('"', '"*', " OR ") if _is_sqlite() else ("'", "':*", " | ")
    forms = [f"{before}{token}{before}" for token in _tokens(word)]
    return f"({either.join([*forms, *([before + word[:LONGEST_WORD] + after] if begins else [])])})"


def _with(query: str, *, in_title: bool = False) -> sa.Select:
    """The numbers of the proposals that a query finds, by its index."""
    if _is_sqlite():
        found = sa.table("proposal_words_fts", sa.column("rowid", sa.Integer))
        query = f"title : {query}" if in_title else query
        return sa.select(found.c.rowid).where(sa.literal_column("proposal_words_fts").op("MATCH")(query))
    asked = sa.func.to_tsquery(sa.literal_column("'simple'"), query)
    found = sa.select(ProposalWords.proposal_id).where(sa.literal_column(SEARCHED_TEXT).op("@@")(asked))
    if in_title:
        found = found.where(sa.func.to_tsvector(sa.literal_column("'simple'"), ProposalWords.title).op("@@")(asked))
    return found


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"
