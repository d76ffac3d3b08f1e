"""Every indicator on a log small enough to work out by hand; the working stands in each test."""

from fractions import Fraction

import pytest

from impact.indicators import CATALOGUE, compute
from impact.indicators.organisations import in_a_year, kaplan_meier
from tests.impact.stories import Story


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def ask(story, tmp_path):
    """Rows of one indicator on the story, nothing hidden."""

    def ask(code: str, *by: str, **options) -> list[dict]:
        return compute(story.folder(tmp_path / "log"), only=(code,), by=by, threshold=0, **options).indicators

    return ask


@pytest.fixture
def one(ask):
    """The only row of an indicator: value, numerator, denominator, n."""

    def one(code: str, **options) -> tuple:
        (row,) = ask(code, **options)
        return row["value"], row["numerator"], row["denominator"], row["n"]

    return one


@pytest.fixture
def by(ask):
    """The values of an indicator, by the labels of its groups."""

    def by(code: str, *names: str, **options) -> dict:
        found = {}
        for row in ask(code, *names, **options):
            label = tuple(row["by"].values())
            found[label[0] if len(label) == 1 else label] = row["value"]
        return found

    return by


def course(story: Story) -> None:
    """Three sessions of 60, 60 and 120 minutes in March and April; p1 always there, p2 for half, p3 once, p4 never."""
    story.enrol("p1 p2 p3 p4")
    story.hold("s1", "2023-03-06", "p1 p2 p3 p4:absent", trainers="t1 t2")
    story.hold("s2", "2023-03-13", "p1 p2:30 p3:absent p4:excused", trainers="t1")
    story.hold("s3", "2023-04-03", "p1 p2:absent p3:absent p4:absent", minutes=120, trainers="t3")


def test_om01_hours_delivered(story, one, by):
    """60 + 60 + 120 = 240 minutes = 4 hours; 2 in March, 2 in April. A voided session is not held."""
    course(story)
    story.void(story.hold("s4", "2023-04-10"))
    assert one("OM01") == (4, 240, 60, 3)
    assert by("OM01", "month") == {"2023-03": 2, "2023-04": 2}


def test_om02_active_trainers(story, one, by):
    """t1 (twice), t2, t3: 3 people; t1 and t2 in March, t3 in April."""
    course(story)
    assert one("OM02") == (3, 3, None, 3)
    assert by("OM02", "month") == {"2023-03": 2, "2023-04": 1}


def test_om03_volunteer_hours(story, one):
    """90 + 60 minutes of two people = 2.5 hours."""
    story.tell("shift.recorded", "2023-03-06", "v1", minutes=90)
    story.tell("shift.recorded", "2023-03-07", "v2", minutes=60)
    assert one("OM03") == (2.5, 150, 60, 2)


def test_om04_cost_per_person_hour(story, one, by):
    """50.00 + 25.00 EUR over 390 minutes = 6.5 hours: 75 / 6.5 = 11.538...; March: 50 over 270 minutes = 4.5 hours."""
    course(story)
    story.side("costs", activity="a", month="2023-03", eligible_cents=5000)
    story.side("costs", activity="a", month="2023-04", eligible_cents=2500)
    assert one("OM04") == (float(Fraction(7500, 100) / Fraction(390, 60)), 7500, 390, 3)
    assert by("OM04", "month") == {"2023-03": float(Fraction(50 * 60, 270)), "2023-04": 12.5}
    assert one("OM04", first=_day("2023-04-01"), last=_day("2023-04-30"))[0] == 12.5
    assert one("OM04", first=_day("2023-04-02"))[0] is None


def _day(text):
    from datetime import date

    return date.fromisoformat(text)


def test_om05_unique_participants(story, one, by):
    """p1, p2 and p3 came at least once; 3 in March, 1 in April: 3 in all and not 4."""
    course(story)
    assert one("OM05") == (3, 3, None, 3)
    assert by("OM05", "month") == {"2023-03": 3, "2023-04": 1}


def test_om06_unique_minors(story, one, by):
    """Of p1 (14-17), p2 (18-29) and p3 (not listed), one is known to be under 18."""
    course(story)
    story.people("p1", age_band="14-17", gender="f")
    story.people("p2", age_band="18-29", gender="m")
    assert one("OM06") == (1, 1, None, 1)
    assert by("OM05", "gender") == {"f": 1, "m": 1, "unknown": 1}


def test_om07_first_time_participants(story, one, by):
    """p1 and p2 first come in March, p3 in April: asked for April alone, one is new though two came."""
    story.hold("s1", "2023-03-06", "p1 p2")
    story.hold("s2", "2023-04-03", "p1 p3", activity="b")
    assert one("OM07") == (3, 3, None, 3)
    assert one("OM07", first=_day("2023-04-01")) == (1, 1, None, 1)
    assert by("OM07", "month") == {"2023-03": 2, "2023-04": 1}
    assert by("OM07", "activity") == {"a": 2, "b": 1}


def test_om08_person_hours(story, one):
    """p1 60 + 60 + 120, p2 60 + 30, p3 60 = 390 minutes = 6.5 hours; the absent add nothing."""
    course(story)
    assert one("OM08") == (6.5, 390, 60, 3)


def test_om09_trained_in_groups(story, one):
    """In the group course g p1 has 60 minutes, p2 59: one is trained; the course a is not for groups."""
    story.hold("s1", "2023-03-06", "p1:30 p2:59 p3", activity="g")
    story.hold("s2", "2023-03-07", "p1:30", activity="g")
    story.hold("s3", "2023-03-08", "p2")
    story.side("activities", activity="g", group="yes")
    story.side("activities", activity="a", group="no")
    assert one("OM09") == (2, 2, None, 2)


def test_om10_one_to_one(story, one):
    """Two meetings of o1 and one of o2, which is corrected by a later record: two organisations."""
    for session, person in (("m1", "o1"), ("m2", "o1"), ("m3", "o2"), ("m3", "o2")):
        story.tell("mentoring.held", "2023-09-01", person, "cap", session=session, minutes=60, mentor="t1")
    assert one("OM10") == (2, 2, None, 2)


def test_om11_attendance_rate(story, one, by):
    """Twelve records, of which p1 3, p2 2 and p3 1 are presence: 6 / 12; in April 1 / 4."""
    course(story)
    assert one("OM11") == (0.5, 6, 12, 4)
    assert by("OM11", "month") == {"2023-03": 0.625, "2023-04": 0.25}


def test_om12_no_show_rate(story, one):
    """Four bookings, one cancelled, one used: of the 3 kept, 2 had nobody."""
    for session in ("b1", "b2", "b3", "b4"):
        story.tell("space.booked", "2023-03-01", "p1", "hall", session=session, minutes=60, people=5)
    story.tell("space.cancelled", "2023-03-02", "p1", "hall", session="b1", minutes=60)
    story.tell("space.used", "2023-04-03", "p1", "hall", session="b2", minutes=60)
    story.tell("space.no_show", "2023-04-04", "p1", "hall", session="b3", minutes=60)
    assert one("OM12") == (float(Fraction(2, 3)), 2, 3, 3)
    assert one("OM12", last=_day("2023-03-31"))[1:] == (2, 3, 3), "what became of them is known later"


def test_om13_completion_rate(story, one, by):
    """240 minutes held, 75 % are 180. p1 has 240; p2 90, p3 60 and p4 0 are below; p5 has 240 and withdrew: 1 / 5."""
    course(story)
    story.enrol("p5")
    for session, day in (("s1", "2023-03-06"), ("s2", "2023-03-13"), ("s3", "2023-04-03")):
        story.mark("p5", session, day, "120" if session == "s3" else "60")
    story.leave("p5", day="2023-04-20")
    assert one("OM13") == (0.2, 1, 5, 5)
    assert by("OM13", "month") == {"2023-03": 0.6, "2023-04": 0.2}, "March: p1, p2 (90 of 120) and p5, not withdrawn yet"


def test_om13_at_exactly_three_quarters_is_complete(story, one):
    """45 of 60 minutes are 75 %, 44 are not; before any session is held nobody is complete."""
    story.enrol("p1 p2")
    story.enrol("p1", "later")
    story.hold("s1", "2023-03-06", "p1:45 p2:44")
    assert one("OM13") == (float(Fraction(1, 3)), 1, 3, 2)


def test_who_enrols_again_after_leaving_is_not_withdrawn(story, one):
    """The later of the two records counts: p1 came back, p2 did not."""
    story.enrol("p1 p2")
    story.hold("s1", "2023-03-06", "p1 p2")
    story.leave("p1")
    story.leave("p2")
    story.enrol("p1", day="2023-04-02")
    assert one("OM13") == (0.5, 1, 2, 2)


def test_om14_dropout(story, one):
    """Of four sessions the last three count: p1 was at the last; p2 only at the first; p3 withdrew; p4 at the second: 2 / 4."""
    story.enrol("p1 p2 p3 p4")
    story.hold("s1", "2023-03-06", "p1 p2 p3 p4")
    story.hold("s2", "2023-03-13", "p4 p3")
    story.hold("s3", "2023-03-20", "p3 p2:absent")
    story.hold("s4", "2023-03-27", "p1 p3")
    story.leave("p3")
    assert one("OM14") == (0.5, 2, 4, 4)


def test_om15_dropout_reasons(story, by):
    """Three withdrew: p1 for school (corrected from distance), p2 for school, p3 for health: 2/3 and 1/3."""
    story.leave("p1", reason="distance")
    story.leave("p1", reason="school")
    story.leave("p2", reason="school")
    story.leave("p3", reason="health")
    assert by("OM15") == {"school": float(Fraction(2, 3)), "health": float(Fraction(1, 3))}


def test_om16_retention(story, one, by):
    """March p1 p2 p3, April p1 p2, May p1 p4. 2 of 3, then 1 of 2; together 3 of 5. May has no next month."""
    story.hold("s1", "2023-03-06", "p1 p2 p3")
    story.hold("s2", "2023-04-03", "p1 p2 p3:absent")
    story.hold("s3", "2023-05-08", "p1 p4")
    assert one("OM16") == (0.6, 3, 5, 3)
    assert by("OM16", "month") == {"2023-03": float(Fraction(2, 3)), "2023-04": 0.5}
    assert one("OM16", last=_day("2023-04-30"))[:3] == (float(Fraction(2, 3)), 2, 3)


def test_om17_dose_received(story, one, by):
    """Minutes p1 240, p2 90, p3 60, p4 0 of 480 scheduled: the median is (60 + 90) / 2 = 75, 75 / 480 = 0.15625."""
    course(story)
    story.side("activities", activity="a", scheduled_minutes=480)
    assert one("OM17") == (0.15625, 75, 480, 4)
    story.enrol("p9", "b")
    story.hold("s9", "2023-03-06", "p9", activity="b")
    story.side("activities", activity="b", scheduled_minutes=60)
    assert by("OM17", "activity") == {"a": 0.15625, "b": 1}
    assert one("OM17") == (90 / 480, 90, 480, 5), "of shares 0, 60/480, 90/480, 240/480, 1 the third"


def test_om18_girls_in_steam(story, one):
    """Minors in steam: p1 f, p2 m, p3 did not say; p4 is f and 18: 1 / 3. The course b is not steam."""
    story.hold("s1", "2023-03-06", "p1 p2 p3 p4")
    story.hold("s2", "2023-03-06", "p5", activity="b")
    story.people("p1 p5", age_band="11-13", gender="f")
    story.people("p2", age_band="14-17", gender="m")
    story.people("p3", age_band="0-10")
    story.people("p4", age_band="18-29", gender="f")
    story.side("activities", activity="a", theme="steam")
    story.side("activities", activity="b", theme="community")
    assert one("OM18") == (float(Fraction(1, 3)), 1, 3, 3)


def test_om19_with_disabilities(story, one):
    """p1 declared one and came; p2 declared none; p3 declared one and did not come."""
    story.hold("s1", "2023-03-06", "p1 p2 p3:absent")
    story.people("p1 p3", disability="yes")
    story.people("p2", disability="no")
    assert one("OM19") == (1, 1, None, 1)


def test_om20_space_utilisation(story, one, by):
    """The hall was open 600 minutes in March and 400 in April; used 60 + 90 and 100. The yard has no opening: left out."""
    for session, day, space, minutes in (
        ("b1", "2023-03-01", "hall", 60),
        ("b2", "2023-03-31", "hall", 90),
        ("b3", "2023-04-01", "hall", 100),
        ("b4", "2023-04-01", "yard", 500),
    ):
        story.tell("space.used", day, None, space, session=session, minutes=minutes)
    story.side("openings", space="hall", month="2023-03", bookable_minutes=600)
    story.side("openings", space="hall", month="2023-04", bookable_minutes=400)
    assert one("OM20") == (0.25, 250, 1000, 3)
    assert by("OM20", "month") == {"2023-03": 0.25, "2023-04": 0.25}


def proposals(story: Story) -> None:
    """q1 answered after 10 days, q2 after 20 (twice, last accepted), q3 after 60, q4 waits."""
    for code, day in (("q1", "2023-03-01"), ("q2", "2023-03-01"), ("q3", "2023-03-01"), ("q4", "2023-03-01")):
        story.tell("proposal.submitted", day, "p1" if code == "q1" else "p2", code)
    story.tell("proposal.answered", "2023-03-11", None, "q1", status="rejected")
    story.tell("proposal.answered", "2023-03-21", None, "q2", status="partly")
    story.tell("proposal.answered", "2023-03-30", None, "q2", status="accepted")
    story.tell("proposal.answered", "2023-04-30", None, "q3", status="partly")


def test_om21_proposals_submitted(story, one):
    """Four proposals of two people."""
    proposals(story)
    assert one("OM21") == (4, 4, None, 2)


def test_om22_proposals_adopted(story, one):
    """Three are decided; the last answer to q2 is accepted; q3, in part, is decided and not adopted: 1 / 3."""
    proposals(story)
    assert one("OM22") == (float(Fraction(1, 3)), 1, 3, 3)


def test_om23_response_time(story, ask):
    """10, 20 and 60 days: median 20, and one still waits. Until 31 March: 10 and 20, median 15, and two wait."""
    proposals(story)
    (row,) = ask("OM23")
    assert (row["value"], row["n"], row["waiting"]) == (20, 3, 1)
    (row,) = ask("OM23", last=_day("2023-03-31"))
    assert (row["value"], row["n"], row["waiting"]) == (15, 2, 2)


SCORES = """person,arm,centre,pre,post
a,programme,north,1,3
b,programme,north,3,4
c,programme,north,2,
d,comparison,south,1,1
e,comparison,south,3,4
"""


@pytest.mark.parametrize("code", ["OM24", "OM26"])
def test_om24_and_om26_scores(story, ask, tmp_path, code):
    """With both scores: a +2, b +1, d 0, e +1. Before: 1 3 1 3, whose SD is sqrt(4/3) = 1.1547...; 1.5 and 0.5 over that."""
    file = tmp_path / "scores.csv"
    file.write_text(SCORES)
    found = {row["by"]["arm"]: row for row in ask(code, scores={code: file})}
    spread = float(f"{(4 / 3) ** 0.5:.11g}")
    assert found["programme"]["value"] == pytest.approx(1.5 / spread, rel=1e-10)
    assert found["comparison"]["value"] == pytest.approx(0.5 / spread, rel=1e-10)
    assert (found["programme"]["pre_mean"], found["programme"]["post_mean"], found["programme"]["n"]) == (2, 3.5, 2)
    assert found["programme"]["change_low"] == pytest.approx(1.5 - 12.706204736 * 0.5, rel=1e-9)  # t(0.975, 1) = 12.7062


def test_om25_is_what_evaluate_computes(ask):
    (row,) = ask("OM25")
    assert row["value"] is None
    assert "evaluate" in row["note"]


def test_om28_career_interest(story, ask, tmp_path):
    """Programme: 1 of 3 interested before, 3 of 3 after: +2/3. Comparison: 1 of 2, then 0 of 2: -1/2."""
    file = tmp_path / "scores.csv"
    rows = ["a,programme,n,0,1", "b,programme,n,1,1", "c,programme,n,0,1", "d,comparison,s,1,0", "e,comparison,s,0,0"]
    file.write_text("\n".join(["person,arm,centre,pre,post", *rows, ""]))
    found = {row["by"]["arm"]: row["value"] for row in ask("OM28", scores={"OM28": file})}
    assert found == {"programme": float(Fraction(2, 3)), "comparison": -0.5}


def test_om27_verified_badges(story, one):
    """p1 has two badges, p2 one, p3's is voided: two kids."""
    for person in ("p1", "p1", "p2"):
        story.tell("badge.verified", "2023-06-01", person, "a")
    story.void(story.tell("badge.verified", "2023-06-01", "p3", "a"))
    assert one("OM27") == (2, 2, None, 2)


def test_om29_satisfaction(story, ask):
    """recommend: 10, 9, 8: two promoters of three. satisfaction: 4 and 4.5, mean 4.25. Of 4 present 3 answered recommend."""
    story.hold("s1", "2023-03-06", "p1 p2 p3 p4")
    for person, score in (("p1", 10), ("p2", 9), ("p3", 8)):
        story.tell("feedback.given", "2023-03-07", person, "a", score=score, question="recommend")
    for score in (4, 4.5):
        story.tell("feedback.given", "2023-03-07", None, "a", score=score, question="satisfaction")
    story.tell("feedback.given", "2023-03-07", None, "a", score=5, question="importance")
    found = {row["by"]["question"]: row for row in ask("OM29")}
    assert set(found) == {"recommend", "satisfaction"}
    assert (found["recommend"]["value"], found["recommend"]["response_rate"]) == (float(Fraction(2, 3)), 0.75)
    assert (found["satisfaction"]["value"], found["satisfaction"]["unit"]) == (4.25, "mean score")
    assert found["satisfaction"]["response_rate"] is None


def test_om30_importance(story, by):
    """Answers 5, 5, 4, 1: half, a quarter, a quarter."""
    for score in (5, 5, 4, 1):
        story.tell("feedback.given", "2023-03-07", None, "a", score=score, question="importance")
    assert by("OM30") == {"5": 0.5, "4": 0.25, "1": 0.25}


def organisations(story: Story) -> None:
    """o1 and o2 enrolled in cap, which met from 11 September 2023; o3 only met a mentor, on 1 October; o4 enrolled elsewhere."""
    story.people("o1 o2 o3 o4", kind="org")
    story.people("p1", kind="person")
    story.side("activities", activity="cap", theme="entrepreneurship")
    story.side("activities", activity="a", theme="steam")
    story.enrol("o1 o2 p1", "cap", "2023-09-01")
    story.enrol("o4", "a")
    story.hold("c1", "2023-09-11", "o1", activity="cap")
    story.hold("c2", "2023-10-11", "", activity="cap")
    story.hold("s1", "2023-09-11")
    story.tell("mentoring.held", "2023-10-01", "o3", "cap", session="m1", minutes=60, mentor="t1")


def test_om31_organisations_accompanied(story, one, by):
    """o1, o2 (enrolled) and o3 (mentor); o4 is in no entrepreneurship, p1 is a person. In September o1 and o2."""
    organisations(story)
    assert one("OM31") == (3, 3, None, 3)
    assert by("OM31", "month") == {"2023-09": 2, "2023-10": 3}


def test_om32_startups_with_grant(story, ask):
    """o1 is awarded 1000.00 (corrected to 900.00) and paid 400 + 500, o2 is awarded 100: two, 1000.00 in all, paid 900.00."""
    award = {"activity": "call", "day": "2023-05-01"}
    story.tell("grant.awarded", person="o1", session="d1", cents=100_000, **award)
    story.tell("grant.awarded", person="o1", session="d1", cents=90_000, **award)
    story.tell("grant.awarded", person="o2", session="d2", cents=10_000, **award)
    story.tell("grant.paid", "2023-06-01", "o1", "call", session="d1", cents=40_000, status="advance")
    story.tell("grant.paid", "2023-07-01", "o1", "call", session="d1", cents=50_000, status="balance")
    (row,) = ask("OM32")
    assert (row["value"], row["awarded_cents"], row["paid_cents"]) == (2, 100_000, 90_000)
    assert (row["awarded_eur"], row["paid_eur"]) == (1000, 900)
    june = ask("OM32", first=_day("2023-06-01"), last=_day("2023-06-30"))
    assert [(row["value"], row["paid_cents"]) for row in june] == [(0, 40_000)]


def test_om33_new_enterprises(story, one):
    """o1 registers in a year to the day: new; o2 a day late: not; o3 was registered before: not; o4 is not accompanied."""
    organisations(story)
    for org, day in (("o1", "2024-09-11"), ("o2", "2024-09-12"), ("o3", "2023-01-01"), ("o4", "2023-10-01")):
        story.tell("org.status", day, org, status="registered")
    assert one("OM33") == (1, 1, None, 1)


def test_om34_survival_when_all_are_followed(story, ask):
    """From 11 September, 11 September and 1 October 2023, all followed for a year; o2 closed after six months: 2 / 3."""
    organisations(story)
    story.tell("org.status", "2024-03-11", "o2", status="closed")
    story.tell("org.status", "2024-12-31", "o1", status="active")
    (row,) = ask("OM34")
    assert (row["value"], row["numerator"], row["denominator"], row["censored"]) == (float(Fraction(2, 3)), 2, 3, 0)


def test_om34_survival_when_some_are_not(story, ask):
    """Until 31 May 2024 o1 and o3 are followed for 8 months, so censored; o2 closed when 3 were at risk: 2 / 3."""
    organisations(story)
    story.tell("org.status", "2024-03-11", "o2", status="closed")
    story.tell("org.status", "2024-12-31", "o1", status="active")
    (row,) = ask("OM34", last=_day("2024-05-31"))
    assert (row["value"], row["numerator"], row["censored"], row["n"]) == (float(Fraction(2, 3)), None, 2, 3)


def test_the_estimator_of_kaplan_and_meier():
    """At 6, 4 at risk, 1 ends: 3/4. At 9 (one was lost at 7), 2 at risk, 1 ends: 3/8."""
    assert kaplan_meier([(6, True), (7, False), (9, True), (12, False)]) == Fraction(3, 8)
    assert kaplan_meier([(6, True), (6, False)]) == Fraction(1, 2), "who is lost on the day is still at risk"
    assert in_a_year(_day("2024-02-29")) == _day("2025-02-28")


def test_om35_net_jobs(story, one):
    """o1 goes from 1.5 to 3, o2 from 2 to closed = 0, o3 is read once, o4 is not accompanied: +1.5 - 2 = -0.5."""
    organisations(story)
    for org, day, status, fte in (
        ("o1", "2023-09-01", "active", 1.5),
        ("o1", "2024-09-01", "active", 3),
        ("o2", "2023-09-01", "active", 2),
        ("o3", "2023-09-01", "active", 9),
        ("o4", "2023-09-01", "active", 1),
        ("o4", "2024-09-01", "active", 5),
    ):
        story.tell("org.status", day, org, status=status, fte=fte)
    story.tell("org.status", "2024-09-01", "o2", status="closed")
    assert one("OM35") == (-0.5, -0.5, None, 2)


def test_om36_partnerships(story, one):
    """Three organisations give 3 pairs; one signs again with one of the others, which is no new pair, and with a fourth."""
    story.tell("partnership.signed", "2023-05-01", orgs=["o1", "o2", "o3"])
    story.tell("partnership.signed", "2023-06-01", orgs=["o2", "o1"])
    story.tell("partnership.signed", "2023-06-02", orgs=["o1", "o4"])
    assert one("OM36") == (4, 4, None, 4)


def test_om37_school_promotion(story, one):
    """p1 promoted twice, p2 not; p9 is in no activity: 2 / 3."""
    story.enrol("p1 p2")
    for person, year, promoted in (("p1", "2022", "yes"), ("p1", "2023", "yes"), ("p2", "2023", "no"), ("p9", "2023", "yes")):
        story.side("schools", person=person, school_year=year, promoted=promoted)
    assert one("OM37") == (float(Fraction(2, 3)), 2, 3, 2)


def test_there_are_37_and_each_says_everything_in_both_languages():
    assert list(CATALOGUE) == [f"OM{number:02d}" for number in range(1, 38)]
    for chosen in CATALOGUE.values():
        told = chosen.described()
        words = [told["name"], told["question"], told["limits"], *told["definition"].values()]
        assert all(set(one) == {"it", "en"} and all(one.values()) for one in words), chosen.code
        assert told["sdg_targets"], chosen.code
        assert told["toc_level"] in ("input", "activity", "output", "outcome", "impact")


def test_what_needs_an_absent_side_file_has_no_data_and_not_0(story, tmp_path):
    course(story)
    found = {row["code"]: row for row in compute(story.folder(tmp_path / "log"), threshold=0).indicators}
    needing = [code for code, chosen in CATALOGUE.items() if chosen.needs]
    assert len(needing) == 16
    for code in needing:
        assert found[code]["value"] is None, code
        assert found[code]["note"].startswith("No data"), code
