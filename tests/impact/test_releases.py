"""The register of releases: what two harmless tables tell together is not published."""

import json
import multiprocessing
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from impact.disclosure import DisclosureError, protect
from impact.releases import Register, Release, released
from tests.impact.test_disclosure import DETAILS, range_of, with_totals

SPRING = ("2026-03-01", "2026-04-30")


def release(cells: dict, additive: bool = True, **how) -> Release:
    how = {"statistic": "OM08", "period": SPRING} | how
    return Release(cells=tuple(({} if by is None else dict([by]), n) for by, n in cells.items()), additive=additive, **how)


@pytest.fixture
def register(tmp_path) -> Register:
    return Register(tmp_path / "releases.jsonl")


def refused(register: Register, new: Release) -> str:
    before = register.path.read_bytes()
    with pytest.raises(DisclosureError) as error:
        register.publish(new)
    assert register.path.read_bytes() == before
    return str(error.value)


def test_all_and_all_but_one_tell_the_one(register):
    register.publish(release({None: 41}))
    words = refused(register, release({None: 39}, but={"centre": ["volare-alto"]}))
    assert words.startswith("OM08 (from 2026-03-01 to 2026-04-30; centre all but volare-alto) is 39, and (from")
    assert "was published as 41: the difference is a group smaller than the threshold" in words
    register.publish(release({None: 36}, but={"centre": ["volare-alto"]}))


def test_all_but_one_tells_of_unique_people_too(register):
    register.publish(release({None: 41}, additive=False))
    assert "smaller than the threshold" in refused(register, release({None: 39}, additive=False, but={"activity": ["steam"]}))


def test_a_filter_on_some_values_is_within_all(register):
    register.publish(release({None: 41}))
    assert "smaller" in refused(register, release({None: 38}, only={"gender": ["F", "M"]}))


def test_a_period_that_grew_by_a_month_tells_who_is_new(register):
    register.publish(release({None: 41}, additive=False, period=("2026-03-01", "2026-04-30")))
    words = refused(register, release({None: 42}, additive=False, period=("2026-03-01", "2026-05-31")))
    assert "from 2026-03-01 to 2026-05-31" in words
    register.publish(release({None: 46}, additive=False, period=("2026-03-01", "2026-05-31")))


def test_a_month_of_unique_people_may_stand_beside_its_spring(register):
    register.publish(release({None: 41}, additive=False))
    register.publish(release({None: 39}, additive=False, period=("2026-04-01", "2026-04-30")))


def test_a_small_correction_tells_who_was_late(register):
    register.publish(release({None: 12}))
    assert "keep the published count until more have changed" in refused(register, release({None: 13}))
    register.publish(release({None: 12}))
    register.publish(release({None: 17}))


def test_what_one_table_hides_another_may_not_show(register):
    register.publish(release({None: 30, ("gender", "F"): None, ("gender", "M"): 16, ("gender", "X"): None}))
    words = refused(register, release({None: 30, ("gender", "X"): 12}))
    assert "is hidden in one release and published as 12 in another" in words


def test_two_tables_of_months_tell_a_hidden_one_together(register):
    # March and April hide 3 + 7 = 10 of the spring; a table of April alone would tell both.
    register.publish(
        release(
            {None: 40, ("month", "2026-02"): 30, ("month", "2026-03"): None, ("month", "2026-04"): None},
            period=("2026-02-01", "2026-04-30"),
        )
    )
    assert "published as 7" in refused(register, release({None: 7}, period=("2026-04-01", "2026-04-30")))


def test_sums_of_two_tables_narrow_a_cell_that_neither_tells(register):
    # Spring 50 = March 20 + April 30 are public. March by gender hides F and M (F + M = 20), April shows F = 12.
    # The table of the spring that shows F = 14 + ... would give March F = 14 - 12 = 2.
    register.publish(release({None: 20, ("gender", "F"): None, ("gender", "M"): None}, period=("2026-03-01", "2026-03-31")))
    register.publish(release({None: 30, ("gender", "F"): 12, ("gender", "M"): 18}, period=("2026-04-01", "2026-04-30")))
    by_month = Release(
        "OM08",
        SPRING,
        (({"month": None}, 14), ({"month": "2026-03"}, None), ({"month": "2026-04"}, 12)),
        True,
        only={"gender": ["F"]},
    )
    assert "it can be worked out to be 2" in refused(register, by_month) or "smaller than" in refused(register, by_month)


def test_a_table_of_sums_narrows_what_an_older_one_hid(register):
    # a + b = 10 and b + c = 12 say little; a + b + c = 17 says b = 5, a = 5, c = 7.
    pair = {"activity": ["a", "b"]}
    register.publish(release({None: 10, ("activity", "a"): None, ("activity", "b"): None}, only=pair))
    register.publish(release({None: 12, ("activity", "b"): None, ("activity", "c"): None}, only={"activity": ["b", "c"]}))
    cells = {None: 17, ("activity", "a"): None, ("activity", "b"): None, ("activity", "c"): None}
    assert "it can be worked out to be 5" in refused(register, release(cells))


def test_other_statistics_are_no_neighbours(register):
    register.publish(release({None: 41}))
    register.publish(release({None: 40}, statistic="OM05"))


def test_after_a_correction_tables_that_contradict_each_other_are_not_put_together(register):
    register.publish(release({None: 20, ("gender", "F"): None, ("gender", "M"): None}))
    register.publish(release({None: 30, ("gender", "F"): None, ("gender", "M"): None}))
    assert [old.cells[0][1] for old in register.releases()] == [20, 30]


def test_the_register_holds_no_hidden_count(register):
    frame = pd.DataFrame({"gender": ["F", "M", "X", None], "n": [2, 16, 12, 30]})
    protected = protect(frame, keys=["gender"], n="n", values=[], additive=True)
    register.publish(released(protected, statistic="OM08", period=SPRING, keys=["gender"], n="n", additive=True))
    assert [cell["n"] for cell in json.loads(register.path.read_text())["cells"]] == [None, 16, None, 30]
    register.publish(released(protected, statistic="OM08", period=SPRING, keys=["gender"], n="n", additive=True))


def test_a_register_that_is_not_whole_stops_publishing_and_names_the_line(register):
    register.publish(release({None: 41}))
    with register.path.open("a") as file:
        file.write('{"statistic": "OM')
    assert "releases.jsonl, line 2: the line is not a release" in refused(register, release({None: 41}))


def test_a_threshold_below_the_law_is_not_released(register):
    with pytest.raises(DisclosureError, match="floor"):
        register.check(release({None: 41}, threshold=2))


def _publish(path, n):
    try:
        Register(path).publish(release({None: n}))
    except DisclosureError:
        return 1
    return 0


def test_of_two_who_publish_at_once_one_waits_and_is_checked_against_the_other(register):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        outcomes = pool.starmap(_publish, [(register.path, 41), (register.path, 40)] * 4)
    assert sorted(outcomes) == [0] * 4 + [1] * 4
    assert len({old.cells[0][1] for old in register.releases()}) == 1


def test_unique_people_by_gender_differ_by_a_group_though_activities_overlap(register):
    register.publish(release({None: 18}, additive=("gender",), only={"activity": ["steam"]}))
    girls = release({None: 16}, additive=("gender",), only={"activity": ["steam"], "gender": ["M"]})
    assert "smaller than the threshold" in refused(register, girls)
    register.publish(release({None: 20}, additive=("gender",)))  # all activities: they overlap, so 2 are no group
    assert register.releases()[0].additive == ("gender",)


@settings(max_examples=12)
@given(DETAILS, st.permutations([["arm"], ["band"], ["arm", "band"]]), st.sampled_from([3, 5]))
@example({("a", "x"): 3, ("b", "y"): 3, ("b", "z"): 1}, [["arm"], ["band"], ["arm", "band"]], 3)
def test_what_the_register_lets_out_tells_no_small_cell_however_tables_are_put_together(details, order, threshold):
    shown, hidden = {}, set()
    known = list(product(*({place[number] for place in details} for number in (0, 1))))
    with TemporaryDirectory() as folder:
        register = Register(Path(folder) / "releases.jsonl")
        for keys in order:
            frame = pd.DataFrame([(*place, n) for place, n in with_totals(details).items()], columns=["arm", "band", "n"])
            for key in {"arm", "band"} - set(keys):
                frame = frame[frame[key].isna()]
            cells = [
                tuple(None if pd.isna(part) else part for part in place)
                for place in zip(frame["arm"], frame["band"], strict=True)
            ]
            protected = protect(frame[[*keys, "n"]], keys=keys, n="n", values=[], threshold=threshold, additive=True)
            table = released(protected, statistic="OM05", period=SPRING, keys=keys, n="n", additive=True, threshold=threshold)
            try:
                register.publish(table)
            except DisclosureError:
                continue
            for place, n, kind in zip(cells, protected["n"], protected["suppressed"], strict=True):
                if kind:
                    hidden.add(place)
                else:
                    shown[place] = n
            if len(keys) == 2:
                known = list(details)  # whoever reads this table sees which cells there are
    for place in hidden:
        low, high = range_of(place, known, shown)
        assert high - low >= threshold
