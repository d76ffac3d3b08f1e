"""The managers' desk for what was promised: what waits for an answer or for news, and the answer to a proposal."""

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import managers
from hub.clock import now
from hub.doing import carry_out, made
from hub.proposals import answers, results, silence
from hub.proposals.merging import links_of
from hub.proposals.models import Proposal
from hub.proposals.outcome_forms import AnswerForm
from hub.proposals.outcome_rules import ANSWERABLE_STATES, answerable_from
from hub.proposals.showing import proposal_by
from hub.screen import asked_page, go, screen

bp = Blueprint("answer_staff", __name__, url_prefix="/gestione/proposte")
PER_PAGE = 20
STAGES = ("late", "soon", "fine")


@bp.get("")
@managers
def desk() -> ResponseReturnValue:
    """What was promised and has not come yet, the first to be due first; how much of it is late."""
    every = silence.waiting()
    process, stage = request.args.get("processo", ""), request.args.get("quando", "")
    theirs = [one for one in every if process in ("", one.process.slug)]
    found = [one for one in theirs if stage in ("", one.stage)]
    page = asked_page()
    return screen(
        "proposals/staff/answers.html",
        found=found[(page - 1) * PER_PAGE : page * PER_PAGE],
        more=len(found) > page * PER_PAGE,
        page=page,
        standings=silence.standings(every),
        counts={name: sum(one.stage == name for one in theirs) for name in STAGES},
        total=len(theirs),
        process=process,
        stage=stage,
    )


@bp.route("/<code>", methods=["GET", "POST"])
@managers
def answer(code: str) -> ResponseReturnValue:
    """One proposal: what was answered, what came of it, and a new answer."""
    found, form = _asked(code), AnswerForm()
    here = url_for(".answer", code=code)
    words = _("Risposta pubblicata: gli autori ricevono una mail.")
    if form.validate_on_submit() and made(form, lambda: answers.answer(found, **form.told, by=current_user), words, here):
        return go(here)
    found = _asked(code)
    given = answers.answers_to(found)
    if not form.is_submitted():
        form.look(given[-1] if given else None)
    elif form.errors and given and given[-1].replaced_at is None:
        form.look(given[-1])  # whoever was overtaken reads the other answer on this page
    opens = answerable_from(found.process.phases, now())
    return screen(
        "proposals/staff/answer.html",
        None,
        form.http_status,
        form=form,
        proposal=found,
        content=found.content,
        answers=given,
        results=results.results_of(found),
        links=links_of(found),
        promised=silence.promises(found),
        is_answerable=found.state in ANSWERABLE_STATES and found.hidden_at is None,
        opens=opens if opens > now() else None,
    )


@bp.post("/<code>/in-esame")
@managers
def take_up(code: str) -> ResponseReturnValue:
    """The office begins to examine it."""
    found = _asked(code)
    carry_out(lambda: answers.take_up(found, by=current_user), _("In esame: chi segue la proposta lo viene a sapere."))
    return go(url_for(".answer", code=code))


def _asked(code: str) -> Proposal:
    found = proposal_by(code)
    return found if found is not None and found.published_at is not None else abort(404)
