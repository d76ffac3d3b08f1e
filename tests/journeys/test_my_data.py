"""A person takes a copy of their data away, reads who looked at them, and has them erased."""

from playwright.sync_api import expect

from hub.accounts.demo import DEMO_PASSWORD, PEOPLE
from tests.journeys.steps import fill, send
from tests.journeys.visit import Visit, ways


@ways
def test_a_copy_the_looks_and_the_erasure(portal, visitor, width, javascript):
    there = visitor(portal, width, javascript=javascript)
    address = portal.somebody()
    there.enter(address)
    fill(there, "aula-2", "Prova di canto", day=1)
    send(there)
    code = there.path.rsplit("/", 1)[1]
    desk = visitor(portal)
    desk.enter(PEOPLE["manager"][0])
    desk.open(f"/gestione/richieste/{code}")

    there.open("/area-personale")
    there.follow("I miei dati")
    there.look("my data")
    told = there.page.context.request.get(f"{there.url}/area-personale/i-miei-dati/copia.json").json()
    assert (told["account"]["email"], told["bookings"][-1]["code"]) == (address, code)
    there.follow("Chi ha aperto i tuoi dati")
    expect(there.page.locator("#views li")).to_have_count(1)
    expect(there.page.locator("#views li")).to_contain_text(code)
    there.look("who looked")

    _must_settle_first(there, code)
    there.open("/area-personale/i-miei-dati")
    there.follow("Cancella i miei dati")
    _confirm(there)
    there.arrive("/")
    expect(there.page.get_by_text("I tuoi dati sono cancellati")).to_be_visible()
    portal.mail(address, "I tuoi dati sono cancellati")
    there.open("/entra")
    there.sign_in(address)
    expect(there.page.locator(".hub-errors")).to_contain_text("non corrispondono")


def _must_settle_first(there: Visit, code: str) -> None:
    there.open("/area-personale/i-miei-dati/cancella")
    there.look("erase")
    _confirm(there)
    expect(there.page.locator(".hub-errors")).to_contain_text("prima ritirale o annullale")
    there.look("erase, refused")
    there.open(f"/prenotazioni/{code}")
    there.page.locator(".hub-danger button").click()
    there.arrive(f"/prenotazioni/{code}")


def _confirm(there: Visit) -> None:
    there.page.get_by_label("La tua password").fill(DEMO_PASSWORD)
    there.page.get_by_text("Ho letto che cosa si cancella").click()
    there.press("Cancella i miei dati")
