"""What the room says of codes, for whoever reads."""

from flask_babel import lazy_gettext as _

STATES = {
    "queued": _("In coda"),
    "running": _("In preparazione"),
    "done": _("Pronto"),
    "failed": _("Non riuscito"),
}
LOOKS = {"queued": "waiting", "running": "waiting", "done": "done", "failed": "refused"}
FAULTS = {
    "too_long": _("Ci vuole troppo tempo: scegli un periodo più breve o meno divisioni."),
    "refused": _("I dati non si possono usare così come sono: il motivo è qui sotto."),
    "broken": _("Il calcolo si è interrotto: riprova, e se succede ancora avvisa chi gestisce il portale."),
    "gave_up": _("Il calcolo si è interrotto tre volte: avvisa chi gestisce il portale."),
    "empty": _("Il registro non ha ancora righe sigillate."),
}
KINDS = {
    "indicators": _("Indicatori"),
    "log": _("Registro con i file che lo accompagnano"),
}
FORMATS = {"csv": "CSV", "xlsx": "XLSX", "json": "JSON", "parquet": "Parquet"}
COLUMNS = {
    "activity": _("Attività"),
    "month": _("Mese"),
    "cohort": _("Edizione di arrivo"),
    "age_band": _("Fascia di età"),
    "gender": _("Genere"),
    "centre": _("Centro"),
}
UNITS = {
    "h": _("ore"),
    "n": "",
    "%": "",
    "d": _("giorni"),
    "EUR/h": _("euro per ora"),
    "SD": _("deviazioni standard"),
    "pp": _("punti percentuali"),
    "FTE": _("posti a tempo pieno"),
}
COUNTED = {
    "persons": _("Persone"),
    "trainers": _("Formatori"),
    "sessions": _("Incontri"),
    "bookings": _("Prenotazioni"),
    "uses": _("Usi"),
    "proposers": _("Chi propone"),
    "proposals": _("Proposte"),
    "answers": _("Risposte"),
    "organisations": _("Organizzazioni"),
    "pairs": _("Coppie di organizzazioni"),
}
EVENTS = {  # what the log calls them, and people
    "session.held": _("incontri tenuti"),
    "attendance.recorded": _("presenze segnate"),
    "enrolment.created": _("iscrizioni"),
    "enrolment.withdrawn": _("ritiri"),
    "shift.recorded": _("turni dei volontari"),
    "space.booked": _("prenotazioni"),
    "space.cancelled": _("prenotazioni annullate"),
    "space.used": _("spazi usati"),
    "space.no_show": _("mancati arrivi"),
    "proposal.submitted": _("proposte presentate"),
    "proposal.supported": _("proposte sostenute"),
    "proposal.answered": _("proposte con risposta"),
    "mentoring.held": _("incontri con un mentor"),
    "grant.awarded": _("contributi assegnati"),
    "grant.paid": _("contributi pagati"),
    "partnership.signed": _("accordi firmati"),
    "badge.verified": _("badge verificati"),
    "feedback.given": _("giudizi"),
    "org.status": _("stato delle organizzazioni"),
}
MEASURED = {  # beyond activities and months, what a table may be divided by
    "question": {
        "recommend": _("Quanto la consigliano"),
        "satisfaction": _("Quanto sono soddisfatti"),
        "importance": _("Quanto è importante per loro"),
    },
}
