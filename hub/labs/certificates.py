"""Certificates: what somebody attended, as the register has it on the day of issue. Revoked with a reason, never rewritten."""

import secrets
import unicodedata
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.labs import people
from hub.labs.dose import Dose, dose, doses, reaches
from hub.labs.models import Activity, Certificate, Enrolment, Session
from hub.labs.people import is_nameless as is_nameless
from hub.labs.rules import CERTIFICATE_KINDS, REASON_LENGTH
from hub.refusal import Refusal, must_pass

SIGNS = "346789ACDEFGHJKMNPQRTVWXY"  # none that is read as another: no 0 and O, 1, I and L, 2 and Z, 5 and S, B, U
LENGTH = 16  # signs: 74 bits
USUAL_PERCENT = 75
TAKING_PART = ("enrolled", "completed")
_WHOLE = (
    joinedload(Certificate.enrolment)
    .joinedload(Enrolment.activity)
    .selectinload(Activity.sessions)
    .selectinload(Session.occurrences),
    joinedload(Certificate.enrolment).joinedload(Enrolment.participant),
    joinedload(Certificate.enrolment).joinedload(Enrolment.organisation),
    joinedload(Certificate.enrolment).joinedload(Enrolment.through),
)


class Line(NamedTuple):
    """An enrolment that may have certificates, or has: what it got of the activity, and its certificates as they were issued."""

    enrolment: Enrolment
    dose: Dose
    papers: list[Certificate]

    def live(self, kind: str) -> Certificate | None:
        return next((one for one in self.papers if one.kind == kind and one.revoked_at is None), None)

    def holds(self, paper: Certificate) -> bool:
        """Whether a certificate says what the register says now, of somebody who takes part still."""
        return self.enrolment.state in TAKING_PART and (paper.minutes, paper.of_minutes) == self.dose[:2]

    @property
    def eligible(self) -> bool:
        """Whether somebody takes part still, was there for a minute at least, and is known by name."""
        return self.enrolment.state in TAKING_PART and self.dose.minutes > 0 and not is_nameless(self.enrolment)

    @property
    def is_pupil(self) -> bool:
        """Whether a school, or another organisation, enrolled them."""
        return self.enrolment.through_id is not None and self.enrolment.participant_id is not None


class Issued(NamedTuple):
    """What came of issuing to all: how many are new, were there already, or say something else and must be revoked first."""

    new: int
    same: int
    stale: int


# --- what there is


def lines(activity: Activity) -> list[Line]:
    """Who takes part in an activity, or has a certificate of it, by name; in a fixed number of statements."""
    papers: dict[int, list[Certificate]] = {}
    theirs = sa.select(Certificate).join(Enrolment).where(Enrolment.activity_id == activity.id).order_by(Certificate.id)
    for one in db.session.scalars(theirs):
        papers.setdefault(one.enrolment_id, []).append(one)
    shown = sa.or_(Enrolment.state.in_(TAKING_PART), Enrolment.id.in_(papers))
    found = sa.select(Enrolment).where(Enrolment.activity_id == activity.id, shown).options(*people.WITH_PEOPLE)
    got = doses(activity)
    made = [Line(one, got[one.id], papers.get(one.id, [])) for one in db.session.scalars(found).unique()]
    return sorted(made, key=lambda line: (called(line.enrolment).casefold(), line.enrolment.id))


def of_enrolment(enrolment: Enrolment) -> list[Certificate]:
    """The certificates of an enrolment, the newest first."""
    theirs = sa.select(Certificate).filter_by(enrolment_id=enrolment.id).order_by(Certificate.id.desc())
    return list(db.session.scalars(theirs))


def certificate_by(text: str, *, activity: Activity | None = None, enrolment: Enrolment | None = None) -> Certificate | None:
    """The certificate with this code, however it is typed; None where there is none, or it is not of this activity or
    enrolment."""
    code = code_of(text)
    mine = sa.select(Certificate).where(Certificate.code == code).options(*_WHOLE)
    if activity:
        mine = mine.where(Certificate.enrolment.has(Enrolment.activity_id == activity.id))
    if enrolment:
        mine = mine.where(Certificate.enrolment_id == enrolment.id)
    return db.session.scalars(mine).one_or_none() if code else None


def called(enrolment: Enrolment) -> str:
    """Whose name stands on the paper."""
    return enrolment.participant.name if enrolment.participant else enrolment.organisation.name


def is_named(certificate: Certificate, said: str) -> bool:
    """Whether this is the name on the paper, given name or family name first; accents, capitals and spaces make no difference."""
    enrolment = certificate.enrolment
    if enrolment.participant:
        given, family = enrolment.participant.given_name, enrolment.participant.family_name
        names = {_plain(given + family), _plain(family + given)}
    else:
        names = {_plain(enrolment.organisation.name)}
    return _plain(said) in names - {""}


def _plain(name: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", name).casefold() if sign.isalnum())


# --- codes


def new_code() -> str:
    return "".join(secrets.choice(SIGNS) for _ in range(LENGTH))


def grouped(code: str) -> str:
    """A code as people read it: ABCD-EFGH-JKMN-PQRT."""
    return "-".join(code[at : at + 4] for at in range(0, LENGTH, 4))


def code_of(text: str) -> str | None:
    """The code that somebody means: small letters, spaces, dashes, or the whole address of its page. None: it is no code."""
    last = text.strip().rstrip("/").rpartition("/")[2]
    code = "".join(sign for sign in last.upper() if sign.isalnum())
    return code if len(code) == LENGTH and set(code) <= set(SIGNS) else None


# --- verbs; the caller holds the lock of the activity


def issue(enrolment: Enrolment, kind: str, *, by: Person) -> Certificate:
    """A certificate of what the register says now; the one there is, where it says the same. Raises Refusal."""
    line = Line(enrolment, dose(enrolment), of_enrolment(enrolment))
    must_pass(
        lambda: must_be_a_kind(kind),
        lambda: _must_be_recorded(enrolment.activity),
        lambda: must_be_eligible(line.eligible),
        lambda: must_be_through_a_school(kind, line.is_pupil),
    )
    if there := line.live(kind):
        must_not_differ(line.holds(there))
        return there
    made = _write(line, kind, by)
    people.tell("labs/certificate", [enrolment])
    return made


def issue_all(activity: Activity, kind: str, percent: int, *, by: Person) -> Issued:
    """One to everybody who was there for at least so many hundredths of what was held. Raises Refusal."""
    must_pass(
        lambda: must_be_a_kind(kind),
        lambda: must_be_a_share(percent),
        lambda: _must_be_recorded(activity),
    )
    may = [line for line in lines(activity) if line.eligible and (kind != "pcto" or line.is_pupil)]
    reached = [line for line in may if reaches(line.dose, percent)]
    there = {line.enrolment.id: line.live(kind) for line in reached}
    new = [line for line in reached if there[line.enrolment.id] is None]
    stale = [line for line in reached if (paper := there[line.enrolment.id]) and not line.holds(paper)]
    for line in new:
        _write(line, kind, by)
    people.tell("labs/certificate", [line.enrolment for line in new])
    return Issued(len(new), len(reached) - len(new) - len(stale), len(stale))


def _write(line: Line, kind: str, by: Person) -> Certificate:
    made = Certificate(enrolment=line.enrolment, kind=kind, code=new_code(), issued_at=now(), issued_by_id=by.id)
    made.minutes, made.of_minutes = line.dose[:2]
    db.session.add(made)
    db.session.flush()
    return made


def revoke(certificate: Certificate, reason: str) -> None:
    """It is good no longer, and whoever has it reads why. Raises Refusal."""
    must_pass(lambda: must_be_good(certificate.revoked_at is None), lambda: must_give_reason(reason))
    certificate.revoked_at, certificate.revoked_reason = now(), reason.strip()
    db.session.flush()
    people.tell("labs/certificate_revoked", [certificate.enrolment], reason=certificate.revoked_reason)


def _must_be_recorded(activity: Activity) -> None:
    left = [one.starts_at for one in activity.sessions if one.state == "planned"]
    must_be_recorded(left)
    must_have_been_held(any(one.state == "held" for one in activity.sessions))


# --- rules, on plain values


def must_be_a_kind(kind: str) -> None:
    if kind not in CERTIFICATE_KINDS:
        raise Refusal("Scegli dall'elenco che attestato emettere.", field="kind", rule="kind")


def must_be_a_share(percent: int | None) -> None:
    if percent is None or not 1 <= percent <= 100:
        raise Refusal("Scrivi un numero intero da 1 a 100.", field="percent", rule="percent")


def must_be_recorded(left: list) -> None:
    """left: when the sessions are of which nobody has said whether they took place."""
    if left:
        raise Refusal(
            "Il registro non è completo: prima scrivi se l'incontro di %(starts)s si è svolto.", starts=left[0], rule="unrecorded"
        )


def must_have_been_held(held: bool) -> None:
    if not held:
        raise Refusal("Nessun incontro si è svolto: non ci sono ore da attestare.", rule="not-held")


def must_be_eligible(eligible: bool) -> None:
    if not eligible:
        raise Refusal("L'attestato è per chi è ancora iscritto ed è stato presente almeno un minuto.", rule="presence")


def must_be_through_a_school(kind: str, is_pupil: bool) -> None:
    if kind == "pcto" and not is_pupil:
        raise Refusal("Le ore per la scuola sono di chi è stato iscritto da una scuola.", rule="school")


def must_not_differ(is_same: bool) -> None:
    """What was issued is never rewritten."""
    if not is_same:
        raise Refusal("C'è già un attestato con altre ore: revocalo, poi emettine uno nuovo.", rule="differs")


def must_be_good(is_live: bool) -> None:
    if not is_live:
        raise Refusal("Questo attestato è già revocato.", rule="revoked")


def must_give_reason(reason: str) -> None:
    if not reason.strip():
        raise Refusal("Scrivi il motivo: lo legge chi ha l'attestato.", field="reason", rule="reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal("Scrivi al massimo %(most)s caratteri.", most=REASON_LENGTH, field="reason", rule="reason")


def must_be_printable(is_live: bool, nameless: bool) -> None:
    """What was revoked is not printed any more, and neither is a paper without a name."""
    if not is_live:
        raise Refusal("Questo attestato è stato revocato: non si può più scaricare.", rule="revoked")
    if nameless:
        raise Refusal("Chi l'ha avuto ha cancellato i suoi dati: il foglio non si può più scaricare.", rule="nameless")
