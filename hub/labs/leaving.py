"""Who takes the minors of a session home, who may go by themselves, and whom to call: for its staff, on the days around it."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hub.accounts.models import Person
from hub.clock import today, wall
from hub.db import db
from hub.families import consents
from hub.families import service as families
from hub.families.models import Guardianship, Keeper, Participant
from hub.labs import attendance, health
from hub.labs.models import Session
from hub.refusal import Refusal

PAGE = "pickup"  # as which it is noted in the register of who looked


class Leaver(NamedTuple):
    """Somebody on the register of a session. is_here: what is written of them says so; alone: they may go by themselves;
    keeper: of whom an organisation entered, and who signed the papers that it keeps."""

    participant: Participant
    is_here: bool
    is_minor: bool
    alone: bool
    keeper: Keeper | None

    @property
    def guardians(self) -> list[Person]:
        return [one.guardian for one in self.participant.guardianships if one.ended_at is None]

    @property
    def pickups(self) -> list[tuple[str, str]]:
        """(name, telephone) of whoever else may take them home."""
        return [(one.name, one.phone) for one in self.participant.pickups if one.ended_at is None]


def leavers(session: Session, *, by: Person) -> list[Leaver]:
    """Everybody on the register of a session, by name; families read who looked. Raises Refusal. The view commits."""
    must_be_around(is_around(session))
    lines = [one for one in attendance.lines(session) if one.enrolment.participant]
    people = [one.enrolment.participant for one in lines]
    whole = (selectinload(Participant.guardianships).joinedload(Guardianship.guardian), selectinload(Participant.pickups))
    found = sa.select(Participant).where(Participant.id.in_([one.id for one in people])).options(*whole)
    db.session.scalars(found, execution_options={"populate_existing": True}).all()
    kept = sa.select(Keeper).where(Keeper.participant_id.in_([one.id for one in people]))
    keepers = {one.participant_id: one for one in db.session.scalars(kept.options(joinedload(Keeper.organisation)))}
    alone = consents.who_consented(people, "leave_alone", session.activity)
    families.viewed_all(people, PAGE, session.activity.slug, by=by)
    here = {one.enrolment.participant_id for one in lines if one.record and one.record.minutes}
    return [Leaver(one, one.id in here, families.is_minor(one), one.id in alone, keepers.get(one.id)) for one in people]


def is_around(session: Session) -> bool:
    """Whether it is the day before a session, its day, or the day after."""
    return health.is_readable([(wall(session.starts_at).date(), wall(session.ends_at).date())], today())


def must_be_around(around: bool) -> None:
    if not around:
        raise Refusal("Si legge solo dal giorno prima al giorno dopo dell'incontro.", rule="leaving-days")
