"""The sessions of an activity: when and where each is, and what becomes of it before it is held.

A session holds its spaces through the ledger like any booking, so that the two never collide. All that a verb does, or nothing:
where a space cannot be had, the transaction is undone and everything stands as it did.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.accounts.models import Person
from hub.booking.papers import ADDRESS
from hub.clock import now, wall
from hub.db import db
from hub.labs import attendance, people, team
from hub.labs.models import Activity, Enrolment, Reminder, Seat, Session, Trainer
from hub.labs.papers import calendar_entry, where
from hub.labs.rules import must_be_alive
from hub.notices.service import notice
from hub.refusal import Refusal, must_pass, refusals
from hub.spaces import ledger
from hub.spaces import service as spaces
from hub.spaces.ledger import Conflict
from hub.spaces.models import Layout, Occurrence
from hub.spaces.rules import Slot, must_be_open

AUDIENCE = "patronage"  # as which the hub asks for its own spaces: hours that are for others alone are not meant
LEAST_MINUTES, MOST_HOURS, MOST_SPACES = 15, 24, 3
REASON_MOST = 300


# --- verbs


def schedule(
    activity: Activity,
    slot: Slot,
    layouts: Sequence[Layout] = (),
    *,
    place: str = "",
    title: dict[str, str] | None = None,
    trainers: Iterable[Trainer] = (),
    anyway: bool = False,
) -> Session:
    """One more session, in these spaces as they are laid out, or at a place outside the hub.

    trainers: see `team.assign`; anyway: though the hub is closed then, or there are more places than chairs. Raises Refusal,
    Conflict. The caller holds the lock of the activity.
    """
    must_be_alive(activity.state)
    _must_suit(activity, slot, layouts, place, anyway)
    session = write(activity, slot, place=place, title=title)
    team.assign(session, trainers)
    ledger.lock({atom for layout in layouts for atom in layout.space.atom_ids})
    for layout in layouts:
        take(session, layout)
    return session


def write(activity: Activity, slot: Slot, *, place: str = "", title: dict[str, str] | None = None) -> Session:
    """The row of a session, which holds no space yet."""
    number = _next_number(activity)
    session = Session(activity=activity, number=number, starts_at=slot.starts, ends_at=slot.ends, place=place, title=title or {})
    session.ical_uid, session.updated_at = f"{uuid.uuid4()}@officine-mezzogiorno", now()
    session.occurrences, session.trainers = [], []
    activity.updated_at = now()
    db.session.add(session)
    db.session.flush()
    return session


def _next_number(activity: Activity) -> int:
    """One that no session of the activity ever had but those of a draft that were thrown away."""
    last = db.session.scalar(sa.select(sa.func.max(Session.number)).where(Session.activity_id == activity.id))
    return (last or 0) + 1


def take(session: Session, layout: Layout) -> None:
    """Hold a space for the session. The caller holds the locks of its atoms. Raises Conflict, which names space and day."""
    occurrence = ledger.plan(layout.space, layout, session.slot, kind="session", session_id=session.id)
    session.occurrences.append(occurrence)
    _occupy(occurrence)


def _occupy(occurrence: Occurrence) -> None:
    name, slot = occurrence.space.name, Slot(occurrence.starts_at, occurrence.ends_at)
    try:
        ledger.occupy(occurrence)
    except Conflict as conflict:
        raise taken(name, slot) from conflict


def take_if_free(session: Session, layouts: Iterable[Layout]) -> bool:
    """Hold these spaces where all of them are free, else none. The caller holds the locks of their atoms."""
    try:
        with db.session.begin_nested():
            for layout in layouts:
                take(session, layout)
    except Conflict:
        db.session.expire(session, ["occurrences"])
        return False
    return True


def move(
    session: Session,
    slot: Slot,
    layouts: Sequence[Layout] = (),
    *,
    place: str = "",
    title: dict[str, str] | None = None,
    trainers: Iterable[Trainer] = (),
    anyway: bool = False,
    reason: str = "",
    by: Person,
) -> bool:
    """Another time, other spaces, another place; where the activity is public its people are told, with a new calendar entry.

    The old spaces are kept until the new ones are had. Gives whether time or place changed. Raises Refusal, Conflict. The
    caller holds the lock of the activity.
    """
    must_be_alive(session.activity.state)
    must_be_planned(session.state)
    must_be_unmarked(slot != session.slot and bool(attendance.records_of(session)))
    _must_suit(session.activity, slot, layouts, place, anyway)
    before = {"before": session.starts_at, "before_where": where(session)}
    renamed = session.title != (title or {})
    session.title = title or {}
    team.assign(session, trainers)
    moved = _replace(session, slot, layouts, place)
    if moved or renamed:
        session.sequence += 1
        session.updated_at = session.activity.updated_at = now()
    if moved:  # they are reminded of the new time
        db.session.execute(sa.delete(Reminder).where(Reminder.session_id == session.id))
    db.session.flush()
    if moved and session.activity.state == "published":
        tell("session_moved", [session], by=by, reason=reason.strip(), **before)
    return moved


def _replace(session: Session, slot: Slot, layouts: Sequence[Layout], place: str) -> bool:
    """Give its spaces back and take the others, at the new time. False where it all is as it was."""
    held = session.standing
    wanted = {layout.space_id: layout for layout in layouts}
    same = {one.space_id: one.layout_id for one in held} == {id: layout.id for id, layout in wanted.items()}
    if same and (slot, place) == (session.slot, session.place):
        return False
    held_atoms = {atom for one in held for atom in one.space.atom_ids}
    ledger.lock(held_atoms | {atom for layout in layouts for atom in layout.space.atom_ids})
    for one in held:
        ledger.release(one)
    session.starts_at, session.ends_at, session.place = slot.starts, slot.ends, place
    for one in session.occurrences:  # those that were called off, too: the database keeps them at its times
        one.starts_at, one.ends_at = slot.starts, slot.ends
    left = [one for one in held if one.space_id not in wanted]
    for one in held:
        if layout := wanted.pop(one.space_id, None):
            _lay_out(one, layout)
    for layout in wanted.values():  # a space that is given up makes room for another in the calendars that follow it
        if left:
            _lay_out(left.pop(), layout)
        else:
            session.occurrences.append(ledger.plan(layout.space, layout, slot, kind="session", session_id=session.id))
    for one in left:
        session.occurrences.remove(one)
        db.session.delete(one)
    db.session.flush()
    for one in session.standing:
        _occupy(one)
    return True


def _lay_out(occurrence: Occurrence, layout: Layout) -> None:
    occurrence.space, occurrence.layout = layout.space, layout
    occurrence.setup_min, occurrence.cleanup_min = layout.setup_min, layout.cleanup_min
    occurrence.sequence += 1
    occurrence.updated_at = now()


def call_off(session: Session, reason: str, *, by: Person) -> None:
    """It does not take place: its spaces are free again, its people read why. Raises Refusal. The caller holds the lock of the
    activity."""
    must_be_alive(session.activity.state)
    must_pass(
        lambda: must_be_planned(session.state),
        lambda: must_be_before(session.starts_at, now()),
        lambda: must_give_reason(reason),
    )
    release([session], reason.strip())
    if session.activity.state == "published":
        tell("session_cancelled", [session], "CANCELLED", by=by, reason=reason.strip())


def release(called_off: Sequence[Session], reason: str) -> None:
    """End sessions that were planned, and give their spaces back; what their registers say of who came early is voided."""
    attendance.void_sessions(called_off)
    held = [one for session in called_off for one in session.standing]
    ledger.lock({atom for one in held for atom in one.space.atom_ids})
    for one in held:
        ledger.release(one)
        one.status, one.updated_at = "cancelled", now()
        one.sequence += 1
    for session in called_off:
        session.state, session.reason, session.updated_at = "cancelled", reason, now()
        session.sequence += 1
        session.activity.updated_at = now()
    db.session.flush()


def drop(session: Session) -> None:
    """Throw a session of a draft away, of which nobody was told. Raises Refusal."""
    must_be_of_a_draft(session.activity.state)
    held = list(session.occurrences)
    ledger.lock({atom for one in held for atom in one.space.atom_ids})
    for one in held:
        ledger.release(one)
        db.session.delete(one)
    activity = session.activity
    activity.sessions.remove(session)
    activity.updated_at = now()
    db.session.delete(session)
    db.session.flush()


# --- what people are told


TOLD_STATES = ("pending", "offered", "enrolled", "waiting")


def tell(
    kind: str,
    some: Sequence[Session],
    status: str = "CONFIRMED",
    *,
    by: Person,
    about: Sequence[Enrolment] | None = None,
    **more: object,
) -> None:
    """Tell the dates of some sessions of one activity, with their calendar entries in each language: to whom these enrolments
    concern (where none are given: who has a place or waits), and to who works there, but for whoever did it."""
    activity = some[0].activity
    some = sorted(some, key=lambda one: one.starts_at)
    facts = {
        "dates": [{"starts": one.starts_at, "ends": one.ends_at, "where": where(one), "title": one.title} for one in some],
        "calendar": {lang: [calendar_entry(one, lang, status).as_json() for one in some] for lang in ADDRESS},
    } | more
    people.tell(f"labs/{kind}", people.enrolments(activity, TOLD_STATES) if about is None else about, **facts)
    page = f"/attivita/{activity.slug}"
    for trainer in team.working(activity):
        if trainer.person and trainer.person_id != by.id:
            notice(f"labs/{kind}", to=trainer.person, title=activity.title, who=[], link=page, page=page, **facts)


def troubles(activity: Activity) -> dict[int, str]:
    """What is wrong with sessions to come, by number: lost (neither a space nor a place), or shut (the hub is closed then)."""
    known, found = spaces.house(), {}
    for session in activity.sessions:
        if session.state != "planned" or session.ends_at <= now():
            continue
        if not session.standing and not session.place:
            found[session.number] = "lost"
        elif any(not _is_open(one, known) for one in session.standing):
            found[session.number] = "shut"
    return found


def _is_open(occurrence: Occurrence, known: spaces.House) -> bool:
    slot = Slot(occurrence.starts_at, occurrence.ends_at)
    return not refusals(lambda: must_be_open_for(occurrence.layout, slot, known))


# --- rules


def _must_suit(activity: Activity, slot: Slot, layouts: Sequence[Layout], place: str, anyway: bool) -> None:
    checks = [
        lambda: must_be_of_a_length(slot),
        lambda: must_be_in_one_place(bool(layouts), bool(place)),
        lambda: must_be_few(len(layouts)),
        lambda: must_be_apart(layouts),
        lambda: must_be_known_where(activity.state, bool(layouts or place)),
    ]
    if not anyway and slot.starts > now():
        known = spaces.house()
        checks += [lambda layout=layout: must_be_open_for(layout, slot, known) for layout in layouts]
        seats = db.session.scalar(sa.select(sa.func.count()).where(Seat.activity_id == activity.id))
        checks.append(lambda: must_hold(seats, [layout.capacity for layout in layouts]))
    must_pass(*checks)


def must_be_open_for(layout: Layout, slot: Slot, known: spaces.House) -> None:
    """Within the hours of the day on which it begins, as they are for what the hub itself does."""
    must_be_open(slot, spaces.days_of(layout.space, wall(slot.starts).date(), 1, known, AUDIENCE)[0])


def taken(name: dict[str, str], slot: Slot) -> Conflict:
    """The refusal of a space that somebody else has."""
    return Conflict(
        "%(space)s non è libero %(starts)s: scegli un altro spazio o un'altra ora.",
        space=name,
        starts=slot.starts,
        field="layouts",
        rule="no-overlap",
    )


def must_be_of_a_length(slot: Slot) -> None:
    if not timedelta(minutes=LEAST_MINUTES) <= slot.ends - slot.starts <= timedelta(hours=MOST_HOURS):
        raise Refusal(
            "Un incontro dura da %(least)s minuti a %(most)s ore, e finisce dopo che è cominciato.",
            least=LEAST_MINUTES,
            most=MOST_HOURS,
            field="ends",
            rule="length",
        )


def must_be_in_one_place(in_the_hub: bool, elsewhere: bool) -> None:
    if in_the_hub and elsewhere:
        raise Refusal(
            "Scegli gli spazi dell'hub, oppure scrivi un luogo fuori: non tutti e due.", field="place", rule="one-place"
        )


def must_be_few(count: int) -> None:
    if count > MOST_SPACES:
        raise Refusal("Un incontro si tiene in %(most)s spazi al massimo.", most=MOST_SPACES, field="layouts", rule="few-spaces")


def must_be_apart(layouts: Sequence[Layout]) -> None:
    """Spaces of one session share nothing: a hall and one of its bays cannot both be meant."""
    seen: dict[int, Layout] = {}
    for layout in layouts:
        for atom in layout.space.atom_ids:
            if other := seen.get(atom):
                raise Refusal(
                    "%(one)s e %(other)s sono in parte lo stesso spazio: scegline uno.",
                    one=other.space.name,
                    other=layout.space.name,
                    field="layouts",
                    rule="apart",
                )
        seen |= dict.fromkeys(layout.space.atom_ids, layout)


def must_be_known_where(state: str, is_known: bool) -> None:
    """A draft's session may still look for its space; who enrols reads where to go."""
    if state != "draft" and not is_known:
        raise Refusal("Scegli uno spazio, o scrivi il luogo: l'attività è pubblica.", field="layouts", rule="without-space")


def must_hold(places: int, capacities: list[int]) -> None:
    """As many chairs as places, in all its spaces together."""
    if capacities and sum(capacities) < places:
        raise Refusal(
            "I posti dell'attività sono %(places)s, ma qui entrano al massimo %(capacity)s persone: scegli una disposizione o uno"
            " spazio più grande.",
            places=places,
            capacity=sum(capacities),
            field="layouts",
            rule="capacity",
        )


def must_be_planned(state: str) -> None:
    if state != "planned":
        raise Refusal("Questo incontro si è già svolto o è stato annullato: non si cambia più.", rule="session-state")


def must_be_unmarked(marked: bool) -> None:
    """Whoever was marked came at the time that they were told. marked: whether somebody was, and the time is to change."""
    if marked:
        raise Refusal("Nel registro c'è già chi è venuto: prima togli le presenze.", field="day", rule="marked")


def must_be_before(starts: datetime, now: datetime) -> None:
    if starts <= now:
        raise Refusal("È già cominciato: se non si è svolto, scrivilo nel registro.", rule="past")


def must_be_of_a_draft(state: str) -> None:
    if state != "draft":
        raise Refusal("Chi è iscritto conosce già questo incontro: annullalo, con il motivo.", rule="state")


def must_give_reason(reason: str) -> None:
    if not reason.strip():
        raise Refusal("Scrivi il motivo: chi è iscritto lo legge.", field="reason", rule="reason")
    if len(reason.strip()) > REASON_MOST:
        raise Refusal("Scrivi il motivo in %(most)s caratteri al massimo.", most=REASON_MOST, field="reason", rule="reason-long")
