"""A verb carried out for a view, or why not: on the page that comes next, or in the form. Each commits what was done."""

from collections.abc import Callable

from flask import flash

from hub.db import db, undo
from hub.forms import CreatingForm, Form, told
from hub.refusal import Refusal


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
