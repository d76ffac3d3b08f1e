"""The export is of the shape of INDIGO's project schema, says what the contract says and nothing else.

The schema below holds the facts of `schema/project.json` (INDIGO-Initiative/indigo-data-standard, commit f034d757) for
the members that we write: their names, types and closed lists. Nothing else may be written.
"""

import json

import pytest
from jsonschema import Draft7Validator

from impact import LogError
from impact.siinc import read_contract, read_values, settle
from impact.siinc.indigo import project
from tests.impact.siinc.terms import terms, values, written
from tests.impact.test_command import impact


def members(**properties):
    return {"type": "object", "properties": properties, "additionalProperties": False}


def many(**properties):
    return {"type": "array", "items": members(**properties)}


def value(**schema):
    return members(value=schema)


TEXT, NUMBER = value(type="string"), value(type="number")
DAY = value(type="string", pattern=r"^\d{4}-\d\d-\d\d$")
PERIOD = members(start_date=DAY, end_date=DAY)
MONEY = members(currency=TEXT, amount=NUMBER)
SCHEMA = members(
    name=TEXT,
    dates=members(outcomes_contract_signed=DAY),
    outcome_metrics=many(
        id={"type": "string"},
        **dict.fromkeys(
            (
                "definition",
                "target_population",
                "outcome_metric_target",
                "outcome_validation_method",
                "data_source_for_outcome_validation",
                "primary_sdg_goal",
                "primary_sdg_target",
            ),
            TEXT,
        ),
    ),
    outcome_pricings=many(
        outcome_metric_id=TEXT,
        currency=TEXT,
        price_per_unit=members(amount=NUMBER),
        maximum_price_if_all_targets_achieved=members(amount=TEXT),
        price_description=TEXT,
    ),
    outcome_payment_commitments=many(
        organisation_id=TEXT,
        maximum_potential_outcome_payment=MONEY,
        result_type=value(enum=["Interim", "Overall"]),
        period=PERIOD,
        total_outcome_payments=MONEY,
    ),
    investments=many(
        id={"type": "string"},
        organisation_id=TEXT,
        investment_commitment=members(currency=TEXT, amount=members(exact=NUMBER)),
        maximum_potential_return_type=value(enum=["IRR", "Average annual return"]),
        maximum_potential_return=NUMBER,
    ),
    results=many(
        outcome_metric_id=TEXT,
        result_level=value(enum=["Project level", "Outcome level"]),
        result_type=value(enum=["Interim", "Final"]),
        period=PERIOD,
        outcomes_achieved=TEXT,
        outcomes_validator_organisation_ids=TEXT,
        notes={"type": "string"},
    ),
    outcome_payment_plans=many(id=TEXT, period=PERIOD),
    outcome_payments=many(
        outcome_payment_plan_id=TEXT,
        period=PERIOD,
        payer_organisation_id=TEXT,
        recipient_organisation_id=TEXT,
        type=value(enum=["Planned", "Actual"]),
        money=MONEY,
        notes={"type": "string"},
    ),
)
SAID = {
    "title": "Officine Mezzogiorno",
    "parties": {role: {"id": f"IT-{role}", "name": role} for role in ("payer", "enterprise", "investor", "verifier")},
    "dates": {"signed": "2026-02-01", "start": "2026-03-01", "interim": "2026-04-30", "end": "2026-06-30"},
    "investment": {"principal": "300000", "r_min": "0.01", "r_max": "0.04"},
}


@pytest.fixture
def exported(tmp_path):
    document = terms(**SAID)
    document["metrics"][1] |= {"indicator": "OM13", "validation": "sampled registers", "population": "children of a day centre"}
    contract = read_contract(written(tmp_path, "contract.json", document))
    steps = [
        values("interim", M2="0.87804878048780", M3="14"),
        values("final", "8325.00", M1="0.31", M2="0.78048780487805", M3=None),
    ]
    settled = [settle(contract, read_values(written(tmp_path, "values.json", step), contract)) for step in steps]
    return project(contract, settled)


def test_the_export_has_the_shape_of_the_schema_and_no_other_member(exported):
    Draft7Validator(SCHEMA).validate(json.loads(json.dumps(exported)))
    assert set(exported) == set(SCHEMA["properties"])


def test_payments_planned_and_made_are_those_of_the_contract_and_its_settlements(exported):
    # On target: half of (.25 + .15) x 45,000 = 9,000 at the interim, 36,000 at the end.
    # Made: 8,325.00, then 20,925.00 + 10,518.29 + 0 - 8,325.00 = 23,118.29.
    told = [(one["type"]["value"], one["money"]["amount"]["value"]) for one in exported["outcome_payments"]]
    assert told == [("Planned", 9000.0), ("Planned", 36000.0), ("Actual", 8325.0), ("Actual", 23118.29)]
    (commitment,) = exported["outcome_payment_commitments"]
    assert commitment["maximum_potential_outcome_payment"]["amount"] == {"value": 54000.0}
    assert commitment["total_outcome_payments"]["amount"] == {"value": 31443.29}


def test_results_are_the_lines_of_each_settlement(exported):
    told = [
        (one["result_type"]["value"], one["outcome_metric_id"]["value"], one["outcomes_achieved"]["value"])
        for one in exported["results"]
    ]
    assert told == [
        ("Interim", "M2", "0.878048780488 (1.260163 of the way to the target)"),
        ("Interim", "M3", "14 (14.000000 units above the baseline)"),
        ("Final", "M1", "0.31 (0.775000 of the way to the target)"),
        ("Final", "M2", "0.780487804878 (0.934959 of the way to the target)"),
        ("Final", "M3", "no verified value"),
    ]
    assert exported["results"][0]["period"] == {"start_date": {"value": "2026-03-01"}, "end_date": {"value": "2026-04-30"}}


def test_metrics_and_prices_say_what_the_contract_says(exported):
    metric = exported["outcome_metrics"][1]
    assert (metric["outcome_metric_target"], metric["primary_sdg_target"]) == (
        {"value": "Completion: from 0.5 to 0.8"},
        {"value": "4.4"},
    )
    prices = exported["outcome_pricings"]
    assert [price["maximum_price_if_all_targets_achieved"]["amount"]["value"] for price in prices] == [
        "40500.00",
        "13500.00",
        "9225.00",
    ]
    assert prices[2]["price_per_unit"] == {"amount": {"value": 225.0}}
    assert prices[0]["price_description"]["value"] == "proportional: 27000.00 on target, from achievement 0.5 up to 1.5"


def test_what_a_contract_does_not_say_is_left_out(tmp_path):
    contract = read_contract(written(tmp_path, "contract.json", terms()))
    found = project(contract)
    Draft7Validator(SCHEMA).validate(found)
    assert not {"name", "dates", "investments", "results"} & set(found)
    assert "period" not in found["outcome_payments"][0]


def test_a_day_that_is_none_is_refused_with_its_place(tmp_path):
    contract = read_contract(written(tmp_path, "contract.json", terms(dates={"signed": "spring"})))
    with pytest.raises(LogError, match="column /dates/signed: 'spring' is not a day"):
        project(contract)


def test_the_command_exports_several_periods(tmp_path):
    contract = written(tmp_path, "contract.json", terms(**SAID))
    first = written(tmp_path, "interim.json", values("interim", M3="14"))
    last = written(tmp_path, "final.json", values("final", "1575.00", M3="27"))
    run = impact("indigo", contract, first, last)
    assert (run.returncode, run.stderr) == (0, "")
    made = [
        one["money"]["amount"]["value"] for one in json.loads(run.stdout)["outcome_payments"] if one["type"]["value"] == "Actual"
    ]
    assert made == [1575.0, 4500.0]  # 14 x 225 / 2; 27 x 225 - 1,575
