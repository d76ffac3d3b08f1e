"""A group that an organisation enrols: from a list, or one by one. All of a list is enrolled, or nobody.

Whom it enters it keeps (`hub.families.keeping`), with consents that were signed on paper, until a guardian takes a record over.
Of whom others entered it learns nothing: it knows again only those whom it entered itself. One lock order: the organisation,
the participants, the activity.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import now, today
from hub.db import db
from hub.families import consents, invitations, keeping
from hub.families import service as families
from hub.families.models import Consent, Guardianship, Keeper, Participant
from hub.labs import basket, enrolment, health, people, rules, seats
from hub.labs.enrolment import Wanted
from hub.labs.models import Activity, Enrolment, Session
from hub.labs.roster_rules import PURPOSES, Line, Terms, Wrong, columns_of, read_row, twins
from hub.labs.table_file import rows_of
from hub.organisations.models import Organisation
from hub.refusal import Refusal, refusals
from hub.sealing import Unreadable, seal, unseal

PER_PAGE = 50
KEPT_DAYS = 365  # after the last activity of whom no guardian took over
PREVIEW_HOURS = 12
SEALED_FOR = "roster"
TOLD_PURPOSES = (*PURPOSES, health.PURPOSE)


class NotAll(Refusal):
    """Nobody was enrolled. wrong: what does not pass, row by row."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        told = Refusal("Non abbiamo iscritto nessuno: correggi quello che non va e riprova.")
        super().__init__(told.words, rule="roster")
        self.wrong = list(wrong)


# --- what a list says


def read(activity: Activity, sent: bytes) -> list[Line]:
    """The lines of a file. Raises NotAll with all that is wrong in its rows, or Refusal for the file itself."""
    (_number, header), *rows = rows_of(sent)
    known = terms(activity)
    columns = columns_of([str(name) for name in header], known.asked)
    must_hold_rows(len(rows))
    lines, wrong = [], []
    for number, cells in rows:
        if len(cells) > len(columns) or any(cell and not code for code, cell in zip(columns, cells, strict=False)):
            wrong.append(Wrong(number, "", "", _beside()))
            continue
        line, found = read_row(number, {code: cell for code, cell in zip(columns, cells, strict=False) if code}, known)
        lines += [line] if line else []
        wrong += found
    wrong += twins(lines)
    if wrong:
        raise NotAll(sorted(wrong, key=lambda one: one.row))
    return lines


def terms(activity: Activity) -> Terms:
    """What a list for this activity is looked at with."""
    return Terms(today(), basket.questions_of(activity), activity.asks_health)


def against(activity: Activity, lines: Sequence[Line], *, organisation: Organisation, by: Person) -> list[Wrong]:
    """All that speaks now against enrolling these. Only looks: nothing is locked."""
    if closed := enrolment.closed(activity):
        return [Wrong(0, "", "", one) for one in closed]
    known = _known(organisation, lines)
    wrong = []
    for line in lines:
        record = known.get(line.key) or Participant(**_said(line))
        found = enrolment.against(activity, Wanted(record, line.answers), by=by, through=organisation)
        wrong += [Wrong(line.row, COLUMN_OF.get(one.rule, ""), f"{line.given_name} {line.family_name}", one) for one in found]
    there = seats.places(activity)
    waits = len(lines) if there.waiting else max(0, len(lines) - there.free)
    full = refusals(lambda: rules.must_leave_room_to_wait(there.waiting, waits, activity.waiting_most))
    return [*wrong, *(Wrong(0, "", "", one) for one in full)]


COLUMN_OF = {"age": "birth_date", "residents_first": "resident"}  # the column that a rule of enrolment speaks of


def _known(organisation: Organisation, lines: Sequence[Line]) -> dict[tuple, Participant]:
    """Those of these whom the organisation entered before."""
    born = {line.birth_date for line in lines}
    rows = keeping.kept_by(organisation, born)
    return {Line.of(row.given_name, row.family_name, row.birth_date): row for row in rows}


def _said(line: Line) -> dict[str, object]:
    return {name: getattr(line, name) for name in families.SAID}


# --- between the look and the last word


def packed(activity: Activity, lines: Sequence[Line], *, organisation: Organisation, by: Person) -> str:
    """A list that was looked at, for the browser to give back: nobody else reads it, and nothing of it is kept here until it is
    confirmed."""
    whose = {"activity": activity.id, "organisation": organisation.id, "person": by.id, "at": now().isoformat()}
    return seal(json.dumps(whose | {"lines": [line.as_json for line in lines]}, ensure_ascii=False), SEALED_FOR)


def unpacked(sealed: str, activity: Activity, *, organisation: Organisation, by: Person) -> list[Line]:
    """The list as it was looked at, by the same person for the same activity, today. Raises Refusal."""
    try:
        told = json.loads(unseal(sealed, SEALED_FOR))
    except Unreadable:
        raise _looked_at_else() from None
    whose = (told["activity"], told["organisation"], told["person"])
    looked = datetime.fromisoformat(told["at"])
    if whose != (activity.id, organisation.id, by.id) or now() - looked > timedelta(hours=PREVIEW_HOURS):
        raise _looked_at_else()
    return [Line.from_json(line) for line in told["lines"]]


def _looked_at_else() -> Refusal:
    return Refusal("Il controllo del file non vale più: carica il file di nuovo.", field="file", rule="roster-old")


# --- the last word


def enrol(
    activity: Activity,
    lines: Sequence[Line],
    *,
    organisation: Organisation,
    by: Person,
    channel: str,
    together: bool = False,
) -> list[Enrolment]:
    """Everybody of a list is enrolled, or waits in its order, with the consents on paper that it says. Raises NotAll, or Refusal:
    then nobody is.

    together: they get places all or none; channel: one of rules.CHANNELS. Guardians whose address is known are asked to take
    the record over.
    """
    keeping.lock(organisation)
    if wrong := against(activity, lines, organisation=organisation, by=by):
        raise NotAll(wrong)
    known = _known(organisation, lines)
    families.lock(*(record.id for record in known.values()))
    records = _records(lines, known, organisation, by)
    wanted = [Wanted(record, line.answers, health.sealed(line.note)) for record, line in zip(records, lines, strict=True)]
    made = enrolment.enrol(activity, wanted, by=by, channel=channel, together=together, through=organisation, level=by.level)
    signed = {record.id: _signed(record, line, line.key in known) for record, line in zip(records, lines, strict=True)}
    consents.give_papers(signed, by=by, activity=activity, through=organisation)
    for record, line in zip(records, lines, strict=True):
        if line.email:
            invitations.ask_guardian(record, line.email, organisation=organisation.name, by=by)
    return made


def _records(lines: Sequence[Line], known: dict[tuple, Participant], organisation: Organisation, by: Person) -> list[Participant]:
    """The record of each line. Of whom it entered before, what the organisation says goes as long as nobody took them over."""
    new = [line for line in lines if line.key not in known]
    entered = keeping.take_in([(_said(line), line.guardian) for line in new], organisation, by=by)
    records = known | {line.key: record for line, record in zip(new, entered, strict=True)}
    for line in lines:
        if line.key in known and is_ours(known[line.key]):
            for name, value in _said(line).items():
                setattr(known[line.key], name, value)
            keeping.keeper_of(known[line.key]).guardian = line.guardian
    db.session.flush()
    return [records[line.key] for line in lines]


def is_ours(record: Participant) -> bool:
    """Whether nobody but the organisation that entered somebody answers for their record."""
    return record.person_id is None and not families.is_guarded(record, ever=True)


def _signed(record: Participant, line: Line, is_known: bool) -> list[str]:
    """The purposes of what was signed; whoever has taken a record over says what goes beyond taking part."""
    purposes = ["participation", *([health.PURPOSE] if line.note else [])]
    if is_known and not is_ours(record):
        return purposes
    minor = families.is_minor(record)
    return purposes + [purpose for purpose in line.yes if minor or purpose != "leave_alone"]


# --- whom an organisation enrolled


class Group(NamedTuple):
    """A page of those whom an organisation enrolled in an activity; more: whether there are others."""

    enrolments: list[Enrolment]
    more: bool


def group_of(activity: Activity, organisation: Organisation, *, page: int = 1) -> Group:
    """Those whom an organisation enrolled in an activity: those who stand first, then by name."""
    theirs = sa.select(Enrolment).where(Enrolment.activity_id == activity.id, Enrolment.through_id == organisation.id)
    theirs = theirs.join(Participant, Participant.id == Enrolment.participant_id)
    order = (Enrolment.ended_at.is_not(None), Participant.family_name, Participant.given_name, Enrolment.id)
    theirs = theirs.order_by(*order).options(joinedload(Enrolment.participant), joinedload(Enrolment.activity))
    found = db.session.scalars(theirs.offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)).all()
    return Group(list(found[:PER_PAGE]), len(found) > PER_PAGE)


def one_of(activity: Activity, id: int, organisation: Organisation | None, *, locked: bool = False) -> Enrolment | None:
    """The enrolment with this number that an organisation (None: any) made in an activity.

    locked: nobody else changes who answers for whom it is about until the transaction ends.
    """
    theirs = sa.select(Enrolment).where(Enrolment.id == id, Enrolment.activity_id == activity.id)
    theirs = theirs.where(Enrolment.through_id == organisation.id if organisation else Enrolment.through_id.is_not(None))
    if locked:
        families.lock(*db.session.scalars(theirs.with_only_columns(Enrolment.participant_id)))
    whole = (joinedload(Enrolment.participant), joinedload(Enrolment.through), joinedload(Enrolment.activity))
    return db.session.scalars(theirs.options(*whole), execution_options={"populate_existing": locked}).one_or_none()


def doubles(activity: Activity, found: Sequence[Enrolment]) -> set[int]:
    """The numbers of those of these enrolments whose name and birth date somebody else has who is enrolled: for the staff."""
    born = {one.participant.birth_date for one in found if one.participant.birth_date}
    live = sa.select(Participant, Enrolment.id).join(Enrolment, Enrolment.participant_id == Participant.id)
    live = live.where(Enrolment.activity_id == activity.id, Enrolment.ended_at.is_(None), Participant.birth_date.in_(born))
    names: dict[tuple, set[int]] = {}
    for record, number in db.session.execute(live):
        names.setdefault(Line.of(record.given_name, record.family_name, record.birth_date), set()).add(number)
    return {one.id for one in found if any(one.id in same and len(same) > 1 for same in names.values())}


def agreed(found: Sequence[Enrolment]) -> dict[int, list[str]]:
    """The purposes, besides taking part, that were signed for each of these enrolments and still stand, by its number."""
    if not found:
        return {}
    whose = {one.participant_id: one.id for one in found}
    live = sa.select(Consent.participant_id, Consent.purpose).where(
        Consent.participant_id.in_(whose),
        Consent.activity_id == found[0].activity_id,
        Consent.withdrawn_at.is_(None),
        Consent.on_paper,
        Consent.purpose.in_(TOLD_PURPOSES),
    )
    told: dict[int, list[str]] = {one.id: [] for one in found}
    for participant_id, purpose in db.session.execute(live.order_by(Consent.id)):
        told[whose[participant_id]].append(purpose)
    return told


def take_back(found: Enrolment, purpose: str, *, by: Person) -> None:
    """What was signed for one purpose (of TOLD_PURPOSES) stands no longer, as whoever answers for them asked. Raises Refusal."""
    rules.must_answer_for(people.may_answer(found, by))
    must_be_signed(purpose in agreed([found])[found.id])
    consents.end_papers(found.participant, by=by, activity=found.activity, through=found.through, purpose=purpose)
    if purpose == health.PURPOSE:
        health.drop(found.participant_id, found.activity_id)


# --- how long it is kept


def purge_groups(at: datetime) -> int:
    """Erase the records that an organisation keeps, and nobody has taken over, long after their last activity; how many."""
    lasts = sa.select(sa.func.max(Session.ends_at)).where(Session.activity_id == Enrolment.activity_id)
    lasts = lasts.where(Session.state != "cancelled").correlate(Enrolment).scalar_subquery()
    limit = at - timedelta(days=KEPT_DAYS)
    ended = sa.func.coalesce(Enrolment.ended_at, lasts, at)  # without dates it is still to come
    theirs = sa.select(Enrolment.id).where(Enrolment.participant_id == Participant.id)
    guarded = sa.select(Guardianship.id).where(Guardianship.participant_id == Participant.id)
    old = (
        sa.select(Participant)
        .join(Keeper, Keeper.participant_id == Participant.id)
        .where(Participant.erased_at.is_(None), Participant.person_id.is_(None), Keeper.entered_at <= limit)
        .where(~guarded.exists(), ~theirs.where(ended > limit).exists())
        .order_by(Participant.id)
    )
    found = db.session.scalars(old.with_for_update(key_share=True, skip_locked=True, of=Participant)).all()
    for record in found:
        families.erase(record)
    return len(found)


# --- rules, on plain values


def must_hold_rows(rows: int) -> None:
    if rows == 0:
        raise Refusal("Sotto l'intestazione non c'è nessuna riga: scrivi chi iscrivere.", field="file", rule="file-empty")


def must_be_signed(stands: bool) -> None:
    if not stands:
        raise Refusal("Questo consenso non c'è, o è già stato ritirato.", rule="consent-changed")


def _beside() -> Refusal:
    return Refusal("C'è qualcosa in una colonna senza nome: cancellalo, o sposta le celle.", rule="column-beside")
