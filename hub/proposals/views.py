"""A proposal for everybody."""

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from hub.access import public
from hub.proposals import tallies
from hub.proposals.showing import shown_proposal
from hub.proposals.words import WORDS
from hub.screen import screen

bp = Blueprint("proposals", __name__)


@bp.app_template_filter()
def proposal_words(code: str, which: str) -> object:
    """The name of a code of one of the room's lists."""
    return WORDS[which][code]


@bp.get("/proposte/<code>")
@public
def proposal(code: str) -> ResponseReturnValue:
    found = shown_proposal(code) or abort(404)
    return screen("proposals/proposal.html", proposal=found, content=found.content, tally=tallies.tally(found))
