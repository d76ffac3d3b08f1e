"""What is due: the worked example of impact.md 1.3 and its edge cases, curve by curve, gate by gate, and properties."""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.siinc import Values, read_contract, read_values, settle
from tests.impact.siinc.terms import PASSED, one_metric, terms, values, written

D = Decimal
NOTHING = D(0)
C36, C32 = "0.87804878048780", "0.78048780487805"  # 36/41 and 32/41


@pytest.fixture
def due(tmp_path):
    """The settlement, as the command prints it, of these values under these terms."""

    def settle_files(contract_terms: dict, given_values: dict, **how) -> dict:
        contract = read_contract(written(tmp_path, "contract.json", contract_terms))
        return settle(contract, read_values(written(tmp_path, "values.json", given_values), contract), **how).document()

    return settle_files


def amounts(settled: dict) -> dict:
    return {line["metric"]: line["entitlement"] for line in settled["lines"]}


def test_the_interim_of_the_worked_example(due):
    # M2: a = (36/41 - .5)/.3 = 1.260163, capped at 1.2: 1.2 x .25 x 45,000 = 13,500.00. M3: 14 x 225 = 3,150.00.
    settled = due(terms(), values("interim", M2=C36, M3="14"))
    assert settled["lines"] == [
        {"metric": "M2", "value": C36, "achievement": "1.260163", "entitlement": "13500.00", "note": "capped"},
        {"metric": "M3", "value": "14", "achievement": "14.000000", "entitlement": "3150.00", "note": None},
    ]
    assert (settled["status"], settled["payable"], settled["cumulative_entitlement"]) == ("payable", "8325.00", "8325.00")
    assert (settled["clawback"], settled["global_cap_applied"], settled["reasons"]) == ("0.00", False, [])


def test_the_final_of_the_worked_example(due):
    # M1: .31/.40 = .775 x 27,000 = 20,925.00. M2: (32/41 - .5)/.3 = .934959 x 11,250 = 10,518.29. M3: 27 x 225 = 6,075.00.
    # 20,925.00 + 10,518.29 + 6,075.00 = 37,518.29; less the 8,325.00 already paid: 29,193.29.
    settled = due(terms(), values("final", "8325.00", M1="0.31", M2=C32, M3="27"))
    assert amounts(settled) == {"M1": "20925.00", "M2": "10518.29", "M3": "6075.00"}
    assert [line["achievement"] for line in settled["lines"]] == ["0.775000", "0.934959", "27.000000"]
    assert (settled["cumulative_entitlement"], settled["payable"]) == ("37518.29", "29193.29")


def test_a_negative_effect_earns_nothing_and_its_value_is_still_printed(due):
    line = due(terms(), values(M1="-0.12"))["lines"][0]
    assert line == {"metric": "M1", "value": "-0.12", "achievement": "-0.300000", "entitlement": "0.00", "note": "below_minimum"}


def test_the_global_cap_cuts_the_sum(due):
    # 1.5 x 27,000 + 1.2 x 11,250 + 41 x 225 = 40,500 + 13,500 + 9,225 = 63,225 > 54,000.
    settled = due(terms(), values(M1="0.9", M2="0.99", M3="50"))
    assert amounts(settled) == {"M1": "40500.00", "M2": "13500.00", "M3": "9225.00"}
    assert (settled["payable"], settled["global_cap_applied"]) == ("54000.00", True)


def test_the_cap_comes_before_the_share_of_the_interim(due):
    # 60,000 in units x 50 %: the cap of 54,000 comes first, so 27,000.00 and not min(30,000, 54,000).
    metric = {"curve": "unit", "unit_price": "1000", "cap_units": "60", "target": "45", "periods": ["interim"]}
    contract = one_metric(**metric) | {"pool_at_target": "45000", "max_total_payment": "54000"}
    settled = due(contract, values("interim", M="60"))
    assert (settled["lines"][0]["entitlement"], settled["payable"]) == ("60000.00", "27000.00")


@pytest.mark.parametrize("absent", [{}, {"M1": None}])
def test_a_metric_without_a_verified_value_earns_nothing_and_the_rest_is_paid(due, absent):
    settled = due(terms(), values(M2=C32, M3="27", **absent))
    assert settled["lines"][0] == {
        "metric": "M1",
        "value": None,
        "achievement": None,
        "entitlement": "0.00",
        "note": "no_verified_value",
    }
    assert settled["payable"] == "16593.29"


@pytest.mark.parametrize(
    ("mode", "clawback", "status"),
    [("full", "5175.00", "clawback"), ("limited", "2081.25", "clawback"), ("none", "0.00", "nothing_due")],
)
def test_what_was_paid_too_much_goes_back_by_mode(due, mode, clawback, status):
    # 14 x 225 = 3,150.00 earned after 8,325.00 paid: 5,175.00 too much; a quarter of what was paid is 2,081.25.
    contract = terms(clawback={"mode": mode, "limit_share_of_paid": "0.25"})
    settled = due(contract, values("final", "8325.00", M1="0.1", M2="0.5", M3="14"))
    assert (settled["clawback"], settled["status"], settled["payable"]) == (clawback, status, "0.00")


def test_the_interim_takes_nothing_back(due):
    settled = due(terms(), values("interim", "8325.00", M2="0.5", M3="1"))
    assert (settled["status"], settled["payable"], settled["clawback"]) == ("nothing_due", "0.00", "0.00")


def test_settling_twice_pays_nothing_the_second_time(due):
    settled = due(terms(), values("final", "37518.29", M1="0.31", M2=C32, M3="27"))
    assert (settled["status"], settled["payable"], settled["clawback"]) == ("nothing_due", "0.00", "0.00")


def test_half_a_cent_goes_up(due):
    contract = one_metric(curve="unit", unit_price="33.335", cap_units="10", target="30")
    assert due(contract, values(M="1"))["payable"] == "33.34"


def test_a_line_is_rounded_once_so_two_halves_of_a_cent_are_two_cents(due):
    metric = {"baseline": "0", "target": "30", "curve": "unit", "unit_price": "0.005", "cap_units": "10", "periods": ["final"]}
    contract = one_metric() | {"metrics": [metric | {"code": code, "weight": "0.5"} for code in "AB"]}
    assert due(contract, values(A="1", B="1"))["payable"] == "0.02"


def test_lower_is_better_needs_no_other_formula(due):
    # HbA1c from 9 to 7, verified 7.5: (7.5 - 9)/(7 - 9) = .75.
    settled = due(one_metric(curve="proportional", baseline="9", target="7", a_min="0.5", a_max="1.2"), values(M="7.5"))
    assert (settled["lines"][0]["achievement"], settled["payable"]) == ("0.750000", "750.00")


CURVES = {
    "proportional": {"a_min": "0.5", "a_max": "1.5"},
    "ramp": {"a_min": "0.5", "a_max": "1.5"},
    "tiers": {"tiers": [["0.25", "0.1"], ["0.75", "0.5"], ["1", "1"]]},
    "unit": {"unit_price": "100", "cap_units": "12", "baseline": "2", "target": "10"},
    "binary": {},
}


@pytest.mark.parametrize(
    ("kind", "value", "paid"),
    [
        ("proportional", "0.4999", "0.00"),
        ("proportional", "0.5", "500.00"),  # the cliff: all of a_min at once
        ("proportional", "1.6", "1500.00"),
        ("ramp", "0.5", "0.00"),
        ("ramp", "0.6", "200.00"),  # (.6 - .5)/(1 - .5)
        ("ramp", "1", "1000.00"),
        ("ramp", "2", "2000.00"),  # (1.5 - .5)/(1 - .5)
        ("tiers", "0.2", "0.00"),
        ("tiers", "0.25", "100.00"),
        ("tiers", "0.99", "500.00"),
        ("tiers", "7", "1000.00"),
        ("unit", "1", "0.00"),
        ("unit", "2.5", "50.00"),
        ("unit", "13", "1000.00"),  # 12 - 2 units
        ("binary", "0.999999", "0.00"),
        ("binary", "1", "1000.00"),
    ],
)
def test_the_five_curves(due, kind, value, paid):
    assert due(one_metric(curve=kind, **CURVES[kind]), values(M=value))["payable"] == paid


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"verified": False}, ["not_verified"]),
        ({"signed": None}, ["not_signed"]),
        ({"disputed": True}, ["disputed"]),
        ({"disputed": None}, ["disputed"]),
        ({"completeness": {"programme": "0.95", "comparison": "0.79"}}, ["data_incomplete"]),
        ({"completeness": {"programme": "0.95"}}, ["data_incomplete"]),
        ({"completeness": None}, ["data_incomplete"]),
        ({"plan_frozen": False, "verified": None}, ["not_verified", "plan_not_frozen"]),
        (dict.fromkeys(PASSED), ["not_verified", "not_signed", "disputed", "data_incomplete", "plan_not_frozen"]),
    ],
)
def test_a_gate_that_is_closed_or_not_spoken_of_withholds_all_with_every_reason(due, changes, reasons):
    gates = {name: gate for name, gate in (PASSED | changes).items() if gate is not None}
    settled = due(terms(), values(gates=gates, M1="0.31"))
    assert (settled["status"], settled["reasons"]) == ("withheld", reasons)
    assert (settled["payable"], settled["clawback"], settled["lines"][0]["entitlement"]) == ("0.00", "0.00", "20925.00")


def test_assumed_gates_are_those_that_the_file_does_not_speak_of(due):
    assert due(terms(), values(gates=None, M1="0.31"), assume_gates=True)["status"] == "payable"
    settled = due(terms(), values(gates={"signed": False}, M1="0.31"), assume_gates=True)
    assert settled["reasons"] == ["not_signed"]
    incomplete = {"completeness": {"comparison": "0.1"}}
    assert due(terms(), values(gates=incomplete, M1="0.31"), assume_gates=True)["reasons"] == ["data_incomplete"]


def test_a_withheld_settlement_takes_nothing_back_either(due):
    settled = due(terms(), values("final", "8325.00", gates={}, M3="14"))
    assert (settled["status"], settled["clawback"]) == ("withheld", "0.00")


def test_the_lower_bound_earns_where_the_contract_says_so(due):
    contract = one_metric(curve="proportional", a_min="0.5", a_max="1.5", evidence_rule="lower_bound")
    given_values = values(M="1.1") | {"lower_bounds": {"M": "0.7"}}
    line = due(contract, given_values)["lines"][0]
    assert (line["achievement"], line["entitlement"], line["note"]) == ("1.100000", "700.00", "lower_bound")
    assert due(contract, values(M="1.1"))["lines"][0]["note"] == "no_lower_bound"
    assert due(contract, values(M="1.1"))["payable"] == "0.00"


def test_the_expected_rule_pays_the_mean_over_the_error_of_the_estimate(due):
    # At the cliff of a binary curve half of the normal distribution pays: 500.00. Without an error it is the point rule.
    contract = one_metric(evidence_rule="expected")
    assert due(contract, values(M="1") | {"standard_errors": {"M": "0.3"}})["payable"] == "500.00"
    assert due(contract, values(M="1") | {"standard_errors": {"M": "0"}})["payable"] == "1000.00"
    assert due(contract, values(M="1"))["lines"][0]["note"] == "no_standard_error"


def test_one_metric_may_have_a_rule_of_its_own(due):
    contract = terms(evidence_rule="lower_bound")
    contract["metrics"][2]["evidence_rule"] = "point"
    assert amounts(due(contract, values(M1="0.31", M3="27"))) == {"M1": "0.00", "M2": "0.00", "M3": "6075.00"}


def test_no_more_than_a_share_of_the_verified_private_investment_is_paid(due):
    settled = due(terms(cap_ratio="0.18"), values(M1="0.4") | {"verified_private_investment": "100000"})
    assert (settled["payable"], settled["global_cap_applied"]) == ("18000.00", True)


# Properties, over contracts that hypothesis makes.

VALUE = st.decimals("-3", "5", places=4)


@st.composite
def contracts(draw) -> dict:
    curve = draw(st.sampled_from(sorted(CURVES)))
    metric = {"curve": curve, "periods": ["interim", "final"]} | CURVES[curve]
    if curve in ("proportional", "ramp"):
        low = draw(st.decimals("0", "0.99", places=2))
        metric |= {"a_min": str(low), "a_max": str(low + draw(st.decimals("0.01", "2", places=2)))}
    elif curve != "unit":
        metric |= draw(st.sampled_from([{}, {"baseline": "2", "target": "-1"}]))
    contract = one_metric(**metric)
    contract["clawback"] = {"mode": draw(st.sampled_from(["none", "limited", "full"])), "limit_share_of_paid": "0.3"}
    contract["interim_share"] = str(draw(st.decimals("0", "1", places=2)))
    contract["max_total_payment"] = str(draw(st.decimals("0", "2500", places=2)))
    return contract


def contract_of(document: dict):
    with TemporaryDirectory() as folder:
        return read_contract(written(Path(folder), "contract.json", document))


def of(contract, period: str, value: Decimal, paid: Decimal = NOTHING):
    return settle(contract, Values(period, {"M": value}, paid), assume_gates=True)


@settings(deadline=None, max_examples=60)
@given(contracts(), st.lists(VALUE, min_size=2, max_size=6))
def test_more_achieved_never_pays_less(document, several):
    contract = contract_of(document)
    metric = contract.metrics[0]
    several = sorted(several, key=metric.achievement)
    paid = [of(contract, "final", value).payable for value in several]
    assert paid == sorted(paid)


@settings(deadline=None, max_examples=60)
@given(contracts(), VALUE, VALUE)
def test_never_above_the_caps_and_nothing_a_second_time(document, early, late):
    contract = contract_of(document)
    interim = of(contract, "interim", early)
    assert of(contract, "interim", early, interim.payable).payable == 0
    final = of(contract, "final", late, interim.payable)
    assert 0 <= interim.payable <= contract.maximum
    assert interim.payable + final.payable <= contract.maximum
    assert final.payable == 0 or final.clawback == 0
    assert final.clawback <= interim.payable
    kept = interim.payable + final.payable - final.clawback
    again = of(contract, "final", late, kept)
    assert again.payable == 0
    if contract.clawback.mode == "full":
        assert (kept, again.clawback) == (final.cumulative_entitlement, 0)
