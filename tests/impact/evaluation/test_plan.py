"""Plans: what is read, what is refused and where, and what freezing covers."""

import hashlib
from datetime import UTC, datetime

import pytest

from impact.evaluation import PlanError, freeze, read_plan
from tests.impact.evaluation.samples import plan, plan_text

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def write(tmp_path):
    def write(text: str):
        (tmp_path / "plan.toml").write_bytes(text.encode())
        return tmp_path / "plan.toml"

    return write


def test_a_plan_is_read_with_what_it_leaves_out(write):
    path = write(plan_text("mystery = 4\n[further]\nkey = 1"))
    held = read_plan(path)
    assert held == plan(sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    assert (held.clusters, held.covariates, held.scale, held.is_frozen) == ("centre", (), None, False)


@pytest.mark.parametrize(
    ("direction", "lower"), [(None, False), ("higher", False), ("greater", False), ("lower_is_better", True), ("lower", True)]
)
def test_the_direction_of_the_scale_may_be_spelt_in_more_than_one_way(write, direction, lower):
    assert read_plan(write(plan_text(direction=direction))).lower_is_better is lower


def test_every_table_is_read(write):
    more = """[clusters]
column = "school"
[covariates]
columns = ["age", "girl"]
[scale]
min = 1
max = 5.0
[reliability]
threshold = 0.7
items_pre = ["a1", "a2"]
items_post = ["b1", "b2"]
reverse = ["a2"]
[multiplicity]
confirmatory = ["curiosity"]
exploratory = ["teamwork", "calm"]"""
    held = read_plan(write(plan_text(more, direction="lower", estimator="ancova")))
    assert (held.clusters, held.covariates, held.scale) == ("school", ("age", "girl"), (1.0, 5.0))
    assert held.lower_is_better
    assert held.reliability.items_post == ("b1", "b2")
    assert (held.confirmatory, held.exploratory) == (("curiosity",), ("teamwork", "calm"))


def test_what_the_engine_does_anyway_may_be_written_down(write):
    more = '[covariates]\ncolumns = ["pre", "age"]\n[multiplicity]\nconfirmatory = "Holm"\nexploratory = "bh"'
    held = read_plan(write(plan_text(more)))
    assert (held.covariates, held.confirmatory, held.exploratory) == (("age",), (), ())


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        (plan_text(estimator="matching"), 3, "plan.estimator", "'matching' is not one of did, ancova"),
        (plan_text(direction="sideways"), 7, "plan.direction", "'sideways' is not one of higher"),
        (plan_text(estimator=None), 1, "plan.estimator", "the key is missing"),
        (plan_text(alpha=None), 1, "plan.alpha", "the key is missing"),
        (plan_text(alpha=0), 4, "plan.alpha", "0 is not a share above 0"),
        (plan_text(alpha="nan").replace('"nan"', "nan"), 4, "plan.alpha", "nan is not a share"),
        (plan_text(alpha="5 %"), 4, "plan.alpha", "'5 %' is not a share"),
        (plan_text(permutations=0), 5, "plan.permutations", "0 is not a whole number from 1"),
        (plan_text(permutations=2.5), 5, "plan.permutations", "2.5 is not a whole number"),
        (plan_text(seed=-1), 6, "plan.seed", "-1 is not a whole number from 0"),
        (plan_text(seed="x").replace('"x"', "true"), 6, "plan.seed", "True is not a whole number"),
        (plan_text(min_completeness=80), 8, "plan.min_completeness", "80 is not a share from 0 to 1"),
        (plan_text(title=" "), 2, "plan.title", "' ' is not a text"),
        (plan_text("[scale]\nmin = 5\nmax = 1"), 11, "scale.max", "1 is not above the min, 5"),
        (plan_text("[scale]\nmin = 5"), 9, "scale.max", "the key is missing"),
        (plan_text("[covariates]\nage = 1"), 9, "covariates.columns", "the key is missing"),
        (plan_text('[covariates]\ncolumns = ["post"]'), 10, "covariates.columns", "'post' cannot be a covariate"),
        (plan_text('[multiplicity]\nconfirmatory = "bh"'), 10, "multiplicity.confirmatory", "nor 'holm', its method"),
        (plan_text('[covariates]\ncolumns = ["age", "age"]'), 10, "covariates.columns", "repeats a name"),
        (plan_text("[clusters]\ncolumn = 4"), 10, "clusters.column", "4 is not a text"),
        (plan_text('[reliability]\nthreshold = 0.7\nitems_pre = ["a"]'), 11, "reliability.items_pre", "a list of 2 or more"),
        (plan_text("[reliability]\nthreshold = 7"), 10, "reliability.threshold", "7 is not a share"),
        (plan_text('[multiplicity]\nconfirmatory = ["a"]\nexploratory = ["a"]'), 11, "multiplicity.exploratory", "stand among"),
        ("clusters = 4\n" + plan_text(), 1, "clusters", "is not a table"),
        ("[scale]\n", None, "plan", r"the table \[plan\] is missing"),
        ("[plan]\ntitle = \n", 2, None, "the file is not TOML"),
        (
            plan_text('[frozen]\nat = 2026-03-01T10:00:00Z\nsha256 = "ab"\n[clusters]\ncolumn = "x"'),
            11,
            "frozen.sha256",
            "comes last",
        ),
        (plan_text('[frozen]\nat = "soon"\nsha256 = "ab"'), 10, "frozen.at", "'soon' is not a time"),
        (plan_text("[frozen]\nat = 2026-03-01T10:00:00Z"), 9, "frozen.sha256", "the key is missing"),
        ('frozen = {at = 2026-03-01, sha256 = "ab"}\n' + plan_text(), None, "frozen.sha256", "of its own"),
    ],
)
def test_what_a_plan_cannot_say_is_refused_with_its_place(write, text, line, column, words):
    with pytest.raises(PlanError, match=words) as caught:
        read_plan(write(text))
    assert (caught.value.line, caught.value.column) == (line, column)


def test_bytes_that_are_no_text_and_files_that_are_none_are_refused(tmp_path):
    (tmp_path / "plan.toml").write_bytes(b"[plan]\ntitle = 'caff\xe8'")
    with pytest.raises(PlanError, match="not UTF-8"):
        read_plan(tmp_path / "plan.toml")
    with pytest.raises(PlanError, match="cannot be opened"):
        read_plan(tmp_path / "absent.toml")
    with pytest.raises(PlanError, match="cannot be opened"):
        read_plan(tmp_path)


@pytest.mark.parametrize("ending", ["\n", "", "\n\n", "\r\n"])
def test_freezing_hashes_the_bytes_before_its_line(write, ending):
    path = write(plan_text().rstrip("\n") + ending)
    before = path.read_bytes()
    held = freeze(path, AT)
    after = path.read_bytes()
    covered = after[: after.index(b"[frozen]")]
    assert after.startswith(before)
    assert held == read_plan(path)
    assert held.is_frozen
    assert held.frozen_sha256 == hashlib.sha256(covered).hexdigest()
    assert held.frozen_at == "2026-03-01T09:00:00+00:00"
    assert list(path.parent.iterdir()) == [path]


def test_a_change_after_freezing_shows(write):
    path = write(plan_text())
    freeze(path, AT)
    path.write_text(path.read_text().replace("alpha = 0.05", "alpha = 0.10"))
    held = read_plan(path)
    assert held.frozen_sha256 is not None
    assert not held.is_frozen


def test_a_plan_is_frozen_once(write):
    path = write(plan_text())
    freeze(path, AT)
    before = path.read_bytes()
    with pytest.raises(PlanError, match="is frozen already, at 2026-03-01T09:00:00"):
        freeze(path, AT)
    assert path.read_bytes() == before


def test_a_plan_that_cannot_be_run_is_not_frozen(write):
    path = write(plan_text(alpha=2))
    with pytest.raises(PlanError, match=r"plan\.alpha"):
        freeze(path, AT)
    assert path.read_text() == plan_text(alpha=2)
