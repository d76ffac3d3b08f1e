"""The main journey, as two people live it: a citizen who comes for the first time, and the manager."""

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from io import BytesIO
from itertools import count
from pathlib import Path

from icalendar import Calendar
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.journeys.portal import Portal
from tests.journeys.steps import accept, choose_time, describe, free_day
from tests.journeys.visit import Visit, ways

PASSWORD = "quattro parole messe a caso"
MANAGER = "gestore@officine.example"
_numbers = count(1)


@ways
def test_a_newcomer_books_and_cancels(portal, visitor, width, javascript):
    live_through(portal, visitor(portal, width, javascript=javascript), visitor(portal, width, javascript=javascript))


def test_a_newcomer_books_and_cancels_on_postgresql(portal_on_postgresql, visitor):
    live_through(portal_on_postgresql, visitor(portal_on_postgresql, 360), visitor(portal_on_postgresql, 1280))


def live_through(portal: Portal, citizen: Visit, manager: Visit) -> None:
    number = next(_numbers)
    address, title = f"nuova{number}@officine.example", f"Corso di maglia {number}"
    starts = _ask_as_a_stranger(citizen, title)
    _register(portal, citizen, address)
    code = _finish(citizen)
    _approve(manager, code)
    _read_the_answer(portal, citizen, address, starts)
    _take_the_receipt(citizen, code, title)
    _cancel(citizen)
    _see_the_rest(citizen, manager)


def _ask_as_a_stranger(there: Visit, title: str) -> datetime:
    page = there.page
    there.open("/")
    there.look("home")
    there.follow("Prenota uno spazio")
    there.arrive("/spazi")
    there.look("catalogue")
    page.get_by_label("Quante persone?").fill("18")
    page.get_by_label("Disposizione").select_option(label="Ferro di cavallo")
    page.locator("main summary").click()
    page.locator("main label", has_text="Proiettore").click()
    there.press("Cerca")
    there.arrive("/spazi?*persone=18*")
    expect(page.locator("#results h2")).to_have_text(["Aula 1", "Aula 2"])
    there.look("catalogue, filtered")
    there.follow("Aula 1")
    there.arrive("/spazi/aula-1*")
    there.look("space")
    free_day(there).click()
    there.arrive("/spazi/aula-1/prenota?*")
    there.look("when")
    page.get_by_label("Quante persone").fill("18")
    there.press("Mostra gli orari liberi")
    there.arrive("/spazi/aula-1/prenota?*persone=18*")
    starts = choose_time(there, 1)
    there.arrive("/prenota/*/dettagli")
    there.look("details")
    describe(there, title)
    return starts


def _register(portal: Portal, there: Visit, address: str) -> None:
    page = there.page
    there.arrive("/entra?next=*")
    there.look("sign in")
    there.follow("Registrati")
    there.arrive("/registrati?next=*")
    there.look("register")
    page.get_by_label("Nome", exact=False).first.fill("Nuova")
    page.get_by_label("Cognome").fill("Arrivata")
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    there.press("Registrati")
    there.arrive("/registrati/controlla-la-posta")
    there.look("registered")
    mail = portal.mail(address, "Conferma il tuo indirizzo")
    there.open("/posta-dimostrativa")
    there.look("mailbox")
    page.get_by_role("row").filter(has_text=address).get_by_role("link").first.click()
    there.arrive("/posta-dimostrativa?id=*")
    there.look("letter")
    link = re.search(rf"{there.url}/conferma/\S+", mail.get_body(("plain",)).get_content()).group()
    there.follow(link)
    there.arrive("/conferma/*")
    there.look("confirm")
    there.press("Conferma")
    there.arrive("/entra?next=*")
    expect(page.get_by_role("status")).to_contain_text("Indirizzo confermato")
    there.look("sign in, confirmed")
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    there.press("Entra")


def _finish(there: Visit) -> str:
    page = there.page
    there.arrive("/prenota/*/chi")  # back in the booking
    there.look("who")
    page.get_by_label("Telefono").fill("0832 123456")
    there.press("Avanti")
    there.arrive("/prenota/*/riepilogo")
    there.look("summary")
    accept(there)
    there.press("Invia la richiesta")
    there.arrive("/prenotazioni/OM-*")
    expect(page.locator(".callout")).to_contain_text("Richiesta inviata")
    there.look("booking, submitted")
    return there.path.rsplit("/", 1)[1]


def _approve(there: Visit, code: str) -> None:
    there.enter(MANAGER)
    there.look("personal area, manager")
    there.follow("Richieste")
    there.arrive("/gestione/richieste")
    there.look("requests")
    there.page.get_by_role("listitem").filter(has_text=code).get_by_role("link").click()
    there.arrive(f"/gestione/richieste/{code}")
    there.look("decide")
    there.press("Approva")
    expect(there.page.get_by_text("Richiesta approvata")).to_be_visible()
    there.look("decided")


def _read_the_answer(portal: Portal, there: Visit, address: str, starts: datetime) -> None:
    entry = _entry(portal.mail(address, "Prenotazione confermata"))
    assert entry["STATUS"] == "CONFIRMED"
    assert entry.start.astimezone(UTC) == starts
    assert entry.end.astimezone(UTC) == starts + timedelta(hours=2)
    there.page.reload()
    expect(there.page.locator(".hub-heading .hub-state")).to_have_text("Confermata")
    there.look("booking, approved")


def _entry(mail: EmailMessage):
    (sheet,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    (entry,) = Calendar.from_ical(sheet.get_content()).walk("VEVENT")
    return entry


def _take_the_receipt(there: Visit, code: str, title: str) -> None:
    with there.page.expect_download() as download:
        there.follow("Ricevuta (PDF)")
    assert download.value.suggested_filename == f"{code}.pdf"
    text = PdfReader(BytesIO(Path(download.value.path()).read_bytes())).pages[0].extract_text()
    assert code in text
    assert title in text
    assert "Confermata" in text


def _cancel(there: Visit) -> None:
    there.page.get_by_label("Motivo").fill("Siamo rimasti in due")
    there.press("Annulla la prenotazione")
    expect(there.page.get_by_role("status")).to_contain_text("Prenotazione annullata")
    expect(there.page.locator(".hub-heading .hub-state")).to_have_text("Annullata")
    there.look("booking, cancelled")


def _see_the_rest(citizen: Visit, manager: Visit) -> None:
    """What the portal keeps of it, for both."""
    citizen.open("/area-personale")
    citizen.look("personal area")
    citizen.follow("Le mie prenotazioni")
    citizen.arrive("/area-personale/prenotazioni")
    citizen.look("my bookings")
    citizen.open("/area-personale/messaggi")
    citizen.look("messages")
    citizen.follow("Prenotazione confermata")
    citizen.arrive("/area-personale/messaggi/*")
    citizen.look("message")
    citizen.press("Segna come letto")
    citizen.arrive("/area-personale/messaggi")
    citizen.open("/area-personale/dati")
    citizen.look("profile")
    manager.open("/gestione/richieste?stato=withdrawn")
    manager.look("requests, none")
    for there in (citizen, manager):
        there.page.get_by_role("button", name="Esci").click()
        there.arrive("/")
        expect(there.page.get_by_role("status")).to_contain_text("Sei uscito")
