"""The hours of organisations on a path: sessions they were at, meetings that both sides confirmed, and the gate."""

from hub.labs import meetings
from hub.labs.dose import doses
from hub.labs.models import Activity, Enrolment
from hub.labs.path_rules import Hours


def hours_of(activity: Activity) -> dict[int, Hours]:
    """By the number of the enrolment, of all that ever were in an activity.

    The path is as long as was promised (`scheduled_minutes`); where nothing was, as its sessions that were held so far.
    """
    met = meetings.minutes_of(activity)
    found = doses(activity)
    return {id: Hours(dose.minutes, met.get(id, 0), activity.scheduled_minutes or dose.of_minutes) for id, dose in found.items()}


def hours(enrolment: Enrolment) -> Hours:
    """Of one organisation."""
    return hours_of(enrolment.activity)[enrolment.id]
