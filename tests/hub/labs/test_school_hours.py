"""Hours for school: of each pupil in exact minutes, for the managers and for the school that enrolled them."""

from io import BytesIO

import sqlalchemy as sa
from openpyxl import load_workbook

from hub.clock import now
from hub.db import db
from hub.families.models import Participant, ParticipantView
from hub.labs import school_hours
from tests.hub.labs.attended import came, over, statements
from tests.hub.labs.makers import adult, child, mine, organisation, person
from tests.hub.labs.test_certificates import act, known

MINE, DESK = "/area-personale/ore-scuola", "/gestione/attivita/robot/ore-scuola"


def told(pupils) -> list[tuple]:
    """(activity, school, given name, minutes, of minutes, sessions, of sessions, whether they take part still)."""
    return [(one.activity.slug, one.school.name, one.participant.given_name, *one.dose, one.stays) for one in pupils]


def schools():
    """Two schools and their pupils in two activities; Ada came by herself."""
    liceo, ites = organisation("Liceo Palmieri", person("preside")), organisation("Ites Olivetti", person("vice"))
    person("gino", role="manager")
    robot, orto = over("robot", 120, 90), over("orto", 45)
    came(robot, adult("ada"), 120, 90)
    lia = child("lia", years=16)
    came(robot, lia, 119, 90, through=liceo)
    came(orto, lia, 45, through=liceo)
    came(robot, child("eva", years=17), 0, 30, through=ites)
    came(robot, child("ida", years=17), 0, 0, through=liceo)
    db.session.commit()
    return liceo, ites, robot, orto


def test_the_hours_of_an_activity_are_by_school_and_pupil_and_of_nobody_else(session):
    _liceo, _ites, robot, _orto = schools()
    assert told(school_hours.hours(activity=robot)) == [
        ("robot", "Ites Olivetti", "Eva", 30, 210, 1, 2, True),
        ("robot", "Liceo Palmieri", "Ida", 0, 210, 0, 2, True),
        ("robot", "Liceo Palmieri", "Lia", 209, 210, 2, 2, True),
    ]


def test_a_school_has_those_of_its_own_pupils_in_all_activities_in_few_statements(session):
    liceo, _ites, _robot, _orto = schools()
    session.expire_all()
    session.refresh(liceo)
    with statements() as asked:
        found = told(school_hours.hours(school=liceo))
    assert [row[:4] for row in found] == [
        ("orto", "Liceo Palmieri", "Lia", 45),
        ("robot", "Liceo Palmieri", "Ida", 0),
        ("robot", "Liceo Palmieri", "Lia", 209),
    ]
    assert len(asked) == 3


def test_who_left_keeps_the_hours_and_who_came_again_has_them_together(session):
    liceo, _ites, robot, _orto = schools()
    (lia,) = [one.participant for one in school_hours.hours(activity=robot) if one.dose.minutes == 209]
    first = mine(robot, lia)
    first.state, first.seat, first.ended_at, first.end_reason = "withdrawn", None, now(), "school"
    session.flush()
    assert told(school_hours.hours(activity=robot))[-1][3:] == (209, 210, 2, 2, False)
    again = came(robot, lia, through=liceo)
    assert again.id != first.id
    assert told(school_hours.hours(activity=robot))[-1][3:] == (209, 210, 2, 2, True)


def test_minutes_are_shown_as_hours_without_rounding():
    assert [school_hours.clock(minutes) for minutes in (0, 59, 60, 209, 13_200)] == ["0:00", "0:59", "1:00", "3:29", "220:00"]


def test_the_school_reads_and_takes_its_hours_in_its_own_name_alone(app):
    with app.app_context():
        liceo, *_ = schools()
        number = liceo.id
    operator = known(app, "preside")
    page = operator.page(MINE)
    assert "Agisci per la tua scuola" in page.text and "Lia" not in page.text
    assert [operator.get(f"{MINE}.{form}").status_code for form in ("csv", "xlsx")] == [404, 404]
    act(operator, number)
    page = operator.page(operator.page("/area-personale/iscrizioni").link("Ore per la scuola"))
    assert "Greco Lia" in page.text and "3:29" in page.text and "Eva" not in page.text and "Ada" not in page.text
    sheet = operator.get(page.link("CSV")).get_data(as_text=True)
    rows = [line.split(";") for line in sheet.lstrip("\ufeff").splitlines()]
    assert rows[0][2:6] == ['"Cognome"', '"Nome"', '"Ore e minuti di presenza"', '"Minuti di presenza"']
    assert rows[3] == ['"Liceo Palmieri"', '"Robot"', '"Greco"', '"Lia"', '"3:29"', "209", "210", "2", "2"]
    book = load_workbook(BytesIO(operator.get(page.link("XLSX")).data))
    assert [cell.value for cell in book.active[4]] == ["Liceo Palmieri", "Robot", "Greco", "Lia", "3:29", 209, 210, 2, 2]


def test_the_manager_reads_and_takes_those_of_an_activity(app):
    with app.app_context():
        schools()
    manager = known(app, "gino")
    page = manager.page(manager.page("/gestione/attivita/robot").link("Ore per la scuola"))
    assert page.path == DESK and "Greco Eva" in page.text and "Ites Olivetti" in page.text and "Ada" not in page.text
    assert "Eva" in manager.get(page.link("CSV")).get_data(as_text=True)
    assert load_workbook(BytesIO(manager.get(page.link("XLSX")).data)).active.max_row == 4


def test_where_no_school_enrolled_anybody_the_page_says_so(app):
    with app.app_context():
        person("gino", role="manager")
        over("robot", 60)
        db.session.commit()
    assert "Nessuna scuola ha iscritto" in known(app, "gino").page(DESK).text


def test_families_read_who_opened_the_hours_of_a_pupil_once_an_hour(app):
    with app.app_context():
        liceo, *_ = schools()
        number = liceo.id
    manager, operator = known(app, "gino"), known(app, "preside")
    act(operator, number)
    for page in (DESK, f"{DESK}.csv", f"{DESK}.xlsx"):
        assert manager.get(page).status_code == 200
    with app.app_context():
        assert looks() == [("Eva", "robot"), ("Ida", "robot"), ("Lia", "robot")]
    for page in (MINE, f"{MINE}.csv", f"{MINE}.xlsx"):
        assert operator.get(page).status_code == 200
    with app.app_context():
        assert looks()[3:] == [("Ida", ""), ("Lia", "")]


def looks() -> list[tuple[str, str]]:
    """(given name, of which activity) of each look that was noted."""
    found = sa.select(Participant.given_name, ParticipantView.ref).join(Participant)
    found = found.where(ParticipantView.what == "register")
    return sorted((tuple(row) for row in db.session.execute(found)), key=lambda look: (look[1] == "", look))
