"""Names of the closed lists of the room, in the reader's language."""

from flask_babel import lazy_gettext as _

STATES = {
    "draft": _("Bozza"),
    "held": _("Da completare"),
    "submitted": _("Richiesta inviata"),
    "changes_requested": _("Modifiche richieste"),
    "approved": _("Confermata"),
    "rejected": _("Rifiutata"),
    "withdrawn": _("Ritirata"),
    "cancelled": _("Annullata"),
    "done": _("Svolta"),
    "no_show": _("Non utilizzata"),
}
LOOKS = {
    "draft": "draft",
    "held": "draft",
    "submitted": "waiting",
    "changes_requested": "waiting",
    "approved": "done",
    "done": "done",
}  # the others look refused
PURPOSES = {
    "meeting": _("Riunione o assemblea"),
    "lab": _("Laboratorio"),
    "course": _("Corso o formazione"),
    "culture": _("Evento culturale"),
    "party": _("Festa o momento conviviale"),
    "work": _("Lavoro o prove"),
    "other": _("Altro"),
}
STEPS = (_("Quando e come"), _("Dettagli"), _("Chi prenota"), _("Riepilogo"))
LEVELS = {
    0: _("Indirizzo e-mail confermato, identità non verificata"),
    1: _("Identità digitale, livello 1"),
    2: _("Identità digitale, livello 2"),
    3: _("Identità digitale, livello 3"),
}
