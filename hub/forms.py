"""Forms: well-formed input or words beside the field. No query, no rule lives here."""

import hashlib
import hmac
import json
from collections.abc import Iterable

from flask import current_app, request
from flask_babel import gettext
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField
from wtforms.fields import SelectChoice

from hub.filters import shown
from hub.once import Sending, new_key, once
from hub.refusal import Refusal


def options(words: Iterable[tuple[object, str]], empty: str | None = None) -> list[SelectChoice]:
    """The options of a list: (value, words) of each, after an empty one where its words are given."""
    first = [("", empty)] if empty is not None else []
    return [SelectChoice(value, label) for value, label in (*first, *words)]


def tidy(text: str | None) -> str | None:
    """A text without the control characters that no reader sees and no paper prints; lines and tabs stay."""
    return text and "".join(sign for sign in text if sign.isprintable() or sign in "\r\n\t").strip()


class Form(FlaskForm):
    """A form whose refusals stand beside the field that they speak of."""

    @property
    def http_status(self) -> int:
        """422 where something has to be corrected, 429 where it was tried too often, else 200."""
        return self._refused_with if self.errors else 200

    _refused_with = 422

    def show(self, refusal: Refusal) -> None:
        """Put a rule's words beside its field (or above the form), translated for who reads."""
        if refusal.rule == "too-many":
            self._refused_with = 429
        words = gettext(refusal.words, **{name: shown(value) for name, value in refusal.values.items()})
        if refusal.field and refusal.field in self._fields:
            field: Field = self._fields[refusal.field]
            field.errors = [*field.errors, words]
        else:
            self.form_errors.append(words)


class CreatingForm(Form):
    """A form that creates something: however often it is sent, it creates it once."""

    sending_key = HiddenField()

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not self.sending_key.data:
            self.sending_key.data = new_key()

    def once(self) -> Sending:
        """This sending; its `answer` is the URL of the first time, or empty and to be filled in beside the fact."""
        body = {name: values for name, values in request.form.lists() if name not in ("csrf_token", "sending_key")}
        told = json.dumps([request.path, body], sort_keys=True).encode()
        # keyed: a plain digest of what was sent, a password too, would let whoever reads the table try guesses
        digest = hmac.new(current_app.secret_key.encode(), told, hashlib.sha256).hexdigest()
        actor = current_user.subject if current_user.is_authenticated else "anonymous"
        try:
            return once(actor, self.sending_key.data[:64], digest)
        except Refusal:
            self.sending_key.data = new_key()  # what is corrected and sent again is another sending
            raise
