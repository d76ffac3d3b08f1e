"""Messages of who works in an activity to its people: looked at, sent once, and to whom."""

import pytest
import sqlalchemy as sa

from hub.db import db
from hub.labs import enrolment, messages, team
from hub.labs.models import Activity, ActivityMessage, Enrolment
from hub.notices import service as notices
from hub.notices.letter import letter, words
from hub.notices.models import Notice
from tests.hub.labs.families import course
from tests.hub.labs.makers import adult, child, enrol, person, refused
from tests.hub.labs.test_staff import errors

PATH = "/gestione/attivita/robot/messaggi"
TEXT = {"title": "Che cosa portare", "text": "Una matita.\n\nE una gomma."}


@pytest.fixture
def robot(session) -> Activity:
    """A lab of two places: Ada has one, Rosa's two children have one and wait; Tina works there."""
    made = course("robot", 2)
    rosa = person("rosa")
    tina = person("tina")
    enrol(made, adult("ada"))
    enrol(made, child("bea", rosa), child("ciro", rosa), by=rosa)
    enrol(made, adult("ugo"))
    team.take_on(made, name="", email=tina.email, role="trainer", public=True)
    person("capo", role="manager")
    session.commit()
    return made


def got(kind: str = "labs/message") -> list[str]:
    rows = db.session.scalars(sa.select(Notice.name).filter_by(kind=kind).order_by(Notice.id))
    return [name.split()[0] for name in rows]


def someone(name: str):
    return db.session.scalars(sa.select(enrolment.Person).filter_by(email=f"{name}@posta.example")).one()


def send(activity: Activity, to: str = "enrolled", *, by: str = "tina", necessary: bool = True, **more: str) -> ActivityMessage:
    return messages.send(activity, to=to, necessary=necessary, by=someone(by), **TEXT | more)


@pytest.mark.parametrize(
    ("to", "who"), [("enrolled", ["Ada", "Rosa"]), ("waiting", ["Rosa", "Ugo"]), ("both", ["Ada", "Rosa", "Ugo"])]
)
def test_a_message_goes_to_whom_it_is_for_once_each(robot, to, who):
    assert messages.readers(robot, to) == len(who)
    assert send(robot, to).told == len(who) and got() == who


def test_the_mail_holds_the_words_as_they_were_written(robot):
    send(robot, title="  Che cosa portare ", text="<b>Una matita</b> & {{ 1 + 1 }}")
    subject, body = words(db.session.scalars(sa.select(Notice).filter_by(kind="labs/message")).first(), "it")
    assert subject == "Che cosa portare (Robot)"
    assert "<b>Una matita</b> & {{ 1 + 1 }}" in body and "http://localhost/attivita/robot" in body
    assert "A questa mail non si risponde" in body


def test_a_necessary_message_reaches_whoever_opted_out_and_another_does_not(robot):
    ada = someone("ada")
    notices.opt_out(ada.subject, "message")
    send(robot)
    send(robot, necessary=False)
    quiet = sa.select(Notice.kind, Notice.quiet).where(Notice.subject == ada.subject, Notice.kind.like("labs/message%"))
    assert db.session.execute(quiet.order_by(Notice.id)).all() == [("labs/message", False), ("labs/message_extra", True)]
    necessary, extra = db.session.scalars(
        sa.select(Notice).where(Notice.kind.in_(("labs/message", "labs/message_extra")), Notice.subject == ada.subject)
    )
    assert letter(necessary)["List-Unsubscribe"] is None and letter(extra)["List-Unsubscribe"]


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"title": " "}, "title"),
        ({"text": "\n"}, "text"),
        ({"title": "x" * 121}, "length"),
        ({"text": "x" * 5001}, "length"),
        ({"by": "ada"}, "staff"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_nobody_is_told(robot, more, rule):
    assert refused(send, robot, **more).rule == rule and got() == []


def test_nobody_to_write_to_and_a_draft(robot):
    empty = course("coro", 1)
    assert refused(send, empty, by="capo").rule == "nobody"
    empty.state = "draft"
    assert refused(send, empty, by="capo").rule == "draft"


def test_a_trainer_writes_looks_corrects_and_sends_once(app, robot):
    tina = app.test_client().known_as("tina@posta.example")
    page = tina.page(PATH)
    assert "Nessun messaggio" in page.text
    wrong = page.form("messaggi").submit(title="", text="Una matita.")
    assert wrong.status == 422 and "Scrivi il titolo" in errors(wrong)[0] and "Una matita." in wrong.text
    looked = wrong.form("messaggi").submit(**TEXT, to="both")
    assert "Lo leggono 3 persone." in looked.text and "Una matita." in looked.text and got_in(app) == []
    again = looked.form("messaggi").submit(("again", "1"))
    assert again.form("messaggi").values["title"] == TEXT["title"] and "E una gomma." in again.html
    sent = looked.form("messaggi").submit(("send", "1"))
    assert "Lo leggono in 3." in sent.text and "mandato a 3 persone" in sent.text and "Tina Greco" in sent.text
    twice = looked.form("messaggi").submit(("send", "1"))
    assert twice.path == PATH and got_in(app) == ["Ada", "Rosa", "Ugo"]
    with app.app_context():
        (kept,) = db.session.scalars(sa.select(ActivityMessage)).all()
        assert (kept.told, kept.text.replace("\r\n", "\n")) == (3, TEXT["text"])


def got_in(app) -> list[str]:
    with app.app_context():
        return got()


def test_where_nobody_reads_the_page_says_so(app, robot):
    with app.app_context():
        course("coro", 1)
    capo = app.test_client().known_as("capo@posta.example")
    page = capo.page("/gestione/attivita/coro/messaggi").form("messaggi").submit(**TEXT)
    assert page.status == 422 and "Non c'è nessuno a cui scrivere" in errors(page)[0]
    assert "Messaggi agli iscritti" in capo.page("/gestione/attivita/robot").text


def test_to_others_the_page_does_not_exist(app, robot):
    with app.app_context():
        team.let_go(db.session.get_one(Activity, robot.id).trainers[0])
        db.session.commit()
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == 4
    for name in ("ada", "tina"):
        assert app.test_client().known_as(f"{name}@posta.example").get(PATH).status_code == 404


@pytest.mark.parametrize(("name", "status"), [("tina", 200), ("capo", 303)])
def test_the_staff_write_with_two_proofs_where_they_must_and_who_only_teaches_does_not(app, robot, name, status):
    app.config["STAFF_SECOND_FACTOR"] = "required"
    assert app.test_client().known_as(f"{name}@posta.example").get(PATH).status_code == status
