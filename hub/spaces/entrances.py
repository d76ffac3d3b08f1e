"""The managers' desk for how one gets in: words for one or more spaces, which go by mail the day before."""

from flask import Blueprint, abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput

from hub.access import managers
from hub.db import db
from hub.filters import local
from hub.forms import Form, options, tidy
from hub.screen import go, screen
from hub.spaces import service
from hub.spaces.models import Space

bp = Blueprint("entrances", __name__, url_prefix="/gestione/come-si-entra")
MOST = 600


class EntranceForm(Form):
    """How one gets into some spaces."""

    spaces = SelectMultipleField(
        _l("In quali spazi"), [InputRequired(_l("Scegli almeno uno spazio."))], option_widget=CheckboxInput()
    )
    words_it = TextAreaField(
        _l("Come si entra"),
        [Optional(), Length(max=MOST)],
        filters=[tidy],
        description=_l("Per esempio: dal cancello verso la stazione, suona al custode. Vuoto: nella mail non se ne parla."),
    )
    words_en = TextAreaField(_l("Come si entra, in inglese (facoltativo)"), [Optional(), Length(max=MOST)], filters=[tidy])

    def offer(self, offered: list[Space]) -> None:
        """Say which spaces there are."""
        self.spaces.choices = options((space.slug, local(space.name)) for space in offered)

    @property
    def words(self) -> dict[str, str]:
        told = {"it": self.words_it.data, "en": self.words_en.data} if self.words_it.data else {}
        return {language: words for language, words in told.items() if words}


@bp.get("")
@managers
def entrances() -> ResponseReturnValue:
    """What is told of each space: those with the same words together."""
    groups: dict[str, list[Space]] = {}
    for space in service.spaces():
        groups.setdefault(repr(sorted(space.access_text.items())), []).append(space)
    return screen("spaces/staff/entrances.html", groups=list(groups.values()))


@bp.route("/scrivi", methods=["GET", "POST"])
@managers
def entrance() -> ResponseReturnValue:
    """The words for some spaces: at first those of one, and of all that share them."""
    offered = service.spaces()
    first = next((space for space in offered if space.slug == request.args.get("spazio")), None)
    if request.args.get("spazio") and first is None:
        abort(404)
    form = EntranceForm(data=_first(first, offered) if first else {})
    form.offer(offered)
    if form.validate_on_submit():
        for space in offered:
            if space.slug in form.spaces.data:
                space.access_text = form.words
        db.session.commit()
        flash(_("Scritto: chi viene da domani lo legge nella mail del giorno prima."), "success")
        return go(url_for(".entrances"))
    return screen("spaces/staff/entrance.html", None, form.http_status, form=form)


def _first(space: Space, offered: list[Space]) -> dict[str, object]:
    same = [one.slug for one in offered if one.access_text == space.access_text]
    return {"spaces": same, "words_it": space.access_text.get("it"), "words_en": space.access_text.get("en")}
