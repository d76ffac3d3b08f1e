"""What became of proposals: answers, results and their updates, the news of each, who follows it, labs where it was discussed;
and the sessions in which an operator helps somebody take part."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Person
from hub.db import UtcDateTime, db, guarantee, one_of, refuse, unique_while
from hub.labs.models import Activity, Session
from hub.proposals.models import Proposal, Voice
from hub.proposals.process_models import Process
from hub.proposals.rules import (
    ANSWERS,
    ASSISTED_ACTS,
    MAIL_EVERY,
    NEWS_KINDS,
    RESULT_STATES,
    SESSION_MINUTES,
    SOURCE_KINDS,
)


class Answer(db.Model):
    """What the owner of the process says of a proposal. Never altered: another one takes its place (replaced_at).

    act: of the owner, where there is one; event_id: of the log's row.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(15))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    act: Mapped[str] = mapped_column(sa.String(160), default="")
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event_id: Mapped[str] = mapped_column(sa.String(64))
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    proposal: Mapped[Proposal] = relationship()
    by: Mapped[Person] = relationship()

    __table_args__ = (
        one_of("kind", ANSWERS),
        sa.CheckConstraint("kind = 'accepted' OR text <> ''", name="reasoned"),
        unique_while("replaced_at IS NULL", "one_live_answer", "proposal_id"),
    )


class Result(db.Model):
    """Something that is being done because of proposals. progress: in basis points (10000 is done).

    activity: of the programme, whose rooms, sessions and hours are then part of the story.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    process_id: Mapped[int] = mapped_column(sa.ForeignKey("process.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[str] = mapped_column(sa.String(10), default="planned")
    progress: Mapped[int] = mapped_column(default=0)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    activity_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    version: Mapped[int] = mapped_column()

    process: Mapped[Process] = relationship()
    activity: Mapped[Activity | None] = relationship()
    sources: Mapped[list["ResultSource"]] = relationship(order_by="ResultSource.proposal_id", viewonly=True)
    updates: Mapped[list["ResultUpdate"]] = relationship(order_by="(ResultUpdate.day, ResultUpdate.id)", viewonly=True)

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("state", RESULT_STATES),
        sa.CheckConstraint("progress BETWEEN 0 AND 10000", name="progress"),
        sa.CheckConstraint("state <> 'done' OR progress = 10000", name="done"),
        sa.CheckConstraint("starts_on <= ends_on", name="dates"),
        sa.CheckConstraint("title <> ''", name="title"),
    )


class ResultSource(db.Model):
    """A proposal that a result came of: adopted whole, in part, or what inspired it."""

    result_id: Mapped[int] = mapped_column(sa.ForeignKey("result.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(sa.String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    proposal: Mapped[Proposal] = relationship()
    result: Mapped[Result] = relationship(overlaps="sources")

    __table_args__ = (one_of("kind", SOURCE_KINDS),)


class ResultUpdate(db.Model):
    """News of a result, of a day, with what proves it: a file (made anew as a `ProposalFile`) or an address. Never altered."""

    id: Mapped[int] = mapped_column(primary_key=True)
    result_id: Mapped[int] = mapped_column(sa.ForeignKey("result.id"), index=True)
    day: Mapped[date]
    text: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(10))
    progress: Mapped[int]
    evidence_url: Mapped[str] = mapped_column(sa.String(500), default="")
    evidence_words: Mapped[str] = mapped_column(sa.String(200), default="")
    evidence_kind: Mapped[str | None] = mapped_column(sa.String(5))
    evidence_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    evidence: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        one_of("state", RESULT_STATES),
        sa.CheckConstraint("progress BETWEEN 0 AND 10000", name="progress"),
        sa.CheckConstraint("text <> ''", name="text"),
        sa.CheckConstraint("(evidence IS NULL) = (evidence_sha256 IS NULL)", name="evidence"),
    )


class News(db.Model):
    """Something happened to a proposal: its public story, which its feed, its followers' mails and its page tell alike.

    data: plain values that the words of its kind need; nobody's name. actor: who did it, who need not be told; never shown.
    told_at: when those who want to hear at once had been told; told_up_to: until then, the last of them who was (their key, as
    `telling` counts them).
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"))
    kind: Mapped[str] = mapped_column(sa.String(15))
    data: Mapped[dict] = mapped_column(sa.JSON, default=dict)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_up_to: Mapped[int] = mapped_column(default=0)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    proposal: Mapped[Proposal] = relationship()

    __table_args__ = (
        one_of("kind", NEWS_KINDS),
        sa.Index("ix_news_story", "proposal_id", "id"),
        sa.Index("ix_news_untold", "id", sqlite_where=sa.text("told_at IS NULL"), postgresql_where=sa.text("told_at IS NULL")),
    )


class Follow(db.Model):
    """Somebody follows a proposal (or no longer: ended_at). Its authors and supporters hear of it without this."""

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Digest(db.Model):
    """How often somebody is written to about proposals, and up to which news they were (last_news: its id)."""

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    every: Mapped[str] = mapped_column(sa.String(5), default="news")
    last_news: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (one_of("every", MAIL_EVERY),)


class LabMinutes(db.Model):
    """The minutes of a community lab's meeting: what was said and decided, published once. Never altered after that."""

    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id"), primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)
    decisions: Mapped[str] = mapped_column(sa.Text, default="")
    written_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    session: Mapped[Session] = relationship()

    __table_args__ = (sa.CheckConstraint("text <> ''", name="text"),)


class Discussed(db.Model):
    """A proposal is, or was, on the agenda of a lab's meeting."""

    session_id: Mapped[int] = mapped_column(sa.ForeignKey("session.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id"), primary_key=True, index=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    session: Mapped[Session] = relationship()
    proposal: Mapped[Proposal] = relationship()


class AssistedSession(db.Model):
    """An operator helps somebody take part, in person: where, from when to when (half an hour at most), with which consent.

    consent: the words they agreed to. claim_hash: of the code on their receipt, by which they make what they did theirs, once;
    SHA-256. ended_at: when the operator ended it; until then it ends by itself at lapses_at.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    voice_id: Mapped[int] = mapped_column(sa.ForeignKey("voice.id"), index=True)
    operator_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    channel: Mapped[str] = mapped_column(sa.String(10), default="assisted")
    place: Mapped[str] = mapped_column(sa.String(120))
    consent: Mapped[str] = mapped_column(sa.Text)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lapses_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claim_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    voice: Mapped[Voice] = relationship()
    operator: Mapped[Person] = relationship()

    __table_args__ = (
        one_of("channel", ("assisted", "paper")),
        sa.CheckConstraint("consent <> '' AND place <> ''", name="consent"),
        sa.CheckConstraint("started_at < lapses_at", name="times"),
        sa.CheckConstraint("ended_at IS NULL OR ended_at <= lapses_at", name="ended"),
        unique_while("ended_at IS NULL", "one_open_session_operator", "operator_id"),
    )


class AssistedAct(db.Model):
    """What was done in a session for who was helped: a code of the act and of what it was about. Never altered."""

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("assisted_session.id"), index=True)
    act: Mapped[str] = mapped_column(sa.String(20))
    about: Mapped[str] = mapped_column(sa.String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    session: Mapped[AssistedSession] = relationship()

    __table_args__ = (one_of("act", ASSISTED_ACTS),)


# What was said in answer stands; only that another took its place is added.
refuse(
    Answer.__table__,
    "answer_kept_update",
    "UPDATE",
    when="OLD.replaced_at IS NOT NULL OR NEW.replaced_at IS NULL OR NEW.kind <> OLD.kind OR NEW.text <> OLD.text"
    " OR NEW.proposal_id <> OLD.proposal_id OR NEW.at <> OLD.at",
)
refuse(Answer.__table__, "answer_kept_delete", "DELETE")
_CLOSED_STATES = ", ".join(map(repr, ("draft", "withdrawn", "merged", "split")))
refuse(
    Answer.__table__,
    "answer_of_what_stands",
    "INSERT",
    when=f"EXISTS (SELECT 1 FROM proposal p WHERE p.id = NEW.proposal_id AND p.state IN ({_CLOSED_STATES}))",
)
refuse(
    Proposal.__table__,
    "proposal_answered_stands",
    "UPDATE",
    when=f"NEW.state IN ({_CLOSED_STATES}) AND OLD.state <> NEW.state"
    " AND EXISTS (SELECT 1 FROM answer a WHERE a.proposal_id = NEW.id)",
)
# A result is of the process of its proposals.
refuse(
    ResultSource.__table__,
    "result_source_of_its_process",
    "INSERT",
    when="(SELECT r.process_id FROM result r WHERE r.id = NEW.result_id)"
    " <> (SELECT p.process_id FROM proposal p WHERE p.id = NEW.proposal_id)",
)
refuse(ResultUpdate.__table__, "result_update_kept_update", "UPDATE")
refuse(ResultUpdate.__table__, "result_update_kept_delete", "DELETE")
refuse(
    News.__table__,
    "news_kept_update",
    "UPDATE",
    when="NEW.kind <> OLD.kind OR NEW.proposal_id <> OLD.proposal_id OR NEW.at <> OLD.at OR OLD.told_at IS NOT NULL",
)
refuse(News.__table__, "news_kept_delete", "DELETE")
refuse(LabMinutes.__table__, "lab_minutes_kept_update", "UPDATE", when="OLD.published_at IS NOT NULL")
refuse(LabMinutes.__table__, "lab_minutes_kept_delete", "DELETE", when="OLD.published_at IS NOT NULL")
# What minutes say was discussed stays on their agenda.
_MINUTED = "EXISTS (SELECT 1 FROM lab_minutes m WHERE m.session_id = {row}.session_id AND m.published_at IS NOT NULL)"
refuse(Discussed.__table__, "discussed_kept_insert", "INSERT", when=_MINUTED.format(row="NEW"))
refuse(Discussed.__table__, "discussed_kept_update", "UPDATE")
refuse(Discussed.__table__, "discussed_kept_delete", "DELETE", when=_MINUTED.format(row="OLD"))
# Half an hour, on either engine's clock: what is done for somebody is done while the session lasts.
_SQLITE_LONG = f"julianday(NEW.lapses_at) - julianday(NEW.started_at) > {SESSION_MINUTES}.0 / 1440 + 0.0000001"
guarantee(
    AssistedSession.__table__,
    "assisted_session_length",
    sqlite=f"""
CREATE TRIGGER assisted_session_length BEFORE INSERT ON assisted_session WHEN {_SQLITE_LONG}
BEGIN
  SELECT RAISE(ABORT, 'assisted_session_length');
END""",
)
guarantee(
    AssistedSession.__table__,
    "ck_assisted_session_length",
    postgresql=f"""
ALTER TABLE assisted_session ADD CONSTRAINT ck_assisted_session_length
CHECK (lapses_at - started_at <= interval '{SESSION_MINUTES} minutes')""",
)
refuse(
    AssistedAct.__table__,
    "assisted_act_in_session",
    "INSERT",
    when="NOT EXISTS (SELECT 1 FROM assisted_session s WHERE s.id = NEW.session_id AND s.started_at <= NEW.at"
    " AND NEW.at < s.lapses_at AND s.ended_at IS NULL)",
)
refuse(AssistedAct.__table__, "assisted_act_kept_update", "UPDATE")
refuse(AssistedAct.__table__, "assisted_act_kept_delete", "DELETE")
refuse(AssistedSession.__table__, "assisted_session_kept_delete", "DELETE")
refuse(
    AssistedSession.__table__,
    "assisted_session_kept_update",
    "UPDATE",
    when="OLD.claimed_at IS NOT NULL OR NEW.operator_id <> OLD.operator_id OR NEW.started_at <> OLD.started_at"
    " OR NEW.lapses_at <> OLD.lapses_at OR NEW.consent <> OLD.consent",
)
