"""The noise table of impact.md 1.4, figure by figure, and a draw of random numbers that agrees with it."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from math import exp

import numpy as np
import pytest
from scipy import stats

from impact.siinc import read_contract
from impact.siinc.contract import ARITHMETIC
from impact.siinc.normal import below, density, expected_share, quantile
from impact.siinc.simulate import detectable, noise, simulate
from tests.impact.siinc.terms import one_metric, terms, written
from tests.impact.siinc.test_settle import CURVES

D = Decimal
# SE = sqrt(2 rho + 2(1 - rho)(1 - R2)/41): the table prints it with three decimals.
ERRORS = {"0.156": (D(1) / 41).sqrt(), "0.221": (D(2) / 41).sqrt(), "0.383": (D("0.1") + D("1.9") / 41).sqrt()}
# As printed: the chance of any pay and the expected share at a true effect of 0, 0.20 and 0.40, in percent.
PRINTED = {
    "0.156": [("10", "6.9"), ("50", "40.5"), ("90", "95.0")],
    "0.221": [("18", "14.6"), ("50", "46.3"), ("82", "90.9")],
    "0.383": [("30", "30.9"), ("50", "55.9"), ("70", "85.0")],
}
BY_BOUND = {"0.156": "0.04", "0.221": "0.14", "0.383": "0.5"}


def percent(share: Decimal, like: str) -> str:
    return str((share * 100).quantize(D(like), rounding=ROUND_HALF_UP))


@pytest.fixture
def contract(tmp_path):
    return read_contract(written(tmp_path, "contract.json", terms()))


@pytest.mark.parametrize("se", ERRORS)
def test_the_noise_table_is_the_printed_one(contract, se):
    found = [noise(contract.metrics[0], ERRORS[se], D(effect)) for effect in ("0", "0.20", "0.40")]
    for one, (chance, share) in zip(found, PRINTED[se], strict=True):
        assert (percent(one.chance, chance), percent(one.share, share)) == (chance, share)
    assert percent(found[0].by_bound_share, BY_BOUND[se]) == BY_BOUND[se]


def test_the_lower_bound_is_unfair_where_the_centres_vary(contract):
    assert percent(noise(contract.metrics[0], ERRORS["0.383"], D("0.4")).by_bound_share, "6.8") == "6.8"


@pytest.mark.parametrize("kind", CURVES)
def test_the_closed_form_is_the_mean_of_a_million_draws(tmp_path, kind):
    metric = read_contract(
        written(tmp_path, "contract.json", one_metric(**{"a_min": "0.5", "a_max": "1.5", "curve": kind} | CURVES[kind]))
    ).metrics[0]
    scale = 5 if kind == "unit" else 1
    draws = np.random.default_rng(20260430).normal(0.7 * scale, 0.4 * scale, 200_000)
    paid = np.array([float(metric.curve.share(D(repr(draw)))) for draw in draws[:20_000].tolist()])
    mean = expected_share(metric.curve, D("0.7") * scale, D("0.4") * scale)
    assert abs(paid.mean() - float(mean)) < 4 * paid.std() / len(paid) ** 0.5


def test_the_normal_distribution_agrees_with_scipy():
    with localcontext(ARITHMETIC):
        for z in np.linspace(-11, 11, 45):
            assert float(below(D(repr(float(z))))) == pytest.approx(stats.norm.cdf(z), rel=1e-12, abs=1e-28)
            assert float(density(D(repr(float(z))))) == pytest.approx(exp(-z * z / 2) / (2 * np.pi) ** 0.5, rel=1e-12)
        for p in (0.001, 0.2, 0.5, 0.8, 0.975, 0.99999):
            assert float(quantile(D(repr(p)))) == pytest.approx(stats.norm.ppf(p), rel=1e-12, abs=1e-12)
        assert (below(D(40)), below(D(-40))) == (1, 0)


def test_a_target_below_the_detectable_effect_is_warned_of(contract):
    # (1.959964 + 0.841621) x 0.221 = 0.619 > 0.40, and with 0.10 it is 0.280.
    assert round(detectable(D("0.221")), 3) == D("0.619")
    metric = contract.metrics[0]
    words = "the target of M1 is 0.4 from its baseline, below the detectable effect of 0.619"
    assert any(line.startswith(words) for line in simulate(contract, metric, [D("0.221")], [D(0)])["warnings"])
    assert not any("detectable" in line for line in simulate(contract, metric, [D("0.10")], [D(0)])["warnings"])


def test_cliffs_caps_and_costs_in_money(contract):
    found = simulate(contract, contract.metrics[0], [D("0.221")], [D(0)])
    assert found["cliffs"] == [
        {"metric": "M1", "value": "0.2", "achievement": "0.500000", "jump": "13500.00"},  # .5 x 27,000
        {"metric": "M2", "value": "0.65", "achievement": "0.500000", "jump": "5625.00"},  # .5 x 11,250
    ]
    assert [(cap["value"], cap["most"]) for cap in found["caps"]] == [
        ("0.6", "40500.00"),
        ("0.86", "13500.00"),
        ("41", "9225.00"),
    ]
    paid = {cost["case"]: cost["outcome_payer_pays"] for cost in found["costs"]}
    assert paid == {
        "nothing_reached": "0.00",
        "all_on_target": "45000.00",
        "all_on_target_but_metric_at_baseline": "18000.00",
        "all_at_their_caps": "54000.00",
    }
    assert "all metrics at their caps earn 63225.00, which max_total_payment cuts to 54000.00" in found["warnings"]


def test_the_investor_is_a_party_too(tmp_path):
    document = terms(investment={"principal": "300000", "r_min": "0.01", "r_max": "0.04"})
    contract = read_contract(written(tmp_path, "contract.json", document))
    rates = [cost["investor_rate"] for cost in simulate(contract, contract.metrics[0], [D("0.2")], [D(0)])["costs"]]
    assert rates == ["0.010000", "0.040000", "0.022000", "0.040000"]  # 18,000 / 45,000 = .4: .01 + .03 x .4


def test_terms_that_do_not_fit_each_other_are_warned_of(tmp_path):
    document = terms(max_total_payment="40000")
    document["metrics"][2]["unit_price"] = "200"
    contract = read_contract(written(tmp_path, "contract.json", document))
    warnings = " ".join(simulate(contract, contract.metrics[0], [D("0.1")], [D(0)])["warnings"])
    assert "max_total_payment 40000 is below the pool 45000.00" in warnings
    assert "M3 on target earns 6000.00, and its weight is 6750.00 of the pool" in warnings
