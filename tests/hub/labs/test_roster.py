"""A group that an organisation enrols: whole or not at all, with consents on paper, and what becomes of its records."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.accounts import personal_data
from hub.clock import now
from hub.db import db
from hub.families import consents, invitations, keeping
from hub.families import service as families
from hub.families.models import Consent, FamilyInvitation, Keeper, Participant
from hub.labs import enrolment, health, mine, people, roster
from hub.labs.models import Enrolment
from hub.notices.models import Notice
from hub.participation.models import LogEntry
from tests.hub.labs.families import course
from tests.hub.labs.groups import BORN, HEADER, group, line, pupil, school, table
from tests.hub.labs.makers import DAY, acts, ask, child, enrol, person, refused, told, years_ago
from tests.hub.labs.makers import line as places_of


@pytest.fixture
def ours(session):
    """A school and its operator, committed."""
    made = school()
    session.commit()
    return made


def names(*given: str, **more: object):
    return [line(number, given_name=name, **more) for number, name in enumerate(given, 2)]


def rows(model: type[db.Model]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def rules_of(wrong) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.why.rule) for one in wrong]


# --- enrolling


def test_everybody_of_a_list_is_enrolled_through_the_school_and_stands_in_the_log(session, ours):
    galateo, olga = ours
    robot = course("robot", 3)
    made = group(robot, *names("anna", "bea", "ciro"), ours=galateo, by=olga)
    assert [(one.state, one.channel, one.through_id) for one in made] == [("enrolled", "import", galateo.id)] * 3
    assert [(kind, facts["channel"]) for kind, _activity, _status, facts in acts()] == [("enrolment.created", "import")] * 3
    assert all("org" in json.loads(row.facts) for row in session.scalars(sa.select(LogEntry)))
    assert told() == [("enrolled", "Olga")]  # one mail for all
    assert people.recipients(made[0]) == [olga]
    assert "anna" not in json.dumps([str(row.facts) for row in session.scalars(sa.select(LogEntry))])


def test_consents_are_those_that_were_signed_for_this_activity_alone(session, ours):
    galateo, olga = ours
    robot = course("robot", 3, asks_health=True)
    found = line(photo="sì", leave_alone="sì")
    noted = roster.Line.from_json(line(3, given_name="bea").as_json | {"note": "Asma"})
    made = group(robot, found, noted, ours=galateo, by=olga)
    kept = session.execute(sa.select(Consent.participant_id, Consent.purpose, Consent.on_paper, Consent.through_id)).all()
    anna, bea = (one.participant_id for one in made)
    wanted = [(anna, "participation"), (anna, "photo"), (anna, "leave_alone"), (bea, "participation"), (bea, "health")]
    assert kept == [(who, purpose, True, galateo.id) for who, purpose in wanted]
    assert session.scalars(sa.select(Consent.activity_id)).all() == [robot.id] * 5
    assert not consents.has_consent(made[0].participant, "photo") and consents.has_consent(made[0].participant, "photo", robot)
    assert health.of(made[1]) == "Asma"
    assert roster.agreed(made) == {made[0].id: ["photo", "leave_alone"], made[1].id: ["health"]}


def test_who_does_not_fit_waits_in_the_order_of_the_list(session, ours):
    galateo, olga = ours
    robot = course("robot", 1)
    group(robot, *names("zoe", "bea", "anna"), ours=galateo, by=olga)
    assert places_of(robot) == [("zoe", "enrolled", 1), ("bea", "waiting", None), ("anna", "waiting", None)]


def test_a_group_that_wants_all_or_none_waits_whole_and_is_offered_whole(session, ours):
    galateo, olga = ours
    robot = course("robot", 2)
    ugo = child("ugo", rosa := person("rosa"))
    (first,) = enrol(robot, ugo, by=rosa)
    group(robot, *names("anna", "bea"), ours=galateo, by=olga, together=True)
    assert [state for _name, state, _seat in places_of(robot)] == ["enrolled", "waiting", "waiting"]
    enrolment.withdraw(first, "other", by=rosa)
    assert [(name, state) for name, state, _seat in places_of(robot)] == [("anna", "offered"), ("bea", "offered")]
    kept = session.scalars(sa.select(Enrolment).filter_by(state="offered")).first()
    assert len(enrolment.accept(kept, by=olga)) == 2
    assert refused(group, course("due", 2), *names("dora", "elio", "fede"), ours=galateo, by=olga, together=True).rule in (
        "group-size",
        "roster",
    )


def test_all_or_nobody_and_what_is_wrong_row_by_row(session, ours):
    galateo, olga = ours
    robot = course("robot", 5, age_min=11, age_max=14, residents_until=now() + DAY)
    group(robot, *names("anna", resident="sì"), ours=galateo, by=olga)
    before = rows(Enrolment), rows(Participant), rows(Consent), rows(Notice)
    lines = [
        line(2, given_name="anna", resident="sì"),
        line(3, given_name="bea", resident="sì", birth_date=f"{years_ago(9):%d/%m/%Y}"),
        line(4, given_name="ciro"),
        line(5, given_name="dora", resident="sì"),
    ]
    refusal = refused(group, robot, *lines, ours=galateo, by=olga)
    assert rules_of(refusal.wrong) == [(2, "", "twice"), (3, "birth_date", "age"), (4, "resident", "residents_first")]
    session.rollback()
    assert (rows(Enrolment), rows(Participant), rows(Consent), rows(Notice)) == before


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"enrol_closes_at": now() - timedelta(hours=1)}, "late"),
        ({"enrol_opens_at": now() + DAY}, "not-yet"),
        ({"state": "closed"}, "programme"),
        ({"takes_part": "organisation"}, "takes-part"),
        ({"takes_part": "none"}, "no-enrolment"),
    ],
)
def test_what_speaks_against_all_of_them_is_told_once(session, ours, columns, rule):
    galateo, olga = ours
    robot = course("robot", 5, **columns)
    assert rules_of(roster.against(robot, names("anna", "bea"), organisation=galateo, by=olga)) == [(0, "", rule)]


def test_a_list_that_is_longer_than_places_and_waiting_list_is_refused_whole(session, ours):
    galateo, olga = ours
    robot = course("robot", 2, waiting_most=1)
    assert rules_of(roster.against(robot, names(*"abcd"), organisation=galateo, by=olga)) == [(0, "", "waiting-full")]
    assert roster.against(robot, names(*"abc"), organisation=galateo, by=olga) == []


def test_who_does_not_act_for_the_school_enrols_nobody_and_the_staff_does(session, ours):
    galateo, _olga = ours
    robot = course("robot", 5)
    other = school("Altra scuola", person("piera"))[1]
    assert rules_of(refused(group, robot, line(), ours=galateo, by=other).wrong) == [(2, "", "whose")]
    session.rollback()
    group(robot, line(), ours=galateo, by=person("capo", role="manager"), channel="assisted")
    galateo.state = "closed"
    assert rules_of(refused(group, robot, line(given_name="Bea"), ours=galateo, by=person("due", role="manager")).wrong)


def test_the_same_kid_in_another_activity_is_the_same_record_with_what_is_true_now(session, ours):
    galateo, olga = ours
    (first,) = group(course("robot"), line(), ours=galateo, by=olga)
    (second,) = group(course("coro"), line(emergency_phone="0832 1111", guardian="Pino Greco"), ours=galateo, by=olga)
    assert first.participant_id == second.participant_id and rows(Participant) == 1
    assert second.participant.emergency_phone == "0832 1111"
    assert keeping.keeper_of(second.participant).guardian == "Pino Greco"


def test_a_school_learns_nothing_of_whom_others_entered(session, ours):
    galateo, olga = ours
    robot = course("robot", 5)
    rosa = person("rosa")
    theirs = child("anna", rosa)
    theirs.birth_date = BORN
    enrol(robot, theirs, by=rosa)
    session.commit()
    assert roster.against(robot, [line()], organisation=galateo, by=olga) == []
    (made,) = group(robot, line(), ours=galateo, by=olga)
    assert made.participant_id != theirs.id and theirs.emergency_phone == ""
    assert roster.doubles(robot, [made]) == {made.id}  # which the staff sees


# --- guardians who take a record over


def test_a_guardian_takes_the_record_over_by_the_link_and_the_school_changes_it_no_more(session, ours):
    galateo, olga = ours
    (made,) = group(course("robot"), line(email="rosa@posta.example"), ours=galateo, by=olga)
    mail = session.scalars(sa.select(Notice).filter_by(kind="families/entered")).one()
    assert (mail.address, mail.payload["organisation"], mail.private) == ("rosa@posta.example", "Scuola Galateo", True)
    assert "Anna" not in json.dumps(mail.payload)
    rosa = person("rosa")
    invitations.accept(mail.payload["link"].rpartition("/")[2], by=rosa, basis="parent", other_agrees=True)
    session.commit()
    session.expire_all()
    assert families.answers_for(rosa, made.participant) and people.recipients(made) == [rosa]
    assert not roster.is_ours(made.participant)
    (again,) = group(
        course("coro"), line(emergency_phone="0832 1111", photo="sì", email="rosa@posta.example"), ours=galateo, by=olga
    )
    assert again.participant_id == made.participant_id and again.participant.emergency_phone == "0832 777777"
    assert roster.agreed([again]) == {again.id: []}  # photos are the guardian's to say
    assert rows(FamilyInvitation) == 1


def test_nobody_is_asked_twice_while_an_invitation_is_open(session, ours):
    galateo, olga = ours
    for slug in ("robot", "coro"):
        group(course(slug), line(email="rosa@posta.example"), ours=galateo, by=olga)
    assert rows(FamilyInvitation) == 1
    assert session.scalar(sa.select(sa.func.count()).where(Notice.kind == "families/entered")) == 1


# --- leaving, and consents that are taken back


def test_one_is_withdrawn_and_what_was_signed_ends_with_it(session, ours):
    galateo, olga = ours
    robot = course("robot", 1, asks_health=True)
    noted = roster.Line.from_json(line(photo="sì").as_json | {"note": "Asma"})
    first, _second = group(robot, noted, line(3, given_name="bea"), ours=galateo, by=olga)
    found = roster.one_of(robot, first.id, galateo, locked=True)
    mine.leave(found, "school", by=olga)
    session.commit()
    assert [(name, state) for name, state, _seat in places_of(robot)] == [("bea", "offered")]
    assert roster.agreed([found]) == {found.id: []} and health.of(found) == ""
    live = sa.select(Consent.participant_id).where(Consent.withdrawn_at.is_(None))
    assert session.scalars(live).all() == [_second.participant_id]


def test_a_consent_that_is_taken_back_ends_alone(session, ours):
    galateo, olga = ours
    robot = course("robot")
    (made,) = group(robot, line(photo="sì", assessment="sì"), ours=galateo, by=olga)
    roster.take_back(made, "photo", by=olga)
    assert roster.agreed([made]) == {made.id: ["assessment"]}
    assert refused(roster.take_back, made, "photo", by=olga).rule == "consent-changed"
    assert refused(roster.take_back, made, "participation", by=olga).rule == "consent-changed"
    assert refused(roster.take_back, made, "assessment", by=person("vicina")).rule == "whose"


def test_a_school_finds_its_own_alone(session, ours):
    galateo, olga = ours
    robot = course("robot", 5)
    (made,) = group(robot, line(), ours=galateo, by=olga)
    other = school("Altra scuola", person("piera"))[0]
    assert roster.one_of(robot, made.id, other) is None and roster.one_of(robot, made.id, None) is made
    assert roster.group_of(robot, other) == ([], False)
    assert roster.group_of(robot, galateo).enrolments == [made]


# --- between the look and the last word


def test_what_was_looked_at_comes_back_as_it_was_to_the_same_person_today(session, ours):
    galateo, olga = ours
    robot, coro = course("robot"), course("coro")
    lines = names("anna", "bea", photo="sì")
    sealed = roster.packed(robot, lines, organisation=galateo, by=olga)
    assert "anna" not in sealed
    assert roster.unpacked(sealed, robot, organisation=galateo, by=olga) == lines
    other, piera = school("Altra scuola", person("piera"))
    for activity, organisation, by in ((coro, galateo, olga), (robot, other, olga), (robot, galateo, piera)):
        assert refused(roster.unpacked, sealed, activity, organisation=organisation, by=by).rule == "roster-old"
    assert refused(roster.unpacked, sealed[:-9] + "AAAAAAAA=", robot, organisation=galateo, by=olga).rule == "roster-old"
    with time_machine.travel(now() + timedelta(hours=13)):
        assert refused(roster.unpacked, sealed, robot, organisation=galateo, by=olga).rule == "roster-old"


def test_a_file_with_wrong_rows_names_each_and_those_of_no_column(session, ours):
    robot = course("robot", 5, asks_health=False)
    ask(robot, "text", required=True)
    session.commit()
    header = [*HEADER, "Domanda text"]
    good, bad = [*pupil(), "Un gatto"], [*pupil("Bea", birth_date="ieri"), ""]
    refusal = refused(roster.read, robot, table(good, bad, [*pupil("Ciro"), "Un cane", "e altro"], header=header))
    question = f"question_{robot.questions[0].id}"
    assert rules_of(refusal.wrong) == [(3, "birth_date", "date"), (3, question, "required"), (4, "", "column-beside")]
    (read,) = roster.read(robot, table(good, header=header))
    assert list(read.answers.values()) == ["Un gatto"]
    assert refused(roster.read, robot, table(header=header)).rule == "file-empty"
    assert refused(roster.read, robot, table(pupil())).rule == "column-missing"


# --- what is kept, and for how long


def test_the_records_go_a_year_after_their_last_activity_where_nobody_took_them_over(session, ours):
    galateo, olga = ours
    robot = course("robot", 5)
    first, second, third = group(robot, *names("anna", "bea", "ciro", email="rosa@posta.example"), ours=galateo, by=olga)
    families.answer_for(second.participant, basis="parent", other_agrees=True, by=person("rosa"))
    third.participant.person = person("ciro")
    session.commit()
    ends = robot.sessions[0].ends_at
    assert roster.purge_groups(ends + 364 * DAY) == 0
    assert roster.purge_groups(ends + 366 * DAY) == 1
    session.commit()
    session.expire_all()
    assert (first.participant.given_name, first.participant.birth_date, keeping.keeper_of(first.participant).guardian) == (
        *("—", None, ""),
    )
    assert (second.participant.given_name, third.participant.given_name) == ("bea", "ciro")
    assert roster.purge_groups(ends + 900 * DAY) == 0
    assert (
        session.scalars(sa.select(FamilyInvitation.participant_id).order_by(FamilyInvitation.id)).first() != first.participant_id
    )


def test_who_enrols_again_keeps_the_record_alive(session, ours):
    galateo, olga = ours
    group(course("robot"), line(), ours=galateo, by=olga)
    group(course("coro", begins=now() + 200 * DAY), line(), ours=galateo, by=olga)
    assert roster.purge_groups(now() + 400 * DAY) == 0 and roster.purge_groups(now() + 600 * DAY) == 1


def test_the_copy_of_a_guardian_says_who_entered_the_child_and_that_of_the_operator_whom(app, session, ours):
    galateo, olga = ours
    (made,) = group(course("robot"), line(), ours=galateo, by=olga)
    rosa = person("rosa")
    families.answer_for(made.participant, basis="parent", other_agrees=True, by=rosa)
    session.commit()
    drawers = app.extensions["personal_data"]
    (anna,) = personal_data.told(rosa, drawers)["family"]["children"]
    assert (anna["entered_by"]["organisation"], anna["entered_by"]["signed_by"]) == ("Scuola Galateo", "Rosa Greco")
    copied = personal_data.told(olga, drawers)
    assert copied["family"]["entered"][0]["participant_id"] == made.participant_id
    assert "Anna" not in json.dumps(copied["family"])


def test_the_row_of_who_entered_stays_when_the_record_goes(session, ours):
    galateo, olga = ours
    (made,) = group(course("robot"), line(), ours=galateo, by=olga)
    families.erase(made.participant)
    session.commit()
    (row,) = session.scalars(sa.select(Keeper)).all()
    assert (row.guardian, row.entered_by_id) == ("", olga.id)
