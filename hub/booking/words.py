"""Names of the closed lists of the room, in the reader's language."""

from flask_babel import lazy_gettext as _

STATES = {
    "draft": _("Bozza"),
    "held": _("Da completare"),
    "submitted": _("Richiesta inviata"),
    "changes_requested": _("Modifiche richieste"),
    "refusal_announced": _("Rifiuto annunciato"),
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
    "refusal_announced": "waiting",
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
FREE_REASONS = {
    "social": _("Attività sociale senza entrate"),
    "school": _("Attività di una scuola"),
    "partner": _("Attività di un partner dell'hub"),
    "institutional": _("Attività istituzionale"),
    "other": _("Altro"),
}
PAYMENTS = {
    "payment": _("Incasso"),
    "refund": _("Rimborso"),
    "deposit": _("Cauzione versata"),
    "deposit_return": _("Cauzione resa"),
}
METHODS = {"desk": _("Allo sportello"), "transfer": _("Con bonifico")}
CHARGES = {"list": _("Il prezzo di listino"), "free": _("Niente: uso gratuito"), "patronage": _("Il prezzo del patrocinio")}
REFUSAL_REASONS = {
    "taken": _("Lo spazio è andato a un'altra richiesta"),
    "unsuitable": _("Lo spazio non è adatto all'attività"),
    "against_rules": _("L'attività non rispetta le regole d'uso"),
    "priority": _("Altre attività hanno la precedenza"),
    "works": _("Lo spazio è chiuso per lavori"),
    "incomplete": _("La richiesta è incompleta"),
    "conduct": _("Le regole non sono state rispettate in passato"),
    "other": _("Altro motivo"),
}
# whoever books without an organisation that is registered here, all together
UNREGISTERED = _("Senza un'organizzazione registrata")
# what a rule is called where refusals are counted, by `Refusal.rule`
RULES = {
    "notice": _("Preavviso"),
    "horizon": _("Quanto tempo prima si può prenotare"),
    "length": _("Durata"),
    "grid": _("Orari di inizio"),
    "closed-day": _("Giorno di chiusura"),
    "opening-hours": _("Orari di apertura"),
    "past": _("Orario già passato"),
    "capacity": _("Numero di persone"),
    "no-overlap": _("Posto già preso"),
    "association": _("Solo organizzazioni"),
    "residents_first": _("Prima i residenti"),
    "quota_hours": _("Quota di ore"),
    "quota_live": _("Quota di prenotazioni"),
    "prime_share": _("Ore di punta"),
    "no_show": _("Mancati arrivi"),
}
FREQUENCIES = {
    "daily": _("Ogni giorno"),
    "weekly": _("Ogni settimana"),
    "monthly_date": _("Ogni mese, lo stesso numero (il 15)"),
    "monthly_weekday": _("Ogni mese, lo stesso giorno (il secondo martedì)"),
    "monthly_last": _("Ogni mese, l'ultimo di quel giorno (l'ultimo venerdì)"),
}
SCOPES = {"this": _("Solo questa data"), "following": _("Questa e le seguenti"), "all": _("Tutte le date a venire")}
DATES = {
    "planned": _("prevista"),
    "conflict": _("da decidere"),
    "skipped": _("lasciata fuori"),
    "moved": _("spostata"),
    "cancelled": _("annullata"),
    "done": _("svolta"),
    "no_show": _("non utilizzata"),
}
PROPOSALS = {"free": _("libera"), "closed": _("siamo chiusi"), "refused": _("non si può"), "taken": _("occupata")}
HANDOVER_MOMENTS = {"in": _("Alla consegna"), "out": _("Alla restituzione")}
HANDOVER_CHECKS = {
    "keys": _("Chiavi e accessi"),
    "furniture": _("Tavoli e sedie"),
    "equipment": _("Attrezzature"),
    "clean": _("Pulizia"),
    "undamaged": _("Nessun danno"),
}
DESK_CHANNELS = {"assisted": _("Allo sportello o al telefono"), "paper": _("Con un modulo di carta")}
