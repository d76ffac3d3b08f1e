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
            return _as_the_staff_must() or view(*args, **kwargs)

        return _marked(entered, role)

    return mark


def acts_as(role: str) -> bool:
    """Whether the reader of a page that is everybody's may see what is for this role: by the same proofs as at its desks."""
    return current_user.is_authenticated and current_user.has_role(role) and not _owes_a_proof()


def with_two_proofs(view: Callable) -> Callable:
    """Beneath a mark, where what is shown of others asks of every reader the proofs that the staff gives."""

    @wraps(view)
    def proven(*args, **kwargs):
        return _as_the_staff_must() or view(*args, **kwargs)

    return proven


def as_the_staff() -> ResponseReturnValue | None:
    """Before each request of pages that are for others too: who of the staff comes there does so as at their desks."""
    return _as_the_staff_must() if current_user.is_authenticated and current_user.roles else None


def _as_the_staff_must() -> ResponseReturnValue | None:
    """The way to the second factor, for a reader who has not shown it where the staff must; None for everybody else."""
    return current_app.login_manager.needs_refresh() if _owes_a_proof() else None


def _owes_a_proof() -> bool:
    """A second factor, or a digital identity of level 2, which is two proofs itself, is wanted and was not shown."""
    if current_app.config["STAFF_SECOND_FACTOR"] != "required":
        return False
    return current_user.level < 2 and current_user.sign_in.second_factor_at is None


managers = _only("manager")
evaluators = _only("evaluator")
administrators = _only("administrator")
