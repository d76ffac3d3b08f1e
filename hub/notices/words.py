"""What the topics of notices are called: those that one may do without."""

from flask_babel import lazy_gettext as _

TOPICS = {
    "reminder": (_("Promemoria degli incontri"), _("Due giorni e un giorno prima di un incontro a cui sei iscritto.")),
    "message": (
        _("Messaggi non necessari di chi tiene un corso"),
        _("Per esempio foto, letture, altri appuntamenti. Quelli che servono per partecipare arrivano sempre."),
    ),
    "proposal": (
        _("Novità delle proposte"),
        _("Di quelle che hai scritto, che sostieni o che segui. La risposta a una proposta tua arriva sempre."),
    ),
    "feedback": (_("Inviti a dire com'è andata"), _("Alla fine di un'attività, poche domande.")),
}
