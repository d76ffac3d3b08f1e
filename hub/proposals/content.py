"""What a proposal says, as plain values: its fields, what is asked before it is published, and how two versions differ.

A content is a dict with the keys FIELDS and "files" (`ProposalVersion`). Numbers are whole; needs_cents are euro cents.
"""

import difflib
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import rfc8785

from hub.proposals.rules import LONGEST_TEXT, LONGEST_TITLE
from hub.refusal import Refusal, must_pass

WORDS = ("title", "text", "topic", "place", "address", "target", "target_method", "needs_spaces")  # "" where there are none
NUMBERS = ("space_id", "lat", "lon", "target_n", "needs_hours", "needs_cents")  # None where there is none
FIELDS = (
    *("title", "text", "topic", "sdgs", "area", "place", "space_id", "address", "lat", "lon"),
    *("target", "target_n", "target_method", "needs_spaces", "needs_hours", "needs_cents"),
)
COMPARED = ("title", "text", "address", "target", "target_method", "needs_spaces")  # word by word
LONGEST = {"title": LONGEST_TITLE, "text": LONGEST_TEXT, "address": 200, "target": 500, "target_method": 500, "needs_spaces": 500}
SHORTEST = {"title": 5, "text": 30}
MOST_PEOPLE, MOST_HOURS, MOST_CENTS = 1_000_000, 100_000, 1_000_000_00
LATITUDES, LONGITUDES = (39.7, 40.8), (17.3, 18.6)  # degrees around Lecce, which tell a point from its two numbers exchanged
MOST_COMPARED = 1500  # words between the first and the last that differ: with more of them, all of these are told as changed


def must_be_whole(content: Mapping) -> None:
    """Whether a content may be published. Raises Refusal, which tells all that is missing."""
    must_pass(
        lambda: _must_say(content, "title"),
        lambda: _must_say(content, "text"),
        lambda: _must_have_topic(content),
        lambda: _must_have_area(content),
        lambda: _must_be_placed(content),
        lambda: _must_say_how_estimated(content),
    )


def _must_say(content: Mapping, field: str) -> None:
    said, least = content[field], SHORTEST[field]
    if not said and field == "title":
        raise Refusal("Scrivi un titolo.", field=field, rule="title")
    if not said:
        raise Refusal("Scrivi che cosa proponi.", field=field, rule="text")
    if len(said) < least:
        raise Refusal("Scrivi almeno %(least)s caratteri.", field=field, rule="too-short", least=least)
    if len(said) > LONGEST[field]:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", field=field, rule="too-long", most=LONGEST[field])


def _must_have_topic(content: Mapping) -> None:
    if not content["topic"]:
        raise Refusal("Scegli un argomento: serve a chi cerca la proposta.", field="topic", rule="topic")


def _must_have_area(content: Mapping) -> None:
    if not content["area"]:
        raise Refusal("Scegli un'area di attività.", field="area", rule="area")


def _must_be_placed(content: Mapping) -> None:
    if content["place"] == "hub" and content["space_id"] is None:
        raise Refusal("Scegli lo spazio, oppure «Nessun luogo preciso».", field="space_id", rule="space")
    if content["place"] == "city" and not content["address"]:
        raise Refusal("Scrivi dove, oppure scegli «Nessun luogo preciso».", field="address", rule="address")
    if (content["lat"] is None) != (content["lon"] is None):
        missing = "lat" if content["lat"] is None else "lon"
        raise Refusal("Scrivi tutte e due le coordinate, o nessuna.", field=missing, rule="point")
    if content["lat"] is not None and not _is_near(content["lat"], content["lon"]):
        raise Refusal(
            "Questo punto non è a Lecce o vicino: la latitudine è circa 40,35 e la longitudine circa 18,17.",
            field="lat",
            rule="near",
        )


def _is_near(lat: float, lon: float) -> bool:
    return LATITUDES[0] <= lat <= LATITUDES[1] and LONGITUDES[0] <= lon <= LONGITUDES[1]


def _must_say_how_estimated(content: Mapping) -> None:
    if content["target_n"] is not None and not content["target_method"]:
        raise Refusal(
            "Scrivi come hai stimato il numero: per esempio, le famiglie che abitano intorno.",
            field="target_method",
            rule="target-method",
        )


def canonical(content: Mapping, files: Iterable[int] = ()) -> dict:
    """A content as a version keeps it: what does not belong to its kind of place is left out, lists are in order."""
    said = {name: content[name] for name in FIELDS}
    said["sdgs"] = sorted(set(said["sdgs"]))
    if said["place"] != "hub":
        said["space_id"] = None
    if said["place"] != "city":
        said |= {"address": "", "lat": None, "lon": None}
    return said | {"files": sorted(files)}


def digest(content: Mapping) -> str:
    """SHA-256, in hexadecimal, of a content in canonical JSON (RFC 8785)."""
    return hashlib.sha256(rfc8785.dumps(dict(content))).hexdigest()


def as_typed(content: Mapping) -> dict[str, str]:
    """A content as somebody would type it in Italian: what a draft keeps."""
    typed = {name: content[name] or "" for name in (*WORDS, "area")}
    typed |= {name: "" if content[name] is None else f"{content[name]}".replace(".", ",") for name in NUMBERS}
    if (cents := content["needs_cents"]) is not None:
        typed["needs_cents"] = f"{cents // 100},{cents % 100:02}"
    return typed | {"sdgs": " ".join(map(str, content["sdgs"]))}


class Piece(NamedTuple):
    """Some words of a comparison. kind: same, out (only in the old ones) or new."""

    kind: str
    words: str


class Difference(NamedTuple):
    """A field that two versions say otherwise. pieces: of its words, in order; () of one that is compared whole."""

    field: str
    old: object
    new: object
    pieces: tuple[Piece, ...]


def difference(old: Mapping, new: Mapping) -> list[Difference]:
    """What a version says otherwise than the one before, field by field; of words, word by word."""
    found = []
    for field in (*FIELDS, "files"):
        if old[field] != new[field]:
            pieces = compare(old[field], new[field]) if field in COMPARED else ()
            found.append(Difference(field, old[field], new[field], pieces))
    return found


def compare(old: str, new: str) -> tuple[Piece, ...]:
    """How one text became another, word by word. At most MOST_COMPARED words are held against one another."""
    before, after = re.findall(r"\s*\S+|\s+$", old), re.findall(r"\s*\S+|\s+$", new)
    head = _alike(before, after)
    tail = _alike(before[head:][::-1], after[head:][::-1])
    middle = before[head : len(before) - tail], after[head : len(after) - tail]
    pieces = [("same", before[:head]), *_compared(*middle), ("same", before[len(before) - tail :])]
    return tuple(Piece(kind, "".join(words)) for kind, words in pieces if words)


def _alike(one: list[str], other: list[str]) -> int:
    """How many words both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _compared(before: list[str], after: list[str]) -> list[tuple[str, list[str]]]:
    if max(len(before), len(after)) > MOST_COMPARED:
        return [("out", before), ("new", after)]
    found = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after).get_opcodes():
        found += [("same", before[a:b])] if kind == "equal" else [("out", before[a:b]), ("new", after[c:d])]
    return found
