"""Who writes a proposal together: invited by mail, accepted or declined by whoever has the link, left by one's own will."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts import throttle
from hub.accounts.models import Person
from hub.accounts.rules import mailbox
from hub.accounts.throttle import Limit
from hub.clock import now
from hub.db import db
from hub.notices.service import notice
from hub.organisations import inviting
from hub.organisations.rules import must_be_a_name, must_be_open, must_not_be_invited
from hub.proposals import drafts, news, rules
from hub.proposals.holding import hold
from hub.proposals.models import AuthorInvitation, Proposal, ProposalAuthor, Voice
from hub.proposals.voices import By
from hub.refusal import Refusal, refusals

LINK_PATH = "/proposte/inviti/"
MOST_AUTHORS = 10
TO_MAILBOX = Limit("author-invitations-mailbox", 5, 60)
FROM_PERSON = Limit("author-invitations-person", 20, 60)  # mails that one person sends, for all their proposals


def must_not_flood(email: str, *, by: Person) -> None:
    """Count one more mail to this address. Raises Refusal (rule "too-many"); before the transaction begins to write."""
    throttle.count(FROM_PERSON, by.subject)
    throttle.count(TO_MAILBOX, mailbox(email))


def invite(proposal: Proposal, email: str, *, by: Person) -> AuthorInvitation:
    """Ask whoever reads this address to be an author too. Raises Refusal. Says nothing of who has an account."""
    _must_be_joinable(proposal)
    must_be_a_name(by.name)
    _must_have_room(len(authors(proposal)) + len(unanswered(proposal)))
    invitation = inviting.asked(AuthorInvitation, email, proposal_id=proposal.id)
    if invitation is None:
        invitation = inviting.anew(AuthorInvitation, email, proposal_id=proposal.id)
    else:
        must_not_be_invited(inviting.standing(invitation) == "open")
    _send(invitation, proposal, by)
    return invitation


def resend(invitation: AuthorInvitation, *, by: Person) -> None:
    """Another link, with all its days; the one before opens nothing any more. Raises Refusal."""
    _must_be_joinable(invitation.proposal)
    inviting.must_be_unanswered(invitation)
    _send(invitation, invitation.proposal, by)


def revoke(invitation: AuthorInvitation) -> None:
    """Take an invitation back. Raises Refusal."""
    inviting.revoke(invitation)


def authors(proposal: Proposal) -> list[ProposalAuthor]:
    """Its authors now, the first to come first; with who they are."""
    found = sa.select(ProposalAuthor).filter_by(proposal_id=proposal.id, left_at=None).order_by(ProposalAuthor.id)
    return list(db.session.scalars(found.options(joinedload(ProposalAuthor.voice).joinedload(Voice.person))))


def unanswered(proposal: Proposal) -> list[AuthorInvitation]:
    """The invitations that nobody has answered, expired ones too, the newest first; with who sent them."""
    return inviting.unanswered(AuthorInvitation, proposal_id=proposal.id)


def invitation_of(proposal: Proposal, id: int) -> AuthorInvitation | None:
    """The invitation to this proposal with this number; None where it is to another."""
    return inviting.invitation_of(AuthorInvitation, id, proposal_id=proposal.id)


def invitation_with(token: str, *, locked: bool = False) -> AuthorInvitation | None:
    """The invitation whose link has this token, with the proposal and who sent it; None where we never sent it, or sent
    another since."""
    asked = inviting.with_token(AuthorInvitation, token)
    if locked:
        theirs = asked.with_only_columns(AuthorInvitation.proposal_id)
        db.session.execute(sa.select(Proposal.id).where(Proposal.id.in_(theirs)).with_for_update())
    whole = joinedload(AuthorInvitation.proposal)
    asked = asked.options(
        *(whole.joinedload(Proposal.process), whole.joinedload(Proposal.organisation), whole.selectinload(Proposal.versions)),
        joinedload(AuthorInvitation.inviter),
    )
    return db.session.scalars(asked, execution_options={"populate_existing": locked}).one_or_none()


def standing(invitation: AuthorInvitation | None) -> str:
    """How it stands: open, expired, accepted, declined, revoked; or unknown. One to what is closed or hidden is revoked."""
    found = inviting.standing(invitation)
    return "revoked" if found == "open" and not _is_joinable(invitation.proposal) else found


def accept(token: str, *, named: bool, by: By) -> Proposal:
    """Be an author from now on. named: whether pages say so. A second press of the button says the same. Raises Refusal.

    Whoever has the link may, with whichever address they have registered: it was sent to a mailbox of theirs.
    """
    invitation = invitation_with(token, locked=True)
    must_be_open("unknown" if invitation is None else "open")
    proposal, theirs = invitation.proposal, {"proposal_id": invitation.proposal_id, "voice_id": by.voice.id}
    known = db.session.scalars(sa.select(ProposalAuthor).filter_by(left_at=None, **theirs)).one_or_none()
    if known is not None and invitation.answer == "accepted":
        return proposal
    if known is not None:
        raise Refusal("Sei già tra gli autori di questa proposta.", rule="author")
    must_be_open(standing(invitation))
    _must_have_room(len(authors(proposal)))
    db.session.add(ProposalAuthor(named=named, since=now(), **theirs))
    inviting.answer(invitation, "accepted")
    db.session.expire(proposal, ["authors"])
    if proposal.published_at is not None:
        news.tell(proposal, "co_author", by.voice.person)
    _tell(invitation, "proposals/author_joined")
    return proposal


def decline(token: str) -> None:
    """Say no, signed in or not. A second press of the button says the same. Raises Refusal."""
    invitation = invitation_with(token, locked=True)
    if invitation is None or invitation.answer != "declined":
        must_be_open(standing(invitation))
        inviting.answer(invitation, "declined")
        _tell(invitation, "proposals/author_declined")


def leave(proposal: Proposal, *, by: By) -> None:
    """Be an author no longer. Raises Refusal: what is published has one, and a draft is thrown away by its last."""
    hold(proposal)
    here = authors(proposal)
    mine = next((one for one in here if one.voice_id == by.voice.id), None)
    if mine is None:
        raise Refusal("Non sei tra gli autori di questa proposta.", rule="author")
    if len(here) == 1:
        if proposal.published_at is None:
            raise Refusal("Nessun altro la scrive: se non serve più, elimina la bozza.", rule="last-author")
        raise Refusal("Nessun altro ne risponde: se non la vuoi più, ritirala dicendo perché.", rule="last-author")
    mine.left_at = now()
    db.session.flush()
    db.session.expire(proposal, ["authors"])
    if proposal.published_at is not None:
        news.tell(proposal, "co_author", by.voice.person, left=True)


def purge_author_invitations(at: datetime) -> int:
    """Delete the invitations that were answered, or expired, long ago. How many rows."""
    return inviting.purge(AuthorInvitation, at)


def _is_joinable(proposal: Proposal) -> bool:
    return proposal.state in ("draft", *rules.LIVE_STATES) and proposal.hidden_at is None


def _must_be_joinable(proposal: Proposal) -> None:
    if not _is_joinable(proposal):
        raise Refusal("Questa proposta ha già una risposta o è chiusa: non si aggiungono altri autori.", rule="closed")


def _must_have_room(count: int) -> None:
    if count >= MOST_AUTHORS:
        raise Refusal(
            "Una proposta ha al massimo %(most)s autori, contando gli inviti senza risposta.",
            field="email",
            rule="most-authors",
            most=MOST_AUTHORS,
        )


def _send(invitation: AuthorInvitation, proposal: Proposal, by: Person) -> None:
    invitation.invited_by_id = by.id
    title = " ".join(drafts.typed(proposal)["title"].split())[: rules.LONGEST_TITLE]
    if refusals(lambda: must_be_a_name(title)):  # a draft says anything; in a mail that nobody asked for it leads nowhere
        title = ""
    inviting.send(invitation, "proposals/invited", LINK_PATH, by=by, title=title, process=proposal.process.title)


def _tell(invitation: AuthorInvitation, kind: str) -> None:
    """Whoever sent the invitation hears how it was answered."""
    title = drafts.typed(invitation.proposal).get("title", "")
    notice(kind, to=invitation.inviter, title=title, link=f"/proposte/{invitation.proposal.code}/autori")
