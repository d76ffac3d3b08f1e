"""All proposals as a list to search, and those that resemble what somebody is writing."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from hub.access import public
from hub.proposals import listing
from hub.proposals.index import similar as alike
from hub.proposals.list_forms import ListForm
from hub.proposals.models import code_of
from hub.proposals.processes import published_processes
from hub.proposals.rules import LONGEST_TEXT, LONGEST_TITLE
from hub.proposals.showing import whose
from hub.screen import asked_page, screen
from hub.spaces.service import spaces

bp = Blueprint("proposal_list", __name__)
bp.app_template_filter("whose")(whose)
bp.app_template_filter("proposal_code")(code_of)


@bp.get("/proposte")
@public
def proposals() -> ResponseReturnValue:
    """Those of all processes that fit what the address asks for."""
    processes, page = published_processes(), asked_page()
    form = ListForm(request.args, processes=processes, spaces=spaces())
    by_support = listing.can_sort_by_support(processes, form.chosen)
    unsorted = not by_support and form.sort.data == "supported"
    if not by_support:
        form.leave_out_support()
    valid = form.validate()
    found = listing.look(form.sought, page) if valid else listing.Page()
    return screen(
        "proposals/proposals.html",
        "proposals/_proposals.html",
        200 if valid else 422,
        form=form,
        found=found,
        unsorted=unsorted,
        page=page,
        pages_count=-(-found.count // listing.PER_PAGE),
    )


@bp.get("/proposte/simili")
@public
def similar() -> ResponseReturnValue:
    """What resembles a title (?titolo=) and a text (?testo=), which the form of a draft calls by the names of its fields."""
    asked = request.args
    title, text = asked.get("titolo") or asked.get("title", ""), asked.get("testo") or asked.get("text", "")
    return screen("proposals/similar.html", "proposals/_similar.html", similar=alike(title[:LONGEST_TITLE], text[:LONGEST_TEXT]))
