"""Who came: arrivals, dates that nobody came to, what is over, the mail of the day before, and handing over."""

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from PIL import Image

from hub.booking import arrivals, decision, handover, service
from hub.booking.models import Booking
from hub.clock import now, wall
from hub.notices.letter import letter
from hub.notices.models import Notice
from hub.participation.models import LogEntry
from hub.refusal import Refusal
from hub.spaces import ledger
from hub.spaces.models import Occurrence
from hub.spaces.service import AUDITS, audit
from tests.hub.booking.conftest import ask, free_slot


@pytest.fixture
def booked(hub, people, session) -> Booking:
    """Confirmed; the demo's rule waits half an hour for whoever does not come."""
    layout = hub["aula-1"].layouts[0]
    booking = ask(layout, free_slot(layout), people["citizen"])
    decision.approve(booking, by=people["manager"])
    session.flush()
    return booking


def at(booking: Booking, **later):
    return time_machine.travel(booking.occurrence.starts_at + timedelta(**later), tick=False)


def acts(session) -> list[str]:
    return list(session.scalars(sa.select(LogEntry.type).order_by(LogEntry.id)))


def kinds(session) -> list[str]:
    return list(session.scalars(sa.select(Notice.kind).order_by(Notice.id)))


@pytest.mark.parametrize("typed", ["{code}", "{lower}", " om {year} {number} ", "{short}", "http://hub/gestione/arrivi/{code}/"])
def test_a_code_is_understood_however_it_is_typed(booked, typed):
    year, number = booked.code[3:7], booked.code[8:]
    forms = {"code": booked.code, "lower": booked.code.lower(), "year": year, "number": number, "short": str(booked.id)}
    assert arrivals.code_of(typed.format(**forms)) == booked.code


@pytest.mark.parametrize("typed", ["", "abc", "999999", "OM-1999-000001", "1; DROP TABLE", "9" * 30])
def test_what_is_no_code_finds_nobody(booked, typed):
    assert arrivals.code_of(typed) is None


def test_whoever_comes_is_noted_and_the_date_is_done_when_it_is_over(booked, people, session):
    one = booked.occurrence
    with at(booked, minutes=5):
        assert [row[1] for row in arrivals.expected(wall(now()).date())] == [one]
        arrivals.arrive(booked, one, by=people["manager"])
        arrivals.arrive(booked, one, by=people["manager"])
        assert one.arrived_at == now() and arrivals.close() == 0
    with at(booked, minutes=40):
        assert arrivals.close() == 0
    with at(booked, hours=2):
        assert [arrivals.close(), arrivals.close()] == [1, 0]
    session.flush()
    assert (one.status, booked.state, acts(session)[-1]) == ("done", "done", "space.used")


def test_after_the_grace_the_place_is_free_again_and_the_requester_told(booked, people, session):
    one = booked.occurrence
    with at(booked, minutes=29):
        assert arrivals.close() == 0
    with at(booked, minutes=30):
        assert arrivals.close() == 1
        session.flush()
        assert (one.status, booked.state) == ("no_show", "approved")
        assert not session.scalars(sa.select(ledger.Allocation).where(ledger.Allocation.occurrence_id == one.id)).all()
        assert (kinds(session)[-1], acts(session)[-1]) == ("booking/no_show", "space.no_show")
    with at(booked, hours=2):
        arrivals.close()
        session.flush()
        assert booked.state == "approved"  # closed by the next date that is due, or never counted twice
    assert audit() == dict.fromkeys(AUDITS, 0)


def test_who_was_given_up_too_soon_is_let_in_where_the_place_is_still_free(booked, hub, people, session):
    one = booked.occurrence
    with at(booked, minutes=31):
        arrivals.close()
        arrivals.arrive(booked, one, by=people["manager"])
        session.flush()
        assert (one.status, booked.state) == ("planned", "approved") and service.keeps_its_place(booked)
        arrivals.undo_arrival(one)
        assert one.arrived_at is None
        arrivals.close()
        other = ledger.plan(one.space, one.layout, booked.slot, booking_id=booked.id)
        ledger.occupy(other)
        with pytest.raises(ledger.Conflict), session.begin_nested():
            arrivals.arrive(booked, one, by=people["manager"])


@pytest.mark.parametrize(("later", "words"), [({"days": -1}, "non è per oggi"), ({"days": 2}, "non è per oggi")])
def test_a_wrong_day_is_said(booked, people, later, words):
    with at(booked, **later), pytest.raises(Refusal, match=words):
        arrivals.arrive(booked, booked.occurrence, by=people["manager"])


def test_what_was_called_off_or_waits_is_said(booked, hub, people, session):
    waiting = ask(hub["aula-2"].layouts[0], free_slot(hub["aula-2"].layouts[0]), people["citizen"])
    with pytest.raises(Refusal, match="non è ancora confermata"):
        arrivals.arrive(waiting, waiting.occurrence, by=people["manager"])
    service.cancel(booked, "Lavori", by=people["manager"])
    with pytest.raises(Refusal, match="annullata"):
        arrivals.arrive(booked, booked.occurrence, by=people["manager"])


def test_an_arrival_is_not_undone_once_it_is_over(booked, people):
    with at(booked, minutes=1):
        arrivals.arrive(booked, booked.occurrence, by=people["manager"])
    with at(booked, hours=3), pytest.raises(Refusal, match="già finita"):
        arrivals.undo_arrival(booked.occurrence)


def test_the_day_before_everybody_is_told_how_to_get_in_once(booked, hub, session):
    hub["aula-1"].access_text = {"it": "Dal cancello su viale Oronzo Quarta", "en": "By the gate"}
    assert arrivals.remind() == 0
    with at(booked, days=-1):
        assert [arrivals.remind(), arrivals.remind()] == [1, 0]
    session.flush()
    told = session.scalars(sa.select(Notice).order_by(Notice.id.desc())).first()
    assert (told.kind, told.payload["access"]["en"]) == ("booking/tomorrow", "By the gate")


def test_who_books_for_today_is_told_how_to_get_in_today(booked, session):
    with at(booked, hours=-1):
        assert [arrivals.remind(), arrivals.remind()] == [1, 0]
    with at(booked, minutes=1):
        booked.occurrence.reminded_at = None
        assert arrivals.remind() == 0  # it has begun
    session.flush()
    told = session.scalars(sa.select(Notice).order_by(Notice.id.desc())).first()
    assert (told.kind, told.payload["is_today"]) == ("booking/tomorrow", True)
    assert letter(told)["Subject"].startswith("Oggi: ")


def photo(size=(3000, 1000), kind="PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind, exif=_with_place())
    return file.getvalue()


def _with_place() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "Una marca"
    return exif


def test_a_photo_is_made_anew_without_what_was_hidden_in_it(booked, people, session):
    row = handover.hand_over(
        booked.occurrence, moment="in", checks={"clean": True}, notes="", photo=photo(kind="JPEG"), by=people["manager"]
    )
    session.flush()
    with Image.open(io.BytesIO(row.photo)) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (1600, 533), {})
    assert handover.with_photo(booked.occurrence) == {row.id} and handover.photo_of(booked.occurrence, row.id) == row.photo
    assert handover.photo_of(session.get(Occurrence, booked.occurrence.id), row.id + 1) is None


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"GIF89a" + bytes(50), "non è una foto"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "non è una foto"),
        (photo()[:200], "non è una foto"),
        (bytes(handover.MOST_BYTES + 1), "troppo grande"),
        (photo((8000, 6000)), "troppi pixel"),
    ],
)
def test_what_is_no_photo_is_refused_in_words(sent, words):
    with pytest.raises(Refusal, match=words):
        handover.plain_photo(sent)
