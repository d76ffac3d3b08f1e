"""When it does not go smoothly: two want the same, the button is pressed twice, the way back, mistakes, only a keyboard."""

import pytest
from playwright.sync_api import expect

from tests.journeys import steps
from tests.journeys.portal import wait_for
from tests.journeys.visit import Visit, ways

scripts = pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])


@scripts
def test_two_want_the_same_time(citizen, javascript):
    both = [citizen(360, javascript=javascript), citizen(1280, javascript=javascript)]
    for there in both:
        steps.begin(there, "aula-2", 2 + javascript)
        time = there.page.locator("input[name=starts]").first
        there.page.locator(f"label[for={time.get_attribute('id')}]").click()
    for there in both:
        there.page.get_by_role("button", name="Avanti").click(no_wait_after=True)
    for there in both:
        there.page.wait_for_load_state()
    loser = wait_for(lambda: next((there for there in both if there.page.locator(".hub-alternatives").count()), None), "a loser")
    (winner,) = [there for there in both if there is not loser]
    winner.arrive("/prenota/*/dettagli")
    expect(loser.page.get_by_role("alert").filter(visible=True)).to_contain_text("Qualcosa da correggere")
    expect(loser.page.locator(".hub-errors")).to_be_focused()
    assert "persona" not in loser.page.locator("main").inner_text().split("Orari liberi")[0]
    loser.look("when, taken")
    _take_an_alternative(loser)
    for there in both:
        steps.describe(there, "La stessa ora")
        steps.introduce(there)
        steps.send(there)
        assert len(steps.bookings(there)) == 1


def _take_an_alternative(there: Visit) -> None:
    """Another time of the same space, which the link has chosen already."""
    there.page.locator(".hub-alternatives a").first.click()
    there.arrive("/spazi/*/prenota?*inizio=*")
    expect(there.page.locator("input[name=starts]:checked")).to_have_count(1)
    there.press("Avanti")


@scripts
def test_a_stranger_loses_the_time_before_signing_in(portal, visitor, citizen, javascript):
    """A draft keeps nothing until its owner is known: then the taken time is told, with what is free nearby."""
    stranger, other = visitor(portal, 360, javascript=javascript), citizen()
    steps.begin(stranger, "laboratorio-digitale", 2 + javascript)
    steps.choose_time(stranger)
    stranger.arrive("/prenota/*/dettagli")
    steps.begin(other, "laboratorio-digitale", 2 + javascript)
    steps.choose_time(other)
    other.arrive("/prenota/*/dettagli")
    steps.describe(stranger, "Arrivata dopo")
    stranger.arrive("/entra?next=*")
    stranger.sign_in(portal.somebody())
    stranger.arrive("/prenota/*/chi")
    stranger.page.get_by_label("Telefono").fill("0832 123456")
    stranger.press("Avanti")
    expect(stranger.page.locator(".hub-alternatives")).to_be_visible()
    expect(stranger.page.locator(".hub-errors")).to_be_focused()
    stranger.look("who, taken")
    _take_an_alternative(stranger)
    steps.describe(stranger, "Arrivata dopo")
    steps.introduce(stranger)
    steps.send(stranger)


@scripts
def test_a_double_click_sends_once(citizen, javascript):
    there = citizen(javascript=javascript)
    steps.fill(there, "aula-2", "Doppio clic", javascript)
    steps.accept(there)
    there.page.get_by_role("button", name="Invia la richiesta").dblclick()
    there.arrive("/prenotazioni/*")
    assert len(steps.bookings(there)) == 1


@scripts
def test_a_double_click_on_the_first_step_begins_one_booking(citizen, javascript):
    there = citizen(javascript=javascript)
    steps.begin(there, "portico", javascript)
    time = there.page.locator("input[name=starts]").first
    there.page.locator(f"label[for={time.get_attribute('id')}]").click()
    there.page.get_by_role("button", name="Avanti").dblclick()
    there.arrive("/prenota/*/dettagli")
    assert len(steps.bookings(there)) == 1


@scripts
def test_the_way_back_after_sending(citizen, javascript):
    there = citizen(javascript=javascript)
    steps.fill(there, "laboratorio-digitale", "Una volta sola", javascript)
    steps.send(there)
    sent = there.page.url
    there.page.go_back()  # to the summary, which is a booking now
    there.arrive("/prenotazioni/*")
    assert there.page.url == sent
    assert len(steps.bookings(there)) == 1


def test_the_same_summary_in_two_tabs(citizen):
    there = citizen()
    steps.fill(there, "campata-sud", "Due schede")
    first, summary = there.page, there.page.url
    second = first.context.new_page()
    second.goto(summary)
    for tab in (first, second):
        there.page = tab
        steps.send(there)
    assert first.url == second.url
    assert len(steps.bookings(there)) == 1


@scripts
def test_the_way_back_to_the_first_step(citizen, javascript):
    """Back, and the same time again: it is one's own, not taken."""
    there = citizen(javascript=javascript)
    steps.begin(there, "sala-riunioni", javascript)
    starts = steps.choose_time(there)
    there.arrive("/prenota/*/dettagli")
    there.follow("Indietro")
    there.arrive("/prenota/*/quando")
    expect(there.page.locator("input[name=starts]:checked")).to_have_value(starts.isoformat())
    there.look("another time")
    assert steps.choose_time(there) == starts
    there.arrive("/prenota/*/dettagli")
    there.page.go_back()
    there.page.go_back()
    there.page.go_back()
    there.arrive("/spazi/sala-riunioni/prenota*")
    assert steps.choose_time(there) == starts
    there.arrive("/prenota/*/dettagli")
    assert len(steps.bookings(there)) == 1


@ways
def test_mistakes_are_told_beside_the_field(portal, visitor, width, javascript):
    there = visitor(portal, width, javascript=javascript)
    there.open("/spazi/aula-1/prenota")
    there.press("Avanti")
    must_tell(there, "when, wrong", "A che ora")
    steps.choose_time(there)
    there.arrive("/prenota/*/dettagli")
    for _ in range(2):  # the second time too
        there.press("Avanti")
        must_tell(there, "details, wrong", "Titolo dell'attività", "Che cosa farete")
    there.page.locator(".hub-errors a").first.click()
    expect(there.page.get_by_label("Titolo dell'attività")).to_be_focused()
    for path, button, name, labels in (
        ("/registrati", "Registrati", "register, wrong", ("Nome", "Cognome", "E-mail", "Password")),
        ("/entra", "Entra", "sign in, wrong", ("E-mail", "Password")),
        ("/registrati/nuovo-link", "Manda un nuovo link", "resend, wrong", ("E-mail",)),
    ):
        there.open(path)
        there.press(button)
        must_tell(there, name, *labels)
        assert there.page.title().startswith("Errore: ")


def must_tell(there: Visit, name: str, *labels: str) -> None:
    """The summary has the focus and names the fields; each says what is wrong with it; the title says it first."""
    page = there.page
    summary = page.locator(".hub-errors")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_text(list(labels))
    for label in labels:
        field = (
            page.locator("main").get_by_label(label, exact=False).first
            if label != "A che ora"
            else page.get_by_role("radiogroup")
        )
        expect(field).to_have_attribute("aria-invalid", "true")
        words = page.locator(f"#{field.get_attribute('id')}-error")
        expect(words).to_be_visible()
        assert words.get_attribute("id") in field.get_attribute("aria-describedby").split()
    there.look(name)


def test_wrong_filters_are_told(portal, visitor):
    there = visitor(portal, 360)
    there.open("/spazi?persone=0&giorno=2020-01-01")
    expect(there.page.locator(".hub-count")).to_contain_text("Controlla i criteri")
    there.look("catalogue, wrong")
    there.open("/spazi?persone=1900")
    expect(there.page.locator(".hub-alternatives")).to_contain_text("al massimo 400 persone")
    there.look("catalogue, nearest misses")
    there.open("/spazi?persone=1900&attrezzatura=kitchen")
    expect(there.page.locator(".hub-empty")).to_be_visible()
    there.look("catalogue, empty")


def test_pages_for_what_is_not_there(portal, visitor, citizen):
    there = visitor(portal, 360)
    there.excused = (404, 410, 422)
    for path in ("/non-esiste", "/spazi/non-esiste", "/conferma/non-esiste"):
        there.open(path)
        there.look(path)
    there = citizen(360)
    there.excused = (403, 404, 422)
    for path in (
        "/prenotazioni/OM-2026-000001",
        "/gestione/richieste",
        "/area-personale/prenotazioni",
        "/area-personale/messaggi",
    ):
        there.open(path)
        there.look(f"{path}, empty or not mine")
