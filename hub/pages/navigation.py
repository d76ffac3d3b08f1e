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
    begin; those of its blueprint where left out."""

    role: str | None = None
    within: str = ""

    @property
    def active(self) -> bool:
        return (request.endpoint or "").startswith(self.within or self.endpoint.split(".")[0] + ".")


@dataclass(frozen=True)
class FooterLink(Way):
    """A way of the footer. group: `help`, `legal` or `hub`."""

    group: str = "help"


# Rooms stand in the order Spazi, Laboratori e corsi, Agenda, Partecipa, Bandi, Impatto, Servizi; one that is not built is absent.
ENTRIES = (
    Entry("spaces.catalogue", _("Spazi"), "custom-submenu"),
    Entry("pages.services", _("Servizi"), "all-services", within="pages.service"),
    Entry("booking_staff.requests", _("Richieste"), role="manager"),
    Entry("organisations_staff.organisations", _("Organizzazioni"), role="manager"),
    Entry("pages_staff.reports", _("Segnalazioni"), role="manager", within="pages_staff.report"),
    Entry("pages_staff.ratings", _("Giudizi"), role="manager", within="pages_staff.rating"),
    Entry("evaluation.log", _("Registro"), role="evaluator"),
    Entry("accounts_staff.people", _("Persone e ruoli"), role="administrator"),
    Entry("notices_staff.queue", _("Posta in uscita"), role="administrator"),
)
FOOTER = (
    FooterLink("pages.faq", _("Domande frequenti (FAQ)"), "faq"),
    FooterLink("spaces.catalogue", _("Prenota uno spazio"), "appointment-booking"),
    FooterLink("pages.contacts", _("Contatti e assistenza")),
    FooterLink("reports.report", _("Segnala disservizio"), "report-inefficiency"),
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
