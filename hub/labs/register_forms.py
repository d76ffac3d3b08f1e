"""The forms of the register: a sheet of many lines, why a session was not held, the code of who arrives."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flask import request
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from hub.forms import Form, tidy, told
from hub.labs import team
from hub.labs.attendance import PARTLY, Line, Mark, length_of
from hub.labs.models import Session, Trainer
from hub.labs.register import REASON_MOST, may_have_worked
from hub.refusal import Refusal, must_pass


@dataclass
class Row:
    """A line of the sheet as it is shown: what is chosen and typed, and what is wrong with it. seen: see `Mark`."""

    line: Line
    status: str
    minutes: str
    seen: int
    errors: list[str] = field(default_factory=list)
    saved: bool = False

    @property
    def id(self) -> int:
        return self.line.enrolment.id

    @classmethod
    def of(cls, line: Line, all_there: bool = False) -> "Row":
        """As it is written; all_there: whoever is expected and has nothing written yet is proposed as present."""
        record = line.record
        if record is None:
            return cls(line, "present" if all_there and line.expected else "", "", 0)
        return cls(line, record.status, str(record.minutes) if record.status in PARTLY else "", record.id)

    @classmethod
    def sent(cls, line: Line) -> "Row":
        """As the browser sends it; a line that it did not know is left as it stands."""
        number = line.enrolment.id
        if f"seen-{number}" not in request.form:
            return cls.of(line)
        said = {name: request.form.get(f"{name}-{number}", "").strip() for name in ("status", "minutes", "seen")}
        seen = int(said["seen"]) if said["seen"].isdecimal() and len(said["seen"]) < 10 else 0
        return cls(line, said["status"][:20], said["minutes"][:20], seen)

    @property
    def mark(self) -> Mark:
        """What is to be written. Raises Refusal."""
        minutes = _number(self.minutes, f"row_{self.id}") if self.status in PARTLY else None
        return Mark(self.line.enrolment, self.status, minutes, self.seen)


@dataclass
class Worker:
    """Somebody who may have worked in a session, as it is shown. minutes: as typed; "" for all of it."""

    trainer: Trainer
    works: bool
    minutes: str
    errors: list[str] = field(default_factory=list)


def workers_of(session: Session, *, sent: bool) -> list[Worker]:
    """As they are sent; else as they are written, and of a session that is not decided yet as it was planned."""
    found = may_have_worked(session)
    if sent:
        return [
            Worker(one, f"works-{one.id}" in request.form, request.form.get(f"worked-{one.id}", "").strip()[:20]) for one in found
        ]
    if session.state == "held":
        written = {line.trainer_id: line.minutes for line in session.trainers if line.minutes is not None}
    else:
        written = {one.id: None for one in team.trainers_of(session)}
    shown = {id: "" if length in (None, session.minutes) else str(length) for id, length in written.items()}
    return [Worker(one, one.id in written, shown.get(one.id, "")) for one in found]


def worked(workers: Iterable[Worker], minutes: int | None) -> Mapping[Trainer, int]:
    """Who worked in a session of so many minutes (None: nobody knows yet), and for how many. Raises Refusal."""
    found = {}

    def add(one: Worker) -> None:
        typed = _number(one.minutes, f"worked_{one.trainer.id}")
        found[one.trainer] = minutes if typed is None else typed

    must_pass(*(lambda one=one: add(one) for one in workers if one.works))
    return found


def _number(text: str, place: str) -> int | None:
    if text and not (text.isdecimal() and len(text) < 6):
        raise Refusal("Scrivi i minuti con un numero, per esempio 45.", field=place, rule="number")
    return int(text) if text else None


class SheetForm(Form):
    """The sheet of a session; its lines, and who worked in it, stand beside it."""

    held = BooleanField(_("L'incontro si è svolto"))
    minutes = IntegerField(_("Quanti minuti è durato"), [Optional()])
    paper = BooleanField(_("Copio dal foglio firme"), description=_("Il registro dice che i dati vengono dalla carta."))
    seen = HiddenField()  # see `register.hold`

    def __init__(self, session: Session, **more: object) -> None:
        super().__init__(minutes=length_of(session), held=True, seen=session.event_id or "", **more)

    @property
    def source(self) -> str:
        return "paper" if self.paper.data else "list"

    def place(self, refusal: Refusal, rows: Iterable[Row], workers: Iterable[Worker]) -> None:
        """Each refusal beside its line, its worker or its field."""
        places = {f"row_{one.id}": one.errors for one in rows} | {f"worked_{one.trainer.id}": one.errors for one in workers}
        for one in refusal.all:
            if one.field in places:
                places[one.field].append(told(one))
            else:
                self.show(one)


class NotHeldForm(Form):
    """Why a session did not take place."""

    reason = TextAreaField(
        _("Perché non si è svolto"),
        [DataRequired(_("Scrivi perché non si è svolto.")), Length(max=REASON_MOST)],
        filters=[tidy],
    )


class TicketForm(Form):
    """The code of whoever arrives."""

    code = StringField(
        _("Codice di chi arriva"),
        [DataRequired(_("Scrivi il codice.")), Length(max=200)],
        filters=[tidy],
        description=_("È scritto sotto il codice QR dell'iscrizione, per esempio K7QD-M2PX."),
    )
