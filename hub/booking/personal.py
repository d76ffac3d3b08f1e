"""What bookings keep of a person."""

from flask import Flask
from flask_babel import lazy_gettext as _

from hub.accounts.models import Person
from hub.accounts.personal_data import Drawer, hang, rows
from hub.booking import service
from hub.booking.models import Booking

KEPT = (
    *("state", "attendees", "title", "purpose", "details", "phone", "public", "audience", "level"),
    *("created_at", "submitted_at", "terms_accepted_at"),
)


def _tell(person: Person) -> list[dict[str, object]]:
    return [_told(booking) for booking in service.all_bookings_of(person)]


def _told(booking: Booking) -> dict[str, object]:
    (told,) = rows([booking], *KEPT)
    told |= {"code": booking.code, "space": booking.space.name, "layout": booking.layout.name}
    told["organisation"] = booking.organisation.name if booking.organisation else None
    told["times"] = rows(booking.occurrences, "starts_at", "ends_at", "status")
    told["changes"] = rows(booking.changes, "before", "after", "reason", "at")
    return told


def init(app: Flask) -> None:
    hang(
        app,
        Drawer(
            "bookings",
            _("Prenotazioni, bozze comprese"),
            _tell,
            service.forget,
            settle=service.must_be_settled,
            stays=_("Le prenotazioni inviate: spazio, orario, titolo e decisione, senza nome, telefono e altre informazioni."),
            why=_("Sono atti del centro, che deve poterne rendere conto."),
        ),
    )
