"""The paths of organisations (an accelerator, the projects of social cooperatives): what each needs, who comes of it, and who
mentors it. Verbs flush, never commit.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import contains_eager, joinedload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db, insert_unless_there
from hub.labs import path_rules as rules
from hub.labs import people
from hub.labs.models import Activity, Enrolment, Meeting, Mentorship, Need, PathPeople, Trainer
from hub.notices.models import Notice
from hub.notices.service import notice
from hub.organisations.models import Membership, Organisation
from hub.organisations.rules import ACTING_ROLES
from hub.refusal import must_pass

MENTORING_PATH = "/area-personale/abbinamenti/"
KINDS = ("path_matched", "path_parted", "meeting_written", "meeting_voided", "meeting_reminder")  # what is told of the two
WHOLE = (
    joinedload(Enrolment.activity),
    joinedload(Enrolment.organisation).selectinload(Organisation.memberships).joinedload(Membership.person),
)
WITH_SIDES = (
    joinedload(Mentorship.trainer).joinedload(Trainer.person),
    joinedload(Mentorship.enrolment).options(*WHOLE),
)


# --- who is on a path, and who may look


def on_path(activity: Activity) -> list[Enrolment]:
    """The organisations that take part, by name."""
    theirs = sa.select(Enrolment).join(Enrolment.organisation).options(*WHOLE)
    theirs = theirs.where(Enrolment.activity_id == activity.id, Enrolment.state.in_(rules.TAKING_PART))
    return list(db.session.scalars(theirs.order_by(sa.func.lower(Organisation.name), Enrolment.id)))


def enrolment_in(activity: Activity, id: int) -> Enrolment | None:
    """The organisation that takes part, or took part, with this number; None for all others."""
    mine = sa.select(Enrolment).where(Enrolment.id == id, Enrolment.activity_id == activity.id)
    return db.session.scalars(mine.where(Enrolment.organisation_id.is_not(None)).options(*WHOLE)).one_or_none()


def paths_of(person: Person) -> list[Enrolment]:
    """The paths on which an organisation is that somebody may act for, the newest first."""
    return list(db.session.scalars(_acting(person).order_by(Enrolment.id.desc())))


def path_of(person: Person, id: int) -> Enrolment | None:
    """The one with this number, where somebody may act for the organisation; None for all others."""
    return db.session.scalars(_acting(person).where(Enrolment.id == id)).one_or_none()


def has_paths(person: Person) -> bool:
    """Whether there is a path of theirs, or somebody whom they mentor."""
    works = sa.select(Mentorship.id).join(Mentorship.trainer).where(Trainer.person_id == person.id, Trainer.ended_at.is_(None))
    acts = _acting(person).with_only_columns(Enrolment.id)
    return any(db.session.scalar(found.limit(1)) is not None for found in (acts, works))


def _acting(person: Person) -> sa.Select:
    mine = sa.select(Enrolment).where(Enrolment.organisation_id.in_(_acts_for(person)), Enrolment.state.in_(rules.TAKING_PART))
    return mine.options(*WHOLE)


def _acts_for(person: Person) -> sa.Select:
    """The numbers of the verified organisations that somebody may act for."""
    mine = sa.select(Membership.organisation_id).join(Membership.organisation)
    return mine.where(
        Membership.person_id == person.id,
        Membership.ended_at.is_(None),
        Membership.role.in_(ACTING_ROLES),
        Organisation.state == "verified",
    )


def acts_for(person: Person, organisation_id: int) -> bool:
    """Whether somebody may act for this organisation now."""
    mine = _acts_for(person).where(Membership.organisation_id == organisation_id)
    return db.session.scalar(mine.limit(1)) is not None


# --- needs


def needs_of(enrolments: Iterable[Enrolment]) -> dict[int, list[Need]]:
    """What organisations need, by their enrolment's number: what is still needed first, then as it was written."""
    numbers = [one.id for one in enrolments]
    found = sa.select(Need).where(Need.enrolment_id.in_(numbers)).order_by(Need.met_at.is_not(None), Need.id)
    theirs: dict[int, list[Need]] = defaultdict(list)
    for need in db.session.scalars(found):
        theirs[need.enrolment_id].append(need)
    return theirs


def need_of(enrolment: Enrolment, id: int) -> Need | None:
    return db.session.scalars(sa.select(Need).filter_by(id=id, enrolment_id=enrolment.id)).one_or_none()


def add_need(enrolment: Enrolment, area: str, words: str) -> Need:
    """Something more that an organisation needs. Raises Refusal."""
    count = sa.select(sa.func.count()).where(Need.enrolment_id == enrolment.id, Need.met_at.is_(None))
    must_pass(
        lambda: rules.must_go_on(enrolment.activity.state, enrolment.state),
        lambda: rules.must_be_a_need(area, words),
        lambda: rules.must_leave_some_room(db.session.scalar(count)),
    )
    need = Need(enrolment_id=enrolment.id, area=area, words=words.strip(), added_at=now())
    db.session.add(need)
    db.session.flush()
    return need


def change_need(enrolment: Enrolment, need: Need, area: str, words: str) -> None:
    """Say it better, while it is not met. Raises Refusal."""
    must_pass(
        lambda: rules.must_go_on(enrolment.activity.state, enrolment.state),
        lambda: rules.must_be_open(need.met_at),
        lambda: rules.must_be_a_need(area, words),
    )
    need.area, need.words = area, words.strip()
    db.session.flush()


def mark_need(enrolment: Enrolment, need: Need, *, met: bool) -> None:
    """It is met, or after all it is not. Raises Refusal."""
    rules.must_go_on(enrolment.activity.state, enrolment.state, ended=True)
    need.met_at = (need.met_at or now()) if met else None
    db.session.flush()


# --- how many come


def people_of(enrolment: Enrolment) -> PathPeople | None:
    """How many of an organisation come, where it has said so."""
    return db.session.get(PathPeople, enrolment.id)


def say_people(enrolment: Enrolment, people: int, roles: str) -> None:
    """How many of an organisation come, and as what; no names. Raises Refusal."""
    must_pass(
        lambda: rules.must_go_on(enrolment.activity.state, enrolment.state),
        lambda: rules.must_be_some_people(people, roles),
    )
    told = {"people": people, "roles": roles.strip(), "said_at": now()}
    if not insert_unless_there(PathPeople, enrolment_id=enrolment.id, **told):
        db.session.execute(sa.update(PathPeople).filter_by(enrolment_id=enrolment.id).values(**told))


# --- who is matched with whom


def mentors(activity: Activity) -> list[Trainer]:
    """Who may be matched: mentors and tutors who work in an activity now."""
    return [one for one in activity.trainers if one.role in rules.MENTOR_ROLES and one.ended_at is None]


def mentorships_in(activity: Activity) -> list[Mentorship]:
    """All that there ever were in an activity, those that go on first, then as they were made."""
    theirs = sa.select(Mentorship).where(Mentorship.activity_id == activity.id).options(*WITH_SIDES)
    return list(db.session.scalars(theirs.order_by(Mentorship.ended_at.is_not(None), Mentorship.id)))


def mentorships_of(enrolment: Enrolment) -> list[Mentorship]:
    """Those of an organisation, those that go on first."""
    theirs = sa.select(Mentorship).where(Mentorship.enrolment_id == enrolment.id).options(*WITH_SIDES)
    return list(db.session.scalars(theirs.order_by(Mentorship.ended_at.is_not(None), Mentorship.id)))


def mentored_by(person: Person) -> list[Mentorship]:
    """Whom somebody mentors, or mentored in what they still work in, those that go on first."""
    theirs = sa.select(Mentorship).join(Mentorship.trainer).where(Trainer.person_id == person.id, Trainer.ended_at.is_(None))
    theirs = theirs.options(contains_eager(Mentorship.trainer), joinedload(Mentorship.enrolment).options(*WHOLE))
    return list(db.session.scalars(theirs.order_by(Mentorship.ended_at.is_not(None), Mentorship.id.desc())))


def mentorship_by(id: int) -> Mentorship | None:
    return db.session.scalars(sa.select(Mentorship).where(Mentorship.id == id).options(*WITH_SIDES)).one_or_none()


def side_of(mentorship: Mentorship, person: Person) -> str | None:
    """For which of `rules.SIDES` somebody speaks; None for neither. Of who has no account the managers do."""
    return next((side for side in rules.SIDES if speaks_for(mentorship, side, person)), None)


def speaks_for(mentorship: Mentorship, side: str, person: Person) -> bool:
    if side == "other":
        return acts_for(person, mentorship.enrolment.organisation_id)
    trainer = mentorship.trainer
    mine = person.has_role("manager") if trainer.person_id is None else trainer.person_id == person.id
    return mine and trainer.ended_at is None


def goes_on(mentorship: Mentorship) -> bool:
    """Whether new meetings may be written."""
    enrolment = mentorship.enrolment
    alive = enrolment.activity.state == "published" and enrolment.state in rules.TAKING_PART
    return alive and mentorship.ended_at is None


def across(mentorship: Mentorship, side: str) -> str:
    """What the other of the two is called."""
    return mentorship.enrolment.organisation.name if side == "mentor" else mentorship.trainer.name


def match(
    activity: Activity,
    enrolment: Enrolment,
    trainer: Trainer,
    *,
    since: datetime,
    tells_mentor: bool = False,
    tells_organisation: bool = False,
) -> Mentorship:
    """From an instant on, somebody mentors an organisation; both are told. Raises Refusal. The caller holds the lock of the
    activity.

    tells_mentor, tells_organisation: whether the address of the one is told to the other, because they agree.
    """
    must_pass(
        lambda: rules.must_be_a_path(activity.takes_part),
        lambda: rules.must_go_on(activity.state, enrolment.state),
        lambda: rules.must_be_a_mentor(trainer.role, trainer.ended_at),
        lambda: rules.must_be_apart(trainer.person is not None and acts_for(trainer.person, enrolment.organisation_id)),
        lambda: rules.must_begin_by_now(since, now()),
    )
    mentorship = Mentorship(activity_id=activity.id, enrolment=enrolment, trainer=trainer, since=since)
    db.session.add(mentorship)
    try:
        db.session.flush()
    except IntegrityError as error:
        if not any(sign in str(error.orig) for sign in ("one_live_mentorship", "mentorship.enrolment_id")):
            raise
        raise rules.matched_already() from error
    address = trainer.person.email if trainer.person and tells_mentor else ""
    tell(mentorship, "path_matched", "other", contact=address)
    tell(mentorship, "path_matched", "mentor", contact=enrolment.organisation.email if tells_organisation else "")
    return mentorship


def part(mentorship: Mentorship) -> None:
    """They are matched no longer: what they met for stays, and what was written may still be confirmed. Raises Refusal."""
    rules.must_be_matched(mentorship.ended_at)
    mentorship.ended_at = now()
    db.session.flush()
    for side in rules.SIDES:
        tell(mentorship, "path_parted", side)


def tell(mentorship: Mentorship, kind: str, side: str, **facts: object) -> None:
    """One notice ("labs/...") to each who speaks for one side, where they have an account.

    The template gets the facts, and: title (of the activity), organisation, mentor (names), side, link.
    """
    enrolment, trainer = mentorship.enrolment, mentorship.trainer
    person = trainer.person
    theirs = [person] if person and person.erased_at is None else []
    common = {"title": enrolment.activity.title, "organisation": enrolment.organisation.name, "mentor": trainer.name}
    common |= {"trainer": trainer.id, "side": side, "link": f"{MENTORING_PATH}{mentorship.id}"}
    for reader in theirs if side == "mentor" else people.recipients(enrolment):
        notice(f"labs/{kind}", to=reader, **common | facts)


def unname(person: Person) -> None:
    """A mentor who is erased: their name and address go from what the organisations were told."""
    works = set(db.session.scalars(sa.select(Trainer.id).where(Trainer.person_id == person.id)))
    kinds = [f"labs/{kind}" for kind in KINDS]
    for told in db.session.scalars(sa.select(Notice).where(Notice.kind.in_(kinds))) if works else ():
        if told.payload.get("trainer") in works:
            hers = told.payload["side"] == "other" and told.payload.get("contact")
            told.payload = told.payload | {"mentor": "—"} | ({"contact": ""} if hers else {})
    db.session.flush()


def settle() -> int:
    """What follows when an organisation leaves a path, or a mentor works there no more: they are matched no longer, and where
    it was the organisation, what nobody had confirmed is void. How many were matched. Those in use are left for the next round.
    """
    left = Enrolment.state.not_in(rules.TAKING_PART)
    over = sa.select(Mentorship).join(Mentorship.trainer).join(Mentorship.enrolment).options(*WITH_SIDES)
    over = over.where(Mentorship.ended_at.is_(None), sa.or_(left, Trainer.ended_at.is_not(None))).order_by(Mentorship.id)
    found = db.session.scalars(over.with_for_update(skip_locked=True, key_share=True, of=Mentorship)).all()
    for mentorship in found:
        mentorship.ended_at = now()
        gone = "other" if mentorship.enrolment.state not in rules.TAKING_PART else "mentor"
        tell(mentorship, "path_parted", "mentor" if gone == "other" else "other", gone=gone)
    theirs = sa.select(Mentorship.id).join(Mentorship.enrolment).where(left)
    open_ones = sa.select(Meeting).where(Meeting.mentorship_id.in_(theirs), *UNDECIDED).order_by(Meeting.id)
    for meeting in db.session.scalars(open_ones.with_for_update(skip_locked=True, key_share=True)).all():
        meeting.voided_at = now()
    db.session.flush()
    return len(found)


UNDECIDED = (Meeting.event_id.is_(None), Meeting.voided_at.is_(None))
