"""Members on a real database: roles, leaving, handing over, acting, and the two adults of a group."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.accounts import personal_data
from hub.accounts.models import Person, SignIn
from hub.accounts.service import open_sign_in, person_of
from hub.db import db
from hub.notices.models import Notice
from hub.organisations import invitations, members, personal, service, verification
from hub.organisations.models import Invitation, Organisation
from tests.hub.organisations.conftest import (
    CHILD,
    GROWN_UP,
    OTHER_CODE,
    founded,
    grouped,
    join,
    place,
    somebody,
    told,
    verified,
)
from tests.hub.organisations.test_service import again, lines, refusal_of


@pytest.fixture
def circle(people) -> Organisation:
    """A verified association: rosa stands for it, pino acts for it, ugo is in it."""
    made = verified(people["rosa"], people["manager"])
    join(made, people["pino"], "editor")
    join(made, people["ugo"])
    return made


def roles(organisation: Organisation) -> dict[str, str]:
    return {one.person.given_name: one.role for one in service.members_of(organisation)}


def acting(person: Person, organisation: Organisation | None = None) -> str:
    """The token of a browser in which somebody acts for an organisation."""
    token = open_sign_in(person, hours=1)
    if organisation:
        members.act_for(organisation.id, by=person_of(token))
    db.session.commit()
    return token


def acts_for(token: str) -> str | None:
    db.session.expire_all()
    organisation = person_of(token).acting_as
    return organisation and organisation.name


# --- roles


def test_the_representative_changes_roles_and_the_member_hears(people, circle):
    mine = place(people["rosa"], circle)
    members.change_role(place(people["ugo"], circle), "editor", by=mine)
    members.change_role(place(people["ugo"], circle), "editor", by=mine)
    assert roles(circle) == {"Rosa": "legal_rep", "Pino": "editor", "Ugo": "editor"}
    assert told()[-1] == ("role_changed", "ugo@posta.example")
    assert [kind for kind, _ in told()].count("role_changed") == 1


def test_nobody_else_changes_roles_or_sends_away(people, circle):
    for name in ("pino", "ugo"):
        mine, theirs = place(people[name], circle), place(people["ugo"], circle)
        assert refusal_of(members.change_role, theirs, "editor", by=mine).rule == "role"
        assert refusal_of(members.remove, theirs, by=place(people[name], circle)).rule == "role"
        assert refusal_of(members.hand_over, theirs, by=place(people[name], circle)).rule == "role"


def test_who_was_sent_away_is_gone_and_hears_it(people, circle, session):
    theirs = place(people["ugo"], circle)
    members.remove(theirs, by=place(people["rosa"], circle))
    session.commit()
    assert service.membership_of(people["ugo"], circle.id) is None
    assert told()[-1] == ("removed", "ugo@posta.example")
    assert refusal_of(members.remove, theirs, by=place(people["rosa"], circle)).rule == "left"
    assert refusal_of(members.change_role, theirs, "editor", by=place(people["rosa"], circle)).rule == "left"


def test_a_member_leaves_and_the_representative_hears(people, circle, session):
    members.leave(by=place(people["pino"], circle))
    session.commit()
    assert roles(circle) == {"Rosa": "legal_rep", "Ugo": "member"}
    assert told()[-1] == ("left", "rosa@posta.example")


def test_the_representative_does_not_leave_before_handing_over(people, circle, session):
    assert refusal_of(members.leave, by=place(people["rosa"], circle)).rule == "representative"
    assert refusal_of(members.remove, place(people["rosa"], circle), by=place(people["rosa"], circle)).rule == "representative"
    members.hand_over(place(people["ugo"], circle), by=place(people["rosa"], circle))
    session.commit()
    assert roles(circle) == {"Ugo": "legal_rep", "Rosa": "editor", "Pino": "editor"}
    assert told()[-2:] == [("representative", "ugo@posta.example"), ("representative", "rosa@posta.example")]
    assert lines(circle)[-1] == ("verified", "verified", "representative")
    members.leave(by=place(people["rosa"], circle))
    session.commit()
    assert roles(circle) == {"Ugo": "legal_rep", "Pino": "editor"}


def test_a_child_does_not_come_to_stand_for_an_organisation(people, circle, session):
    session.get(Person, people["ugo"].id).birth_date = CHILD
    session.commit()
    refusal = refusal_of(members.hand_over, place(people["ugo"], circle), by=place(people["rosa"], circle))
    assert (refusal.rule, refusal.field) == ("adult", "member")
    group = grouped(people["rosa"], people["pino"])
    theirs = place(people["pino"], group)
    assert refusal_of(members.hand_over, theirs, by=place(people["rosa"], group)).rule == "adult"  # a day that nobody knows


def test_of_a_closed_organisation_everybody_may_leave(people, circle, session):
    service.close(by=place(people["rosa"], circle))
    session.commit()
    theirs = place(people["ugo"], circle)
    assert refusal_of(members.change_role, theirs, "editor", by=place(people["rosa"], circle)).rule == "closed"
    members.leave(by=place(people["rosa"], circle))
    session.commit()
    assert service.memberships_of(people["rosa"]) == []


def test_invitations_go_with_whoever_sent_them(people, circle, session):
    invitations.invite("a@posta.example", "member", by=place(people["pino"], circle))
    invitations.invite("b@posta.example", "member", by=place(people["rosa"], circle))
    members.leave(by=place(people["pino"], circle))
    session.commit()
    open_ones = session.scalars(sa.select(Invitation.email).where(Invitation.answer.is_(None))).all()
    assert open_ones == ["b@posta.example"]


# --- two adults


def test_a_verified_group_keeps_two_adults_in_words_first(people, session):
    ada = somebody("ada", GROWN_UP)
    group = grouped(people["rosa"], ada, manager=people["manager"])
    assert refusal_of(members.leave, by=place(ada, group)).rule == "two-adults"
    assert refusal_of(members.remove, place(ada, group), by=place(people["rosa"], group)).rule == "two-adults"
    join(group, somebody("ida", GROWN_UP))
    members.leave(by=place(ada, group))
    session.commit()
    assert roles(group) == {"Rosa": "legal_rep", "Ida": "member"}


def test_a_group_that_waits_may_shrink(people, session):
    group = grouped(people["rosa"], people["pino"])
    members.leave(by=place(people["pino"], group))
    session.commit()
    assert roles(group) == {"Rosa": "legal_rep"}


def test_the_database_itself_keeps_two_adults(people, session):
    ada = somebody("ada", GROWN_UP)
    group = grouped(people["rosa"], ada, manager=people["manager"])
    theirs = place(ada, group)
    theirs.ended_at = group.created_at
    with pytest.raises(IntegrityError, match="two_adults_stay"):
        session.flush()
    session.rollback()
    for day in (None, CHILD):
        with pytest.raises(IntegrityError, match="two_adults_born"):
            session.execute(sa.update(Person).filter_by(id=ada.id).values(birth_date=day))
        session.rollback()
    lone = grouped(people["pino"])
    lone.state = "verified"
    with pytest.raises(IntegrityError, match="two_adults_verified"):
        session.flush()
    session.rollback()


def test_where_the_database_speaks_first_it_is_put_in_words(people, session):
    """The clock of the database may stand before midnight when Lecce's is past it."""
    ada = somebody("ada", CHILD)
    group = grouped(people["rosa"], ada)
    session.commit()
    found = again(group)
    ada_row = session.get(Person, ada.id)
    sa.orm.attributes.set_committed_value(ada_row, "birth_date", GROWN_UP)  # as this session saw it a moment ago
    assert refusal_of(verification.verify, found, by=people["manager"]).rule == "two-adults"


def test_a_day_of_birth_is_told_once(people, session):
    group = grouped(people["rosa"], people["pino"])
    assert refusal_of(members.declare_birth, None, by=place(people["pino"], group)).rule == "birth-missing"
    members.declare_birth(GROWN_UP, by=place(people["pino"], group))
    members.declare_birth(CHILD, by=place(people["pino"], group))
    assert session.get(Person, people["pino"].id).birth_date == GROWN_UP


# --- acting


def test_whoever_may_acts_in_this_browser_alone(people, circle):
    here, there = acting(people["pino"], circle), acting(people["pino"])
    assert (acts_for(here), acts_for(there)) == (circle.name, None)
    members.act_for(None, by=person_of(here))
    db.session.commit()
    assert acts_for(here) is None


def test_who_may_not_act_is_refused_in_words(people, circle):
    waiting = founded(people["ugo"], name="Altra", tax_code=OTHER_CODE)
    browser = person_of(acting(people["ugo"]))
    assert refusal_of(members.act_for, circle.id, by=browser).rule == "acting-role"
    assert refusal_of(members.act_for, waiting.id, by=browser).rule == "acting-state"
    assert refusal_of(members.act_for, 0, by=browser).rule == "acting-role"
    stranger = person_of(acting(people["citizen"]))
    assert refusal_of(members.act_for, circle.id, by=stranger).rule == "acting-role"


def test_the_organisations_to_act_for_are_verified_and_one_s_own(people, circle):
    founded(people["rosa"], name="Altra", tax_code=OTHER_CODE)
    names = {name: [one.name for one in members.organisations_to_act_for(people[name])] for name in ("rosa", "pino", "ugo")}
    assert names == {"rosa": [circle.name], "pino": [circle.name], "ugo": []}


def _leaves(people, circle):
    members.leave(by=place(people["pino"], circle))


def _is_sent_away(people, circle):
    members.remove(place(people["pino"], circle), by=place(people["rosa"], circle))


def _becomes_a_member(people, circle):
    members.change_role(place(people["pino"], circle), "member", by=place(people["rosa"], circle))


def _closes(people, circle):
    service.close(by=place(people["rosa"], circle))


def _is_verified_again(people, circle):
    service.revise({"name": "Altro nome"}, by=place(people["rosa"], circle))


@pytest.mark.parametrize("what", [_leaves, _is_sent_away, _becomes_a_member, _closes, _is_verified_again])
def test_the_acting_ends_with_what_it_rests_on(people, circle, what):
    here, theirs = acting(people["pino"], circle), acting(people["rosa"], circle)
    what(people, circle)
    db.session.commit()
    assert acts_for(here) is None
    assert (acts_for(theirs) is None) == (what in (_closes, _is_verified_again))


def test_the_database_itself_refuses_to_act_without_the_right(people, circle, session):
    ugo, pino = acting(people["ugo"]), acting(people["pino"])
    waiting = founded(people["pino"], name="Altra", tax_code=OTHER_CODE)
    for token, organisation in ((ugo, circle), (pino, waiting)):
        mine = sa.update(SignIn).where(SignIn.person_id == person_of(token).id).values(acting_for=organisation.id)
        with pytest.raises(IntegrityError, match="acting_allowed_update"):
            session.execute(mine)
        session.rollback()


# --- a person's data


def test_a_person_reads_what_is_kept_and_hands_over_before_being_erased(people, circle, session):
    told_to = personal._tell(people["pino"])
    assert [one["name"] for one in told_to["memberships"]] == [circle.name]
    assert refusal_of(members.must_be_settled, people["rosa"]).rule == "representative"
    members.hand_over(place(people["pino"], circle), by=place(people["rosa"], circle))
    session.commit()
    drawer = personal_data.Drawer("organisations", "", personal._tell, members.forget, settle=members.must_be_settled)
    personal_data.erase(people["rosa"], [drawer])
    session.commit()
    assert roles(circle) == {"Pino": "legal_rep", "Ugo": "member"}
    assert "Rosa" not in str(session.scalars(sa.select(Notice.payload)).all())
