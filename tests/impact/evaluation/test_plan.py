"""Plans: what is read, what is refused and where, and what freezing covers."""

import hashlib
from datetime import UTC, datetime

import pytest

from impact.evaluation import PlanError, amend, freeze, read_plan
from tests.impact.evaluation.samples import plan, plan_text

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER, LATEST = datetime(2026, 4, 1, 9, tzinfo=UTC), datetime(2026, 5, 1, 9, tzinfo=UTC)


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
            "only amendments follow",
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


# --- amendments


@pytest.fixture
def frozen(write):
    path = write(plan_text())
    freeze(path, AT)
    return path


def amended(path, *changes, at=LATER, scores="unseen", reason="il centro «B» chiude"):
    return amend(path, at, reason=reason, changes=changes, scores=scores)


def test_an_amendment_is_appended_and_counts_with_the_hash_of_all_before_it(frozen):
    before = frozen.read_bytes()
    held = amended(frozen, "plan.min_completeness = 0.7", 'covariates.columns = ["age"]')
    after = frozen.read_bytes()
    assert after.startswith(before)
    assert held == read_plan(frozen)
    assert (held.min_completeness, held.covariates, held.alpha) == (0.7, ("age",), 0.05)
    (one,) = held.amendments
    assert (one.at, one.scores, one.reason) == ("2026-04-01T09:00:00+00:00", "unseen", "il centro «B» chiude")
    assert one.change == {"plan": {"min_completeness": 0.7}, "covariates": {"columns": ["age"]}}
    assert one.sealed_sha256 == hashlib.sha256(after[: after.rindex(b"sha256")]).hexdigest() == held.last_sha256
    assert held.sha256 == hashlib.sha256(after[: after.index(b"[frozen]")]).hexdigest() == held.frozen_sha256
    assert held.is_frozen


def test_a_later_amendment_goes_before_an_earlier_one(frozen):
    amended(frozen, "plan.min_completeness = 0.7")
    held = amended(frozen, "plan.min_completeness = 0.6", at=LATEST)
    assert (held.min_completeness, len(held.amendments), held.is_frozen) == (0.6, 2, True)
    assert held.last_sha256 == held.amendments[1].sha256 != held.amendments[0].sha256


def test_what_is_changed_after_scores_were_seen_is_not_frozen_and_stays_so(frozen):
    held = amended(frozen, "plan.alpha = 0.1", scores="seen")
    assert (held.alpha, held.is_whole, held.is_frozen) == (0.1, True, False)
    again = amended(frozen, "plan.alpha = 0.05", at=LATEST)
    assert (again.alpha, again.is_whole, again.is_frozen) == (0.05, True, False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("chiude", "apre"),
        ('"seen"', '"unseen"'),
        ("2026-04-01", "2026-03-02"),
        ("min_completeness = 0.7", "min_completeness = 0.5"),
        ("alpha = 0.05", "alpha = 0.10"),
    ],
)
def test_a_change_of_what_was_amended_shows(frozen, old, new):
    amended(frozen, "plan.min_completeness = 0.7")
    amended(frozen, "plan.alpha = 0.04", at=LATEST, scores="seen")
    text = frozen.read_text()
    assert old in text
    frozen.write_text(text.replace(old, new))
    assert not read_plan(frozen).is_whole
    with pytest.raises(PlanError, match="put back what was frozen"):
        amended(frozen, "plan.alpha = 0.03", at=LATEST)


def test_an_amendment_taken_out_from_between_shows(frozen):
    amended(frozen, "plan.alpha = 0.1", scores="seen")
    end = len(frozen.read_bytes())
    amended(frozen, "plan.min_completeness = 0.7", at=LATEST)
    content = frozen.read_bytes()
    frozen.write_bytes(content[: content.index(b"\n[[amendments]]")] + content[end:])
    held = read_plan(frozen)
    assert len(held.amendments) == 1
    assert not held.is_whole


@pytest.mark.parametrize(
    ("changes", "told", "words"),
    [
        (("plan.alpha = 2",), {}, r"plan\.alpha: 2 is not a share"),
        (("plan.aplha = 0.1",), {}, "plan.aplha = 0.1 changes nothing of what is computed"),
        (("plan.alpha = 0.05",), {}, "changes nothing"),
        (("plan.alpha = 0.1", "plan.alpha = 0.2"), {}, "the file is not TOML"),
        (("frozen.at = 2026-01-01",), {}, "is not by table and key"),
        (("plan.alpha = 0.1", "plan.day = 2026-01-01"), {}, "holds what no key of a plan takes"),
        (("plan.alpha = 0.1",), {"at": datetime(2026, 2, 1, tzinfo=UTC)}, "is before 2026-03-01T09:00:00"),
        (("plan.alpha = 0.1",), {"scores": "guessed"}, "'guessed' is not one of unseen, seen"),
        (("plan.alpha = 0.1",), {"reason": " "}, "amendments.reason: ' ' is not a text"),
    ],
)
def test_what_cannot_be_amended_is_refused_and_the_file_stays(frozen, changes, told, words):
    before = frozen.read_bytes()
    with pytest.raises(PlanError, match=words):
        amended(frozen, *changes, **told)
    assert frozen.read_bytes() == before
    assert list(frozen.parent.iterdir()) == [frozen]


def test_only_a_frozen_plan_is_amended(write):
    with pytest.raises(PlanError, match="is not frozen yet"):
        amended(write(plan_text()), "plan.alpha = 0.1")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('[[amendments]]\nsha256 = "ab"\nat = 2026-04-01', "is not the last line"),
        ("[amendments]\nat = 2026-04-01", "stands elsewhere"),
        ('[[amendments]]\nat = 2026-04-01\nscores = "unseen"\nreason = "x"\nchange = 3\nsha256 = "ab"', "by table and key"),
        ('[[amendments]]\nat = 2026-04-01\nscores = "unseen"\nreason = "x"\nsha256 = "ab"', "change: the key is missing"),
        ('[[amendments]]\n[clusters]\ncolumn = "x"\nsha256 = "ab"', "only amendments follow"),
    ],
)
def test_amendments_written_by_hand_are_read_with_care(frozen, more, words):
    frozen.write_text(f"{frozen.read_text()}{more}\n")
    with pytest.raises(PlanError, match=words):
        read_plan(frozen)


def test_an_amendment_of_a_plan_that_is_not_frozen_is_refused(write):
    with pytest.raises(PlanError, match=r"after \[frozen\]"):
        read_plan(write(plan_text('[[amendments]]\nat = 2026-04-01\nsha256 = "ab"')))
