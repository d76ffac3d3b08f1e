"""A contract or values that cannot be settled: each a sentence that names file, line and JSON pointer."""

import json
from decimal import Decimal

import pytest

from impact import LogError
from impact.siinc import ContractError, read_contract, read_values
from tests.impact.siinc.terms import one_metric, terms, values, written


def metric(number: int, **changes):
    def change(document: dict) -> None:
        document["metrics"][number] |= changes

    return change


def top(**changes):
    return lambda document: document.update(changes)


def without(*path):
    def change(document: dict) -> None:
        for key in path[:-1]:
            document = document[key]
        del document[path[-1]]

    return change


CASES = [
    (metric(0, weight="0.59"), "line 12", "/metrics", "the weights sum to 0.99: they sum to 1"),
    (metric(1, target="0.5"), "/metrics/1/target", "the target is the baseline, 0.5"),
    (metric(1, target=0.50, baseline=0.5), "/metrics/1/target", "the target is the baseline"),
    (top(pool_at_target="-45000"), "line 3", "/pool_at_target", "-45000 is not a pool"),
    (top(pool_at_target=0), "/pool_at_target", "0 is not a pool"),
    (top(pool_at_target="NaN"), "/pool_at_target", '"NaN" is not a number'),
    (top(pool_at_target="1e400"), "/pool_at_target", "is not a number"),
    (top(pool_at_target=True), "/pool_at_target", "true is not a number"),
    (top(pool_at_target="٤٥"), "/pool_at_target", "is not a number"),
    (without("pool_at_target"), "line 1", "/pool_at_target", "is missing"),
    (top(max_total_payment="-1"), "/max_total_payment", "-1 is out of range: it is at least 0"),
    (top(interim_share="1.1"), "/interim_share", "from 0 to 1"),
    (top(currency="euro"), "/currency", "three letters"),
    (top(clawback=None), "/clawback", "is missing"),
    (top(clawback={"mode": "some"}), "/clawback/mode", '"some" is not known: write one of none, limited, full'),
    (top(clawback={"mode": "limited"}), "/clawback/limit_share_of_paid", "is missing"),
    (top(dispute_days="1.5"), "/dispute_days", "not a whole number of days"),
    (top(metrics=[]), "/metrics", "at least one metric"),
    (top(metrics={"M1": {}}), "/metrics", "is not a list"),
    (top(metrics=["M1"]), "/metrics/0", '"M1" is not a JSON object'),
    (
        metric(0, curve="linear"),
        "/metrics/0/curve",
        '"linear" is not known: write one of proportional, ramp, tiers, unit, binary',
    ),
    (metric(2, code="M1"), "/metrics/2/code", "the metric M1 stands twice"),
    (metric(0, a_min=None), "/metrics/0/a_min", "is missing"),
    (metric(0, a_max="0.4"), "/metrics/0/a_max", "0.4 is no end for a curve that begins at 0.50"),
    (metric(0, a_min="-0.5"), "/metrics/0/a_min", "-0.5 is out of range"),
    (metric(0, curve="ramp", a_min="1"), "/metrics/0/a_min", "leaves no ramp"),
    (metric(0, curve="tiers"), "/metrics/0/tiers", "is missing"),
    (metric(0, curve="tiers", tiers=[["0.5"]]), "/metrics/0/tiers/0", "a tier is a pair"),
    (metric(0, curve="tiers", tiers=[["0.5", 1], ["0.7", 0.9]]), "/metrics/0/tiers/1", "tiers grow"),
    (metric(2, unit_price=None), "/metrics/2/unit_price", "is missing"),
    (metric(2, unit_price="-1"), "/metrics/2/unit_price", "out of range"),
    (metric(2, cap_units="-1"), "/metrics/2/cap_units", "below the baseline"),
    (metric(2, target="-5"), "/metrics/2/target", "units are counted upwards"),
    (metric(0, periods=[]), "/metrics/0/periods", "is empty"),
    (metric(0, periods=["finale"]), "/metrics/0/periods/0", '"finale" is not known'),
    (metric(0, weight="-0.6"), "/metrics/0/weight", "from 0 to 1"),
    (metric(0, code=""), "/metrics/0/code", "is missing"),
    (metric(0, evidence_rule="best"), "/metrics/0/evidence_rule", "point, lower_bound, expected"),
]


@pytest.mark.parametrize(("change", "words"), [(case[0], case[1:]) for case in CASES])
def test_a_contract_that_cannot_be_settled(tmp_path, change, words):
    document = terms()
    change(document)
    path = written(tmp_path, "contract.json", document)
    with pytest.raises(ContractError) as refused:
        read_contract(path)
    message = str(refused.value)
    assert message.startswith(f"{path}, line ")
    for part in words:
        assert part in message
    assert "\n" not in message


def test_the_line_is_that_of_the_wrong_value(tmp_path):
    document = terms()
    document["metrics"][1]["target"] = "0.50"
    path = written(tmp_path, "contract.json", document)
    lines = path.read_text().splitlines()
    with pytest.raises(ContractError) as refused:
        read_contract(path)
    assert lines[refused.value.line - 1].strip() == '"target": "0.50",'
    assert (refused.value.column, isinstance(refused.value, LogError)) == ("/metrics/1/target", True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1, column 1: the file is not JSON: Expecting value"),
        ('{\n "currency": }', "line 2, column 14: the file is not JSON"),
        ('{"a": 1,\n "a": 2}', "line 2, column /a: stands twice"),
        ('{"a": [{"b~/c": 1,\n "b~/c": 1}]}', "line 2, column /a/0/b~0~1c: stands twice"),
        ('{"a": 1,\n "pool_at_target": NaN}', "line 2: NaN is not a number"),
        ('{"a": 1,\n "pool_at_target": 1e999}', "line 2: 1e999 is not a number"),
        ("[]", "line 1: [] is not a JSON object"),
        ("[" * 100_000, "nested too deep"),
        ("[" * 900 + "]" * 900, "[[[[["),
    ],
)
def test_a_file_that_is_no_contract(tmp_path, text, words):
    with pytest.raises(ContractError) as refused:
        read_contract(written(tmp_path, "contract.json", text))
    assert words in str(refused.value)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ContractError, match="cannot be opened"):
        read_contract(tmp_path / "absent.json")
    (tmp_path / "latin.json").write_bytes('{"name": "però"}'.encode("latin-1"))
    with pytest.raises(ContractError, match="not UTF-8"):
        read_contract(tmp_path / "latin.json")


def test_numbers_are_taken_as_written_from_text_and_from_json(tmp_path):
    document = json.dumps(terms()).replace('"0.25"', "0.25").replace('"45000.00"', "4.5e4")
    contract = read_contract(written(tmp_path, "contract.json", document))
    assert contract.metrics[1].weight == Decimal("0.25")
    assert contract.pool == 45000
    third = terms()
    for number, weight in enumerate(("0.3333333333333333", "0.3333333333333333", "0.3333333333333334")):
        third["metrics"][number]["weight"] = weight
    assert sum(one.weight for one in read_contract(written(tmp_path, "third.json", third)).metrics) == 1


def test_weights_are_summed_to_the_last_digit(tmp_path):
    document = terms()
    document["metrics"][0]["weight"] = "0.6000000000000000000000000000000000000001"
    with pytest.raises(ContractError, match=r"the weights sum to 1\.0000000000000000000000000000000000000001"):
        read_contract(written(tmp_path, "contract.json", document))


def test_keys_beyond_the_format_and_an_absent_name_are_fine(tmp_path):
    contract = read_contract(written(tmp_path, "contract.json", one_metric(unit_price=None) | {"note": ["any", {"thing": None}]}))
    assert contract.metrics[0].name == "M"


def test_a_metric_that_does_not_say_when_is_paid_at_the_end(tmp_path):
    document = terms()
    del document["metrics"][2]["periods"]
    assert read_contract(written(tmp_path, "contract.json", document)).metrics[2].periods == ("final",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"values": {"M1": "0.3", "M9": "1"}}, "column /values/M9: M9 is no metric of the contract: they are M1, M2, M3"),
        ({"values": {"M1": "about 0.3"}}, '/values/M1: "about 0.3" is not a number'),
        ({"values": {"M1": "NaN"}}, "/values/M1"),
        ({"values": {"M1": False}}, "/values/M1: false is not a number"),
        ({"values": None}, "/values: is missing"),
        ({"values": ["0.3"]}, '/values: ["0.3"] is not a JSON object'),
        ({"period": "yearly"}, '/period: "yearly" is not known: write one of interim, final'),
        ({"paid_before": None}, "/paid_before: is missing"),
        ({"paid_before": "-1"}, "/paid_before: -1 is out of range"),
        ({"paid_before": "1.005"}, "/paid_before: 1.005 has parts of a cent"),
        ({"gates": {"signed": "yes"}}, '/gates/signed: "yes" is not true or false'),
        ({"gates": {"verified": None}}, "/gates/verified: null is not true or false"),
        ({"gates": {"completeness": {"programme": "1.2"}}}, "/gates/completeness/programme: 1.2 is out of range"),
        ({"gates": []}, "/gates: [] is not a JSON object"),
        ({"standard_errors": {"M1": "-0.1"}}, "/standard_errors/M1: -0.1 is out of range"),
    ],
)
def test_values_that_cannot_be_settled(tmp_path, change, words):
    contract = read_contract(written(tmp_path, "contract.json", terms()))
    path = written(tmp_path, "values.json", values(M1="0.31") | change)
    with pytest.raises(ContractError) as refused:
        read_values(path, contract)
    assert str(refused.value).startswith(f"{path}, line ")
    assert words in str(refused.value)


def test_a_metric_that_stands_twice_in_the_values(tmp_path):
    contract = read_contract(written(tmp_path, "contract.json", terms()))
    text = '{"period": "final", "paid_before": "0",\n "values": {"M1": "0.3",\n "M1": "0.4"}}'
    with pytest.raises(ContractError, match="line 3, column /values/M1: stands twice"):
        read_values(written(tmp_path, "values.json", text), contract)


def test_a_cap_on_the_investment_needs_the_investment(tmp_path):
    contract = read_contract(written(tmp_path, "contract.json", terms(cap_ratio="0.18")))
    with pytest.raises(ContractError, match="/verified_private_investment: is missing"):
        read_values(written(tmp_path, "values.json", values(M1="0.31")), contract)
