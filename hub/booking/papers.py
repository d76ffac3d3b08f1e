"""What a booking looks like outside the portal: facts for a notice, an entry for a calendar, a receipt in PDF."""

from pathlib import Path

import segno

from hub.booking.models import Booking
from hub.ical import Entry
from hub.pdf import pdf
from hub.spaces.models import Occurrence

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
        "more": max(len(booking.planned) - 1, 0),
        "link": f"/prenotazioni/{booking.code}",
    }


def calendar_entry(booking: Booking, status: str, occurrence: Occurrence | None = None) -> Entry:
    """The booking for a calendar, or one of its dates; status is TENTATIVE, CONFIRMED or CANCELLED. The URL is a path of the
    portal."""
    occurrence = occurrence or booking.occurrence
    language = booking.requester.language
    space = occurrence.space.name.get(language) or occurrence.space.name["it"]
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


def qr(address: str) -> str:
    """A QR code of an address as SVG, which no style or script goes with."""
    return segno.make(address, micro=False, error="m").svg_inline(scale=4, border=2, dark="#17324d", light="#fff", omitsize=True)


def receipt_pdf(title: str, language: str, note: str, rows: list[tuple[str, str]], sign: dict[str, str] | None = None) -> bytes:
    """A receipt of one page, tagged for screen readers (PDF/UA-1). rows: (term, words); sign: the QR to be shown at the desk
    (svg) and its words (alt)."""
    return pdf(RECEIPT, title=title, language=language, note=note, rows=rows, sign=sign)
