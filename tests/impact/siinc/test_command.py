"""`settle` and `simulate`, run as other programs run them: output, words and exit status."""

import csv
import io
import json

import pytest

from tests.impact.siinc.terms import terms, values, written
from tests.impact.test_command import impact


@pytest.fixture
def contract(tmp_path):
    return written(tmp_path, "contract.json", terms())


def settled(tmp_path, contract, document, *arguments):
    run = impact("settle", contract, written(tmp_path, "values.json", document), *arguments)
    return run, json.loads(run.stdout)


def test_the_worked_example_from_interim_to_final(tmp_path, contract):
    run, interim = settled(tmp_path, contract, values("interim", M2="0.87804878048780", M3="14"))
    assert (run.returncode, run.stderr, interim["payable"]) == (0, "", "8325.00")
    final = values("final", interim["payable"], M1="0.31", M2="0.78048780487805", M3="27")
    run, answer = settled(tmp_path, contract, final)
    assert (run.returncode, answer["payable"], answer["cumulative_entitlement"]) == (0, "29193.29", "37518.29")


def test_what_is_withheld_gives_1_and_every_reason(tmp_path, contract):
    run, answer = settled(tmp_path, contract, values(gates={"disputed": True}, M1="0.31"))
    assert (run.returncode, answer["status"], answer["payable"]) == (1, "withheld", "0.00")
    assert answer["reasons"] == ["not_verified", "not_signed", "disputed", "data_incomplete", "plan_not_frozen"]
    run, answer = settled(tmp_path, contract, values(gates=None, M1="0.31"), "--assume-gates")
    assert (run.returncode, answer["status"]) == (0, "payable")


def test_a_clawback_and_nothing_due_give_0(tmp_path, contract):
    run, answer = settled(tmp_path, contract, values("final", "8325.00", M3="14"))
    assert (run.returncode, answer["status"], answer["clawback"]) == (0, "clawback", "5175.00")
    run, answer = settled(tmp_path, contract, values("final", "3150.00", M3="14"))
    assert (run.returncode, answer["status"]) == (0, "nothing_due")


def test_csv_has_a_row_for_each_line_and_text_is_for_people(tmp_path, contract):
    path = written(tmp_path, "values.json", values(M1="0.31", M3="27"))
    rows = list(csv.DictReader(io.StringIO(impact("settle", contract, path, "--format", "csv").stdout)))
    assert [(row["metric"], row["entitlement"], row["note"]) for row in rows] == [
        ("M1", "20925.00", ""),
        ("M2", "0.00", "no_verified_value"),
        ("M3", "6075.00", ""),
    ]
    assert {row["payable"] for row in rows} == {"27000.00"}
    text = impact("settle", contract, path, "--format", "text").stdout
    assert "payable                27000.00" in text


def test_bad_input_gives_2_and_one_sentence_with_its_place(tmp_path, contract):
    path = written(tmp_path, "values.json", values(M7="1"))
    run = impact("settle", contract, path)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    assert run.stderr.startswith(f"{path}, line 4, column /values/M7: M7 is no metric of the contract")
    run = impact("settle", tmp_path / "absent.json", path)
    assert (run.returncode, run.stdout) == (2, "")


def test_simulate_answers_with_the_noise_table(contract):
    run = impact("simulate", contract, "--se", "0.221", "--effects", "0,0.2,0.4")
    answer = json.loads(run.stdout)
    assert (run.returncode, run.stderr) == (0, "")
    assert [(row["true_effect"], row["chance_of_pay"][:4], row["expected_share"][:5]) for row in answer["noise"]] == [
        ("0", "0.18", "0.145"),
        ("0.2", "0.50", "0.462"),
        ("0.4", "0.81", "0.908"),
    ]
    assert answer == json.loads(impact("simulate", contract, "--se", "0.221").stdout) | {"noise": answer["noise"]}
    rows = list(csv.DictReader(io.StringIO(impact("simulate", contract, "--se", "0.156,0.383", "--format", "csv").stdout)))
    assert [row["se"] for row in rows] == ["0.156"] * 3 + ["0.383"] * 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--se", "0"), "a standard error is above 0"),
        (("--se", "x"), "is no list of numbers"),
        (("--se", "0.2", "--effects", "nan"), "is no list of numbers"),
        (("--se", "0.2", "--metric", "M9"), "column /metrics: has no metric M9: it has M1, M2, M3"),
        ((), "required: --se"),
    ],
)
def test_a_wrong_simulation_gives_2_and_one_sentence(contract, arguments, words):
    run = impact("simulate", contract, *arguments)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    assert words in run.stderr
