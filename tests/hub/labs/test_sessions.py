"""Sessions and their spaces: the ledger keeps them apart from bookings, and the database an occurrence at its session's times."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub import demo
from hub.accounts.demo import load_people
from hub.booking import closing, usage
from hub.booking import service as booking
from hub.clock import today, wall
from hub.db import db
from hub.labs import programme, sessions, team
from hub.labs.models import Reminder, Session
from hub.notices.letter import letter, words
from hub.notices.models import Notice
from hub.refusal import Refusal
from hub.spaces import ledger
from hub.spaces import service as spaces
from hub.spaces.models import Allocation, Occurrence
from hub.spaces.rules import Slot
from tests.hub.booking.conftest import ask
from tests.hub.labs.programmes import activity, layout, published, slot

NOTHING_WRONG = dict.fromkeys(spaces.AUDITS, 0)


def rules_of(refused: pytest.ExceptionInfo) -> list[str]:
    return [one.rule for one in refused.value.all]


def test_a_session_never_collides_with_a_booking_and_a_booking_never_with_a_session(hub, people, session):
    course = activity(people["manager"])
    hall, bay = layout(hub["officina-grande"], "isole"), layout(hub["campata-nord"], "isole")
    ask(bay, slot(20), people["citizen"])
    with pytest.raises(ledger.Conflict) as refused, session.begin_nested():
        sessions.schedule(course, slot(20), [hall])
    assert refused.value.values == {"space": hub["officina-grande"].name, "starts": slot(20).starts}
    sessions.schedule(course, slot(27), [hall])
    with pytest.raises(Refusal, match="non è più libero"), session.begin_nested():
        ask(bay, slot(27), people["citizen"])
    assert spaces.audit() == NOTHING_WRONG


def test_the_database_refuses_an_overlap_whoever_writes_the_row(hub, people, session):
    course = activity(people["manager"])
    first = sessions.schedule(course, slot(), [layout(hub["aula-1"])])
    taken = session.query(Allocation).filter_by(occurrence_id=first.standing[0].id).one()
    row = {"occurrence_id": taken.occurrence_id, "atom_id": taken.atom_id, "lane_from": 0, "lane_to": 1000, "blocking": True}
    later = {"starts_at": taken.starts_at + timedelta(minutes=1), "ends_at": taken.ends_at}
    with pytest.raises(IntegrityError, match="allocation_no_overlap"), session.begin_nested():
        session.execute(sa.insert(Allocation).values(**row | later))


def test_a_session_may_hold_several_spaces_or_be_elsewhere(hub, people, session):
    course = activity(people["manager"])
    both = sessions.schedule(course, slot(), [layout(hub["aula-1"]), layout(hub["laboratorio-digitale"])])
    assert {one.space.slug for one in both.standing} == {"aula-1", "laboratorio-digitale"}
    away = sessions.schedule(course, slot(21), place="Biblioteca Bernardini, Lecce")
    assert away.standing == [] and (both.number, away.number) == (1, 2)
    assert (both.code, away.code) == ("steam-2027.01", "steam-2027.02")


def test_where_one_of_its_spaces_is_taken_nothing_of_it_is_written(hub, people, session):
    course = activity(people["manager"])
    ask(layout(hub["laboratorio-digitale"]), slot(), people["citizen"])
    session.commit()
    with pytest.raises(ledger.Conflict):
        sessions.schedule(course, slot(), [layout(hub["aula-1"]), layout(hub["laboratorio-digitale"])])
    session.rollback()
    assert session.query(Session).count() == 0 and session.query(Occurrence).filter_by(kind="session").count() == 0
    assert spaces.audit() == NOTHING_WRONG


def test_an_occurrence_stays_at_its_session_s_times_whatever_is_written(hub, people, session):
    course = activity(people["manager"])
    one = sessions.schedule(course, slot(), [layout(hub["aula-1"]), layout(hub["aula-2"])])
    session.commit()
    away = sa.update(Occurrence).where(Occurrence.session_id == one.id).values(starts_at=one.starts_at + timedelta(minutes=30))
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(away, execution_options={"synchronize_session": False})
    later = one.ends_at + timedelta(minutes=30)
    session.execute(sa.update(Session).where(Session.id == one.id).values(ends_at=later))
    session.commit()
    assert set(session.scalars(sa.select(Occurrence.ends_at).where(Occurrence.session_id == one.id))) == {later}


def test_a_session_that_moves_leaves_its_spaces_to_others_and_tells_its_people(hub, people, session):
    course, one = published(people["manager"], layout(hub["aula-1"], "banchi"))
    team.take_on(course, name="", email="cittadina@officine.example", role="trainer", public=True)
    session.add(Reminder(session_id=one.id, hours=48, at=one.starts_at - timedelta(hours=48)))
    session.flush()
    uid, before = one.ical_uid, one.slot
    moved = sessions.move(
        one, slot(27, hour=18), [layout(hub["aula-2"], "banchi")], reason="Lavori in aula", by=people["manager"]
    )
    assert moved and (one.sequence, one.ical_uid) == (1, uid)
    assert [(held.space.slug, Slot(held.starts_at, held.ends_at)) for held in one.standing] == [("aula-2", one.slot)]
    assert session.query(Reminder).count() == 0
    ask(layout(hub["aula-1"]), before, people["citizen"])
    notice = session.scalars(sa.select(Notice).filter_by(kind="labs/session_moved")).one()
    subject, body = words(notice, "it")
    assert subject == "Incontro spostato: STEAM e futuro"
    assert "Aula 1" in body and "Aula 2" in body and "18:00" in body and "Lavori in aula" in body
    (part,) = letter(notice).iter_attachments()
    entry = part.get_content()
    entry = entry.decode() if isinstance(entry, bytes) else entry
    assert f"UID:{uid}" in entry and "SEQUENCE:1" in entry and "STATUS:CONFIRMED" in entry
    assert "Classroom 2" in words(notice, "en")[1]
    assert spaces.audit() == NOTHING_WRONG


def test_a_move_to_a_place_that_is_taken_leaves_everything_as_it_was(hub, people, session):
    _course, one = published(people["manager"], layout(hub["aula-1"]))
    ask(layout(hub["aula-2"]), slot(27), people["citizen"])
    session.commit()
    before = (one.starts_at, one.standing[0].id)
    with pytest.raises(ledger.Conflict):
        sessions.move(one, slot(27), [layout(hub["aula-2"])], by=people["manager"])
    session.rollback()
    session.expire_all()
    assert (one.starts_at, one.standing[0].id, one.standing[0].space.slug) == (*before, "aula-1")
    assert session.query(Notice).filter(Notice.kind == "labs/session_moved").count() == 0
    assert spaces.audit() == NOTHING_WRONG


def test_a_session_gets_more_spaces_or_fewer_and_may_take_its_own_place_again(hub, people, session):
    _course, one = published(people["manager"], layout(hub["aula-1"], "banchi"), layout(hub["aula-2"], "banchi"))
    manager = people["manager"]
    assert not sessions.move(one, one.slot, [layout(hub["aula-1"], "banchi"), layout(hub["aula-2"], "banchi")], by=manager)
    half_an_hour = Slot(one.starts_at + timedelta(minutes=30), one.ends_at + timedelta(minutes=30))
    sessions.move(one, half_an_hour, [layout(hub["aule-1-2"], "banchi")], by=manager)
    assert [held.space.slug for held in one.standing] == ["aule-1-2"]
    sessions.move(one, half_an_hour, [layout(hub["aula-1"], "banchi"), layout(hub["sala-riunioni"])], anyway=True, by=manager)
    assert {held.space.slug for held in one.standing} == {"aula-1", "sala-riunioni"}
    sessions.move(one, half_an_hour, place="In piazza", by=manager)
    assert one.standing == [] and session.query(Allocation).count() == 0 and one.sequence == 3


def test_a_session_that_is_called_off_gives_its_space_back_and_says_why(hub, people, session):
    course, one = published(people["manager"], layout(hub["aula-1"]))
    team.take_on(course, name="", email="cittadina@officine.example", role="tutor", public=False)
    with pytest.raises(Refusal) as refused:
        sessions.call_off(one, "  ", by=people["manager"])
    assert rules_of(refused) == ["reason"]
    sessions.call_off(one, "Il docente è malato", by=people["manager"])
    assert (one.state, one.reason, one.standing, one.sequence) == ("cancelled", "Il docente è malato", [], 1)
    assert [held.status for held in one.occurrences] == ["cancelled"]
    notice = session.scalars(sa.select(Notice).filter_by(kind="labs/session_cancelled")).one()
    assert "Il docente è malato" in words(notice, "it")[1]
    assert {entry["status"] for entries in notice.payload["calendar"].values() for entry in entries} == {"CANCELLED"}
    ask(layout(hub["aula-1"]), one.slot, people["citizen"])
    for again in (lambda: sessions.call_off(one, "x", by=people["manager"]), lambda: sessions.move(one, slot(), by=None)):
        with pytest.raises(Refusal, match="già svolto o è stato annullato"):
            again()


def test_a_draft_s_session_may_be_thrown_away_and_a_public_one_may_not(hub, people, session):
    course = activity(people["manager"])
    one = sessions.schedule(course, slot(), [layout(hub["aula-1"])])
    two = sessions.schedule(course, slot(21))
    sessions.drop(one)
    assert course.sessions == [two] and session.query(Allocation).count() == 0
    sessions.move(two, slot(21), place="In piazza", by=people["manager"])
    programme.publish(course)
    with pytest.raises(Refusal, match="annullalo, con il motivo"):
        sessions.drop(two)


def test_who_moves_a_session_of_a_draft_tells_nobody(hub, people, session):
    course = activity(people["manager"])
    team.take_on(course, name="", email="cittadina@officine.example", role="tutor", public=False)
    one = sessions.schedule(course, slot(), [layout(hub["aula-1"])])
    sessions.move(one, slot(21), [layout(hub["aula-1"])], by=people["manager"])
    assert session.query(Notice).filter(Notice.kind.startswith("labs/")).count() == 0


@pytest.mark.parametrize(
    ("when", "spaces_of", "place", "rule"),
    [
        (slot(minutes=10), ["aula-1"], "", "length"),
        (slot(minutes=25 * 60), [], "In piazza", "length"),
        (slot(), ["aula-1"], "In piazza", "one-place"),
        (slot(), ["officina-grande", "campata-nord"], "", "apart"),
        (slot(), ["aula-1", "aula-2", "portico", "campata-nord"], "", "few-spaces"),
        (slot(hour=21), ["aula-1"], "", "opening-hours"),
        (slot(), ["sala-riunioni"], "", "capacity"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(hub, people, session, when, spaces_of, place, rule):
    course = activity(people["manager"])
    chosen = [layout(hub[slug]) for slug in spaces_of]
    with pytest.raises(Refusal) as refused:
        sessions.schedule(course, when, chosen, place=place)
    assert rules_of(refused) == [rule]


def test_a_manager_may_go_against_hours_and_chairs_but_never_against_the_ledger(hub, people, session):
    course = activity(people["manager"], places=41)
    late = sessions.schedule(course, slot(hour=21), [layout(hub["aula-1"])], anyway=True)
    assert sessions.troubles(course) == {late.number: "shut"}
    lost = sessions.schedule(course, slot(30))
    assert sessions.troubles(course) == {late.number: "shut", lost.number: "lost"}
    with pytest.raises(ledger.Conflict):
        sessions.schedule(course, slot(hour=21), [layout(hub["aula-1"])], anyway=True)


def test_a_public_session_is_somewhere(hub, people, session):
    _course, one = published(people["manager"], layout(hub["aula-1"]))
    with pytest.raises(Refusal) as refused:
        sessions.move(one, one.slot, by=people["manager"])
    assert rules_of(refused) == ["without-space"]


def test_a_booking_that_goes_gives_a_session_its_set_up_back_and_the_audit_finds_nothing(hub, people, session):
    course = activity(people["manager"])
    bay = layout(hub["campata-nord"], "isole")
    before = ask(bay, slot(20, hour=14), people["citizen"])
    one = sessions.schedule(course, slot(20, hour=16), [bay])
    assert one.standing[0].setup_min == 0
    booking.withdraw(before, by=people["citizen"])
    assert one.standing[0].setup_min == bay.setup_min
    assert spaces.audit() == NOTHING_WRONG


# --- what others see of a session


def test_a_space_is_not_closed_over_a_session_until_it_has_moved(hub, people, session):
    manager = people["manager"]
    bay = layout(hub["campata-nord"], "isole")
    _, one = published(manager, bay)
    whole, just_after = [hub["officina-grande"]], Slot(one.ends_at, one.ends_at + timedelta(hours=1))
    for slot_of_it in (one.slot, just_after):  # its clean-up too
        with pytest.raises(Refusal) as refused:
            closing.close(whole, slot_of_it, {"it": "Lavori"}, seen=closing.seal([]), by=manager)
        assert refused.value.rule == "closure-session"
        assert refused.value.values == {"space": hub["campata-nord"].name, "starts": one.starts_at}
    before = one.slot
    sessions.move(one, slot(40), [bay], by=manager)
    closing.close(whole, before, {"it": "Lavori"}, seen=closing.seal([]), by=manager)
    with pytest.raises(Refusal):
        sessions.move(one, before, [bay], by=manager)
    session.rollback()


def test_the_desk_for_closures_says_where_and_when_a_session_is(app, client):
    with app.app_context():
        made, people = demo.load_spaces(), load_people()
        db.session.flush()
        _, one = published(people["manager"], layout(made["aula-1"]))
        db.session.commit()
        day = wall(one.starts_at).date()
    page = client.known_as("gestore@officine.example").page(
        "/gestione/chiusure/nuova", query_string={"spazio": "aule-1-2", "dal": day.isoformat(), "motivo": "Lavori"}
    )
    assert page.status == 422 and "In Aula 1 c'è un incontro di un'attività" in page.text and "16:00" in page.text
    assert client.page(f"/gestione/chiusure/nuova?spazio=aula-2&dal={day}&motivo=Lavori").status == 200


def test_the_hours_of_sessions_count_as_used_and_as_nobody_s_prime_time(hub, people, session):
    published(people["manager"], layout(hub["aule-1-2"], "banchi"))
    gone, two = published(people["manager"], layout(hub["portico"], "vuota"), slug="altro-corso")
    sessions.call_off(two, "Pioggia", by=people["manager"])
    activity(people["manager"], slug="bozza")
    session.flush()
    known = usage.figures(today(), today() + timedelta(days=40))
    used = {name["it"]: minutes for name, minutes, _opened, _share in usage.by_space(known) if minutes}
    assert used == {"Aula 1": 120, "Aula 2": 120} and gone.state == "published"
    assert usage.by_audience(known) == [("programme", 0, 1, 120)]
    assert sum(known.used_hours.values()) == 240
    assert usage.prime(known, [(tuple(range(7)), 0, 1440)]) == []
    assert usage.no_shows(known, slot(60).starts) == []


def test_the_statistics_have_a_line_for_the_programme(app, client):
    with app.app_context():
        made, people = demo.load_spaces(), load_people()
        db.session.flush()
        published(people["manager"], layout(made["aula-1"]), when=slot(20))
        db.session.commit()
        last = today() + timedelta(days=40)
    page = client.known_as("gestore@officine.example").page(f"/gestione/statistiche?dal={today()}&al={last}")
    assert "Attività del programma" in page.text
