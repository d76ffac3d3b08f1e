"""A statement: what it computes, what it signs, what makes it pay nothing."""

import json
import re
import stat
import zipfile
from datetime import datetime

import pytest

from impact import LogError, seal, write_csv
from impact.evaluation import amend, read_plan
from impact.report import bundle, signing
from impact.report.figures import CheckFailed
from impact.report.reproduce import reproduce
from impact.report.statement import state
from tests.impact.report import cases
from tests.impact.stories import Story
from tests.impact.test_command import impact


def test_the_worked_example_from_interim_to_final(stated, tmp_path):
    interim = state(cases.bundle(tmp_path / "interim", "interim"), key=stated.key).results
    assert (interim["settlement"]["status"], interim["settlement"]["payable"]) == ("payable", "8325.00")
    assert interim["evaluation"] is None and interim["gates"]["completeness"] == {"programme": "0.95", "comparison": "0.90"}
    final = stated.made.results
    assert (final["settlement"]["payable"], final["settlement"]["cumulative_entitlement"]) == ("29193.29", "37518.29")
    assert final["payment"]["portfolio_achievement"] == "0.833740"
    assert [line["entitlement"] for line in final["settlement"]["lines"]] == ["20925.00", "10518.29", "6075.00"]


def test_the_log_gives_what_nobody_gave_by_hand(stated):
    m1, m2, m3 = stated.made.results["metrics"]
    assert (m2["measured_by"], m2["numerator"], m2["denominator"], m2["value"]) == ("OM13", 32, 41, "0.78048780488")
    assert (m1["value"], m1["measured_by"]) == ("0.31", "d_ppc2") and m1["measured"] != "0.31"  # the evaluator's word goes first
    assert (m3["value"], m3["measured_by"], m3["verification"]) == ("27", None, cases.PAPER)


def test_the_steps_of_the_payment_add_up(stated):
    payment = stated.made.results["payment"]
    cents = [round(100 * float(step["amount"])) for step in payment["steps"]]
    assert sum(cents) == round(100 * float(payment["total"])) == 2919329


def test_an_effect_that_nobody_gave_is_the_plan_s(stated, tmp_path):
    folder = cases.bundle(tmp_path / "b", values={"M3": "27"})
    found = state(folder, key=stated.key).results
    effect = found["evaluation"]["effect_size"]["d_ppc2"]
    assert float(found["metrics"][0]["value"]) == effect
    with (folder / "plan.toml").open("a") as file:
        file.write("# changed after it was frozen\n")
    plan = (folder / "plan.toml").read_text().replace("alpha = 0.05", "alpha = 0.06")
    (folder / "plan.toml").write_text(plan)
    again = state(folder, key=stated.key).results
    assert again["metrics"][0]["note"] == "no_verified_value"  # an exploratory run has no value that pays
    assert again["settlement"]["reasons"] == ["plan_not_frozen"] and again["payable"] is False


def test_a_contract_that_names_another_plan_is_withheld(stated, tmp_path):
    folder = cases.bundle(tmp_path / "b", "interim", terms=cases.contract(plan_sha256="0" * 64))
    assert state(folder, key=stated.key).results["settlement"]["reasons"] == ["plan_not_frozen"]


def test_a_contract_that_names_a_plan_is_not_governed_by_what_it_was_amended_to(stated, tmp_path):
    frozen = read_plan(stated.folder / "plan.toml")
    folder = cases.bundle(tmp_path / "b", "interim", terms=cases.contract(plan_sha256=frozen.sha256))
    assert "plan_not_frozen" not in state(folder, key=stated.key).results["settlement"]["reasons"]
    at = datetime.fromisoformat("2099-01-01T00:00:00+00:00")
    amend(folder / "plan.toml", at, reason="x", changes=["plan.alpha = 0.01"], scores="unseen")
    assert "plan_not_frozen" in state(folder, key=stated.key).results["settlement"]["reasons"]


def test_completeness_is_counted_and_not_believed(stated, tmp_path):
    folder = cases.bundle(
        tmp_path / "b", gates={"verified": True, "disputed": False, "completeness": {"programme": "1", "comparison": "1"}}
    )
    lines = (folder / "scores.csv").read_text().splitlines()
    few = [f"{line.rsplit(',', 1)[0]}," if line.startswith("c") and number % 3 else line for number, line in enumerate(lines)]
    (folder / "scores.csv").write_text("\n".join([*few, ""]))
    found = state(folder, key=stated.key).results
    assert float(found["gates"]["completeness"]["comparison"]) < 0.5
    assert found["settlement"]["reasons"] == ["data_incomplete"]


def test_the_same_bytes_twice(stated, tmp_path):
    again = state(stated.folder, key=stated.key, output=tmp_path / "again.zip")
    assert again.path.read_bytes() == stated.zip.read_bytes()


def test_without_a_key_it_is_written_and_pays_nothing(stated, tmp_path):
    run = impact("statement", stated.folder, "-o", tmp_path / "b.zip")
    answer = json.loads(run.stdout)
    assert (run.returncode, run.stderr) == (1, "")
    assert (answer["signed"], answer["status"], answer["reasons"], answer["payable"]) == (
        False,
        "withheld",
        ["not_signed"],
        "0.00",
    )
    found = reproduce(tmp_path / "b.zip").document()
    assert (found["byte_equal"], found["signature"], found["payable"]) == (True, "none", False)
    assert "Nobody signed it" in found["note"]


def test_only_files_of_a_bundle_go_into_it(stated, tmp_path):
    folder = cases.bundle(tmp_path / "b", "interim")
    (folder / "names.csv").write_text("secret")
    made = state(folder, key=stated.key)
    assert made.left_out == ["names.csv"]
    with zipfile.ZipFile(made.path) as packed:
        assert packed.namelist() == sorted(packed.namelist())
        assert "names.csv" not in packed.namelist() and "results.json" in packed.namelist()


def test_only_the_verifier_that_the_contract_names_signs(stated, tmp_path):
    other, digits = cases.key(tmp_path, "other")
    terms = cases.contract(parties={"verifier": {"id": "v", "public_key": digits}})
    folder = cases.bundle(tmp_path / "b", "interim", terms=terms)
    with pytest.raises(LogError, match="the verifier signs"):
        state(folder, key=stated.key)
    assert state(folder, key=other).results["payable"]


def test_a_log_that_does_not_hold_is_stated_by_nobody(stated, tmp_path):
    folder = cases.bundle(tmp_path / "b", "interim")
    text = (folder / "log.csv").read_text()
    (folder / "log.csv").write_text(text.replace(",60,present,", ",50,present,", 1))
    with pytest.raises(CheckFailed, match="broken"):
        state(folder, key=stated.key)
    story = Story()
    story.enrol("p1")
    write_csv(folder / "log.csv", story.rows)
    with pytest.raises(CheckFailed, match="not sealed"):
        state(folder, key=stated.key)
    assert not (tmp_path / "b.zip").exists()
    write_csv(folder / "log.csv", seal(story.rows))
    assert state(folder, key=stated.key).results["log"]["rows"] == 1


@pytest.mark.parametrize(("spoil", "words"), [
    (lambda folder: (folder / "plan.toml").unlink(), "plan.toml: is missing"),
    (lambda folder: (folder / "log.csv").unlink(), "neither log.csv and log.parquet"),
    (lambda folder: (folder / "log.parquet").write_bytes(b""), "both log.csv and log.parquet"),
    (lambda folder: (folder / cases.PAPER).unlink(), "/verifications/M3: 'verification-M3.json' is not in the folder"),
    (lambda folder: cases.write(folder, "values.json", cases.told("final", verifications={"M3": "../x"})), "cannot be the name"),
    (lambda folder: cases.write(folder, "values.json", cases.told("final", synthetic="yes")), "is not true or false"),
    (lambda folder: cases.write(folder, "values.json", cases.told("final", at="July")), "is not a day"),
    (lambda folder: cases.write(folder, "contract.json", cases.contract(pool_at_target="0")), "is not a pool"),
    (lambda folder: (folder / "scores.csv").write_text("person,arm\n"), "scores.csv"),
])  # fmt: skip
def test_bad_input_is_refused_with_its_place(tmp_path, spoil, words):
    folder = cases.bundle(tmp_path / "b")
    spoil(folder)
    with pytest.raises(LogError, match=re.escape(words)):
        state(folder)
    assert not (tmp_path / "b.zip").exists()


def test_the_command_says_it_in_one_sentence(tmp_path):
    run = impact("statement", tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"{tmp_path}/contract.json: is missing: a bundle holds contract.json, plan.toml, values.json and a log\n"


def test_a_metric_is_measured_in_one_way(tmp_path):
    terms = cases.contract()
    terms["metrics"][1]["evaluate"] = "estimate"
    folder = cases.bundle(tmp_path / "b", "interim", terms=terms)
    with pytest.raises(LogError, match="a metric is measured in one way"):
        state(folder)


def test_keygen_keeps_the_private_key_from_others_and_overwrites_none(tmp_path):
    run = impact("keygen", tmp_path / "key.pem")
    answer = json.loads(run.stdout)
    assert run.returncode == 0 and len(answer["public_key"]) == 64
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600
    assert signing.public_key(str(tmp_path / "key.pub.pem")) == answer["public_key"]
    before = (tmp_path / "key.pem").read_bytes()
    again = impact("keygen", tmp_path / "key.pem")
    assert again.returncode == 2 and "never overwritten" in again.stderr
    assert (tmp_path / "key.pem").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(tmp_path, content):
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(LogError, match="is not a private key"):
        signing.private_key(path)
    with pytest.raises(LogError, match="is not a public key"):
        signing.public_key(str(path))


def test_a_file_that_changes_meanwhile_is_noticed(stated, tmp_path):
    files = bundle.digests(stated.folder, ["plan.toml"]) | {"contract.json": "0" * 64}
    with pytest.raises(LogError, match="changed while the statement was made"):
        bundle.pack(tmp_path / "b.zip", stated.folder, files, {})
    assert not any(tmp_path.iterdir())
