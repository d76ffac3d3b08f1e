"""A day of the manager: what the caretaker reads in the morning, and who comes to the desk."""

import re
import time
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import segno
from PIL import Image
from playwright.sync_api import expect
from pypdf import PdfReader

from hub.accounts.service import person_with
from hub.booking import assisted
from hub.clock import now, today, wall
from hub.spaces.rules import Slot
from tests.journeys import before
from tests.journeys.before import MANAGER
from tests.journeys.portal import Portal
from tests.journeys.visit import Visit, ways

LIVED = timedelta(minutes=5)  # a journey is over before that, and still on the day on which it began


@ways
def test_who_arrives_is_known_by_the_sign_and_by_the_number(portal, visitor, width, javascript):
    address = portal.somebody()
    code = _expected_now(portal, address)
    citizen, manager = visitor(portal, width, javascript=javascript), visitor(portal, 360, javascript=javascript)
    citizen.enter(address)
    sign = _show_the_receipt(citizen, code)
    manager.open(sign)  # as the phone's camera does, before anybody has signed in there
    manager.arrive("/entra?next=*")
    manager.sign_in(MANAGER)
    manager.arrive(sign)
    manager.look("arrival, expected")
    _let_in(manager)
    manager.look("arrival, arrived")
    manager.press("Annulla l'arrivo")
    expect(manager.page.get_by_role("status")).to_contain_text("Arrivo annullato")
    _find_by_number(manager, code)
    _let_in(manager)
    _hand_over(manager, code)
    manager.open("/gestione/arrivi")
    expect(manager.page.locator("main li").filter(has_text=code).locator(".hub-state")).to_have_text("arrivato")


def _expected_now(portal: Portal, address: str) -> str:
    """A confirmed booking that begins in a moment: the desk may make one at any hour, where it says why; its code."""
    while wall(now() + LIVED).date() != today():
        time.sleep(1)
    with portal.inside():
        layout = before.layout_of("stalli-corte", "uno")
        starts = now().replace(second=0, microsecond=0) + timedelta(minutes=2)
        who = {"email": address, "contact_name": "", "phone": "0832 654321", "audience": "resident"}
        what = {"title": "Banco del miele", "purpose": "other", "channel": "assisted", "anyway": True, "reason": "È già qui"}
        slot = Slot(starts, starts + timedelta(hours=1))
        return assisted.book_for(layout, slot, 2, **who, **what, by=person_with(MANAGER)).code


def _show_the_receipt(there: Visit, code: str) -> str:
    """The page and the receipt of who comes; where their sign leads to, within the portal."""
    path = f"/gestione/arrivi/{code}"
    there.open(f"/prenotazioni/{code}")
    there.look("booking, with its sign")
    drawn = there.page.locator(".hub-qr path").last.get_attribute("d")
    assert drawn in segno.make(there.url + path, micro=False, error="m").svg_inline(border=2)
    with there.page.expect_download() as download:
        there.follow("Ricevuta (PDF)")
    text = PdfReader(BytesIO(Path(download.value.path()).read_bytes())).pages[0].extract_text()
    assert f"Mostra questo codice QR all'arrivo, oppure di' il codice {code}" in _joined(text)
    return path


def _let_in(there: Visit) -> None:
    there.press("È arrivato")
    expect(there.page.get_by_role("status")).to_contain_text("Arrivo registrato")
    expect(there.page.locator(".hub-heading .hub-state")).to_have_text("arrivato")


def _find_by_number(there: Visit, code: str) -> None:
    """Without the year and the zeros, as somebody says it; first one that nobody has."""
    there.open("/gestione")
    there.follow("Arrivi")
    there.arrive("/gestione/arrivi")
    there.look("arrivals")
    for number, words in (("999999", "Nessuna prenotazione ha questo codice"), (code[8:].lstrip("0"), "Banco del miele")):
        there.page.get_by_label("Codice della prenotazione").fill(number)
        there.press("Cerca")
        expect(there.page.locator("main")).to_contain_text(words)
    there.arrive(f"/gestione/arrivi/{code}")


def _hand_over(there: Visit, code: str) -> None:
    """What was looked at, with a photo; the second time it is the giving back."""
    there.follow("Scrivi la consegna")
    there.arrive(f"/gestione/arrivi/{code}/consegna")
    page = there.page
    expect(page.get_by_label("Alla consegna")).to_be_checked()
    for words in ("Chiavi e accessi", "Pulizia"):
        page.locator("main label", has_text=words).click()
    page.get_by_label("Note (facoltative)").fill("Manca una prolunga")
    picture = BytesIO()
    Image.new("RGB", (800, 600), "teal").save(picture, "PNG")
    page.get_by_label("Foto (facoltativa)").set_input_files(
        {"name": "banco.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    )
    there.look("handing over")
    there.press("Scrivi la consegna")
    there.arrive(f"/gestione/arrivi/{code}")
    expect(page.get_by_role("status")).to_contain_text("Consegna scritta")
    written = page.locator("main p").filter(has_text="Manca una prolunga")
    for words in ("A posto: Chiavi e accessi, Pulizia", "Da vedere: Tavoli e sedie, Attrezzature, Nessun danno"):
        expect(written).to_contain_text(words)
    photo = page.context.request.get(there.url + written.get_by_role("link").get_attribute("href"))
    assert Image.open(BytesIO(photo.body())).format == "JPEG"
    there.look("arrival, handed over")
    there.follow("Scrivi la consegna")
    expect(page.get_by_label("Alla restituzione")).to_be_checked()


@ways
def test_the_caretaker_reads_on_screen_and_on_paper_what_moves(portal, visitor, width, javascript):
    day = _hall_then_bay(portal)
    there = visitor(portal, width, javascript=javascript)
    page = there.page
    there.enter(MANAGER)
    there.open(f"/gestione/giornata?giorno={day - timedelta(days=1)}")
    page.get_by_role("link", name="Giorno Dopo").click()
    there.arrive(f"/gestione/giornata?giorno={day}")
    there.look("the day's sheet")
    hall, bay = (page.get_by_role("region", name=name, exact=True) for name in HALL_AND_BAY)
    for use, facts in (
        (hall, ("10:00–12:00", "Assemblea", "Pia Prova", "Platea", "90 su 200 posti", "09:30–10:00")),
        (bay, ("15:00–17:00", "Cerchio di lettura", "Pia Prova", "Cerchio di sedie", "20 su 30 posti", "14:45–15:00")),
    ):
        for fact in facts:
            expect(use).to_contain_text(fact)
    jobs = page.locator(".hub-jobs > li")
    expect(jobs).to_have_text([re.compile(words) for words in JOBS])
    with page.expect_download() as download:
        there.follow("Stampa (PDF)")
    paper = "".join(one.extract_text() for one in PdfReader(BytesIO(Path(download.value.path()).read_bytes())).pages)
    shown = [page.locator("h1"), jobs, page.locator(".hub-use h3"), page.locator(".hub-rules > li"), page.locator(".hub-use dd")]
    for words in (text for some in shown for text in some.all_inner_texts()):
        assert _packed(words) in _packed(paper)


HALL_AND_BAY = ("Officina Grande", "Officina Grande, campata centrale")
JOBS = (
    "^09:30–10:00 Apri la parete tra .* nord e .* centrale",
    "^09:30–10:00 Apri la parete tra .* centrale e .* sud",
    "^09:30–10:00 Officina Grande: .*sedie in file, senza tavoli, per 90 persone",
    "^14:45–15:00 Chiudi la parete tra .* nord e .* centrale",
    "^14:45–15:00 Chiudi la parete tra .* centrale e .* sud",
    "^14:45–15:00 .*campata centrale: .*sedie in cerchio, senza tavoli, per 20 persone",
)


def _hall_then_bay(portal: Portal) -> date:
    """A day whose morning takes the whole hall and whose afternoon one bay of it, as on the day before: its walls were shut."""
    address = portal.somebody()
    with portal.inside():
        hall, bay = before.layout_of("officina-grande", "platea"), before.layout_of("campata-centrale", "cerchio")

        def fits(day: date) -> bool:
            eve = day - timedelta(days=1)
            uses = ((bay, 15, eve), (hall, 10, day), (bay, 15, day))
            return all(before.is_empty(hall.space, one) for one in (eve, day)) and all(
                before.is_free(layout, before.time_of(one, hour), one) for layout, hour, one in uses
            )

        day = before.first_day(60, fits)
        before.confirmed(bay, before.time_of(day - timedelta(days=1), 15), address, "Prove", 20)
        before.confirmed(hall, before.time_of(day, 10), address, "Assemblea", 90)
        before.confirmed(bay, before.time_of(day, 15), address, "Cerchio di lettura", 20)
    return day


def _joined(text: str) -> str:
    return " ".join(text.split())


def _packed(text: str) -> str:
    """Without spaces: on paper lines break elsewhere."""
    return "".join(text.split())
