"""Invitations of a family, by mail: to answer for a child too, or to take over one's own record."""

from datetime import datetime

from sqlalchemy.orm import joinedload

from hub.accounts import throttle
from hub.accounts.models import Person
from hub.accounts.rules import mailbox
from hub.accounts.throttle import Limit
from hub.clock import today
from hub.db import db
from hub.families import rules
from hub.families.models import FamilyInvitation, Participant
from hub.families.service import (
    answer_for,
    answers_for,
    enrolments_of,
    erase,
    guardians_of,
    guards,
    is_guarded,
    lock,
    record_of,
    tell,
)
from hub.organisations import inviting
from hub.organisations.rules import must_be_a_name, must_be_open, must_not_be_invited

LINK_PATH = "/famiglia/inviti/"
TO_MAILBOX = Limit("family-invitations-mailbox", 5, 60)
FROM_PERSON = Limit("family-invitations-person", 10, 60)  # mails that one person sends, for all their children


def must_not_flood(email: str, *, by: Person) -> None:
    """Count one more mail to this address. Raises Refusal (rule "too-many"); before the transaction begins to write."""
    throttle.count(FROM_PERSON, by.subject)
    throttle.count(TO_MAILBOX, mailbox(email))


def invite(record: Participant, email: str, *, by: Person) -> FamilyInvitation:
    """Ask whoever reads this address to answer for the child too. Raises Refusal. Says nothing of who has an account."""
    rules.must_answer(guards(by, record))
    return _invite(record, "guardian", email, by)


def offer(record: Participant, email: str, *, by: Person) -> FamilyInvitation:
    """Ask whoever reads this address to take over their own record: from fourteen on, for a guardian. Raises Refusal."""
    rules.must_answer(guards(by, record))
    rules.must_be_old_enough(record.birth_date, today())
    rules.must_be_without_account(record.person_id is not None)
    return _invite(record, "own", email, by)


def hand_over(record: Participant, email: str, *, by: Person) -> FamilyInvitation:
    """The same, by a manager who has checked who they are: once they are of age, and nobody gave it to them. Asked again, the
    link before opens nothing any more. Raises Refusal."""
    rules.must_have_come_of_age(record.birth_date, today())
    rules.must_be_without_account(record.person_id is not None)
    return _invite(record, "own", email, by, again=True)


def ask_guardian(record: Participant, email: str, *, organisation: str, by: Person) -> FamilyInvitation | None:
    """Ask whoever answers for a child that an organisation (its name) has entered to take the record over. None where they were
    asked already, or somebody else answers for the child. Raises Refusal."""
    if is_guarded(record) or standing(_asked(record, email)) == "open":
        return None
    return _invite(record, "guardian", email, by, organisation=organisation)


def _asked(record: Participant, email: str) -> FamilyInvitation | None:
    return inviting.asked(FamilyInvitation, email, participant_id=record.id)


def _invite(
    record: Participant, invited_as: str, email: str, by: Person, *, again: bool = False, organisation: str = ""
) -> FamilyInvitation:
    must_be_a_name(by.name)
    invitation = _asked(record, email)
    if invitation is None:
        invitation = inviting.anew(FamilyInvitation, email, participant_id=record.id)
    else:
        must_not_be_invited(standing(invitation) == "open" and not again)
    invitation.invited_as = invited_as
    _send(invitation, by, organisation)
    return invitation


def resend(invitation: FamilyInvitation, *, by: Person) -> None:
    """Another link, with all its days; the one before opens nothing any more. Raises Refusal."""
    rules.must_answer(guards(by, invitation.participant))
    inviting.must_be_unanswered(invitation)
    _send(invitation, by)


def revoke(invitation: FamilyInvitation, *, by: Person) -> None:
    """Take an invitation back. Raises Refusal."""
    rules.must_answer(answers_for(by, invitation.participant))
    inviting.revoke(invitation)


def unanswered(record: Participant) -> list[FamilyInvitation]:
    """The invitations about a participant that nobody has answered, expired ones too, the newest first; with who sent them."""
    return inviting.unanswered(FamilyInvitation, participant_id=record.id)


def invitation_of(record: Participant, id: int) -> FamilyInvitation | None:
    """The invitation about this participant with this number; None where it is about another."""
    return inviting.invitation_of(FamilyInvitation, id, participant_id=record.id)


def invitation_with(token: str, *, locked: bool = False) -> FamilyInvitation | None:
    """The invitation whose link has this token, with whom it is about and who sent it; None where we never sent it, or sent
    another since."""
    asked = inviting.with_token(FamilyInvitation, token)
    if locked:
        lock(*db.session.scalars(asked.with_only_columns(FamilyInvitation.participant_id)))
    asked = asked.options(joinedload(FamilyInvitation.participant), joinedload(FamilyInvitation.inviter))
    return db.session.scalars(asked, execution_options={"populate_existing": locked}).one_or_none()


def standing(invitation: FamilyInvitation | None) -> str:
    """How it stands: open, expired, accepted, declined, revoked; or unknown. One to answer for somebody who has come of age
    since is expired."""
    found = inviting.standing(invitation)
    if found == "open" and invitation.invited_as == "guardian" and not rules.is_minor(invitation.participant.birth_date, today()):
        return "expired"
    return found


def accept(token: str, *, by: Person, basis: str = "", other_agrees: bool = False) -> Participant:
    """Answer for the child too, or take over one's own record. A second press of the button says the same. Raises Refusal.

    Whoever has the link may, with whichever address they have registered: it was sent to a mailbox of theirs.
    basis, other_agrees: of a guardian, see `hub.families.service.add_child`.
    """
    invitation = invitation_with(token, locked=True)
    must_be_open("unknown" if invitation is None else "open")
    record, person = invitation.participant, db.session.get_one(Person, by.id)
    has_it = record.person_id == by.id if invitation.invited_as == "own" else guards(by, record)
    if has_it and invitation.answer == "accepted":
        return record
    must_be_open(standing(invitation))
    if invitation.invited_as == "own":
        _take_over(record, person)
        others = guardians_of(record)
    else:
        own = record_of(person)
        rules.must_be_grown_up(person.birth_date or (own and own.birth_date), today())
        rules.must_not_answer_yet(has_it)
        others = guardians_of(record)
        answer_for(record, basis=basis, other_agrees=other_agrees, by=person)
    inviting.answer(invitation, "accepted")
    tell("joined", others, record, invited_as=invitation.invited_as)
    return record


def _take_over(record: Participant, person: Person) -> None:
    """The record is this account's from now on. One that they had themselves goes, where nothing was done with it."""
    rules.must_be_without_account(record.person_id is not None)
    rules.must_not_be_its_guardian(guards(person, record))
    own = record_of(person)
    rules.must_be_born_alike(record.birth_date, person.birth_date or (own and own.birth_date))
    if own is not None:
        rules.must_have_no_other(is_guarded(own, ever=True) or bool(enrolments_of(own)))
        erase(own)
    record.person_id = person.id
    record.given_name, record.family_name = person.given_name, person.family_name
    db.session.flush()


def decline(token: str) -> None:
    """Say no, signed in or not. A second press of the button says the same. Raises Refusal."""
    invitation = invitation_with(token, locked=True)
    if invitation is None or invitation.answer != "declined":
        must_be_open(standing(invitation))
        inviting.answer(invitation, "declined")
        tell("declined", guardians_of(invitation.participant), invitation.participant)


def purge_family_invitations(at: datetime) -> int:
    """Delete the invitations that were answered, or expired, long ago: an address is not kept for longer. How many rows."""
    return inviting.purge(FamilyInvitation, at)


def _send(invitation: FamilyInvitation, by: Person, organisation: str = "") -> None:
    invitation.invited_by_id = by.id
    kind = "families/invited" if invitation.invited_as == "guardian" else "families/offered"
    told = {}
    if organisation:
        kind, told = "families/entered", {"organisation": organisation}
    inviting.send(invitation, kind, LINK_PATH, by=by, **told)
