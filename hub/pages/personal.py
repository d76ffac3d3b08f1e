"""What the pages keep of a person: the reports with which they left their address."""

from flask import Flask
from flask_babel import lazy_gettext as _

from hub.accounts.models import Person
from hub.accounts.personal_data import Drawer, hang, rows
from hub.pages import service
from hub.pages.models import Report

KEPT = ("code", "category", "title", "text", "email", "language", "state", "answer", "created_at", "closed_at")


def _tell(person: Person) -> list[dict[str, object]]:
    return [_told(report) for report in service.reports_from(person.email)]


def _told(report: Report) -> dict[str, object]:
    (told,) = rows([report], *KEPT)
    told["space"] = report.space.name if report.space else None
    return told | {"changes": rows(report.changes, "before", "after", "words", "at")}


def _forget(person: Person) -> None:
    service.forget_address(person.email)


def init(app: Flask) -> None:
    hang(
        app,
        Drawer(
            "reports",
            _("Segnalazioni di disservizi in cui hai lasciato il tuo indirizzo"),
            _tell,
            _forget,
            stays=_("Le segnalazioni e le risposte, senza il tuo indirizzo."),
            why=_("Dicono che cosa non funzionava e che cosa è stato fatto."),
        ),
    )
