"""Names of the closed lists of the room, in the reader's language."""

from flask_babel import lazy_gettext as _

# The questions and answers of the national model, to the letter: inspectors look for them.
QUESTION = _("Quanto sono chiare le informazioni su questa pagina?")
PRAISE_QUESTION = _("Quali sono stati gli aspetti che hai preferito?")
FAULTS_QUESTION = _("Dove hai incontrato le maggiori difficoltà?")
PRAISE = {
    "clear": _("Le indicazioni erano chiare"),
    "complete": _("Le indicazioni erano complete"),
    "on_course": _("Capivo sempre che stavo procedendo correttamente"),
    "no_trouble": _("Non ho avuto problemi tecnici"),
    "other": _("Altro"),
}
FAULTS = {
    "unclear": _("A volte le indicazioni non erano chiare"),
    "incomplete": _("A volte le indicazioni non erano complete"),
    "lost": _("A volte non capivo se stavo procedendo correttamente"),
    "trouble": _("Ho avuto problemi tecnici"),
    "other": _("Altro"),
}
REASONS = PRAISE | FAULTS
STARS = {
    1: _("Valuta 1 stella su 5"),
    2: _("Valuta 2 stelle su 5"),
    3: _("Valuta 3 stelle su 5"),
    4: _("Valuta 4 stelle su 5"),
    5: _("Valuta 5 stelle su 5"),
}
CATEGORIES = {
    "space": _("Guasto in uno spazio"),
    "portal": _("Problema del portale"),
    "accessibility": _("Barriera di accessibilità"),
    "other": _("Altro"),
}
STATES = {
    "open": _("Ricevuta"),
    "in_progress": _("Presa in carico"),
    "closed": _("Chiusa"),
}
LOOKS = {"open": "open", "in_progress": "waiting", "closed": "done"}
KINDS = {
    "space": _("Spazi"),
    "activity": _("Laboratori e corsi"),
    "proposal": _("Proposte"),
    "process": _("Processi di partecipazione"),
    "service": _("Servizi"),
    "page": _("Pagine"),
    "question": _("Domande frequenti"),
}
# What else stands on a page whose name does not say it: shown by the search beneath its title.
ABOUT = {
    "labs.activities": _("Laboratori, corsi, camp ed eventi: date, età, costi e iscrizioni"),
    "processes.processes": _("Proposte, sostegni, laboratori di comunità, risposte: che cosa è aperto adesso"),
    "pages.contacts": _("Telefono, e-mail, PEC, indirizzo, assistenza"),
    "pages.privacy": _("Dati personali, i tuoi diritti, cookie, responsabile della protezione dei dati"),
    "pages.legal_notes": _("Licenza dei contenuti, condizioni di servizio, software libero, dati sintetici"),
    "pages.accessibility": _("Barriere, che cosa manca ancora, come dircelo, a chi rivolgerti se non rispondiamo"),
    "pages.faq": _("Le risposte alle domande che si fanno più spesso"),
    "pages.site_map": _("Tutte le pagine del portale"),
    "reports.report": _("Guasti negli spazi, problemi del portale, barriere di accessibilità"),
}
# Pages whose address is a pattern, as the managers call them.
PATTERNS = {
    "spaces.space": _("Pagina di uno spazio"),
    "labs.activity": _("Pagina di un'attività"),
    "processes.process": _("Pagina di un processo di partecipazione"),
    "processes.meeting": _("Pagina di un incontro"),
    "booking_steps.when": _("Prenotare: quando e come"),
    "pages.service": _("Pagina di un servizio"),
    "pages.topic": _("Pagina di un argomento"),
}
