"""The main journey in English: the language is chosen in the header, and no Italian is left on the way."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.portal import Portal
from tests.journeys.visit import Visit
from tests.journeys.words import left_over, said, sources

PASSWORD = "four words taken at random"
ITALIAN = sources()


def read(there: Visit, name: str) -> None:
    """The page is in English, and sound."""
    assert there.page.locator("html").get_attribute("lang") == "en"
    assert not (left := left_over(said(there.page, "en"), ITALIAN)), f"{name} ({there.path}): {left}"
    there.look(name)


def go_on(there: Visit) -> None:
    """The main button of the form, whatever it is called."""
    there.page.locator("main .hub-buttons .btn-primary").click()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_main_journey_in_english(portal, visitor, width):
    there = visitor(portal, width)
    there.open("/")
    there.page.get_by_role("button", name="English").click()
    expect(there.page.locator("html")).to_have_attribute("lang", "en")
    read(there, "home")
    _choose(there)
    address = f"english{width}@officine.example"
    _register(portal, there, address)
    _finish(there)
    mails = [portal.mail(address, ""), *portal.mailbox.letters(500)]
    for mail in [mail for mail in mails if address in mail["To"]]:
        lines = [mail["Subject"], *mail.get_body(("plain",)).get_content().splitlines()]
        assert not (left := left_over(lines, ITALIAN)), left
    there.page.get_by_role("button", name="Italiano").click()
    expect(there.page.locator("html")).to_have_attribute("lang", "it")


def _choose(there: Visit) -> None:
    page = there.page
    there.open("/spazi?persone=18&disposizione=u_shape")
    read(there, "catalogue, filtered")
    page.locator("#results h2 a").last.click()
    there.arrive("/spazi/aula-2*")
    read(there, "space")
    page.locator("#week ol a").last.click()
    there.arrive("/spazi/aula-2/prenota*")
    go_on(there)
    expect(page.locator(".hub-errors")).to_be_focused()
    read(there, "when, wrong")
    page.locator(".hub-times label").last.click()
    go_on(there)
    there.arrive("/prenota/*/dettagli")
    go_on(there)
    expect(page.locator(".hub-errors")).to_be_focused()
    read(there, "details, wrong")
    page.locator("[name=title]").fill("Language exchange")
    page.locator("[name=purpose]").select_option("course")
    go_on(there)
    there.arrive("/entra?*")
    read(there, "sign in")


def _register(portal: Portal, there: Visit, address: str) -> None:
    page = there.page
    page.locator("main a[href*=registrati]").first.click()
    there.arrive("/registrati?*")
    go_on(there)
    expect(page.locator(".hub-errors")).to_be_focused()
    read(there, "register, wrong")
    for name, value in (("given_name", "Ann"), ("family_name", "Other"), ("email", address), ("password", PASSWORD)):
        page.locator(f"[name={name}]").fill(value)
    go_on(there)
    there.arrive("/registrati/controlla-la-posta")
    read(there, "registered")
    mail = portal.mail(address, "")
    page.goto(re.search(rf"{there.url}/conferma/\S+", mail.get_body(("plain",)).get_content()).group())
    read(there, "confirm")
    go_on(there)
    there.arrive("/entra?*")
    page.locator("[name=email]").fill(address)
    page.locator("[name=password]").fill(PASSWORD)
    go_on(there)


def _finish(there: Visit) -> None:
    page = there.page
    there.arrive("/prenota/*/chi")
    read(there, "who")
    page.locator("[name=phone]").fill("0832 123456")
    go_on(there)
    there.arrive("/prenota/*/riepilogo")
    go_on(there)
    expect(page.locator(".hub-errors")).to_be_focused()
    read(there, "summary, wrong")
    page.locator("label[for=terms]").click()
    go_on(there)
    there.arrive("/prenotazioni/*")
    read(there, "booking, submitted")
    for path in ("/area-personale", "/area-personale/prenotazioni", "/area-personale/messaggi", "/area-personale/dati"):
        there.open(path)
        read(there, path)


def test_italian_that_is_left_is_found():
    italian = ["Entra", "Passo %(current)s di %(total)s", "Il posto è tenuto per te fino alle %(until)s."]
    told = {"Sign in", "Entra", "Entrance", "Passo 1 di 4", "So: Il posto è tenuto per te fino alle 10:30. Good."}
    assert left_over(told, italian) == ["Entra", "Passo 1 di 4", "So: Il posto è tenuto per te fino alle 10:30. Good."]
