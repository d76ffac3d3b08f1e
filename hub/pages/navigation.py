"""The ways through the portal: rooms that are built, desks of the staff, what stands at the foot of every page.

The header, the footer, the site map and the search all read these lists; there is no second one.
"""

from dataclasses import dataclass
from functools import cache

from flask import Flask, g, render_template, request, url_for
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from hub.filters import language


@dataclass(frozen=True)
class Way:
    """A way to a page. element: the data-element by which inspectors of public sites find it."""

    endpoint: str
    words: str
    element: str | None = None

    @property
    def url(self) -> str:
        return _address(request.script_root, self.endpoint)


@dataclass(frozen=True)
class Entry(Way):
    """A way of the header. role: whose desk it is; none where it is everybody's room. within: how the endpoints of its pages
    begin, one or several; those of its blueprint where left out."""

    role: str | None = None
    within: str | tuple[str, ...] = ""

    @property
    def active(self) -> bool:
        return (request.endpoint or "").startswith(self.within or self.endpoint.split(".")[0] + ".")


@dataclass(frozen=True)
class Desk(Way):
    """A way of the managers' index. text: what is done there; group: a key of DESK_GROUPS."""

    text: str = ""
    group: str = "day"


@dataclass(frozen=True)
class FooterLink(Way):
    """A way of the footer. group: `help`, `legal` or `hub`."""

    group: str = "help"


# Rooms stand in the order Spazi, Laboratori e corsi, Agenda, Partecipa, Bandi, Impatto, Servizi; one that is not built is absent.
ENTRIES = (
    Entry("spaces.catalogue", _("Spazi"), "custom-submenu"),
    Entry("labs.activities", _("Laboratori e corsi"), "custom-submenu"),
    Entry("listing.agenda", _("Agenda"), "custom-submenu"),
    Entry("agenda.calendar", _("Calendario"), "custom-submenu"),
    Entry("processes.processes", _("Partecipa"), "custom-submenu", within=("processes.", "proposals.", "outcome.", "merging.")),
    Entry("impact.impact", _("Impatto"), "custom-submenu"),
    Entry("pages.services", _("Servizi"), "all-services", within="pages.service"),
    Entry("booking_staff.requests", _("Richieste"), role="manager"),
    Entry("pages_staff.desks", _("Tutti gli strumenti"), role="manager", within="pages_staff."),
    Entry("evaluation.log", _("Registro"), role="evaluator"),
    Entry("exports.desk", _("Indicatori e file"), role="evaluator"),
    Entry("accounts_staff.people", _("Persone e ruoli"), role="administrator"),
    Entry("notices_staff.queue", _("Posta in uscita"), role="administrator"),
    Entry("exports.downloads", _("Scaricamenti"), role="administrator"),
)
DESK_GROUPS = {
    "day": _("Ogni giorno"),
    "programme": _("Il programma"),
    "house": _("Gli spazi e le regole"),
    "people": _("Le persone"),
    "sums": _("I conti"),
}
DESKS = (
    Desk("booking_staff.requests", _("Richieste"), text=_("Approva, rifiuta o chiedi modifiche.")),
    Desk("day.day", _("Giornata"), text=_("Il foglio del custode: chi c'è e che cosa si sposta.")),
    Desk("desk.expected", _("Arrivi"), text=_("Chi aspettiamo oggi, il codice di chi arriva, la consegna.")),
    Desk("presence.door", _("Presenze"), text=_("Chi arriva adesso agli incontri: il codice QR, il registro.")),
    Desk("assisted.begin", _("Aiuta a partecipare"), text=_("Proporre, sostenere e commentare per chi è qui, con una ricevuta.")),
    Desk("desk.book", _("Prenota allo sportello"), text=_("Per chi telefona o viene di persona, anche senza e-mail.")),
    Desk(
        "labs_staff.activities",
        _("Attività"),
        text=_("Laboratori, corsi ed eventi: date, posti, chi ci lavora."),
        group="programme",
    ),
    Desk("partners.partners", _("Altri hub"), text=_("I loro calendari nella nostra agenda."), group="programme"),
    Desk("editions.editions", _("Edizioni"), text=_("Copia un'edizione del programma in una nuova."), group="programme"),
    Desk(
        "processes_staff.processes",
        _("Processi"),
        text=_("Partecipazione: fasi, proroghe, laboratori e verbali."),
        group="programme",
    ),
    Desk(
        "answer_staff.desk",
        _("Risposte e scadenze"),
        text=_("Le proposte da esaminare, i risultati da raccontare, che cosa è in ritardo."),
        group="programme",
    ),
    Desk("hours.hours", _("Orari di apertura"), text=_("La settimana, le stagioni, le aperture straordinarie."), group="house"),
    Desk("closures.closures", _("Chiusure"), text=_("Chiudi uno spazio, o tutto l'hub, e avvisa."), group="house"),
    Desk("regulations.rules", _("Regole"), text=_("Che cosa chiede ogni spazio a chi prenota."), group="house"),
    Desk("prices.prices", _("Tariffe"), text=_("Quanto costa ogni spazio, e per chi."), group="house"),
    Desk("entrances.entrances", _("Come si entra"), text=_("Che cosa si legge nella mail del giorno prima."), group="house"),
    Desk("organisations_staff.organisations", _("Organizzazioni"), text=_("Verifica chi si registra."), group="people"),
    Desk("families_staff.records", _("Passaggio delle schede"), text=_("A chi compie 18 anni."), group="people"),
    Desk(
        "moderation_staff.queue",
        _("Moderazione"),
        text=_("Commenti e proposte segnalati, nascosti, e i ricorsi."),
        group="people",
    ),
    Desk("patterns.noted", _("Come arrivano i sostegni"), text=_("Molti insieme, o dallo stesso dispositivo."), group="people"),
    Desk("pages_staff.reports", _("Segnalazioni"), text=_("Che cosa non funziona, e che cosa si risponde."), group="people"),
    Desk("pages_staff.ratings", _("Giudizi"), text=_("Quanto sono chiare le pagine."), group="people"),
    Desk("payments.payments", _("Pagamenti"), text=_("Che cosa resta da incassare o da rendere."), group="sums"),
    Desk("statistics.statistics", _("Statistiche"), text=_("Come sono usati gli spazi, e da chi."), group="sums"),
    Desk("payments.advantages", _("Vantaggio economico"), text=_("Quanto vale l'uso gratuito."), group="sums"),
)
FOOTER = (
    FooterLink("pages.faq", _("Domande frequenti (FAQ)"), "faq"),
    FooterLink("spaces.catalogue", _("Prenota uno spazio"), "appointment-booking"),
    FooterLink("pages.contacts", _("Contatti e assistenza")),
    FooterLink("reports.report", _("Segnala disservizio"), "report-inefficiency"),
    FooterLink("certificates.find", _("Verifica un attestato")),
    FooterLink("debate.rules", _("Regole della discussione")),
    FooterLink("pages.home", _("Pagina iniziale"), group="hub"),
    FooterLink("pages.services", _("Tutti i servizi"), group="hub"),
    FooterLink("pages.topics", _("Argomenti"), group="hub"),
    FooterLink("pages.privacy", _("Informativa privacy"), "privacy-policy-link", group="legal"),
    FooterLink("pages.legal_notes", _("Note legali"), "legal-notes", group="legal"),
    FooterLink("pages.accessibility", _("Dichiarazione di accessibilità"), "accessibility-link", group="legal"),
    FooterLink("pages.site_map", _("Mappa del sito"), group="legal"),
)
OWNER = {
    "email": "CONTACT_EMAIL",
    "pec": "CONTACT_PEC",
    "phone": "CONTACT_PHONE",
    "tax_code": "OWNER_TAX_CODE",
    "dpo": "DPO_EMAIL",
    "transparency": "TRANSPARENCY_URL",
    "declaration": "ACCESSIBILITY_URL",
}


def init(app: Flask) -> None:
    owner = {name: app.config[setting] for name, setting in OWNER.items()}
    feet: dict[tuple[str, str], Markup] = {}

    def footer() -> Markup:
        """The foot of the page: the same for all readers of a language, so it is written once."""
        whose = (language(), request.script_root)
        if whose not in feet:
            page = render_template("_footer.html", owner=owner, links=FOOTER)
            feet[whose] = Markup(" ".join(page.split()))  # noqa: S704 - a template's own, which escapes what it is given
        return feet[whose]

    app.jinja_env.globals["footer"] = footer
    app.context_processor(lambda: {"rooms": rooms(), "desks": desks(), "footer_links": FOOTER, "owner": owner})


def rooms() -> list[Entry]:
    """The rooms that are everybody's."""
    return [entry for entry in ENTRIES if entry.role is None]


def desks() -> list[Entry]:
    """The reader's desks, where they are of the staff. Asks only for a person who is loaded already: an error page must not
    need the database."""
    person = g.get("_login_user")
    if person is None or not person.is_authenticated:
        return []
    return [entry for entry in ENTRIES if entry.role is not None and person.has_role(entry.role)]


@cache
def _address(_script_root: str, endpoint: str) -> str:
    """The path of a page whose address holds no value: always the same beneath one root, and asked for on every page."""
    return url_for(endpoint)
