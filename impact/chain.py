"""The hash chain of a sealed log: the canonical row, the hash of a row, sealing, and the check of a whole log.

Each hash covers the row and, through the hash before it, every earlier row. So a change, a removal, an insertion or a
swap breaks the chain where it was made. What a chain cannot show from inside is that its end was cut off, or that its
owner rewrote it and chained it anew: compare its head with one kept elsewhere.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain, pairwise
from typing import Any, NamedTuple
from unicodedata import normalize

import rfc8785

from impact.acts import LARGEST_INTEGER
from impact.row import Row

GENESIS = "0" * 64

_plain_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True).encode


def canonical(row: Row) -> bytes:
    """The RFC 8785 JSON of the twelve keys `event_id` ... `facts`, `seq`, in UTF-8: what a hash is taken of.

    Text is NFC, empty is null, times are UTC with six decimals and Z, empty facts are {}. Raises `ValueError` for a
    time without offset, a number that JSON does not have, a lone surrogate.
    """
    document = {
        "event_id": row.event_id,
        "ts_event": utc(row.ts_event),
        "ts_recorded": utc(row.ts_recorded),
        "type": row.type,
        "person": row.person,
        "activity": row.activity,
        "session": row.session,
        "minutes": row.minutes,
        "status": row.status,
        "ref": row.ref,
        "facts": row.facts,
        "seq": row.seq,
    }
    return _canonical(document)


def canonical_facts(facts: dict[str, Any]) -> str:
    """The RFC 8785 JSON of the facts of a row: the cell of a file."""
    return _canonical(facts).decode() if facts else "{}"


def _canonical(document: dict[str, Any]) -> bytes:
    """RFC 8785 of NFC text. Plain documents take a path six times quicker, which writes the same bytes.

    In ASCII the standard encoder escapes as RFC 8785 does, code points sort as UTF-16 does and NFC changes nothing;
    numbers are left to the reference unless they are integers that a double holds.
    """
    if all(map(_is_plain, document.values())):
        text = _plain_json(document)
        if text.isascii():
            return text.encode()
    return rfc8785.dumps(_nfc(document))


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is str or value is None:
        return True
    if kind is int:
        return -LARGEST_INTEGER <= value <= LARGEST_INTEGER
    return kind is dict and all(map(_is_plain, value.values()))


def _nfc(value: Any) -> Any:
    if isinstance(value, str):
        return normalize("NFC", value)
    if isinstance(value, dict):
        return {_nfc(key): _nfc(inner) for key, inner in value.items()}
    return [_nfc(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def utc(moment: datetime) -> str:
    """ISO 8601 in UTC with six decimals and Z."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no offset: give an aware datetime")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def chain_hash(prev_hash: str, row: Row) -> str:
    """SHA-256, in hex, of the 64 hex characters of `prev_hash` followed by the canonical row."""
    return sha256(prev_hash.encode() + canonical(row)).hexdigest()


def seal(rows: Iterable[Row], *, seq: int = 0, head: str = GENESIS) -> Iterator[Row]:
    """These rows with their seq, prev_hash and hash, continuing a chain whose last row has this seq and hash."""
    for number, row in enumerate(rows, seq + 1):
        numbered = row._replace(seq=number, prev_hash=head)
        head = chain_hash(head, numbered)
        yield numbered._replace(hash=head)


class Broken(NamedTuple):
    """The first row at which a log stops holding, as it stands in the file, and what is wrong there in words."""

    seq: int | None
    line: int | None
    event_id: str
    what: str


class Verification(NamedTuple):
    """What following a chain gave.

    `rows` counts all rows of the log; `head` is the hash of the last row up to which it holds (GENESIS if already the
    first does not), None for a log that is not sealed.
    """

    rows: int
    head: str | None
    sealed: bool
    broken: Broken | None

    @property
    def holds(self) -> bool:
        """True for a sealed log without a broken row. An unsealed or empty log has no chain, so it does not hold."""
        return self.sealed and self.broken is None


def verify(rows: Iterable[Row], *, head: str | None = None) -> Verification:
    """Follow the chain from its first row, in one pass and constant memory.

    `head` is the hash that the last row must have, known from elsewhere: it is what shows rows cut off the end, and a
    log chained anew. Reads all rows, so a `LogError` of the reader comes out even after the chain broke.
    """
    count, last, sealed = 0, GENESIS, False
    broken = beyond = row = None
    for row, following in pairwise(chain(rows, (None,))):
        count += 1
        sealed = sealed or _is_sealed(row)
        if broken is not None:
            continue
        if last == head and beyond is None:
            beyond = row
        if row.seq == count and row.prev_hash == last and row.hash == chain_hash(last, row):
            last = row.hash
        else:
            broken = _broken(row, _what(row, following, count, last))
    if not sealed:
        return Verification(count, None, False, None)
    if broken is None and head not in (None, last):
        broken = _not_the_head(row, beyond)
    return Verification(count, last, True, broken)


def _is_sealed(row: Row) -> bool:
    return not (row.seq is None and row.prev_hash is None and row.hash is None)


def _broken(row: Row, what: str) -> Broken:
    return Broken(row.seq, row.line, row.event_id, what)


def _what(row: Row, following: Row | None, seq: int, last: str) -> str:
    """What is wrong with the first row that does not follow a chain whose next seq is `seq` and last hash `last`."""
    if None in (row.seq, row.prev_hash, row.hash):
        return "the row is not sealed: its seq, prev_hash or hash is empty"
    if row.seq != seq:
        return _wrong_seq(row, seq, last)
    computed = chain_hash(last, row)
    if row.prev_hash != last:
        if row.hash == computed:
            return "prev_hash was changed: it is not the hash of the row before, while the rest of the row holds"
        return "prev_hash is not the hash of the row before: a row was removed, inserted, swapped or chained anew here"
    if following is not None and following.prev_hash == row.hash:
        return "the content of the row was changed: the hash that it was sealed with does not match it"
    if following is not None and following.prev_hash == computed:
        return "hash was changed: the row after it carries the hash that the content gives"
    return "the content of the row or its hash was changed: they do not match"


def _wrong_seq(row: Row, seq: int, last: str) -> str:
    if row.prev_hash == last and row.hash == chain_hash(last, row._replace(seq=seq)):
        return f"seq was changed: it is {row.seq} where {seq} was sealed"
    if row.seq > seq:
        return f"seq is {row.seq} where {seq} was expected: a row was removed before this one, or rows were swapped"
    return f"seq is {row.seq} where {seq} was expected: the row was repeated, inserted or moved here"


def _not_the_head(end: Row, beyond: Row | None) -> Broken:
    if beyond is not None:
        return _broken(beyond, "the expected head is the hash of the row before this one: this row and those after came later")
    what = "the chain ends here without the expected head: rows were cut off the end, or the log was chained anew"
    return _broken(end, what)
