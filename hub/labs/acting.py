"""Whose group is meant on the pages on which organisations enrol theirs: of whoever acts for one; a manager names it in the
address (per)."""

from collections.abc import Iterable

from flask import Response, abort, request, url_for
from flask_login import current_user

from hub.access import acts_as
from hub.accounts import throttle
from hub.accounts.rules import mailbox
from hub.accounts.throttle import Limit
from hub.db import db
from hub.labs import programme
from hub.labs.models import Activity
from hub.labs.roster_forms import WhichForm
from hub.labs.roster_rules import Line
from hub.organisations.members import organisations_to_act_for
from hub.organisations.models import Organisation
from hub.organisations.service import verified
from hub.screen import screen

TO_MAILBOX = Limit("group-invitations-mailbox", 24, 60)


def public_activity(slug: str) -> Activity:
    return programme.activity_by(slug, published_only=True) or abort(404)


def organisation_meant() -> Organisation | None:
    """The organisation for which the reader acts, or that a manager names; None where there is none."""
    if current_user.acting_as:
        return db.session.get_one(Organisation, current_user.acting_as.id)
    asked = request.args.get("per", "")
    if not asked or not acts_as("manager"):
        return None
    named = db.session.get(Organisation, int(asked)) if asked.isdecimal() and len(asked) < 10 else None
    return named if named and named.state == "verified" else abort(404)


def _named_in_address(ours: Organisation | None) -> int | None:
    """What the address says of it."""
    return ours.id if ours and not current_user.acting_as else None


def way_to(endpoint: str, activity: Activity) -> str:
    return url_for(endpoint, slug=activity.slug, per=_named_in_address(organisation_meant()))


def told_on_page(activity: Activity, ours: Organisation | None) -> dict[str, object]:
    return {"activity": activity, "organisation": ours, "per": _named_in_address(ours)}


def must_not_flood(lines: Iterable[Line]) -> None:
    """Count a mail to each who is asked to take a record over. Raises Refusal (rule "too-many"); before the transaction begins
    to write."""
    for address in sorted({mailbox(line.email) for line in lines if line.email}):
        throttle.count(TO_MAILBOX, address)


def nobody_meant(activity: Activity) -> Response:
    """Groups are enrolled by organisations: which one, or how to become one."""
    form = WhichForm(request.args)
    if acts_as("manager"):
        form.offer(verified())
    return screen(
        "labs/group_nobody.html",
        form=form,
        activity=activity,
        acting_choices=organisations_to_act_for(current_user),
        is_staff=acts_as("manager"),
    )
