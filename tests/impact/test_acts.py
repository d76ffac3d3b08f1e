"""The vocabulary: what each act writes, and what it refuses."""

import dataclasses

import pytest

from impact import ACTS, ActError, acts

EXAMPLES = [
    (acts.EnrolmentCreated(activity="steam", channel="web"), "enrolment.created", {"channel": "web"}),
    (acts.EnrolmentWithdrawn(activity="steam", status="moved"), "enrolment.withdrawn", {}),
    (
        acts.SessionHeld(activity="steam", session="s1", minutes=90, trainers=["t1", "t2"]),
        "session.held",
        {"trainers": ["t1", "t2"]},
    ),
    (acts.AttendanceRecorded(activity="steam", session="s1", minutes=90, status="late"), "attendance.recorded", {}),
    (acts.EventVoided(ref="0190a1b2-0000-7000-8000-000000000001"), "event.voided", {}),
    (acts.SpaceBooked(activity="grande", session="OM-1", minutes=120, people=40), "space.booked", {"people": 40}),
    (acts.SpaceCancelled(activity="grande", session="OM-1", minutes=120), "space.cancelled", {}),
    (acts.SpaceUsed(activity="grande", session="OM-1", minutes=120, people=0), "space.used", {"people": 0}),
    (acts.SpaceNoShow(activity="grande", session="OM-1", minutes=120, people=9), "space.no_show", {"people": 9}),
    (acts.ProposalSubmitted(activity="i-7"), "proposal.submitted", {}),
    (acts.ProposalSupported(activity="i-7"), "proposal.supported", {}),
    (acts.ProposalAnswered(activity="i-7", status="accepted"), "proposal.answered", {}),
    (acts.CallApplied(activity="a-1", session="d-1", cents=1_400_000), "call.applied", {"cents": 1_400_000}),
    (acts.CallRanked(activity="a-1", session="d-1", status="fundable"), "call.ranked", {}),
    (acts.GrantAwarded(activity="a-1", session="d-1", cents=14), "grant.awarded", {"cents": 14}),
    (acts.GrantPaid(activity="a-1", session="d-1", cents=7, status="advance"), "grant.paid", {"cents": 7}),
    (acts.MentoringHeld(activity="cap", session="m1", minutes=60, mentor="t9"), "mentoring.held", {"mentor": "t9"}),
    (acts.PartnershipSigned(orgs=("o1", "o2")), "partnership.signed", {"orgs": ["o1", "o2"]}),
    (acts.BadgeVerified(activity="steam"), "badge.verified", {}),
    (acts.FeedbackGiven(activity="steam", score=4.5, question="q1"), "feedback.given", {"score": 4.5, "question": "q1"}),
    (acts.ShiftRecorded(minutes=180), "shift.recorded", {}),
    (acts.OrgStatus(status="active", fte=2.5), "org.status", {"fte": 2.5}),
]

# The table of the file format, typed here a second time.
FORMAT = """
enrolment.created enrolment.withdrawn session.held attendance.recorded event.voided space.booked space.cancelled
space.used space.no_show proposal.submitted proposal.supported proposal.answered call.applied call.ranked grant.awarded
grant.paid mentoring.held partnership.signed badge.verified feedback.given shift.recorded org.status
"""


def test_the_vocabulary_is_that_of_the_file_format_and_every_act_has_an_example():
    assert set(ACTS) == set(FORMAT.split()) == {name for _, name, _ in EXAMPLES}


@pytest.mark.parametrize(("act", "name", "facts"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else "")
def test_an_act_becomes_the_columns_of_a_row(act, name, facts):
    columns = act.columns("p7f3")
    assert list(columns) == ["type", "person", "activity", "session", "minutes", "status", "ref", "facts"]
    assert (columns["type"], columns["person"], columns["facts"]) == (name, "p7f3", facts)
    for field in ("activity", "session", "minutes", "status", "ref"):
        assert columns[field] == getattr(act, field, None)


def test_acts_are_frozen_and_facts_are_a_copy():
    act = acts.SessionHeld(activity="steam", session="s1", minutes=90, trainers=("t1",))
    act.columns()["facts"]["trainers"].append("t2")
    assert act.trainers == ("t1",)
    with pytest.raises(dataclasses.FrozenInstanceError):
        act.minutes = 1


def test_an_act_of_a_person_says_so_when_none_is_given():
    with pytest.raises(ActError, match="BadgeVerified: say who"):
        acts.BadgeVerified(activity="steam").columns()
    with pytest.raises(ActError, match="person: 'Anna Rossi' is not a code"):
        acts.BadgeVerified(activity="steam").columns("Anna Rossi")
    assert acts.SpaceBooked(activity="grande", session="b", minutes=1).columns()["person"] is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: acts.ProposalSubmitted(activity="Un'idea per il parco"), "ProposalSubmitted.activity: .* is not a code"),
        (lambda: acts.ProposalSubmitted(activity="idea\n"), "is not a code"),
        (lambda: acts.ProposalSubmitted(activity="=1+1"), "starting with a letter or a digit"),
        (lambda: acts.ProposalSubmitted(activity="caffè"), "is not a code"),
        (lambda: acts.ProposalSubmitted(activity="🎉"), "is not a code"),
        (lambda: acts.ProposalSubmitted(activity="a" * 65), "is not a code"),
        (lambda: acts.ProposalSubmitted(activity=None), "None is not a code"),
        (lambda: acts.ShiftRecorded(minutes=-1), "ShiftRecorded.minutes: -1 is not a whole number from 0 up"),
        (lambda: acts.ShiftRecorded(minutes=90.0), "90.0 is not a whole number"),
        (lambda: acts.ShiftRecorded(minutes=True), "True is not a whole number"),
        (lambda: acts.ShiftRecorded(minutes=2**53), "is not a whole number"),
        (lambda: acts.FeedbackGiven(activity="a", question="q", score=float("nan")), "nan is not a number"),
        (lambda: acts.FeedbackGiven(activity="a", question="q", score="5"), "'5' is not a number"),
        (lambda: acts.OrgStatus(status="active", fte=-1), "OrgStatus.fte: -1 is below zero"),
        (lambda: acts.OrgStatus(status="sleeping"), "'sleeping' is not one of registered, active, closed"),
        (lambda: acts.EnrolmentCreated(activity="a", channel="fax"), "'fax' is not one of web, assisted, paper, import"),
        (lambda: acts.ProposalAnswered(activity="a", status=["accepted"]), "is not one of accepted"),
        (lambda: acts.SessionHeld(activity="a", session="s", minutes=1, trainers="t1"), "'t1' is not a list of codes"),
        (lambda: acts.SessionHeld(activity="a", session="s", minutes=1, trainers=["t", "t"]), "repeats a code"),
        (lambda: acts.PartnershipSigned(orgs=["o1"]), "name at least two organisations"),
        (
            lambda: acts.AttendanceRecorded(activity="a", session="s", minutes=90, status="absent"),
            "AttendanceRecorded.minutes: 90 does not go with 'absent'",
        ),
        (
            lambda: acts.AttendanceRecorded(activity="a", session="s", minutes=0, status="present"),
            "0 does not go with 'present'",
        ),
    ],
)
def test_a_value_outside_the_vocabulary_is_refused_in_words(make, words):
    with pytest.raises(ActError, match=words):
        make()


def test_a_wrong_key_is_refused():
    with pytest.raises(TypeError, match="note"):
        acts.SpaceBooked(activity="grande", session="b", minutes=1, note="festa di Anna")
