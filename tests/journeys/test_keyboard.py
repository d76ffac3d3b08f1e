"""A whole booking without touching the mouse."""

import pytest
from playwright.sync_api import Locator, Page, expect

from hub.accounts.demo import DEMO_PASSWORD
from tests.journeys.steps import free_day

ON_SCREEN = """element => {
  const box = element.getBoundingClientRect()
  return box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth
}"""


class Keys:
    """Somebody at a keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> None:
        """Go there with the tab key; where one is must be on the screen."""
        for _ in range(150):
            self.page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                self.page.wait_for_function(ON_SCREEN, arg=target.element_handle())  # it may scroll there smoothly
                return
        raise AssertionError(f"the tab key does not reach {target}")

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def write(self, label: str, words: str) -> None:
        self.reach(self.page.locator("main").get_by_label(label))
        self.press("ControlOrMeta+a")
        self.page.keyboard.type(words)

    def follow(self, words: str, role: str = "link") -> None:
        self.reach(self.page.locator("main").get_by_role(role, name=words).first)
        self.press("Enter")


@pytest.mark.parametrize("width", [360, 1280])
def test_a_booking_with_the_keyboard_alone(portal, visitor, width):
    there = visitor(portal, width)
    page, keys = there.page, Keys(there.page)
    there.open("/")
    keys.press("Tab")
    expect(page.get_by_role("link", name="Vai al contenuto")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("main")).to_be_focused()
    keys.follow("Prenota uno spazio")
    there.arrive("/spazi")
    keys.write("Quante persone?", "50")
    keys.follow("Cerca", "button")
    there.arrive("/spazi?persone=50*")
    keys.follow("campata centrale")
    there.arrive("/spazi/campata-centrale*")
    keys.reach(free_day(there))
    keys.press("Enter")
    there.arrive("/spazi/campata-centrale/prenota*")
    keys.reach(page.locator("input[name=starts]").first)
    keys.press("Space")
    keys.press("ArrowDown")
    expect(page.locator("input[name=starts]").nth(1)).to_be_checked()
    keys.follow("Avanti", "button")
    there.arrive("/prenota/*/dettagli")
    keys.write("Titolo dell'attività", "Senza mouse")
    keys.reach(page.get_by_label("Che cosa farete"))
    keys.press("ArrowDown")
    keys.follow("Avanti", "button")
    there.arrive("/entra?*")
    keys.write("E-mail", portal.somebody())
    keys.write("Password", DEMO_PASSWORD)
    keys.press("Enter")
    there.arrive("/prenota/*/chi")
    keys.write("Telefono", "0832 123456")
    keys.press("Enter")
    there.arrive("/prenota/*/riepilogo")
    keys.reach(page.get_by_label("Ho letto le regole"))
    keys.press("Space")
    keys.follow("Invia la richiesta", "button")
    there.arrive("/prenotazioni/*")
    expect(page.locator(".callout")).to_contain_text("Richiesta inviata")


def test_the_menu_of_a_phone(portal, visitor):
    """It opens and closes with keys, and gives the focus back."""
    there = visitor(portal, 360)
    page, keys = there.page, Keys(there.page)
    there.open("/")
    opener = page.get_by_role("button", name="Apri il menu")
    keys.reach(opener)
    keys.press("Enter")
    entry = page.locator("#navigation").get_by_role("link", name="Spazi")
    expect(entry).to_be_visible()
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("button", name="Chiudi il menu")).to_be_focused()
    there.look("menu, open")
    keys.press("Escape")
    expect(entry).to_be_hidden()
    expect(opener).to_be_focused()
