"""The managers' desk for editions: each with its dates, and how one becomes the next."""

from flask import Blueprint, abort, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from hub.access import managers
from hub.db import db, undo
from hub.labs import editions as all_editions
from hub.labs.forms import CloneForm, EditionForm
from hub.labs.models import Edition
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("editions", __name__, url_prefix="/gestione/attivita/edizioni")


@bp.route("", methods=["GET", "POST"])
@managers
def editions() -> ResponseReturnValue:
    """Those that there are, and a new one."""
    form = EditionForm()
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                all_editions.make(code=form.code.data, **form.told)
                sending.answer = url_for(".editions")
            db.session.commit()
            flash(_("Edizione scritta."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("labs/staff/editions.html", None, form.http_status, form=form, editions=all_editions.editions())


@bp.route("/<code>", methods=["GET", "POST"])
@managers
def edition(code: str) -> ResponseReturnValue:
    """Another name, other dates."""
    found = _asked(code)
    form = EditionForm(data=EditionForm.shown(found))
    del form.code
    if form.validate_on_submit():
        try:
            all_editions.change(found, **form.told)
            db.session.commit()
            flash(_("Edizione cambiata."), "success")
            return go(url_for(".editions"))
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("labs/staff/edition.html", None, form.http_status, form=form, edition=found)


@bp.route("/<code>/copia", methods=["GET", "POST"])
@managers
def clone(code: str) -> ResponseReturnValue:
    """The same activities some weeks later, as drafts."""
    found, form = _asked(code), CloneForm()
    if form.validate_on_submit():
        try:
            sending, counts = form.once(), None
            if not sending.answer:
                told = {"code": form.code.data, "name": form.name, "weeks": form.weeks.data}
                made, lost = all_editions.clone(found, **told, by=current_user)
                sending.answer = url_for("labs_staff.activities", edizione=made.code)
                counts = len(all_editions.activities_of(made)), len(lost)
            db.session.commit()
            if counts:
                _tell(*counts)
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("labs/staff/clone.html", None, form.http_status, form=form, edition=found, count=_count(found))


def _tell(copied: int, lost: int) -> None:
    flash(ngettext("%(num)s bozza copiata.", "%(num)s bozze copiate.", copied), "success")
    if lost:
        words = ngettext(
            "%(num)s incontro è senza spazio: quello che aveva è occupato in quella data.",
            "%(num)s incontri sono senza spazio: quello che avevano è occupato in quelle date.",
            lost,
        )
        flash(words, "warning")


def _count(found: Edition) -> int:
    return len([one for one in all_editions.activities_of(found) if one.state != "cancelled"])


def _asked(code: str) -> Edition:
    return all_editions.edition_by(code) or abort(404)
