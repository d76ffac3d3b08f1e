"""Who may enter: every view wears one of these marks, and a test reads them all.

A mark is told apart by its name: `public`, `residents` (whoever has signed in), or a role of the staff. Where the
configuration asks for it (STAFF_SECOND_FACTOR), the staff come in by two proofs of who they are, or not at all.
"""

from collections.abc import Callable
from functools import wraps

from flask import abort, current_app
from flask.typing import ResponseReturnValue
from flask_login import current_user

MARKS = ("public", "residents", "manager", "evaluator", "administrator")


def _marked(view: Callable, mark: str) -> Callable:
    view.access = mark
    return view


def public(view: Callable) -> Callable:
    """Anybody."""
    return _marked(view, "public")


def residents(view: Callable) -> Callable:
    """Whoever has signed in; the others are sent to sign in and come back."""

    @wraps(view)
    def entered(*args, **kwargs):
        if not current_user.is_authenticated:
            return current_app.login_manager.unauthorized()
        return view(*args, **kwargs)

    return _marked(entered, "residents")


def _only(role: str) -> Callable[[Callable], Callable]:
    def mark(view: Callable) -> Callable:
        @wraps(view)
        def entered(*args, **kwargs):
            if not current_user.is_authenticated:
                return current_app.login_manager.unauthorized()
            if not current_user.has_role(role):
                abort(403)
            if current_app.config["STAFF_SECOND_FACTOR"] == "required" and not _has_shown_two_proofs():
                return current_app.login_manager.needs_refresh()
            return view(*args, **kwargs)

        return _marked(entered, role)

    return mark


def acts_as(role: str) -> bool:
    """Whether the reader of a page that is everybody's may see what is for this role: by the same proofs as at its desks."""
    if not (current_user.is_authenticated and current_user.has_role(role)):
        return False
    return current_app.config["STAFF_SECOND_FACTOR"] != "required" or _has_shown_two_proofs()


def with_two_proofs(view: Callable) -> Callable:
    """Beneath a mark, where what is shown of others asks of every reader the proofs that the staff gives."""

    @wraps(view)
    def proven(*args, **kwargs):
        if current_app.config["STAFF_SECOND_FACTOR"] == "required" and not _has_shown_two_proofs():
            return current_app.login_manager.needs_refresh()
        return view(*args, **kwargs)

    return proven


def owes_a_proof() -> bool:
    """Whether the reader of a page that is for others too is of the staff, and has not come in as the staff must."""
    if not (current_user.is_authenticated and current_user.roles):
        return False
    return current_app.config["STAFF_SECOND_FACTOR"] == "required" and not _has_shown_two_proofs()


def as_the_staff() -> ResponseReturnValue | None:
    """Before each request of pages that are for others too: who of the staff comes there does so as at their desks."""
    return current_app.login_manager.needs_refresh() if owes_a_proof() else None


def _has_shown_two_proofs() -> bool:
    """Whether this sign-in came with a second factor, or with a digital identity of level 2, which is two proofs itself."""
    return current_user.level >= 2 or current_user.sign_in.second_factor_at is not None


managers = _only("manager")
evaluators = _only("evaluator")
administrators = _only("administrator")
