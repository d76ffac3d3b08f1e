"""Processes and phases on plain values: what a draft may be, what it lacks, and how an extension is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.proposals import process_rules as rules
from hub.proposals import rules as room
from hub.proposals.presets import PRESETS
from hub.proposals.process_rules import Terms
from hub.refusal import Refusal

AT = datetime(2027, 3, 1, 9, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
NAME = {"it": "Raccolta", "en": "Collecting"}
TITLE = {"it": "Idee", "en": "Ideas"}


def phase(start: int = 0, end: int = 10, *switches: str, row: int | None = 0, **more: object) -> Terms:
    """A phase from and to so many days after AT."""
    opens, closes = AT + start * DAY, AT + end * DAY
    return Terms(
        **{"name": NAME, "opens_at": opens, "closes_at": closes, "switches": switches or ("submits",), "row": row} | more
    )


def told(*phases: Terms) -> list[tuple[str, str]]:
    """(rule, field) of all that is wrong with these phases."""
    try:
        rules.must_be_phases(phases)
    except Refusal as refusal:
        return [(one.rule, one.field) for one in refusal.all]
    return []


def test_phases_follow_each_other_and_may_meet_at_the_same_minute():
    assert told(phase(0, 10), phase(10, 20), phase(25, 30)) == []
    early = phase(10, 20, row=1, opens_at=AT + 10 * DAY - MINUTE)
    assert told(phase(0, 10), early) == [("phase-order", "phases-1-opens_at")]


@pytest.mark.parametrize(
    "more, wrong",
    [
        ({"name": {}}, ("phase-name", "phases-0-name_it")),
        ({"name": {"it": "Raccolta"}}, ("phase-name-en", "phases-0-name_en")),
        ({"opens_at": None}, ("phase-opens", "phases-0-opens_at")),
        ({"closes_at": None}, ("phase-closes", "phases-0-closes_at")),
        ({"closes_at": AT}, ("phase-length", "phases-0-closes_at")),
        ({"closes_at": AT + 59 * MINUTE}, ("phase-length", "phases-0-closes_at")),
        ({"switches": ()}, ("phase-switches", "phases-0-switches")),
        ({"supports_most": 3}, ("phase-limit", "phases-0-supports_most")),
        ({"hides_counts": True}, ("phase-hides", "phases-0-hides_counts")),
    ],
)
def test_what_is_wrong_with_a_phase_stands_beside_its_field(more, wrong):
    assert told(phase(**more)) == [wrong]


def test_an_hour_is_enough_and_limits_make_sense_where_there_is_support():
    assert told(phase(closes_at=AT + 60 * MINUTE)) == []
    assert told(phase(0, 1, "supports", supports_most=3, hides_counts=True), phase(1, 2, "votes", hides_counts=True)) == []


def test_all_that_is_wrong_is_told_at_once():
    wrong = told(phase(name={}), phase(5, 6, row=1, switches=()))
    assert wrong == [
        ("phase-name", "phases-0-name_it"),
        ("phase-switches", "phases-1-switches"),
        ("phase-order", "phases-1-opens_at"),
    ]
    assert told(*[phase(one, one + 1, row=one) for one in range(13)]) == [("few-phases", None)]


def lacks(**more: object) -> list[str]:
    """The rules that say no to a draft that lacks nothing but this."""
    whole = {"title": TITLE, "summary": {"it": "x"}, "text": {"it": "y"}, "office": "Settore", "phases": [phase()], "now": AT}
    try:
        rules.must_be_ready(**whole | more)
    except Refusal as refusal:
        return [one.rule for one in refusal.all]
    return []


def test_a_draft_is_published_when_it_lacks_nothing():
    assert lacks() == []
    assert lacks(title={"it": "Idee"}, summary={}, office=" ", phases=[]) == ["title", "told", "office", "no-phases"]
    assert lacks(phases=[phase(0, 10, "supports")]) == ["no-submissions"]
    assert lacks(now=AT + 10 * DAY - MINUTE) == []
    assert lacks(now=AT + 10 * DAY) == ["past"]


@pytest.mark.parametrize("slug", ["ab", "Idee", "idee 2027", "-idee", "idee--x", "nuovo", "x" * 51, "città"])
def test_an_address_that_no_page_can_have_is_refused_in_words(slug):
    with pytest.raises(Refusal) as refused:
        rules.must_be_an_address(slug)
    assert (refused.value.rule, refused.value.field) == ("slug", "slug")
    rules.must_be_an_address("idee-2027")


def test_a_phase_is_extended_before_it_is_over_by_an_act_with_a_reason():
    closes = AT + DAY

    def wrong(**more: object) -> list[str]:
        asked = {"closes_before": closes, "closes_at": closes + DAY, "act": "Det. 1", "reason": "Festa", "now": AT}
        try:
            rules.must_be_extended(**asked | more)
        except Refusal as refusal:
            return [one.rule for one in refusal.all]
        return []

    assert wrong() == wrong(now=closes - MINUTE) == []
    assert wrong(now=closes) == ["phase-over"]
    assert wrong(closes_at=closes, act=" ", reason="") == ["later", "act", "reason"]
    assert wrong(act="x" * 161, reason="x" * 501) == ["act-long", "reason-long"]


@pytest.mark.parametrize("code", PRESETS)
def test_a_preset_is_whole(code):
    at, phases = AT, []
    for step in PRESETS[code].steps:
        assert set(step.name) == {"it", "en"} and set(step.open_to) <= set(room.SWITCHES)
        phases.append(Terms(step.name, at, at + step.days * DAY, step.open_to, step.supports_most, step.hides_counts))
        at += step.days * DAY
    rules.must_have_phases(phases)
    rules.must_be_phases(phases)
    assert any("answers" in one.switches for one in phases)
    assert tuple(PRESETS) == room.PRESETS
