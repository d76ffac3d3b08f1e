"""Invitations on a real database: sent, sent again, taken back, answered once, and thrown away in time."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub.accounts import throttle
from hub.accounts.models import Person
from hub.accounts.service import digest
from hub.clock import now
from hub.db import db
from hub.notices.letter import letter
from hub.notices.models import Notice
from hub.organisations import invitations, members, service, verification
from hub.organisations.models import Invitation, Organisation
from hub.refusal import Refusal
from tests.hub.organisations.conftest import GROWN_UP, founded, grouped, join, place, somebody, token, told, verified
from tests.hub.organisations.test_service import again, refusal_of

ADDRESS = "nuova@posta.example"


@pytest.fixture
def circle(people) -> Organisation:
    return verified(people["rosa"], people["manager"])


def invite(by: Person, organisation: Organisation, email: str = ADDRESS, role: str = "editor") -> Invitation:
    made = invitations.invite(email, role, by=place(by, organisation))
    db.session.commit()
    return made


def test_an_invitation_goes_by_mail_and_says_who_to_what_and_as_what(app, people, circle, session):
    made = invite(people["rosa"], circle, " Nuova@Posta.Example ")
    assert (made.email, made.role, made.answer) == (ADDRESS, "editor", None)
    assert made.expires_at - made.created_at >= timedelta(days=14)
    sent = session.scalars(sa.select(Notice).filter_by(kind="organisations/invited")).one()
    assert (sent.private, sent.address, sent.subject) == (True, ADDRESS, f"invitation:{made.id}")
    mail = letter(sent)
    body = mail.get_content()
    assert circle.name in mail["Subject"]
    assert "Rosa Greco ti invita" in body and f"http://localhost/inviti/{token()}" in body and "persona delegata" in body
    assert made.token_hash == digest(token()) and token() not in str(session.execute(sa.select(Invitation.__table__)).all())


def test_nobody_learns_whether_an_address_has_an_account(people, circle, session):
    for address in ("pino@posta.example", "rosa@posta.example", ADDRESS):
        invite(people["rosa"], circle, address)
    sent = session.scalars(sa.select(Notice).filter_by(kind="organisations/invited").order_by(Notice.id)).all()
    facts = [{name: value for name, value in row.payload.items() if name != "link"} for row in sent]
    assert facts[0] == facts[1] == facts[2]
    assert {(row.name, row.language, row.private, row.subject.split(":")[0]) for row in sent} == {("", "it", True, "invitation")}


def test_an_address_has_one_open_invitation_and_another_where_it_expired(people, circle):
    with time_machine.travel(now() - timedelta(days=15)):
        old = invite(people["rosa"], circle, role="member")
        first = token()
    assert invitations.standing(old) == "expired"
    new = invite(people["rosa"], circle)
    assert (new.id, new.role, invitations.standing(new)) == (old.id, "editor", "open")
    assert invitations.invitation_with(first) is None and invitations.invitation_with(token()).id == old.id
    refusal = refusal_of(invite, people["rosa"], circle, ADDRESS.upper())
    assert (refusal.rule, refusal.field) == ("invited", "email")


def test_sending_again_makes_the_link_before_worthless(people, circle):
    made = invite(people["rosa"], circle)
    first = token()
    invitations.resend(made, by=place(people["rosa"], circle))
    db.session.commit()
    assert token() != first
    assert refusal_of(invitations.accept, first, by=people["ugo"]).rule == "invitation"
    assert invitations.accept(token(), by=people["ugo"]).id == circle.id


def test_who_acts_invites_members_and_the_representative_those_who_act(people, circle):
    join(circle, people["pino"], "editor")
    join(circle, people["ugo"])
    made = invite(people["pino"], circle, role="member")
    assert refusal_of(invite, people["pino"], circle, "x@posta.example", "editor").rule == "role"
    assert refusal_of(invite, people["ugo"], circle, "x@posta.example", "member").rule == "role"
    for verb in (invitations.resend, invitations.revoke):
        assert refusal_of(verb, made, by=place(people["ugo"], circle)).rule == "role"
    stronger = invite(people["rosa"], circle, "y@posta.example", "editor")
    assert refusal_of(invitations.resend, stronger, by=place(people["pino"], circle)).rule == "role"


def test_a_name_that_leads_elsewhere_is_not_mailed_to_others(people, circle, session):
    session.get(Person, people["rosa"].id).family_name = "vedi www.evil.example"
    session.commit()
    assert refusal_of(invite, people["rosa"], circle).rule == "name"


def test_accepting_makes_a_member_once_and_the_others_hear(people, circle, session):
    join(circle, people["pino"], "editor")
    made = invite(people["pino"], circle, role="member")
    link = token()
    assert invitations.accept(link, by=people["ugo"]).id == circle.id
    session.commit()
    assert place(people["ugo"], circle).role == "member"
    assert made.answer == "accepted"
    assert told()[-2:] == [("joined", "rosa@posta.example"), ("joined", "pino@posta.example")]
    before = len(told())
    invitations.accept(link, by=people["ugo"])  # a second press of the button
    assert len(told()) == before
    assert refusal_of(invitations.accept, link, by=people["citizen"]).rule == "invitation"


@pytest.mark.parametrize("end", ["expired", "revoked", "declined", "unknown", "replaced"])
def test_a_link_that_is_over_opens_nothing(people, circle, session, end):
    made = invite(people["rosa"], circle)
    link = token()
    if end == "revoked":
        invitations.revoke(made, by=place(people["rosa"], circle))
        invitations.revoke(made, by=place(people["rosa"], circle))
    elif end == "declined":
        invitations.decline(link)
        invitations.decline(link)
    elif end == "replaced":
        invitations.resend(made, by=place(people["rosa"], circle))
    session.commit()
    later = now() + timedelta(days=14, seconds=1 if end == "expired" else -3600)
    with time_machine.travel(later):
        link = "nessuno" if end == "unknown" else link
        assert refusal_of(invitations.accept, link, by=people["ugo"]).rule == "invitation"
        if end != "declined":
            assert refusal_of(invitations.decline, link).rule == "invitation"
    assert service.membership_of(people["ugo"], circle.id) is None


def test_declining_needs_no_account_and_is_told_to_who_asked(people, circle, session):
    invite(people["rosa"], circle)
    invitations.decline(token())
    session.commit()
    assert told()[-1] == ("declined", "rosa@posta.example")
    invite(people["rosa"], circle)  # they may be asked again


def test_an_answered_invitation_is_neither_sent_again_nor_taken_back(people, circle, session):
    made = invite(people["rosa"], circle)
    invitations.accept(token(), by=people["ugo"])
    session.commit()
    for verb in (invitations.resend, invitations.revoke):
        assert refusal_of(verb, made, by=place(people["rosa"], circle)).rule == "invitation"


def test_a_member_who_is_asked_again_hears_that_they_belong(people, circle, session):
    invite(people["rosa"], circle, "ugo@posta.example", "member")
    invitations.accept(token(), by=people["ugo"])
    invite(people["rosa"], circle, "ugo@posta.example")
    assert refusal_of(invitations.accept, token(), by=people["ugo"]).rule == "member"
    assert place(people["ugo"], circle).role == "member"


def test_who_left_may_come_back_by_another_invitation(people, circle, session):
    for _ in range(2):
        invite(people["rosa"], circle)
        invitations.accept(token(), by=people["ugo"])
        members.leave(by=place(people["ugo"], circle))
        session.commit()
    rows = session.scalar(sa.select(sa.func.count()).select_from(Organisation).join(Organisation.memberships))
    assert rows == 3


def test_an_evaluator_does_not_join_the_implementer_and_is_told_so(people, circle, session):
    invite(people["rosa"], circle)
    verification.mark_implementer(again(circle), True, by=people["manager"])
    session.commit()
    assert refusal_of(invitations.accept, token(), by=people["evaluator"]).rule == "evaluator-apart"
    assert invitations.standing(invitations.invitation_with(token())) == "open"


def test_a_group_asks_whoever_joins_for_their_day_of_birth(people, session):
    group = grouped(people["rosa"])
    invite(people["rosa"], group, role="member")
    assert refusal_of(invitations.accept, token(), by=people["ugo"]).rule == "birth-missing"
    invitations.accept(token(), by=people["ugo"], birth_date=GROWN_UP)
    session.commit()
    verification.verify(again(group), by=people["manager"])
    assert session.get(Person, people["ugo"].id).birth_date == GROWN_UP


def test_an_association_does_not_keep_a_day_of_birth_that_nobody_needs(people, circle, session):
    invite(people["rosa"], circle)
    invitations.accept(token(), by=people["ugo"], birth_date=GROWN_UP)
    assert session.get(Person, people["ugo"].id).birth_date is None


def test_nobody_is_invited_to_what_is_closed(people, circle, session):
    invite(people["rosa"], circle)
    link = token()
    service.close(by=place(people["rosa"], circle))
    session.commit()
    assert refusal_of(invite, people["rosa"], circle, "x@posta.example").rule == "closed"
    assert refusal_of(invitations.accept, link, by=people["ugo"]).rule == "invitation"


def test_mails_are_limited_by_mailbox_by_organisation_and_by_person(app, people, session):
    made = founded(people["rosa"])
    session.rollback()

    def sends(address: str, by: Person = people["rosa"], organisation: int = made.id) -> str:
        try:
            invitations.must_not_flood(address, organisation, by=by)
        except Refusal as refusal:
            return refusal.rule
        return "sent"

    assert [sends("Una@posta.example") for _ in range(invitations.TO_MAILBOX.times + 1)][-2:] == ["sent", "too-many"]
    left = invitations.FROM_ORGANISATION.times - invitations.TO_MAILBOX.times - 1
    assert [sends(f"a{number}@posta.example") for number in range(left + 1)][-2:] == ["sent", "too-many"]
    pino = [sends(f"b{number}@posta.example", people["pino"]) for number in range(2)]
    assert pino == ["too-many", "too-many"]  # whoever sends for it, it is one organisation
    ugo = [sends(f"c{number}@posta.example", people["ugo"], 1000 + number) for number in range(invitations.FROM_PERSON.times + 1)]
    assert ugo[-2:] == ["sent", "too-many"]  # for however many organisations they send
    assert throttle.may_be_sent("una@posta.example", asked_from=None)  # a lost password is another matter
    with time_machine.travel(now() + timedelta(minutes=61)):
        assert sends("una@posta.example") == "sent"


def test_addresses_are_thrown_away_in_time(people, circle, session):
    answered, expired, live = (invite(people["rosa"], circle, f"{name}@posta.example") for name in ("a", "b", "c"))
    invitations.revoke(answered, by=place(people["rosa"], circle))
    expired.expires_at = now() + timedelta(days=3)
    live.expires_at = now() + timedelta(days=14)
    session.commit()
    assert invitations.purge_invitations(now() + timedelta(days=29)) == 0
    assert invitations.purge_invitations(now() + timedelta(days=31)) == 1
    assert invitations.purge_invitations(now() + timedelta(days=34)) == 1
    assert session.scalars(sa.select(Invitation.email)).all() == ["c@posta.example"]


def test_an_invitation_is_in_the_language_of_whoever_sends_it(app, people, circle, session):
    session.get(Person, people["rosa"].id).language = "en"
    session.commit()
    invite(people["rosa"], circle)
    sent = session.scalars(sa.select(Notice).filter_by(kind="organisations/invited")).one()
    assert sent.language == "en"


def test_somebody_new_joins_with_the_account_they_made(people, circle, session):
    invite(people["rosa"], circle)
    newcomer = somebody("nuova")
    session.commit()
    invitations.accept(token(), by=newcomer)
    session.commit()
    assert place(newcomer, circle).role == "editor"
