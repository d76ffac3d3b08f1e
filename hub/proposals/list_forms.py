"""What somebody looks for among the proposals, in the address of their list."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _
from wtforms import SearchField, SelectField
from wtforms.validators import Length, Optional

from hub.filters import local
from hub.forms import Form, options, tidy
from hub.labs.words import AREAS, SDGS, TOPICS
from hub.proposals.listing import Sought
from hub.proposals.process_models import Process
from hub.proposals.rules import SHOWN_STATES
from hub.proposals.words import ANSWERS, PLACES, STATES
from hub.spaces.models import Space

SORTS = {
    "newest": _("Dalla più recente"),
    "supported": _("Dalla più sostenuta"),
    "discussed": _("Dalla più discussa"),
    "waiting": _("Da quella che aspetta da più tempo"),
}
WHO = {"organisation": _("Organizzazioni"), "people": _("Persone")}
ANSWERED = {"yes": _("Con una risposta"), "no": _("Senza risposta"), **ANSWERS}


class ListForm(Form):
    """Nothing is sent, so nothing needs protecting."""

    class Meta:
        csrf = False

    query = SearchField(_("Parole"), [Optional(), Length(max=100, message=_("Al massimo 100 caratteri."))], [tidy], name="q")
    among = SelectField(_("Processo"), [Optional()], name="processo")
    sort = SelectField(_("Ordine"), [Optional()], name="ordine")
    state = SelectField(_("A che punto è"), [Optional()], name="stato")
    topic = SelectField(_("Argomento"), [Optional()], name="argomento")
    area = SelectField(_("Area"), [Optional()], name="area")
    sdg = SelectField(_("Obiettivo dell'Agenda 2030"), [Optional()], name="obiettivo")
    place = SelectField(_("Dove"), [Optional()], name="luogo")
    space = SelectField(_("Spazio"), [Optional()], name="spazio")
    who = SelectField(_("Di chi è"), [Optional()], name="di")
    answered = SelectField(_("Risposta"), [Optional()], name="risposta")

    def __init__(self, *args, processes: Iterable[Process], spaces: Iterable[Space], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.processes, self.spaces = {one.slug: one for one in processes}, {one.slug: one for one in spaces}
        self.among.choices = options(((slug, local(one.title)) for slug, one in self.processes.items()), _("Tutti i processi"))
        self.space.choices = options(((slug, local(one.name)) for slug, one in self.spaces.items()), _("Tutti gli spazi"))
        self.sort.choices = options(SORTS.items())
        self.state.choices = options(((code, STATES[code]) for code in SHOWN_STATES), _("A qualunque punto"))
        self.topic.choices = options(TOPICS.items(), _("Tutti gli argomenti"))
        self.area.choices = options(AREAS.items(), _("Tutte le aree"))
        self.sdg.choices = options(
            ((str(number), f"{number}. {words}") for number, words in SDGS.items()), _("Tutti gli obiettivi")
        )
        self.place.choices = options(PLACES.items(), _("Ovunque"))
        self.who.choices = options(WHO.items(), _("Di tutti"))
        self.answered.choices = options(ANSWERED.items(), _("Con o senza risposta"))

    def leave_out_support(self) -> None:
        """The order by support is not offered; who asks for it by its address gets the newest first."""
        self.sort.choices = [one for one in self.sort.choices if one.value != "supported"]
        if self.sort.data == "supported":
            self.sort.data = "newest"

    @property
    def chosen(self) -> Process | None:
        return self.processes.get(self.among.data)

    @property
    def asked(self) -> dict[str, str]:
        """What the address says, without what it leaves as it is."""
        named = {one.name: one.data for one in self if one.data and one.name != "page"}
        return {name: value for name, value in named.items() if (name, value) != ("ordine", "newest")}

    @property
    def more(self) -> bool:
        """Whether something is sought beyond what stands first."""
        return any(one.data or one.errors for one in self if one.short_name not in ("q", "processo", "ordine"))

    @property
    def sought(self) -> Sought:
        words = {name: self[name].data or "" for name in ("state", "topic", "area", "place", "who", "answered")}
        return Sought(
            process=self.chosen and self.chosen.id,
            space=self.spaces[self.space.data].id if self.space.data else None,
            sdg=int(self.sdg.data) if self.sdg.data else None,
            words=self.query.data or "",
            sort=self.sort.data or "newest",
            **words,
        )
