"""The managers' desk for the rules: what holds where and for whom, a new rule with what it would change, the end of one."""

from typing import NamedTuple

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.booking import effects
from hub.clock import today
from hub.db import db, undo
from hub.refusal import Refusal
from hub.screen import go, screen
from hub.spaces import regulations, service
from hub.spaces.models import RULE_KINDS, Rule
from hub.spaces.rule_forms import FORMS, RuleForm
from hub.spaces.sentences import KINDS, sentence
from hub.spaces.terms import USUAL, Demand

bp = Blueprint("regulations", __name__, url_prefix="/gestione/regole")
bp.app_template_filter("rule_sentence")(sentence)
bp.app_template_filter("rule_kind_words")(KINDS.__getitem__)


@bp.get("")
@managers
def rules() -> ResponseReturnValue:
    """What holds, by kind: of all the spaces, or of one with what the hub demands everywhere."""
    offered = service.spaces()
    space = None
    if slug := request.args.get("spazio"):
        space = next((one for one in offered if one.slug == slug), None) or abort(404)
    found = regulations.lines(space)
    live = {kind: [line for line in found if line.rule.kind == kind and not line.is_over] for kind in RULE_KINDS}
    over = [line for line in found if line.is_over]
    return screen("booking/staff/rules.html", space=space, spaces=offered, live=live, over=over, usual=USUAL, today=today())


class Preview(NamedTuple):
    """What a rule would say to the public, how many confirmed bookings would not pass it, and the rules that it replaces."""

    words: str
    unmet: int | None
    replaced: list[Rule]


@bp.route("/nuova", methods=["GET", "POST"])
@managers
def rule() -> ResponseReturnValue:
    """A rule: first its kind; then what it says, with what it would change; then it is written."""
    offered, before = service.spaces(), _asked_rule()
    kind = before.kind if before else request.args.get("tipo")
    if kind not in FORMS:
        return screen("booking/staff/rule_kind.html", kinds={kind: FORMS[kind].help for kind in RULE_KINDS}, space=_slug())
    form, preview = FORMS[kind](data=_first(FORMS[kind], before)), None
    form.offer(offered)
    if form.validate_on_submit():
        try:
            demand = regulations.wanted(kind, **form.told(offered))
            if form.write.data:
                sending = form.once()
                if not sending.answer:
                    written = regulations.begin(demand, by=current_user)
                    sending.answer = url_for(".rules", _anchor=written.code)
                db.session.commit()
                flash(_("Regola scritta: da ora chi prenota la legge nella pagina dello spazio."), "success")
                return go(sending.answer)
            preview = _preview(demand)
        except Refusal as refusal:
            undo()
            form.show(refusal)
    return screen("booking/staff/rule.html", None, form.http_status, form=form, kind=kind, preview=preview, before=before)


def _preview(demand: Demand) -> Preview:
    return Preview(sentence(demand), effects.unmet(demand), regulations.replaced_by(demand))


@bp.post("/<int(max=2147483647):id>/chiudi")
@managers
def end_rule(id: int) -> ResponseReturnValue:
    """A rule holds no longer."""
    line = regulations.rule_by(id) or abort(404)
    try:
        regulations.end(line)
        db.session.commit()
        flash(_("La regola %(code)s non vale più. Quello che è stato deciso resta.", code=line.code), "success")
    except Refusal as refusal:
        undo()
        flash(_(refusal.words), "danger")
    return go(url_for(".rules"))


def _asked_rule() -> Rule | None:
    """The rule that the new one is to take the place of, where the address names one."""
    id = request.args.get("da", type=int)
    return (regulations.rule_by(min(id, 2**31 - 1)) or abort(404)) if id is not None else None


def _slug() -> str | None:
    """The space that the address speaks of, by its slug."""
    return request.args.get("spazio") or None


def _first(form: type[RuleForm], before: Rule | None) -> dict[str, object]:
    """What the fields show at first: what the rule said that is to be changed, or nothing yet."""
    if before is None:
        return {"valid_from": today(), "space": _slug()}
    own = form.shown(before.params)
    return own | {"valid_from": today(), "space": before.space and before.space.slug, "audience": before.audience}
