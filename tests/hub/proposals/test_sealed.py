"""While a process is sealed nothing that the portal says tells, or lets guess, how many support or voted for what.

Every address is asked for by everybody, in both languages, sorted and filtered in every way that a page offers, in a portal and
in its twin, where what is most supported is what was least: the answers are the same, byte by byte. New pages are swept by
themselves, since the addresses are those that the application has.
"""

import re
import shutil

import pytest
import time_machine

from hub import create_app
from hub.db import db
from tests.databases import environment
from tests.hub.proposals import sweeping
from tests.hub.proposals.sweeping import AT, FIRST, SECOND, Seen, World

TOLD = {137, 116, 253, 223, 199}  # supports and votes, of each and of both; smaller numbers tell other things too
COUNTING = ("/proposte?ordine=supported", "/proposte/dati.zip", "/partecipa/sigillo/documento.csv")
# Each with an object that this portal has none of: an appeal, a proof of a result, a file.
UNANSWERED = {"debate.appeal", "moderation_staff.appeal", "outcome.evidence", "proposal_files.file"}


@pytest.fixture(scope="module")
def portals(sqlite, tmp_path_factory):
    """The portal and its twin."""
    folder, made = tmp_path_factory.mktemp("sealed"), []
    for name, counts in (("portal", (FIRST, SECOND)), ("twin", (SECOND, FIRST))):
        file = folder / f"{name}.sqlite"
        shutil.copy(sqlite.template, file)
        made.append(sweeping.build(create_app(environment(f"sqlite:///{file}")), *counts))
    yield made
    for world in made:
        with world.app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="module")
def seen(portals) -> list[Seen]:
    with time_machine.travel(AT, tick=False):
        return [sweeping.visit(world) for world in portals]


def numbers(text: str) -> set[int]:
    """The counts that a text tells, as words of their own; a drawing is made of numbers that are none."""
    text = re.sub(r"<svg.*?</svg>", "", text, flags=re.S)
    return {int(one) for one in re.findall(r"(?<![\w.,+/=#:-])\d{2,3}(?![\w=+/-])", text)} & TOLD


def test_the_twins_say_the_same_to_everybody(seen):
    portal, twin = seen
    assert set(portal.said) == set(twin.said) and len(portal.said) > 1500
    assert [key for key, told in portal.said.items() if told != twin.said[key]] == []


def test_no_count_is_told(seen):
    portal, _ = seen
    assert {key: found for key in portal.said if (found := numbers(portal.text(key)))} == {}


def test_every_page_of_the_room_is_swept(portals, seen):
    unanswered = {rule.endpoint for rule in sweeping.room_rules(portals[0].app)} - seen[0].answered
    assert unanswered == UNANSWERED


def test_neither_the_log_nor_what_is_counted_in_it_tells(portals, tmp_path):
    ours, theirs = (sweeping.exported(world, tmp_path / str(number)) for number, world in enumerate(portals))
    assert ours == theirs
    assert "proposal.supported" not in ours["log.csv"]


def test_no_mail_tells(portals):
    """Who supports something hears of that, and of nothing more; all others are told the same in both portals."""
    ours, theirs = (sweeping.mails(world) for world in portals)
    assert not any(numbers(words) for words in ours.values())
    ours, theirs = ({key: words for key, words in told.items() if "folla" not in key[0]} for told in (ours, theirs))
    assert ours and ours == theirs


def test_once_the_seal_is_lifted_the_sweep_finds_the_counts(portals, seen, tmp_path):
    """The control: the same visits see what is no longer sealed."""
    told = [_unsealed(world) for world in portals]
    different = {key for key, said in told[0].said.items() if said != told[1].said.get(key)}
    counted = {key for key in told[0].said if numbers(told[0].text(key))}
    for path in (f"/proposte/{portals[0].codes[0]}", *COUNTING):
        assert ("visitor", "it", path) in different, path
    assert ("visitor", "it", f"/proposte/{portals[0].codes[0]}") in counted
    logs = [sweeping.exported(world, tmp_path / str(number))["log.csv"].splitlines() for number, world in enumerate(portals)]
    given = [sum("proposal.supported" in row and portals[0].codes[0] in row for row in log) for log in logs]
    assert given == [FIRST[0], SECOND[0]]


def _unsealed(world: World) -> Seen:
    with time_machine.travel(sweeping.lift(world), tick=False):
        return sweeping.visit(world, rooms_only=True)
