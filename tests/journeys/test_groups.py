"""A school's operator enrols a group from a list with mistakes, corrects it, withdraws one; a trainer writes to people, one of
whom asks for no more mails of that kind. On a phone, and at a desk without scripts."""

import re

from playwright.sync_api import expect

from hub.accounts.service import person_with
from hub.labs import team
from tests.hub.labs.groups import pupil, sheet, table
from tests.hub.labs.makers import adult, enrol, lab, organisation
from tests.journeys.portal import Portal
from tests.journeys.visit import Visit, ways


def _school(portal: Portal, slug: str) -> str:
    """A lab of three places, and the address of who may act for a school and works in the lab."""
    address = portal.somebody()
    with portal.inside():
        operator = person_with(address)
        organisation(f"Scuola {slug}", operator)
        made = lab(slug, 3, title={"it": f"Laboratorio {slug}"}, synthetic=True)
        enrol(made, adult(f"vicina-{slug}"))
        team.take_on(made, name="", email=address, role="trainer", public=False)
    return address


@ways
def test_a_school_enrols_its_group_from_a_list(portal, visitor, width, javascript):
    slug = f"gruppo-{width}"
    operator = visitor(portal, width, javascript=javascript)
    operator.enter(_school(portal, slug))
    operator.open(f"/attivita/{slug}")
    operator.follow("Iscrivi un gruppo")
    operator.look("for whom a group is")
    operator.page.get_by_label("Per conto di").select_option(label=f"Scuola {slug}")
    operator.press("Cambia")
    operator.arrive(f"/attivita/{slug}/gruppo")
    operator.look("an empty group")
    operator.follow("Carica un elenco")
    operator.follow("Che cosa va in ogni colonna")
    operator.look("columns of a list")
    operator.follow("Carica un elenco")
    _send(operator, "elenco.csv", table(pupil("Anna"), pupil("Bea", birth_date="ieri"), pupil("Ciro", participation="no")))
    expect(operator.page.get_by_role("table")).to_contain_text("Scrivi la data come giorno/mese/anno")
    operator.look("a list with mistakes")
    _send(operator, "elenco.xlsx", sheet(pupil("Anna", photo="sì"), pupil("Bea"), pupil("Ciro")))
    expect(operator.page.locator("main")).to_contain_text("3 iscrizioni pronte.")
    operator.look("a list that is right")
    operator.press("Iscrivi tutti")
    expect(operator.page.locator("main")).to_contain_text("serve la dichiarazione")
    operator.page.locator("label[for=declared]").click()
    operator.press("Iscrivi tutti")
    operator.arrive(f"/attivita/{slug}/gruppo")
    expect(operator.page.locator("main")).to_contain_text("Posizione in lista d'attesa: 1.")
    operator.look("a group")
    _add(operator)
    _withdraw(operator)


def _send(operator: Visit, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    operator.page.locator("input[type=file]").set_input_files(file)
    operator.press("Controlla il file")


def _add(operator: Visit) -> None:
    page = operator.page
    operator.follow("Aggiungi una persona")
    operator.look("one more of a group")
    operator.press("Iscrivi")
    expect(page.locator("#given_name-error")).to_contain_text("Serve: scrivilo.")
    operator.look("one more of a group, refused")
    page.locator("#given_name").fill("Dora")
    page.locator("#family_name").fill("Greco")
    page.locator("#birth_date").fill("2014-03-01")
    page.locator("#guardian").fill("Rosa Greco")
    page.locator("#emergency_name").fill("Ada Greco")
    page.locator("#emergency_phone").fill("0832 777777")
    page.locator("label[for=participation]").click()
    page.locator("label[for=declared]").click()
    operator.press("Iscrivi")
    expect(page.locator("body")).to_contain_text("Dora Greco è in lista d'attesa.")


def _withdraw(operator: Visit) -> None:
    operator.follow("Anna Greco")
    operator.look("one of a group")
    operator.press("È stato ritirato", exact=False)
    expect(operator.page.locator("body")).to_contain_text("Consenso ritirato.")
    operator.page.get_by_text("Impegni di scuola", exact=True).click()
    operator.press("Ritira l'iscrizione")
    expect(operator.page.locator("body")).to_contain_text("Iscrizione ritirata.")


@ways
def test_a_trainer_writes_to_the_people_and_one_of_them_wants_no_more(portal, visitor, width, javascript):
    slug = f"avvisi-{width}"
    trainer = visitor(portal, width, javascript=javascript)
    trainer.enter(_school(portal, slug))
    trainer.open(f"/gestione/attivita/{slug}/messaggi")
    trainer.look("messages of a course")
    trainer.page.get_by_label("Titolo").fill(f"Le foto di {slug}")
    trainer.page.locator("#text").fill("Ecco le foto.\nA presto.")
    trainer.page.get_by_text("È necessario per partecipare").click()
    trainer.press("Guarda com'è")
    expect(trainer.page.locator("main")).to_contain_text("Lo legge 1 persona.")
    trainer.look("a message before it is sent")
    trainer.press("Invia")
    expect(trainer.page.locator("body")).to_contain_text("Messaggio in partenza.")
    mail = portal.mail(f"vicina-{slug}@posta.example", f"Le foto di {slug}")
    link = re.search(r"<(\S+)>", mail["List-Unsubscribe"])[1]
    assert link in mail.get_content()
    reader = visitor(portal, width, javascript=javascript)
    reader.page.goto(link)
    reader.look("no more mails")
    reader.press("Non mandarmele più")
    expect(reader.page.locator("main")).to_contain_text("Non ti mandiamo più mail di questo tipo")
    reader.look("no more mails, done")


@ways
def test_a_citizen_chooses_the_mails(citizen, width, javascript):
    there = citizen(width, javascript=javascript)
    there.follow("Le mail che ricevo")
    there.look("mails that I get")
    there.page.get_by_text("Promemoria degli incontri").first.click()
    there.press("Salva")
    expect(there.page.locator("body")).to_contain_text("Scelta salvata.")
    expect(there.page.get_by_role("checkbox", name="Promemoria degli incontri")).not_to_be_checked()
