"""Invitations to an organisation: sent by mail to an address of which nobody says whether it has an account."""

from datetime import date, datetime

from sqlalchemy.orm import joinedload

from hub.accounts import throttle
from hub.accounts.models import Person
from hub.accounts.rules import mailbox
from hub.accounts.throttle import Limit
from hub.clock import now
from hub.db import db
from hub.organisations import inviting, rules
from hub.organisations.inviting import standing
from hub.organisations.models import Invitation, Membership, Organisation
from hub.organisations.promises import in_words
from hub.organisations.service import PATH, know_birth, lock, lock_person, members_of, membership_of, tell

LINK_PATH = "/inviti/"
# Not the limit of the links that people ask for themselves: five invitations would stand in the way of a lost password.
TO_MAILBOX = Limit("invitations-mailbox", 5, 60)
FROM_ORGANISATION = Limit("invitations-organisation", 20, 60)  # mails that one organisation sends
FROM_PERSON = Limit("invitations-person", 30, 60)  # mails that one person sends, for all their organisations


def must_not_flood(email: str, organisation_id: int, *, by: Person) -> None:
    """Count one more mail to this address. Raises Refusal (rule "too-many"); before the transaction begins to write."""
    throttle.count(FROM_PERSON, by.subject)
    throttle.count(FROM_ORGANISATION, str(organisation_id))
    throttle.count(TO_MAILBOX, mailbox(email))


def invite(email: str, role: str, *, by: Membership) -> Invitation:
    """Ask whoever reads this address to join as editor or member. Raises Refusal.

    Says nothing of who has an account: a member who is asked again hears it on opening the link.
    """
    organisation = by.organisation
    rules.must_be_alive(organisation.state)
    rules.must_invite_below(by.role, role)
    rules.must_be_a_name(by.person.name)
    invitation = inviting.asked(Invitation, email, organisation_id=organisation.id)
    if invitation is None:
        invitation = inviting.anew(Invitation, email, organisation_id=organisation.id)
    else:
        rules.must_not_be_invited(standing(invitation) == "open")
    invitation.role = role
    _send(invitation, by)
    return invitation


def resend(invitation: Invitation, *, by: Membership) -> None:
    """Another link, with all its days; the one before opens nothing any more. Raises Refusal."""
    rules.must_be_alive(by.organisation.state)
    rules.must_invite_below(by.role, invitation.role)
    inviting.must_be_unanswered(invitation)
    _send(invitation, by)


def revoke(invitation: Invitation, *, by: Membership) -> None:
    """Take an invitation back. Raises Refusal."""
    rules.must_act(by.role)
    inviting.revoke(invitation)


def unanswered(organisation: Organisation) -> list[Invitation]:
    """The invitations that nobody has answered, expired ones too, the newest first; with who sent them."""
    return inviting.unanswered(Invitation, organisation_id=organisation.id)


def invitation_of(organisation: Organisation, id: int) -> Invitation | None:
    """The invitation to this organisation with this number; None where it is of another."""
    return inviting.invitation_of(Invitation, id, organisation_id=organisation.id)


def invitation_with(token: str, *, locked: bool = False) -> Invitation | None:
    """The invitation whose link has this token, with the organisation and who sent it; None where we never sent it, or
    sent another since."""
    asked = inviting.with_token(Invitation, token)
    if locked:
        for id in db.session.scalars(asked.with_only_columns(Invitation.organisation_id)).all():
            lock(id)
    asked = asked.options(joinedload(Invitation.organisation), joinedload(Invitation.inviter))
    return db.session.scalars(asked, execution_options={"populate_existing": locked}).one_or_none()


def accept(token: str, *, by: Person, birth_date: date | None = None) -> Organisation:
    """Join: the organisation that one belongs to now. A second press of the button says the same. Raises Refusal.

    Whoever has the link may, with whichever address they have registered: it was sent to a mailbox of theirs.
    birth_date: what somebody declares who joins an informal group.
    """
    invitation = invitation_with(token, locked=True)
    rules.must_be_open("unknown" if invitation is None else "open")
    organisation, person = invitation.organisation, lock_person(by)
    is_member = membership_of(by, organisation.id) is not None
    if is_member and invitation.answer == "accepted":
        return organisation
    rules.must_be_a_newcomer(is_member)
    rules.must_be_open(standing(invitation))
    rules.must_be_alive(organisation.state)
    if organisation.kind == "informal_group":
        know_birth(person, birth_date)
    with in_words():
        db.session.add(Membership(organisation_id=organisation.id, person=person, role=invitation.role, since=now()))
        inviting.answer(invitation, "accepted")
    tell("joined", _concerned(invitation), organisation, role=invitation.role)
    return organisation


def decline(token: str) -> None:
    """Say no, signed in or not. A second press of the button says the same. Raises Refusal."""
    invitation = invitation_with(token, locked=True)
    if invitation is None or invitation.answer != "declined":
        rules.must_be_open(standing(invitation))
        inviting.answer(invitation, "declined")
        link = f"{PATH}{invitation.organisation_id}/inviti"
        tell("declined", _concerned(invitation), invitation.organisation, link=link)


def purge_invitations(at: datetime) -> int:
    """Delete the invitations that were answered, or expired, long ago: an address is not kept for longer. How many rows."""
    return inviting.purge(Invitation, at)


def _send(invitation: Invitation, by: Membership) -> None:
    invitation.invited_by = by.person_id
    facts = {"organisation": by.organisation.name, "role": invitation.role}
    inviting.send(invitation, "organisations/invited", LINK_PATH, by=by.person, **facts)


def _concerned(invitation: Invitation) -> list[Person]:
    """Who hears the answer: whoever sent the invitation, where they are still there, and the legal representative."""
    members = members_of(invitation.organisation)
    return [one.person for one in members if one.person_id == invitation.invited_by or one.role == "legal_rep"]
