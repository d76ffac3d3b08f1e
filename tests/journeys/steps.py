"""Stretches of the way that several journeys share."""

from datetime import datetime

from playwright.sync_api import Locator, expect

from tests.journeys.visit import Visit


def free_day(there: Visit, day: int = 0) -> Locator:
    """On the page of a space: the way to one of the next days with free times, from 0 to 3, since feasts may leave no more.

    The first of all is passed over: notice is by the hour, so in the evening little of it is left, and less than a booking
    takes.
    """
    days = there.page.locator("#week ol.hub-week > li:not(:first-child)").filter(has=there.page.locator("a"))
    return days.nth(int(day)).locator("a").first


def begin(there: Visit, slug: str, day: int = 0) -> None:
    """From the page of a space to its free times, on one of the days that have some."""
    there.open(f"/spazi/{slug}")
    free_day(there, day).click()
    there.arrive(f"/spazi/{slug}/prenota?giorno=*")


def choose_time(there: Visit, index: int = 0) -> datetime:
    """On the first step: take a free time; the instant when it starts."""
    time = there.page.locator("input[name=starts]").nth(index)
    expect(time).to_be_attached()
    starts = datetime.fromisoformat(time.get_attribute("value"))
    there.page.locator(f"label[for={time.get_attribute('id')}]").click()
    there.press("Avanti")
    return starts


def describe(there: Visit, title: str) -> None:
    """The second step."""
    there.arrive("/prenota/*/dettagli")
    there.page.get_by_label("Titolo dell'attività").fill(title)
    there.page.get_by_label("Che cosa farete").select_option("course")
    there.press("Avanti")


def introduce(there: Visit) -> None:
    """The third step."""
    there.arrive("/prenota/*/chi")
    there.page.get_by_label("Telefono").fill("0832 123456")
    there.press("Avanti")
    there.arrive("/prenota/*/riepilogo")


def accept(there: Visit) -> None:
    there.page.get_by_text("Ho letto le regole d'uso").click()


def send(there: Visit) -> None:
    """The last step."""
    accept(there)
    there.press("Invia la richiesta")
    there.arrive("/prenotazioni/*")


def fill(there: Visit, slug: str, title: str, day: int = 0) -> None:
    """All of it but the last step, for somebody who has signed in."""
    begin(there, slug, day)
    choose_time(there)
    describe(there, title)
    introduce(there)


def bookings(there: Visit) -> list[str]:
    """What the list of one's own bookings says, one text for each."""
    there.open("/area-personale/prenotazioni")
    return [" ".join(text.split()) for text in there.page.locator(".hub-list > li").all_inner_texts()]
