"""From a payment to the rows behind it, with proofs, and back to what one row is worth."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from impact import LogError, Row, acts, seal, write_csv
from impact.merkle import includes, leaf_hash
from impact.siinc import read_contract, read_values
from impact.trace import Figure, Source, catalogue_figure, sources, trace, without
from tests.impact.siinc.terms import one_metric, terms, values, written
from tests.impact.test_command import impact

START = datetime(2026, 3, 2, 15, tzinfo=UTC)


def course() -> list[Row]:
    """Four children, two sessions of 60 minutes: a and b come to both, c to one, d withdraws; a and b earn a badge.

    The first record of c in the second session says present and is corrected to absent; one badge is void.
    """
    steam = {"activity": "steam-2026"}
    told: list[tuple] = [(acts.EnrolmentCreated(channel="web", **steam), kid) for kid in "abcd"]
    for session in ("s1", "s2"):
        told.append((acts.SessionHeld(session=session, minutes=60, trainers=("t1",), **steam), None))
        for kid in "abc":
            told.append((acts.AttendanceRecorded(session=session, minutes=60, status="present", **steam), kid))
    told.append((acts.AttendanceRecorded(session="s2", minutes=0, status="absent", **steam), "c"))
    told.append((acts.EnrolmentWithdrawn(status="moved", **steam), "d"))
    told += [(acts.BadgeVerified(**steam), kid) for kid in "abc"]
    told.append((acts.SessionHeld(activity="other", session="o1", minutes=30), None))
    rows = [
        Row(f"e{number:02}", START + timedelta(minutes=number), START + timedelta(minutes=number, seconds=1), **act.columns(who))
        for number, (act, who) in enumerate(told, 1)
    ]
    badge_of_c = next(row for row in rows if row.type == "badge.verified" and row.person == "c")
    moment = START + timedelta(days=1)
    rows.append(Row("e99", moment, moment, **acts.EventVoided(ref=badge_of_c.event_id).columns()))
    return list(seal(rows))


def id_of(kind: str, person: str | None = None, session: str | None = None, nth: int = -1) -> str:
    return [
        row.event_id for row in course() if row.type == kind and row.person == person and row.session in (session, row.session)
    ][nth]


@pytest.fixture
def log(tmp_path):
    folder = tmp_path / "log"
    folder.mkdir()
    write_csv(folder / "log.csv", course())
    return folder


@pytest.fixture
def contract_file(tmp_path):
    document = terms()
    document["metrics"][1] |= {"indicator": "OM13", "activity": "steam-2026"}
    document["metrics"][2] |= {"indicator": "OM27"}
    return written(tmp_path, "contract.json", document)


@pytest.fixture
def contract(contract_file):
    return read_contract(contract_file)


@pytest.fixture
def verified(tmp_path, contract):
    return read_values(written(tmp_path, "values.json", values(M1="0.31", M2="0.5", M3="2")), contract)


def test_completion_stands_on_the_rows_that_count_and_each_is_proved(log, contract, verified):
    found = trace(log, contract, verified, sources(contract)["M2"])
    # a and b of four completed: 2/4.
    assert (found.figure, found.settlement.lines[1].entitlement) == (Figure(Decimal("0.5"), 2, 4), Decimal("0.00"))
    counting = [one.row for one in found.counted]
    assert [row.type for row in counting].count("enrolment.created") == 4
    assert [(row.person, row.status) for row in counting if row.session == "s2" and row.person] == [
        ("a", "present"),
        ("b", "present"),
        ("c", "absent"),  # the later record, and not the one it corrects
    ]
    assert not any(row.activity == "other" for row in counting)
    for one in found.counted:
        proof = [bytes.fromhex(part) for part in one.proof]
        assert includes(leaf_hash(bytes.fromhex(one.row.hash)), one.index, found.size, proof, bytes.fromhex(found.root))


def test_badges_stand_on_those_that_are_not_void(log, contract, verified):
    found = trace(log, contract, verified, sources(contract)["M3"])
    assert [one.row.person for one in found.counted] == ["a", "b"]
    assert found.figure.value == 2
    line = found.document()["line"]
    assert (line["metric"], line["entitlement"]) == ("M3", "450.00")  # 2 x 225.00


def test_the_void_of_a_badge_costs_its_price(log, contract, verified):
    effect = without(log, id_of("badge.verified", "a"), contract, verified).document()
    assert effect["values"] == [{"metric": "M3", "before": "2", "after": "1"}]
    assert effect["payable"]["difference"] == "-225.00"
    assert effect["changes_payment"] is True


def test_the_void_of_a_presence_moves_completion(tmp_path, log, contract):
    # M2 from 2/4 to 1/4; at a target of .8 and a baseline of .25 that is an achievement of .4545 and of 0.
    document = terms()
    document["metrics"][1] |= {"indicator": "OM13", "baseline": "0.25", "a_min": "0.2"}
    other = read_contract(written(tmp_path, "other.json", document))
    verified = read_values(written(tmp_path, "values.json", values(M2="0.5")), other)
    effect = without(log, id_of("attendance.recorded", "b", "s1"), other, verified)
    assert effect.figures["M2"][0].value == Decimal("0.5")
    assert effect.figures["M2"][1].value == Decimal("0.25")
    assert (effect.before.payable, effect.after.payable) == (Decimal("5113.64"), Decimal("0.00"))  # .25/.55 x 11,250


def test_a_payment_already_made_becomes_a_clawback(tmp_path, log, contract):
    paid = read_values(written(tmp_path, "values.json", values("final", "450.00", M3="2")), contract)
    effect = without(log, id_of("badge.verified", "a"), contract, paid).document()
    assert effect["clawback"] == {"before": "0.00", "after": "225.00", "difference": "225.00"}


def test_the_void_of_what_does_not_count_changes_nothing(log, contract, verified):
    for event in (id_of("attendance.recorded", "c", "s2", nth=-2), id_of("session.held", session="o1")):
        effect = without(log, event, contract, verified).document()
        assert (effect["values"], effect["changes_payment"]) == ([], False)


def test_the_void_of_a_void_gives_the_event_back(log, contract, verified):
    effect = without(log, "e99", contract, verified).document()
    assert effect["values"] == [{"metric": "M3", "before": "2", "after": "3"}]
    assert effect["payable"]["difference"] == "225.00"


def test_what_the_log_does_not_measure_stays_as_it_was_verified(tmp_path, log):
    document = terms()
    document["metrics"][0] |= {"indicator": "OM25"}  # an effect: computed from scores
    document["metrics"][2] |= {"indicator": "OM27"}
    other = read_contract(written(tmp_path, "other.json", document))
    verified = read_values(written(tmp_path, "values.json", values(M1="0.31", M3="2")), other)
    effect = without(log, id_of("badge.verified", "a"), other, verified)
    assert [effect.before.payable, effect.after.payable] == [Decimal("21375.00"), Decimal("21150.00")]  # 20,925 + 2 or 1 x 225


def test_an_event_that_is_not_there_cannot_be_void(log, contract, verified):
    with pytest.raises(LogError, match="there is no event 'e00' to void"):
        without(log, "e00", contract, verified)


def test_an_unsealed_log_is_traced_without_proofs(tmp_path, contract, verified):
    path = tmp_path / "unsealed.csv"
    write_csv(path, [row._replace(seq=None, prev_hash=None, hash=None) for row in course()])
    found = trace(path, contract, verified, sources(contract)["M3"])
    assert (found.root, [one.proof for one in found.counted]) == (None, [None, None])


def test_a_period_takes_rows_by_the_day_of_their_session(log, contract, verified):
    source = Source("M2", "OM13", "steam-2026", START.date() + timedelta(days=1))
    found = trace(log, contract, verified, source, measure=lambda log, source: Figure(None))
    assert {one.row.type for one in found.counted} == {"enrolment.created", "enrolment.withdrawn"}


def test_metrics_say_what_measures_them(tmp_path):
    document = one_metric(code="OM13", **{"from": "2026-03-01", "to": "2026-06-30"})
    found = sources(read_contract(written(tmp_path, "own.json", document)))
    assert found == {"OM13": Source("OM13", "OM13", None, datetime(2026, 3, 1).date(), datetime(2026, 6, 30).date())}  # noqa: DTZ001
    assert sources(read_contract(written(tmp_path, "none.json", terms()))) == {}
    for change, words in (
        ({"indicator": "OM38"}, "/metrics/0/indicator"),
        ({"indicator": "OM13", "from": "March"}, "/metrics/0/from"),
    ):
        with pytest.raises(LogError, match=words):
            sources(read_contract(written(tmp_path, "wrong.json", one_metric(**change))))


def test_an_indicator_without_data_has_no_value(log):
    assert catalogue_figure(log, Source("M", "OM37")) == Figure(None)
    assert catalogue_figure(log, Source("M", "OM13", "no-such-activity")) == Figure(None)


def test_the_command_goes_both_ways(tmp_path, log, contract_file):
    verified = written(tmp_path, "values.json", values(M1="0.31", M2="0.5", M3="2"))
    run = impact("trace", contract_file, verified, log, "--metric", "M3")
    answer = json.loads(run.stdout)
    assert (run.returncode, run.stderr, len(answer["events"]), answer["log_value"]) == (0, "", 2, "2")
    run = impact("trace", contract_file, verified, log, "--void", answer["events"][0]["event_id"])
    assert (run.returncode, json.loads(run.stdout)["payable"]["difference"]) == (0, "-225.00")
    run = impact("trace", contract_file, verified, log, "--metric", "M1")
    assert (run.returncode, run.stderr.count("\n")) == (2, 1)
    assert "no metric 'M1' names an indicator" in run.stderr


def test_the_command_prints_the_root_of_each_day(log, tmp_path):
    run = impact("roots", log)
    answer = json.loads(run.stdout)
    assert [(root["day"], root["size"]) for root in answer["roots"]] == [
        ("2026-03-02", len(course()) - 1),
        ("2026-03-03", len(course())),
    ]
    assert run.returncode == 0
    write_csv(tmp_path / "unsealed.csv", [row._replace(seq=None, prev_hash=None, hash=None) for row in course()])
    run = impact("roots", tmp_path / "unsealed.csv")
    assert (run.returncode, run.stdout) == (2, "")
    assert "is not sealed" in run.stderr
