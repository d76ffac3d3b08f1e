"""`evaluate` as a whole: its keys, when a run may pay, its words, and what must not change a result."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.evaluation import ScoresError, evaluate, read_scores
from impact.evaluation.plan import Amendment, Reliability
from tests.impact.evaluation.samples import drawn, plan, scores, two_centres

FROZEN = {"sha256": "ab", "frozen_sha256": "ab", "frozen_at": "2026-03-01"}
CHANGE = {"at": "2026-04-01", "reason": "il centro chiude", "change": {"clusters": {"column": "città"}}}
SEALED = {"sha256": "ef", "sealed_sha256": "ef"}
FIXED_IT = (
    "I risultati descrivono la differenza tra due centri; il disegno non permette di attribuirla con certezza al programma."
)
FIXED_EN = (
    "The results describe the difference between two centres; the design cannot attribute it to the programme with certainty."
)
KEYS = {
    "n": {"programme", "comparison", "dropped"},
    "means": {"pre", "post", "change"},
    "baseline": {"hedges_g", "verdict"},
    "did": {"estimate", "se", "df", "t", "p", "ci"},
    "ancova": {"estimate", "se_ols", "se_hc2", "se_hc3", "t", "df", "p", "ci"},
    "lin": {"estimate", "se_hc2"},
    "bracket": {"low", "high", "signs_differ"},
    "effect_size": {"g_post", "g_post_ci", "d_ppc2"},
    "permutation": {"did_p", "ancova_p", "draws", "exact"},
    "attrition": {"overall", "programme", "comparison", "differential"},
    "clusters": {"programme", "comparison", "inference", "reason"},
    "breakdown": {"icc", "centre_shock"},
    "sentences": {"it", "en"},
}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    return two_centres(tmp_path_factory.mktemp("anorexia"))


@pytest.fixture(scope="module")
def found(two):
    return evaluate(plan(**FROZEN), two)


def test_the_answer_has_the_keys_that_others_rely_on(found):
    answer = found.answer()
    assert {key: wanted - set(answer[key]) for key, wanted in KEYS.items()} == {key: set() for key in KEYS}
    assert {"mdes", "payable"} <= set(answer)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


def test_numbers_of_the_two_centres(found):
    assert (found.n.programme, found.n.comparison, found.n.dropped) == (29, 26, 0)
    assert found.means.change == {"programme": pytest.approx(3.00690, abs=1e-5), "comparison": pytest.approx(-0.45)}
    assert (found.bracket.low, found.bracket.high) == (found.did.estimate, found.ancova.estimate)
    assert not found.bracket.signs_differ
    assert found.breakdown.icc == 0
    assert found.breakdown.centre_shock == pytest.approx(found.did.ci[0])


def test_floats_have_eleven_significant_digits(found):
    assert found.answer()["did"]["estimate"] == 3.4568965517
    assert found.did.estimate != 3.4568965517


def test_a_frozen_and_complete_run_pays_and_still_says_what_it_cannot(found):
    assert found.payable
    assert found.payable_reasons == ()
    assert "esplorativa" not in found.sentences["it"]
    assert FIXED_IT in found.sentences["it"]
    assert FIXED_EN in found.sentences["en"]
    assert "come se i ragazzi fossero stati assegnati uno per uno: non è così" in found.sentences["it"]
    assert "as if children had been assigned individually: they were not" in found.sentences["en"]


def _of(held, **changes):
    """`evaluate` on the scores of one arm of changes."""
    return evaluate(plan(**(FROZEN | changes)), held)


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"frozen_sha256": None}, "plan_not_frozen", "il piano non è stato congelato"),
        ({"frozen_sha256": "cd"}, "plan_changed", "il piano è cambiato dopo il congelamento"),
        (
            {"amendments": (Amendment(**CHANGE, **SEALED | {"sha256": "gh"}, scores="unseen"),)},
            "plan_changed",
            "il piano è cambiato dopo il congelamento",
        ),
        (
            {"amendments": (Amendment(**CHANGE, **SEALED, scores="seen"),)},
            "plan_amended",
            "il piano è stato modificato dopo aver visto i punteggi",
        ),
    ],
)
def test_any_other_run_is_exploratory(two, changes, reason, words):
    found = _of(two, **changes)
    assert not found.payable
    assert found.payable_reasons == (reason,)
    assert found.sentences["it"].startswith(f"Analisi esplorativa - non pagabile: {words}.")
    assert "exploratory - not payable" in found.sentences["en"]


def test_an_amendment_before_scores_were_seen_is_told_and_the_run_may_pay(two):
    found = _of(two, amendments=(Amendment(**CHANGE, **SEALED, scores="unseen"),))
    assert found.payable
    assert found.sentences["it"].startswith(
        "Il piano congelato è stato modificato il 2026-04-01, prima di vedere i punteggi: "
        'clusters.column = "città". Motivo: «il centro chiude».'
    )
    assert "was amended on 2026-04-01, before scores were seen: clusters.column = " in found.sentences["en"]
    assert found.answer()["provenance"]["amendments"] == [CHANGE | SEALED | {"scores": "unseen"}]


@pytest.mark.parametrize(("share", "payable"), [(0.8, True), (0.81, False)])
def test_completeness_must_be_reached_in_each_arm(share, payable):
    """Programme 4 of 5 with both scores, comparison all 5."""
    held = scores([(1, 3), (2, 5), (3, 4), (2, 4), (5, None)], [(1, 1), (2, 3), (3, 3), (4, 4), (2, 1)])
    found = _of(held, min_completeness=share)
    assert found.payable is payable
    assert found.payable_reasons == (() if payable else ("data_incomplete",))
    assert found.n.dropped == 1
    assert "Mancano i punteggi del 20 % nel programma e del 0 % nel confronto" in found.sentences["it"]


def test_a_scale_below_its_threshold_pays_nothing():
    random = np.random.default_rng(1)
    items = {"pre": random.normal(size=(22, 3)), "post": random.normal(size=(22, 3))}
    held = drawn(1)
    pairs = list(zip(held.pre, held.post, strict=True))
    asked = Reliability(threshold=0.7, items_pre=("a", "b", "c"), items_post=("d", "e", "f"))
    found = _of(scores(pairs[:12], pairs[12:], items=items), reliability=asked)
    assert found.payable_reasons == ("scale_unreliable",)
    assert "Alfa di Cronbach" in found.sentences["it"]


def test_opposite_signs_are_flagged():
    """Lord's paradox: both arms stay as they were, the programme starts lower; change says 0 or more, ANCOVA less."""
    programme = [(1, 2.1), (2, 2), (3, 2.2), (4, 3), (5, 3.2)]
    comparison = [(6, 6), (7, 6.2), (8, 6.8), (9, 7), (10, 7.1)]
    found = evaluate(plan(), scores(programme, comparison))
    assert found.did.estimate > 0 > found.ancova.estimate
    assert found.bracket.signs_differ
    assert "I due metodi danno segni opposti." in found.sentences["it"]
    assert found.baseline.verdict == "not_satisfied"


def test_the_primary_estimator_decides_what_is_said_and_what_breaks(two):
    by_ancova = _of(two, estimator="ancova")
    assert by_ancova.breakdown.centre_shock == pytest.approx(by_ancova.ancova.ci[0])
    assert 0 < by_ancova.breakdown.icc < 0.05
    assert "ANCOVA 4,244" in by_ancova.sentences["it"]
    assert "un fatto accaduto in un solo centro" in by_ancova.sentences["it"]


def test_lower_is_better_turns_the_words_and_no_number(two, found):
    lower = _of(two, lower_is_better=True)
    assert "Il programma migliora di meno" in lower.sentences["it"]
    assert "Il programma migliora di più" in found.sentences["it"]
    same = {key: held for key, held in lower.answer().items() if key not in ("sentences", "provenance")}
    assert same == {key: held for key, held in found.answer().items() if key not in ("sentences", "provenance")}


def test_the_order_of_the_rows_changes_nothing(tmp_path, two, found):
    header, *lines = Path(two.file).read_text().splitlines()
    path = tmp_path / "turned.csv"
    path.write_text("\n".join([header, *reversed(lines), ""]))
    again = evaluate(plan(**FROZEN), read_scores(path, plan())).answer()
    before = found.answer()
    assert again.pop("provenance") != before.pop("provenance")
    assert json.dumps(again) == json.dumps(before)


SCORE = st.one_of(st.none(), st.integers(0, 3), st.sampled_from([0.1, 1e-9, 1e12]))
ARM = st.lists(st.tuples(SCORE, SCORE), min_size=1, max_size=3)


@settings(deadline=None, max_examples=60)
@given(ARM, ARM, st.sampled_from(["did", "ancova"]), st.lists(st.sampled_from("abc"), min_size=6, max_size=6))
def test_any_scores_give_an_answer_without_gaps_or_a_sentence_with_its_place(programme, comparison, estimator, centres):
    held = scores(programme, comparison, centres=centres[: len(programme) + len(comparison)])
    try:
        answer = evaluate(plan(estimator=estimator), held).answer()
    except ScoresError as error:
        assert error.column in ("arm", "pre", "post")
    else:
        json.dumps(answer, allow_nan=False)
        assert answer["did"]["se"] > 0
        assert 0 <= answer["ancova"]["p"] <= 1


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 1000), st.sampled_from([-2.0, 0.25, 10.0]), st.integers(-20, 20))
def test_another_unit_of_the_scale_moves_estimates_and_leaves_sizes(seed, unit, start):
    held = drawn(seed, (3, 3))
    pairs = [(pre * unit + start, post * unit + start) for pre, post in zip(held.pre, held.post, strict=True)]
    first, second = evaluate(plan(), held), evaluate(plan(), scores(pairs[:3], pairs[3:]))
    close = lambda value: pytest.approx(value, rel=1e-6, abs=1e-9)  # noqa: E731
    assert second.did.estimate == close(first.did.estimate * unit)
    assert second.ancova.se_hc3 == close(first.ancova.se_hc3 * abs(unit))
    assert second.lin.estimate == close(first.lin.estimate * unit)
    assert second.did.p == close(first.did.p)
    assert second.effect_size.d_ppc2 == close(first.effect_size.d_ppc2 * np.sign(unit))
    assert second.effect_size.g_post_ci == close(tuple(sorted(end * np.sign(unit) for end in first.effect_size.g_post_ci)))
    assert (second.permutation.did_p, second.permutation.ancova_p) == close((first.permutation.did_p, first.permutation.ancova_p))
    assert second.breakdown.icc == close(first.breakdown.icc)
    assert second.mdes == first.mdes


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 1000))
def test_swapping_the_arms_turns_the_sign_of_every_effect(seed):
    held = drawn(seed, (3, 3))
    pairs = list(zip(held.pre, held.post, strict=True))
    first, second = evaluate(plan(), held), evaluate(plan(), scores(pairs[3:], pairs[:3]))
    assert second.did.estimate == pytest.approx(-first.did.estimate)
    assert second.ancova.estimate == pytest.approx(-first.ancova.estimate)
    assert second.effect_size.g_post == pytest.approx(-first.effect_size.g_post)
    assert second.permutation.did_p == pytest.approx(first.permutation.did_p)
    assert second.baseline.hedges_g == pytest.approx(-first.baseline.hedges_g)
    assert second.breakdown.centre_shock == pytest.approx(first.breakdown.centre_shock)
