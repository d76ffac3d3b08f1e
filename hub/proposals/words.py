"""Names of the closed lists of the room, in the reader's language."""

from flask_babel import lazy_gettext as _

PRESETS = {
    "community_lab": _("Laboratorio di comunità"),
    "idea_collection": _("Raccolta di idee"),
    "neighbourhood_pact": _("Patto di quartiere"),
}
SWITCHES = {
    "submits": _("Si presentano proposte"),
    "supports": _("Si sostengono le proposte"),
    "discusses": _("Si discute"),
    "votes": _("Si vota"),
    "answers": _("Arrivano le risposte"),
}
STATES = {
    "draft": _("Bozza"),
    "published": _("Pubblicata"),
    "under_review": _("In esame"),
    "answered": _("Con risposta"),
    "in_execution": _("In corso di realizzazione"),
    "done": _("Realizzata"),
    "stopped": _("Interrotta"),
    "withdrawn": _("Ritirata"),
    "merged": _("Unita ad altre"),
    "split": _("Divisa in più proposte"),
}
LOOKS = {  # colours of the badges, as bootstrap-italia calls them
    "draft": "secondary",
    "published": "primary",
    "under_review": "primary",
    "answered": "primary",
    "in_execution": "success",
    "done": "success",
    "stopped": "warning",
    "withdrawn": "secondary",
    "merged": "secondary",
    "split": "secondary",
}
PLACES = {"none": _("Nessun luogo preciso"), "hub": _("Uno spazio delle Officine"), "city": _("Un luogo della città")}
STANCES = {"for": _("A favore"), "against": _("Contrario"), "neutral": _("Neutrale"), "question": _("Domanda")}
CHOICES = {"agree": _("D'accordo"), "disagree": _("Non d'accordo"), "pass": _("Mi astengo")}
CHANNELS = {"web": _("Dal sito"), "assisted": _("Con un operatore"), "paper": _("Su carta"), "import": _("Da un elenco")}
ANSWERS = {
    "accepted": _("Accolta"),
    "partly": _("Accolta in parte"),
    "rejected": _("Non accolta"),
    "not_competent": _("Non di nostra competenza"),
    "already_done": _("Già fatta"),
}
RESULT_STATES = {
    "planned": _("Da cominciare"),
    "running": _("In corso"),
    "done": _("Conclusa"),
    "stopped": _("Interrotta"),
}
SOURCE_KINDS = {"adopted": _("Adottata"), "partly": _("Adottata in parte"), "inspired": _("Di ispirazione")}
MODERATION_REASONS = {
    "off_topic": _("Non riguarda la proposta"),
    "offensive": _("Offende qualcuno"),
    "personal_data": _("Contiene dati personali"),
    "illegal": _("È contrario alla legge"),
    "spam": _("È pubblicità"),
    "duplicate": _("È ripetuto"),
}
REPORT_REASONS = MODERATION_REASONS | {"other": _("Altro")}

WORDS = {
    "preset": PRESETS,
    "switch": SWITCHES,
    "state": STATES,
    "look": LOOKS,
    "place": PLACES,
    "stance": STANCES,
    "choice": CHOICES,
    "channel": CHANNELS,
    "answer": ANSWERS,
    "result": RESULT_STATES,
    "source": SOURCE_KINDS,
    "moderation": MODERATION_REASONS,
    "report": REPORT_REASONS,
}
