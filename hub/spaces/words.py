"""Names of the closed lists of the room, in the reader's language."""

from flask_babel import lazy_gettext as _

LAYOUTS = {
    "theatre": _("Platea"),
    "classroom": _("Aula con banchi"),
    "u_shape": _("Ferro di cavallo"),
    "circle": _("Cerchio di sedie"),
    "meeting": _("Tavolo unico"),
    "workshop": _("Isole di lavoro"),
    "market": _("Stalli"),
    "empty": _("Sala vuota"),
}
EQUIPMENT = {
    "projector": _("Proiettore"),
    "sound": _("Impianto audio"),
    "computers": _("Computer"),
    "printer_3d": _("Stampante 3D"),
    "whiteboard": _("Lavagna"),
    "video_call": _("Videoconferenza"),
    "kitchen": _("Angolo cucina"),
    "power": _("Prese di corrente all'aperto"),
    "hearing_loop": _("Anello a induzione magnetica"),
}
# who asks for a space, for its hours, rules and prices; patronage is granted, nobody asks for it
AUDIENCES = {
    "resident": _("Residente a Lecce"),
    "other": _("Persona non residente"),
    "ets": _("Ente del terzo settore o gruppo"),
    "school": _("Scuola"),
    "company": _("Impresa"),
    "public": _("Ente pubblico"),
    "patronage": _("Con il patrocinio dell'hub"),
}
PARTS = {
    "morning": _("Mattina (inizio prima delle 13)"),
    "afternoon": _("Pomeriggio (inizio tra le 13 e le 18)"),
    "evening": _("Sera (inizio dalle 18)"),
}
# what a search may give up, with what would pass
MISSES = {
    "time": _("a un'altra ora"),
    "day": _("un altro giorno"),
    "length": _("per un altro tempo"),
    "layout": _("con un'altra disposizione"),
    "people": _("per meno persone"),
    "equipment": _("senza un'attrezzatura"),
    "budget": _("spendendo di più"),
    "step_free": _("con qualche gradino"),
    "space": _("in un altro spazio"),
}
WEEKDAYS = (_("Lunedì"), _("Martedì"), _("Mercoledì"), _("Giovedì"), _("Venerdì"), _("Sabato"), _("Domenica"))
UNITS = {"hour": _("all'ora"), "half_day": _("mezza giornata (fino a 5 ore)"), "day": _("giornata intera")}
