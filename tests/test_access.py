"""Who may enter where: every view wears a mark, every role is sent where its mark says, every object has its owner.

A route with an object in its address stands in one of the tables below, which say whose that object is; one that stands in
none fails here.
"""

import io
import re
import shutil
import zipfile
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

from hub import create_app, demo
from hub.access import MARKS
from hub.accounts import service as accounts
from hub.accounts.demo import DEMO_PASSWORD, load_people
from hub.accounts.models import Person
from hub.agenda import tokens
from hub.agenda.models import PartnerHub
from hub.booking import service as booking
from hub.booking.models import Booking, Handover, Payment
from hub.clock import now, today
from hub.db import db
from hub.evaluation.models import Export
from hub.families import invitations as family_invitations
from hub.families import service as families
from hub.labs import basket, certificates, editions, enrolment, health, meetings, paths, programme, questions, roster, team
from hub.labs.enrolment import Wanted
from hub.labs.models import Certificate, Enrolment
from hub.notices.letter import stop_token
from hub.notices.models import Notice
from hub.notices.service import notice
from hub.organisations import invitations
from hub.organisations.demo import load_organisations
from hub.organisations.models import Membership
from hub.pages import service as pages
from hub.proposals import answers, authors, drafts, files, moderation, planning, results
from hub.proposals.comments import comment
from hub.proposals.meetings import put_on_agenda
from hub.proposals.models import Proposal
from hub.proposals.results import Evidence
from hub.proposals.voices import themselves
from hub.spaces import opening, price_list, regulations
from hub.spaces.service import close, space_by
from tests.databases import environment
from tests.hub.booking.conftest import free_slot
from tests.hub.evaluation.releases import published
from tests.hub.labs.groups import line
from tests.hub.labs.makers import lab, organisation, years_ago
from tests.hub.proposals.makers import CONTENT
from tests.hub.proposals.makers import process as an_open_process
from tests.hub.proposals.makers import proposal as a_proposal

ROLES = {
    "visitor": None,
    "citizen": "cittadina@officine.example",
    "neighbour": "vicino@officine.example",
    "manager": "gestore@officine.example",
    "evaluator": "valutatore@officine.example",
    "administrator": "admin@officine.example",
}
VALUES = {"slug": "aula-1", "topic": "imprese", "key": "nessuna-chiave", "code": "OM-2026-000001", "token": "nessuno", "id": 1}
VALUES |= {"invitation": 1, "member": 1, "name": "nessuno", "number": 1, "pickup": 1, "kind": "csv", "version": "1"}

GATEWAY = {"OIDC_ISSUER": "http://127.0.0.1:9", "OIDC_CLIENT_ID": "hub", "OIDC_CLIENT_SECRET": "secret"}  # nobody answers there

# Whose object it is: the citizen's, and nobody else finds it, the staff no more than others (they have desks of their own).
# The last of a kind is the one that ends it. Beside each: where its values come from.
OWNED = {
    "booking.booking": {"code": "booking"},
    "booking.receipt": {"code": "booking"},
    "booking.calendar_file": {"code": "booking"},
    "booking.change": {"code": "booking"},
    "booking.object_to_it": {"code": "booking"},
    "series.one_date": {"code": "booking", "id": "date"},
    "series.take_up": {"code": "booking", "id": "date"},
    "series.cancel_date": {"code": "booking", "id": "date"},
    "booking.withdraw": {"code": "booking"},
    "booking.cancel": {"code": "booking"},
    "booking_steps.details": {"key": "draft"},
    "booking_steps.another_time": {"key": "draft"},
    "booking_steps.who": {"key": "draft"},
    "booking_steps.summary": {"key": "draft"},
    "certificates.paper": {"id": "enrolment", "key": "certificate"},
    "drafts.write": {"code": "drafted"},
    "drafts.preview": {"code": "drafted"},
    "drafts.drop_changes": {"code": "drafted"},
    "drafts.withdraw": {"code": "proposal"},
    "drafts.discard": {"code": "drafted"},
    "debate.appeal": {"id": "appeal"},
    "debate.remove": {"code": "proposal", "id": "comment"},
    "enrolments.enrolment": {"id": "enrolment"},
    "enrolments.accept": {"id": "enrolment"},
    "enrolments.calendar_file": {"id": "enrolment"},
    "enrolments.confirm": {"id": "enrolment"},
    "enrolments.decline": {"id": "enrolment"},
    "enrolments.note": {"id": "enrolment"},
    "enrolling.remove": {"id": "basket_line"},
    "enrolments.withdraw": {"id": "enrolment"},
    "feedback.give": {"id": "enrolment"},
    "families.record": {"id": "child"},
    "families.add_pickup": {"id": "child"},
    "families.agreements": {"id": "child"},
    "families.edit": {"id": "child"},
    "families.end_pickup": {"id": "child", "pickup": "pickup"},
    "families.looks": {"id": "child"},
    "family_people.invitations": {"id": "child"},
    "family_people.own_account": {"id": "child"},
    "family_people.resend": {"id": "child", "invitation": "family_invitation"},
    "family_people.revoke": {"id": "child", "invitation": "family_invitation"},
    "family_people.leave": {"id": "child"},
    "feeds.revoke": {"id": "feed"},
    "mentoring.mentorship": {"id": "mentorship"},
    "merging.merge": {"code": "proposal"},
    "merging.split": {"code": "proposal"},
    "mentoring.confirm": {"id": "mentorship", "number": "meeting"},
    "mentoring.void": {"id": "mentorship", "number": "meeting"},
    "notices.message": {"key": "message"},
    "notices.read": {"key": "message"},
    "organisations.organisation": {"id": "organisation"},
    "organisations.edit": {"id": "organisation"},
    "organisations.identity": {"id": "organisation"},
    "organisations.birth": {"id": "organisation"},
    "organisations_people.invitations": {"id": "organisation"},
    "organisations_people.resend": {"id": "organisation", "invitation": "invitation"},
    "organisations_people.revoke": {"id": "organisation", "invitation": "invitation"},
    "organisations_people.member": {"id": "organisation", "member": "member"},
    "organisations_people.hand_over": {"id": "organisation"},
    "organisations_people.leave": {"id": "organisation"},
    "organisations.close": {"id": "organisation"},
    "proposal_authors.authors": {"code": "drafted"},
    "proposal_authors.resend": {"code": "drafted", "invitation": "author_invitation"},
    "proposal_authors.revoke": {"code": "drafted", "invitation": "author_invitation"},
    "proposal_authors.leave": {"code": "drafted"},
    "proposal_files.attached": {"code": "drafted"},
    "proposal_files.detach": {"code": "drafted", "id": "drafted_file"},
    "paths.path": {"id": "path"},
    "paths.add_need": {"id": "path"},
    "paths.mark_need": {"id": "path", "number": "need"},
    "paths.need": {"id": "path", "number": "need"},
    "paths.say_people": {"id": "path"},
    "security.end_sign_in": {"name": "sign_in"},
}
# What one role of the staff opens, whosever it is.
OF_THE_STAFF = {
    "accounts_staff.person": {"id": "person"},
    "accounts_staff.reset_second_factor": {"id": "person"},
    "answer_staff.answer": {"code": "led_proposal"},
    "answer_staff.take_up": {"code": "led_proposal"},
    "assisted.comment": {"code": "proposal"},
    "assisted.proposal": {"code": "proposal"},
    "assisted.propose": {"slug": "process"},
    "assisted.revoke": {"code": "proposal"},
    "assisted.support": {"code": "proposal"},
    "assisted.vote": {"code": "proposal"},
    "booking_staff.decide": {"code": "booking"},
    "certificate_desk.issue": {"slug": "activity", "id": "enrolment"},
    "certificate_desk.lines": {"slug": "activity"},
    "certificate_desk.paper": {"slug": "activity", "key": "certificate"},
    "certificate_desk.revoke": {"slug": "activity", "key": "certificate"},
    "closures.reopen": {"id": "closure"},
    "desk.arrival": {"code": "booking"},
    "desk.arrive": {"code": "booking"},
    "desk.cancel_date": {"code": "booking", "id": "date"},
    "desk.hand_over": {"code": "booking"},
    "desk.move": {"code": "booking", "id": "date"},
    "desk.photo": {"code": "booking", "id": "photo"},
    "desk.undo_arrival": {"code": "booking"},
    "editions.clone": {"code": "edition"},
    "editions.edition": {"code": "edition"},
    "exports.download": {"id": "export"},
    "exports.export": {"id": "export"},
    "families_staff.hand_over": {"id": "child"},
    "feedback.results": {"slug": "activity"},
    "hours.end_hours": {"id": "opening"},
    "labs_staff.activity": {"slug": "activity"},
    "labs_staff.cancel": {"slug": "activity"},
    "labs_staff.close": {"slug": "activity"},
    "labs_staff.discard": {"slug": "activity"},
    "labs_staff.edit": {"slug": "activity"},
    "labs_staff.places": {"slug": "activity"},
    "labs_staff.publish": {"slug": "activity"},
    "meetings_staff.detach": {"slug": "led_process", "name": "led_lab"},
    "meetings_staff.labs": {"slug": "led_process"},
    "meetings_staff.meeting": {"slug": "led_process", "code": "led_meeting"},
    "meetings_staff.put": {"slug": "led_process", "code": "led_meeting"},
    "meetings_staff.take_off": {"slug": "led_process", "code": "led_meeting", "name": "led_proposal"},
    "meetings_staff.write": {"slug": "led_process", "code": "led_meeting"},
    "merging_staff.merge": {"code": "led_proposal"},
    "merging_staff.split": {"code": "led_proposal"},
    "moderation_staff.appeal": {"id": "appeal"},
    "moderation_staff.comment": {"code": "proposal", "id": "comment"},
    "moderation_staff.proposal": {"code": "proposal"},
    "notices_staff.retry": {"id": "dead_letter"},
    "organisations_staff.organisation": {"id": "organisation"},
    "pages_staff.report": {"code": "report"},
    "partners.end": {"id": "partner"},
    "partners.partner": {"id": "partner"},
    "partners.refresh": {"id": "partner"},
    "patterns.of_proposal": {"code": "proposal"},
    "paths_staff.book": {"slug": "path_activity"},
    "paths_staff.mark_need": {"slug": "path_activity", "id": "path", "number": "need"},
    "paths_staff.match": {"slug": "path_activity"},
    "paths_staff.need": {"slug": "path_activity", "id": "path", "number": "need"},
    "paths_staff.organisation": {"slug": "path_activity", "id": "path"},
    "paths_staff.overview": {"slug": "path_activity"},
    "paths_staff.part": {"slug": "path_activity", "number": "mentorship"},
    "paths_staff.table": {"slug": "path_activity"},
    "paths_staff.void": {"slug": "path_activity", "id": "mentored", "number": "meeting"},
    "payments.account": {"code": "booking"},
    "payments.void": {"code": "booking", "id": "payment"},
    "prices.price": {"slug": "space"},
    "prices.end_price": {"slug": "space", "id": "price"},
    "processes_staff.conclude": {"slug": "led_process"},
    "processes_staff.discard": {"slug": "led_process"},
    "processes_staff.edit": {"slug": "led_process"},
    "processes_staff.extend": {"slug": "led_process", "number": "led_phase"},
    "processes_staff.phases": {"slug": "led_process"},
    "processes_staff.process": {"slug": "led_process"},
    "processes_staff.publish": {"slug": "led_process"},
    "questions.question": {"slug": "activity", "id": "question"},
    "questions.questions": {"slug": "activity"},
    "questions.raise_up": {"slug": "activity", "id": "question"},
    "questions.unask": {"slug": "activity", "id": "question"},
    "regulations.end_rule": {"id": "rule"},
    "result_staff.edit": {"id": "result"},
    "result_staff.link": {"id": "result"},
    "result_staff.new": {"code": "answered"},
    "result_staff.result": {"id": "result"},
    "school_hours.activity_csv": {"slug": "activity"},
    "school_hours.activity_xlsx": {"slug": "activity"},
    "school_hours.of_activity": {"slug": "activity"},
    "sessions.call_off": {"slug": "activity", "number": "session"},
    "sessions.drop": {"slug": "activity", "number": "session"},
    "sessions.new": {"slug": "activity"},
    "sessions.plan": {"slug": "activity"},
    "sessions.session": {"slug": "activity", "number": "session"},
    "statistics.table": {"code": "table"},
    "team.let_go": {"slug": "activity", "id": "trainer"},
    "team.team": {"slug": "activity"},
    "team.trainer": {"slug": "activity", "id": "trainer"},
}
# For whoever works in an activity, and managers; to others it does not exist.
OF_THE_TEAM = {
    "health_notes.notes": {"slug": "activity"},
    "health_notes.note": {"slug": "activity", "id": "enrolment"},
    "groups.one": {"slug": "activity", "id": "grouped"},
    "groups.take_back": {"slug": "activity", "id": "grouped"},
    "groups.withdraw": {"slug": "activity", "id": "grouped"},
    "messages.messages": {"slug": "activity"},
    "presence.admit": {"key": "ticket"},
    "presence.ticket": {"key": "ticket"},
    "presence.undo_it": {"key": "ticket"},
    "register.hours": {"slug": "activity"},
    "register.hours_table": {"slug": "activity", "kind": "kind"},
    "register.leaving_page": {"slug": "activity", "number": "session"},
    "register.not_held": {"slug": "activity", "number": "session"},
    "register.overview": {"slug": "activity"},
    "register.paper": {"slug": "activity", "number": "session"},
    "register.reopen": {"slug": "activity", "number": "session"},
    "register.row": {"slug": "activity", "number": "session", "id": "enrolment"},
    "register.save": {"slug": "activity", "number": "session"},
    "register.sheet": {"slug": "activity", "number": "session"},
    "register.table": {"slug": "activity", "kind": "kind"},
}
# Everybody's who has signed in.
OF_RESIDENTS = {
    "enrolling.enrol": {"slug": "activity"},
    "enrolling.questions": {"slug": "activity"},
    "group_files.columns": {"slug": "activity"},
    "group_files.confirm": {"slug": "activity"},
    "group_files.file": {"slug": "activity"},
    "group_files.model_csv": {"slug": "activity"},
    "group_files.model_xlsx": {"slug": "activity"},
    "groups.add": {"slug": "activity"},
    "groups.group": {"slug": "activity"},
    "merging.carry_on": {"code": "proposal"},
    "following.follow": {"code": "proposal"},
    "following.unfollow": {"code": "proposal"},
    "supports.endorse": {"code": "proposal"},
    "supports.revoke": {"code": "proposal"},
    "supports.revoke_mine": {"code": "proposal"},
    "supports.support": {"code": "proposal"},
    "supports.unendorse": {"code": "proposal"},
    "supports.vote": {"code": "proposal"},
}
# For whoever holds the secret of the address; to others it does not exist, or is closed.
KEYED = {
    "accounts.confirm": {"token": "confirm"},
    "accounts.reset": {"token": "reset"},
    "certificates.genuine": {"key": "certificate"},
    "family_people.accept": {"token": "family_token"},
    "family_people.decline": {"token": "family_token"},
    "family_people.invitation": {"token": "family_token"},
    "feeds.personal": {"token": "feed_token"},
    "notices.stop": {"token": "stop_token"},
    "oidc.confirm": {"token": "identity"},
    "organisations_people.accept": {"token": "invitation_token"},
    "organisations_people.decline": {"token": "invitation_token"},
    "organisations_people.invitation": {"token": "invitation_token"},
    "proposal_authors.accept": {"token": "author_token"},
    "proposal_authors.decline": {"token": "author_token"},
    "proposal_authors.invitation": {"token": "author_token"},
    "reports.followed": {"key": "report_key"},
    "security.confirm_address": {"token": "new_address"},
}
# Everybody's.
COMMON = {
    "booking_steps.when": {"slug": "space"},
    "debate.discussion": {"code": "proposal"},
    "debate.report": {"code": "proposal", "id": "comment"},
    "debate.report_proposal": {"code": "proposal"},
    "debate.rules_then": {"version": "policy"},
    "debate.thread": {"code": "proposal", "id": "comment"},
    "debate.write": {"code": "proposal"},
    "document.document": {"slug": "process"},
    "document.paper": {"slug": "process"},
    "document.table": {"slug": "process"},
    "feeds.space": {"slug": "space"},
    "feeds.topic": {"topic": "topic"},
    "impact.indicator": {"code": "indicator"},
    "labs.activity": {"slug": "activity"},
    "labs.calendar_file": {"slug": "activity"},
    "labs.poster": {"slug": "activity"},
    "outcome.evidence": {"slug": "answered_process", "id": "result", "number": "result_update"},
    "outcome.result": {"slug": "answered_process", "id": "result"},
    "outcome.story_file": {"code": "answered"},
    "pages.service": {"slug": "service"},
    "pages.topic": {"slug": "topic"},
    "proposal_feeds.of_process": {"slug": "process"},
    "proposal_feeds.of_proposal": {"code": "proposal"},
    "proposal_files.file": {"code": "proposal", "id": "proposal_file"},
    "proposals.proposal": {"code": "proposal"},
    "proposals.version": {"code": "proposal", "number": "version"},
    "proposals.versions": {"code": "proposal"},
    "processes.meeting": {"slug": "led_process", "code": "led_meeting"},
    "processes.process": {"slug": "led_process"},
    "series.repeat": {"slug": "space"},
    "spaces.space": {"slug": "space"},
}


# --- the portal and what is in it


@pytest.fixture(scope="module")
def full(sqlite, tmp_path_factory):
    """A database with the demo and one of each thing, what they are called, and the cookie of each role, signed in already."""
    file = tmp_path_factory.mktemp("access") / "full.sqlite"
    shutil.copy(sqlite.filled(demo.load), file)
    app = create_app(environment(f"sqlite:///{file}"))
    with app.app_context():
        things = _one_of_each()
        people = {role: accounts.person_with(email) for role, email in ROLES.items() if email}
        cookies = {role: accounts.open_sign_in(person, hours=12) for role, person in people.items()}
        things["sign_in"] = accounts.name_of(people["citizen"].sign_in)
        db.session.execute(sa.update(Notice).values(due_at=now()))  # a portal whose mails wait for long is ill
        db.session.commit()
        db.engine.dispose()
    return file, things, cookies


def _one_of_each() -> dict[str, object]:
    people = load_people()
    citizen = people["citizen"]
    neighbour = Person(email=ROLES["neighbour"], given_name="Nino", family_name="Vicino", password_hash=citizen.password_hash)
    neighbour.confirmed_at = neighbour.created_at = now()
    db.session.add(neighbour)
    db.session.flush()
    sent = db.session.scalars(sa.select(Booking).filter_by(requester_id=citizen.id, state="submitted")).first()
    draft = booking.draft(sent.layout, free_slot(sent.layout, days=40), 5, by=citizen)
    booking.describe(draft, title="Bozza segreta", purpose="meeting", details="")
    message = notice("notices/trial", to=citizen)
    dead = notice("notices/trial", to=citizen, private=True)
    dead.dead_at = now()
    report = pages.report(category="other", space="", title="Segreto", text="x", email="canarino@posta.example", language="it")
    waiting = Person(email="attesa@officine.example", given_name="A", family_name="B", language="it", created_at=now())
    db.session.add(waiting)
    db.session.flush()
    links = {
        purpose: accounts.new_link(citizen, purpose, hours=1, payload={"email": "nuova@officine.example", "fiscal_code": "X"})
        for purpose in ("reset", "old_address", "new_address", "identity")
    }
    links["confirm"] = accounts.new_link(waiting, "confirm", hours=1)
    known = {"booking": sent.code, "draft": draft.key, "message": message.key, "dead_letter": dead.id, "person": citizen.id}
    known |= {"report": report.code, "report_key": report.key, "space": "aula-1", "service": "prenotare-uno-spazio"}
    known["feed_token"] = tokens.make("Telefono", by=citizen)
    known["feed"] = tokens.live_of(citizen)[0].id
    paid = Payment(booking_id=sent.id, kind="payment", method="desk", cents=1, paid_on=today(), by_id=citizen.id, at=now())
    db.session.add(paid)
    db.session.flush()
    known |= {"payment": paid.id, "price": next(iter(price_list.lines(space_by("aula-1")))).id, "table": "spazi"}
    court = space_by("corte-urbana")
    closed = close(court, free_slot(court.layouts[0], days=60), {"it": "Lavori"})
    known |= {"closure": closed.id, "opening": opening.lines(None)[0].id}
    known["rule"] = regulations.lines()[0].rule.id
    shown = {"moment": "in", "checks": {}, "photo": b"x", "by_id": citizen.id, "at": now()}
    handed = Handover(occurrence_id=sent.occurrence.id, **shown)
    db.session.add(handed)
    db.session.flush()
    known |= {"date": sent.occurrence.id, "photo": handed.id}
    partner = PartnerHub(name="Altro hub", feed_url="https://hub.example/", created_at=now(), created_by_id=citizen.id)
    partner.tried_at = now() + timedelta(days=1)  # so that nobody asks it
    db.session.add(partner)
    db.session.flush()
    known["partner"] = partner.id
    export = Export(kind="log", params={"format": "zip"}, asked_by_id=citizen.id, asked_at=now())
    db.session.add(export)
    db.session.flush()
    published()
    known |= {"export": export.id, "indicator": "OM05"}
    return (
        known
        | links
        | {"topic": "spazio-verde"}
        | _organisation(people)
        | _path(people)
        | _family(citizen)
        | _programme()
        | _group(people)
        | _led(people)
        | _came_of(people)
        | _proposals(people)
    )


def _proposals(people: dict[str, Person]) -> dict[str, object]:
    """A process that is open to everything; in it a proposal of the citizen, and one that they draft, each with a file."""
    process, voice = an_open_process(), themselves(people["citizen"])
    made: dict[str, object] = {"process": process.slug, "version": 1}
    for name in ("proposal", "drafted"):
        row = drafts.begin(process, by=voice)
        picture = io.BytesIO()
        Image.new("RGB", (8, 8)).save(picture, "PNG")
        made_anew = files.made_anew(picture.getvalue())
        attached = files.attach(row, made_anew, name="Canarina.png", words="Un disegno", by=voice)
        drafts.keep(row, {"title": "Bozza segreta"}, was=drafts.seen(row), by=voice)
        made |= {name: row.code, f"{name}_file": attached.id}
        if name == "proposal":
            drafts.publish(row, CONTENT, by=voice)
            made |= _discussion(row, people)
    made["author_invitation"] = authors.invite(row, "coautrice@officine.example", by=people["citizen"]).id
    link = db.session.scalars(sa.select(Notice).filter_by(kind="proposals/invited")).one().payload["link"]
    return made | {"author_token": link.removeprefix(authors.LINK_PATH)}


def _discussion(proposal: Proposal, people: dict[str, Person]) -> dict[str, object]:
    """Two comments of the citizen's on a proposal, one of them hidden and appealed against."""
    voice = themselves(people["citizen"])
    said, hidden = (comment(proposal, text, "for", by=voice) for text in ("Si legge", "Non si legge"))
    act = moderation.hide(hidden, "spam", "Prova", by=people["manager"])
    moderation.appeal(act, "Non lo era", by=voice)
    return {"comment": said.id, "appeal": act.id, "policy": act.policy}


def _family(citizen: Person) -> dict[str, object]:
    said = {"given_name": "Bimba", "family_name": "Canarina", "birth_date": years_ago(15), "gender": "", "resident": True}
    said |= {"emergency_name": "Nonna", "emergency_phone": "0832 123456"}
    child = families.add_child(said, basis="parent", other_agrees=True, by=citizen)
    pickup = families.add_pickup(child, name="Zia Canarina", phone="", by=citizen)
    invitation = family_invitations.invite(child, "zia@officine.example", by=citizen)
    token = db.session.scalars(sa.select(Notice).filter_by(address="zia@officine.example")).one().payload["link"]
    activity = lab("robot", begins=now() + timedelta(days=1), asks_health=True)
    line = basket.put(activity, [child], together=False, by=citizen)[0]
    enrolled = enrolment.enrol(activity, [Wanted(child, sealed_health=health.sealed("Asma"))], by=citizen)[0]
    paper = {"enrolment_id": enrolled.id, "kind": "attendance", "code": certificates.new_code(), "minutes": 60, "of_minutes": 120}
    db.session.add(Certificate(**paper, issued_at=now(), issued_by_id=citizen.id))
    things = {"child": child.id, "pickup": pickup.id, "family_invitation": invitation.id, "activity": activity.slug}
    return (
        things
        | {"certificate": paper["code"]}
        | {"family_token": token.rpartition("/")[2], "basket_line": line.id, "enrolment": enrolled.id}
    )


def _programme() -> dict[str, object]:
    """What the activity of the family is made of."""
    course = programme.activity_by("robot")
    edition = editions.make(code="prova", name={"it": "Prova"}, starts_on=today(), ends_on=today())
    trainer = team.take_on(course, name="Ada Neri", email="", role="trainer", public=True)
    question = questions.ask(course, kind="text", words={"it": "Perché?"}, choices=[], required=False)
    made = {"edition": edition.code, "trainer": trainer.id, "question": question.id}
    ticket = db.session.scalars(sa.select(Enrolment.key).filter_by(activity_id=course.id)).first()
    return made | {"session": course.sessions[0].number, "ticket": ticket, "kind": "csv"}


def _group(people: dict[str, Person]) -> dict[str, object]:
    """Somebody whom an organisation enrolled in the activity of the family; a link that ends mails."""
    course, ours = programme.activity_by("robot"), load_organisations(people)["association"]
    (grouped,) = roster.enrol(course, [line()], organisation=ours, by=people["manager"], channel="import")
    return {"grouped": grouped.id, "stop_token": stop_token(people["citizen"].subject, "reminder")}


def _path(people: dict[str, Person]) -> dict[str, object]:
    """A path on which the citizen's organisation is, and another one that the citizen mentors."""
    activity = lab("cap-prova", takes_part="organisation")
    mine, other = load_organisations(people)["association"], organisation("Cooperativa Prova")
    path, mentored = (enrolment.enrol_organisation(activity, one, {}, by=people["manager"]) for one in (mine, other))
    trainer = team.take_on(activity, name="", email=ROLES["citizen"], role="mentor", public=False)
    matched = paths.match(activity, mentored, trainer, since=now() - timedelta(days=2))
    told = {"starts": now() - timedelta(hours=3), "minutes": 60, "topic": "Prova"}
    meeting = meetings.write(matched, "mentor", **told, by=people["citizen"])
    made = {"path": path.id, "need": paths.add_need(path, "legal", "Statuto").id, "path_activity": activity.slug}
    return made | {"mentored": mentored.id, "mentorship": matched.id, "meeting": meeting.id}


def _organisation(people: dict[str, Person]) -> dict[str, object]:
    association = load_organisations(people)["association"]
    own = db.session.scalars(
        sa.select(Membership).filter_by(organisation_id=association.id, person_id=people["citizen"].id)
    ).one()
    other = Membership(organisation_id=association.id, person_id=people["evaluator"].id, role="member", since=now())
    other.ended_at = now()
    db.session.add(other)
    db.session.flush()
    invitation = invitations.invite("invitata@officine.example", "member", by=own)
    told = db.session.scalars(sa.select(Notice).filter_by(address="invitata@officine.example")).one()
    token = told.payload["link"].rpartition("/")[2]
    return {"organisation": association.id, "member": other.id, "invitation": invitation.id, "invitation_token": token}


def _led(people: dict[str, Person]) -> dict[str, object]:
    """A process of the managers' desk: with its lab, a meeting of it, and a proposal of the citizen on its agenda."""
    process, activity = an_open_process("processo-prova"), lab("laboratorio-prova")
    planning.attach(process, activity)
    proposal = a_proposal(process, people["citizen"], title="Proposta in laboratorio")
    put_on_agenda(activity.sessions[0], process, proposal.code)
    made = {"led_process": process.slug, "led_lab": activity.slug, "led_meeting": activity.sessions[0].code}
    return made | {"led_proposal": proposal.code, "led_phase": 1}


def _came_of(people: dict[str, Person]) -> dict[str, object]:
    """A proposal of the citizen that was accepted, and a result of it, with an update and the file that proves it."""
    process = an_open_process("processo-risposto")
    proposal, manager = a_proposal(process, people["citizen"], title="Proposta accolta"), people["manager"]
    answers.answer(proposal, "accepted", "", by=manager)
    result = results.create(process, {proposal: "adopted"}, by=manager, title="Un risultato")
    proof = Evidence(words="Prova", kind="png", data=b"x")
    news = results.update(result, day=today(), text="Fatto", state="running", progress=100, evidence=proof, by=manager)
    made = {"answered": proposal.code, "answered_process": process.slug}
    return made | {"result": result.id, "result_update": news.id}


class Visits:
    """A portal on its own copy of the full database, and a client for each role."""

    def __init__(self, full, folder, **settings: str) -> None:
        self.full, self.things, self.cookies = full
        self.file = folder / "hub.sqlite"
        self.app = create_app(environment(f"sqlite:///{self.file}", **settings))
        self.anew()

    def anew(self) -> None:
        """Another copy, and browsers that have been nowhere."""
        self.close()
        for left in self.file.parent.glob("hub.sqlite*"):
            left.unlink()
        shutil.copy(self.full, self.file)
        self.clients = {role: self.app.test_client() for role in ROLES}
        for role, cookie in self.cookies.items():
            self.clients[role].set_cookie(self.app.config["SIGN_IN_COOKIE_NAME"], cookie)

    def path(self, endpoint: str) -> str:
        """The address of the thing that the tables name for this route."""
        (rule,) = [rule for rule in routes(self.app) if rule.endpoint == endpoint]
        where = (OWNED | OF_THE_STAFF | OF_THE_TEAM | OF_RESIDENTS | KEYED | COMMON)[endpoint]
        return path_of(rule, {name: self.things[thing] for name, thing in where.items()})

    def methods(self, endpoint: str) -> list[str]:
        (rule,) = [rule for rule in routes(self.app) if rule.endpoint == endpoint]
        return sorted(rule.methods & {"GET", "POST"})

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def portal(full, tmp_path_factory):
    """A portal whose pages are only read, and a client for each role."""
    visits = Visits(full, tmp_path_factory.mktemp("read"))
    yield visits.app, visits.clients
    visits.close()


@pytest.fixture(scope="module")
def busy(full, tmp_path_factory):
    """A portal that is written to, whose forms need no token."""
    visits = Visits(full, tmp_path_factory.mktemp("written"), **GATEWAY)
    visits.app.config["WTF_CSRF_ENABLED"] = False
    yield visits
    visits.close()


@pytest.fixture
def visits(busy):
    busy.anew()
    return busy


def signed_in(app, email: str | None):
    client = app.test_client()
    if email:
        token = form_token(client.get("/entra").text)
        client.post("/entra", data={"csrf_token": token, "email": email, "password": DEMO_PASSWORD})
    return client


def form_token(page: str) -> str:
    """The token of a form on this page."""
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]


def routes(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def path_of(rule, values: dict[str, object] = VALUES) -> str:
    """The address of a route, with these values where it has places for some."""
    return rule.build({name: values[name] for name in rule.arguments}, append_unknown=False)[1]


def answer_of(client, path: str, method: str, **more: object) -> tuple[int, str]:
    """Status, and where it leads without its query."""
    with client.open(path, method=method, **more) as answer:
        return answer.status_code, (answer.location or "").partition("?")[0]


# --- role and route


def test_every_view_wears_one_mark_of_the_list(portal):
    app, _ = portal
    unmarked = [rule.endpoint for rule in routes(app) if getattr(app.view_functions[rule.endpoint], "access", None) not in MARKS]
    assert unmarked == []


def test_every_role_is_answered_as_the_mark_says(portal):
    app, clients = portal
    wrong = []
    for rule in routes(app):
        mark = app.view_functions[rule.endpoint].access
        path = path_of(rule)
        for role, client in clients.items():
            for method in rule.methods & {"GET", "POST"}:
                status, _ = answer_of(client, path, method)
                enters = mark == "public" or (mark == "residents" and role != "visitor") or role == mark
                if method == "POST":
                    ok = status == 400  # no form is accepted without its token, whoever sends it
                elif enters:
                    ok = (
                        status not in (401, 403)
                        and status < 500
                        and not (status == 303 and role == "visitor" and mark != "public")
                    )
                elif role == "visitor":
                    ok = status == 303
                else:
                    ok = status == 403
                if not ok:
                    wrong.append((role, method, path, mark, status))
    assert wrong == []


# --- role, route and owner


def test_every_route_with_an_object_says_whose_it_is(portal):
    app, _ = portal
    told = [*OWNED, *OF_THE_STAFF, *OF_THE_TEAM, *OF_RESIDENTS, *KEYED, *COMMON]
    assert len(told) == len(set(told))
    assert sorted(told) == sorted(rule.endpoint for rule in routes(app) if rule.arguments)


@pytest.mark.parametrize("endpoint", OWNED)
def test_what_is_somebodys_is_found_by_nobody_else(visits, endpoint):
    """Not found, never forbidden, which would say that it exists; the owner comes last, since a form may end it."""
    path = visits.path(endpoint)
    for method in visits.methods(endpoint):
        for role in ("neighbour", "manager", "evaluator", "administrator"):
            assert answer_of(visits.clients[role], path, method)[0] == 404, (role, method, path)
        assert answer_of(visits.clients["visitor"], path, method) == (303, "/entra"), (method, path)
        status, location = answer_of(visits.clients["citizen"], path, method)
        assert status in (200, 303, 409, 422, 429) and location != "/entra", (method, path, status)


@pytest.mark.parametrize("endpoint", OF_THE_STAFF)
def test_what_the_staff_opens_is_opened_by_its_role_alone(visits, endpoint):
    path, mark = visits.path(endpoint), visits.app.view_functions[endpoint].access
    for method in visits.methods(endpoint):
        for role in (role for role in ROLES if role not in ("visitor", mark)):
            assert answer_of(visits.clients[role], path, method)[0] == 403, (role, method, path)
        assert answer_of(visits.clients["visitor"], path, method) == (303, "/entra"), (method, path)
        status, location = answer_of(visits.clients[mark], path, method)
        assert status in (200, 303, 422) and location != "/entra", (method, path, status)


@pytest.mark.parametrize("endpoint", OF_THE_TEAM)
def test_what_a_team_keeps_is_found_by_it_and_by_managers_alone(visits, endpoint):
    path = visits.path(endpoint)
    for method in visits.methods(endpoint):
        for role in ("citizen", "neighbour", "evaluator", "administrator"):
            assert answer_of(visits.clients[role], path, method)[0] == 404, (role, method, path)
        assert answer_of(visits.clients["visitor"], path, method) == (303, "/entra"), (method, path)
        assert answer_of(visits.clients["manager"], path, method)[0] in (200, 303, 422), (method, path)


@pytest.mark.parametrize("endpoint", OF_RESIDENTS)
def test_what_is_for_residents_asks_everybody_else_to_sign_in(visits, endpoint):
    path = visits.path(endpoint)
    for method in visits.methods(endpoint):
        assert answer_of(visits.clients["visitor"], path, method) == (303, "/entra"), (method, path)
        for role in (role for role in ROLES if role != "visitor"):
            assert answer_of(visits.clients[role], path, method)[0] in (200, 303, 422), (role, method, path)


@pytest.mark.parametrize("endpoint", KEYED)
def test_a_secret_address_opens_for_whoever_holds_it_and_a_guess_does_not(visits, endpoint):
    path, client = visits.path(endpoint), visits.clients["visitor"]
    guess = path.replace(str(visits.things[next(iter(KEYED[endpoint].values()))]), "A" * 32)
    for method in visits.methods(endpoint):
        if visits.app.view_functions[endpoint].access == "public":
            assert answer_of(client, guess, method)[0] in (404, 410), guess
            assert answer_of(client, path, method)[0] in (200, 303, 422), path
        else:
            assert answer_of(visits.clients["citizen"], guess, method)[0] in (404, 410), guess
            assert answer_of(client, path, method) == (303, "/entra"), path


@pytest.mark.parametrize("endpoint", COMMON)
def test_what_is_everybodys_is_found_by_everybody(visits, endpoint):
    for role, client in visits.clients.items():
        assert answer_of(client, visits.path(endpoint), "GET")[0] == 200, role


def unpacked(data: bytes) -> str:
    """The texts of a zip file."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return "".join(packed.read(name).decode() for name in packed.namelist())


def test_no_list_of_mine_shows_what_is_anothers(visits):
    """Every page without an object in its address, as the neighbour of whom things are: nothing of theirs stands there."""
    names = ("booking", "draft", "report", "report_key", "invitation_token", "family_token")
    canaries = [str(visits.things[name]) for name in names] + [
        "Bozza segreta",
        "Associazione Prova",
        "Bimba",
        "Canarina",
        "invitata@",
        ROLES["citizen"],
    ]
    for rule in routes(visits.app):
        if "GET" in rule.methods and not rule.arguments and rule.endpoint != "notices.mailbox":  # the demo's mail is everybody's
            with visits.clients["neighbour"].get(path_of(rule)) as answer:
                shown = unpacked(answer.data) if answer.mimetype == "application/zip" else answer.get_data(as_text=True)
            if rule.endpoint in ("proposal_list.proposals", "proposal_data.download"):  # in whose name the demo's were published
                shown = shown.replace("Associazione Prova", "")
            assert [canary for canary in canaries if canary in shown] == [], rule.endpoint


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_a_number_that_no_database_holds_is_not_found(app, number):
    """On both engines: PostgreSQL refuses a number that is too great for its column."""
    with app.app_context():
        load_people()
        db.session.commit()
    clients = {role: signed_in(app, email) for role, email in ROLES.items() if role != "neighbour"}
    for rule in routes(app):
        if rule.arguments:
            path = path_of(rule, dict.fromkeys(rule.arguments, str(number)) | {"name": "x"})
            for method in rule.methods & {"GET", "POST"}:
                for role, client in clients.items():
                    assert answer_of(client, path, method)[0] < 500, (role, method, path)


# --- what every answer has


def test_every_answer_carries_the_headers_that_keep_it_safe(portal):
    app, clients = portal
    for rule in routes(app):
        path = path_of(rule)
        for role, client in clients.items():
            with client.get(path) as answer:
                headers = answer.headers
            assert headers["Content-Security-Policy"].startswith("default-src 'self';"), path
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert headers["Referrer-Policy"] == "same-origin", path
            personal = app.view_functions[rule.endpoint].access != "public" or role != "visitor"
            assert not personal or answer.status_code == 405 or headers["Cache-Control"] == "no-store", (path, role)


@pytest.mark.parametrize("path", ["/nessuna-pagina", "/spazi/nessuno", "/static/nessuno.css", "/spazi/%00", "/spazi?giorno=%00"])
def test_what_is_not_there_is_not_found_in_words(portal, path):
    _, clients = portal
    answer = clients["visitor"].get(path)
    assert answer.status_code in (400, 404)
    assert "Content-Security-Policy" in answer.headers or path.startswith("/static")


@pytest.mark.parametrize(
    "query",
    [
        "/spazi?persone=abc",
        "/spazi?persone=99999999999999999999",
        "/spazi?giorno=2026-02-30",
        "/spazi?giorno=0001-01-01",
        "/spazi?giorno=9999-12-31",
        "/spazi?disposizione=x&attrezzatura=y",
        "/spazi/aula-1?giorno=9999-12-31",
        "/spazi/aula-1?giorno=0001-01-01",
        "/spazi/aula-1/prenota?giorno=9999-12-31&durata=x&persone=-1&disposizione=abc&inizio=%F0%9F%92%A9",
        "/spazi/aula-1/prenota?disposizione=99999999999999999999",
        "/spazi/aula-1/prenota?giorno=0001-01-01",
        "/area-personale/prenotazioni?page=99999999999999999999",
        "/area-personale/prenotazioni?page=-1",
        "/gestione/richieste?stato=tutte",
        "/gestione/richieste?page=99999999999999999999",
        "/attivita?tema=x&tipo=%F0%9F%92%A9&area=y&argomento=z&eta=99999999999999999999&page=99999999999999999999",
        "/attivita?eta=-1&posti=&passate=%00",
        "/gestione/attivita?stato=tutte&tipo=x&edizione=%F0%9F%92%A9&cerca=%25_%5C&page=99999999999999999999",
        "/gestione/attivita/robot/pianifica?vedi=1&giorno=9999-12-31&ora=x&durata=-1&persone=x&volte=999999999999",
        "/gestione/attivita/robot/pianifica?vedi=1&giorni=9&ogni=weekly&stanza=%F0%9F%92%A9",
        "/gestione/persone?cerca=%F0%9F%92%A9%25_%5C",
        "/area-personale/i-miei-dati/accessi?page=99999999999999999999",
    ],
)
def test_junk_in_an_address_is_never_an_error_of_ours(portal, query):
    _, clients = portal
    for role in ("visitor", "citizen", "manager", "administrator"):
        assert clients[role].get(query).status_code < 500, (role, query)
