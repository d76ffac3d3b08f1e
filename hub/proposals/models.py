"""Proposals: who makes them, what they say (each publication frozen), what goes with them, and how they are linked.

A draft is kept as it was typed. What is published is a version, which the database keeps as it is; the columns of a proposal
beside it repeat its newest version, for lists and filters.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from hub.accounts.models import Person
from hub.clock import wall
from hub.db import UtcDateTime, db, guarantee, one_of, refuse, unique_while
from hub.labs.rules import AREAS
from hub.organisations.models import Organisation
from hub.proposals.process_models import Process
from hub.proposals.rules import CHANNELS, FILE_KINDS, LINKS, PLACES, STATES
from hub.spaces.models import Space


class Voice(db.Model):
    """Somebody who takes part: a person with an account, or somebody whom an operator helps, until they claim what they did.

    fiscal_digest: a keyed digest of the fiscal code of who was helped, by which nobody counts twice; name and email: of who
    was helped, as they gave them; email is None where they have none.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    fiscal_digest: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(160), default="")
    email: Mapped[str | None] = mapped_column(sa.String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person: Mapped[Person | None] = relationship()

    __table_args__ = (
        sa.CheckConstraint("person_id IS NOT NULL OR fiscal_digest IS NOT NULL OR erased_at IS NOT NULL", name="somebody"),
    )

    @property
    def subject(self) -> str:
        """The key by which the participation log's vault knows them."""
        return self.person.subject if self.person else f"voice:{self.id}"

    @property
    def full_name(self) -> str:
        return self.person.name if self.person else self.name


def code_of(row: "Proposal | sa.Row") -> str:
    """What people and the log call a proposal by, of which a row has id and created_at: PR-2026-000123."""
    return f"PR-{wall(row.created_at).year}-{row.id:06d}"


class Proposal(db.Model):
    """An idea, from its draft to what became of it.

    author: who began it; organisation: in whose name. draft: what was typed and is not published, as text by the name of the
    field ("" of a published one that nobody is editing: {}). current: the number of its newest version, None of a draft. Below
    that the newest version's own words. place: none, hub (space_id) or city (address, lat, lon in WGS 84 degrees). closed_reason:
    why it was withdrawn. hidden_at: since when a moderator hides it. channel, level: how it came in.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    process_id: Mapped[int] = mapped_column(sa.ForeignKey("process.id"))
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("voice.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(15), default="draft")
    draft: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    current: Mapped[int | None]
    title: Mapped[str] = mapped_column(sa.String(120), default="")
    topic: Mapped[str] = mapped_column(sa.String(60), default="")
    area: Mapped[str | None] = mapped_column(sa.String(20))
    place: Mapped[str] = mapped_column(sa.String(5), default="none")
    space_id: Mapped[int | None] = mapped_column(sa.ForeignKey("space.id"))
    address: Mapped[str] = mapped_column(sa.String(200), default="")
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    channel: Mapped[str] = mapped_column(sa.String(10), default="web")
    level: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_reason: Mapped[str] = mapped_column(sa.String(500), default="")
    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    synthetic: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column()

    process: Mapped[Process] = relationship()
    author: Mapped[Voice] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    space: Mapped[Space | None] = relationship()
    versions: Mapped[list["ProposalVersion"]] = relationship(order_by="ProposalVersion.number", viewonly=True)
    authors: Mapped[list["ProposalAuthor"]] = relationship(order_by="ProposalAuthor.id", viewonly=True)
    files: Mapped[list["ProposalFile"]] = relationship(order_by="ProposalFile.id", viewonly=True)

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("state", STATES),
        one_of("area", AREAS),
        one_of("place", PLACES),
        one_of("channel", CHANNELS),
        sa.CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published"),
        sa.CheckConstraint("(current IS NULL) = (published_at IS NULL)", name="current"),
        sa.CheckConstraint("(state IN ('withdrawn', 'merged', 'split')) = (closed_at IS NOT NULL)", name="closed"),
        sa.CheckConstraint("state <> 'withdrawn' OR closed_reason <> ''", name="reason"),
        sa.CheckConstraint("(space_id IS NULL) OR place = 'hub'", name="space"),
        sa.CheckConstraint("(lat IS NULL) = (lon IS NULL)", name="point"),
        sa.CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="degrees"),
        sa.Index("ix_proposal_listed", "process_id", "published_at", "id"),
        sa.Index("ix_proposal_newest", "published_at", "id"),
    )

    @property
    def code(self) -> str:
        """What people and the log call it by: PR-2026-000123."""
        return code_of(self)

    @property
    def content(self) -> dict:
        """What its newest version says; {} of a draft."""
        return self.versions[-1].content if self.versions else {}


class ProposalVersion(db.Model):
    """What a proposal said from one publication to the next. Never altered. sha256: of its content in canonical JSON (RFC 8785).

    content: title, text, topic, sdgs, area, place, space_id, address, lat, lon, target (words), target_n (people),
    target_method, needs_spaces (words), needs_hours (whole hours), needs_cents (euro cents), files (ids).
    """

    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict] = mapped_column(sa.JSON)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("voice.id"))
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.CheckConstraint("number > 0", name="number"),)


class ProposalSdg(db.Model):
    """A sustainable development goal (1 to 17) that the newest version of a proposal names."""

    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id", ondelete="CASCADE"), primary_key=True)
    sdg: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)

    __table_args__ = (sa.CheckConstraint("sdg BETWEEN 1 AND 17", name="sdg"), sa.Index("ix_proposal_sdg_sdg", "sdg"))


class ProposalWords(db.Model):
    """What a search looks in: the stems of the Italian words of the newest version, which the service keeps.

    On SQLite an FTS5 index stands beside it and follows it by triggers; on PostgreSQL a GIN index of its tsvector.
    """

    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id", ondelete="CASCADE"), primary_key=True)
    title: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)


class ProposalAuthor(db.Model):
    """Somebody is an author of a proposal, from the day they accepted until they left. named: whether pages say so."""

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id", ondelete="CASCADE"))
    voice_id: Mapped[int] = mapped_column(sa.ForeignKey("voice.id"), index=True)
    named: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    voice: Mapped[Voice] = relationship()

    __table_args__ = (unique_while("left_at IS NULL", "one_live_author", "proposal_id", "voice_id"),)


class AuthorInvitation(db.Model):
    """Somebody was asked by mail to be an author too; of the link's token only its SHA-256 is kept. Answered once."""

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(sa.String(254))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    invited_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(sa.String(20))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    proposal: Mapped[Proposal] = relationship()
    inviter: Mapped[Person] = relationship()

    __table_args__ = (
        one_of("answer", ("accepted", "declined", "revoked")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
        unique_while("answer IS NULL", "one_open_author_invitation", "proposal_id", "email"),
    )


class ProposalFile(db.Model):
    """A file that goes with a proposal, as it was made anew from what was sent: without metadata, scripts or other files in it.

    words: what an image shows, or what a document is, for who cannot see it. size: bytes. removed_at: since when it is not in
    the draft any more; versions that name it keep it.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(5))
    name: Mapped[str] = mapped_column(sa.String(120))
    words: Mapped[str] = mapped_column(sa.String(200))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    data: Mapped[bytes] = deferred(mapped_column(sa.LargeBinary))
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("voice.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        one_of("kind", FILE_KINDS),
        sa.CheckConstraint("size > 0 AND size <= 10485760", name="size"),
        sa.CheckConstraint("words <> '' AND name <> ''", name="words"),
    )


class ProposalLink(db.Model):
    """One proposal came of another, or goes on in it: merged_into and split_from go from the old or new one to the other.
    Never altered."""

    id: Mapped[int] = mapped_column(primary_key=True)
    from_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"))
    to_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        one_of("kind", LINKS),
        sa.CheckConstraint("from_id <> to_id", name="two"),
        sa.UniqueConstraint("from_id", "to_id", "kind"),
    )


for _table in (ProposalVersion.__table__, ProposalLink.__table__):
    refuse(_table, f"{_table.name}_kept_update", "UPDATE")
    refuse(_table, f"{_table.name}_kept_delete", "DELETE")
refuse(
    ProposalLink.__table__,
    "proposal_link_in_its_process",
    "INSERT",
    when="(SELECT p.process_id FROM proposal p WHERE p.id = NEW.from_id)"
    " <> (SELECT p.process_id FROM proposal p WHERE p.id = NEW.to_id)",
)
# What is published is a version, and stays published: it is withdrawn, merged or split, and can still be read.
refuse(
    Proposal.__table__,
    "proposal_published_for_good",
    "UPDATE",
    when="OLD.published_at IS NOT NULL AND (NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at"
    " OR NEW.process_id <> OLD.process_id OR NEW.current < OLD.current)",
)
refuse(Proposal.__table__, "proposal_kept_delete", "DELETE", when="OLD.published_at IS NOT NULL")
refuse(Proposal.__table__, "proposal_closed_for_good", "UPDATE", when="OLD.closed_at IS NOT NULL AND NEW.state <> OLD.state")
refuse(
    Proposal.__table__,
    "proposal_is_its_version",
    "UPDATE",
    when="NEW.current IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM proposal_version v WHERE v.proposal_id = NEW.id AND v.number = NEW.current)",
)
refuse(Proposal.__table__, "proposal_begins_as_draft", "INSERT", when="NEW.current IS NOT NULL")
# What is published has an author: two who leave at once are let out one by one.
_LAST_AUTHOR = (
    "NEW.left_at IS NOT NULL AND OLD.left_at IS NULL"
    " AND EXISTS (SELECT 1 FROM proposal p WHERE p.id = OLD.proposal_id AND p.published_at IS NOT NULL)"
    " AND NOT EXISTS (SELECT 1 FROM proposal_author a"
    " WHERE a.proposal_id = OLD.proposal_id AND a.left_at IS NULL AND a.id <> OLD.id)"
)
refuse(
    ProposalAuthor.__table__,
    "proposal_has_an_author",
    "UPDATE",
    when=_LAST_AUTHOR,
    alone="proposal WHERE id = OLD.proposal_id",
)
# What a version names is what was there: a file is never exchanged, and goes only with a draft that was never published.
refuse(
    ProposalFile.__table__,
    "proposal_file_kept_update",
    "UPDATE",
    when="NEW.sha256 <> OLD.sha256 OR NEW.kind <> OLD.kind OR NEW.proposal_id <> OLD.proposal_id",
)
refuse(
    ProposalFile.__table__,
    "proposal_file_kept_delete",
    "DELETE",
    when="EXISTS (SELECT 1 FROM proposal p WHERE p.id = OLD.proposal_id AND p.published_at IS NOT NULL)",
)

_FTS = "proposal_words_fts"
SEARCHED_TEXT = "proposal_words_vector(title, text)"
guarantee(
    ProposalWords.__table__,
    _FTS,
    sqlite=f"""
CREATE VIRTUAL TABLE {_FTS} USING fts5(title, text, content='proposal_words', content_rowid='proposal_id',
  tokenize='unicode61 remove_diacritics 2')""",
    # What it costs to make a vector anew is told, lest PostgreSQL reads all texts for a common word instead of its index.
    postgresql=f"""
CREATE FUNCTION proposal_words_vector(title text, words text) RETURNS tsvector LANGUAGE plpgsql
IMMUTABLE PARALLEL SAFE COST 20000 AS $$
BEGIN
  RETURN setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', words), 'B');
END $$;
CREATE INDEX {_FTS} ON proposal_words USING gin ({SEARCHED_TEXT})""",
)
_FORGET = f"INSERT INTO {_FTS}({_FTS}, rowid, title, text) VALUES ('delete', OLD.proposal_id, OLD.title, OLD.text)"
_LEARN = f"INSERT INTO {_FTS}(rowid, title, text) VALUES (NEW.proposal_id, NEW.title, NEW.text)"
for _operation, _statements in (("INSERT", [_LEARN]), ("DELETE", [_FORGET]), ("UPDATE", [_FORGET, _LEARN])):
    _name = f"proposal_words_found_{_operation.lower()}"
    guarantee(
        ProposalWords.__table__,
        _name,
        sqlite=f"CREATE TRIGGER {_name} AFTER {_operation} ON proposal_words\nBEGIN\n  {'; '.join(_statements)};\nEND",
    )
