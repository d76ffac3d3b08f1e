"""Which value a metric has: the evaluator's word first, then what the contract says measures it."""

from decimal import Decimal

import pytest

from impact.report.figures import plain
from impact.report.values import completed, decimal, gates, measured
from impact.siinc import read_contract, read_values, settle
from impact.siinc.settle import Gates
from tests.impact.siinc.terms import one_metric, values, written

EVALUATION = {
    "payable": True,
    "provenance": {"estimator": "did"},
    "did": {"estimate": 4.4, "se": 1.5, "ci": [1.5, 7.3]},
    "ancova": {"estimate": 4.1, "se_ols": 1.4, "ci": [1.3, 6.9]},
    "effect_size": {"d_ppc2": 0.44, "g_post": 0.37, "g_post_ci": [0.12, 0.62]},
    "attrition": {"programme": 0.1, "comparison": 0.2},
}
BY_ANCOVA = EVALUATION | {"provenance": {"estimator": "ancova"}}


def found(folder, evaluation, told=None, **metric):
    terms = {"curve": "proportional", "target": "10", "a_min": "0", "a_max": "1"} | metric
    contract = read_contract(written(folder, "contract.json", one_metric(**terms)))
    given = read_values(written(folder, "values.json", values(**(told or {}))), contract)
    return contract, completed(given, measured(contract, folder, evaluation, "final"), evaluation)


@pytest.mark.parametrize(("way", "evaluation", "value", "bound", "error"), [
    ("estimate", EVALUATION, "4.4", "1.5", "1.5"),
    ("estimate", BY_ANCOVA, "4.1", "1.3", "1.4"),
    ("effect_size", BY_ANCOVA, "0.37", "0.12", None),
    ("effect_size", EVALUATION, "0.44", None, None),  # no interval of d_ppc2 is defined
    ("estimate", None, None, None, None),
    ("estimate", EVALUATION | {"payable": False}, None, "1.5", "1.5"),
])  # fmt: skip
def test_the_plan_gives_value_bound_and_error(tmp_path, way, evaluation, value, bound, error):
    _, told = found(tmp_path, evaluation, evaluate=way)
    got = (told.values["M"], told.lower_bounds["M"], told.standard_errors["M"])
    assert got == tuple(None if text is None else Decimal(text) for text in (value, bound, error))


def test_where_less_is_better_the_worse_end_is_the_upper_one(tmp_path):
    _, told = found(tmp_path, EVALUATION, evaluate="estimate", target="-10")
    assert told.lower_bounds["M"] == Decimal("7.3")


def test_the_lower_bound_earns_what_the_bound_is_worth(tmp_path):
    contract, told = found(tmp_path, EVALUATION, evaluate="estimate", evidence_rule="lower_bound")
    assert str(settle(contract, told).lines[0].entitlement) == "150.00"  # 1000 x 1.5 / 10


def test_the_evaluator_s_word_goes_first_and_so_does_none(tmp_path):
    assert found(tmp_path, EVALUATION, {"M": "3"}, evaluate="estimate")[1].values == {"M": Decimal(3)}
    contract, told = found(tmp_path, EVALUATION, {"M": None}, evaluate="estimate")
    assert settle(contract, told).lines[0].note == "no_verified_value"


@pytest.mark.parametrize("more", [{}, {"evaluate": "effect_size"}])
def test_the_indicator_of_the_effect_is_the_plan_s_effect(tmp_path, more):
    assert found(tmp_path, BY_ANCOVA, indicator="OM25", **more)[1].values == {"M": Decimal("0.37")}


def test_gates_are_what_the_bundle_shows():
    shares = {"programme": Decimal(1), "comparison": Decimal(1)}
    said = Gates(verified=True, disputed=False, plan_frozen=True, completeness=shares)
    held = gates(said, signed=True, frozen=False, evaluation=EVALUATION)
    assert (held.verified, held.signed, held.disputed, held.plan_frozen) == (True, True, False, False)
    assert held.completeness == {"programme": Decimal("0.9"), "comparison": Decimal("0.8")}
    doubtful = Gates(signed=False, plan_frozen=False)
    held = gates(doubtful, signed=True, frozen=True, evaluation=None)
    assert (held.signed, held.plan_frozen, held.completeness) == (False, False, {})


@pytest.mark.parametrize(("number", "text"), [
    (36 / 41, "0.87804878049"),
    (1e-7, "0.0000001"),
    (-0.5, "-0.5"),
    (1e12, "1000000000000"),
])  # fmt: skip
def test_a_value_is_written_as_the_results_write_it(number, text):
    assert plain(decimal(number)) == text == plain(decimal(float(text)))
