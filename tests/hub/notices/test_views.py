"""What a person was told, as they see it; the demo's mailbox; the administrator's view of the queue."""

import uuid
from datetime import UTC, datetime

import pytest

from hub import create_app
from hub.accounts.demo import PEOPLE, load_people
from hub.db import db
from hub.notices import outbox, service
from hub.notices.models import Notice
from hub.notices.post import post
from hub.notices.work import Worker
from tests.client import CheckingClient
from tests.databases import PRODUCTION, environment
from tests.hub.notices.post_office import Reader, tell
from tests.hub.notices.test_letter import ENTRY

MESSAGES, QUEUE, MAILBOX = "/area-personale/messaggi", "/gestione/posta", "/posta-dimostrativa"
SUBJECT = "Messaggio di prova di Officine Mezzogiorno"


@pytest.fixture
def people(app):
    """The demo's people, by role."""
    with app.app_context():
        found = load_people()
        db.session.commit()
        return found


def enter(client: CheckingClient, role: str) -> None:
    client.known_as(PEOPLE[role][0])


def told(app, person, **more) -> str:
    with app.app_context():
        row = service.notice("notices/trial", to=person, **more)
        db.session.commit()
        return row.key


def test_messages_stand_in_words_and_are_marked_as_read(app, client, people):
    key = told(app, people["citizen"])
    told(app, people["citizen"], private=True, token="secret")
    enter(client, "citizen")
    page = client.page(MESSAGES)
    assert page.text.count(SUBJECT) == 1
    assert "Da leggere" in page.text
    message = client.page(page.link(SUBJECT))
    assert message.path == f"{MESSAGES}/{key}"
    assert "questo è un messaggio di prova" in message.text
    assert message.link("http://localhost") == "http://localhost"
    assert "Da leggere" in client.page(MESSAGES).text  # to look is not to read
    after = message.form().submit()
    assert after.path == MESSAGES
    assert "Da leggere" not in after.text
    assert "Segna come letto" not in client.page(f"{MESSAGES}/{key}").text


def test_a_person_without_messages_is_told_what_to_expect(client, people):
    enter(client, "citizen")
    assert "Nessun messaggio" in client.page(MESSAGES).text


def test_words_of_a_notice_are_shown_and_never_run(app, client, people, tmp_path):
    folder = tmp_path / "notices" / "mail"
    folder.mkdir(parents=True)
    (folder / "raw.txt").write_text("{{ title }}\n\n{{ title }}\nhttp://localhost/x?a=1&b=2\n")
    app.jinja_loader.searchpath.append(str(tmp_path))
    with app.app_context():
        row = service.notice("notices/raw", to=people["citizen"], title="<script>alert(1)</script>")
        db.session.commit()
    enter(client, "citizen")
    page = client.page(f"{MESSAGES}/{row.key}")
    assert "<script>alert" not in page.html
    assert "<script>alert(1)</script>" in page.text
    assert page.link("http://localhost/x") == "http://localhost/x?a=1&b=2"


@pytest.mark.parametrize("whose", ["another's", "private", "nobody's"])
def test_only_ones_own_messages_can_be_opened_or_read(app, client, people, whose):
    someone = people["manager"] if whose == "another's" else people["citizen"]
    key = str(uuid.uuid4()) if whose == "nobody's" else told(app, someone, private=whose == "private")
    own = told(app, people["citizen"])
    enter(client, "citizen")
    assert client.get(f"{MESSAGES}/{key}").status_code == 404
    form = client.page(f"{MESSAGES}/{own}").form()
    form.node.set("action", f"{MESSAGES}/{key}/letto")
    assert form.submit().status == 404
    with app.app_context():
        assert service.message_count("person:1", unread=True) + service.message_count("person:2", unread=True) >= 1


def test_messages_come_in_pages(app, client, people):
    with app.app_context():
        for _ in range(service.PER_PAGE + 1):
            service.notice("notices/trial", to=people["citizen"])
        db.session.commit()
    enter(client, "citizen")
    assert client.page(MESSAGES).text.count(SUBJECT) == service.PER_PAGE
    assert client.page(f"{MESSAGES}?page=2").text.count(SUBJECT) == 1
    for odd in ("0", "-1", "99", "x", "9" * 30):
        assert client.page(f"{MESSAGES}?page={odd}").status == 200


@pytest.mark.parametrize("url", [MESSAGES, f"{MESSAGES}/{uuid.UUID(int=1)}", QUEUE])
def test_whoever_has_not_signed_in_is_asked_to(client, url):
    assert client.page(url).path == "/entra"


def test_the_demo_mailbox_shows_the_mails_and_their_links(app, client, people):
    assert "Nessuna e-mail" in client.page(MAILBOX).text
    with app.app_context():
        service.notice("notices/trial", to=Reader(name="Ada <b>"), calendar=ENTRY.as_json())
        db.session.commit()
        Worker(post(app.config["MAIL_URL"], "localhost")).run_once()
    page = client.page(MAILBOX)
    assert "ada@lecce.example" in page.text
    mail = client.page(page.link(SUBJECT))
    assert "questo è un messaggio di prova" in mail.text
    assert mail.link("http://localhost") == "http://localhost"
    assert "calendario.ics" in mail.text
    assert client.get(f"{MAILBOX}?id=<nobody@localhost>").status_code == 404


@pytest.mark.parametrize(
    "settings",
    [
        {name: value for name, value in PRODUCTION.items() if name not in ("MAIL_URL", "PUBLIC_URL")},
        {"MAIL_URL": "smtp://127.0.0.1"},
    ],
)
def test_there_is_no_mailbox_outside_the_demo(database_url, settings):
    app = create_app(environment(database_url, **settings))
    app.test_client_class = CheckingClient
    assert app.test_client().get(MAILBOX, base_url="http://localhost").status_code == 404
    with app.app_context():
        db.engine.dispose()


def test_the_administrator_sees_what_waits_and_what_was_given_up_and_tries_again(app, client, people):
    with app.app_context():
        tell(1)
        lost = tell(2)
        lost.dead_at, lost.attempts, lost.last_error = datetime(2026, 11, 2, tzinfo=UTC), 10, "RCPT 550 5.1.1"
        db.session.commit()
    enter(client, "administrator")
    page = client.page(QUEUE)
    assert "Ci sono e-mail in attesa, la prima da:" in page.text
    assert "RCPT 550 5.1.1" in page.text
    assert "citizen2@lecce.example" not in page.text
    after = page.form("/riprova").submit()
    assert after.path == QUEUE
    assert "di nuovo in coda" in after.text
    assert "RCPT 550 5.1.1" not in after.text
    assert page.form("/riprova").submit().status == 404  # it is not given up any more
    with app.app_context():
        assert db.session.get(Notice, lost.id).attempts == 0


def test_the_administrator_tries_the_mail_out(app, client, people):
    enter(client, "administrator")
    assert "in coda" in client.page(QUEUE).form("/prova").submit().text
    with app.app_context():
        (row,) = outbox.claim()
        assert (row.kind, row.address) == ("notices/trial", PEOPLE["administrator"][0])


@pytest.mark.parametrize("role", ["citizen", "manager", "evaluator"])
def test_the_queue_is_for_administrators_alone(client, people, role):
    enter(client, role)
    assert client.get(QUEUE).status_code == 403
