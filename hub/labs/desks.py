"""What the desks of the staff for the programme have in common."""

from collections.abc import Callable

from flask import abort, flash, request

from hub.db import db, undo
from hub.forms import CreatingForm, Form, told
from hub.labs import programme
from hub.labs.models import Activity, Session
from hub.refusal import Refusal


def asked_activity(slug: str) -> Activity:
    """The activity of the address, 404 where there is none; locked where this request changes something."""
    return programme.activity_by(slug, locked=request.method == "POST") or abort(404)


def asked_session(slug: str, number: int) -> Session:
    """A session of the activity of the address."""
    return next((one for one in asked_activity(slug).sessions if one.number == number), None) or abort(404)


def carry_out(verb: Callable[[], object], words: str) -> None:
    """Do it, or say why not: on the page that comes next."""
    try:
        verb()
        db.session.commit()
        flash(words, "success")
    except Refusal as refusal:
        undo()
        for one in refusal.all:
            flash(told(one), "danger")


def done(form: Form, verb: Callable[[], object], words: str) -> bool:
    """Do it, and say so on the page that comes next; or say why not, in the form. Whether it was done."""
    try:
        verb()
        db.session.commit()
        flash(words, "success")
        return True
    except Refusal as refusal:
        undo()
        form.show(refusal)
        return False


def made(form: CreatingForm, verb: Callable[[], object], words: str, url: str) -> bool:
    """The same for what is made once, however often the form is sent. url: where one goes then."""

    def once() -> None:
        sending = form.once()
        if not sending.answer:
            verb()
            sending.answer = url

    return done(form, once, words)
