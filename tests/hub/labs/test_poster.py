"""The poster of an activity: a tagged sheet that says what one must know, and a code that leads to its page."""

from io import BytesIO
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from hub.clock import now
from hub.db import db
from hub.labs.cover import DRAWINGS, cover, printed
from tests.hub.labs.makers import DAY, lab, meet

POSTER = "/attivita/robot/locandina.pdf"
TOLD = {
    "title": {"it": "Robot in officina", "en": "Robots in the workshop"},
    "summary": {"it": "Costruiamo un robot.", "en": "We build a robot."},
    "audience": {"it": "Ragazze e ragazzi."},
    "age_min": 11,
    "age_max": 17,
}


def made(*, sessions: int = 1, **columns):
    row = lab("robot", **TOLD | columns)
    for number in range(1, sessions):
        meet(row, now() + (20 + 7 * number) * DAY)
    db.session.commit()
    return row


def read(client, **headers: str) -> tuple[str, PdfReader]:
    answer = client.get(POSTER, headers=headers)
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    reader = PdfReader(BytesIO(answer.data))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split()), reader


def test_it_says_what_when_where_for_whom_and_how_much(app, client):
    with app.app_context():
        made(cost_cents=1250)
    words, reader = read(client)
    for told in ("Robot in officina", "Costruiamo un robot.", "da 11 a 17 anni. Ragazze e ragazzi.", "12,50", "Lecce", "fino a"):
        assert told in words, told
    assert "/attivita/robot" in words and len(reader.pages) == 1
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "it" and root["/MarkInfo"]["/Marked"] and b"pdfuaid" in root["/Metadata"].get_data()
    width, height = (round(float(side)) for side in reader.pages[0].mediabox[2:])
    assert (width, height) == (595, 842)


def test_it_speaks_the_reader_s_language(app, client):
    with app.app_context():
        made()
    words, reader = read(client, **{"Accept-Language": "en"})
    assert "Robots in the workshop" in words and "We build a robot." in words and reader.trailer["/Root"]["/Lang"] == "en"


def test_many_dates_are_counted_and_the_first_is_told(app, client):
    with app.app_context():
        made(sessions=9)
    words, _ = read(client)
    assert "9 incontri" in words and "Si comincia" in words


def test_what_is_elsewhere_or_called_off_says_so(app, client):
    with app.app_context():
        row = made(state="cancelled", takes_part="none")
        row.sessions[0].place = "Piazza Sant'Oronzo"
        db.session.commit()
    words, _ = read(client)
    assert "Annullata" in words and "Piazza Sant'Oronzo" in words and "ex officina" not in words
    assert "Si viene senza iscrizione." in words


def test_a_name_that_is_longer_than_a_line_still_makes_a_sheet(app, client):
    with app.app_context():
        made(title={"it": "Parolona " * 12 + "🤖"}, summary={"it": "Frase lunga. " * 25}, sessions=4)
    words, reader = read(client)
    assert "Parolona" in words and len(reader.pages) <= 2


def test_a_draft_has_none_and_what_is_nowhere_neither(app, client):
    with app.app_context():
        made(state="draft")
    assert client.get(POSTER).status_code == 404
    assert client.get("/attivita/nessuna/locandina.pdf").status_code == 404


def test_the_page_leads_to_it_and_can_be_shared_without_anybody_s_script(app, client):
    with app.app_context():
        made(title={"it": "Pane & rose"})
    page = client.page("/attivita/robot")
    assert page.link("Scarica la locandina") == POSTER
    mail = page.link("Manda per e-mail")
    assert mail == "mailto:?subject=Pane%20%26%20rose&body=http%3A//localhost/attivita/robot"
    (field,) = [node for node in page.tree.iter("input") if node.get("id") == "address"]
    assert field.get("value") == "http://localhost/attivita/robot" and field.get("readonly") is not None


@pytest.mark.parametrize("theme", DRAWINGS)
def test_the_printed_drawing_is_the_page_s_with_its_colours(theme):
    drawn = ElementTree.fromstring(printed("robot", theme))
    shapes = [node for node in drawn if node.tag != "{http://www.w3.org/2000/svg}style"]
    assert len(shapes) == len(ElementTree.fromstring(str(cover("robot", theme))))
    named = {name for node in drawn.iter() for name in (node.get("class") or "").split()}
    style = drawn[0].text
    assert named and all(f".{name}{{" in style for name in named)
