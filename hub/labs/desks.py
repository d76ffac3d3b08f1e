"""What the desks of the staff for the programme have in common."""

from flask import abort, request

from hub.labs import programme
from hub.labs.models import Activity, Session


def asked_activity(slug: str) -> Activity:
    """The activity of the address, 404 where there is none; locked where this request changes something."""
    return programme.activity_by(slug, locked=request.method == "POST") or abort(404)


def asked_session(slug: str, number: int) -> Session:
    """A session of the activity of the address."""
    return next((one for one in asked_activity(slug).sessions if one.number == number), None) or abort(404)
