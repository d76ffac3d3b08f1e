"""Processes for everybody: what is open now, what was; each with its phases, its labs and their meetings."""

import sqlalchemy as sa
from flask import Blueprint, abort, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from hub.access import public
from hub.clock import now
from hub.db import db
from hub.filters import local
from hub.labs import metatag as labs_metatag
from hub.labs import seats, showcase
from hub.labs.models import Activity, Session
from hub.proposals import meetings, planning, results, tallies
from hub.proposals.process_models import Process, ProcessActivity
from hub.proposals.processes import Count, counts, phase_at, process_by, published_processes, stage, switches
from hub.screen import screen

bp = Blueprint("processes", __name__)
bp.app_template_filter("phase_switches")(lambda phase: list(switches(phase)))
ENDED = ("over", "concluded")


@bp.app_template_global()
def processes_with(activity: Activity) -> list[Process]:
    """The public processes that an activity of the programme belongs to."""
    theirs = sa.select(Process).join(ProcessActivity, ProcessActivity.process_id == Process.id)
    shown = theirs.where(ProcessActivity.activity_id == activity.id, Process.published_at.is_not(None))
    return list(db.session.scalars(shown.order_by(Process.id)))


@bp.get("/partecipa")
@public
def processes() -> ResponseReturnValue:
    """What is open now or soon, then what was."""
    at = now()
    found = [(one, stage(one, at), phase_at(one, at)) for one in published_processes()]
    live, past = ([row for row in found if (row[1] in ENDED) == ended] for ended in (False, True))
    live.sort(key=lambda row: (row[1] != "open", row[1] != "between"))
    return screen("proposals/processes.html", live=live, past=past, counts=counts())


@bp.get("/partecipa/<slug>")
@public
def process(slug: str) -> ResponseReturnValue:
    found, at = _shown(slug), now()
    activities = planning.activities_of(found)
    places = seats.places_of(one.id for one in activities)
    return screen(
        "proposals/process.html",
        process=found,
        stage=stage(found, at),
        phase=phase_at(found, at),
        coming=next((one for one in found.phases if at < one.opens_at), None),
        at=at,
        changes=planning.changes(found),
        labs=[(one, places[one.id], showcase.stage_of(one, places[one.id], at)) for one in activities],
        meetings=meetings.meetings_in(activities),
        count=counts(found).get(found.id, Count()),
        results=results.results_in(found),
        supports=tallies.supports_in(found),
    )


@bp.get("/partecipa/<slug>/incontri/<code>")
@public
def meeting(slug: str, code: str) -> ResponseReturnValue:
    """A meeting of a lab: where, when, what is discussed, how many were there, what was said."""
    found = _shown(slug)
    session = meetings.meeting_by(found, code) or abort(404)
    places = seats.places(session.activity)
    minutes = meetings.minutes_of(session)
    return screen(
        "proposals/meeting.html",
        process=found,
        session=session,
        agenda=meetings.agenda(session, found),
        minutes=minutes if minutes and minutes.published_at else None,
        present=meetings.present(session),
        enrolling=showcase.stage_of(session.activity, places, now()),
        is_over=session.ends_at <= now(),
        metatag=_metatag(found, session),
    )


def _shown(slug: str) -> Process:
    """A process that everybody may see; a draft does not exist."""
    return process_by(slug) or abort(404)


def _metatag(found: Process, session: Session) -> Markup:
    """What machines read of a meeting: schema.org's Event."""
    told = labs_metatag.event_of(session) | {
        "url": url_for(".meeting", slug=found.slug, code=session.code, _external=True),
        "about": local(found.title),
    }
    return labs_metatag.script(told)
