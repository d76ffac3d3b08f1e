"""The forms of who writes a proposal."""

from collections.abc import Iterable, Mapping

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from hub.filters import local
from hub.forms import CreatingForm, EurosField, Form, options, tidy
from hub.labs.words import AREAS, SDGS, TOPICS
from hub.proposals import content as contents
from hub.proposals.process_models import Process
from hub.proposals.words import PLACES
from hub.spaces.models import Space


class DegreesField(StringField):
    """Part of a point as maps write it (40,3529 or 40.3529); its data is degrees, None where left empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.typed = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not self.typed:
            return
        try:
            degrees = float(self.typed.removesuffix("°").replace(",", "."))
            if not -180 <= degrees <= 180:
                raise ValueError
        except ValueError:
            raise ValueError(_("Scrivi un numero di gradi, per esempio 40,3529.")) from None
        self.data = round(degrees, 6)

    def _value(self) -> str:
        return getattr(self, "typed", "")


class CentsField(EurosField):
    most = contents.MOST_CENTS


def _in_one_line(text: str | None) -> str | None:
    return text and " ".join(text.split())


def _words(label: str, name: str, *, rows: bool = False, **more: object) -> StringField:
    longest = _no_longer_than(contents.LONGEST[name])
    return (TextAreaField if rows else StringField)(label, [longest], filters=[tidy] if rows else [tidy, _in_one_line], **more)


def _no_longer_than(most: int) -> Length:
    return Length(max=most, message=_("Scrivi al massimo %(most)s caratteri.", most=most))


def _number(label: str, least: int, most: int, **more: object) -> IntegerField:
    words = _("Scrivi un numero da %(least)s a %(most)s.", least=least, most=most)
    return IntegerField(label, [Optional(), NumberRange(least, most, words)], **more)


class ProposalForm(Form):
    """What a proposal says. It is kept as it is typed, and looked at only before it is published."""

    class Meta(Form.Meta):
        csrf = False  # the portal looks at the token of every POST; what was kept is read here on a GET too

    title = _words(_("Titolo"), "title", description=_("Una frase che si capisce da sola."))
    text = _words(
        _("Che cosa proponi"),
        "text",
        rows=True,
        description=_("Che cosa cambierebbe, per chi, come si comincia. Lascia una riga vuota tra un paragrafo e l'altro."),
    )
    topic = SelectField(_("Argomento"), choices=options(TOPICS.items(), _("Scegli")))
    area = SelectField(_("Area di attività"), choices=options(AREAS.items(), _("Scegli")))
    sdgs = SelectMultipleField(
        _("Obiettivi dell'Agenda 2030 a cui contribuisce (facoltativo)"),
        coerce=int,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    place = RadioField(_("Che luogo è"), choices=options(PLACES.items()), default="none")
    space_id = SelectField(_("Lo spazio delle Officine"), [Optional()])
    address = _words(_("L'indirizzo o il nome del luogo"), "address", description=_("Per esempio: piazza Mazzini."))
    lat = DegreesField(_("Latitudine (facoltativa)"), description=_("In gradi, come la scrive una mappa: 40,3529."))
    lon = DegreesField(_("Longitudine (facoltativa)"), description=_("In gradi: 18,1740."))
    target = _words(_("A chi serve (facoltativo)"), "target", rows=True)
    target_n = _number(_("Quante persone, più o meno (facoltativo)"), 1, contents.MOST_PEOPLE)
    target_method = _words(
        _("Come lo hai stimato"), "target_method", rows=True, description=_("Serve solo se hai scritto quante persone.")
    )
    needs_spaces = _words(_("Quali spazi servono (facoltativo)"), "needs_spaces", rows=True)
    needs_hours = _number(_("Quante ore di lavoro, più o meno (facoltativo)"), 1, contents.MOST_HOURS)
    needs_cents = CentsField(
        _("Quanti euro, più o meno (facoltativo)"), [Optional()], description=_("Per esempio 250 oppure 250,50.")
    )

    @classmethod
    def of(cls, typed: Mapping[str, str], spaces: Iterable[Space]) -> "ProposalForm":
        """The form with what was typed. spaces: those of the hub that one may name."""
        given = MultiDict({name: typed.get(name, "") for name in contents.FIELDS if name != "sdgs"})
        given["place"] = given["place"] or "none"
        given.setlist("sdgs", typed.get("sdgs", "").split())
        form = cls(formdata=given)
        form.sdgs.choices = options((number, f"{number}. {words}") for number, words in SDGS.items())
        form.space_id.choices = options(((str(one.id), local(one.name)) for one in spaces), _("Scegli"))
        return form

    @staticmethod
    def typed(sent: MultiDict) -> dict[str, str]:
        """What was sent, as a draft keeps it."""
        return {name: " ".join(sent.getlist(name)) if name == "sdgs" else sent.get(name, "") for name in contents.FIELDS}

    @property
    def content(self) -> dict:
        """What it says, as `drafts.publish` takes it."""
        said = {name: self[name].data for name in contents.FIELDS}
        said |= {name: said[name] or "" for name in contents.WORDS}
        return said | {
            "area": said["area"] or None,
            "space_id": int(said["space_id"]) if said["space_id"] else None,
            "sdgs": said["sdgs"] or [],
        }


class BeginForm(CreatingForm):
    """In which process."""

    which = RadioField(_("A quale processo partecipi"), [InputRequired(_("Scegli un processo."))])

    def offer(self, processes: Iterable[Process]) -> None:
        self.which.choices = options((one.slug, local(one.title)) for one in processes)


class PublishForm(Form):
    """The last word on a preview. seen: what the preview showed."""

    seen = HiddenField()
    reason = StringField(
        _("Perché l'hai cambiata (facoltativo)"), [_no_longer_than(300)], filters=[tidy], description=_("Lo legge chi la segue.")
    )


class WithdrawForm(Form):
    reason = TextAreaField(
        _("Perché la ritiri"),
        [DataRequired(_("Scrivi perché la ritiri: chi l'ha sostenuta lo leggerà.")), _no_longer_than(500)],
        filters=[tidy],
    )


class FileForm(Form):
    """One more file."""

    file = FileField(
        _("File"), description=_("JPEG, PNG, WebP o PDF, al massimo 5 MB. Togliamo i dati nascosti: luogo, autore, script.")
    )
    words = StringField(
        _("Che cosa mostra"),
        [
            DataRequired(_("Scrivi che cosa mostra il file, per chi non lo vede.")),
            _no_longer_than(200),
        ],
        filters=[tidy],
        description=_("Lo legge chi non vede l'immagine. Per esempio: il cortile visto dalla strada, con due alberi."),
    )

    @property
    def sent(self) -> bytes:
        return self.file.data.read() if self.file.data else b""


class NamedForm(Form):
    """Whether the page says the author's name."""

    class Meta(Form.Meta):
        csrf = False

    named = BooleanField(
        _("La pagina della proposta dice il mio nome"),
        description=_("Se non lo scegli, la pagina dice «Una persona». Il nome di chi ha meno di 18 anni non compare mai."),
    )
