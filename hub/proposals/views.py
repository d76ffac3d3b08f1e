"""A proposal for everybody: what it says now, and what each of its versions said."""

from babel.numbers import format_decimal
from flask import Blueprint, abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hub.access import public
from hub.db import db
from hub.filters import language, local, money, number
from hub.labs.words import AREAS, SDGS, TOPICS
from hub.proposals import content as contents
from hub.proposals import drafts, files, meetings, merging, moderation, processes
from hub.proposals.models import Proposal, ProposalFile
from hub.proposals.showing import proposal_by, whose
from hub.proposals.standing import standing
from hub.proposals.story import story
from hub.proposals.words import PLACES, WORDS
from hub.screen import screen
from hub.spaces.models import Space

bp = Blueprint("proposals", __name__)
NUMBER = "<int(min=1,max=2147483647):number>"


@bp.app_template_filter()
def proposal_words(code: str, which: str) -> object:
    """The name of a code of one of the room's lists."""
    return WORDS[which][code]


@bp.app_template_filter()
def degrees(value: float) -> str:
    """Part of a point, to about ten metres: 40,3529°."""
    return f"{format_decimal(value, format='0.0000', locale=language())}°"


@bp.app_template_filter()
def bytes_shown(size: int) -> str:
    """The size of a file: 340 kB, 1,2 MB."""
    small = size < 1_000_000
    return (
        f"{format_decimal(round(size / (1e3 if small else 1e6), 0 if small else 1), locale=language())} {'kB' if small else 'MB'}"
    )


@bp.get("/proposte/<code>")
@public
def proposal(code: str) -> ResponseReturnValue:
    """All that everybody may know of a proposal."""
    found = _published(code)
    if found.hidden_at is not None:
        return _hidden(found)
    writes = current_user.is_authenticated and drafts.written_by(found, current_user) is not None
    return screen(
        "proposals/proposal.html",
        proposal=found,
        process=found.process,
        phase=processes.phase_at(found.process),
        content=found.content,
        authors=whose(found),
        space=found.space,
        files=files.files_of(found, found.content),
        links=merging.links_of(found),
        can_edit=writes and drafts.can_be_edited(found),
        can_withdraw=writes and drafts.can_be_withdrawn(found),
        story=story(found),
        coming=meetings.coming(found),
        is_asked=current_user.is_authenticated and merging.is_asked(found, current_user),
        standing=standing(found, current_user if current_user.is_authenticated else None),
    )


@bp.get("/proposte/<code>/versioni")
@public
def versions(code: str) -> ResponseReturnValue:
    """What was published when, and why it was changed."""
    found = _published(code)
    if found.hidden_at is not None:
        return _hidden(found)
    return screen("proposals/versions.html", proposal=found)


@bp.get(f"/proposte/<code>/versioni/{NUMBER}")
@public
def version(code: str, number: int) -> ResponseReturnValue:
    """One version, and what it says otherwise than the one before."""
    found = _published(code)
    if found.hidden_at is not None:
        return _hidden(found)
    told = next((one for one in found.versions if one.number == number), None) or abort(404)
    before = next((one for one in found.versions if one.number == number - 1), None)
    attached = files.files_of(found, told.content)
    changes = contents.difference(before.content, told.content) if before else []
    everything = attached + (files.files_of(found, before.content) if before else [])
    return screen(
        "proposals/version.html",
        proposal=found,
        version=told,
        before=before,
        content=told.content,
        space=_space(told.content["space_id"]),
        files=attached,
        changes=[(one, _in_words(one.field, one.old, everything), _in_words(one.field, one.new, everything)) for one in changes],
    )


def _in_words(field: str, value: object, attached: list[ProposalFile]) -> str:
    """What a field of a version says, for who compares."""
    if value in (None, "", []):
        return _("(niente)")
    match field:
        case "topic" | "area" | "place":
            return str({"topic": TOPICS, "area": AREAS, "place": PLACES}[field][value])
        case "sdgs":
            return ", ".join(f"{goal}. {SDGS[goal]}" for goal in value)
        case "space_id":
            return local(_space(value).name)
        case "files":
            return ", ".join(dict.fromkeys(one.name for one in attached if one.id in value))
        case "needs_cents":
            return money(value)
        case "target_n" | "needs_hours":
            return number(value)
        case _:
            return str(value)


def _space(id: int | None) -> Space | None:
    return db.session.get(Space, id) if id is not None else None


def _published(code: str) -> Proposal:
    found = proposal_by(code)
    return found if found is not None and found.published_at is not None else abort(404)


def _hidden(found: Proposal) -> ResponseReturnValue:
    """A moderator hides it: that it was there is said, not what it says."""
    return screen("proposals/hidden.html", None, 410, proposal=found, act=moderation.last_act(found))
