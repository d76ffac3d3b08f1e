"""The day's sheet of the caretaker, on a phone and on paper: what the facts of `sheet` are called."""

from datetime import date, timedelta
from pathlib import Path

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from hub.access import managers
from hub.accounts.data_views import opened
from hub.booking.words import STATES
from hub.clock import now, starts_of, today, wall
from hub.db import db, writes
from hub.filters import day as day_words
from hub.filters import hour, language, local, moment
from hub.labs.team import trainers_of
from hub.labs.words import KINDS, SESSION_STATES, TRAINER_ROLES
from hub.manage.sheet import Furniture, Sheet, Use, Wall, sheet
from hub.pdf import pdf
from hub.screen import screen
from hub.spaces.closures import Closed
from hub.spaces.models import Layout, Space
from hub.spaces.rules import Slot

bp = Blueprint("day", __name__, url_prefix="/gestione")
REACH_DAYS = 730
TEMPLATE = Path(__file__).parent / "day.typ"
STANDS = {  # what stands in a room, by the kind of its layout
    "theatre": _l("sedie in file, senza tavoli"),
    "classroom": _l("banchi e sedie in file"),
    "u_shape": _l("tavoli e sedie a ferro di cavallo"),
    "circle": _l("sedie in cerchio, senza tavoli"),
    "meeting": _l("un tavolo unico con le sedie intorno"),
    "workshop": _l("isole di tavoli con le sedie intorno"),
    "market": _l("banchi da mercato"),
    "empty": _l("niente: sedie e tavoli in deposito"),
}


@bp.get("/giornata")
@managers
@writes
def day() -> ResponseReturnValue:
    """Who is where on a day, and what moves."""
    at = _asked_day()
    found = _opened(at)
    first, last = today() - timedelta(days=REACH_DAYS), today() + timedelta(days=REACH_DAYS)
    return screen(
        "manage/day.html",
        sheet=found,
        told=_told(found),
        earlier=max(at - timedelta(days=1), first),
        later=min(at + timedelta(days=1), last),
        today=today(),
    )


@bp.get("/giornata.pdf")
@managers
@writes
def day_file() -> Response:
    """The same on paper."""
    at = _asked_day()
    told = _told(_opened(at))
    told |= {
        "language": language(),
        "note": _("Scritto il %(moment)s. Contiene nomi e telefoni: non lasciarlo in giro.", moment=moment(now())),
        "words": {"jobs": _("Che cosa si sposta"), "by": _("Quando"), "what": _("Che cosa"), "done": _("Fatto")},
    }
    headers = {"Content-Disposition": f'attachment; filename="giornata-{at.isoformat()}.pdf"'}
    return Response(pdf(TEMPLATE, **told), mimetype="application/pdf", headers=headers)


def _asked_day() -> date:
    try:
        asked = date.fromisoformat(request.args.get("giorno") or today().isoformat())
    except ValueError:
        abort(404)
    if abs((asked - today()).days) > REACH_DAYS:
        abort(404)
    return asked


def _opened(at: date) -> Sheet:
    """The sheet, and in the register that its people were looked at."""
    found = sheet(at)
    for booking in {use.booking.id: use.booking for use in found.all_uses if use.booking}.values():
        opened(booking.requester, "booking", booking.code, by=current_user)
    db.session.commit()
    return found


def _told(found: Sheet) -> dict[str, object]:
    """The day in words: for the page and for the paper."""
    return {
        "title": _("Giornata di %(day)s", day=day_words(found.day)),
        "facts": [*_building(found), *(_closed(closed, touched) for closed, touched in found.closures)],
        "jobs": [{"by": _times(job.window), "what": _job(job)} for job in found.jobs],
        "spaces": [{"name": local(space.name), "uses": [_use(use) for use in uses]} for space, uses in found.uses],
        "empty": "" if found.uses else _("Nessuno ha prenotato e non ci sono attività: non c'è niente da preparare."),
    }


def _building(found: Sheet) -> list[str]:
    opening = found.building
    if opening.slots:
        hours = ", ".join(_times(slot) for slot in opening.slots)
        told = [_("L'edificio apre: %(hours)s.", hours=hours)]
    elif opening.reason:
        told = [_("L'edificio è chiuso: %(reason)s.", reason=local(opening.reason))]
    else:
        told = [_("L'edificio è chiuso.")]
    if work := found.work:
        told.append(_("Si lavora: %(times)s, con allestimenti e riordini.", times=_times(work)))
    return told


def _closed(closed: Closed, touched: list[Space]) -> str:
    names = ", ".join(local(space.name) for space in touched)
    return _("Chiuso, %(times)s: %(spaces)s (%(reason)s).", times=_times(closed.slot), spaces=names, reason=local(closed.reason))


def _use(use: Use) -> dict[str, object]:
    layout = use.occurrence.layout
    told = _booked(use) if use.booking else _session(use)
    rows = [
        *told["who"],
        (_("Disposizione"), f"{local(layout.name)} ({STANDS[layout.kind]})"),
        told["people"],
        (_("Allestimento"), _times(Slot(use.padded.starts, use.slot.starts)) if use.padded.starts < use.slot.starts else ""),
        (_("Riordino"), _times(Slot(use.slot.ends, use.padded.ends)) if use.padded.ends > use.slot.ends else ""),
        (_("Stato"), told["state"]),
        (_("Codice"), told["code"]),
    ]
    kept = {name: told[name] for name in ("title", "link")}
    return {"time": _times(use.slot), "rows": [row for row in rows if row[1]]} | kept


def _booked(use: Use) -> dict[str, object]:
    """What is particular to a booking."""
    booking, capacity = use.booking, use.occurrence.layout.capacity
    named = (booking.contact, booking.organisation and booking.organisation.name)
    return {
        "title": booking.title,
        "link": url_for("booking_staff.decide", code=booking.code),
        "who": [(_("Chi"), ", ".join(one for one in named if one)), (_("Telefono"), booking.phone)],
        "people": (_("Persone"), _("%(people)s su %(capacity)s posti", people=booking.attendees, capacity=capacity)),
        "state": str(STATES["no_show"]) if use.occurrence.status == "no_show" else "",
        "code": booking.code,
    }


def _session(use: Use) -> dict[str, object]:
    """What is particular to a session. Nobody of those who are enrolled is named."""
    session, places = use.session, use.places
    title, named = local(session.activity.title), local(session.title)
    trainers = ", ".join(f"{one.name} ({TRAINER_ROLES[one.role]})" for one in trainers_of(session))
    if places.count:
        people = ngettext(
            "%(num)s iscritto su %(count)s posti", "%(num)s iscritti su %(count)s posti", places.taken, count=places.count
        )
    else:
        people = _("senza iscrizione, fino a %(capacity)s", capacity=use.occurrence.layout.capacity)
    return {
        "title": f"{title}: {named}" if named else title,
        "link": url_for("labs_staff.activity", slug=session.activity.slug),
        "who": [(_("Attività"), str(KINDS[session.activity.kind])), (_("Chi ci lavora"), trainers)],
        "people": (_("Persone"), people),
        "state": str(SESSION_STATES[session.state]) if session.state != "planned" else "",
        "code": session.code,
    }


def _job(job: Wall | Furniture) -> str:
    if isinstance(job, Wall):
        one, other = (local(space.name) for space in job.between)
        if job.opens:
            return _("Apri la parete tra %(one)s e %(other)s.", one=one, other=other)
        return _("Chiudi la parete tra %(one)s e %(other)s.", one=one, other=other)
    values = {"space": local(job.space.name), "after": STANDS[job.after.kind], "people": job.people}
    if not job.before:
        return _("%(space)s: metti %(after)s, per %(people)s persone.", **values)
    before = _(" e ").join(_left(job.space, space, layout) for space, layout in job.before)
    return _("%(space)s: ora %(before)s. Metti %(after)s, per %(people)s persone.", before=before, **values)


def _left(there: Space, space: Space, layout: Layout) -> str:
    """How a space was left; where another was used, part of it or larger, which."""
    stands = str(STANDS[layout.kind])
    return stands if space is there else _("%(stands)s (in: %(space)s)", stands=stands, space=local(space.name))


def _times(slot: Slot) -> str:
    """08:30–10:00; with its days where it goes from one to another."""
    if slot.starts == slot.ends:
        return _("entro le %(hour)s", hour=hour(slot.ends))
    if wall(slot.starts).date() == wall(slot.ends).date():
        return f"{hour(slot.starts)}–{hour(slot.ends)}"
    if slot.ends == starts_of(wall(slot.starts).date() + timedelta(days=1)):
        return f"{hour(slot.starts)}–24:00"
    return f"{day_words(slot.starts, 'd MMM')}, {hour(slot.starts)} – {day_words(slot.ends, 'd MMM')}, {hour(slot.ends)}"
