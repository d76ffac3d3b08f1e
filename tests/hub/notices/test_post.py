"""Mails on their way, against a real mail server, up, down and ill-mannered."""

import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import icalendar
import pytest
import sqlalchemy as sa
import time_machine
from aiosmtpd.smtp import AuthResult

import config
from hub.notices import outbox
from hub.notices.models import Notice
from hub.notices.post import LocalMailbox, post
from hub.notices.work import Worker
from tests.hub.notices.post_office import PostOffice, tell
from tests.hub.notices.test_letter import ENTRY

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def clock(session):
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def work(office: PostOffice) -> None:
    way_out = post(office.url, "localhost")
    Worker(way_out).run_once()
    way_out.close()


def the_notice(session) -> Notice:
    session.expire_all()
    return session.scalar(sa.select(Notice))


def test_a_mail_arrives_whole_with_its_calendar(session):
    row = tell(calendar=ENTRY.as_json())
    session.commit()
    with PostOffice() as office:
        work(office)
    (mail,) = office.mails
    assert office.senders == ["noreply@officine.example"]
    assert mail["Message-ID"] == f"<{row.key}@localhost>"
    assert mail["Subject"] == "Messaggio di prova di Officine Mezzogiorno"
    assert "questo è un messaggio di prova" in mail.get_body(("plain",)).get_content()
    (part,) = mail.iter_attachments()
    (event,) = icalendar.Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    assert event["UID"] == ENTRY.uid
    assert the_notice(session).sent_at is not None


def test_one_conversation_serves_the_mails_that_wait_together(session):
    for number in range(3):
        tell(number)
    session.commit()
    with PostOffice() as office:
        work(office)
        assert [mail["To"].addresses[0].username for mail in office.mails] == ["citizen0", "citizen1", "citizen2"]


def test_a_server_that_is_away_gets_the_mail_once_when_it_is_back(session, clock):
    tell()
    session.commit()
    office = PostOffice()
    work(office)
    assert (the_notice(session).attempts, the_notice(session).last_error) == (1, "ConnectionRefusedError")
    with office:
        clock.shift(59)
        work(office)
        assert office.raw == []  # the pause is kept
        clock.shift(1)
        work(office)
        clock.shift(timedelta(days=1))
        work(office)
    assert len(office.raw) == 1
    assert the_notice(session).sent_at == START + timedelta(minutes=1)


def test_a_server_that_says_later_is_asked_later(session, clock):
    tell()
    session.commit()
    with PostOffice(data="451 4.3.0 citizen1@lecce.example: try again later") as office:
        work(office)
        row = the_notice(session)
        assert (row.due_at, row.last_error) == (START + timedelta(minutes=1), "SMTPDataError 451 4.3.0")
        office.data = "250 OK"
        clock.shift(60)
        work(office)
    assert len(office.raw) == 1


@pytest.mark.parametrize("later", ["421 4.7.0 too many connections", "450 4.2.0 citizen1@lecce.example is greylisted"])
def test_a_reader_put_off_is_tried_again(session, clock, later):
    tell()
    session.commit()
    with PostOffice(rcpt=later) as office:
        work(office)
    row = the_notice(session)
    assert (row.dead_at, row.due_at) == (None, START + timedelta(minutes=1))
    assert "citizen" not in row.last_error


def test_a_reader_whom_the_server_does_not_know_is_given_up_at_once(session, clock):
    tell(1)
    session.commit()
    with PostOffice(rcpt="550 5.1.1 <citizen1@lecce.example> user unknown") as office:
        work(office)
    row = the_notice(session)
    assert (row.dead_at, row.attempts, row.last_error) == (START, 1, "RCPT 550 5.1.1")


def test_a_mail_that_the_server_does_not_like_is_tried_again(session, clock):
    tell()
    session.commit()
    with PostOffice(data="554 5.7.1 looks like spam") as office:
        work(office)
    row = the_notice(session)
    assert (row.dead_at, row.last_error) == (None, "SMTPDataError 554 5.7.1")


def test_a_line_dropped_after_the_mail_was_given_means_a_second_copy_with_the_same_id(session, clock):
    tell()
    session.commit()
    with PostOffice(hang_up=True) as office:
        work(office)
        assert the_notice(session).last_error == "SMTPServerDisconnected"
        office.hang_up = False
        clock.shift(60)
        work(office)
    assert len(office.raw) == 2
    assert len(set(office.keys)) == 1


def test_a_server_that_never_answers_is_left(session, clock, monkeypatch):
    monkeypatch.setattr(import_module("hub.notices.post"), "ANSWER_SECONDS", 0.3)
    tell()
    session.commit()
    with PostOffice(hold=1) as office:
        work(office)
    row = the_notice(session)
    assert (row.last_error, row.due_at) == ("SMTPServerDisconnected", START + timedelta(minutes=1))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate for this machine, signed by nobody, with its key, in one file."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, "-keyout", "-", "-out", "-"]
    file.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return file


@pytest.fixture
def tls(certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def password(server, session, envelope, mechanism, given) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (b"hub@lecce.example", b"p@ss/word"), handled=False)


ACCOUNT = "hub%40lecce.example:p%40ss%2Fword"


@pytest.mark.parametrize(
    ("account", "error"), [(ACCOUNT, None), ("hub:wrong", "SMTPAuthenticationError 535 5.7.8"), (None, "530")]
)
def test_a_server_behind_tls_and_a_password(session, certificate, tls, monkeypatch, account, error):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    manners = {"tls_context": tls, "require_starttls": True, "authenticator": password, "auth_required": True}
    tell()
    session.commit()
    with PostOffice(manners=manners) as office:
        way_out = post(f"smtp://{account + '@' if account else ''}127.0.0.1:{office.port}?starttls=yes", "localhost")
        Worker(way_out).run_once()
        way_out.close()
    row = the_notice(session)
    assert error in row.last_error if error else row.sent_at is not None


@pytest.mark.parametrize("trusted", [True, False])
def test_a_server_of_tls_is_believed_by_its_certificate_alone(session, certificate, tls, monkeypatch, trusted):
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tell()
    session.commit()
    with PostOffice(manners={"tls_context": tls, "require_starttls": True}) as office:
        way_out = post(f"smtp://127.0.0.1:{office.port}?starttls=yes", "localhost")
        Worker(way_out).run_once()
        way_out.close()
    assert the_notice(session).last_error == (None if trusted else "SSLCertVerificationError")


def test_a_conversation_that_the_server_ended_is_begun_again(session):
    with PostOffice() as office:
        way_out = post(office.url, "localhost")
        tell(1)
        session.commit()
        Worker(way_out).run_once()
        office.__exit__()
        office.__enter__()
        tell(2)
        session.commit()
        Worker(way_out).run_once()
        way_out.close()
    assert len(office.raw) == 2


def test_ten_failures_make_a_dead_letter_that_can_be_tried_again(session, clock):
    row = tell()
    session.commit()
    with PostOffice(data="451 later") as office:
        for _ in range(outbox.TRIES):
            clock.shift(timedelta(hours=6))
            work(office)
        assert the_notice(session).dead_at is not None
        clock.shift(timedelta(days=2))
        office.data = "250 OK"
        work(office)
        assert office.raw == []
        outbox.retry(row.id)
        session.commit()
        work(office)
    assert len(office.raw) == 1
    assert the_notice(session).sent_at is not None


def test_a_notice_without_words_does_not_stop_the_others(session, clock):
    broken = tell(1)
    broken.kind = "notices/nowhere"
    tell(2)
    session.commit()
    with PostOffice() as office:
        work(office)
    assert len(office.raw) == 1
    session.refresh(broken)
    assert (broken.last_error, broken.due_at) == ("TemplateNotFound", START + timedelta(minutes=1))


def test_a_notice_that_ends_its_worker_at_each_try_is_given_up(session, clock):
    tell()
    session.commit()
    for _ in range(outbox.TRIES):
        outbox.claim()
        session.commit()
        clock.shift(outbox.LEASE)
    with PostOffice() as office:
        work(office)
    assert office.raw == []
    assert the_notice(session).last_error == "the worker ended at each try"


def test_the_demo_keeps_its_mails_in_a_folder(session, tmp_path):
    way_out = post(f"maildir:{tmp_path / 'new' / 'mail'}", "localhost")
    assert way_out.letters() == []
    for number in (1, 2):
        tell(number)
        session.commit()
        Worker(way_out).run_once()
    assert isinstance(way_out, LocalMailbox)
    assert [mail["To"].addresses[0].username for mail in way_out.letters()] == ["citizen2", "citizen1"]
    assert "questo è un messaggio" in way_out.letters()[0].get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    "url", ["ftp://secret@host", "smtp://", "maildir:", "smtp://u:secret@host:port", "smtp://u:secret@h:0", "x"]
)
def test_a_mail_address_that_is_none_stops_the_start_in_one_sentence(url):
    with pytest.raises(config.WrongSetting) as stopped:
        config.load({"MAIL_URL": url, "SECRET_KEY": "s" * 32})
    assert str(stopped.value).startswith("MAIL_URL takes smtp://")
    assert "secret" not in str(stopped.value)


@pytest.mark.parametrize("sender", ["Officine", "Officine <noreply>", "a@b.example\nBcc: x@y.example"])
def test_a_sender_that_is_none_stops_the_start(sender):
    with pytest.raises(config.WrongSetting, match="MAIL_FROM takes"):
        config.load({"MAIL_FROM": sender, "SECRET_KEY": "s" * 32})
