"""The ways through the portal: rooms that are built, and for the staff their desks."""

from dataclasses import dataclass

from flask import Flask, g, request, url_for
from flask_babel import lazy_gettext as _


@dataclass(frozen=True)
class Entry:
    """A way to a page. role: whose it is; none where it is everybody's."""

    endpoint: str
    words: str
    role: str | None = None

    @property
    def active(self) -> bool:
        return (request.endpoint or "").split(".")[0] == self.endpoint.split(".")[0]


@dataclass(frozen=True)
class FooterLink:
    """A link of the footer, among those that help or the legal ones. element: the data-element that inspectors look for."""

    endpoint: str
    words: str
    group: str
    element: str | None = None

    @property
    def url(self) -> str:
        return url_for(self.endpoint)


ENTRIES = (
    Entry("spaces.catalogue", _("Spazi")),
    Entry("booking_staff.requests", _("Richieste"), "manager"),
    Entry("evaluation.log", _("Registro"), "evaluator"),
    Entry("notices_staff.queue", _("Posta in uscita"), "administrator"),
)
FOOTER = (FooterLink("spaces.catalogue", _("Spazi"), "help"), FooterLink("pages.home", _("Pagina iniziale"), "help"))


def init(app: Flask) -> None:
    app.context_processor(lambda: {"navigation": _entries(), "footer_links": FOOTER})


def _entries() -> list[Entry]:
    """The reader's entries. Asks only for a person who is loaded already: an error page must not need the database."""
    person = g.get("_login_user")
    known = person is not None and person.is_authenticated
    return [entry for entry in ENTRIES if entry.role is None or (known and person.has_role(entry.role))]
