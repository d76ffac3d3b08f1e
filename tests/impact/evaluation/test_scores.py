"""Scores: both forms, and every cell that cannot be read named by line and column."""

import numpy as np
import pytest

from impact.evaluation import ScoresError, read_scores
from impact.evaluation.plan import Reliability
from tests.impact.evaluation.samples import plan

WIDE = """person,arm,centre,pre,post,age,girl,reason
b,programme,lecce,3,4.5,11,yes,
a,comparison,brindisi,2,,12,no,moved
c,programme,lecce,.5,-1e1,10,no,
"""
LONG = """person,arm,centre,wave,score
c,programme,lecce,post,-10
b,programme,lecce,pre,3
a,comparison,brindisi,pre,2
b,programme,lecce,post,4.5
b,programme,lecce,follow-up,9
c,programme,lecce,pre,0.5
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes):
        (tmp_path / "scores.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / "scores.csv"

    return write


def test_the_wide_form_is_read_in_the_order_of_the_persons(write):
    held = read_scores(write(WIDE), plan(covariates=("age", "girl")))
    assert held.persons == ("a", "b", "c")
    assert held.programme.tolist() == [False, True, True]
    np.testing.assert_array_equal(held.pre, [2, 3, 0.5])
    np.testing.assert_array_equal(held.post, [np.nan, 4.5, -10])
    assert held.complete.tolist() == [False, True, True]
    assert held.clusters == ("brindisi", "lecce", "lecce")
    assert held.covariate_names == ("age", "girl=yes")
    np.testing.assert_array_equal(held.covariates, [[12, 0], [11, 1], [10, 0]])
    assert held.reasons == ("moved", None, None)


def test_the_long_form_says_the_same(write):
    wide, long = read_scores(write(WIDE), plan()), read_scores(write(LONG), plan())
    assert (long.persons, long.clusters) == (wide.persons, wide.clusters)
    np.testing.assert_array_equal(long.pre, wide.pre)
    np.testing.assert_array_equal(long.post, wide.post)


def test_a_follow_up_alone_counts_as_missing_and_a_reason_may_stand_in_any_row(write):
    lines = [f"{line}," for line in LONG.splitlines()[1:]]
    lines[4] += "moved"  # b's row of the follow-up
    text = "\n".join(["person,arm,centre,wave,score,reason", *lines, "d,comparison,bari,followup,3,ill", ""])
    held = read_scores(write(text), plan())
    assert held.persons == ("a", "b", "c", "d")
    assert held.complete.tolist() == [False, True, True, False]
    assert held.reasons == (None, "moved", None, "ill")


def test_blank_lines_a_byte_order_mark_and_the_order_of_columns_do_not_matter(write):
    text = "\ufeffpost,pre,centre,arm,person\n\n1,2,x,programme,a\n\n"
    held = read_scores(write(text), plan())
    assert (held.persons, held.pre[0], held.post[0]) == (("a",), 2, 1)


def test_items_and_further_outcomes_are_read_where_the_plan_names_them(write):
    text = "person,arm,centre,pre,post,a1,a2,b1,b2,calm_pre,calm_post\np,programme,x,1,2,1,2,3,4,5,6\n"
    items = Reliability(threshold=0.7, items_pre=("a1", "a2"), items_post=("b1", "b2"), reverse=("a2",))
    held = read_scores(write(text), plan(reliability=items, exploratory=("calm",)))
    assert held.items["pre"].tolist() == [[1, -2]]
    assert held.items["post"].tolist() == [[3, 4]]
    assert (held.outcomes["calm"].pre[0], held.outcomes["calm"].post[0]) == (5, 6)


def test_items_of_the_long_form_stand_in_the_row_of_their_wave(write):
    text = "person,arm,centre,wave,score,q1,q2\np,programme,x,pre,1,1,2\np,programme,x,post,2,3,4\n"
    items = Reliability(threshold=0.7, items_pre=("q1", "q2"), items_post=("q1", "q2"))
    held = read_scores(write(text), plan(reliability=items))
    assert (held.items["pre"].tolist(), held.items["post"].tolist()) == ([[1, 2]], [[3, 4]])


@pytest.mark.parametrize(
    ("change", "line", "column", "words"),
    [
        ((",post,", ",last,"), 1, "post", "the column is missing: the header is person, arm"),
        (("centre,", "school,"), 1, "centre", "the column is missing"),
        (("age,", "pre,"), 1, "pre", "stands twice in the header"),
        (("b,programme", "b,treated"), 2, "arm", "'treated' is not one of programme, comparison"),
        (("b,programme", "b,"), 2, "arm", "is empty"),
        (("a,comparison", ",comparison"), 3, "person", "is empty"),
        ((",brindisi,", ",,"), 3, "centre", "is empty"),
        (("c,programme", "b,programme"), 4, "person", "'b' stands in line 2, too"),
        (("4.5", "NaN"), 2, "post", "'NaN' is not a number"),
        (("4.5", "inf"), 2, "post", "'inf' is not a number"),
        (("4.5", "NA"), 2, "post", "leave the cell empty where there is none"),
        (("4.5", '"4,5"'), 2, "post", "'4,5' is not a number: write it with a decimal point"),
        (("4.5", "=1+1"), 2, "post", "'=1.1' is not a number"),
        (("4.5", "1_0"), 2, "post", "'1_0' is not a number"),
        (("4.5", "1e30"), 2, "post", "it is too large"),
        (("4.5", "1e-30"), 2, "post", "it is too small"),
        (("4.5", "6"), 2, "post", "6 is out of scale: the plan's goes from -10 to 5"),
        (("b,programme,lecce,3", "b,programme,lecce,-11"), 2, "pre", "-11 is out of scale"),
        (("4.5,11", "4.5,old"), 2, "age", "'old' is not a number"),
        (("4.5,11", "4.5,"), 2, "age", "is empty"),
        (("4.5,11,yes,", "4.5,11,yes"), 2, "reason", "the row has 7 cells and the header 8"),
        (("4.5", '"4"5'), 2, None, "the row is not CSV"),
        ((",age,", ",wave,"), 1, "post", "give pre and post .wide. or wave and score"),
    ],
)
def test_what_cannot_be_read_is_named_by_line_and_column(write, change, line, column, words):
    path = write(WIDE.replace(*change, 1))
    with pytest.raises(ScoresError, match=words) as caught:
        read_scores(path, plan(covariates=("age", "girl"), scale=(-10.0, 5.0)))
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.file == str(path)


@pytest.mark.parametrize(
    ("change", "line", "column", "words"),
    [
        (("score\n", "mark\n"), 1, "score", "the column is missing"),
        (("post,4.5", "later,4.5"), 5, "wave", "'later' is not one of pre, post, follow-up"),
        (("post,4.5", "pre,4.5"), 5, "wave", "'b' has a row for pre already"),
        (("b,programme,lecce,post", "b,comparison,lecce,post"), 5, "arm", "'comparison' is not what line 3 says of 'b'"),
        (("b,programme,lecce,post", "b,programme,bari,post"), 5, "centre", "'bari' is not what line 3 says"),
        (("4.5", "four"), 5, "post", "'four' is not a number"),
    ],
)
def test_what_the_long_form_cannot_say_is_named(write, change, line, column, words):
    with pytest.raises(ScoresError, match=words) as caught:
        read_scores(write(LONG.replace(*change, 1)), plan())
    assert (caught.value.line, caught.value.column) == (line, column)


def test_further_outcomes_are_not_read_from_the_long_form(write):
    with pytest.raises(ScoresError, match="from the wide form"):
        read_scores(write(LONG), plan(confirmatory=("calm",)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (WIDE.replace("lecce", "caffè").encode("latin-1"), "line 2: the row is not UTF-8"),
        (WIDE.encode("utf-16"), "not UTF-8|is not CSV|missing"),
        (WIDE.replace(",", ";").encode(), "column person: the column is missing"),
    ],
)
def test_other_files_are_refused(write, content, words):
    with pytest.raises(ScoresError, match=words):
        read_scores(write(content), plan())


def test_files_that_are_none_are_refused(tmp_path):
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(ScoresError, match="cannot be opened"):
            read_scores(path, plan())


def test_a_file_of_more_than_100000_persons_is_refused_before_it_is_held(write):
    rows = "".join(f"p{number},programme,x,1,2\n" for number in range(100_001))
    with pytest.raises(ScoresError, match="line 100002: the file has more than 100,000 persons"):
        read_scores(write("person,arm,centre,pre,post\n" + rows), plan())
