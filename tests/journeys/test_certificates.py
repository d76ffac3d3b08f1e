"""After a course: the manager issues the certificates, a parent takes one and says how it was, whoever holds it asks if it is
genuine; and the manager reads what was said. On a phone, and at a desk without scripts."""

from playwright.sync_api import expect

from hub.accounts.service import person_with
from hub.labs import feedback
from tests.hub.labs.attended import came, over
from tests.hub.labs.makers import adult, child
from tests.journeys.portal import Portal
from tests.journeys.visit import Visit, ways

MANAGER = "gestore@officine.example"


def _course(portal: Portal, slug: str) -> tuple[str, int]:
    """A course that is over, with four who said how it was already; the address of a parent, the number of their child's
    enrolment."""
    address = portal.somebody()
    with portal.inside():
        course = over(slug, 120, 90, title={"it": f"Corso finito {slug}"}, synthetic=True)
        for number in range(4):
            one = came(course, adult(f"{slug}-{number}"), 120, 90)
            feedback.give(one, {"recommend": 9 + number % 2, "satisfaction": 5, "importance": 4}, f"Bello {number}")
        parent = person_with(address)
        return address, came(course, child(f"nina-{slug}", parent), 120, 45, by=parent).id


@ways
def test_a_course_ends_with_papers_that_anybody_can_check_and_with_what_people_say(portal, visitor, width, javascript):
    slug = f"finito-{width}"
    address, number = _course(portal, slug)
    manager = visitor(portal, width, javascript=javascript)
    manager.enter(MANAGER)
    _issue(manager, slug)
    parent = visitor(portal, width, javascript=javascript)
    parent.enter(address)
    code = _take(parent, number)
    _say(parent, number)
    _check(visitor(portal, width, javascript=javascript), code, f"Nina-{slug} Greco")
    manager.open(f"/gestione/attivita/{slug}/giudizi")
    expect(manager.page.locator("main")).to_contain_text("5 giudizi")
    manager.look("feedback results")
    manager.open(f"/gestione/attivita/{slug}/ore-scuola")
    manager.look("hours for school")


def _issue(manager: Visit, slug: str) -> None:
    manager.open(f"/gestione/attivita/{slug}")
    manager.follow("Attestati")
    manager.look("certificates")
    manager.page.get_by_text("Attestato di partecipazione", exact=True).first.click()
    manager.press("Emetti gli attestati")
    manager.arrive(f"/gestione/attivita/{slug}/attestati")
    expect(manager.page.locator("main")).to_contain_text("Attestato di partecipazione")
    manager.look("certificates issued")
    manager.follow("Revoca")
    manager.look("revoke a certificate")


def _take(parent: Visit, number: int) -> str:
    """The code of the certificate, by the address of its paper."""
    parent.open(f"/area-personale/iscrizioni/{number}")
    parent.look("enrolment with a certificate")
    link = parent.page.locator("main").get_by_role("link", name="Scarica il PDF").get_attribute("href")
    return link.rpartition("/")[2].removesuffix(".pdf")


def _say(parent: Visit, number: int) -> None:
    parent.follow("Lascia un giudizio")
    parent.look("feedback")
    parent.press("Invia il giudizio")
    expect(parent.page.locator("#recommend-error")).to_contain_text("Scegli un numero.")
    parent.look("feedback, refused")
    for name, score in (("recommend", "8"), ("satisfaction", "4"), ("importance", "5")):
        parent.page.locator(f"#{name}").get_by_text(score, exact=True).click()
    parent.press("Invia il giudizio")
    parent.arrive(f"/area-personale/iscrizioni/{number}")


def _check(anybody: Visit, code: str, name: str) -> None:
    anybody.open("/attestati")
    anybody.look("check a certificate")
    anybody.page.get_by_label("Codice di verifica").fill(code.lower().replace("-", " "))
    anybody.press("Verifica")
    anybody.arrive(f"/attestati/{code}")
    expect(anybody.page.locator("h1")).to_contain_text("Attestato autentico")
    expect(anybody.page.locator("main")).not_to_contain_text("Greco")
    anybody.look("a genuine certificate")
    anybody.page.get_by_label("Nome e cognome").fill(name)
    anybody.press("Controlla il nome")
    expect(anybody.page.locator("main")).to_contain_text("Sì: l'attestato è di questa persona.")
    anybody.look("the right name")
