"""Names of the closed lists of the room, in the reader's language."""

from flask_babel import lazy_gettext as _

FAULTS = {  # what was wrong with another hub's calendar, to the managers
    "address": _(
        "L'indirizzo porta a un altro indirizzo che non si può chiedere: serve https:// o http://, sulle porte 80 o 443."
    ),
    "private": _("L'indirizzo porta a una rete privata: serve un sito pubblico."),
    "name": _("Il nome del sito non esiste: controlla come è scritto."),
    "unreachable": _("Il sito non risponde, o la risposta si interrompe."),
    "tls": _("Il certificato del sito non è valido: chiedi all'altro hub di rinnovarlo."),
    "slow": _("Il sito non ha finito di rispondere in 5 secondi."),
    "large": _("Il calendario è troppo grande: al massimo 2 MB."),
    "redirect": _("L'indirizzo porta a un altro, e poi a un altro ancora: chiedi all'altro hub quello definitivo."),
    "status": _("A questo indirizzo non c'è un file: il sito risponde che manca, o che non si può leggere."),
    "unreadable": _("Il file arriva compresso in un modo che non leggiamo."),
    "not_calendar": _("A questo indirizzo non c'è un calendario iCalendar (.ics)."),
    "heavy": _("Il calendario chiede troppo lavoro per leggerlo: chiedi all'altro hub un calendario più semplice."),
}
