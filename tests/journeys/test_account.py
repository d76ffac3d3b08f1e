"""The keys of an account, as people live it: a forgotten password, a second factor on the phone and on paper, a new address."""

import re
import time

import pyotp
import pytest
from playwright.sync_api import expect

from hub.accounts.demo import DEMO_PASSWORD
from tests.journeys.portal import Portal
from tests.journeys.visit import Visit, ways

NEW = "un'altra frase messa a caso"
HERE = "/area-personale/sicurezza"


@ways
def test_a_forgotten_password_and_in_again(portal, visitor, width, javascript):
    there, address = visitor(portal, width, javascript=javascript), portal.somebody()
    there.open("/area-personale/prenotazioni")
    there.arrive("/entra?next=*")
    there.follow("Hai dimenticato la password?")
    there.arrive("/entra/password-dimenticata?next=*")
    there.look("forgotten")
    there.page.get_by_label("E-mail").fill(address)
    there.press("Manda il link")
    there.arrive("/entra/password-dimenticata/controlla-la-posta")
    there.look("forgotten, sent")
    there.page.goto(link(portal, address, "Scegli una nuova password"))
    there.look("reset")
    there.page.get_by_label("Nuova password").fill("corta")
    there.press("Cambia la password")
    expect(there.page.get_by_role("alert")).to_contain_text("troppo corta")
    there.look("reset, refused")
    there.page.get_by_label("Nuova password").fill(NEW)
    there.press("Cambia la password")
    there.arrive("/entra?next=*")
    expect(there.page.get_by_role("status")).to_contain_text("La tua password è cambiata")
    sign_in(there, address, DEMO_PASSWORD)
    expect(there.page.get_by_role("alert")).to_contain_text("non corrispondono")
    sign_in(there, address, NEW)
    there.arrive("/area-personale/prenotazioni")
    there.excused = (*there.excused, 410)
    there.page.goto(link(portal, address, "Scegli una nuova password"))
    expect(there.page.get_by_role("heading", level=1)).to_have_text("Questo link non funziona più")
    there.look("reset, closed")


@ways
def test_a_second_factor_on_the_phone_and_on_paper(portal, visitor, width, javascript):
    there, address = visitor(portal, width, javascript=javascript), portal.somebody()
    there.enter(address)
    there.follow("Sicurezza dell'account")
    there.arrive(HERE)
    there.look("security")
    there.page.locator("main").get_by_role("link", name=re.compile("Modifica.*Secondo fattore")).click()
    there.arrive(f"{HERE}/secondo-fattore")
    there.look("second factor, off")
    there.press("Comincia")
    picture = there.page.get_by_role("img", name="Codice QR")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    there.look("second factor, begun")
    phone = pyotp.TOTP(there.page.locator(".hub-key").inner_text().replace(" ", ""))
    there.page.get_by_label("Codice").fill("000000")
    there.press("Attiva il secondo fattore")
    expect(there.page.get_by_role("alert")).to_contain_text("Il codice non è giusto")
    there.page.get_by_label("Codice").fill(phone.now())
    there.press("Attiva il secondo fattore")
    there.arrive(f"{HERE}/secondo-fattore/codici")
    there.look("recovery codes")
    paper = there.page.locator(".hub-codes code").all_inner_texts()
    assert len(set(paper)) == 10
    there.follow("Li ho messi al sicuro")
    there.arrive(HERE)
    there.look("security, with a second factor")
    _out_and_in(there, address, phone.at(time.time() + 30))  # the code of just now is used up
    _out_and_in(there, address, paper[0])
    there.open(f"{HERE}/secondo-fattore/disattiva")
    there.look("second factor, turning off")
    there.page.get_by_label("Password").fill(DEMO_PASSWORD)
    there.page.get_by_label("Codice").fill(paper[1].replace(" ", ""))
    there.press("Disattiva")
    there.arrive(HERE)
    expect(there.page.get_by_role("status")).to_contain_text("non è più attivo")
    portal.mail(address, "Il secondo fattore non è più attivo")


def _out_and_in(there: Visit, address: str, code: str) -> None:
    there.page.get_by_role("button", name="Esci", exact=True).click()
    there.arrive("/")
    there.open("/area-personale/dati")
    sign_in(there, address, DEMO_PASSWORD)
    there.arrive("/entra/codice?next=*")
    there.look("code")
    there.page.get_by_label("Codice").fill(code)
    there.press("Entra")
    there.arrive("/area-personale/dati")


@pytest.mark.parametrize("width", [360, 1280])
def test_a_new_address_that_both_mailboxes_agree_to(portal, visitor, width):
    there, elsewhere, address = visitor(portal, width), visitor(portal, width), portal.somebody()
    new = address.replace("persona", "nuovapersona")
    there.enter(address)
    there.open(f"{HERE}/indirizzo")
    there.look("address")
    there.page.get_by_label("Nuova e-mail").fill(new)
    there.page.get_by_label("Password").fill(DEMO_PASSWORD)
    there.press("Manda i due link")
    there.arrive(HERE)
    there.look("security, with a new address under way")
    elsewhere.page.goto(link(portal, new, "Conferma il tuo nuovo indirizzo"))
    elsewhere.look("new address")
    elsewhere.press("Conferma")
    elsewhere.arrive("/entra?next=*")
    expect(elsewhere.page.get_by_role("status")).to_contain_text("altro indirizzo")
    there.page.goto(link(portal, address, "Conferma il cambio"))
    there.look("old address")
    there.press("Conferma")
    there.arrive(HERE)
    expect(there.page.locator("main")).to_contain_text(new)
    elsewhere.sign_in(new)
    elsewhere.arrive(HERE)


@pytest.mark.parametrize("width", [360, 1280])
def test_an_administrator_gives_a_role_and_the_person_hears_of_it(portal, visitor, width):
    desk, there, address = visitor(portal, width), visitor(portal, width), portal.somebody()
    there.enter(address)
    desk.enter("admin@officine.example")
    desk.open("/gestione/persone")
    desk.look("people")
    desk.page.get_by_label("Nome, cognome o e-mail").fill(address)
    desk.press("Cerca")
    desk.arrive("/gestione/persone?cerca=*")
    desk.look("people, found")
    desk.follow("Pia Prova")
    desk.arrive("/gestione/persone/*")
    desk.look("card")
    desk.page.locator("main label").filter(has_text="Gestore").click()
    desk.page.get_by_label("Motivo").fill("Lavora alla reception")
    desk.press("Dai il ruolo")
    expect(desk.page.get_by_role("status")).to_contain_text("deve entrare di nuovo")
    desk.look("card, changed")
    portal.mail(address, "Hai un nuovo ruolo")
    there.open("/gestione/richieste")
    there.arrive("/entra?next=*")  # the role counts from the next time they come in
    there.sign_in(address)
    there.arrive("/gestione/richieste")


def sign_in(there: Visit, address: str, password: str) -> None:
    there.page.get_by_label("E-mail").fill(address)
    there.page.get_by_label("Password").fill(password)
    there.press("Entra")


def link(portal: Portal, address: str, words: str) -> str:
    """The link in the newest mail to this address with these words in its subject."""
    text = portal.mail(address, words).get_body(("plain",)).get_content()
    return re.search(rf"{portal.url}/\S+", text).group()
