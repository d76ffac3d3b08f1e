"""Several proposals become one, or one becomes several: by their authors, and at the managers' desk; and a press for those who
supported them."""

import re

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers, residents
from hub.db import db, undo
from hub.doing import carry_out
from hub.proposals import merging
from hub.proposals.drafts import written_by
from hub.proposals.merging import Part
from hub.proposals.models import Proposal
from hub.proposals.outcome_forms import NUMBERS, MergeForm, OthersForm, SplitForm
from hub.proposals.rules import LONGEST_TEXT
from hub.proposals.showing import CODE, shown_proposal
from hub.proposals.voices import themselves
from hub.refusal import Refusal
from hub.screen import go, screen

bp = Blueprint("merging", __name__, url_prefix="/proposte/<code>")
desk = Blueprint("merging_staff", __name__, url_prefix="/gestione/proposte/<code>")


@bp.route("/unisci", methods=["GET", "POST"])
@residents
def merge(code: str) -> ResponseReturnValue:
    """Its authors merge it with others of theirs."""
    return _merge(_own(code))


@bp.route("/dividi", methods=["GET", "POST"])
@residents
def split(code: str) -> ResponseReturnValue:
    """Its authors split it."""
    return _split(_own(code))


@desk.route("/unisci", methods=["GET", "POST"], endpoint="merge")
@managers
def merge_any(code: str) -> ResponseReturnValue:
    return _merge(shown_proposal(code) or abort(404), as_manager=True)


@desk.route("/dividi", methods=["GET", "POST"], endpoint="split")
@managers
def split_any(code: str) -> ResponseReturnValue:
    return _split(shown_proposal(code) or abort(404), as_manager=True)


@bp.post("/sostieni-ancora")
@residents
def carry_on(code: str) -> ResponseReturnValue:
    """Who supported what goes on in this proposal supports this one now."""
    found = shown_proposal(code) or abort(404)
    carry_out(lambda: merging.carry_on(found, by=themselves(current_user)), _("Ora sostieni questa proposta."))
    return go(url_for("proposals.proposal", code=code))


def _own(code: str) -> Proposal:
    """A proposal that the reader may write; to others there is none here."""
    return written_by(shown_proposal(code), current_user) or abort(404)


def _merge(first: Proposal, *, as_manager: bool = False) -> ResponseReturnValue:
    """First which ones, by an address that can be kept; then what the new one says."""
    asked, form = OthersForm(request.args), MergeForm()
    if form.is_submitted():
        asked.others.data = form.others.data
        if form.validate():
            try:
                sending = form.once()
                if not sending.answer:
                    olds = [first, *_named(form.others.data, first)]
                    said = Part(form.title.data, form.text.data)
                    new = merging.merge(olds, said, by=themselves(current_user), as_manager=as_manager)
                    sending.answer = url_for("proposals.proposal", code=new.code)
                db.session.commit()
                flash(_("Unite: gli autori e chi le sosteneva ricevono una mail."), "success")
                return go(sending.answer)
            except Refusal as refusal:
                undo()
                form.show(refusal)
        return _show_merge(first.code, asked, form, as_manager)
    if "con" in request.args and asked.validate():
        try:
            olds = [first, *_named(asked.others.data, first)]
            form.others.data, form.title.data = asked.others.data, first.title
            joined = "\n\n".join(f"{one.title}\n\n{one.content['text']}" for one in olds)
            form.text.data = joined if len(joined) <= LONGEST_TEXT else first.content["text"]
        except Refusal as refusal:
            asked.show(refusal)
    return _show_merge(first.code, asked, form, as_manager)


def _show_merge(code: str, asked: OthersForm, form: MergeForm, as_manager: bool) -> ResponseReturnValue:
    first = shown_proposal(code) or abort(404)
    is_chosen = bool(asked.others.data) and not asked.errors
    try:
        others = _named(asked.others.data, first) if is_chosen else []
    except Refusal:
        others = []  # said beside the field already
    return screen(
        "proposals/merge.html",
        None,
        form.http_status if form.is_submitted() else asked.http_status,
        asked=asked,
        form=form,
        proposal=first,
        others=others,
        as_manager=as_manager,
    )


def _named(typed: str, first: Proposal) -> list[Proposal]:
    """The proposals of the codes that were typed, each once, without the first. Raises Refusal."""
    codes = dict.fromkeys(code.upper() for code in re.split(r"[\s,;]+", typed or "") if code)
    found = {code: shown_proposal(code) if CODE.fullmatch(code) else None for code in list(codes)[:LOOKED_UP]}
    for code, one in found.items():
        if one is None:
            raise Refusal(
                "Non c'è una proposta con il codice %(code)s: si scrive come PR-2026-000123.",
                code=code,
                field="others",
                rule="code",
            )
    others = [one for one in found.values() if one.id != first.id]
    if not others:
        raise Refusal("Scrivi il codice di almeno un'altra proposta.", field="others", rule="several")
    return others


LOOKED_UP = 15


def _split(old: Proposal, *, as_manager: bool = False) -> ResponseReturnValue:
    form = SplitForm(title_1=old.title, text_1=old.content["text"])
    if form.validate_on_submit():
        try:
            sending = form.once()
            if not sending.answer:
                merging.split(old, [Part(*part) for part in form.parts], by=themselves(current_user), as_manager=as_manager)
                sending.answer = url_for("proposals.proposal", code=old.code)
            db.session.commit()
            flash(_("Divisa: gli autori e chi la sosteneva ricevono una mail."), "success")
            return go(sending.answer)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    old = shown_proposal(old.code) or abort(404)
    return screen("proposals/split.html", None, form.http_status, form=form, proposal=old, numbers=NUMBERS, as_manager=as_manager)
