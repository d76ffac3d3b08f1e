"""Topics, by the names of the national model's taxonomy, which inspectors compare letter by letter."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _


@dataclass(frozen=True)
class Topic:
    """A topic: its name in the taxonomy, and what of it is here."""

    slug: str
    name: str
    words: str


_ALL = (
    Topic("accesso-all-informazione", _("Accesso all'informazione"),
          _("Sapere che cosa il centro tiene di te e che fine ha fatto quello che hai segnalato.")),
    Topic("associazioni", _("Associazioni"), _("Che cosa trovano qui associazioni e gruppi di cittadini.")),
    Topic("formazione-professionale", _("Formazione professionale"), _("Aule e laboratorio per corsi e percorsi di formazione.")),
    Topic("imprese", _("Imprese"), _("Startup, imprese e cooperative che vogliono lavorare con il centro.")),
    Topic("integrazione-sociale", _("Integrazione sociale"), _("Attività che tengono dentro tutti, e chi le organizza.")),
    Topic("spazio-verde", _("Spazio Verde"), _("La Corte Urbana: verde e portici per la città.")),
    Topic("tempo-libero", _("Tempo libero"), _("Spazi per incontri, prove, feste ed eventi culturali.")),
    Topic("trasparenza-amministrativa", _("Trasparenza amministrativa"), _("Come il centro rende conto di quello che fa.")),
)  # fmt: skip
TOPICS = {topic.slug: topic for topic in _ALL}
