"""The design referee: what two centres cannot tell, whatever a library prints."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from impact.evaluation import evaluate
from impact.evaluation.estimators import did, sample_of
from impact.evaluation.referee import cluster_permutation, referee
from tests.impact.evaluation.samples import drawn, plan, scores, two_centres


def test_two_centres_one_in_each_arm_are_refused_where_statsmodels_prints_p_0(tmp_path):
    """impact.md 2.2: DiD 3.4569 clustered on the 2 centres gives SE 2.4e-13 and p = 0.0; the Welch p is 0.101."""
    held = two_centres(tmp_path)
    sample = sample_of(held)
    columns = np.column_stack([sample.programme, np.ones(len(sample.pre))]).astype(float)
    groups = sample.programme.astype(int)
    naive = sm.OLS(sample.change, columns).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    assert naive.pvalues[0] < 1e-10
    found = evaluate(plan(), held)
    assert found.clusters.inference == "refused"
    assert "one cluster in each arm" in found.clusters.reason
    assert found.clusters.robust is None
    assert found.clusters.permutation_p == 1.0
    assert found.did.estimate == pytest.approx(3.4569, abs=5e-5)
    assert found.did.p == pytest.approx(0.101, abs=5e-4)
    assert "il disegno non permette di attribuirla con certezza al programma" in found.sentences["it"]


def _with_centres(programme: int, comparison: int):
    held = drawn(3, (12, 12))
    names = [f"p{number % programme}" for number in range(12)] + [f"c{number % comparison}" for number in range(12)]
    return scores(
        list(zip(held.pre[:12], held.post[:12], strict=True)),
        list(zip(held.pre[12:], held.post[12:], strict=True)),
        centres=names,
    )


@pytest.mark.parametrize(("programme", "comparison"), [(1, 1), (2, 1), (1, 3), (2, 2), (2, 6), (6, 2)])
def test_fewer_than_three_clusters_in_an_arm_are_refused(programme, comparison):
    held = _with_centres(programme, comparison)
    found = referee(sample_of(held), np.array(held.clusters), plan())
    assert (found.programme, found.comparison) == (programme, comparison)
    assert (found.inference, found.robust) == ("refused", None)
    assert f"{programme} in the programme and {comparison} in the comparison" in found.reason


def test_three_clusters_in_each_arm_are_judged_with_a_robust_error():
    """By hand: CR1 = G/(G-1) (N-1)/(N-k) times the sandwich of the scores summed within clusters."""
    held = _with_centres(3, 4)
    sample, names = sample_of(held), np.array(held.clusters)
    found = referee(sample, names, plan())
    x = np.column_stack([sample.programme, np.ones(24)]).astype(float)
    bread = np.linalg.inv(x.T @ x)
    residuals = sample.change - x @ bread @ x.T @ sample.change
    sums = np.array([(x[names == name] * residuals[names == name, None]).sum(axis=0) for name in sorted(set(names))])
    variance = bread @ sums.T @ sums @ bread * 7 / 6 * 23 / 22
    assert found.inference == "ok"
    assert found.reason is None
    assert found.robust["se"] == pytest.approx(np.sqrt(variance[0, 0]), rel=1e-9)
    assert found.robust["df"] == 5
    assert found.robust["estimate"] == pytest.approx(did(sample, 0.05).estimate)
    assert found.robust["p"] == pytest.approx(2 * stats.t.sf(abs(found.robust["t"]), 5))


def test_clusters_that_do_not_vary_are_refused_too():
    """Every cluster has the changes 1 and 3 (programme) or 0 and 2: the cluster variance is 0 with three in each arm."""
    programme, comparison = [(0, 1), (1, 4), (2, 3), (3, 6), (1, 2), (0, 3)], [(0, 0), (1, 3), (2, 2), (3, 5), (1, 1), (0, 2)]
    found = evaluate(plan(), scores(programme, comparison, centres=list("aabbccddeeff")))
    assert (found.clusters.inference, found.clusters.robust) == ("refused", None)
    assert "the cluster variance is 0" in found.clusters.reason
    assert "la varianza tra centri è zero" in found.sentences["it"]


def test_whole_clusters_are_relabelled():
    """Cluster means of the changes 3, 2 | 0, 1: of the 6 ways to choose two, {3,2} and {0,1} differ as much: p = 2/6."""
    held = scores(
        [(0, 3), (1, 4), (2, 4), (1, 3)], [(0, 0), (1, 1), (2, 3), (1, 2)], centres=["a", "a", "b", "b", "c", "c", "d", "d"]
    )
    assert cluster_permutation(sample_of(held), np.array(held.clusters)) == pytest.approx(2 / 6)


def test_one_treated_centre_needs_19_comparison_centres_for_a_p_of_05():
    """impact.md 3.3: with one treated centre and 19 others the smallest p is 1/20."""
    pairs = [(0, 9), (1, 11)]
    others = [(number % 3, number % 3 + number / 100) for number in range(19)]
    held = scores(pairs, others, centres=["t", "t", *(f"c{number}" for number in range(19))])
    assert cluster_permutation(sample_of(held), np.array(held.clusters)) == pytest.approx(0.05)


def test_a_cluster_with_both_arms_is_not_relabelled_whole():
    held = scores([(0, 3), (1, 5)], [(0, 0), (1, 2)], centres=["a", "b", "a", "b"])
    assert cluster_permutation(sample_of(held), np.array(held.clusters)) is None


def test_other_designs_say_their_own_counts_and_attribute_nothing_either():
    found = evaluate(plan(), _with_centres(3, 4))
    assert "(3)" in found.sentences["it"]
    assert "(4)" in found.sentences["it"]
    assert "il disegno non permette di attribuirla con certezza al programma" in found.sentences["it"]
    assert "tra due centri" not in found.sentences["it"]
    assert "un solo centro" not in found.sentences["it"]
    assert "Una stima per centri è rifiutata" not in found.sentences["it"]
