"""Certificates: issued from the register, to one or to all, never rewritten, checked by anybody without naming anybody."""

from io import BytesIO

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlalchemy.exc import IntegrityError

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.families import service as families
from hub.families.models import Participant, ParticipantView
from hub.labs import certificates
from hub.labs.certificates import LENGTH, SIGNS, code_of, grouped, is_named, issue, issue_all, lines, new_code, revoke
from hub.labs.models import Activity, Certificate, Enrolment
from tests.hub.labs.attended import came, correct, over, statements
from tests.hub.labs.makers import DAY, adult, child, meet, organisation, person, refused, told

CODE = "3467-89AC-DEFG-HJKM"


# --- codes


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        "346789acdefghjkm",
        " 3467 89AC DEFG HJKM ",
        "3467–89AC–DEFG–HJKM",
        f"https://hub.example/attestati/{CODE}/",
    ],
)
def test_a_code_is_the_same_however_it_is_typed(typed):
    assert code_of(typed) == "346789ACDEFGHJKM"


@pytest.mark.parametrize(
    "typed", ["", "3467-89AC-DEFG-HJK", CODE + "M", "O467-89AC-DEFG-HJKM", "3467-89AC-DEFG-HJK1", "/", "attestati"]
)
def test_what_is_no_code_is_told_from_one(typed):
    assert code_of(typed) is None


def test_codes_are_hard_to_guess_and_have_no_sign_that_reads_as_another():
    assert len(SIGNS) ** LENGTH > 2**60 and not set(SIGNS) & set("01OILSZ25BUV8") - set("8V")
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500 and all(code_of(grouped(code)) == code for code in codes)


# --- issuing


@pytest.fixture
def manager(session) -> Person:
    return person("gino", role="manager")


@pytest.fixture
def robot(session) -> Activity:
    """Three hours held: Ada was there all the time, Ugo for 135 minutes, Eva for 134, Ida for none."""
    made = over("robot", 120, 60)
    for name, minutes in (("ada", (120, 60)), ("ugo", (120, 15)), ("eva", (120, 14)), ("ida", (0, 0))):
        came(made, adult(name), *minutes)
    session.commit()
    return made


def of(activity: Activity, name: str) -> Enrolment:
    return next(line.enrolment for line in lines(activity) if certificates.called(line.enrolment).startswith(name))


def issued(activity: Activity) -> list[tuple[str, str, int, int, bool]]:
    """(given name, kind, minutes, of minutes, whether it is good) of each certificate, by name."""
    return [
        (line.enrolment.participant.given_name, one.kind, one.minutes, one.of_minutes, one.revoked_at is None)
        for line in lines(activity)
        for one in line.papers
    ]


def test_all_that_reach_the_share_get_one_and_are_told_and_the_second_time_nothing_happens(robot, manager, session):
    assert issue_all(robot, "attendance", 75, by=manager) == (2, 0, 0)
    session.commit()
    assert issued(robot) == [("Ada", "attendance", 180, 180, True), ("Ugo", "attendance", 135, 180, True)]
    assert told() == [("certificate", "Ada"), ("certificate", "Ugo")]
    assert issue_all(robot, "attendance", 75, by=manager) == (0, 2, 0)
    assert issue_all(robot, "attendance", 1, by=manager) == (1, 2, 0)
    assert [row[0] for row in issued(robot)] == ["Ada", "Eva", "Ugo"] and len(told()) == 3


def test_one_gets_theirs_below_the_share_but_not_without_a_minute(robot, manager, session):
    paper = issue(of(robot, "Eva"), "attendance", by=manager)
    assert (paper.minutes, paper.of_minutes, paper.issued_by_id) == (134, 180, manager.id)
    assert issue(of(robot, "Eva"), "attendance", by=manager).id == paper.id
    assert refused(issue, of(robot, "Ida"), "attendance", by=manager).rule == "presence"
    assert refused(issue, of(robot, "Eva"), "other", by=manager).rule == "kind"
    assert len(told()) == 1


def test_who_has_left_gets_none(robot, manager, session):
    ugo = of(robot, "Ugo")
    ugo.state, ugo.seat, ugo.ended_at, ugo.end_reason = "withdrawn", None, now(), "other"
    session.flush()
    assert refused(issue, ugo, "attendance", by=manager).rule == "presence"
    assert issue_all(robot, "attendance", 1, by=manager).new == 2


def test_the_register_must_be_complete_and_something_must_have_been_held(robot, manager, session):
    meet(robot, now() + DAY)
    session.commit()
    session.refresh(robot, ["sessions"])
    assert refused(issue_all, robot, "attendance", 75, by=manager).rule == "unrecorded"
    assert refused(issue, of(robot, "Ada"), "attendance", by=manager).rule == "unrecorded"
    for one in robot.sessions:
        one.state, one.minutes, one.reason = "not_held", None, "Sciopero"
    session.flush()
    assert refused(issue_all, robot, "attendance", 75, by=manager).rule == "not-held"


@pytest.mark.parametrize("percent", [0, 101, None, -5])
def test_a_share_that_is_none_is_refused(robot, manager, percent):
    assert (told := refused(issue_all, robot, "attendance", percent, by=manager)).rule == "percent" and told.field == "percent"


def test_a_corrected_register_shows_what_no_longer_holds_and_nothing_is_rewritten(robot, manager, session):
    issue_all(robot, "attendance", 75, by=manager)
    ada = of(robot, "Ada")
    correct(ada, robot.sessions[0], 60)
    session.commit()
    (line,) = [one for one in lines(robot) if one.enrolment.id == ada.id]
    assert not line.holds(line.papers[0]) and line.papers[0].minutes == 180
    assert refused(issue, ada, "attendance", by=manager).rule == "differs"
    assert issue_all(robot, "attendance", 60, by=manager) == (1, 1, 1)
    revoke(line.papers[0], " Registro corretto ")
    assert refused(revoke, line.papers[0], "Ancora").rule == "revoked"
    session.commit()
    new = issue(ada, "attendance", by=manager)
    session.commit()
    assert [row[2:] for row in issued(robot) if row[0] == "Ada"] == [(180, 180, False), (120, 180, True)]
    assert new.code != line.papers[0].code and ("certificate_revoked", "Ada") in told()


def test_a_certificate_is_revoked_with_a_reason(robot, manager, session):
    paper = issue(of(robot, "Ada"), "attendance", by=manager)
    assert refused(revoke, paper, "  ").rule == "reason" and refused(revoke, paper, "x" * 301).rule == "reason"
    assert paper.revoked_at is None


def test_hours_for_school_are_for_whom_a_school_enrolled(robot, manager, session):
    school = organisation("Liceo Palmieri", person("preside"))
    pupil = came(robot, child("lia", years=16), 90, 60, through=school)
    session.commit()
    assert refused(issue, of(robot, "Ada"), "pcto", by=manager).rule == "school"
    assert issue_all(robot, "pcto", 75, by=manager) == (1, 0, 0)
    assert issue(pupil, "attendance", by=manager).kind == "attendance"
    assert issued(robot) == [("Lia", "pcto", 150, 180, True), ("Lia", "attendance", 150, 180, True)]
    assert told() == [("certificate", "Preside")] * 2  # of a pupil of whom nobody answers here, the school is told


def test_of_each_kind_one_is_good_whoever_writes_to_the_database(robot, manager, session):
    paper = issue(of(robot, "Ada"), "attendance", by=manager)
    same = {"enrolment_id": paper.enrolment_id, "kind": "attendance", "minutes": 1, "of_minutes": 2, "issued_by_id": manager.id}
    session.add(Certificate(**same, code=new_code(), issued_at=now()))
    with pytest.raises(IntegrityError):
        session.flush()


def test_an_organisation_has_its_own(session, manager):
    path = over("cap", 60, takes_part="organisation")
    firm = organisation("Sprint", person("rita"))
    one = came(path, firm, 45)
    session.commit()
    paper = issue(one, "attendance", by=manager)
    assert is_named(paper, "SPRINT") and not is_named(paper, "Altra") and told() == [("certificate", "Rita")]


def test_the_desk_asks_for_few_statements_however_many_there_are(robot, manager, session):
    def cost() -> int:
        session.expire_all()
        with statements() as asked:
            lines(robot)
        return len(asked)

    few = cost()
    for number in range(8):
        came(robot, adult(f"altra{number}"), 120, 60)
    issue_all(robot, "attendance", 75, by=manager)
    session.commit()
    assert cost() <= few + 1


# --- names


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("Ada Greco", True),
        ("greco ADA", True),
        ("  ada   greco ", True),
        ("Àda Gréco", True),
        ("Ada", False),
        ("Greco", False),
        ("Ida Greco", False),
        ("—", False),
        ("", False),
    ],
)
def test_a_name_is_right_or_wrong_however_it_is_written(robot, manager, said, right):
    assert is_named(issue(of(robot, "Ada"), "attendance", by=manager), said) is right


# --- the pages


@pytest.fixture
def shown(app):
    """An activity with a child of Rosa's, who has a certificate; (its code, the number of the enrolment)."""
    with app.app_context():
        rosa, gino = person("rosa"), person("gino", role="manager")
        person("ugo")
        robot = over("robot", 120, 60)
        enrolled = came(robot, child("canarina", rosa), 120, 30, by=rosa)
        came(robot, child("lontana", person("lia")), 0, 0, by=gino)
        paper = issue(enrolled, "attendance", by=gino)
        db.session.commit()
        return grouped(paper.code), enrolled.id


def known(app, name: str):
    return app.test_client().known_as(f"{name}@posta.example")


def words_of(paper: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(paper)).pages).split())


def test_everybody_may_ask_whether_a_certificate_is_genuine_and_nobody_is_named(shown, client):
    code, _ = shown
    page = client.page(f"/attestati?codice={code.lower().replace('-', ' ')}")
    assert page.path == f"/attestati/{code}" and "Attestato autentico" in page.text and "Robot" in page.text
    assert "2 ore e 30 minuti su 3 ore svolte" in page.text
    assert "canarina" not in page.html.lower() and "greco" not in page.html.lower() and "rosa" not in page.html.lower()


@pytest.mark.parametrize("typed", ["3467-89AC-DEFG-HJKM", "ciao", "%C3%A8", "x" * 150])
def test_a_code_that_nobody_has_is_told_in_words_and_may_be_typed_again(shown, client, typed):
    page = client.page(f"/attestati?codice={typed}")
    assert page.status == 422 and "Nessun attestato ha questo codice" in page.text
    lost = client.page(f"/attestati/{typed}")
    assert lost.status == 404 and "Nessun attestato ha questo codice" in lost.text


def test_no_code_asked_for_is_told_beside_the_field(client):
    page = client.page("/attestati?codice=")
    assert page.status == 422 and "Scrivi il codice che sta sull'attestato" in page.text
    assert client.page("/attestati").status == 200


def test_whoever_has_read_the_name_is_told_whether_it_is_the_right_one(shown, app, client):
    code, _ = shown
    page = client.page(f"/attestati/{code}")
    right = page.form().submit(name="canarina GRECO")
    assert right.status == 200 and "Sì: l'attestato è di questa persona" in right.text
    wrong = page.form().submit(name="Altra Persona")
    assert wrong.status == 200 and "No: l'attestato non è di questa persona" in wrong.text and "Canarina" not in wrong.html
    assert "Sì:" in known(app, "rosa").page(f"/attestati/{code}").form().submit(name="Greco Canarina").text
    empty = page.form().submit(name=" ")
    assert empty.status == 422 and "Scrivi il nome che leggi" in empty.text


def test_families_read_who_opened_the_list_of_the_certificates(shown, app):
    desk = known(app, "gino")
    for _ in range(2):
        assert "Canarina" in desk.get("/gestione/attivita/robot/attestati").text
    with app.app_context():
        looks = sa.select(Participant.given_name, ParticipantView.what, ParticipantView.ref).join(Participant)
        told = sorted(tuple(row) for row in db.session.execute(looks))
    assert told == [("Canarina", "enrolments", "robot"), ("Lontana", "enrolments", "robot")]


def test_names_cannot_be_tried_one_after_the_other(shown, client):
    code, _ = shown
    page = client.page(f"/attestati/{code}")
    answers = [page.form().submit(name=f"Nome {number}").status for number in range(11)]
    assert answers == [200] * 10 + [429]
    last = page.form().submit(name="Canarina Greco")
    assert last.status == 429 and "Troppi tentativi" in last.text and "Sì:" not in last.text


def test_a_revoked_one_says_so_without_the_reason_and_cannot_be_taken_any_more(shown, app, client):
    code, number = shown
    with app.app_context():
        revoke(certificates.certificate_by(code), "Canarina non c'era")
        db.session.commit()
    page = client.page(f"/attestati/{code}")
    assert "Attestato revocato" in page.text and "Canarina" not in page.html and "Controlla il nome" not in page.text
    rosa = known(app, "rosa")
    own = rosa.page(f"/area-personale/iscrizioni/{number}")
    assert "revocato" in own.text and "Canarina non c'era" in own.text and "Scarica il PDF" not in own.text
    assert "non si può più scaricare" in rosa.page(f"/area-personale/iscrizioni/{number}/attestati/{code}.pdf").text


def test_of_who_was_erased_the_paper_stays_genuine_and_has_no_name(shown, app, client):
    code, number = shown
    with app.app_context():
        families.erase(db.session.get(Enrolment, number).participant)
        db.session.commit()
    page = client.page(f"/attestati/{code}")
    assert "Attestato autentico" in page.text and "il nome non si può più controllare" in page.text
    gone = known(app, "gino").page(f"/gestione/attivita/robot/attestati/{code}.pdf")
    assert gone.path == "/gestione/attivita/robot/attestati" and "ha cancellato i suoi dati" in gone.text
    assert "non corrisponde più al registro" not in gone.text  # there is nothing to revoke it for


def test_the_guardian_takes_a_tagged_paper_with_the_hours_and_the_code(shown, app):
    code, number = shown
    rosa = known(app, "rosa")
    answer = rosa.get(rosa.page(f"/area-personale/iscrizioni/{number}").link("Scarica il PDF"))
    assert answer.mimetype == "application/pdf"
    root = PdfReader(BytesIO(answer.data)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "it" and "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_data()
    told = words_of(answer.data)
    for words in (
        "Canarina Greco",
        "Robot",
        "2 ore e 30 minuti su 3 ore svolte",
        code,
        f"/attestati/{code}",
        "Attestato di partec",
    ):
        assert words in told, words
    with app.app_context():
        db.session.scalars(sa.select(Person).filter_by(email="rosa@posta.example")).one().language = "en"
        db.session.commit()
    english = rosa.get(answer.request.path)
    assert PdfReader(BytesIO(english.data)).trailer["/Root"]["/Lang"] == "en" and "/attestati/" in words_of(english.data)


def test_the_school_that_enrolled_a_pupil_takes_the_paper_and_others_do_not(app):
    with app.app_context():
        preside, gino = person("preside"), person("gino", role="manager")
        school = organisation("Liceo Palmieri", preside)
        person("ugo")
        pupil = came(over("robot", 120), child("lia", years=16), 60, through=school, by=preside)
        code, number = grouped(issue(pupil, "pcto", by=gino).code), pupil.id
        db.session.commit()
        chosen = school.id
    path = f"/area-personale/iscrizioni/{number}/attestati/{code}.pdf"
    operator = known(app, "preside")
    assert operator.get(path).status_code == 404  # not in their own name
    act(operator, chosen)
    words = words_of(operator.get(path).data)
    assert "Lia Greco" in words and "Liceo Palmieri" in words and "1 ora su 2 ore svolte" in words
    assert [known(app, name).get(path).status_code for name in ("ugo", "gino")] == [404, 404]


def act(client, organisation_id: int) -> None:
    """Act in the name of an organisation from now on."""
    client.page("/area-personale/organizzazioni").form("agisci").submit(organisation=str(organisation_id))


def test_the_manager_issues_corrects_and_revokes_at_the_desk(shown, app):
    _code, number = shown
    manager = known(app, "gino")
    page = manager.page(manager.page("/gestione/attivita/robot").link("Attestati"))
    assert "Canarina Greco" in page.text and "83%" in page.text and "nessuna presenza" in page.text
    done = page.form("attestati").submit(kind="attendance", percent="75")
    assert "Attestati nuovi: 0. Già emessi: 1." in done.text
    wrong = page.form("attestati").submit(kind="attendance", percent="0")
    assert wrong.status == 422 and "Scrivi un numero intero da 1 a 100" in wrong.text
    assert page.form("attestati").submit(kind=None, percent="75").status == 422
    paper = manager.get(page.link("Scarica"))
    assert "Canarina Greco" in words_of(paper.data)
    with app.app_context():
        one = db.session.get(Enrolment, number)
        correct(one, one.activity.sessions[1], 0)
        db.session.commit()
    stale = manager.page("/gestione/attivita/robot/attestati")
    assert "1 attestato non dice più le ore" in stale.text and "non corrisponde più al registro" in stale.text
    asked = manager.page(stale.link("Revoca"))
    assert asked.form("revoca").submit(reason="").status == 422
    revoked = asked.form("revoca").submit(reason="Registro corretto")
    assert "Attestato revocato" in revoked.text and "Registro corretto" in revoked.text
    assert "già revocato" in asked.form("revoca").submit(reason="Di nuovo").text
    again = revoked.form(f"attestati/{number}").submit()
    assert "Attestato emesso" in again.text and "2 ore" in again.text
    with app.app_context():
        papers = db.session.scalars(sa.select(Certificate).order_by(Certificate.id)).all()
        assert [(one.minutes, one.revoked_at is None) for one in papers] == [(150, False), (120, True)]
        looks, _ = families.views_of(db.session.get(Enrolment, number).participant)
        assert [(one.what, one.ref) for one in looks] == [("certificate", "robot"), ("enrolments", "robot")]


def test_issuing_to_one_that_may_have_none_says_why(shown, app):
    manager = known(app, "gino")
    with app.app_context():
        other = db.session.scalars(sa.select(Enrolment.id).order_by(Enrolment.id.desc())).first()
    page = manager.page("/gestione/attivita/robot/attestati")
    token = page.form("attestati").values["csrf_token"]
    answer = manager.post(
        f"/gestione/attivita/robot/attestati/{other}", data={"csrf_token": token, "kind": "attendance"}, follow_redirects=True
    )
    assert "presente almeno un minuto" in answer.text
    lost = manager.post("/gestione/attivita/robot/attestati/999", data={"csrf_token": token, "kind": "attendance"})
    assert lost.status_code == 404
