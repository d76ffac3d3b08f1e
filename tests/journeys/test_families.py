"""A parent of three enrols them in two courses, one of which is full, and takes the place that comes free: on a phone too."""

from itertools import count

import pytest
from playwright.sync_api import expect

from hub.accounts.service import person_with
from hub.families.service import record_of
from hub.labs import enrolment, programme
from tests.hub.labs.makers import adult, enrol, lab, mine, years_ago
from tests.journeys.portal import Portal
from tests.journeys.visit import Visit

_numbers = count(1)
CHILDREN = (("Anna", 12), ("Bea", 14), ("Ciro", 16))


@pytest.mark.parametrize(("width", "javascript"), [(360, False), (1280, True)], ids=["360-no script", "1280-script"])
def test_three_children_in_two_courses_one_of_which_is_full(portal, citizen, width, javascript):
    parent, number = citizen(width, javascript=javascript), next(_numbers)
    full = _a_full_course(portal, number)
    for name, years in CHILDREN:
        _add(parent, name, years)
    parent.look("family of three")
    _choose(parent, "robot-in-officina", [name for name, _ in CHILDREN])
    _answer_about_health(parent)
    _choose(parent, full, ["Ciro"])
    _confirm(parent)
    _receive(parent)
    _leave(portal, full, f"occupante{number}@posta.example")
    _take_the_place(portal, parent)


def _a_full_course(portal: Portal, number: int) -> str:
    """The address of a course whose only place somebody has."""
    with portal.inside():
        made = lab(f"coro-{number}", 1, title={"it": f"Coro di prova {number}"}, synthetic=True)
        enrol(made, adult(f"occupante{number}"))
        return made.slug


def _add(there: Visit, name: str, years: int) -> None:
    page = there.page
    there.open("/area-personale/famiglia/aggiungi")
    there.look("add a child")
    if name == "Anna":  # once, what is left out is said
        there.press("Salva la scheda")
        expect(page.locator("#given_name-error")).to_contain_text("Scrivi il nome.")
        there.look("add a child, refused")
    page.locator("#given_name").fill(name)
    page.locator("#family_name").fill("Prova")
    page.get_by_label("Data di nascita").fill(years_ago(years).isoformat())
    page.get_by_label("Chi chiamare in caso di emergenza").fill("Nonna Ada Prova")
    page.get_by_label("Il suo telefono").fill("0832 777777")
    page.get_by_text("Genitore", exact=True).click()
    page.get_by_text("Dichiaro che l'altro genitore").click()
    there.press("Salva la scheda")
    there.arrive("/area-personale/famiglia/*")
    expect(page.locator("main")).to_contain_text(f"{name} Prova")


def _choose(there: Visit, slug: str, names: list[str]) -> None:
    there.open(f"/attivita/{slug}")
    there.look("activity")
    there.follow("Iscriviti" if there.page.locator("main").get_by_role("link", name="Iscriviti").count() else "lista d'attesa")
    there.arrive(f"/attivita/{slug}/iscriviti")
    there.look("whom")
    for name in names:
        there.page.get_by_text(f"{name} Prova", exact=True).click()
    there.press("Avanti")


def _answer_about_health(there: Visit) -> None:
    there.arrive("/attivita/*/iscriviti/domande")
    there.look("what is asked")
    there.page.locator("textarea").first.fill("È allergica alle noci.")
    there.press("Avanti")
    there.arrive("/area-personale/iscrizioni/da-confermare")


def _confirm(there: Visit) -> None:
    page = there.page
    there.arrive("/area-personale/iscrizioni/da-confermare")
    expect(page.locator("main")).to_contain_text("lista d'attesa")
    there.look("basket")
    there.follow("Vai al riepilogo")
    there.arrive("/area-personale/iscrizioni/riepilogo")
    there.look("summary")
    there.press("Conferma le iscrizioni")
    expect(page.locator("main")).to_contain_text("serve il tuo consenso")
    there.look("summary, refused")
    for words in ("Sono d'accordo che partecipi", "Sono d'accordo che chi tiene il corso legga"):
        page.locator("form label", has_text=words).click()  # the list of what is to be corrected has links with the same words
    page.locator("label[for=terms]").click()
    there.press("Conferma le iscrizioni")


def _receive(there: Visit) -> None:
    there.arrive("/area-personale/iscrizioni/ricevuta*")
    there.look("receipt of enrolments")
    told = there.page.locator("main")
    expect(told.get_by_text("Iscrizione confermata")).to_have_count(3)
    expect(told).to_contain_text("Posizione in lista d'attesa: 1.")
    there.follow("Vai alle mie iscrizioni")
    there.look("my enrolments")


def _leave(portal: Portal, slug: str, email: str) -> None:
    with portal.inside():
        account = person_with(email)
        enrolment.withdraw(mine(programme.activity_by(slug), record_of(account)), "moved", by=account)


def _take_the_place(portal: Portal, there: Visit) -> None:
    there.open("/area-personale/iscrizioni")
    there.follow("Coro di prova")
    there.arrive("/area-personale/iscrizioni/*")
    expect(there.page.locator("main")).to_contain_text("C'è un posto")
    there.look("an offered place")
    there.press("Accetta il posto")
    expect(there.page.locator("main")).to_contain_text("Iscrizione confermata")
    there.look("an enrolment")
