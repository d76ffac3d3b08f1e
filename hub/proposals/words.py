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
LEVELS = {  # of identity, as `By.level` has them
    0: _("Basta un account"),
    1: _("Identità digitale (SPID o CIE), qualsiasi livello"),
    2: _("Identità digitale di livello 2 o 3"),
    3: _("Identità digitale di livello 3"),
}
PROCESS_STAGES = {
    "draft": _("Bozza"),
    "soon": _("Comincia presto"),
    "open": _("In corso"),
    "between": _("Tra una fase e l'altra"),
    "over": _("Fasi finite"),
    "concluded": _("Concluso"),
}
STAGE_LOOKS = {  # how each is marked, as `pages.state` calls it
    "draft": "draft",
    "soon": "waiting",
    "open": "open",
    "between": "waiting",
    "over": "plain",
    "concluded": "done",
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
LOOKS = {  # how each is marked, as `pages.state` calls it
    "draft": "draft",
    "published": "open",
    "under_review": "waiting",
    "answered": "done",
    "in_execution": "open",
    "done": "done",
    "stopped": "refused",
    "withdrawn": "refused",
    "merged": "plain",
    "split": "plain",
}
PLACES = {"none": _("Nessun luogo preciso"), "hub": _("Uno spazio delle Officine"), "city": _("Un luogo della città")}
FIELDS = {  # of what a proposal says
    "title": _("Titolo"),
    "text": _("Che cosa proponi"),
    "topic": _("Argomento"),
    "sdgs": _("Obiettivi dell'Agenda 2030"),
    "area": _("Area di attività"),
    "place": _("Dove"),
    "space_id": _("Spazio"),
    "address": _("Indirizzo"),
    "lat": _("Latitudine"),
    "lon": _("Longitudine"),
    "target": _("A chi serve"),
    "target_n": _("Quante persone"),
    "target_method": _("Come è stimato il numero"),
    "needs_spaces": _("Spazi che servono"),
    "needs_hours": _("Ore di lavoro che servono"),
    "needs_cents": _("Euro che servono"),
    "files": _("Allegati"),
}
STANCES = {"for": _("A favore"), "against": _("Contrario"), "neutral": _("Neutrale"), "question": _("Domanda")}
CHOICES = {"agree": _("D'accordo"), "disagree": _("Non d'accordo"), "pass": _("Mi astengo")}
TAKING_PART = {
    "proposed": _("Ha scritto proposte"),
    "supported": _("Ha sostenuto proposte"),
    "voted": _("Ha votato"),
    "commented": _("Ha scritto commenti"),
}
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
RESULT_LOOKS = {"planned": "waiting", "running": "open", "done": "done", "stopped": "refused"}  # as `pages.state` calls it
SOURCE_KINDS = {"adopted": _("Adottata"), "partly": _("Adottata in parte"), "inspired": _("Di ispirazione")}
ASSISTED_ACTS = {
    "began": _("Ha cominciato una proposta"),
    "kept": _("Ha scritto la bozza"),
    "attached": _("Ha aggiunto un file"),
    "detached": _("Ha tolto un file"),
    "dropped": _("Ha lasciato perdere le modifiche"),
    "discarded": _("Ha eliminato una bozza"),
    "published": _("Ha pubblicato una proposta"),
    "edited": _("Ha modificato una proposta"),
    "withdrew": _("Ha ritirato una proposta"),
    "supported": _("Ha sostenuto una proposta"),
    "revoked": _("Ha ritirato un sostegno"),
    "commented": _("Ha scritto un commento"),
    "voted": _("Ha votato"),
}
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
    "level": LEVELS,
    "stage": PROCESS_STAGES,
    "stage_look": STAGE_LOOKS,
    "state": STATES,
    "look": LOOKS,
    "place": PLACES,
    "field": FIELDS,
    "stance": STANCES,
    "choice": CHOICES,
    "channel": CHANNELS,
    "answer": ANSWERS,
    "result": RESULT_STATES,
    "result_look": RESULT_LOOKS,
    "source": SOURCE_KINDS,
    "assisted": ASSISTED_ACTS,
    "moderation": MODERATION_REASONS,
    "report": REPORT_REASONS,
}
