"""Forms: well-formed input or words beside the field. No query, no rule lives here."""

import hashlib
import hmac
import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from flask import current_app, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.i18n import Translations
from wtforms import Field, HiddenField, StringField
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


def told(refusal: Refusal) -> str:
    """The words of one refusal for who reads, with the code of the rule where it is kept as data."""
    words = gettext(refusal.words, **{name: shown(value) for name, value in refusal.values.items()})
    return gettext("%(words)s (Regola %(code)s)", words=words, code=refusal.code) if refusal.code else words


class EurosField(StringField):
    """An amount as people write it (12 or 12,50), no less than nothing; its data is integer euro cents, None where left empty."""

    most = 100_000_000

    def process_formdata(self, valuelist: list[str]) -> None:
        self.typed = (valuelist[0] if valuelist else "").strip()
        text = self.typed.removesuffix("€").strip().replace(",", ".")
        self.data = None
        if not text:
            return
        try:
            cents = Decimal(text) * 100
            if not 0 <= cents <= self.most or cents != int(cents):  # in this order: 1e999990 has too many digits to write out
                raise InvalidOperation
        except ArithmeticError:
            raise ValueError(gettext("Scrivi un importo in euro, per esempio 12 oppure 12,50.")) from None
        self.data = int(cents)

    def _value(self) -> str:
        if self.data is None:
            return getattr(self, "typed", "")
        return f"{self.data // 100},{self.data % 100:02}"


class Words(Translations):
    """What the library of forms says by itself: in our words where its own are English, or hard to read."""

    ours: ClassVar = {
        "Not a valid time value.": _l("Scrivi un'ora, per esempio 18:30."),
        "Not a valid datetime value.": _l("Scegli il giorno e l'ora."),
        "Not a valid integer value.": _l("Scrivi un numero intero."),
        "Not a valid choice.": _l("Scegli dall'elenco."),
        "Invalid Choice: could not coerce.": _l("Scegli dall'elenco."),
        "Invalid choice(s): one or more data inputs could not be coerced.": _l("Scegli dall'elenco."),
        "'%(value)s' is not a valid choice for this field.": _l("Scegli dall'elenco."),
        "'%(value)s' are not valid choices for this field.": _l("Scegli dall'elenco."),
    }

    def gettext(self, string: str) -> str:
        return str(self.ours[string]) if string in self.ours else super().gettext(string)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return str(self.ours[singular]) if singular in self.ours else super().ngettext(singular, plural, n)


class Form(FlaskForm):
    """A form whose refusals stand beside the field that they speak of."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: FlaskForm) -> Words:
            return Words()

    @property
    def http_status(self) -> int:
        """422 where something has to be corrected, 429 where it was tried too often, else 200."""
        return self._refused_with if self.errors else 200

    _refused_with = 422
    called: ClassVar[dict[str | None, str]] = {}  # what rules speak of, and the field that it is here

    def show(self, refusal: Refusal) -> None:
        """Put each rule's words beside its field (or above the form), translated for who reads."""
        if refusal.rule == "too-many":
            self._refused_with = 429
        for one in refusal.all:
            words, name = told(one), self.called.get(one.field, one.field)
            if name and name in self._fields:
                field: Field = self._fields[name]
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
