"""The paths of organisations: needs, who comes, who mentors whom, meetings that both sides confirm, hours and the gate."""

from datetime import timedelta
from threading import Timer

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from hub.accounts import personal_data
from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.labs import enrolment, meetings, path_hours, path_rules, paths, team
from hub.labs.models import Activity, Attendance, Enrolment, Meeting, PathPeople, Trainer
from hub.labs.path_rules import Hours, Taken
from hub.notices import letter
from hub.notices.models import Notice
from hub.organisations.models import Membership
from hub.participation import export
from hub.participation.log import known_as
from hub.participation.seal import seal_log
from impact.log import rows as log_rows
from tests.hub.labs.makers import DAY, HOUR, lab, meet, organisation, person, refused, told
from tests.hub.labs.test_personal import drawers

# --- rules, on plain values

GATE = [
    ("nothing done, nothing promised", Hours(0, 0, 0), False, 0),
    ("something done where nothing is promised", Hours(60, 0, 0), False, 0),
    ("exactly four fifths", Hours(400, 80, 600), True, 0),
    ("a minute less", Hours(400, 79, 600), False, 1),
    ("a minute more", Hours(400, 81, 600), True, 0),
    ("of a total that five does not divide, rounded down", Hours(80, 0, 101), False, 1),
    ("of a total that five does not divide, enough", Hours(80, 1, 101), True, 0),
    ("79,99 percent of 190 hours is not 80", Hours(9119, 0, 11400), False, 1),
    ("80 percent of 190 hours", Hours(9120, 0, 11400), True, 0),
    ("meetings alone", Hours(0, 480, 600), True, 0),
    ("more than the whole path", Hours(700, 100, 600), True, 0),
    ("one minute of one", Hours(1, 0, 1), True, 0),
    ("no minute of one", Hours(0, 0, 1), False, 1),
]


@pytest.mark.parametrize(("case", "hours", "passes", "missing"), GATE, ids=[case[0] for case in GATE])
def test_the_gate_is_four_fifths_of_the_path_without_rounding(case, hours, passes, missing):
    assert (hours.passes, hours.missing) == (passes, missing)
    if hours.total:
        assert hours.passes is (5 * hours.done >= 4 * hours.total)
        assert Hours(hours.sessions, hours.meetings + missing, hours.total).passes
        assert not missing or not Hours(hours.sessions, hours.meetings + missing - 1, hours.total).passes


AT = now().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({}, None),
        ({"minutes": 720, "starts": AT - 12 * HOUR}, None),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 721, "starts": AT - DAY}, "minutes"),
        ({"topic": " "}, "topic"),
        ({"topic": "x" * 301}, "topic"),
        ({"starts": AT - 59 * timedelta(minutes=1)}, "future"),
        ({"starts": AT - 60 * timedelta(minutes=1)}, None),
        ({"starts": AT + DAY}, "future"),
        ({"starts": AT - 2 * DAY}, None),
        ({"starts": AT - 2 * DAY - timedelta(microseconds=1)}, "before"),
    ],
)
def test_a_meeting_is_over_and_not_older_than_the_match(changed, rule):
    said = {"starts": AT - DAY, "minutes": 60, "topic": "Il conto economico"} | changed
    check = (said["starts"], said["minutes"], said["topic"])
    if rule is None:
        path_rules.must_be_a_meeting(*check, since=AT - 2 * DAY, at=AT)
    else:
        assert refused(path_rules.must_be_a_meeting, *check, since=AT - 2 * DAY, at=AT).rule == rule


@pytest.mark.parametrize(
    ("begins", "minutes", "free"),
    [(-60, 60, True), (-60, 61, False), (0, 60, False), (20, 10, False), (-10, 90, False), (59, 5, False), (60, 60, True)],
)
def test_nobody_is_in_two_meetings_at_once(begins, minutes, free):
    taken = [Taken("mentor", AT, AT + HOUR)]
    starts = AT + timedelta(minutes=begins)
    if free:
        path_rules.must_not_overlap(starts, minutes, taken)
    else:
        assert refused(path_rules.must_not_overlap, starts, minutes, taken).rule == "overlap"


# --- a path


class Path:
    """An accelerator with a startup that Ada and Bea act for, mentored by Max since yesterday; and a manager."""

    def __init__(self) -> None:
        self.ada, self.bea, self.max = (person(name) for name in ("ada", "bea", "max"))
        self.manager = person("gestora", role="manager")
        self.cap = lab("cap", 3, takes_part="organisation", kind="accelerator")
        self.startup = organisation("Ruote Leggere", self.ada, self.bea)
        self.enrolled = enrolment.enrol_organisation(self.cap, self.startup, {}, by=acting(self.ada, self.startup))
        self.trainer = mentor(self.cap, self.max)
        self.match = paths.match(self.cap, self.enrolled, self.trainer, since=now() - DAY)
        db.session.commit()

    def write(self, by: Person | None = None, side: str = "mentor", ago: float = 3, **said: object) -> Meeting:
        told = {"starts": now() - ago * HOUR, "minutes": 60, "topic": "Il mercato"} | said
        return meetings.write(self.match, side, by=by or self.max, **told)

    def agreed(self, **said: object) -> Meeting:
        made = self.write(**said)
        meetings.confirm(made, "other", by=self.ada)
        return made


def acting(somebody: Person, where) -> Person:
    """The person as a request has them that acts for an organisation."""
    somebody.acting_as = where
    return somebody


def mentor(activity: Activity, somebody: Person | None = None, role: str = "mentor", name: str = "Olmo Rossi") -> Trainer:
    subject = somebody.subject if somebody else f"trainer:{name}"
    row = Trainer(activity=activity, person=somebody, subject=subject, name=somebody.name if somebody else name, role=role)
    db.session.add(row)
    db.session.flush()
    return row


@pytest.fixture
def path(session) -> Path:
    return Path()


def acts() -> list[tuple[str, str | None, int | None]]:
    """(type, session, minutes) of the log's rows about meetings, in order."""
    rows = db.session.execute(sa.text("SELECT type, session, minutes FROM log_entry ORDER BY id")).all()
    return [tuple(row) for row in rows if row.type in ("mentoring.held", "event.voided")]


# --- needs and people


def test_an_organisation_says_what_it_needs_and_when_it_is_met(path):
    need = paths.add_need(path.enrolled, "finance", " Un prestito ")
    paths.change_need(path.enrolled, need, "legal", "Uno statuto")
    second = paths.add_need(path.enrolled, "market", "Clienti")
    paths.mark_need(path.enrolled, need, met=True)
    assert refused(paths.change_need, path.enrolled, need, "legal", "Altro").rule == "need-met"
    assert [(one.area, one.words) for one in paths.needs_of([path.enrolled])[path.enrolled.id]] == [
        ("market", "Clienti"),
        ("legal", "Uno statuto"),
    ]
    paths.mark_need(path.enrolled, need, met=False)
    assert need.met_at is None
    assert paths.need_of(path.enrolled, second.id) is second and paths.need_of(path.enrolled, 999) is None


@pytest.mark.parametrize(
    ("area", "words", "rule"),
    [("magic", "x", "need-area"), ("legal", "  ", "need-words"), ("legal", "x" * 1001, "need-words")],
)
def test_a_need_is_of_the_list_and_has_words(path, area, words, rule):
    assert refused(paths.add_need, path.enrolled, area, words).rule == rule


def test_needs_have_an_end(path):
    for number in range(path_rules.NEEDS_MOST):
        paths.add_need(path.enrolled, "other", f"Bisogno {number}")
    assert refused(paths.add_need, path.enrolled, "other", "Uno di troppo").rule == "needs"


def test_it_says_how_many_come_and_nobodys_name(path, session):
    paths.say_people(path.enrolled, 2, "chi segue i conti")
    paths.say_people(path.enrolled, 3, "anche la tecnica")
    assert paths.people_of(path.enrolled).people == 3
    for wrong in (0, 101):
        assert refused(paths.say_people, path.enrolled, wrong, "").rule == "people"
    session.commit()
    with pytest.raises(IntegrityError, match="people"):
        session.execute(sa.update(PathPeople).values(people=0))
    session.rollback()


def test_where_two_say_at_once_how_many_come_the_last_word_stands(path, session):
    number = path.enrolled.id
    session.commit()
    with db.engine.connect() as rival:
        rival.execute(sa.insert(PathPeople).values(enrolment_id=number, people=7, roles="", said_at=now()))
        commit = Timer(0.5, rival.commit)
        commit.start()
        paths.say_people(path.enrolled, 2, "chi progetta")  # it looks before the rival has ended, and waits
        commit.join()
    session.commit()
    assert [(one.people, one.roles) for one in session.scalars(sa.select(PathPeople))] == [(2, "chi progetta")]
    assert paths.people_of(path.enrolled).people == 2


def test_nothing_is_written_of_who_has_left_or_of_what_is_not_on(path, session):
    path.cap.state = "closed"
    assert refused(paths.add_need, path.enrolled, "legal", "x").rule == "path-state"
    path.cap.state = "published"
    enrolment.withdraw(path.enrolled, "other", by=acting(path.ada, path.startup))
    assert refused(paths.add_need, path.enrolled, "legal", "x").rule == "left"
    assert refused(paths.say_people, path.enrolled, 2, "").rule == "left"
    assert paths.paths_of(path.ada) == [] and paths.on_path(path.cap) == []


# --- who looks, who is matched


def test_a_path_is_found_by_who_may_act_for_the_organisation_alone(path, session):
    assert [one.id for one in paths.paths_of(path.bea)] == [path.enrolled.id]
    assert paths.path_of(path.bea, path.enrolled.id) is not None
    assert paths.path_of(path.max, path.enrolled.id) is None and paths.path_of(path.manager, path.enrolled.id) is None
    session.execute(sa.update(Membership).filter_by(person_id=path.bea.id).values(role="member"))
    assert paths.path_of(path.bea, path.enrolled.id) is None
    path.startup.state = "refused"
    session.flush()
    assert paths.path_of(path.ada, path.enrolled.id) is None


def test_the_two_are_told_and_of_each_others_address_only_what_they_agreed_to(path, session):
    assert [one for one in told() if one[0] == "path_matched"] == [
        ("path_matched", "Ada"),
        ("path_matched", "Bea"),
        ("path_matched", "Max"),
    ]
    contacts = session.scalars(sa.select(Notice).filter_by(kind="labs/path_matched")).all()
    assert {notice.payload["contact"] for notice in contacts} == {""}
    other = mentor(path.cap, person("nora"), role="tutor")
    paths.match(path.cap, path.enrolled, other, since=now(), tells_mentor=True)
    contacts = session.scalars(sa.select(Notice).filter_by(kind="labs/path_matched").order_by(Notice.id)).all()[3:]
    assert [(one.name.split()[0], one.payload["contact"]) for one in contacts] == [
        ("Ada", "nora@posta.example"),
        ("Bea", "nora@posta.example"),
        ("Nora", ""),
    ]


def test_who_cannot_be_matched(path):
    trainer = mentor(path.cap, person("lia"), role="trainer")
    assert refused(paths.match, path.cap, path.enrolled, trainer, since=now()).rule == "mentor"
    own = mentor(path.cap, path.bea, role="tutor")
    assert refused(paths.match, path.cap, path.enrolled, own, since=now()).rule == "own-mentor"
    good = mentor(path.cap, None)
    assert refused(paths.match, path.cap, path.enrolled, good, since=now() + DAY).rule == "since"
    team.let_go(good)
    assert refused(paths.match, path.cap, path.enrolled, good, since=now()).rule == "mentor"


def test_two_are_matched_once_at_a_time_and_again_after_they_parted(path, session):
    assert refused(paths.match, path.cap, path.enrolled, path.trainer, since=now()).rule == "matched"
    session.rollback()
    paths.part(path.match)
    assert refused(paths.part, path.match).rule == "unmatched"
    assert paths.match(path.cap, path.enrolled, path.trainer, since=now()).ended_at is None
    assert [one.ended_at is None for one in paths.mentorships_of(path.enrolled)] == [True, False]
    assert [one for one in told() if one[0] == "path_parted"] == [("path_parted", name) for name in ("Max", "Ada", "Bea")]


# --- meetings


def test_a_meeting_counts_when_the_other_side_has_confirmed_it(path, session):
    made = path.write()
    assert (made.mentor_confirmed_by_id, made.other_confirmed_at, made.event_id) == (path.max.id, None, None)
    assert [one for one in told() if one[0] == "meeting_written"] == [("meeting_written", "Ada"), ("meeting_written", "Bea")]
    assert meetings.minutes_of(path.cap) == {} and acts() == []
    meetings.confirm(made, "other", by=path.bea)
    meetings.confirm(made, "other", by=path.ada)  # said twice
    assert made.other_confirmed_by_id == path.bea.id
    assert acts() == [("mentoring.held", f"cap.m{made.id:06d}", 60)]
    assert meetings.minutes_of(path.cap) == {path.enrolled.id: 60}


def test_the_organisation_may_write_it_and_the_mentor_confirms(path):
    made = path.write(by=path.ada, side="other")
    assert [one for one in told() if one[0] == "meeting_written"] == [("meeting_written", "Max")]
    assert refused(meetings.confirm, made, "mentor", by=path.ada).rule == "side"
    assert refused(meetings.confirm, made, "mentor", by=path.manager).rule == "side"
    meetings.confirm(made, "mentor", by=path.max)
    assert made.event_id


def test_nobody_else_writes_or_decides(path):
    for somebody in (path.manager, person("ugo")):
        for side in path_rules.SIDES:
            assert refused(path.write, by=somebody, side=side).rule == "side"
    made = path.write()
    assert refused(meetings.void, made, "No", by=person("eva")).rule == "side"


def test_the_same_person_never_confirms_for_both_sides(path, session):
    made = path.write(by=path.ada, side="other")
    session.execute(sa.update(Trainer).filter_by(id=path.trainer.id).values(person_id=path.ada.id))
    assert refused(meetings.confirm, made, "mentor", by=path.ada).rule == "two-people"
    session.commit()
    with pytest.raises(IntegrityError, match="two_people"):
        session.execute(sa.update(Meeting).values(mentor_confirmed_at=now(), mentor_confirmed_by_id=path.ada.id))
    session.rollback()


def test_for_a_mentor_without_an_account_a_manager_says_yes(path):
    other = organisation("Ortica", person("pia"))
    enrolled = enrolment.enrol_organisation(
        path.cap, other, {}, by=acting(db.session.get(Person, other.memberships[0].person_id), other)
    )
    match = paths.match(path.cap, enrolled, mentor(path.cap), since=now() - DAY)
    assert paths.side_of(match, path.manager) == "mentor" and paths.side_of(path.match, path.manager) is None
    pia = enrolled.organisation.memberships[0].person
    made = meetings.write(match, "other", starts=now() - 2 * HOUR, minutes=30, topic="Orto", by=pia)
    meetings.confirm(made, "mentor", by=path.manager)
    assert made.event_id


def test_meetings_of_one_mentor_or_of_one_organisation_never_overlap_in_any_activity(path):
    path.write(ago=3)
    assert refused(path.write, by=path.ada, side="other", ago=2.5).rule == "overlap"
    second = lab("cap-due", 2, takes_part="organisation")
    ortica = organisation("Ortica", person("pia"))
    pia = acting(db.session.get(Person, ortica.memberships[0].person_id), ortica)
    enrolled = enrolment.enrol_organisation(second, ortica, {}, by=pia)
    elsewhere = paths.match(second, enrolled, mentor(second, path.max), since=now() - DAY)
    said = {"starts": now() - 2.5 * HOUR, "minutes": 30, "topic": "Altro", "by": path.max}
    told_off = refused(meetings.write, elsewhere, "mentor", **said)
    assert told_off.rule == "overlap" and "mentor" in told_off.words
    assert meetings.write(elsewhere, "mentor", **said | {"starts": now() - 2 * HOUR}).minutes == 30


def test_a_void_meeting_leaves_its_time_to_another(path):
    made = path.write()
    meetings.void(made, "Era di un'ora più tardi", by=path.ada)
    assert made.voided_at and made.void_reason == "Era di un'ora più tardi"
    assert [one for one in told() if one[0] == "meeting_voided"] == [("meeting_voided", "Max")]
    assert refused(meetings.confirm, made, "other", by=path.ada).rule == "voided"
    assert refused(meetings.void, made, "Ancora", by=path.ada).rule == "voided"
    assert path.write().id != made.id and acts() == []


def test_what_is_disputed_says_why(path):
    made = path.write()
    assert refused(meetings.void, made, " ", by=path.ada).rule == "reason"
    assert refused(meetings.void, made, "x" * 301, by=path.ada).rule == "reason"


def test_after_both_confirmed_a_manager_alone_takes_it_back_and_so_does_the_log(path):
    made = path.agreed()
    assert refused(meetings.void, made, "No", by=path.ada).rule == "both-confirmed"
    meetings.void(made, "Era un altro giorno", by=path.manager)
    assert [kind for kind, *_ in acts()] == ["mentoring.held", "event.voided"]
    assert meetings.minutes_of(path.cap) == {}
    assert sorted(name for kind, name in told() if kind == "meeting_voided") == ["Ada", "Bea", "Max"]


def test_after_they_parted_nothing_new_is_written_and_what_was_may_be_confirmed(path):
    made = path.write()
    paths.part(path.match)
    assert refused(path.write, ago=10).rule == "unmatched"
    meetings.confirm(made, "other", by=path.ada)
    assert made.event_id


def test_who_has_left_confirms_nothing_and_the_meetings_are_closed(path, session):
    open_one, agreed = path.write(), path.agreed(ago=6)
    enrolment.reject(path.enrolled, "Non viene più", by=path.manager)
    assert refused(meetings.confirm, open_one, "other", by=path.ada).rule == "left"
    session.commit()
    assert paths.settle() == 1 and paths.settle() == 0
    session.commit()
    assert path.match.ended_at and open_one.voided_at and agreed.voided_at is None
    assert meetings.minutes_of(path.cap) == {path.enrolled.id: 60}  # what took place stays
    assert [one for one in told() if one[0] == "path_parted"] == [("path_parted", "Max")]


def test_where_the_mentor_goes_the_organisation_is_told_and_open_meetings_stay(path, session):
    made = path.write(by=path.ada, side="other")
    team.let_go(path.trainer)
    assert refused(meetings.confirm, made, "mentor", by=path.max).rule == "side"
    assert paths.settle() == 1
    assert made.voided_at is None and paths.mentored_by(path.max) == []
    assert [one for one in told() if one[0] == "path_parted"] == [("path_parted", "Ada"), ("path_parted", "Bea")]


def test_the_side_that_does_not_answer_is_asked_once_more(path, session):
    made, agreed = path.write(), path.agreed(ago=6)
    assert meetings.remind() == 0
    early = {"mentor_confirmed_at": now() - path_rules.REMIND_AFTER}
    session.execute(sa.update(Meeting).values(**early))
    session.commit()
    assert meetings.remind() == 1 and meetings.remind() == 0
    assert made.reminded_at and agreed.reminded_at is None
    assert [one for one in told() if one[0] == "meeting_reminder"] == [("meeting_reminder", "Ada"), ("meeting_reminder", "Bea")]


# --- what the database keeps


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        ("UPDATE meeting SET minutes = 90", "meeting_kept_update"),
        ("UPDATE meeting SET event_id = 'another'", "meeting_kept_update"),
        ("UPDATE meeting SET event_id = NULL", "meeting_kept_update"),
        ("DELETE FROM meeting", "meeting_kept_delete"),
    ],
)
def test_what_took_place_is_never_told_otherwise(path, session, statement, promise):
    path.agreed()
    session.commit()
    with pytest.raises(DBAPIError, match=promise):
        session.execute(sa.text(statement))
    session.rollback()


def test_a_void_meeting_stays_void(path, session):
    meetings.void(path.write(), "No", by=path.ada)
    session.commit()
    with pytest.raises(DBAPIError, match="meeting_kept_update"):
        session.execute(sa.text("UPDATE meeting SET voided_at = NULL"))
    session.rollback()


# --- hours


def hold(activity: Activity, enrolled: Enrolment, minutes: int, present: int) -> None:
    """A session that was held for so long, at which an organisation was for so long."""
    session = meet(activity, now() - 30 * DAY + len(activity.sessions) * DAY)
    session.state, session.minutes = "held", minutes
    db.session.flush()
    there = {"status": "left_early", "minutes": present, "source": "list", "marked_at": now(), "event_id": "e"}
    ids = {"activity_id": activity.id, "session_id": session.id, "enrolment_id": enrolled.id}
    if present:
        db.session.add(Attendance(**ids, **there))
    db.session.flush()


def test_hours_are_the_sessions_attended_and_the_meetings_that_count(path, session):
    assert path_hours.hours(path.enrolled) == Hours(0, 0, 0)
    hold(path.cap, path.enrolled, 301, 180)
    path.agreed(minutes=60)
    path.write(ago=6)
    assert path_hours.hours(path.enrolled) == Hours(180, 60, 301)
    assert not path_hours.hours(path.enrolled).passes and path_hours.hours(path.enrolled).missing == 1
    path.agreed(ago=9, minutes=1)
    assert path_hours.hours(path.enrolled).passes
    path.cap.scheduled_minutes = 11400  # what was promised
    assert path_hours.hours(path.enrolled) == Hours(180, 61, 11400)
    assert path_hours.hours(path.enrolled).missing == 9120 - 241


def test_the_log_that_is_exported_holds_the_meetings(path, session, tmp_path):
    made, wrong = path.agreed(minutes=45), path.agreed(ago=6)
    meetings.void(wrong, "Non c'è stato", by=path.manager)
    session.commit()
    seal_log()
    session.commit()
    export.export_log(tmp_path / "log.csv", "csv")
    rows = [row for row in log_rows(tmp_path / "log.csv") if row.type in ("mentoring.held", "event.voided")]
    void = {row.ref for row in rows if row.type == "event.voided"}
    valid = [row for row in rows if row.type == "mentoring.held" and row.event_id not in void]
    assert void == {wrong.event_id}
    assert [(one.person, one.activity, one.session, one.minutes, one.facts) for one in valid] == [
        (known_as(path.startup.subject), "cap", f"cap.m{made.id:06d}", 45, {"mentor": known_as(path.max.subject)})
    ]


# --- what they are told


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_mail_says_who_and_leads_to_the_page(path, session, language):
    wrong, late = path.write(), path.write(ago=6)
    meetings.void(wrong, "Era più corto", by=path.ada)
    session.execute(sa.update(Meeting).filter_by(id=late.id).values(mentor_confirmed_at=now() - path_rules.REMIND_AFTER))
    session.commit()
    meetings.remind()
    paths.part(path.match)
    told = session.scalars(sa.select(Notice).where(Notice.kind.in_([f"labs/{kind}" for kind in paths.KINDS]))).all()
    assert {notice.kind.removeprefix("labs/") for notice in told} == set(paths.KINDS)
    for notice in told:
        subject, body = letter.words(notice, language)
        assert subject and f"{paths.MENTORING_PATH}{path.match.id}" in body
        assert "Ruote Leggere" in body or "Max Greco" in subject
        assert "Era più corto" in body or notice.kind != "labs/meeting_voided"


# --- what the person asks of us


def test_a_mentor_takes_what_they_confirmed_and_leaves_it_without_a_name(app, path, session):
    nora = person("nora")
    match = paths.match(path.cap, path.enrolled, mentor(path.cap, nora, role="tutor"), since=now() - DAY, tells_mentor=True)
    made = meetings.write(match, "mentor", starts=now() - 2 * HOUR, minutes=30, topic="Conti", by=nora)
    meetings.confirm(made, "other", by=path.ada)
    session.commit()
    (told_of,) = personal_data.told(nora, drawers(app))["activities"]["meetings"]
    assert (told_of["minutes"], told_of["topic"]) == (30, "Conti")
    personal_data.erase(nora, drawers(app))
    session.commit()
    kept = [notice.payload for notice in session.scalars(sa.select(Notice).where(Notice.kind.like("labs/%")))]
    assert not any("Nora" in str(payload) or "nora@" in str(payload) for payload in kept)
    assert any(payload.get("mentor") == "Max Greco" for payload in kept)
    assert meetings.minutes_of(path.cap) == {path.enrolled.id: 30}
