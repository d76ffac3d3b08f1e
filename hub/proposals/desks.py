"""What the desks of the staff for processes have in common."""

from flask import abort, request

from hub.proposals import planning
from hub.proposals.process_models import Process
from hub.proposals.processes import process_by


def asked_process(slug: str) -> Process:
    """The process of the address, a draft too, 404 where there is none; locked where this request changes something."""
    found = planning.process_to_change(slug) if request.method == "POST" else process_by(slug, published_only=False)
    return found or abort(404)
