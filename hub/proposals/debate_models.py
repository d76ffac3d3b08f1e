"""Support, votes, comments and moderation: what people say of a proposal, and what is done about what they say.

A support is one of the numbered ones that a person has in a phase (slot): the database refuses the second for a number, and
any beyond the phase's last. Whoever it comes from, staff or not, it lies in a phase that is open to it, or is refused.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Person
from hub.db import UtcDateTime, db, one_of, refuse, unique_while
from hub.organisations.models import Organisation
from hub.proposals.models import Proposal, Voice
from hub.proposals.process_models import Phase
from hub.proposals.rules import (
    APPEAL_OUTCOMES,
    CHANNELS,
    CHOICES,
    LIVE_STATES,
    LONGEST_COMMENT,
    MODERATION_REASONS,
    MODERATION_STEPS,
    REPORT_REASONS,
    STANCES,
    SUPPORT_KINDS,
)

_LIVE = ", ".join(map(repr, LIVE_STATES))


class Support(db.Model):
    """A person supports a proposal, or an organisation endorses it, which counts as no person; until revoked_at.

    slot: the number of a person's support among those they have in the phase, from 1; None of an endorsement. device: a keyed
    digest of where it came from, by which moderators see many from one place; removed after some days. event_id: of the log's
    row, None while the phase hides its counts: the log is an output too.
    """

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"))
    phase_id: Mapped[int] = mapped_column(sa.ForeignKey("phase.id"))
    voice_id: Mapped[int] = mapped_column(sa.ForeignKey("voice.id"))
    kind: Mapped[str] = mapped_column(sa.String(12), default="support")
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    slot: Mapped[int | None]
    channel: Mapped[str] = mapped_column(sa.String(10), default="web")
    level: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    device: Mapped[str | None] = mapped_column(sa.String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    event_id: Mapped[str | None] = mapped_column(sa.String(64))

    proposal: Mapped[Proposal] = relationship()
    phase: Mapped[Phase] = relationship()
    voice: Mapped[Voice] = relationship()
    organisation: Mapped[Organisation | None] = relationship()

    __table_args__ = (
        one_of("kind", SUPPORT_KINDS),
        one_of("channel", CHANNELS),
        sa.CheckConstraint("(kind = 'support') = (organisation_id IS NULL)", name="who"),
        sa.CheckConstraint("(kind = 'support') = (slot IS NOT NULL) AND (slot IS NULL OR slot > 0)", name="slot"),
        unique_while("revoked_at IS NULL AND kind = 'support'", "one_live_support", "proposal_id", "voice_id"),
        unique_while("revoked_at IS NULL AND kind = 'endorsement'", "one_live_endorsement", "proposal_id", "organisation_id"),
        unique_while("revoked_at IS NULL AND slot IS NOT NULL", "one_support_a_slot", "voice_id", "phase_id", "slot"),
        sa.Index("ix_support_unlogged", "phase_id", "event_id"),
        sa.Index("ix_support_when", "proposal_id", "at"),
        sa.Index("ix_support_device", "device"),
    )


class Vote(db.Model):
    """What somebody voted on a proposal; another vote takes its place (replaced_at) for as long as the phase is open."""

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"))
    phase_id: Mapped[int] = mapped_column(sa.ForeignKey("phase.id"), index=True)
    voice_id: Mapped[int] = mapped_column(sa.ForeignKey("voice.id"), index=True)
    choice: Mapped[str] = mapped_column(sa.String(10))
    channel: Mapped[str] = mapped_column(sa.String(10), default="web")
    level: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        one_of("choice", CHOICES),
        one_of("channel", CHANNELS),
        unique_while("replaced_at IS NULL", "one_live_vote", "proposal_id", "voice_id"),
    )


class ProposalComment(db.Model):
    """Something said of a proposal, or in answer to somebody who did (parent), never deeper.

    text: plain words, safe as HTML (nh3); "" once its author has removed it (removed_at). hidden_at: since when a moderator
    hides it, which is told in other words than that its author removed it.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("proposal_comment.id"), index=True)
    voice_id: Mapped[int] = mapped_column(sa.ForeignKey("voice.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    stance: Mapped[str | None] = mapped_column(sa.String(10))
    text: Mapped[str] = mapped_column(sa.Text)
    named: Mapped[bool] = mapped_column(default=False)
    channel: Mapped[str] = mapped_column(sa.String(10), default="web")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    proposal: Mapped[Proposal] = relationship()
    voice: Mapped[Voice] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    parent: Mapped["ProposalComment | None"] = relationship(remote_side=lambda: ProposalComment.id)

    __table_args__ = (
        one_of("stance", STANCES),
        one_of("channel", CHANNELS),
        sa.CheckConstraint(f"length(text) <= {LONGEST_COMMENT}", name="length"),
        sa.CheckConstraint("(text = '') = (removed_at IS NOT NULL)", name="removed"),
        sa.CheckConstraint("parent_id IS NULL OR stance IS NULL", name="stance_of_a_thread"),
        sa.Index("ix_proposal_comment_thread", "proposal_id", "id"),
    )


class CommentReport(db.Model):
    """Somebody asks the moderators to look at a comment or a proposal; once for each."""

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), index=True)
    comment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("proposal_comment.id"), index=True)
    voice_id: Mapped[int] = mapped_column(sa.ForeignKey("voice.id"))
    reason: Mapped[str] = mapped_column(sa.String(15))
    words: Mapped[str] = mapped_column(sa.String(500), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        one_of("reason", REPORT_REASONS),
        unique_while("comment_id IS NOT NULL", "one_report_a_comment", "comment_id", "voice_id"),
        unique_while("comment_id IS NULL", "one_report_a_proposal", "proposal_id", "voice_id"),
    )


class Moderation(db.Model):
    """A moderator hid or restored a comment, or a proposal (comment_id None): why, in which words, by which version of the
    policy, and until when its author may appeal. Never altered."""

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), index=True)
    comment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("proposal_comment.id"), index=True)
    step: Mapped[str] = mapped_column(sa.String(10))
    reason: Mapped[str] = mapped_column(sa.String(15))
    words: Mapped[str] = mapped_column(sa.String(500))
    policy: Mapped[str] = mapped_column(sa.String(10))
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    appeal_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    by: Mapped[Person] = relationship()
    appeal: Mapped["Appeal | None"] = relationship(back_populates="moderation")

    __table_args__ = (
        one_of("step", MODERATION_STEPS),
        one_of("reason", MODERATION_REASONS),
        sa.CheckConstraint("words <> ''", name="words"),
        sa.CheckConstraint("(step = 'hidden') = (appeal_until IS NOT NULL)", name="appeal"),
    )


class Appeal(db.Model):
    """Whose words were hidden asks somebody else to look again; decided once, never by who hid them."""

    moderation_id: Mapped[int] = mapped_column(sa.ForeignKey("moderation.id"), primary_key=True)
    text: Mapped[str] = mapped_column(sa.String(1000))
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("voice.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(sa.String(10))
    words: Mapped[str] = mapped_column(sa.String(500), default="")
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    moderation: Mapped[Moderation] = relationship(back_populates="appeal")

    __table_args__ = (
        one_of("outcome", APPEAL_OUTCOMES),
        sa.CheckConstraint("text <> ''", name="text"),
        sa.CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="decided"),
        sa.CheckConstraint("(outcome IS NULL) = (decided_by_id IS NULL)", name="decided_by"),
        sa.CheckConstraint("outcome IS NULL OR words <> ''", name="words"),
    )


_NOT_OPEN = (
    "NOT EXISTS (SELECT 1 FROM phase f JOIN proposal p ON p.process_id = f.process_id WHERE f.id = NEW.phase_id"
    " AND p.id = NEW.proposal_id AND f.{switch} AND f.opens_at <= NEW.at AND NEW.at < f.closes_at"
    f" AND p.state IN ({_LIVE}) AND p.hidden_at IS NULL)"
)
refuse(Support.__table__, "support_while_open", "INSERT", when=_NOT_OPEN.format(switch="supports"))
refuse(Vote.__table__, "vote_while_open", "INSERT", when=_NOT_OPEN.format(switch="votes"))
refuse(
    Support.__table__,
    "support_within_limit",
    "INSERT",
    when="NEW.slot > (SELECT f.supports_most FROM phase f WHERE f.id = NEW.phase_id)",
)
# An organisation endorses what others propose, once somebody has looked at what it is.
refuse(
    Support.__table__,
    "endorsement_of_another",
    "INSERT",
    when="NEW.kind = 'endorsement' AND NOT EXISTS (SELECT 1 FROM organisation o, proposal p WHERE o.id = NEW.organisation_id"
    " AND o.state = 'verified' AND p.id = NEW.proposal_id AND COALESCE(p.organisation_id, 0) <> o.id)",
)
# How a phase ended stays: what was given in it is taken back, and voted otherwise, while it is open. Not so where somebody
# claims what was done for them and had done the same: the second of one person ends with its move to the other voice.
_AFTER_ITS_PHASE = (
    "OLD.{column} IS NULL AND NEW.{column} IS NOT NULL AND NEW.voice_id = OLD.voice_id AND NOT EXISTS"
    " (SELECT 1 FROM phase f WHERE f.id = OLD.phase_id AND f.opens_at <= NEW.{column} AND NEW.{column} < f.closes_at)"
)
refuse(Support.__table__, "support_revoked_while_open", "UPDATE", when=_AFTER_ITS_PHASE.format(column="revoked_at"))
refuse(Vote.__table__, "vote_replaced_while_open", "UPDATE", when=_AFTER_ITS_PHASE.format(column="replaced_at"))
# A support is given or taken back, never turned into another: only whose it is may follow somebody who claims it.
refuse(
    Support.__table__,
    "support_kept_update",
    "UPDATE",
    when="NEW.proposal_id <> OLD.proposal_id OR NEW.phase_id <> OLD.phase_id OR NEW.kind <> OLD.kind OR NEW.at <> OLD.at"
    " OR NEW.channel <> OLD.channel OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL)"
    " OR (OLD.event_id IS NOT NULL AND COALESCE(NEW.event_id, '') <> OLD.event_id)",
)
refuse(Support.__table__, "support_kept_delete", "DELETE")
refuse(
    Vote.__table__,
    "vote_kept_update",
    "UPDATE",
    when="NEW.choice <> OLD.choice OR NEW.proposal_id <> OLD.proposal_id OR NEW.phase_id <> OLD.phase_id OR NEW.at <> OLD.at"
    " OR (OLD.replaced_at IS NOT NULL AND NEW.replaced_at IS NULL)",
)
refuse(Vote.__table__, "vote_kept_delete", "DELETE")
refuse(
    ProposalComment.__table__,
    "comment_while_open",
    "INSERT",
    when="NOT EXISTS (SELECT 1 FROM proposal p JOIN phase f ON f.process_id = p.process_id WHERE p.id = NEW.proposal_id"
    f" AND f.discusses AND f.opens_at <= NEW.at AND NEW.at < f.closes_at AND p.state IN ({_LIVE}) AND p.hidden_at IS NULL)",
)
# Threads are two deep: one answers somebody who answered nobody, of the same proposal.
refuse(
    ProposalComment.__table__,
    "comment_two_deep",
    "INSERT",
    when="NEW.parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM proposal_comment c WHERE c.id = NEW.parent_id"
    " AND c.parent_id IS NULL AND c.proposal_id = NEW.proposal_id)",
)
refuse(
    ProposalComment.__table__,
    "comment_kept_update",
    "UPDATE",
    when="(NEW.text <> OLD.text AND NEW.text <> '') OR COALESCE(NEW.parent_id, 0) <> COALESCE(OLD.parent_id, 0)"
    " OR NEW.proposal_id <> OLD.proposal_id OR (OLD.removed_at IS NOT NULL AND NEW.removed_at IS NULL)",
)
refuse(ProposalComment.__table__, "comment_kept_delete", "DELETE")
refuse(Moderation.__table__, "moderation_kept_update", "UPDATE")
refuse(Moderation.__table__, "moderation_kept_delete", "DELETE")
# Who hid something does not judge the appeal, and what was decided stands.
refuse(
    Appeal.__table__,
    "appeal_by_another",
    "UPDATE",
    when="NEW.decided_by_id = (SELECT m.by_id FROM moderation m WHERE m.id = NEW.moderation_id)",
)
refuse(Appeal.__table__, "appeal_decided_once", "UPDATE", when="OLD.outcome IS NOT NULL")
refuse(Appeal.__table__, "appeal_kept_delete", "DELETE")
