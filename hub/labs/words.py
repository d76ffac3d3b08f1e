"""Names of the closed lists of the room, in the reader's language."""

from flask_babel import lazy_gettext as _

KINDS = {
    "event": _("Evento"),
    "lab": _("Laboratorio"),
    "workshop": _("Workshop"),
    "course": _("Corso"),
    "accelerator": _("Percorso di accelerazione"),
    "camp": _("Camp"),
}
STATES = {
    "draft": _("Bozza"),
    "published": _("In programma"),
    "cancelled": _("Annullata"),
    "closed": _("Conclusa"),
}
AREAS = {
    "education": _("Educazione e formazione"),
    "entrepreneurship": _("Imprenditorialità"),
    "inclusion": _("Inclusione sociale"),
    "community": _("Laboratori di comunità"),
}
THEMES = {
    "steam": _("Scienza, tecnologia, arte e matematica (STEAM)"),
    "life-skills": _("Competenze per la vita"),
    "entrepreneurship": _("Fare impresa"),
    "inclusion": _("Inclusione"),
    "community": _("Comunità"),
}
TOPICS = {  # of the site's topics (`hub.pages.topics`), those that an activity may be about
    "associazioni": _("Associazioni"),
    "formazione-professionale": _("Formazione professionale"),
    "imprese": _("Imprese"),
    "integrazione-sociale": _("Integrazione sociale"),
    "spazio-verde": _("Spazio Verde"),
    "tempo-libero": _("Tempo libero"),
}
SDGS = {
    1: _("Sconfiggere la povertà"),
    2: _("Sconfiggere la fame"),
    3: _("Salute e benessere"),
    4: _("Istruzione di qualità"),
    5: _("Parità di genere"),
    6: _("Acqua pulita e servizi igienico-sanitari"),
    7: _("Energia pulita e accessibile"),
    8: _("Lavoro dignitoso e crescita economica"),
    9: _("Imprese, innovazione e infrastrutture"),
    10: _("Ridurre le disuguaglianze"),
    11: _("Città e comunità sostenibili"),
    12: _("Consumo e produzione responsabili"),
    13: _("Lotta contro il cambiamento climatico"),
    14: _("La vita sott'acqua"),
    15: _("La vita sulla terra"),
    16: _("Pace, giustizia e istituzioni solide"),
    17: _("Partnership per gli obiettivi"),
}
AGE_RULES = {"on_start": _("Il primo giorno"), "calendar_year": _("Nell'anno in cui comincia")}
TAKES_PART = {
    "person": _("Persone, anche bambini e ragazzi"),
    "organisation": _("Organizzazioni"),
    "none": _("Tutti, senza iscrizione"),
}
LANGUAGES = {
    "it": _("Italiano"),
    "en": _("Inglese"),
    "lis": _("Lingua dei segni italiana (LIS)"),
    "ar": _("Arabo"),
    "fr": _("Francese"),
    "es": _("Spagnolo"),
    "uk": _("Ucraino"),
    "sq": _("Albanese"),
}
ACCESSIBILITY = {
    "step_free": _("Ingresso senza gradini"),
    "toilet": _("Bagno accessibile"),
    "hearing_loop": _("Anello a induzione magnetica"),
    "lis": _("Interprete LIS"),
    "easy_read": _("Materiali facili da leggere"),
    "quiet_room": _("Stanza tranquilla"),
    "companion": _("Posto per chi accompagna"),
}
TRAINER_ROLES = {
    "trainer": _("Formatore o formatrice"),
    "tutor": _("Tutor"),
    "operator": _("Operatore o operatrice"),
    "mentor": _("Mentor"),
    "coordinator": _("Coordinamento"),
}
SESSION_STATES = {
    "planned": _("In programma"),
    "held": _("Svolto"),
    "not_held": _("Non svolto"),
    "cancelled": _("Annullato"),
}
QUESTION_KINDS = {
    "text": _("Risposta scritta"),
    "choice": _("Scelta da un elenco"),
    "number": _("Numero"),
    "consent": _("Casella da spuntare"),
}
ENROLMENT_STATES = {
    "pending": _("Da confermare"),
    "waiting": _("In lista d'attesa"),
    "offered": _("Posto offerto"),
    "enrolled": _("Iscrizione confermata"),
    "completed": _("Percorso concluso"),
    "withdrawn": _("Ritirata"),
    "expired": _("Scaduta"),
    "rejected": _("Non accolta"),
}
LOOKS = {"pending": "waiting", "waiting": "waiting", "offered": "waiting", "enrolled": "done", "completed": "done"}
WITHDRAWALS = {
    "distance": _("È troppo lontano"),
    "family": _("Motivi di famiglia"),
    "health": _("Motivi di salute"),
    "interest": _("Non interessa più"),
    "moved": _("Abbiamo cambiato città"),
    "schedule": _("Gli orari non vanno bene"),
    "school": _("Impegni di scuola"),
    "work": _("Impegni di lavoro"),
    "other": _("Altro"),
    "unsaid": _("Preferisco non dirlo"),
}
ATTENDANCES = {
    "present": _("Presente"),
    "absent": _("Assente"),
    "excused": _("Assente giustificato"),
    "late": _("In ritardo"),
    "left_early": _("Uscita anticipata"),
}
CHOICES = {  # the same where each is a button
    "present": _("Presente"),
    "absent": _("Assente"),
    "excused": _("Giustificato"),
    "late": _("In ritardo"),
    "left_early": _("Uscita prima"),
}
SOURCES = {
    "list": _("Elenco"),
    "qr": _("Codice QR"),
    "code": _("Codice scritto"),
    "paper": _("Foglio firme"),
    "import": _("File"),
}
CERTIFICATE_KINDS = {"attendance": _("Attestato di partecipazione"), "pcto": _("Ore per la scuola (PCTO)")}
NEED_AREAS = {
    "business": _("Modello di attività"),
    "finance": _("Denaro e finanziamenti"),
    "legal": _("Forma giuridica e contratti"),
    "market": _("Mercato e comunicazione"),
    "product": _("Prodotto o servizio"),
    "people": _("Persone e squadra"),
    "impact": _("Misurare l'impatto"),
    "space": _("Spazi e attrezzature"),
    "other": _("Altro"),
}
CHANNELS = {"web": _("Online"), "assisted": _("Allo sportello"), "paper": _("Su carta"), "import": _("Da un elenco")}
