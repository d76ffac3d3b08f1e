"""From what one needs to a series with its conflicts solved; two who want the same place."""

import re
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from icalendar import Calendar
from playwright.sync_api import Locator, expect
from pypdf import PdfReader

from hub.accounts.service import person_with
from hub.clock import ROME, span
from hub.spaces import closures, ledger
from hub.spaces.rules import Slot
from tests.journeys import before
from tests.journeys.before import MANAGER
from tests.journeys.portal import Portal
from tests.journeys.steps import begin, choose_time, describe, introduce, send
from tests.journeys.visit import Visit

MONTHS = ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"]
WRITTEN = re.compile(rf"(\d+) ({'|'.join(MONTHS)}) (\d{{4}}), (\d\d):(\d\d)–(\d\d):(\d\d)(?:, ([^\n]+))?")


@pytest.mark.parametrize(
    ("width", "javascript"), [(360, True), (360, False), (1280, True)], ids=["360-script", "360-no script", "1280-script"]
)
def test_a_series_with_two_dates_taken_is_negotiated(portal, visitor, width, javascript):
    days, there = _six_weeks(portal), visitor(portal, width, javascript=javascript)
    _search(there, days[0])
    _say_how_it_recurs(there)
    moved = _choose(there, days)
    describe(there, "Cucito insieme")
    there.arrive("/entra?next=*")
    there.sign_in(portal.somebody())
    introduce(there)
    there.look("summary of a series")
    send(there)
    there.look("booking of a series")
    states = there.page.locator(".hub-dates .hub-state")
    expect(states).to_have_text(["prevista"] * 3 + ["lasciata fuori"] + ["prevista"] * 2)
    expect(there.page.get_by_role("button", name="Riprendi")).to_have_count(1)
    wanted = [before.time_of(day, 16) for day in (days[0], days[1], days[2], days[5])]
    _must_be_written(there, sorted([*wanted, moved]), elsewhere=wanted[1])


def _six_weeks(portal: Portal) -> list[date]:
    """One weekday of six weeks, when Aula 1 is taken by somebody else the second and the fourth time at 16, closed the fifth."""
    other = portal.somebody()
    with portal.inside():
        room, twin = before.layout_of("aula-1", "ferro"), before.layout_of("aula-2", "ferro")

        def is_free(day: date) -> bool:
            return all(before.is_free(layout, before.time_of(day, 16), day) for layout in (room, twin))

        def six_from(day: date) -> list[date]:
            return [day + timedelta(weeks=n) for n in range(6)]

        def fits(day: date) -> bool:
            return all(is_free(one) for one in six_from(day)) and before.is_empty(room.space, six_from(day)[4])

        days = six_from(before.first_day(60, fits))
        for day in (days[1], days[3]):
            before.confirmed(room, before.time_of(day, 16), other, "Di qualcun altro")
        ledger.lock()
        closures.close([room.space], Slot(*span(days[4])), {"it": "Imbiancatura"}, by=person_with(MANAGER))
    return days


def _search(there: Visit, day: date) -> None:
    """By need: who can, at that time, with that; the first answer."""
    page = there.page
    there.open("/spazi")
    page.get_by_label("Quante persone?").fill("18")
    page.get_by_label("Libero il giorno").fill(day.isoformat())
    page.get_by_label("Disposizione").select_option(label="Ferro di cavallo")
    page.locator("main summary").click()
    page.get_by_label("Oppure inizio alle").fill("16:00")
    page.locator("main label", has_text="Proiettore").click()
    there.press("Cerca")
    there.arrive("/spazi?*persone=18*ora=16*attrezzatura=projector*")
    expect(page.locator("#results h2")).to_have_text(["Aula 1", "Aula 2"])
    there.look("search by need")
    page.get_by_role("link", name=re.compile("Prenota Aula 1 .*, 16:00–18:00")).click()
    there.arrive("/spazi/aula-1/prenota?*")
    there.follow("Ti servono più date?")
    there.arrive("/spazi/aula-1/ripeti?*")


def _say_how_it_recurs(there: Visit) -> None:
    """What was searched for stands there already, the time too."""
    expect(there.page.get_by_label("Inizio alle")).to_have_value("16:00")
    expect(there.page.get_by_label("Quante persone")).to_have_value("18")
    there.look("how it recurs")
    there.page.get_by_label("Oppure quante volte").fill("6")
    there.press("Mostra le date")
    there.arrive("/spazi/aula-1/ripeti?vedi=1*volte=6*")


def _choose(there: Visit, days: list[date]) -> Slot:
    """For a taken date the twin room, for the closed one another day, the other taken one is left out; the other day's time."""
    page, rows = there.page, there.page.locator(".hub-dates > li")
    expect(page.get_by_role("status").filter(has_text="6 date: 3 libere, 3 da decidere")).to_be_visible()
    expect(rows.locator(".hub-state")).to_have_text(["libera", "occupata", "libera", "occupata", "siamo chiusi", "libera"])
    expect(rows.nth(4)).to_contain_text("Imbiancatura")
    assert [_first_number(row) for row in rows.all()] == [day.day for day in days]
    expect(page.locator("main")).not_to_contain_text("Di qualcun altro")
    there.look("dates of a series")
    other = _take(rows.nth(1), re.compile("Aula 2, Ferro di cavallo"))
    assert other == before.time_of(days[1], 16)
    moved = _take(rows.nth(4), re.compile("^(lun|mar|mer|gio|ven|sab|dom) "))
    assert moved.starts.astimezone(ROME).date() != days[4]
    expect(rows.nth(3).get_by_role("combobox")).to_have_value("leave")
    there.press("Avanti con queste date")
    return moved


def _take(row: Locator, words: re.Pattern) -> Slot:
    """The first way out that says so; when it is."""
    options = row.locator("option")
    label = next(text for text in (text.strip() for text in options.all_text_contents()) if words.search(text))
    row.get_by_role("combobox").select_option(label=label)
    starts = datetime.fromisoformat(row.get_by_role("combobox").input_value().partition("@")[2])
    return Slot(starts, starts + timedelta(hours=2))


def _first_number(row: Locator) -> int:
    return int(re.search(r"\d+", row.locator(".hub-list-title").inner_text()).group())


def _must_be_written(there: Visit, slots: list[Slot], elsewhere: Slot) -> None:
    """The receipt and the calendar file have these dates and no others, and which of them is in another room."""
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(_download(there, "Ricevuta (PDF)"))).pages)
    told = [(_told(found), found[8]) for found in WRITTEN.finditer(text)]
    assert told == [(slot, "Aula 2" if slot == elsewhere else None) for slot in slots]
    entries = Calendar.from_ical(_download(there, "Aggiungi al calendario")).walk("VEVENT")
    found = {Slot(entry.start, entry.end): entry["LOCATION"].split(",")[0] for entry in entries}
    assert found == {slot: "Aula 2" if slot == elsewhere else "Aula 1" for slot in slots}


def _told(found: re.Match) -> Slot:
    day, month, year = int(found[1]), MONTHS.index(found[2]) + 1, int(found[3])
    starts, ends = (datetime(year, month, day, int(found[n]), int(found[n + 1]), tzinfo=ROME) for n in (4, 6))
    return Slot(starts, ends)


def _download(there: Visit, words: str) -> bytes:
    with there.page.expect_download() as download:
        there.follow(words)
    return Path(download.value.path()).read_bytes()


def test_of_two_who_compete_one_is_told_what_else_is_free(portal, visitor):
    """The portico lets requests compete: until the manager approves one of them, nobody has the place."""
    winner, loser, manager = visitor(portal, 360), visitor(portal, 1280, javascript=False), visitor(portal, 1280)
    addresses = [portal.somebody(), portal.somebody()]
    for there, address, title in zip((winner, loser), addresses, ("Mostra di aquiloni", "Banchetto dei libri"), strict=True):
        there.enter(address)
        if there is winner:
            begin(there, "portico", 3)
            free = there.page.url.removeprefix(there.url)
        else:
            there.open(free)
        starts = choose_time(there)
        describe(there, title)
        introduce(there)
        send(there)
        expect(there.page.locator(".callout")).to_contain_text("Il posto non è tenuto")
        there.look("booking that competes")
    codes = [there.path.rsplit("/", 1)[1] for there in (winner, loser)]
    _approve(manager, *codes)
    portal.mail(addresses[0], "Prenotazione confermata")
    letter = portal.mail(addresses[1], "Lo spazio è andato a un'altra richiesta").get_body(("plain",)).get_content()
    assert "Mostra di aquiloni" not in letter
    for there, words in ((winner, "Confermata"), (loser, "Rifiutata")):
        there.page.reload()
        expect(there.page.locator(".hub-heading .hub-state")).to_have_text(words)
    expect(loser.page.locator(".callout")).to_contain_text("Lo spazio è andato a un'altra richiesta")
    loser.look("booking that lost")
    others = re.findall(rf"{loser.url}(/spazi/\S+/prenota\S+)", letter)
    assert others
    loser.open(others[0])
    chosen = loser.page.locator("input[name=starts]:checked")
    expect(chosen).to_have_count(1)
    assert others[0].startswith("/spazi/portico/") is (chosen.get_attribute("value") != starts.isoformat())
    loser.press("Avanti")
    loser.arrive("/prenota/*/dettagli")


def _approve(there: Visit, code: str, rival: str) -> None:
    there.enter(MANAGER)
    there.follow("Richieste")
    there.page.get_by_role("listitem").filter(has_text=code).get_by_role("link").click()
    there.arrive(f"/gestione/richieste/{code}")
    expect(there.page.locator(".callout")).to_contain_text(rival)
    there.look("decide between two")
    there.press("Approva")
    expect(there.page.get_by_text("Richiesta approvata")).to_be_visible()
    there.open(f"/gestione/richieste/{rival}")
    expect(there.page.locator(".hub-heading .hub-state")).to_have_text("Rifiutata")
