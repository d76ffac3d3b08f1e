"""A notice in words, and the mail that holds them."""

from dataclasses import replace
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import default

import icalendar
import pytest

from hub.clock import ROME
from hub.ical import Entry
from hub.notices.letter import letter, words
from hub.notices.post import Undelivered
from hub.notices.service import notice
from tests.hub.notices.post_office import Reader, tell

ENTRY = Entry(
    uid="OM-1@officine.example",
    sequence=2,
    starts=datetime(2026, 10, 15, 16, tzinfo=UTC),
    ends=datetime(2026, 10, 15, 18, tzinfo=UTC),
    changed=datetime(2026, 10, 1, tzinfo=UTC),
    summary="Prova d'orchestra",
    location="Officina Grande",
    description="OM-1",
    status="CONFIRMED",
    url="/prenotazioni/OM-1",
)


def read(mail):
    """The mail as whoever gets it reads it, from its bytes."""
    return BytesParser(policy=default).parsebytes(mail.as_bytes())


def test_first_line_is_the_subject_and_the_rest_the_body(session):
    subject, body = words(tell(), "it")
    assert subject == "Messaggio di prova di Officine Mezzogiorno"
    assert body.startswith("Ciao Ada D'Agostino,\n")
    assert body.endswith("http://localhost\n")


def test_a_mail_names_sender_reader_and_a_stable_id(session):
    row = tell()
    mail, again = read(letter(row)), read(letter(row))
    assert mail["Message-ID"] == again["Message-ID"] == f"<{row.key}@localhost>"
    assert mail["Date"].datetime == row.created_at.replace(microsecond=0)
    assert mail["To"].addresses[0].addr_spec == "citizen1@lecce.example"
    assert mail["To"].addresses[0].display_name == "Ada D'Agostino"
    assert mail["From"].addresses[0].addr_spec == "noreply@officine.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert "questo è un messaggio" in mail.get_content()


def test_a_mail_passes_through_servers_of_seven_bits_whole(session):
    raw = letter(notice("notices/trial", to=Reader(name="Nicolò Pérez ☀"))).as_bytes()
    assert raw.isascii()
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize("name", ["Ada\r\nBcc: all@lecce.example", "Ada\nBcc: x", 'Ada" <x@y.example>, "', "Ada\u2028Bcc: x"])
def test_a_name_cannot_add_a_header_or_a_reader(session, name):
    mail = read(letter(notice("notices/trial", to=Reader(name=name))))
    assert mail["Bcc"] is None
    assert [address.addr_spec for address in mail["To"].addresses] == ["ada@lecce.example"]


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: all@lecce.example", "a@b.example, c@d.example", "a b@c.example", "<a@b>"]
)
def test_an_address_that_is_none_makes_no_mail(session, address):
    row = notice("notices/trial", to=Reader(email=address))
    with pytest.raises(Undelivered) as refused:
        letter(row)
    assert refused.value.for_good
    assert "example" not in refused.value.why


def test_the_calendar_comes_as_a_file(session):
    mail = read(letter(tell(calendar=ENTRY.as_json())))
    (part,) = mail.iter_attachments()
    assert part.get_filename() == "calendario.ics"
    assert part.get_content_type() == "text/calendar"
    assert (part["Content-Type"].params["method"], part["Content-Type"].params["charset"]) == ("PUBLISH", "utf-8")
    (event,) = icalendar.Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    assert event["DTSTART"].dt == datetime(2026, 10, 15, 18, tzinfo=ROME)
    assert event["UID"] == "OM-1@officine.example"
    assert event["SEQUENCE"] == 2
    assert event["URL"] == "http://localhost/prenotazioni/OM-1"
    assert "questo è un messaggio" in mail.get_body(("plain",)).get_content()


def test_several_dates_come_in_one_file_in_the_reader_s_language(session):
    in_both = {language: [replace(ENTRY, uid=uid, summary=language).as_json() for uid in "ab"] for language in ("it", "en")}
    (part,) = read(letter(tell(calendar=in_both))).iter_attachments()
    events = icalendar.Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    assert [(str(event["UID"]), str(event["SUMMARY"])) for event in events] == [("a", "it"), ("b", "it")]


def test_a_template_gets_instants_and_days_back(app, session, tmp_path):
    folder = tmp_path / "notices" / "mail"
    folder.mkdir(parents=True)
    (folder / "dated.txt").write_text("  A  {{ title }} \n\n{{ starts | moment }}; {{ day | day }}; {{ all[0].at | hour }}\n")
    app.jinja_loader.searchpath.append(str(tmp_path))
    starts = datetime(2026, 10, 15, 16, tzinfo=UTC)
    row = notice("notices/dated", to=Reader(), title="due\nrighe", starts=starts, day=starts.date(), all=[{"at": starts}])
    assert words(row, "it") == (
        "A due",
        "righe \n\ngiovedì 15 ottobre 2026, 18:00; giovedì 15 ottobre 2026; 18:00\n",
    )
    assert "Thursday 15 October 2026, 18:00" in words(row, "en")[1]
