"""What is kept by month gives what computing everything gives, and only months that changed are computed again."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impact import LogError
from impact.indicators import compute
from tests.impact.chance import grow, random_story
from tests.impact.stories import Story

CODES = ("OM01", "OM05", "OM07", "OM08", "OM11", "OM13", "OM14", "OM16")


def circular(story) -> bool:
    refs = {row.event_id: row.ref for row in story.rows if row.type == "event.voided"}
    return any(ref in refs for ref in refs.values())


@given(st.integers(0, 10**9), st.lists(st.integers(0, 40), min_size=1, max_size=3))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_kept_months_give_the_same_after_any_events_and_voids(tmp_path_factory, seed, steps):
    folder = tmp_path_factory.mktemp("kept")
    story, chance = random_story(seed, 60), Random(seed)
    for number, events in enumerate((0, *steps)):
        grow(story, chance, events)
        if circular(story):  # voids of voids have a test of their own
            return
        log = story.folder(folder / f"log{number}")
        kept = compute(log, only=CODES, by=("month",), threshold=0, cache=folder / "cache")
        assert kept.indicators == compute(log, only=CODES, by=("month",), threshold=0).indicators
        assert kept.recomputed is not None


@pytest.fixture
def story() -> Story:
    story = Story()
    story.hold("s1", "2023-03-06", "p1 p2")
    story.hold("s2", "2023-04-03", "p1 p3")
    story.hold("s3", "2023-05-08", "p1")
    return story


def test_only_months_touched_by_new_or_voided_events_are_computed_again(story, tmp_path):
    number = iter(range(10))

    def anew() -> list[str]:
        log = story.folder(tmp_path / f"log{next(number)}")
        return compute(log, only=("OM05",), cache=tmp_path / "cache", threshold=0).recomputed

    assert anew() == ["2023-03", "2023-04", "2023-05"]
    assert anew() == []
    late = story.mark("p9", "s2", "2023-06-20")  # typed in June, of April's session
    assert anew() == ["2023-04"]
    story.void(late)
    story.void(story.rows[1].event_id)
    assert anew() == ["2023-03", "2023-04"]
    story.hold("s4", "2023-06-05", "p1")
    assert anew() == ["2023-06"]
    story.hold("s1", "2023-05-09")  # corrected: s1 was in May
    assert anew() == ["2023-05"], "March is empty now"


def test_a_damaged_piece_is_computed_again(story, tmp_path):
    log, cache = story.folder(tmp_path / "log"), tmp_path / "cache"
    compute(log, only=("OM05",), cache=cache, threshold=0)
    piece = sorted(cache.iterdir())[0]
    piece.write_bytes(piece.read_bytes()[:50])
    answer = compute(log, only=("OM05",), cache=cache, threshold=0)
    assert answer.recomputed == ["2023-03"]
    assert answer.indicators[0]["value"] == 3


def test_a_cache_that_cannot_be_is_refused(story, tmp_path):
    log = story.folder(tmp_path / "log")
    (tmp_path / "file").touch()
    with pytest.raises(LogError, match="the folder cannot be made"):
        compute(log, only=("OM05",), cache=tmp_path / "file")
