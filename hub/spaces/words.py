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
WEEKDAYS = (_("Lunedì"), _("Martedì"), _("Mercoledì"), _("Giovedì"), _("Venerdì"), _("Sabato"), _("Domenica"))
