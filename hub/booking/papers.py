"""What a booking looks like outside the portal: facts for a notice, an entry for a calendar, a receipt in PDF."""

import json
from functools import cache
from pathlib import Path

import typst

from hub.booking.models import Booking
from hub.ical import Entry

ADDRESS = {
    "it": "Officine Mezzogiorno, ex officina degli autobus FSE, di fronte alla stazione, Lecce",
    "en": "Officine Mezzogiorno, former FSE bus workshop, opposite the station, Lecce",
}
RECEIPT = Path(__file__).parent / "receipt.typ"


def facts(booking: Booking) -> dict[str, object]:
    """What a notice says of a booking, as it stands now."""
    return {
        "code": booking.code,
        "title": booking.title,
        "space": booking.space.name,
        "layout": booking.layout.name,
        "attendees": booking.attendees,
        "starts": booking.occurrence.starts_at,
        "ends": booking.occurrence.ends_at,
        "link": f"/prenotazioni/{booking.code}",
    }


def calendar_entry(booking: Booking, status: str) -> Entry:
    """The booking for a calendar; status is TENTATIVE, CONFIRMED or CANCELLED. The URL is a path of the portal."""
    occurrence = booking.occurrence
    language = booking.requester.language
    space = booking.space.name.get(language) or booking.space.name["it"]
    return Entry(
        uid=occurrence.ical_uid,
        sequence=occurrence.sequence,
        starts=occurrence.starts_at,
        ends=occurrence.ends_at,
        changed=occurrence.updated_at,
        summary=f"{booking.title} ({space})",
        location=f"{space}, {ADDRESS[language]}",
        description=booking.code,
        status=status,
        url=f"/prenotazioni/{booking.code}",
    )


def receipt_pdf(title: str, language: str, note: str, rows: list[tuple[str, str]]) -> bytes:
    """A receipt of one page, tagged for screen readers (PDF/UA-1). rows: (term, words)."""
    values = {"title": title, "language": language, "note": note, "rows": rows}
    inputs = {"receipt": json.dumps(values)}
    try:
        return typst.compile(_template(), sys_inputs=inputs, pdf_standards="ua-1")
    except typst.TypstError:  # a sign that no font has, such as an emoji: the standard refuses it, a plain PDF shows a box
        return typst.compile(_template(), sys_inputs=inputs)


@cache
def _template() -> bytes:
    return RECEIPT.read_bytes()
