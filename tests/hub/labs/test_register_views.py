"""The pages of the register without scripts, and what htmx asks for: on a phone in the room, at the door, from the paper."""

import csv
import io

import openpyxl
import pytest
import sqlalchemy as sa
import time_machine
from pypdf import PdfReader

from hub.clock import now
from hub.db import db
from hub.families import consents
from hub.families import service as families
from hub.families.models import Participant, ParticipantView
from hub.labs import attendance, enrolment, register, tickets
from hub.labs.models import Attendance, Session
from hub.labs.programme import activity_by
from tests.hub.labs.makers import DAY, HOUR, child, enrol, lab, meet, organisation, person
from tests.hub.labs.registers import course, keeper, put_back, told, works_in, written
from tests.hub.labs.test_staff import errors

ROBOT, DOOR = "/registro/robot", "/presenze"
HTMX = {"HX-Request": "true"}
SCANNED = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}  # as by a phone's camera
TRAINER, MANAGER, ANNA = "ada@posta.example", "gino@posta.example", "anna@posta.example"


@pytest.fixture
def enrolled(app) -> list[int]:
    """The numbers of the enrolments of Anna, Bruno and Carla in a course whose session began an hour ago."""
    with app.app_context():
        robot, found = course()
        works_in(robot, "ada")
        works_in(robot, "ugo", account=False)
        keeper()
        db.session.commit()
        return [one.id for one in found]


@pytest.fixture
def trainer(app, enrolled):
    return app.test_client().known_as(TRAINER)


def records(app, number: int = 1) -> list[tuple[str, str, int, bool]]:
    with app.app_context():
        return written(_session(number))


def _session(number: int = 1) -> Session:
    return next(one for one in activity_by("robot").sessions if one.number == number)


def standing(app, number: int = 1) -> tuple[str, int | None, str]:
    with app.app_context():
        one = _session(number)
        return one.state, one.minutes, one.reason


def sources(app) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Attendance.source).order_by(Attendance.id)))


def looks(app) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count(ParticipantView.id)))


# --- who may


def test_who_works_in_it_and_managers_keep_a_register_and_nobody_else(app, enrolled, client):
    with app.app_context():
        person("vera")
        key = enrolment.db.session.get(enrolment.Enrolment, enrolled[0]).key
        db.session.commit()
    pages = [ROBOT, f"{ROBOT}/1", f"{ROBOT}/ore", f"{ROBOT}/presenze.csv", f"{ROBOT}/1/foglio.pdf", f"{DOOR}/{key}", DOOR]
    for email, status in ((TRAINER, 200), (MANAGER, 200), (ANNA, 404), ("vera@posta.example", 404)):
        browser = app.test_client().known_as(email)
        assert {browser.get(page).status_code for page in pages} == {status}, email
    for page in pages:
        assert client.get(page).status_code == 303, page
    with app.app_context():
        next(one for one in activity_by("robot").trainers if one.person_id).ended_at = now()
        db.session.commit()
    assert app.test_client().known_as(TRAINER).get(f"{ROBOT}/1").status_code == 404


def test_the_staff_come_with_two_proofs_where_they_must_and_who_only_teaches_does_not(app, trainer):
    app.config["STAFF_SECOND_FACTOR"] = "required"
    manager = app.test_client().known_as(MANAGER)
    for page in (ROBOT, f"{ROBOT}/1", DOOR):
        assert manager.get(page).status_code == 303 and trainer.get(page).status_code == 200


def test_families_read_who_opened_the_register_once_an_hour(app, trainer):
    for _ in range(3):
        trainer.get(f"{ROBOT}/1")
    assert looks(app) == 3  # Anna, Bruno and Carla
    with time_machine.travel(now() + HOUR + HOUR / 60):
        app.test_client().known_as(TRAINER).get(ROBOT)
    assert looks(app) == 6
    anna = app.test_client().known_as(ANNA)
    assert "Il registro delle presenze (robot)" in anna.page(f"/area-personale/famiglia/{own(app)}/accessi").text


def own(app) -> int:
    with app.app_context():
        return db.session.scalars(sa.select(ParticipantView.participant_id).order_by(ParticipantView.id)).first()


# --- the sheet


def test_all_present_is_proposed_then_who_is_missing_is_changed_and_one_save_holds_the_session(app, trainer, enrolled):
    _anna, bruno, carla = enrolled
    page = trainer.page(f"{ROBOT}/1")
    assert page.form("/registro/robot/1").values.keys().isdisjoint({f"status-{one}" for one in enrolled})
    ready = trainer.page(page.link("Tutti presenti"))
    assert "Proposti presenti, non ancora salvati" in ready.text and records(app) == []
    form = ready.form("/registro/robot/1")
    assert {form.values[f"status-{one}"] for one in enrolled} == {"present"}
    saved = form.submit(**{f"status-{bruno}": "absent", f"status-{carla}": "late", f"minutes-{carla}": "95"})
    assert saved.status == 200 and "3 persone segnate" in saved.text
    assert records(app) == [("Anna", "present", 120, True), ("Bruno", "absent", 0, True), ("Carla", "late", 95, True)]
    assert standing(app) == ("held", 120, "")
    again = saved.form("/registro/robot/1").submit()
    assert "le presenze erano già così" in again.text and len(records(app)) == 3
    with app.app_context():
        assert len(told("session.held")) == 1 and told("event.voided") == []
        assert [(one.trainer.name, one.minutes) for one in register.hours(activity_by("robot"))] == [("Ada", 120), ("Ugo", 120)]


def test_a_register_of_41_takes_fewer_steps_than_41_and_5(app):
    """Links followed, choices changed, numbers typed, buttons pressed; with eight who are not simply there."""
    with app.app_context():
        robot, found = course(*(f"ragazzo{number}" for number in range(41)))
        works_in(robot, "ada")
        exceptions = {one.id: ("absent", "") for one in found[:5]} | {one.id: ("late", "100") for one in found[5:8]}
    trainer = app.test_client().known_as(TRAINER)
    form = trainer.page(trainer.page(f"{ROBOT}/1").link("Tutti presenti")).form("/registro/robot/1")
    steps, changed = 1, {}
    for number, (status, minutes) in exceptions.items():
        changed |= {f"status-{number}": status, f"minutes-{number}": minutes}
        steps += 2 if minutes else 1
    page = form.submit(**changed)
    steps += 1
    assert "41 persone segnate" in page.text and len(records(app)) == 41 and steps == 13 < 41 + 5


def test_nothing_is_lost_and_each_mistake_is_said_beside_its_line(app, trainer, enrolled):
    anna, bruno, carla = enrolled
    form = trainer.page(f"{ROBOT}/1?tutti=si").form("/registro/robot/1")
    wrong = {f"status-{anna}": "late", f"minutes-{bruno}": "tanti", f"status-{bruno}": "left_early", f"status-{carla}": "boh"}
    page = form.submit(minutes="90", **wrong)
    assert page.status == 422 and records(app) == [] and standing(app)[0] == "planned"
    assert "Scegli una voce dell'elenco" in page.text
    assert [words.partition(",")[0] for words in errors(page)] == [
        "Scrivi per quanti minuti c'era: da 1 a 89.",
        "Scrivi i minuti con un numero",
        "Scegli una voce dell'elenco: presente",
    ]
    kept = page.form("/registro/robot/1")
    assert (kept.values[f"status-{anna}"], kept.values[f"minutes-{bruno}"], kept.values["minutes"]) == ("late", "tanti", "90")
    page = kept.submit(**{f"minutes-{bruno}": "90", "minutes": "90"})
    assert page.status == 422 and len(errors(page)) == 2 and "non ancora segnate: 1" in page.text
    assert "Scrivi per quanti minuti c'era: da 1 a 89." in page.text
    page = page.form("/registro/robot/1").submit(
        **{f"minutes-{anna}": "1", f"minutes-{bruno}": "89", f"status-{carla}": "present", "minutes": "90"}
    )
    assert page.status == 200 and standing(app) == ("held", 90, "")
    assert records(app) == [("Anna", "late", 1, True), ("Bruno", "left_early", 89, True), ("Carla", "present", 90, True)]


@pytest.mark.parametrize("minutes", ["", "0", "x", "-1", "99999", "1441"])
def test_the_length_of_a_session_is_asked_for_again(app, trainer, minutes):
    page = trainer.page(f"{ROBOT}/1?tutti=si").form("/registro/robot/1").submit(minutes=minutes)
    assert page.status == 422 and records(app) == [] and "Quanti minuti è durato" in page.text


def test_a_session_is_held_only_with_everybody_written_down(app, trainer, enrolled):
    form = trainer.page(f"{ROBOT}/1").form("/registro/robot/1")
    page = form.submit(**{f"status-{enrolled[0]}": "present"})
    assert page.status == 422 and "Persone non ancora segnate: 2." in page.text and records(app) == []
    page = page.form("/registro/robot/1").submit(held=None)
    assert page.status == 200 and records(app) == [("Anna", "present", 120, True)] and standing(app)[0] == "planned"


def test_who_worked_and_for_how_long_is_said_with_the_register(app, trainer):
    with app.app_context():
        ada, ugo = (one.id for one in activity_by("robot").trainers)
    form = trainer.page(f"{ROBOT}/1?tutti=si").form("/registro/robot/1")
    page = form.submit(**{f"worked-{ada}": "500", f"worked-{ugo}": "x"})
    assert page.status == 422 and errors(page) == ["Scrivi i minuti con un numero, per esempio 45."]
    page = page.form("/registro/robot/1").submit(**{f"worked-{ada}": "500", f"works-{ugo}": None, f"worked-{ugo}": ""})
    assert page.status == 422 and "vanno da 1 a 120" in page.text and records(app) == []
    page = page.form("/registro/robot/1").submit(**{f"worked-{ada}": "60"})
    assert page.status == 200
    hours = trainer.page(f"{ROBOT}/ore")
    assert "1 ora" in hours.text and "Ugo" in hours.text
    rows = list(csv.reader(io.StringIO(trainer.get(f"{ROBOT}/ore.csv").text.lstrip("\ufeff")), delimiter=";"))
    assert [(row[0], row[2], row[3], row[4]) for row in rows[1:]] == [("Ada", "1", "60", "1"), ("Ugo", "0", "0", "0")]
    assert trainer.get(f"{ROBOT}/ore.xlsx").status_code == 200 and trainer.get(f"{ROBOT}/ore.doc").status_code == 404
    form = trainer.page(f"{ROBOT}/1").form("/registro/robot/1")
    assert (form.values[f"worked-{ada}"], f"works-{ugo}" in form.values) == ("60", False)


def test_another_length_later_moves_those_who_were_there_for_all_of_it(app, trainer, enrolled):
    trainer.page(f"{ROBOT}/1?tutti=si").form("/registro/robot/1").submit()
    page = trainer.page(f"{ROBOT}/1").form("/registro/robot/1").submit(minutes="100")
    assert page.status == 200 and standing(app) == ("held", 100, "")
    assert [row[2:] for row in records(app)] == [(120, False)] * 3 + [(100, True)] * 3


def test_how_long_it_was_and_who_worked_is_not_written_over_unseen(app, trainer, enrolled):
    whole = {f"status-{one}": "present" for one in enrolled}
    mine = trainer.page(f"{ROBOT}/1").form("/registro/robot/1").submit(**whole).form("/registro/robot/1")
    colleague = app.test_client().known_as(MANAGER)
    colleague.page(f"{ROBOT}/1").form("/registro/robot/1").submit(minutes="110")
    told_so = mine.submit()
    assert told_so.status == 422 and "ora risulta di 110 minuti" in " ".join(errors(told_so))
    assert standing(app) == ("held", 110, "") and records(app)[-1] == ("Carla", "present", 110, True)
    again = told_so.form("/registro/robot/1").submit()
    assert again.status == 200 and standing(app) == ("held", 120, "")  # now they know


def test_what_a_colleague_wrote_meanwhile_is_shown_before_it_is_written_over(app, trainer, enrolled):
    anna, bruno, _ = enrolled
    form = trainer.page(f"{ROBOT}/1?tutti=si").form("/registro/robot/1")
    manager = app.test_client().known_as(MANAGER)
    manager.page(f"{ROBOT}/1").form("/registro/robot/1").submit(held=None, **{f"status-{anna}": "absent"})
    page = form.submit(**{f"status-{bruno}": "excused"})
    assert page.status == 422 and "Nel frattempo qualcun altro l'ha segnato" in page.text and "Adesso: Assente." in page.text
    kept = page.form("/registro/robot/1")
    assert (kept.values[f"status-{anna}"], kept.values[f"status-{bruno}"]) == ("present", "excused")
    assert kept.submit().status == 200
    assert records(app)[:2] == [("Anna", "absent", 0, False), ("Anna", "present", 120, True)]


def test_a_line_saves_alone_with_htmx(app, trainer, enrolled):
    anna, bruno, _ = enrolled
    form = trainer.page(f"{ROBOT}/1").form("/registro/robot/1")
    sent = form.values | {f"status-{anna}": "late"}
    answer = trainer.post(f"{ROBOT}/1/{anna}", data=sent, headers=HTMX)
    assert answer.status_code == 422 and "<html" not in answer.text and "Scrivi per quanti minuti" in answer.text
    answer = trainer.post(f"{ROBOT}/1/{anna}", data=sent | {f"minutes-{anna}": "70"}, headers=HTMX)
    assert answer.status_code == 200 and f'id="row-{anna}"' in answer.text and "salvato" in answer.text
    assert f'id="row-{bruno}"' not in answer.text
    assert records(app) == [("Anna", "late", 70, True)] and standing(app)[0] == "planned"
    answer = trainer.post(f"{ROBOT}/1/{bruno}", data=form.values | {f"status-{bruno}": "absent"})
    assert answer.status_code == 303 and answer.location.endswith(f"{ROBOT}/1#row-{bruno}")
    assert trainer.post(f"{ROBOT}/1/{bruno}", data=form.values).status_code == 422  # nothing chosen
    assert trainer.post(f"{ROBOT}/1/999999", data=form.values).status_code == 404


def test_the_paper_is_typed_later_with_its_source_and_the_day_of_the_session(app, trainer, enrolled):
    with time_machine.travel(now() + 40 * DAY, tick=False):
        later = app.test_client().known_as(TRAINER)
        form = later.page(f"{ROBOT}/1?tutti=si&carta=si").form("/registro/robot/1")
        assert form.values["paper"] == "y"
        assert form.submit().status == 200
    assert sources(app) == ["paper"] * 3
    with app.app_context():
        starts = _session().starts_at
        assert all(line.ts_event == starts and line.ts_recorded > starts + 39 * DAY for line in told("attendance.recorded"))


def test_the_sheet_to_be_signed_names_who_is_expected_and_is_a_tagged_pdf(app, trainer):
    answer = trainer.get(f"{ROBOT}/1/foglio.pdf")
    assert answer.mimetype == "application/pdf" and 'filename="foglio-robot.01.pdf"' in answer.headers["Content-Disposition"]
    paper = PdfReader(io.BytesIO(answer.data))
    words = paper.pages[0].extract_text()
    assert all(name in words for name in ("Anna Greco", "Bruno Greco", "Carla Greco", "Ada", "Ugo", "robot.01", "Firma"))
    assert paper.trailer["/Root"]["/MarkInfo"]["/Marked"] and paper.trailer["/Root"]["/Lang"] == "it"


def test_before_it_begins_a_register_takes_marks_and_nothing_else(app, enrolled):
    with app.app_context():
        meet(activity_by("robot"), now() + HOUR / 2)
        meet(activity_by("robot"), now() + DAY)
        db.session.commit()
    trainer = app.test_client().known_as(TRAINER)
    page = trainer.page(f"{ROBOT}/2")
    assert "L'incontro si è svolto" not in page.text and "Non si è svolto" not in page.text
    form = page.form("/registro/robot/2")
    assert form.submit(held="y", minutes="120", **{f"status-{enrolled[0]}": "present"}).status == 200
    assert records(app, 2) == [("Anna", "present", 120, True)] and standing(app, 2)[0] == "planned"
    early = trainer.page(f"{ROBOT}/3")
    assert "Il registro si apre un'ora prima" in early.text and "Anna Greco" in early.text
    assert trainer.post(f"{ROBOT}/3", data=form.values | {f"seen-{enrolled[0]}": "0"}).status_code == 422


def test_a_session_that_did_not_take_place_and_a_register_that_is_opened_again(app, trainer):
    trainer.page(f"{ROBOT}/1?tutti=si").form("/registro/robot/1").submit()
    page = trainer.page(trainer.page(f"{ROBOT}/1").link("Non si è svolto"))
    assert "Persone già segnate in questo registro: 3" in page.text
    assert page.form("non-svolto").submit(reason=" ").status == 422
    page = page.form("non-svolto").submit(reason="Allagamento")
    assert page.path == ROBOT and "Allagamento" in page.text and standing(app) == ("not_held", None, "Allagamento")
    assert {row[3] for row in records(app)} == {False}
    sheet = trainer.page(f"{ROBOT}/1")
    assert "Allagamento" in sheet.text and "Tutti presenti" not in sheet.text
    opened = sheet.form("riapri").submit()
    assert "Registro riaperto" in opened.text and standing(app) == ("planned", None, "")
    assert trainer.page(f"{ROBOT}/1?tutti=si").form("/registro/robot/1").submit().status == 200


def test_an_event_without_enrolment_has_a_register_of_who_works(app, client):
    with app.app_context():
        robot, _ = course()
        robot.takes_part = "none"
        works_in(robot, "ada")
    trainer = client.known_as(TRAINER)
    page = trainer.page(f"{ROBOT}/1")
    assert "Chi ci ha lavorato" in page.text and "Tutti presenti" not in page.text


# --- at the end


def test_whoever_keeps_the_register_reads_to_whom_a_minor_is_given_on_the_days_around(app):
    with app.app_context():
        rosa = person("rosa")
        kid = child("lino", rosa)
        kid.emergency_name, kid.emergency_phone = "Nonna Ada", "0832 777777"
        families.add_pickup(kid, name="Zia Mara", phone="0832 111222", by=rosa)
        gone = families.add_pickup(kid, name="Zio Ugo", phone="", by=rosa)
        families.end_pickup(kid, gone.id, by=rosa)
        robot, (grown,) = course("anna")
        (small,) = enrol(robot, kid, by=rosa)
        put_back(small, now() - 2 * DAY)
        works_in(robot, "ada")
        attendance.mark(robot.sessions[0], grown, "present", by=rosa)
        kid_id, tomorrow = kid.id, robot.sessions[0].ends_at + DAY
        db.session.commit()
    page = app.test_client().known_as(TRAINER).page(f"{ROBOT}/1/uscita")
    assert "Ne risponde: Rosa Greco." in page.text and "Zia Mara" in page.text and "Zio Ugo" not in page.text
    assert "0832 777777" in page.text and "solo con un adulto" in page.text and page.text.count("è qui") == 1
    with app.app_context():
        kid = db.session.get(Participant, kid_id)
        consents.give_consent(kid, "leave_alone", by=kid.guardianships[0].guardian)
        db.session.commit()
    trainer = app.test_client().known_as(TRAINER)
    assert "può uscire da solo" in trainer.page(trainer.page(f"{ROBOT}/1").link("All'uscita")).text
    looked = app.test_client().known_as("rosa@posta.example").page(f"/area-personale/famiglia/{kid_id}/accessi")
    assert "A chi può essere affidato all'uscita (robot)" in looked.text
    with time_machine.travel(tomorrow + DAY, tick=False):
        late = app.test_client().known_as(TRAINER)
        closed = late.page(f"{ROBOT}/1/uscita")
        assert closed.status == 403 and "Zia Mara" not in closed.text and "All'uscita" not in late.page(f"{ROBOT}/1").text
    assert app.test_client().known_as("rosa@posta.example").get(f"{ROBOT}/1/uscita").status_code == 404


# --- the whole


def test_the_whole_register_on_a_page_and_as_files(app, trainer, enrolled):
    with app.app_context():
        meet(activity_by("robot"), now() + DAY)
        db.session.commit()
    form = trainer.page(f"{ROBOT}/1?tutti=si").form("/registro/robot/1")
    form.submit(**{f"status-{enrolled[1]}": "excused", f"status-{enrolled[2]}": "late", f"minutes-{enrolled[2]}": "90"})
    page = trainer.page(ROBOT)
    assert "presenti: 2" in page.text and "1 incontri su 1, 90 minuti su 120" in page.text and "90/120" in page.text
    rows = list(csv.reader(io.StringIO(trainer.get(f"{ROBOT}/presenze.csv").text.lstrip("\ufeff")), delimiter=";"))
    assert [(row[0], *row[3:]) for row in rows[1:]] == [
        ("robot.01", "Anna Greco", "Presente", "120"),
        ("robot.01", "Bruno Greco", "Assente giustificato", "0"),
        ("robot.01", "Carla Greco", "In ritardo", "90"),
    ]
    book = openpyxl.load_workbook(io.BytesIO(trainer.get(f"{ROBOT}/presenze.xlsx").data))
    assert book.sheetnames == ["Registro delle presenze", "Presenze", "Incontri"]
    table = [[cell.value for cell in row] for row in book["Registro delle presenze"]]
    assert table[3] == ["Carla Greco", "In ritardo (90)", None, 90, 120, 1, 1]
    assert [row[4].value for row in book["Incontri"]] == ["Minuti", 120, None]


def test_a_manager_finishes_an_activity_from_its_page(app, trainer, enrolled):
    manager = app.test_client().known_as(MANAGER)
    desk = manager.page("/gestione/attivita/robot")
    assert desk.link("Registro") == ROBOT
    assert "il registro resta aperto" in desk.form("concludi").submit().text
    trainer.page(f"{ROBOT}/1?tutti=si").form("/registro/robot/1").submit(**{f"status-{enrolled[1]}": "absent"})
    assert "Attività conclusa" in manager.page("/gestione/attivita/robot").form("concludi").submit().text
    with app.app_context():
        states = sa.select(enrolment.Enrolment.state).order_by(enrolment.Enrolment.id)
        assert list(db.session.scalars(states)) == ["completed", "enrolled", "completed"]


def test_whoever_works_somewhere_finds_their_registers_in_the_personal_area(app, trainer):
    page = trainer.page("/area-personale")
    assert trainer.page(page.link("I miei registri")).link("Robot") == ROBOT
    anna = app.test_client().known_as(ANNA)
    assert "I miei registri" not in anna.page("/area-personale").text
    assert "Nessun registro" in anna.page("/registro").text


# --- at the door


def key_of(app, id: int) -> tuple[str, str]:
    with app.app_context():
        found = db.session.get(enrolment.Enrolment, id)
        return found.key, tickets.code_of(found)


def test_the_qr_says_who_is_here_and_it_is_taken_back(app, trainer, enrolled):
    key, _code = key_of(app, enrolled[0])
    page = trainer.page(f"{DOOR}/{key}", headers=SCANNED)
    assert "Anna Greco" in page.text and "È qui" in page.text
    assert records(app) == [("Anna", "present", 120, True)] and sources(app) == ["qr"]
    trainer.page(f"{DOOR}/{key}", headers=SCANNED)
    assert len(records(app)) == 1
    undone = page.form("togli").submit()
    assert "Presenza tolta" in undone.text and "non ancora segnato" in undone.text
    assert records(app) == [("Anna", "present", 120, False)]
    assert "non ancora segnato" in trainer.page(f"{DOOR}/{key}", headers=SCANNED).text and len(records(app)) == 1
    assert "È qui" in undone.form(key).submit().text and len(records(app)) == 2


@pytest.mark.parametrize(
    "headers",
    [
        SCANNED | {"Sec-Fetch-Site": "cross-site"},
        SCANNED | {"Sec-Fetch-Site": "same-site"},
        SCANNED | {"Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"},
        SCANNED | {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"},
        SCANNED | {"Sec-Purpose": "prefetch;prerender"},
        {},
    ],
    ids=["another site", "a neighbour site", "an image", "a script", "a browser that guesses", "an old browser"],
)
def test_what_nobody_scanned_marks_nobody_until_a_button_is_pressed(app, trainer, enrolled, headers):
    key, _code = key_of(app, enrolled[0])
    page = trainer.page(f"{DOOR}/{key}", headers=headers)
    assert page.status == 200 and "non ancora segnato" in page.text and records(app) == []
    assert "È qui" in page.form(key).submit().text and records(app) == [("Anna", "present", 120, True)]


def test_the_qr_of_an_organisation_says_that_it_is_here(app):
    with app.app_context():
        robot, operator = lab(takes_part="organisation"), person("olga")
        works_in(robot, "ada")
        operator.acting_as = organisation("Ruote Leggere", operator)
        made = enrolment.enrol_organisation(robot, operator.acting_as, {}, by=operator)
        first = robot.sessions[0]
        first.starts_at, first.ends_at = now() - HOUR, now() + HOUR
        put_back(made, now() - 10 * DAY)
        db.session.commit()
        number = made.id
    page = app.test_client().known_as(TRAINER).page(f"{DOOR}/{key_of(app, number)[0]}", headers=SCANNED)
    assert page.status == 200 and "Ruote Leggere" in page.text and "È qui" in page.text and sources(app) == ["qr"]


def test_a_code_is_typed_at_the_door(app, trainer, enrolled):
    key, code = key_of(app, enrolled[1])
    page = trainer.page(DOOR)
    assert "Robot" in page.text
    assert "Nessuno di chi aspettiamo adesso" in page.form("presenze").submit(code="ZZZZ-ZZZZ").text
    there = page.form("presenze").submit(code=code.lower().replace("-", " "))
    assert there.path == f"{DOOR}/{key}" and "Bruno Greco" in there.text
    assert records(app) == [("Bruno", "present", 120, True)] and sources(app) == ["code"]


def test_the_qr_of_who_left_and_of_an_activity_without_a_session_now_is_explained(app, enrolled):
    with app.app_context():
        anna = db.session.get(enrolment.Enrolment, enrolled[0])
        anna.state, anna.seat, anna.ended_at, anna.end_reason = "withdrawn", None, now() - 2 * HOUR, "moved"
        db.session.commit()
    trainer = app.test_client().known_as(TRAINER)
    page = trainer.page(f"{DOOR}/{key_of(app, enrolled[0])[0]}", headers=SCANNED)
    assert page.status == 200 and "Non ha un posto in questa attività" in page.text and records(app) == []
    with time_machine.travel(now() + DAY, tick=False):
        page = app.test_client().known_as(TRAINER).page(f"{DOOR}/{key_of(app, enrolled[1])[0]}", headers=SCANNED)
        assert "Adesso non c'è un incontro" in page.text and records(app) == []


def test_whoever_is_enrolled_finds_the_qr_on_the_page_of_the_enrolment(app, enrolled):
    key, code = key_of(app, enrolled[0])
    page = app.test_client().known_as(ANNA).page(f"/area-personale/iscrizioni/{enrolled[0]}")
    assert f"di' il codice {code}" in page.text and "<svg" in page.html and key not in page.html
