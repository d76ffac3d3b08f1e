"""Who follows the calendars of the hub from a calendar of their own, and the calendars of other hubs that are shown here."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.accounts.models import Person
from hub.db import UtcDateTime, db, unique_while


class FeedToken(db.Model):
    """The secret address of somebody's personal calendar: only its digest (SHA-256, hex) is kept, and it can be revoked."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person: Mapped[Person] = relationship()


class PartnerHub(db.Model):
    """Another hub, whose calendar is shown beside ours.

    feed_url: where its calendar is; body: the last good copy, as it came; fetched_at: when that was, tried_at: the last try;
    fault: what was wrong with it ("" where nothing was), a code of `hub.agenda.partners.FAULTS`; etag, last_modified: what its
    server calls that copy. ended_at: since when it is shown no more.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(160))
    place: Mapped[str] = mapped_column(sa.String(160), default="")
    site_url: Mapped[str] = mapped_column(sa.String(500), default="")
    feed_url: Mapped[str] = mapped_column(sa.String(1000))
    body: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    etag: Mapped[str] = mapped_column(sa.String(200), default="")
    last_modified: Mapped[str] = mapped_column(sa.String(60), default="")
    fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fault: Mapped[str] = mapped_column(sa.String(20), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.CheckConstraint("name <> ''", name="name"),
        unique_while("ended_at IS NULL", "one_live_partner_feed", "feed_url"),
    )


class PartnerEvent(db.Model):
    """One date of another hub's calendar, as its last good copy has it: made anew with every copy."""

    id: Mapped[int] = mapped_column(primary_key=True)
    hub_id: Mapped[int] = mapped_column(sa.ForeignKey("partner_hub.id", ondelete="CASCADE"), index=True)
    uid: Mapped[str] = mapped_column(sa.String(300))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    all_day: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str] = mapped_column(sa.String(300))
    place: Mapped[str] = mapped_column(sa.String(300), default="")
    text: Mapped[str] = mapped_column(sa.Text, default="")
    url: Mapped[str] = mapped_column(sa.String(1000), default="")

    hub: Mapped[PartnerHub] = relationship()

    __table_args__ = (sa.CheckConstraint("starts_at <= ends_at", name="times"),)
