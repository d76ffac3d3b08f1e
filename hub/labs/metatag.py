"""What machines read of an activity: schema.org's Event, or Course with its dates."""

import json

from flask import url_for
from flask_babel import gettext as _
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from hub.clock import wall
from hub.filters import local
from hub.labs.models import Activity, Session
from hub.labs.papers import where

HUB = {"@type": "GovernmentOrganization", "name": "Comune di Lecce"}
OFFLINE = "https://schema.org/OfflineEventAttendanceMode"


def metatag(activity: Activity) -> Markup:
    """The script of data that stands in the head of its page."""
    told = _course(activity) if activity.kind != "event" else _event(activity)
    return script(told)


def script(told: dict[str, object]) -> Markup:
    """What machines read, for the head of a page."""
    data = htmlsafe_json_dumps({"@context": "https://schema.org"} | told, dumps=json.dumps, ensure_ascii=False)
    return Markup('<script type="application/ld+json">{}</script>').format(data)


def event_of(session: Session) -> dict[str, object]:
    """One session by itself, as an Event that is part of its activity."""
    activity = session.activity
    told = {"@type": "Event", "name": local(session.title) or local(activity.title), "organizer": HUB, "offers": _offer(activity)}
    return told | _when([session]) | {"superEvent": {"@type": "Event"} | _common(activity)}


def _common(activity: Activity) -> dict[str, object]:
    return {
        "name": local(activity.title),
        "description": local(activity.summary),
        "url": url_for("labs.activity", slug=activity.slug, _external=True),
        "inLanguage": [code for code in activity.languages if code != "lis"] or ["it"],
    }


def _event(activity: Activity) -> dict[str, object]:
    told = {"@type": "Event"} | _common(activity) | {"organizer": HUB, "offers": _offer(activity)}
    told |= _when(activity.sessions) | {"isAccessibleForFree": activity.cost_cents == 0}
    if len(activity.sessions) > 1:
        told["subEvent"] = [{"@type": "Event", "name": local(one.title) or local(activity.title)} | _when([one])
                            for one in activity.sessions]  # fmt: skip
    return told


def _course(activity: Activity) -> dict[str, object]:
    told = {"@type": "Course", "provider": HUB, "offers": [_offer(activity)]} | _common(activity)
    if activity.sessions:
        instance = {"@type": "CourseInstance", "courseMode": "Onsite"} | _when(activity.sessions)
        told["hasCourseInstance"] = [instance]
    return told


def _when(sessions: list[Session]) -> dict[str, object]:
    """From the first to the last of those that take place, and where; of all where none does."""
    standing = [one for one in sessions if one.state in ("planned", "held")]
    some = standing or sessions
    if not some:
        return {}
    status = "EventScheduled" if standing else "EventCancelled"
    return {
        "startDate": wall(some[0].starts_at).isoformat(),
        "endDate": wall(max(one.ends_at for one in some)).isoformat(),
        "eventStatus": f"https://schema.org/{status}",
        "eventAttendanceMode": OFFLINE,
        "location": _place(some[0]),
    }


def _place(session: Session) -> dict[str, object]:
    if session.place:
        return {"@type": "Place", "name": session.place, "address": session.place}
    street = _("Ex officina degli autobus, davanti alla stazione")
    address = {"@type": "PostalAddress", "streetAddress": street, "postalCode": "73100", "addressLocality": "Lecce"}
    inside = local(where(session))
    return {"@type": "Place", "name": f"Officine Mezzogiorno, {inside}" if inside else "Officine Mezzogiorno", "address": address}


def _offer(activity: Activity) -> dict[str, object]:
    euros = f"{activity.cost_cents // 100}.{activity.cost_cents % 100:02}"
    offer = {"@type": "Offer", "price": euros, "priceCurrency": "EUR", "category": "Paid" if activity.cost_cents else "Free"}
    if activity.enrol_opens_at:
        offer["validFrom"] = wall(activity.enrol_opens_at).isoformat()
    return offer
