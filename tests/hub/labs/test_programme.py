"""The programme: drafts, what a public activity must have, its end; editions that become the next one; questions; the team."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.clock import ROME, now, wall
from hub.labs import editions, enrolment, programme, questions, sessions, team
from hub.labs.models import Activity, Edition, Enrolment, Partner, Question, Seat, Session, SessionTrainer, Trainer
from hub.labs.rules import SHOWN_STATES
from hub.notices.letter import words
from hub.notices.models import Notice
from hub.organisations.demo import load_organisations
from hub.refusal import Refusal
from hub.spaces import service as spaces
from hub.spaces.models import Allocation, Occurrence
from hub.spaces.rules import Slot
from tests.hub.booking.conftest import ask
from tests.hub.labs.makers import adult, person
from tests.hub.labs.makers import enrol as join
from tests.hub.labs.programmes import TOLD, activity, clock, layout, published, slot

NOW = datetime(2026, 9, 15, 10, tzinfo=UTC)


def rules_of(refused: pytest.ExceptionInfo) -> list[str]:
    return [one.rule for one in refused.value.all]


def rome(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME).astimezone(UTC)


# --- drafts


def test_an_address_is_made_of_the_title_and_never_one_that_is_taken(people, session):
    first = programme.create(by=people["manager"], **TOLD | {"title": {"it": "Città & robòt, insieme!"}})
    again = programme.create(by=people["manager"], **TOLD | {"title": {"it": "Città & robòt, insieme!"}})
    long = programme.create(by=people["manager"], **TOLD | {"title": {"it": "x" * 300}})
    odd = programme.create(by=people["manager"], **TOLD | {"title": {"it": "日本"}})
    assert [one.slug for one in (first, again, long, odd)] == [
        *("citta-robot-insieme", "citta-robot-insieme-2", "x" * 50, "attivita"),
    ]
    with pytest.raises(Refusal) as refused:
        programme.create(slug="citta-robot-insieme", by=people["manager"], **TOLD)
    assert rules_of(refused) == ["slug-taken"]


@pytest.mark.parametrize("slug", ["ab", "a" * 51, "Maiuscole", "con spazio", "-trattino", "due--trattini", "nuova", "../su"])
def test_an_address_that_none_can_be_is_refused(people, session, slug):
    with pytest.raises(Refusal) as refused:
        programme.create(slug=slug, by=people["manager"], **TOLD)
    assert rules_of(refused) == ["slug"]


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ({"age_min": 12, "age_max": 11}, "ages"),
        ({"enrol_opens_at": NOW}, "enrolment-both"),
        ({"enrol_closes_at": NOW}, "enrolment-both"),
        ({"enrol_opens_at": NOW, "enrol_closes_at": NOW}, "enrolment-order"),
        ({"residents_until": NOW}, "residents-window"),
        ({"enrol_opens_at": NOW, "enrol_closes_at": NOW + timedelta(days=9), "residents_until": NOW}, "residents-window"),
        (
            {"enrol_opens_at": NOW, "enrol_closes_at": NOW + timedelta(days=9), "residents_until": NOW + timedelta(days=10)},
            "residents-window",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(people, session, told, rule):
    with pytest.raises(Refusal) as refused:
        programme.create(by=people["manager"], **TOLD | told)
    assert rules_of(refused) == [rule]


def test_ages_and_a_precedence_at_their_edges_are_accepted(people, session):
    window = {"enrol_opens_at": NOW, "enrol_closes_at": NOW + timedelta(days=9), "residents_until": NOW + timedelta(days=9)}
    made = programme.create(by=people["manager"], **TOLD | window | {"age_min": 11, "age_max": 11})
    assert (made.state, made.age_min) == ("draft", 11)


def test_partners_are_names_and_those_registered_here_are_known(people, session):
    association = load_organisations(people)["association"]
    session.flush()
    course = activity(people["manager"], partners=[association.name, "Scuola Ammirato Falcone"])
    kept = {partner.name: partner.organisation_id for partner in course.partners}
    assert kept == {association.name: association.id, "Scuola Ammirato Falcone": None}
    first = course.partners[0].id
    programme.change(course, partners=[association.name, "CNR"], **TOLD)
    assert [partner.name for partner in course.partners] == [association.name, "CNR"] and course.partners[0].id == first
    assert session.query(Partner).count() == 2


def test_a_draft_is_thrown_away_with_all_that_belongs_to_it(hub, people, session):
    course = activity(people["manager"], partners=["CNR"])
    team.take_on(course, name="Ada Neri", email="", role="trainer", public=True)
    one = sessions.schedule(course, slot(), [layout(hub["aula-1"])], trainers=course.trainers)
    questions.ask(course, kind="text", words={"it": "Perché?"}, choices=[], required=False)
    assert one.trainers
    session.commit()
    programme.discard(course)
    session.commit()
    for model in (Activity, Session, SessionTrainer, Trainer, Question, Partner, Seat, Occurrence, Allocation):
        assert session.query(model).count() == 0, model


# --- publishing, cancelling, closing


def test_what_a_public_activity_lacks_is_told_all_at_once(people, session):
    bare = programme.create(by=people["manager"], **TOLD | {"summary": {}})
    with pytest.raises(Refusal) as refused:
        programme.publish(bare)
    assert rules_of(refused) == ["incomplete", "no-sessions", "no-places"]
    course = activity(people["manager"], enrol_opens_at=None, enrol_closes_at=None)
    sessions.schedule(course, slot())
    with pytest.raises(Refusal) as refused:
        programme.publish(course)
    assert rules_of(refused) == ["without-space", "no-enrolment"]


def test_an_event_for_all_needs_no_places_and_a_public_activity_keeps_what_it_must_have(hub, people, session):
    event, _ = published(people["manager"], layout(hub["corte-urbana"]), kind="event", takes_part="none", places=0)
    assert event.state == "published"
    with pytest.raises(Refusal) as refused:
        programme.change(event, **TOLD | {"takes_part": "none", "text": {}})
    assert rules_of(refused) == ["incomplete"]
    session.rollback()


def test_a_public_address_never_changes(hub, people, session):
    course, _ = published(people["manager"], layout(hub["aula-1"]))
    with pytest.raises(Refusal) as refused:
        programme.change(course, slug="altro-nome", **TOLD)
    assert rules_of(refused) == ["slug-kept"]


def test_what_is_not_published_is_seen_by_the_staff_alone(hub, people, session):
    activity(people["manager"], slug="bozza")
    published(people["manager"], layout(hub["aula-1"]))
    assert programme.activity_by("bozza", published_only=True) is None
    assert programme.activity_by("bozza").state == "draft"
    assert programme.activity_by("steam-2027", published_only=True).state in SHOWN_STATES
    assert programme.activity_by("mai-vista", locked=True) is None


def test_who_was_enrolled_and_who_works_there_reads_why_an_activity_is_cancelled(hub, people, session):
    course, one = published(people["manager"], layout(hub["aula-1"]), places=1)
    team.take_on(course, name="", email="cittadina@officine.example", role="tutor", public=False)
    for name in ("anna", "bice"):
        join(course, adult(name))
    other = sessions.schedule(course, slot(27), [layout(hub["aula-2"])])
    with pytest.raises(Refusal) as refused:
        programme.cancel(course, "", by=people["manager"])
    assert rules_of(refused) == ["reason"]
    programme.cancel(course, "Mancano i fondi", by=people["manager"])
    assert (course.state, one.state, other.state) == ("cancelled", "cancelled", "cancelled")
    assert session.query(Allocation).count() == 0
    assert not session.query(Enrolment).filter(Enrolment.ended_at.is_(None)).count()
    told = session.scalars(sa.select(Notice).filter_by(kind="labs/activity_cancelled")).all()
    assert sorted(one.address for one in told) == ["anna@posta.example", "bice@posta.example", "cittadina@officine.example"]
    subject, body = words(told[0], "it")
    assert subject == "Attività annullata: STEAM e futuro" and "Mancano i fondi" in body and body.count("\n- ") == 2
    with pytest.raises(Refusal, match="non è in programma"):
        programme.cancel(course, "Ancora", by=people["manager"])


def test_an_activity_closes_once_every_session_has_been_written_down(hub, people, session):
    course, one = published(people["manager"], layout(hub["aula-1"]))
    with pytest.raises(Refusal) as refused:
        programme.close(course)
    assert rules_of(refused) == ["unrecorded"]
    one.state, one.minutes = "held", 120
    session.flush()
    with pytest.raises(Refusal) as refused:
        programme.cancel(course, "Tardi", by=people["manager"])
    assert rules_of(refused) == ["nothing-to-cancel"]
    programme.close(course)
    assert course.state == "closed"
    with pytest.raises(Refusal, match="annullata o conclusa"):
        programme.change(course, **TOLD)


def test_whom_it_is_for_stays_once_somebody_is_enrolled(hub, people, session):
    course, _ = published(people["manager"], layout(hub["aula-1"]))
    join(course, adult("anna"))
    with pytest.raises(Refusal) as refused:
        programme.change(course, **TOLD | {"takes_part": "organisation"})
    assert rules_of(refused) == ["takes-part-kept"]


def test_the_list_is_filtered_and_those_without_a_date_come_first(hub, people, session):
    manager, edition = (
        people["manager"],
        editions.make(code="2027", name={"it": "2027"}, starts_on=NOW.date(), ends_on=NOW.date()),
    )
    activity(manager, slug="bozza-a", kind="course")
    published(manager, layout(hub["aula-1"]), when=slot(20), slug="prima", edition=edition)
    published(manager, layout(hub["aula-1"]), when=slot(30), slug="dopo", title={"it": "Cinema 100%"})
    slugs = [one.slug for one in programme.activities()[0]]
    assert slugs == ["bozza-a", "dopo", "prima"]
    for asked, expected in (
        ({"state": "draft"}, ["bozza-a"]),
        ({"kind": "lab"}, ["dopo", "prima"]),
        ({"edition": "2027"}, ["prima"]),
        ({"words": "cinema 100%"}, ["dopo"]),
        ({"words": "PRIMA"}, ["prima"]),
        ({"words": "_"}, []),
    ):
        assert [one.slug for one in programme.activities(**asked)[0]] == expected, asked


# --- editions


@pytest.fixture
def autumn(hub, people, session):
    """An edition of autumn 2026 with a course that meets before and after the clocks go back, and what was cancelled."""
    with time_machine.travel(NOW):
        edition = editions.make(code="2026", name={"it": "2026"}, starts_on=date(2026, 10, 1), ends_on=date(2026, 12, 31))
        window = {"enrol_opens_at": rome("2026-09-20 09:00"), "enrol_closes_at": rome("2026-10-25 23:59")}
        window["residents_until"] = rome("2026-09-27 09:00")
        course = activity(people["manager"], slug="steam-2026", edition=edition, partners=["CNR"], **window)
        teacher = team.take_on(course, name="Ada Neri", email="", role="trainer", public=True)
        left = team.take_on(course, name="Ugo Verdi", email="", role="tutor", public=False)
        team.let_go(left)
        for at in ("2026-10-20 18:00", "2026-10-27 18:00", "2026-11-03 18:00"):
            when = Slot(rome(at), rome(at) + timedelta(hours=2))
            sessions.schedule(course, when, [layout(hub["aula-1"], "banchi")], trainers=[teacher])
        sessions.schedule(course, Slot(rome("2026-11-10 18:00"), rome("2026-11-10 20:00")), place="Biblioteca")
        questions.ask(course, kind="choice", words={"it": "Taglia?"}, choices=["S", "M"], required=True)
        programme.publish(course)
        sessions.call_off(course.sessions[2], "Sciopero", by=people["manager"])
        gone, _ = published(people["manager"], layout(hub["aula-2"]), slug="annullata-2026", edition=edition)
        programme.cancel(gone, "Niente", by=people["manager"])
        session.commit()
        yield edition


def test_a_new_edition_has_the_same_activities_as_drafts_at_the_same_hours(hub, people, session, autumn):
    """22 weeks later it is summer time: 18:00 stays 18:00, and the instants differ by an hour less."""
    made, lost = editions.clone(autumn, code="2027", name={"it": "2027"}, weeks=22, by=people["manager"])
    assert lost == [] and (made.starts_on, made.ends_on) == (date(2027, 3, 4), date(2027, 6, 3))
    (copy,) = editions.activities_of(made)
    assert (copy.slug, copy.state, copy.title) == ("steam-2027", "draft", TOLD["title"])
    assert [clock(one) for one in copy.sessions] == ["2027-03-23 18:00", "2027-03-30 18:00", "2027-04-13 18:00"]
    assert [wall(one.ends_at).hour for one in copy.sessions] == [20, 20, 20]
    assert {wall(one.starts_at).utcoffset() for one in copy.sessions} == {timedelta(hours=1), timedelta(hours=2)}
    assert [[held.space.slug for held in one.standing] for one in copy.sessions] == [["aula-1"], ["aula-1"], []]
    assert copy.sessions[2].place == "Biblioteca"
    window = [wall(at).isoformat() for at in (copy.enrol_opens_at, copy.residents_until, copy.enrol_closes_at)]
    assert window == ["2027-02-21T09:00:00+01:00", "2027-02-28T09:00:00+01:00", "2027-03-28T23:59:00+02:00"]
    assert [(one.name, one.subject) for one in copy.trainers] == [("Ada Neri", autumn_teacher(session).subject)]
    assert [one.trainers[0].trainer_id for one in copy.sessions[:2]] == [copy.trainers[0].id] * 2
    assert [(one.kind, one.choices, one.required) for one in copy.questions] == [("choice", ["S", "M"], True)]
    assert session.query(Seat).filter_by(activity_id=copy.id).count() == 20
    assert [partner.name for partner in copy.partners] == ["CNR"]
    assert spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)


def autumn_teacher(session) -> Trainer:
    return session.scalars(sa.select(Trainer).filter_by(name="Ada Neri").order_by(Trainer.id)).first()


def test_a_session_whose_room_is_taken_is_left_to_be_placed_by_hand(hub, people, session, autumn):
    taken = Slot(rome("2027-03-30 17:00"), rome("2027-03-30 19:00"))
    ask(layout(hub["aule-1-2"]), taken, people["citizen"])
    made, lost = editions.clone(autumn, code="2027", name={"it": "2027"}, weeks=22, by=people["manager"])
    (copy,) = editions.activities_of(made)
    assert [clock(one) for one in lost] == ["2027-03-30 18:00"]
    assert [len(one.standing) for one in copy.sessions] == [1, 0, 0]
    assert sessions.troubles(copy) == {2: "lost"}
    with pytest.raises(Refusal) as refused:
        programme.publish(copy)
    assert rules_of(refused) == ["without-space"]
    assert spaces.audit() == dict.fromkeys(spaces.AUDITS, 0)


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ({"weeks": 0}, "weeks"),
        ({"weeks": 261}, "weeks"),
        ({"code": "2026"}, "edition-known"),
        ({"code": "Due mila"}, "edition-code"),
        ({"code": "x" * 21}, "edition-code"),
    ],
)
def test_a_copy_that_cannot_be_is_refused_and_nothing_of_it_is_written(people, session, autumn, told, rule):
    with pytest.raises(Refusal) as refused:
        editions.clone(autumn, **{"code": "2027", "name": {"it": "x"}, "weeks": 52} | told, by=people["manager"])
    assert rules_of(refused) == [rule]
    session.rollback()
    assert session.query(Edition).count() == 1 and session.query(Activity).count() == 2


def test_an_edition_that_would_be_over_or_has_nothing_is_not_copied(people, session):
    old = editions.make(code="2023", name={"it": "2023"}, starts_on=date(2023, 3, 6), ends_on=date(2023, 6, 30))
    for weeks, rule in ((1, "edition-past"), (250, "empty-edition")):
        with pytest.raises(Refusal) as refused:
            editions.clone(old, code=f"dopo-{weeks}", name={"it": "x"}, weeks=weeks, by=people["manager"])
        assert rules_of(refused) == [rule]


@pytest.mark.parametrize(
    ("at", "weeks", "then"),
    [
        ("2026-03-22T02:30", 1, "2026-03-29T03:30:00+02:00"),  # an hour that does not exist: as long after midnight
        ("2026-10-18T02:30", 1, "2026-10-25T02:30:00+02:00"),  # one that comes twice: the first
        ("2026-10-11T18:00", 3, "2026-11-01T18:00:00+01:00"),
        ("2024-02-29T10:00", 52, "2025-02-27T10:00:00+01:00"),
    ],
)
def test_some_weeks_later_the_clock_shows_the_same(at, weeks, then):
    assert wall(editions.later(rome(at), weeks)).isoformat() == then


# --- questions and the team


def test_what_was_answered_stays_asked_and_only_its_words_change(hub, people, session):
    course, _ = published(people["manager"], layout(hub["aula-1"]))
    size = questions.ask(course, kind="choice", words={"it": "Taglia?"}, choices=["S", "M"], required=True)
    why = questions.ask(course, kind="text", words={"it": "Perché?"}, choices=["di troppo"], required=False)
    assert why.choices == [] and (size.number, why.number) == (1, 2)
    questions.raise_up(course, why)
    assert (size.number, why.number) == (2, 1)
    someone = adult("anna")
    enrolment.enrol(course, [enrolment.Wanted(someone, {str(size.id): "M"})], by=someone.person)
    for forbidden in (
        lambda: questions.unask(size),
        lambda: questions.reword(size, kind="text", words={"it": "x"}, choices=[], required=True),
        lambda: questions.reword(size, kind="choice", words={"it": "x"}, choices=["S", "L"], required=True),
    ):
        with pytest.raises(Refusal, match="ha già risposto"):
            forbidden()
    questions.reword(size, kind="choice", words={"it": "Che taglia?"}, choices=["S", "M"], required=False)
    questions.unask(why)
    session.expire(course, ["questions"])
    assert [one.words["it"] for one in course.questions] == ["Che taglia?"]
    with pytest.raises(Refusal, match="almeno due risposte"):
        questions.ask(course, kind="choice", words={"it": "x"}, choices=["una", "una"], required=False)


def test_managers_and_who_works_there_keep_the_registers(people, session):
    course, other = activity(people["manager"]), activity(people["manager"], slug="altro-corso")
    teacher = person("ada")
    works = team.take_on(course, name="", email=teacher.email, role="operator", public=True)
    assert works.subject == teacher.subject and works.name == teacher.name
    assert [team.may_keep(one, teacher) for one in (course, other)] == [True, False]
    assert team.may_keep(other, people["manager"]) and not team.may_keep(course, people["evaluator"])
    assert team.kept_by(teacher) == [course]
    with pytest.raises(Refusal, match="Lavora già"):
        team.take_on(course, name="", email=teacher.email.upper(), role="tutor", public=False)
    team.let_go(works)
    assert not team.may_keep(course, teacher) and team.working(course) == []
    again = team.take_on(course, name="", email=teacher.email, role="tutor", public=False)
    assert again is works and (again.role, again.ended_at) == ("tutor", None)


def test_somebody_without_an_account_is_known_by_their_name(people, session):
    course, other = activity(people["manager"]), activity(people["manager"], slug="altro-corso")
    first = team.take_on(course, name="Ugo Verdi", email="", role="tutor", public=False)
    second = team.take_on(other, name="Ugo Verdi", email="", role="mentor", public=False)
    third = team.take_on(other, name="Ugo Bianchi", email="", role="mentor", public=False)
    assert first.subject == second.subject != third.subject and first.subject.startswith("trainer:")
    for email, rule in (("nessuno@posta.example", "account"), ("", "name")):
        with pytest.raises(Refusal) as refused:
            team.take_on(course, name="", email=email, role="tutor", public=False)
        assert rules_of(refused) == [rule]


def test_who_is_named_for_a_session_works_in_it_else_everybody(people, session):
    course = activity(people["manager"])
    ada, ugo = (team.take_on(course, name=name, email="", role="tutor", public=False) for name in ("Ada", "Ugo"))
    one = sessions.schedule(course, slot())
    assert team.trainers_of(one) == [ada, ugo]
    team.assign(one, [ugo])
    assert team.trainers_of(one) == [ugo]
    team.assign(one, [ada])
    assert team.trainers_of(one) == [ada] and session.query(SessionTrainer).count() == 1


def test_the_earlier_state_of_a_version_is_told_apart(people, session):
    course = activity(people["manager"])
    before = course.version
    programme.change(course, **TOLD | {"title": {"it": "Altro titolo"}})
    assert course.version == before + 1 and course.updated_at <= now()
