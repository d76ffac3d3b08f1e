"""Names of the closed lists of people, in words: the rules and the models know only their codes."""

from flask_babel import lazy_gettext as _l

ROLE_NAMES = {
    "manager": _l("Gestore"),
    "evaluator": _l("Valutatore"),
    "administrator": _l("Amministratore"),
}
ROLE_TASKS = {
    "manager": _l("Decide sulle richieste di prenotazione e su ciò che si pubblica."),
    "evaluator": _l("Valuta i risultati: legge il registro e firma le valutazioni. Non può anche gestire."),
    "administrator": _l("Dà e toglie i ruoli, controlla la posta in uscita."),
}
