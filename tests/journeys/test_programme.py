"""A manager's course, from the edition to the certificates: written, planned, published; kept in the register by who works in
it; concluded, with papers that a stranger can check and people asked how it was. On a phone, and at a desk without scripts."""

from datetime import date, timedelta

import sqlalchemy as sa
from playwright.sync_api import expect

from hub.accounts.service import person_with
from hub.clock import today
from hub.db import db
from hub.families.service import participant_of
from hub.labs import feedback, programme
from hub.spaces.models import Allocation
from hub.spaces.rules import at_minute
from hub.spaces.service import holiday
from tests.hub.labs.makers import DAY, HOUR, enrol, years_ago
from tests.hub.labs.registers import put_back
from tests.journeys import before
from tests.journeys.portal import Portal
from tests.journeys.visit import Visit, ways

MANAGER = "gestore@officine.example"


@ways
def test_a_course_from_its_edition_to_its_certificates(portal, visitor, width, javascript):
    slug, trainer_there = f"sartoria-{width}", visitor(portal, width, javascript=javascript)
    manager, trainer, people = visitor(portal, width, javascript=javascript), portal.somebody(), _people(portal)
    manager.enter(MANAGER)
    _make_an_edition(manager, f"prova-{width}")
    _write(manager, slug, f"prova-{width}")
    _plan(manager, slug)
    _take_on(manager, slug, trainer)
    _publish(manager, slug)
    _enrol_and_let_time_pass(portal, slug, people, 1 if javascript else 4)
    trainer_there.enter(trainer)
    _keep(trainer_there, slug, 1, absent=0)
    _keep(manager, slug, 2, absent=1)
    _was_not_held(manager, slug, 3)
    _conclude(manager, slug)
    code = _certify(manager, slug)
    _check(visitor(portal, width, javascript=javascript), code)
    _ask_how_it_was(portal, visitor(portal, width, javascript=javascript), people[0], slug)


def _people(portal: Portal) -> list[str]:
    return [portal.somebody() for _ in range(2)]


def _make_an_edition(there: Visit, code: str) -> None:
    there.open("/gestione/attivita")
    there.look("programme desk")
    there.follow("Edizioni")
    there.look("editions")
    there.press("Scrivi l'edizione")
    expect(there.page.locator("#code-error")).to_contain_text("Scrivi un codice.")
    there.look("editions, refused")
    told = {"code": code, "name_it": f"Edizione {code}", "starts_on": today(), "ends_on": today() + 300 * DAY}
    for name, words in told.items():
        there.page.locator(f"#{name}").fill(str(words))
    there.press("Scrivi l'edizione")
    expect(there.page.locator("main")).to_contain_text(f"Edizione {code}")


def _write(there: Visit, slug: str, edition: str) -> None:
    there.open("/gestione/attivita")
    there.follow("Nuova attività")
    there.look("a new activity")
    page, at = there.page, f"{today().isoformat()}T00:00"
    page.locator("#kind").select_option("course")
    page.locator("#edition").select_option(label=f"Edizione {edition}")
    words = {
        "title_it": f"Corso di {slug}",
        "slug": slug,
        "summary_it": "Si impara a cucire.",
        "text_it": "Da una stoffa a un abito.",
    }
    opens = {"enrol_opens_at": at, "enrol_closes_at": f"{(today() + timedelta(days=10)).isoformat()}T20:00"}
    for name, value in (words | opens).items():
        page.locator(f"#{name}").fill(value)
    there.press("Scrivi la bozza")
    there.arrive(f"/gestione/attivita/{slug}")
    there.look("a draft")
    there.press("Pubblica")
    expect(page.get_by_role("status").first).to_contain_text("Aggiungi almeno un incontro")
    there.look("a draft that lacks something")


def _plan(there: Visit, slug: str) -> None:
    there.follow("Pianifica più date")
    there.look("the planner")
    there.page.locator("input[name=giorno]").fill(_three_weeks_without_a_feast().isoformat())
    there.page.get_by_label("Oppure quante volte").fill("3")
    there.press("Mostra gli spazi")
    there.arrive(f"/gestione/attivita/{slug}/pianifica?*")
    expect(there.page.locator("#plan h2")).to_contain_text("3 date")
    there.look("rooms for all dates")
    there.press("Scrivi questi incontri")
    there.arrive(f"/gestione/attivita/{slug}")
    expect(there.page.locator("#of-sessions > li")).to_have_count(3)


def _three_weeks_without_a_feast() -> date:
    return before.first_day(14, lambda day: not any(holiday(day + timedelta(weeks=n)) for n in range(3)))


def _take_on(there: Visit, slug: str, trainer: str) -> None:
    there.follow("Chi ci lavora")
    there.look("nobody works there yet")
    there.page.get_by_label("E-mail del suo account").fill(trainer)
    there.press("Aggiungi")
    expect(there.page.locator("main")).to_contain_text("Pia Prova")
    there.look("who works there")


def _publish(there: Visit, slug: str) -> None:
    there.open(f"/gestione/attivita/{slug}")
    there.page.locator("#places").fill("12")
    there.press("Cambia")
    expect(there.page.locator("main")).to_contain_text("Presi o tenuti: 0 su 12.")
    there.press("Pubblica")
    expect(there.page.get_by_role("status").first).to_contain_text("Pubblicata")
    there.look("a published activity")
    there.open(f"/attivita/{slug}")
    there.look("activity")


def _enrol_and_let_time_pass(portal: Portal, slug: str, people: list[str], hour: int) -> None:
    """Both enrol; then the sessions were in the last three nights, at an hour that the other way's course has not."""
    with portal.inside():
        made = programme.activity_by(slug)
        enrolled = [enrol(made, participant_of(person_with(email), years_ago(30)), by=person_with(email))[0] for email in people]
        db.session.commit()
        nights = {one.number: at_minute(today() - (4 - one.number) * DAY, hour * 60) for one in made.sessions}
        for session in made.sessions:
            standing = [one.id for one in session.occurrences]
            session.starts_at, session.ends_at = nights[session.number], nights[session.number] + HOUR
            db.session.flush()
            times = {"starts_at": session.starts_at, "ends_at": session.ends_at}
            db.session.execute(sa.update(Allocation).where(Allocation.occurrence_id.in_(standing)).values(times))
        for one in enrolled:
            put_back(one, nights[1] - DAY)


def _keep(there: Visit, slug: str, number: int, *, absent: int) -> None:
    """Everybody was there but so many."""
    there.open(f"/registro/{slug}")
    there.look("register of an activity")
    there.open(f"/registro/{slug}/{number}")
    there.follow("Tutti presenti")
    there.arrive(f"/registro/{slug}/{number}?tutti=si")
    for line in range(absent):
        there.page.locator("ul.hub-register fieldset").nth(line).get_by_text("Assente", exact=True).click()
    there.press("Salva il registro")
    there.arrive(f"/registro/{slug}/{number}")
    there.look("register, saved")


def _was_not_held(there: Visit, slug: str, number: int) -> None:
    there.open(f"/registro/{slug}/{number}")
    there.follow("Non si è svolto")
    there.page.locator("#reason").fill("Mancava la corrente")
    there.press("Scrivi che non si è svolto")
    expect(there.page.locator("main")).to_contain_text("Mancava la corrente")
    there.look("a register of what was not held")


def _conclude(there: Visit, slug: str) -> None:
    there.open(f"/gestione/attivita/{slug}")
    there.look("an activity that is over")
    there.press("Segna come conclusa")
    expect(there.page.get_by_role("status").first).to_contain_text("Attività conclusa.")
    there.look("a concluded activity")


def _certify(there: Visit, slug: str) -> str:
    """Who was at both sessions gets a certificate, who was at one of them does not; its code."""
    there.follow("Attestati")
    there.page.get_by_text("Attestato di partecipazione", exact=True).first.click()
    there.press("Emetti gli attestati")
    there.arrive(f"/gestione/attivita/{slug}/attestati")
    there.look("certificates issued")
    papers = there.page.locator("main table").get_by_role("link", name="Scarica")
    expect(papers).to_have_count(1)
    return papers.first.get_attribute("href").rpartition("/")[2].removesuffix(".pdf")


def _check(stranger: Visit, code: str) -> None:
    stranger.open(f"/attestati/{code}")
    expect(stranger.page.locator("h1")).to_contain_text("Attestato autentico")
    expect(stranger.page.locator("main")).not_to_contain_text("Prova")
    stranger.look("a genuine certificate")


def _ask_how_it_was(portal: Portal, there: Visit, email: str, slug: str) -> None:
    """Who took part is asked by mail, and finds the questions behind its link."""
    with portal.inside():
        feedback.invite()  # as the worker does, every ten minutes
    letter = portal.mail(email, f"Com'è andata? Corso di {slug}").get_body(("plain",)).get_content()
    link = next(line for line in letter.split() if line.endswith("/giudizio"))
    there.enter(email)
    there.open(link.removeprefix(there.url))
    there.look("feedback")
