"""An organisation as three people live it: who founds it, the manager who verifies it, and somebody invited who is new here."""

import re
from itertools import count

from playwright.sync_api import expect
from stdnum import luhn

from tests.journeys.portal import Portal
from tests.journeys.steps import begin, choose_time, describe, introduce, send
from tests.journeys.visit import Visit, ways

PASSWORD = "quattro parole messe a caso"
MANAGER = "gestore@officine.example"
_numbers = count(1001)


@ways
def test_an_organisation_is_founded_verified_and_joined(portal, visitor, width, javascript):
    founder, manager, invited = (visitor(portal, width, javascript=javascript) for _ in range(3))
    live_through(portal, founder, manager, invited)


def live_through(portal: Portal, founder: Visit, manager: Visit, invited: Visit) -> None:
    number = next(_numbers)
    name, address = f"Circolo di prova {number}", f"invitata{number}@officine.example"
    founder.enter(portal.somebody())
    path = _found(founder, name, number)
    _refuse(portal, manager, name)
    _correct(founder, path)
    _verify(manager)
    founder.open(path)
    expect(founder.page.locator("main")).to_contain_text("Puoi agire per suo conto")
    founder.look("organisation, verified")
    _invite(founder, address)
    _accept(portal, invited, address, name)
    _act(invited, name)
    _book(invited, name)
    _see_the_rest(founder, path, name)


def _found(there: Visit, name: str, number: int) -> str:
    page, code = there.page, f"{number:07d}999"
    code += luhn.calc_check_digit(code)
    there.open("/area-personale/organizzazioni")
    there.look("organisations, none")
    there.follow("Registra un'organizzazione")
    there.arrive("/area-personale/organizzazioni/nuova")
    there.look("found")
    page.get_by_label("Che tipo di organizzazione è").select_option("association")
    page.get_by_label("Nome o denominazione").fill(name)
    page.get_by_label("Codice fiscale").fill(code[:-1])
    page.get_by_label("Che cosa fate").fill("Un circolo inventato, per provare.")
    page.get_by_label("E-mail dell'organizzazione").fill("circolo@officine.example")
    page.get_by_label("Indirizzo della sede").fill("Via dell'Esempio 1, Lecce")
    page.get_by_text("Dichiaro di essere il legale rappresentante").click()
    there.press("Registra")
    expect(page.locator("#tax_code-error")).to_contain_text("Servono 11 cifre: qui sono 10")
    expect(page.get_by_label("Nome o denominazione")).to_have_value(name)
    there.look("found, refused")
    page.get_by_label("Codice fiscale").fill(code)
    there.press("Registra")
    there.arrive("/area-personale/organizzazioni/*")
    expect(page.get_by_role("status").first).to_contain_text("Organizzazione registrata")
    there.look("organisation, pending")
    return there.path


def _refuse(portal: Portal, there: Visit, name: str) -> None:
    page = there.page
    assert name in portal.mail(MANAGER, name)["Subject"]
    there.enter(MANAGER)
    there.open("/gestione/organizzazioni")
    there.look("desk of organisations")
    there.follow(name)
    there.arrive("/gestione/organizzazioni/*")
    there.look("desk, one organisation")
    there.press("Non verificare")
    expect(page.locator("#reason-error")).to_contain_text("Scrivi il motivo")
    there.look("desk, refused without a reason")
    page.get_by_label("Motivo").fill("Manca lo statuto.")
    there.press("Non verificare")
    expect(page.get_by_role("status").first).to_contain_text("Verifica rifiutata")
    there.look("desk, refused")


def _correct(there: Visit, path: str) -> None:
    there.open(path)
    expect(there.page.locator("main")).to_contain_text("Manca lo statuto.")
    there.look("organisation, refused")
    there.follow("Correggi e invia di nuovo")
    there.arrive(f"{path}/modifica")
    there.page.get_by_label("Che cosa fate").fill("Un circolo inventato. Lo statuto ora c'è.")
    there.press("Salva e invia di nuovo")
    there.arrive(path)
    expect(there.page.get_by_role("status").first).to_contain_text("Dati salvati e inviati")


def _verify(there: Visit) -> None:
    page = there.page
    page.reload()
    there.press("Verifica")
    expect(page.get_by_role("status").first).to_contain_text("Organizzazione verificata")
    there.look("desk, verified")


def _invite(there: Visit, address: str) -> None:
    page = there.page
    there.follow("Invita qualcuno")
    there.arrive("/area-personale/organizzazioni/*/inviti")
    there.look("invitations")
    page.get_by_label("E-mail della persona da invitare").fill(address)
    page.get_by_text("Persona delegata").first.click()
    there.press("Manda l'invito")
    expect(page.get_by_role("status").first).to_contain_text(f"Invito inviato a {address}")
    expect(page.locator(".hub-list")).to_contain_text(address)
    there.look("invitations, one sent")


def _accept(portal: Portal, there: Visit, address: str, name: str) -> None:
    page = there.page
    mail = portal.mail(address, "Invito a far parte")
    link = re.search(rf"{there.url}/inviti/\S+", mail.get_content()).group()
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    there.look("invitation, a visitor")
    there.follow("Registrati")
    there.arrive("/registrati?next=*")
    page.get_by_label("Nome", exact=False).first.fill("Nuova")
    page.get_by_label("Cognome").fill("Arrivata")
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    there.press("Registrati")
    there.arrive("/registrati/controlla-la-posta")
    confirm = portal.mail(address, "Conferma il tuo indirizzo").get_content()
    page.goto(re.search(rf"{there.url}/conferma/\S+", confirm).group())
    there.press("Conferma")
    there.arrive("/entra?next=*")
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    there.press("Entra")
    there.arrive("/inviti/*")  # back at the invitation
    there.look("invitation, signed in")
    there.press("Accetta l'invito")
    there.arrive("/area-personale/organizzazioni/*")
    expect(page.get_by_role("status").first).to_contain_text(f"Ora fai parte di {name}")
    there.look("organisation, a new member")
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Fai già parte di questa organizzazione")
    there.look("invitation, over")


def _act(there: Visit, name: str) -> None:
    page = there.page
    there.open("/area-personale/organizzazioni")
    there.look("organisations")
    page.get_by_label("Per conto di").select_option(label=name)
    there.press("Cambia")
    there.arrive("/area-personale/organizzazioni")
    expect(page.get_by_label("Per conto di").locator("option:checked")).to_have_text(name)
    there.follow(name)
    there.arrive("/area-personale/organizzazioni/*")
    expect(page.locator("main")).to_contain_text("Stai agendo per suo conto")
    there.press("Torna ad agire per te")
    expect(page.locator("main")).to_contain_text("Puoi agire per suo conto")


def _book(there: Visit, name: str) -> None:
    """In the middle of a booking: it is the organisation's, and so it stays in the list of what is the organisation's."""
    page = there.page
    begin(there, "aula-2", day=1)
    choose_time(there)
    describe(there, "Prova del circolo")
    there.arrive("/prenota/*/chi")
    page.get_by_label("Per conto di").select_option(label=name)
    there.press("Cambia")
    there.arrive("/prenota/*/chi")
    there.look("booking, in whose name")
    introduce(there)
    expect(page.locator(".hub-receipt")).to_contain_text(name)
    send(there)
    expect(page.locator(".hub-receipt")).to_contain_text(name)
    there.open("/area-personale/prenotazioni")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Prenotazioni di {name}")
    expect(page.locator("main")).to_contain_text("Prova del circolo")
    there.look("bookings of an organisation")


def _see_the_rest(there: Visit, path: str, name: str) -> None:
    """The representative's other pages; at the end they hand over, and leave."""
    page = there.page
    for way, words in (("modifica", "edit"), ("denominazione", "identity"), ("chiudi", "close"), ("esci", "leave")):
        there.open(f"{path}/{way}")
        there.look(f"organisation, {words}")
    there.open(path)
    page.get_by_role("link", name=re.compile("Cambia.*Nuova Arrivata")).click()
    there.arrive(f"{path}/persone/*")
    there.look("organisation, a member's role")
    there.open(f"{path}/rappresentanza")
    page.get_by_text("Nuova Arrivata").click()
    page.get_by_text("Ho capito che non rappresenterò più").click()
    there.look("organisation, handing over")
    there.press("Passa la rappresentanza")
    there.arrive(path)
    expect(page.get_by_role("status").first).to_contain_text("Rappresentanza passata")
    there.follow("Esci dall'organizzazione")
    there.press("Esci dall'organizzazione")
    there.arrive("/area-personale/organizzazioni")
    expect(page.locator("main")).not_to_contain_text(name)
