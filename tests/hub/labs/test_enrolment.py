"""Enrolling: who gets a place, who waits, who is refused and in which words; saying yes or no to a place that is kept."""

import pytest
import sqlalchemy as sa
import time_machine

from hub.clock import now
from hub.labs import enrolment, seats
from hub.labs.enrolment import Wanted
from hub.labs.models import EnrolGroup, HealthNote, QueueSkip
from hub.organisations.models import Membership, Organisation
from tests.hub.labs.makers import (
    DAY,
    HOUR,
    TICK,
    acts,
    adult,
    ask,
    child,
    enrol,
    history,
    lab,
    line,
    mine,
    organisation,
    own_record,
    person,
    refused,
    told,
    years_ago,
)


def rules_of(verb, *args, **kwargs) -> list[str]:
    return [one.rule for one in refused(verb, *args, **kwargs).all]


# --- a place, or the waiting list


def test_who_comes_first_has_the_free_place_with_the_lowest_number(session):
    robot = lab(places=3)
    ada, leo, pia = (adult(name) for name in ("Ada", "Leo", "Pia"))
    enrol(robot, ada), enrol(robot, leo)
    enrolment.withdraw(mine(robot, ada), "school", by=ada.person)
    enrol(robot, pia)
    assert line(robot) == [("Pia", "enrolled", 1), ("Leo", "enrolled", 2)]
    assert seats.places(robot) == (3, 2, 0) and seats.places(robot).free == 1


def test_where_no_place_is_free_they_wait_in_the_order_in_which_they_came(session):
    robot = lab(places=1)
    people = [adult(name) for name in ("Ada", "Leo", "Pia", "Ugo")]
    made = [enrol(robot, one)[0] for one in people]
    assert line(robot) == [("Ada", "enrolled", 1), ("Leo", "waiting", None), ("Pia", "waiting", None), ("Ugo", "waiting", None)]
    assert [enrolment.position(one) for one in made] == [None, 1, 2, 3]
    assert seats.places(robot) == (1, 1, 3)
    assert told() == [("enrolled", "Ada"), ("waiting", "Leo"), ("waiting", "Pia"), ("waiting", "Ugo")]


def test_the_class_comes_before_the_time(session):
    robot = lab(places=0)
    enrol(robot, ada := adult("Ada"))
    manager = person("Gino", role="manager")
    later = enrol(robot, adult("Leo"), by=manager, priority=-1, channel="assisted")[0]
    assert [one.participant.given_name for one in seats.waiting(robot)] == ["Leo", "Ada"]
    assert (enrolment.position(later), enrolment.position(mine(robot, ada))) == (1, 2)
    enrolment.set_places(robot, 1, by=manager)
    assert line(robot)[0] == ("Leo", "offered", 1)


def test_the_waiting_list_has_an_end(session):
    robot = lab(places=1, waiting_most=1)
    enrol(robot, adult("Ada")), enrol(robot, adult("Leo"))
    assert refused(enrol, robot, adult("Pia")).rule == "waiting-full"
    assert [name for name, *_ in line(robot)] == ["Ada", "Leo"]


def test_of_two_brothers_enrolled_apart_one_has_the_last_place_and_one_waits(session):
    rosa = person("Rosa")
    robot = lab(places=1)
    enrol(robot, child("Ada", rosa), child("Leo", rosa), by=rosa)
    assert line(robot) == [("Ada", "enrolled", 1), ("Leo", "waiting", None)]
    assert told() == [("enrolled", "Rosa"), ("waiting", "Rosa")]


def test_what_it_cost_and_who_enrolled_them_is_kept(session):
    rosa = person("Rosa")
    robot = lab(cost_cents=1500)
    made = enrol(robot, child("Ada", rosa), by=rosa, level=2)[0]
    assert (made.cost_cents, made.enrolled_by, made.channel, made.level, len(made.key)) == (1500, rosa, "web", 2, 16)


# --- when


def test_enrolment_opens_and_closes_at_an_instant_by_the_clock_of_the_server(session):
    robot = lab()
    opens, closes = robot.enrol_opens_at, robot.enrol_closes_at
    for name, at, rule in (
        ("Ada", opens - TICK, "not-yet"),
        ("Ada", opens, None),
        ("Leo", closes - TICK, None),
        ("Pia", closes, "late"),
    ):
        with time_machine.travel(at, tick=False):
            if rule:
                assert refused(enrol, robot, adult(f"{name}x")).rule == rule
            else:
                enrol(robot, adult(name))
    assert [name for name, *_ in line(robot)] == ["Ada", "Leo"]


def test_residents_come_first_and_from_an_instant_on_everybody(session):
    robot = lab(residents_until=now() + DAY)
    guest = adult("Leo", resident=False)
    enrol(robot, adult("Ada"))
    assert refused(enrol, robot, guest).rule == "residents_first"
    with time_machine.travel(robot.residents_until, tick=False):
        enrol(robot, guest)
    assert [name for name, *_ in line(robot)] == ["Ada", "Leo"]


@pytest.mark.parametrize("state", ["draft", "cancelled", "closed"])
def test_what_is_not_in_the_programme_takes_nobody(session, state):
    assert refused(enrol, lab(state=state), adult("Ada")).rule == "programme"


def test_what_is_over_takes_nobody_though_enrolment_is_open(session):
    robot = lab(begins=now() - 2 * HOUR - TICK)
    assert refused(enrol, robot, adult("Ada")).rule == "over"


@pytest.mark.parametrize(("takes", "rule"), [("none", "no-enrolment"), ("organisation", "takes-part")])
def test_where_persons_are_not_enrolled_they_hear_what_to_do(session, takes, rule):
    assert refused(enrol, lab(takes_part=takes), adult("Ada")).rule == rule


def test_the_age_is_that_of_the_first_session(session):
    rosa = person("Rosa")
    ada = child("Ada", rosa, years=10)
    eleven = ada.birth_date.replace(year=ada.birth_date.year + 11)
    for days, rule in ((0, None), (-1, "age")):
        begins = now().replace(year=eleven.year, month=eleven.month, day=eleven.day, hour=12) + days * DAY
        robot = lab(f"robot{days}", begins=begins, age_min=11, age_max=17)
        if rule:
            assert refused(enrol, robot, ada, by=rosa).values == {"least": 11, "most": 17, "age": 10}
        else:
            enrol(robot, ada, by=rosa)


def test_all_that_speaks_against_it_is_told_at_once(session):
    robot = lab(age_max=17, residents_until=now() + DAY)
    ask(robot, "text", required=True)
    guest = adult("Ada", resident=False)
    assert rules_of(enrol, robot, guest, by=person("Leo")) == ["residents_first", "age", "whose", "required"]


# --- who


def test_each_guardian_enrols_and_nobody_else(session):
    rosa, ugo, other = (person(name) for name in ("Rosa", "Ugo", "Pino"))
    ada = child("Ada", rosa, ugo)
    robot = lab()
    assert refused(enrol, robot, ada, by=other).rule == "whose"
    made = enrol(robot, ada, by=ugo)[0]
    assert told() == [("enrolled", "Rosa"), ("enrolled", "Ugo")]
    enrolment.withdraw(made, "family", by=rosa)


def test_who_is_of_age_enrols_by_themselves_alone(session):
    rosa = person("Rosa")
    ada = child("Ada", rosa, years=18, account=person("Ada"))
    robot = lab()
    assert refused(enrol, robot, ada, by=rosa).rule == "whose"
    assert enrol(robot, ada)[0].state == "enrolled"
    assert told() == [("enrolled", "Ada")]


def test_a_manager_enrols_at_the_desk(session):
    robot = lab()
    made = enrol(robot, child("Ada", person("Rosa")), by=person("Gino", role="manager"), channel="assisted")[0]
    assert (made.state, made.channel) == ("enrolled", "assisted")
    assert acts() == [("enrolment.created", "robot", None, {"channel": "assisted"})]


def test_an_operator_enrols_the_kids_of_the_centre_for_which_they_act(session):
    rosa, pia = person("Rosa"), person("Pia")
    centre = organisation("Volare", rosa, pia)
    kids = [child("Ada"), child("Leo")]
    robot = lab()
    assert refused(enrol, robot, *kids, by=rosa, through=centre, channel="import").rule == "whose"
    rosa.acting_as = centre
    made = enrol(robot, *kids, by=rosa, through=centre, channel="import")
    assert [one.through for one in made] == [centre, centre]
    assert told() == [("enrolled", "Rosa"), ("enrolled", "Pia")]  # nobody else is known: once each, for both kids
    assert [fact.keys() for *_, fact in acts()] == [{"channel", "org"}] * 2
    enrolment.withdraw(made[0], "distance", by=rosa)
    rosa.acting_as = None
    assert refused(enrolment.withdraw, made[1], "distance", by=rosa).rule == "whose"


def test_nobody_is_enrolled_twice_and_hears_who(session):
    rosa = person("Rosa")
    ada, leo = child("Ada", rosa), child("Leo", rosa)
    robot = lab(places=1)
    enrol(robot, ada, by=rosa)
    assert (told := refused(enrol, robot, leo, ada, by=rosa)).rule == "twice" and told.values == {"name": "Ada"}
    assert refused(enrol, robot, leo, leo, by=rosa).rule == "twice"
    enrol(robot, leo, by=rosa)
    assert refused(enrol, robot, leo, by=rosa).rule == "twice"  # who waits, too
    enrol(lab("music"), ada, by=rosa)


def test_who_left_may_come_back_at_the_end_of_the_line(session):
    robot = lab(places=1)
    ada, leo, pia = (adult(name) for name in ("Ada", "Leo", "Pia"))
    for one in (ada, leo, pia):
        enrol(robot, one)
    enrolment.withdraw(mine(robot, leo), "other", by=leo.person)
    enrol(robot, leo)
    assert [name for name, *_ in line(robot)] == ["Ada", "Pia", "Leo"]


def test_answers_and_the_sealed_note_are_kept(session):
    rosa = person("Rosa")
    robot = lab(asks_health=True)
    size, rules = ask(robot, "choice", choices=("S", "M")), ask(robot, "consent", required=True)
    wanted = Wanted(child("Ada", rosa), {str(size.id): "M", str(rules.id): True}, "sealed-text")
    made = enrolment.enrol(robot, [wanted], by=rosa)[0]
    assert made.answers == {str(size.id): "M", str(rules.id): True}
    note = session.get_one(HealthNote, made.id)
    assert (note.sealed, note.written_by_id) == ("sealed-text", rosa.id)
    told = refused(enrolment.enrol, robot, [Wanted(child("Leo", rosa), {str(size.id): "XL"})], by=rosa)
    assert [(one.field, one.values["question"]) for one in told.all] == [
        (f"question_{size.id}", size.words),
        (f"question_{rules.id}", rules.words),
    ]


# --- minors by themselves


def test_a_minor_from_fourteen_is_kept_a_place_until_a_guardian_confirms(session):
    rosa, ada = person("Rosa"), person("Ada")
    record = child("Ada", rosa, years=15, account=ada)
    robot = lab(offer_hours=24)
    with time_machine.travel(at := now(), tick=False):
        made = enrol(robot, record)[0]
    assert (made.state, made.seat, made.held_until) == ("pending", 1, at + 24 * HOUR)
    assert told() == [("pending", "Rosa"), ("pending", "Ada")] and acts() == []
    assert refused(enrolment.confirm, made, by=ada).rule == "guardian"
    assert refused(enrolment.confirm, made, by=person("Pino")).rule == "whose"
    enrolment.confirm(made, by=rosa)
    assert (made.state, made.held_until) == ("enrolled", None)
    assert told()[2:] == [("enrolled", "Rosa"), ("enrolled", "Ada")]
    assert acts() == [("enrolment.created", "robot", None, {"channel": "web"})]


@pytest.mark.parametrize(("years", "guarded"), [(13, True), (15, False)])
def test_younger_or_without_a_guardian_a_minor_does_not_enrol_alone(session, years, guarded):
    ada = person("Ada")
    record = child("Ada", *([person("Rosa")] if guarded else []), years=years, account=ada)
    assert (told := refused(enrol, lab(), record)).rule == "alone" and told.values == {"years": 14}


def test_a_place_that_no_guardian_confirms_goes_to_who_is_next(session):
    record = child("Ada", person("Rosa"), years=15, account=person("Ada"))
    robot = lab(places=1)
    made = enrol(robot, record)[0]
    enrol(robot, adult("Leo"))
    with time_machine.travel(made.held_until - TICK, tick=False):
        assert seats.settle() == 0
    with time_machine.travel(until := made.held_until, tick=False):
        assert seats.settle() == 1
    assert line(robot) == [("Leo", "offered", 1)]
    assert (made.state, made.seat, made.ended_at) == ("expired", None, until)
    assert told()[-3:] == [("expired", "Rosa"), ("expired", "Ada"), ("offered", "Leo")]


def test_a_minor_who_waited_is_offered_the_place_and_a_guardian_says_yes(session):
    rosa, ada = person("Rosa"), person("Ada")
    robot = lab(places=1)
    leo = adult("Leo")
    enrol(robot, leo)
    made = enrol(robot, child("Ada", rosa, years=15, account=ada))[0]
    enrolment.withdraw(mine(robot, leo), "school", by=leo.person)
    assert made.state == "offered"
    assert refused(enrolment.accept, made, by=ada).rule == "guardian"
    enrolment.accept(made, by=rosa)
    assert line(robot) == [("Ada", "enrolled", 1)]


def test_a_minor_may_take_back_what_they_asked_for(session):
    ada = person("Ada")
    made = enrol(lab(), child("Ada", person("Rosa"), years=15, account=ada))[0]
    enrolment.withdraw(made, "unsaid", by=ada)
    assert made.state == "withdrawn" and acts() == []


# --- offers


@pytest.fixture
def offered(session):
    """A lab with one place, which Ada gave up: it is offered to Leo, and Pia waits."""
    robot = lab(places=1, offer_hours=24)
    ada, leo, pia = (adult(name) for name in ("Ada", "Leo", "Pia"))
    for one in (ada, leo, pia):
        enrol(robot, one)
    with time_machine.travel(robot.created_at + HOUR, tick=False):
        enrolment.withdraw(mine(robot, ada), "school", by=ada.person)
    return robot, mine(robot, leo), mine(robot, pia)


def test_a_place_that_is_given_up_is_offered_to_who_is_next_for_some_hours(offered):
    robot, leo, _ = offered
    assert line(robot) == [("Leo", "offered", 1), ("Pia", "waiting", None)]
    assert leo.held_until == robot.created_at + 25 * HOUR
    assert told()[-2:] == [("offered", "Leo"), ("withdrawn", "Ada")]


def test_an_offer_can_be_had_until_its_last_instant_and_not_at_it(offered):
    robot, leo, _ = offered
    until = leo.held_until
    with time_machine.travel(until, tick=False):  # nobody's worker has run
        assert (told := refused(enrolment.accept, leo, by=leo.participant.person)).rule == "offer-late"
        assert told.values == {"until": until}
        assert refused(enrolment.decline, leo, by=leo.participant.person).rule == "offer-late"
    with time_machine.travel(until - TICK, tick=False):
        assert enrolment.accept(leo, by=leo.participant.person) == [leo]
    assert line(robot)[0] == ("Leo", "enrolled", 1)
    assert acts()[-1] == ("enrolment.created", "robot", None, {"channel": "web"})


def test_an_offer_that_nobody_took_moves_on_and_says_so(offered):
    robot, leo, pia = offered
    with time_machine.travel(leo.held_until + HOUR, tick=False):
        assert seats.settle() == 1
        assert refused(enrolment.accept, leo, by=leo.participant.person).rule == "offer-late"
        assert pia.held_until == now() + 24 * HOUR
    assert line(robot) == [("Pia", "offered", 1)]
    assert told()[-2:] == [("expired", "Leo"), ("offered", "Pia")]
    assert [one.after for one in history(leo)] == ["waiting", "offered", "expired"]


def test_who_comes_before_the_worker_overtakes_nobody(offered):
    robot, leo, _ = offered
    with time_machine.travel(leo.held_until, tick=False):
        enrol(robot, adult("Ugo"))
    assert line(robot) == [("Pia", "offered", 1), ("Ugo", "waiting", None)]


def test_a_place_that_was_kept_too_long_counts_as_free_before_the_worker_comes(offered):
    robot, leo, _ = offered
    with time_machine.travel(leo.held_until - TICK, tick=False):
        assert seats.places(robot) == (1, 1, 1)
    with time_machine.travel(leo.held_until, tick=False):
        assert seats.places(robot) == (1, 0, 1)


def test_a_no_moves_the_offer_on_at_once(offered):
    robot, leo, pia = offered
    assert enrolment.decline(leo, by=leo.participant.person) == [leo]
    assert (leo.state, leo.end_reason) == ("withdrawn", "unsaid")
    assert line(robot) == [("Pia", "offered", 1)]
    enrolment.decline(pia, by=pia.participant.person)
    assert line(robot) == []


def test_only_who_is_asked_answers_an_offer(offered):
    _, leo, pia = offered
    for verb in (enrolment.accept, enrolment.decline):
        assert refused(verb, leo, by=pia.participant.person).rule == "whose"
        assert refused(verb, pia, by=pia.participant.person).rule == "state"  # who waits has no offer
    enrolment.accept(leo, by=leo.participant.person)
    assert refused(enrolment.accept, leo, by=leo.participant.person).rule == "state"


def test_what_is_over_or_called_off_offers_nothing_any_longer(offered):
    robot, leo, _ = offered
    robot.state = "closed"
    for verb in (enrolment.accept, enrolment.decline):
        assert refused(verb, leo, by=leo.participant.person).rule == "programme"


def test_a_newcomer_never_overtakes_who_waits_though_the_rules_changed_meanwhile(session):
    """Places were kept for a group; the manager allows one more skip: it is Leo's, who was there before."""
    rosa = person("Rosa")
    robot = lab(places=3, skips_most=0)
    first, second = adult("Uno"), adult("Due")
    enrol(robot, first), enrol(robot, second)
    enrol(robot, child("Ada", rosa), child("Pia", rosa), by=rosa, together=True)
    enrol(robot, adult("Leo"))
    assert [name for name, state, _ in line(robot) if state == "waiting"] == ["Ada", "Pia", "Leo"]
    robot.skips_most = 1
    enrol(robot, adult("Ugo"))
    assert ("Leo", "offered", 3) in line(robot)
    assert [name for name, state, _ in line(robot) if state == "waiting"] == ["Ada", "Pia", "Ugo"]


# --- groups


def test_a_group_gets_places_together_or_waits_together(session):
    rosa = person("Rosa")
    robot = lab(places=3)
    kids = [child(name, rosa) for name in ("Ada", "Leo", "Pia")]
    made = enrol(robot, *kids, by=rosa, together=True)
    assert [one.state for one in made] == ["enrolled"] * 3 and len({one.group_id for one in made}) == 1
    music = lab("music", places=2)
    assert refused(enrol, music, *kids, by=rosa, together=True).rule == "group-size"
    art = lab("art", places=3)
    enrol(art, adult("Ugo"))
    enrol(art, *kids, by=rosa, together=True)
    assert line(art)[1:] == [(name, "waiting", None) for name in ("Ada", "Leo", "Pia")]
    assert told() == [("enrolled", "Rosa"), ("enrolled", "Ugo"), ("waiting", "Rosa")]


def test_one_alone_is_no_group(session):
    assert enrol(lab(), adult("Ada"), together=True)[0].group_id is None


def test_a_group_that_does_not_fit_is_passed_over_twice_and_then_places_are_kept_for_it(session):
    rosa = person("Rosa")
    robot = lab(places=3, skips_most=2)
    uno, due = adult("Uno"), adult("Due")
    enrol(robot, uno), enrol(robot, due)
    group = enrol(robot, child("Ada", rosa), child("Leo", rosa), by=rosa, together=True)
    past = []
    for name in ("Tre", "Quattro"):
        here = adult(name)
        past += enrol(robot, here)
        assert past[-1].state == "enrolled"
        if name == "Tre":
            enrolment.withdraw(past[-1], "work", by=here.person)
    skips = session.execute(sa.select(QueueSkip.group_id, QueueSkip.enrolment_id).order_by(QueueSkip.id)).all()
    assert skips == [(group[0].group_id, one.id) for one in past]
    assert session.get_one(EnrolGroup, group[0].group_id).skips == 2
    enrolment.withdraw(past[-1], "work", by=past[-1].participant.person)
    enrol(robot, adult("Cinque"))  # a place is free, but kept
    assert line(robot)[2:] == [("Ada", "waiting", None), ("Leo", "waiting", None), ("Cinque", "waiting", None)]
    assert seats.places(robot) == (3, 2, 3)
    enrolment.withdraw(mine(robot, due), "work", by=due.person)
    assert line(robot)[1:] == [("Ada", "offered", 2), ("Leo", "offered", 3), ("Cinque", "waiting", None)]
    assert told()[-2:] == [("offered", "Rosa"), ("withdrawn", "Due")]


@pytest.fixture
def family(session):
    """A group of two who are offered places together, and one who waits behind them; Rosa answers for the two."""
    rosa, uno = person("Rosa"), adult("Uno")
    robot = lab(places=2)
    enrol(robot, uno), enrol(robot, adult("Due"))
    enrol(robot, child("Ada", rosa), child("Leo", rosa), by=rosa, together=True)
    enrol(robot, adult("Pia"))
    enrolment.set_places(robot, 4, by=person("Gino", role="manager"))
    assert line(robot)[2:] == [("Ada", "offered", 3), ("Leo", "offered", 4), ("Pia", "waiting", None)]
    ada, leo = enrolment.people.enrolments(robot, ["offered"])
    return robot, ada, leo, rosa


def test_a_group_says_yes_as_one(family):
    robot, ada, leo, rosa = family
    assert enrolment.accept(leo, by=rosa) == [ada, leo]
    assert line(robot)[2:4] == [("Ada", "enrolled", 3), ("Leo", "enrolled", 4)]
    assert told()[-1] == ("enrolled", "Rosa")


def test_a_group_says_no_as_one(family):
    robot, ada, leo, rosa = family
    assert enrolment.decline(ada, by=rosa) == [ada, leo]
    assert line(robot)[2:] == [("Pia", "offered", 3)]


def test_one_of_a_group_leaves_and_the_others_keep_their_places(family):
    robot, ada, leo, rosa = family
    enrolment.withdraw(ada, "family", by=rosa)
    assert line(robot)[2:] == [("Pia", "offered", 3), ("Leo", "offered", 4)]
    assert enrolment.accept(leo, by=rosa) == [leo]


def test_a_group_lapses_as_one(family):
    robot, ada, leo, _ = family
    with time_machine.travel(ada.held_until, tick=False):
        assert seats.settle() == 2
    assert (ada.state, leo.state) == ("expired", "expired")
    assert line(robot)[2:] == [("Pia", "offered", 3)]


def test_a_group_that_becomes_smaller_may_fit(session):
    rosa = person("Rosa")
    robot = lab(places=2, skips_most=0)
    enrol(robot, adult("Uno"))
    ada, _ = enrol(robot, child("Ada", rosa), child("Leo", rosa), by=rosa, together=True)
    enrolment.withdraw(ada, "family", by=rosa)
    assert line(robot) == [("Uno", "enrolled", 1), ("Leo", "offered", 2)]


# --- organisations


def test_an_organisation_is_enrolled_by_who_acts_for_it_and_is_told_by_its_people(session):
    rosa, pia, ugo = person("Rosa"), person("Pia"), person("Ugo")
    firm = organisation("Bici", rosa, pia)
    session.add(Membership(organisation_id=firm.id, person_id=ugo.id, role="member", since=now()))
    path = lab("path", places=1, takes_part="organisation")
    need = ask(path, "text", required=True)
    answers = {str(need.id): "Un socio"}
    assert rules_of(enrolment.enrol_organisation, path, firm, {}, by=rosa) == ["whose", "required"]
    rosa.acting_as = firm
    made = enrolment.enrol_organisation(path, firm, answers, by=rosa, level=2)
    assert (made.state, made.seat, made.organisation, made.participant_id) == ("enrolled", 1, firm, None)
    assert told() == [("enrolled", "Rosa"), ("enrolled", "Pia")]  # who may act for it, not every member
    assert acts() == [("enrolment.created", "path", None, {"channel": "web", "identity": 2})]
    assert refused(enrolment.enrol_organisation, path, firm, answers, by=rosa).values == {"name": "Bici"}
    assert refused(enrolment.enrol_organisation, lab("robot"), firm, {}, by=rosa).rule == "takes-part"
    other = organisation("Orto", pia)
    pia.acting_as = other
    enrolment.enrol_organisation(path, other, answers, by=pia)
    enrolment.withdraw(made, "other", by=rosa)
    assert refused(enrolment.accept, mine(path, other), by=rosa).rule == "whose"
    enrolment.accept(mine(path, other), by=pia)
    assert mine(path, other).seat == 1


def test_a_manager_enrols_organisations_that_are_verified(session):
    gino = person("Gino", role="manager")
    path = lab("path", takes_part="organisation")
    enrolment.enrol_organisation(path, organisation("Bici", person("Rosa")), {}, by=gino, channel="paper")
    waiting = organisation("Orto", person("Pia"), state="pending")
    assert refused(enrolment.enrol_organisation, path, waiting, {}, by=gino).rule == "whose"


def test_an_organisation_that_is_no_record_is_none_of_a_persons(session):
    """The two kinds of who are apart: a participant's and an organisation's equal numbers are two."""
    rosa = person("Rosa")
    firm, record = organisation("Bici", rosa), own_record(rosa, years_ago(40))
    assert isinstance(firm, Organisation) and firm.id == record.id
    rosa.acting_as = firm
    path = lab("path", takes_part="organisation")
    enrolment.enrol_organisation(path, firm, {}, by=rosa)
    path.takes_part = "person"
    enrol(path, record)
    assert seats.places(path) == (2, 2, 0)
