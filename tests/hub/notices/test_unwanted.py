"""Mails that one may do without: chosen in the personal area, ended by the link of a mail, and never those that are necessary."""

import pytest
import sqlalchemy as sa

from hub.accounts import personal_data
from hub.accounts.demo import PEOPLE, load_people
from hub.db import db
from hub.notices import outbox, service
from hub.notices.letter import letter, stop_token, stopped_by
from hub.notices.models import Notice, OptOut
from hub.notices.post import post
from hub.notices.service import TOPICS, notice
from hub.notices.words import TOPICS as WORDS
from hub.notices.work import Worker
from tests.hub.notices.post_office import PostOffice, Reader, tell
from tests.hub.notices.test_letter import read

PAGE = "/area-personale/mail"
FACTS = {"title": {"it": "Robot"}, "who": ["Anna"], "page": "/attivita/robot", "link": "/area-personale/iscrizioni"}


def extra(subject: str = "person:1"):
    """A message that one may do without."""
    return notice("labs/message_extra", to=Reader(subject), heading="Foto", text="Ecco le foto.", **FACTS)


@pytest.fixture
def citizen(app):
    with app.app_context():
        found = load_people()["citizen"]
        db.session.commit()
        return found


# --- what is sent, and what is not


def test_every_topic_has_words_and_those_of_no_kind_have_none():
    assert set(WORDS) == set(TOPICS.values())


def test_no_mail_goes_to_who_opted_out_and_it_stands_in_the_personal_area(session):
    service.opt_out("person:1", "message")
    service.opt_out("person:1", "message")  # said twice, it is said
    extra()
    extra("person:2")
    tell()  # a necessary one
    session.commit()
    with PostOffice() as office:
        way_out = post(office.url, "localhost")
        Worker(way_out).run_once()
        way_out.close()
    assert [mail["Subject"] for mail in office.mails] == ["Foto (Robot)", "Messaggio di prova di Officine Mezzogiorno"]
    quiet = session.scalars(sa.select(Notice).where(Notice.quiet)).one()
    assert (quiet.subject, quiet.sent_at, quiet.attempts) == ("person:1", None, 0)
    assert [row.kind for row in service.messages("person:1")] == ["notices/trial", "labs/message_extra"]
    assert not outbox.is_due() and outbox.waiting_since() is None and outbox.oldest_due_seconds() == 0


def test_what_is_necessary_reaches_everybody(session):
    for topic in set(TOPICS.values()):
        service.opt_out("person:1", topic)
    assert notice("labs/enrolled", to=Reader(), **FACTS, starts=None).quiet is False


def test_a_topic_is_wanted_again_and_others_stay_as_they_are(session):
    service.choose("person:1", ["reminder"])
    assert [row.topic for row in service.choices("person:1")] == ["feedback", "message", "proposal"]
    service.choose("person:1", ["reminder", "message"])
    assert [row.topic for row in service.choices("person:1")] == ["feedback", "proposal"]
    assert service.is_unwanted("person:1", "labs/feedback") and not service.is_unwanted("person:2", "labs/feedback")


# --- the link


def test_a_mail_that_one_may_do_without_has_the_way_out_in_its_headers_and_at_its_foot(session):
    mail = letter(extra("person:123456"))
    raw, seen = mail.as_bytes(), read(mail)
    address = f"<http://localhost/mail/basta/{stop_token('person:123456', 'message')}>"
    assert seen["List-Unsubscribe"].strip() == address
    assert f"List-Unsubscribe:\r\n {address}\r\n".encode() in raw  # whole, not in encoded words
    assert seen["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address.strip("<>") in seen.get_content() and "Non vuoi più mail di questo tipo?" in seen.get_content()
    assert raw.isascii()


def test_a_necessary_mail_has_none(session):
    mail = letter(tell())
    assert mail["List-Unsubscribe"] is None and mail["List-Unsubscribe-Post"] is None
    assert "/mail/basta/" not in mail.get_content()


def test_the_link_is_the_same_for_life_and_only_ours(session, app):
    token = stop_token("person:1", "message")
    assert token == stop_token("person:1", "message") and stopped_by(token) == ("person:1", "message")
    for forged in ("", "x", token[:-2] + "AA", token.replace(token[:4], "eHh4", 1), stop_token("person:1", "gone")):
        assert stopped_by(forged) is None
    app.secret_key, before = "another secret of at least 32 signs!", app.secret_key
    assert stopped_by(token) is None
    app.secret_key = before


def test_one_click_of_a_mail_program_ends_them_without_sign_in_nor_token_of_a_form(app, session, client):
    extra()
    session.commit()
    path = f"/mail/basta/{stop_token('person:1', 'message')}"
    answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "Non ti mandiamo più mail di questo tipo" in answer.text
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert [(row.subject, row.topic) for row in session.scalars(sa.select(OptOut))] == [("person:1", "message")]


def test_the_link_shows_a_button_and_looking_at_it_changes_nothing(app, session, client):
    path = f"/mail/basta/{stop_token('person:1', 'reminder')}"
    page = client.page(path)
    assert "Promemoria degli incontri" in page.text and session.scalars(sa.select(OptOut)).all() == []
    done = page.form("").submit()
    assert "Fatto" in done.text
    session.rollback()
    assert [row.topic for row in session.scalars(sa.select(OptOut))] == ["reminder"]


def test_a_form_without_its_token_and_a_link_that_is_not_ours_do_nothing(app, session, client):
    path = f"/mail/basta/{stop_token('person:1', 'message')}"
    assert client.post(path).status_code == 400
    assert client.post(path, data={"List-Unsubscribe": "other"}).status_code == 400
    for method in ("get", "post"):
        answer = getattr(client, method)(f"{path}x", **({"data": {"List-Unsubscribe": "One-Click"}} if method == "post" else {}))
        assert answer.status_code == 404
    assert session.scalars(sa.select(OptOut)).all() == []


# --- the page


def test_the_page_shows_what_one_gets_and_keeps_what_is_chosen(app, client, citizen):
    client.known_as(PEOPLE["citizen"][0])
    page = client.page(client.page("/area-personale").link("Le mail che ricevo"))
    assert page.path == PAGE and page.html.count("checked") == len(WORDS)
    saved = page.form("mail").submit(wanted=["feedback"])
    assert "Scelta salvata." in saved.text and saved.html.count("checked") == 1
    with app.app_context():
        assert [row.topic for row in service.choices(citizen.subject)] == ["message", "proposal", "reminder"]
    none = saved.form("mail").submit(wanted=None)
    assert none.html.count("checked") == 0
    assert client.page(PAGE).form("mail").submit(wanted=["inventato"]).status == 422


def test_what_was_chosen_stands_in_the_copy_and_goes_with_the_person(app, session, citizen):
    service.opt_out(citizen.subject, "reminder")
    session.commit()
    drawers = app.extensions["personal_data"]
    assert [row["topic"] for row in personal_data.told(citizen, drawers)["unwanted_mail"]] == ["reminder"]
    next(one for one in drawers if one.name == "unwanted_mail").forget(citizen)
    assert session.scalars(sa.select(OptOut)).all() == []
