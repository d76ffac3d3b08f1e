"""The calendar of all the spaces and the free days of a month, by whoever has a keyboard and ears."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, expect

from hub.accounts.service import person_with
from hub.clock import span
from hub.spaces import closures, ledger
from hub.spaces.rules import Slot
from hub.spaces.service import free_slots
from tests.journeys import before
from tests.journeys.before import MANAGER
from tests.journeys.portal import Portal
from tests.journeys.test_keyboard import Keys
from tests.journeys.visit import Visit

WEEKDAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")
MONTHS = (
    *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
    *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
)
STATES = ("occupato", "attività", "chiuso", "in parte occupato", "richiesto", "prenotazione in corso")
LINK = re.compile(r'^- link "(.*)": - /url: \S+$')
CHOIR, STOCK = "Coro aperto", "Inventario"


@pytest.mark.parametrize("width", [360, 1280])
def test_the_calendar_with_the_keyboard_alone(portal, visitor, width):
    day, code = _choir_and_closed_lab(portal)
    there = visitor(portal, width)
    page, keys = there.page, Keys(there.page)
    there.open(f"/calendario?giorno={day - timedelta(weeks=1)}")
    there.look("calendar of a day")
    keys.reach(page.get_by_label("Mostra", exact=True))
    keys.press("ArrowDown")
    keys.follow("Mostra", "button")
    there.arrive("/calendario?*vista=settimana*")
    _turn(there, keys, "Settimana dopo")
    there.look("calendar of a week")
    monday = day - timedelta(days=day.weekday())
    told = _must_be_told_whole(page.locator("#calendar"), [monday + timedelta(days=n) for n in range(7)])
    assert f"16:00–18:00 occupato {CHOIR}, Aula 1, {_words(day)}" in told
    assert f"00:00–24:00 chiuso {STOCK}, Laboratorio digitale, {_words(day)}" in told
    _read_as_manager(visitor(portal, width), day, code)


def _choir_and_closed_lab(portal: Portal) -> tuple[date, str]:
    """A day with a booking whose title everybody may read, and a closed laboratory; the code of the booking."""
    address = portal.somebody()
    with portal.inside():
        room, lab = before.layout_of("aula-1", "cerchio"), before.layout_of("laboratorio-digitale", "isole")

        def fits(day: date) -> bool:
            return before.is_free(room, before.time_of(day, 16), day) and before.is_empty(lab.space, day)

        day = before.first_day(32, fits)  # in another month than today's
        code = before.confirmed(room, before.time_of(day, 16), address, CHOIR, public=True)
        ledger.lock()
        closures.close([lab.space], Slot(*span(day)), {"it": STOCK}, by=person_with(MANAGER))
    return day, code


def _turn(there: Visit, keys: Keys, words: str) -> None:
    """Another day or week: the page says which, and whoever turned may go on turning from where they are."""
    link, title = there.page.get_by_role("link", name=words), there.page.locator("#calendar h2")
    before_it = title.inner_text()
    if not link.evaluate("element => element === document.activeElement"):
        keys.reach(link)
    keys.press("Enter")
    expect(title).not_to_have_text(before_it)
    expect(link).to_be_focused()


def _must_be_told_whole(calendar: Locator, days: list[date]) -> set[str]:
    """Every use as a screen reader says it: from when to when, in which state, of which space and on which day."""
    told = set()
    for space in calendar.get_by_role("region").all():
        name = space.get_by_role("heading").inner_text()
        whole = re.compile(
            rf"\d\d:\d\d–\d\d:\d\d ({'|'.join(STATES)})( .+)?, {re.escape(name)}, ({'|'.join(_words(day) for day in days)})"
        )
        for use in space.locator("ul > li").all():
            heard = " ".join(use.aria_snapshot().removeprefix("- listitem:").replace(" ,", ",").strip().strip('"').split())
            heard = LINK.sub(r"\1", heard)  # an activity leads to its page
            assert whole.fullmatch(heard), heard
            told.add(heard)
    return told


def _words(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def _read_as_manager(there: Visit, day: date, code: str) -> None:
    """The staff hear whose it is, and get there with a key."""
    keys = Keys(there.page)
    there.enter(MANAGER)
    there.open(f"/calendario?giorno={day - timedelta(days=1)}&spazio=aula-1")
    _turn(there, keys, "Giorno dopo")
    there.look("calendar of a day, manager")
    link = there.page.get_by_role("link", name=re.compile(f"^16:00–18:00 occupato {CHOIR} Pia Prova ?, Aula 1, {_words(day)}$"))
    keys.reach(link)
    keys.press("Enter")
    there.arrive(f"/gestione/richieste/{code}")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_free_days_of_a_month_with_the_keyboard_alone(portal, visitor, width):
    """The laboratory, which alone has computers: closed days are not among them, and each leads to its times."""
    day, _code = _choir_and_closed_lab(portal)
    there = visitor(portal, width)
    page, keys = there.page, Keys(there.page)
    there.open("/spazi")
    keys.reach(page.locator("main summary"))
    keys.press("Enter")
    keys.reach(page.locator("input[value=computers]"))
    keys.press("Space")
    expect(page.locator("#results h2")).to_have_text(["Laboratorio digitale"])
    keys.follow("Giorni liberi del mese")
    there.arrive("/spazi?*vista=mese*")
    title = page.locator("#results h2")
    while (shown := title.inner_text()) != f"{MONTHS[day.month - 1]} {day.year}".capitalize():
        keys.follow("Mese dopo")
        expect(title).not_to_have_text(shown)
    there.look("free days of a month")
    free = _free_days_of_the_lab(portal, day.replace(day=1))
    days = page.locator(".hub-month a")
    expect(days.locator("strong")).to_have_text([f"{WEEKDAYS[one.weekday()][:3]} {one.day}" for one in free])
    assert day not in free
    keys.reach(days.last)
    keys.press("Enter")
    there.arrive(f"/spazi?*giorno={free[-1]}*")
    expect(page.locator("#results h2")).to_have_text(["Laboratorio digitale"])
    expect(page.get_by_role("link", name=f"Prenota Laboratorio digitale {_words(free[-1])}, ").first).to_be_visible()


def _free_days_of_the_lab(portal: Portal, month: date) -> list[date]:
    with portal.inside():
        lab = before.layout_of("laboratorio-digitale", "isole")
        days = [month + timedelta(days=n) for n in range(31)]
        return [day for day in days if day.month == month.month and free_slots(lab.space, lab, day, 120)]
