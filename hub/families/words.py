"""Names of the closed lists of the room, and the words that are consented to, in the reader's language."""

from flask_babel import lazy_gettext as _

BASES = {"parent": _("Genitore"), "tutor": _("Tutore o tutrice"), "foster": _("Affidatario o affidataria")}
GENDERS = {"": _("Preferisco non dirlo"), "f": _("Femmina"), "m": _("Maschio"), "x": _("Altro")}
PURPOSES = {
    "participation": _("Partecipare"),
    "photo": _("Foto e video"),
    "assessment": _("Valutazione del progetto"),
    "leave_alone": _("Uscire senza un adulto"),
    "health": _("Nota sulla salute"),
}
# What a family says yes or no to once for all activities; the others belong to one activity.
STANDING_PURPOSES = ("photo", "assessment", "leave_alone")
# The words of each consent, by version: a new version is asked for anew, and what was consented to keeps its words.
TEXT_VERSION = "2026-11"
TEXTS = {
    "2026-11": {
        "participation": _("Sono d'accordo che partecipi alle attività a cui lo iscrivo, e ho letto quando e come si svolgono."),
        "photo": _("Sono d'accordo che foto e video in cui si riconosce siano usati per raccontare il progetto."),
        "assessment": _(
            "Sono d'accordo che i risultati dei suoi test siano usati, senza il suo nome, per valutare se il progetto funziona."
        ),
        "leave_alone": _("Sono d'accordo che alla fine esca da solo, senza un adulto."),
        "health": _(
            "Sono d'accordo che chi tiene il corso legga, dal giorno prima al giorno dopo, la nota sulla salute che scrivo qui."
        ),
    }
}
# The same, where somebody says it of themselves.
OWN_TEXTS = {
    "2026-11": {
        "photo": _("Sono d'accordo che foto e video in cui mi si riconosce siano usati per raccontare il progetto."),
        "assessment": _(
            "Sono d'accordo che i risultati dei miei test siano usati, senza il mio nome, per valutare se il progetto funziona."
        ),
        "health": _(
            "Sono d'accordo che chi tiene il corso legga, dal giorno prima al giorno dopo, la nota sulla salute che scrivo qui."
        ),
    }
}
# The pages of the staff on which somebody's data was opened, by the code that they note.
LOOKED_AT = {
    "register": _("Il registro delle presenze"),
    "enrolments": _("L'elenco degli iscritti"),
    "health": _("La nota sulla salute"),
    "record": _("La scheda"),
    "group": _("L'elenco di chi è stato iscritto da un'organizzazione"),
    "certificate": _("L'attestato"),
    "pickup": _("A chi può essere affidato all'uscita"),
}
OTHER_LOOK = _("Una pagina con i suoi dati")


def consent_words(purpose: str, version: str = TEXT_VERSION, *, own: bool = False) -> str:
    """The words that were consented to."""
    return str((OWN_TEXTS if own else TEXTS)[version].get(purpose) or TEXTS[version][purpose])
