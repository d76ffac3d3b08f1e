"""A trainer keeps the register of 41: on a phone in the room, at the door, and afterwards at a desk without scripts."""

from collections.abc import Callable

import sqlalchemy as sa
from playwright.sync_api import expect

from hub.accounts.service import person_with
from hub.clock import now
from hub.db import db
from hub.labs.models import Activity, Attendance, Enrolment, Session, Trainer
from hub.labs.tickets import code_of
from tests.hub.labs.makers import DAY, meet
from tests.hub.labs.registers import course
from tests.journeys.portal import Portal, wait_for
from tests.journeys.visit import Visit, ways

KIDS, MOST = 41, 41 + 5


class Hand:
    """Counts what a trainer does: links followed, choices made, numbers typed, buttons pressed."""

    def __init__(self, there: Visit) -> None:
        self.there, self.steps = there, 0

    def does(self, step: Callable, *args: object) -> None:
        self.steps += 1
        step(*args)

    def choose(self, name: str, words: str) -> None:
        line = self.there.page.get_by_role("group", name=name)
        self.does(line.get_by_text(words, exact=True).click)

    def type(self, name: str, minutes: str) -> None:
        box = self.there.page.get_by_label(f"Minuti, se in parte: {name}")
        self.does(lambda: (box.fill(minutes), box.blur()))


def _lab(portal: Portal, slug: str) -> tuple[str, list[str]]:
    """A lab with 41 kids whose session is on now, and sixty more to come; the address of its trainer, and the kids' names."""
    address = portal.somebody()
    names = [f"{slug}{number:02d}" for number in range(KIDS)]
    with portal.inside():
        made, _ = course(*names, slug=slug)
        for number in range(60):
            meet(made, now() + (number + 1) * DAY)
        who = person_with(address)
        db.session.add(Trainer(activity=made, person=who, subject=who.subject, name=who.name, role="trainer"))
    return address, [f"{name.title()} Greco" for name in names]


@ways
def test_a_register_of_41_is_kept_in_fewer_steps_than_41_and_5(portal, visitor, width, javascript):
    slug = f"robotica-{width}"
    address, kids = _lab(portal, slug)
    trainer = visitor(portal, width, javascript=javascript)
    trainer.enter(address)
    trainer.look("personal area of a trainer")
    hand = Hand(trainer)
    hand.does(trainer.follow, "I miei registri")
    trainer.arrive("/registro")
    trainer.look("my registers")
    hand.does(trainer.follow, "Robotica")
    trainer.arrive(f"/registro/{slug}")
    trainer.look("register of an activity")
    hand.does(trainer.page.locator("main ol.hub-list a").first.click)
    trainer.arrive(f"/registro/{slug}/1")
    trainer.look("register of a session")
    hand.does(trainer.follow, "Tutti presenti")
    trainer.arrive(f"/registro/{slug}/1?tutti=si")
    for name in kids[:4]:
        hand.choose(name, "Assente")
    hand.choose(kids[4], "In ritardo")
    if javascript:
        expect(trainer.page.get_by_role("alert").filter(has_text="Scrivi per quanti minuti")).to_be_visible()
        trainer.look("a line to be corrected")
    hand.type(kids[4], "95")
    if javascript:  # each line is safe before the whole is saved
        wait_for(lambda: _live(portal, slug) == 5, "five lines that saved themselves")
        trainer.look("lines that saved themselves")
    hand.does(trainer.press, "Salva il registro")
    trainer.arrive(f"/registro/{slug}/1")
    assert hand.steps < MOST, hand.steps
    trainer.look("register, saved")
    with portal.inside():
        session = db.session.scalars(sa.select(Session).join(Activity).where(Activity.slug == slug, Session.number == 1)).one()
        live = db.session.scalars(sa.select(Attendance).filter_by(session_id=session.id, voided_at=None)).all()
        assert (session.state, session.minutes, len(live)) == ("held", 120, KIDS)
        assert sum(row.minutes for row in live) == 36 * 120 + 95
    trainer.open(f"/registro/{slug}/ore")
    trainer.look("hours of who works")
    trainer.open(f"/registro/{slug}/1")
    trainer.follow("All'uscita")
    trainer.arrive(f"/registro/{slug}/1/uscita")
    trainer.look("to whom minors are given")
    trainer.open(f"/registro/{slug}/1/non-svolto")
    trainer.look("a session that was not held")


def _live(portal: Portal, slug: str) -> int:
    with portal.inside():
        theirs = sa.select(sa.func.count(Attendance.id)).join(Activity, Activity.id == Attendance.activity_id)
        return db.session.scalar(theirs.where(Activity.slug == slug, Attendance.voided_at.is_(None)))


@ways
def test_who_comes_shows_the_sign_or_says_the_code(portal, visitor, width, javascript):
    slug = f"porta-{width}"
    address, kids = _lab(portal, slug)
    with portal.inside():
        one, other = db.session.scalars(
            sa.select(Enrolment).join(Activity).where(Activity.slug == slug).order_by(Enrolment.id).limit(2)
        )
        key, code = one.key, code_of(other)
    trainer = visitor(portal, width, javascript=javascript)
    trainer.open(f"/presenze/{key}")  # as the phone's camera does, before anybody has signed in there
    trainer.arrive("/entra?next=*")
    trainer.sign_in(address)
    trainer.arrive(f"/presenze/{key}")
    expect(trainer.page.locator("h1")).to_have_text(kids[0])
    trainer.look("ticket, here")
    trainer.press("Togli: non è questa persona")
    expect(trainer.page.get_by_role("status")).to_contain_text("Presenza tolta")
    trainer.look("ticket, taken back")
    trainer.follow("Un'altra persona")
    trainer.look("door")
    trainer.page.get_by_label("Codice di chi arriva").fill(code.lower())
    trainer.press("È qui")
    expect(trainer.page.locator("h1")).to_have_text(kids[1])
    assert _live(portal, slug) == 1
