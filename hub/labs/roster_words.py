"""What the columns of a list of people are called, what each may hold, and an example of it."""

from typing import NamedTuple

from flask_babel import lazy_gettext as _


class Column(NamedTuple):
    """name: at the head of the column; text: what it may hold; example: a cell."""

    name: str
    text: str
    example: str


SIGNED = _("Sì, se avete il modulo firmato. Vuoto vuol dire no.")
COLUMNS = {
    "given_name": Column(_("Nome"), _("Di chi iscrivete. Obbligatorio."), "Anna"),
    "family_name": Column(_("Cognome"), _("Di chi iscrivete. Obbligatorio."), "Greco"),
    "birth_date": Column(_("Data di nascita"), _("Giorno/mese/anno. Obbligatoria."), "31/12/2014"),
    "gender": Column(_("Genere"), _("F, M, altro, oppure vuoto. Serve solo a contare."), "F"),
    "resident": Column(_("Abita a Lecce"), _("Sì oppure no. Vuoto vuol dire no."), _("sì")),
    "guardian": Column(
        _("Chi ne risponde"), _("Nome e cognome di chi ha firmato: un genitore, un tutore, un affidatario."), "Rosa Greco"
    ),
    "email": Column(
        _("E-mail di chi ne risponde"),
        _("Facoltativa. Gli mandiamo un invito: se accetta, vede la scheda e decide di iscrizione e consensi."),
        "rosa@posta.example",
    ),
    "emergency_name": Column(_("Chi chiamare in emergenza"), _("Un adulto che risponde al telefono. Obbligatorio."), "Ada Greco"),
    "emergency_phone": Column(_("Telefono di emergenza"), _("Solo il numero. Obbligatorio."), "0832 123456"),
    "participation": Column(_("Consenso a partecipare"), _("Sì. Senza il modulo firmato non si iscrive."), _("sì")),
    "photo": Column(_("Consenso a foto e video"), SIGNED, _("no")),
    "assessment": Column(_("Consenso alla valutazione"), SIGNED, _("no")),
    "leave_alone": Column(_("Esce senza un adulto"), SIGNED, _("no")),
    "note": Column(
        _("Nota sulla salute"),
        _("Facoltativa: solo quello che deve sapere chi tiene il corso, e solo se l'attività lo chiede."),
        _("allergia alle noci"),
    ),
    "health": Column(_("Consenso alla nota"), _("Sì, se c'è una nota e avete il modulo firmato."), _("sì")),
}
