"""Logs by chance, with what makes counting hard: late records, voids, voids of voids, gaps, all types and side files."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from tests.impact.stories import Story

PEOPLE = [f"p{number}" for number in range(12)]
ORGS = ["o1", "o2", "o3"]
ACTIVITIES = ["a", "b", "cap"]
STATUSES = ["present"] * 5 + ["late", "left_early", "absent", "excused"]
REASONS = ["school", "health", "distance"]


def random_story(seed: int, events: int = 120) -> Story:
    chance, story = Random(seed), Story()
    _sides(story, chance)
    grow(story, chance, events)
    return story


def grow(story: Story, chance: Random, events: int) -> None:
    """Tell so many things more."""
    for _ in range(events):
        chance.choices(list(_VERBS), weights=list(_VERBS.values()))[0](story, chance)


def _sides(story: Story, chance: Random) -> None:
    for person in PEOPLE[:10]:
        attributes = {"gender": chance.choice("fm"), "age_band": chance.choice(["11-13", "14-17", "18-29", ""])}
        attributes |= {
            "centre": chance.choice("NS"),
            "cohort": chance.choice(["c1", ""]),
            "disability": chance.choice(["yes", "no", ""]),
        }
        story.people(person, kind="person", **attributes)
    story.people(" ".join(ORGS), kind="org", cohort="c1")
    themes = {"a": "steam", "b": "life-skills", "cap": "entrepreneurship"}
    for activity, theme in themes.items():
        story.side("activities", activity=activity, theme=theme, group="yes", scheduled_minutes=chance.choice(["", 300, 441]))
    for month in ("2023-03", "2023-04", "2023-05"):
        story.side("openings", space="hall", month=month, bookable_minutes=1000)
        story.side("costs", activity=chance.choice(ACTIVITIES), month=month, eligible_cents=chance.randrange(100_000))
    for person in PEOPLE[:8]:
        story.side("schools", person=person, school_year="2023", promoted=chance.choice(["yes", "no"]))


def _tell(story: Story, chance: Random, kind: str, person: str | None, activity: str | None, **cells) -> str:
    day = str(date(2023, 3, 1) + timedelta(days=chance.randrange(120)))
    recorded = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(50))  # out of order, and often the same
    return story.tell(kind, day, person, activity, recorded=recorded, **cells)


def _session(story, chance):
    cells = {"session": f"s{chance.randrange(15)}", "minutes": chance.choice([60, 90, 120, 0])}
    _tell(story, chance, "session.held", None, chance.choice(ACTIVITIES), trainers=chance.sample(["t1", "t2", "t3"], 2), **cells)


def _attendance(story, chance):
    status = chance.choice(STATUSES)
    minutes = chance.choice([30, 60, 90]) if status in ("present", "late", "left_early") else chance.choice([0, None])
    cells = {"session": f"s{chance.randrange(15)}", "minutes": minutes, "status": status}
    _tell(story, chance, "attendance.recorded", chance.choice(PEOPLE), chance.choice(ACTIVITIES), **cells)


def _enrolment(story, chance):
    who, activity = chance.choice(PEOPLE + ORGS), chance.choice(ACTIVITIES)
    if chance.random() < 0.7:
        _tell(story, chance, "enrolment.created", who, activity, channel="web")
    else:
        _tell(story, chance, "enrolment.withdrawn", who, activity, status=chance.choice(REASONS))


def _void(story, chance):
    if story.rows:
        _tell(story, chance, "event.voided", None, None, ref=chance.choice(story.rows).event_id)


def _space(story, chance):
    kind = chance.choice(["space.booked", "space.booked", "space.cancelled", "space.used", "space.no_show"])
    who = chance.choice([*PEOPLE, None])
    _tell(story, chance, kind, who, "hall", session=f"b{chance.randrange(8)}", minutes=chance.choice([60, 500]), people=3)


def _proposal(story, chance):
    code = f"q{chance.randrange(6)}"
    if chance.random() < 0.5:
        _tell(story, chance, "proposal.submitted", chance.choice([*PEOPLE, None]), code)
    else:
        _tell(story, chance, "proposal.answered", None, code, status=chance.choice(["accepted", "partly", "rejected"]))


def _other(story, chance):
    who, org = chance.choice(PEOPLE), chance.choice(ORGS)
    kind = chance.choice(["feedback", "shift", "badge", "mentoring", "award", "paid", "status", "partners"])
    if kind == "feedback":
        score, question = chance.choice([5, 4.5, 3.333333, 1]), chance.choice(["satisfaction", "importance", "recommend"])
        _tell(
            story, chance, "feedback.given", chance.choice([who, None]), chance.choice(ACTIVITIES), score=score, question=question
        )
    elif kind == "shift":
        _tell(story, chance, "shift.recorded", who, None, minutes=chance.randrange(300))
    elif kind == "badge":
        _tell(story, chance, "badge.verified", who, chance.choice(ACTIVITIES))
    elif kind == "mentoring":
        cells = {"session": f"m{chance.randrange(3)}", "minutes": 60, "mentor": "t1"}
        _tell(story, chance, "mentoring.held", chance.choice([who, org]), "cap", **cells)
    elif kind in ("award", "paid"):
        name = {"award": "grant.awarded", "paid": "grant.paid"}[kind]
        cells = {"session": f"d{chance.randrange(3)}", "cents": chance.randrange(10**9)}
        _tell(story, chance, name, org, "call", **cells, **({"status": "advance"} if kind == "paid" else {}))
    elif kind == "status":
        status = chance.choice(["registered", "active", "closed"])
        _tell(story, chance, "org.status", org, None, status=status, **chance.choice([{}, {"fte": chance.choice([0.1, 2.5, 3])}]))
    else:
        _tell(story, chance, "partnership.signed", None, None, orgs=chance.sample(["o1", "o2", "o3", "o4"], 2))


_VERBS = {_session: 2, _attendance: 8, _enrolment: 3, _void: 1, _space: 2, _proposal: 1, _other: 4}
