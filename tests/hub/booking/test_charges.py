"""What a booking costs, what is granted, paid and given back; and what the database keeps of it."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import DBAPIError

from hub.booking import charges, decision, service
from hub.booking.charges import Account
from hub.booking.models import Booking, Payment
from hub.clock import now, today
from hub.db import db
from hub.notices.models import Notice
from hub.organisations.models import Organisation
from hub.refusal import Refusal
from hub.spaces import ledger, price_list
from hub.spaces.models import Price, Rule
from hub.spaces.rules import Slot
from hub.spaces.terms import Terms
from tests.hub.booking.conftest import ask, free_slot


@pytest.fixture
def paid(hub, people, session) -> Booking:
    """A confirmed booking of two hours by somebody who lives elsewhere: 20 euros."""
    booking = request(hub, people)
    decision.approve(booking, by=people["manager"])
    session.flush()
    return booking


def request(hub, people, slug: str = "aula-1", days: int = 10, **more) -> Booking:
    layout = hub[slug].layouts[0]
    booking = service.draft(layout, free_slot(layout, days), 5, by=people["citizen"])
    service.describe(booking, title="Prova", purpose="meeting", details="")
    service.introduce(booking, phone="", by=people["citizen"], resident=more.pop("resident", False))
    charges.ask_free(booking, reason=more.pop("free", ""), words="")
    service.submit(booking, by=people["citizen"])
    return booking


def pay(booking: Booking, people, kind: str = "payment", cents: int = 2000, **more) -> Payment:
    told = {"method": "desk", "paid_on": today(), "reference": ""} | more
    payment = charges.record_payment(booking, kind=kind, cents=cents, by=people["manager"], **told)
    db.session.flush()
    return payment


@pytest.mark.parametrize(("resident", "cents"), [(True, 1000), (False, 2000)])
def test_the_price_is_that_of_who_books(hub, people, session, resident, cents):
    booking = request(hub, people, resident=resident)
    assert (booking.audience, booking.price_cents, booking.due_cents) == ("resident" if resident else "other", cents, cents)


def test_whoever_lived_in_lecce_the_last_time_does_so_until_they_say_otherwise(hub, people, session):
    request(hub, people, resident=True)
    layout = hub["aula-2"].layouts[0]
    assert service.draft(layout, free_slot(layout), 5, by=people["citizen"]).audience == "resident"
    assert service.draft(layout, free_slot(layout, days=20), 5, by=None).audience == "other"


def test_a_space_without_prices_is_free(hub, people, session):
    booking = ask(hub["portico"].layouts[0], free_slot(hub["portico"].layouts[0]), people["citizen"])
    assert (booking.price_cents, charges.account(booking)) == (0, Account(0, 0, 0, 0))


def test_a_later_price_does_not_change_what_was_agreed_on(paid, hub, people, session):
    line = {"layout": None, "audience": None, "unit": "hour", "cents": 9900, "valid_from": today(), "valid_to": None}
    for _ in range(2):  # written twice, it stands once
        price_list.set_price(hub["aula-1"], **line)
    session.flush()
    assert charges.account(paid).due == 2000
    assert request(hub, people).price_cents == 19800


def test_the_database_keeps_the_price_of_what_was_confirmed(paid, session):
    for change in ("due_cents = 0, free_granted = true", "price_cents = 9000, due_cents = 9000", "deposit_cents = 1"):
        with pytest.raises(DBAPIError, match="booking_price_kept"), session.begin_nested():
            session.execute(sa.text(f"UPDATE booking SET {change} WHERE id = :id"), {"id": paid.id})


@pytest.mark.parametrize(
    ("change", "kept_by"),
    [
        ("due_cents = 0", "granted"),
        ("due_cents = 3000", "cents"),
        ("refund_cents = 2001", "cents"),
        ("deposit_cents = -1", "cents"),
    ],
)
def test_the_database_refuses_a_price_that_nobody_granted(hub, people, session, change, kept_by):
    booking = request(hub, people)
    session.flush()
    with pytest.raises(DBAPIError, match=f"ck_booking_{kept_by}"), session.begin_nested():
        session.execute(sa.text(f"UPDATE booking SET {change} WHERE id = :id"), {"id": booking.id})


def test_free_use_is_asked_for_and_granted_by_a_manager(hub, people, session):
    booking = request(hub, people, free="social")
    assert (booking.state, booking.free_granted, booking.due_cents) == ("submitted", None, 2000)
    charges.grant(booking, "free", by=people["manager"])
    decision.approve(booking, by=people["manager"])
    session.flush()
    assert (booking.free_granted, booking.price_cents, charges.account(booking).to_pay) == (True, 2000, 0)
    with pytest.raises(Refusal, match="non cambia più"):
        charges.grant(booking, "list", by=people["manager"])


def test_a_refused_free_use_costs_what_the_list_says(hub, people, session):
    booking = request(hub, people, free="social")
    charges.grant(booking, "free", by=people["manager"])
    charges.grant(booking, "list", by=people["manager"])
    session.flush()
    assert (booking.free_granted, booking.due_cents) == (False, 2000)


def test_patronage_has_a_price_of_its_own(hub, people, session):
    booking = request(hub, people, "officina-grande")
    charges.grant(booking, "patronage", by=people["manager"])
    session.flush()
    assert (booking.audience, booking.price_cents, booking.due_cents) == ("patronage", 30000, 5000)


def test_a_space_that_confirms_itself_asks_a_manager_about_free_use(hub, people, session):
    hub_price = {"layout": None, "audience": None, "unit": "hour", "cents": 500, "valid_from": today(), "valid_to": None}
    price_list.set_price(hub["sala-riunioni"], **hub_price)
    assert request(hub, people, "sala-riunioni", free="social").state == "submitted"


def test_other_reasons_need_words(hub, people, session):
    with pytest.raises(Refusal, match="perché"):
        charges.ask_free(Booking(), reason="other", words="  ")


@pytest.mark.parametrize(("days_before", "refund"), [(8, 2000), (3, 1000), (1.5, 0)])
def test_what_is_given_back_follows_the_terms(hub, people, session, days_before, refund):
    refunds = [[168, 100], [48, 50]]
    terms = {"hours": 24, "refunds": refunds}
    session.add(Rule(space_id=hub["aula-1"].id, kind="cancel", params=terms, created_at=now()))
    booking = request(hub, people)
    decision.approve(booking, by=people["manager"])
    with time_machine.travel(booking.occurrence.starts_at - timedelta(days=days_before), tick=False):
        service.cancel(booking, "", by=people["citizen"])
    session.flush()
    assert booking.refund_cents == refund
    assert charges.account(booking).due == 2000 - refund


def test_what_the_hub_calls_off_costs_nothing(paid, people, session):
    pay(paid, people)
    service.cancel(paid, "Lavori", by=people["manager"])
    session.flush()
    assert charges.account(paid) == Account(due=0, paid=2000, deposit=0, kept=0)
    assert charges.account(paid).to_give_back == 2000
    pay(paid, people, "refund")
    assert charges.account(paid).to_give_back == 0


def test_payments_are_told_and_never_more_than_what_is_open(paid, people, session):
    pay(paid, people, cents=1500)
    assert session.scalars(sa.select(Notice.kind).order_by(Notice.id.desc())).first() == "booking/payment"
    with pytest.raises(Refusal) as refused:
        pay(paid, people, cents=501)
    assert refused.value.values["most"] == "5,00"
    with pytest.raises(Refusal, match="ancora venire"):
        pay(paid, people, cents=1, paid_on=today() + timedelta(days=1))
    pay(paid, people, cents=500)
    for kind in ("payment", "refund", "deposit", "deposit_return"):
        with pytest.raises(Refusal, match="niente di aperto"):
            pay(paid, people, kind, cents=1)


def test_a_deposit_is_handed_in_and_returned(hub, people, session):
    session.add(Rule(space_id=hub["aula-1"].id, kind="deposit", params={"cents": 5000}, created_at=now()))
    booking = request(hub, people)
    decision.approve(booking, by=people["manager"])
    pay(booking, people, "deposit", 5000)
    assert charges.account(booking) == Account(due=2000, paid=0, deposit=5000, kept=5000)
    pay(booking, people, "deposit_return", 5000)
    assert charges.account(booking).kept == 0


def test_a_line_written_by_mistake_is_undone_by_another(paid, people, session):
    wrong = pay(paid, people)
    undoing = charges.void(wrong, by=people["manager"])
    session.flush()
    assert charges.account(paid).paid == 0
    for line in (wrong, undoing):
        with pytest.raises(Refusal, match="già"):
            charges.void(line, by=people["manager"])
    assert [line.cents for line in charges.payments_of(paid)] == [2000, 2000]


def test_the_database_keeps_every_payment(paid, people, session):
    payment = pay(paid, people)
    session.flush()
    for statement in ("UPDATE payment SET cents = 1", "DELETE FROM payment"):
        with pytest.raises(DBAPIError, match="payment_kept"), session.begin_nested():
            session.execute(sa.text(f"{statement} WHERE id = :id"), {"id": payment.id})


def test_the_desk_lists_what_is_open(paid, hub, people, session):
    assert [(one.id, stands.to_pay) for one, stands in charges.open_accounts("da-incassare", page=1)[0]] == [(paid.id, 2000)]
    pay(paid, people)
    assert charges.open_accounts("da-incassare", page=1) == ([], False)
    service.cancel(paid, "Lavori", by=people["manager"])
    session.flush()
    assert [one.id for one, _ in charges.open_accounts("da-restituire", page=1)[0]] == [paid.id]
    assert charges.open_accounts("cauzioni", page=1) == ([], False)


def test_the_advantage_is_summed_by_organisation_and_year(hub, people, session):
    organisation = Organisation(
        kind="association", name="Circolo", email="c@example.org", state="verified", created_at=now(), tax_code="93000000751"
    )
    session.add(organisation)
    session.flush()
    for days, (organised, terms) in enumerate(((True, "free"), (True, "patronage"), (False, "free"), (False, "list")), 10):
        booking = request(hub, people, "officina-grande" if terms == "patronage" else "aula-1", 7 * days, free="social")
        booking.organisation = organisation if organised else None
        charges.grant(booking, terms, by=people["manager"])
        decision.approve(booking, by=people["manager"])
        booking.occurrence.starts_at = booking.occurrence.starts_at.replace(year=2031)
        booking.occurrence.ends_at = booking.occurrence.starts_at + timedelta(hours=2)
        session.flush()
    found = charges.advantages(2031)
    assert [tuple(one) for one in found] == [("Circolo", 2, 240, 27000), (None, 1, 120, 2000)]
    assert charges.advantages(2030) == []


def test_of_a_series_each_date_bears_its_part_of_the_advantage_in_its_year(hub, people, session):
    booking = request(hub, people, free="social")
    again = Slot(booking.slot.starts + timedelta(days=7), booking.slot.ends + timedelta(days=7))
    booking.occurrences.append(ledger.plan(booking.space, booking.layout, again))
    session.flush()
    charges.charge(booking, Terms())
    charges.grant(booking, "free", by=people["manager"])
    decision.approve(booking, by=people["manager"])
    first, second = booking.occurrences
    for one, year in ((first, 2031), (second, 2032)):
        one.starts_at = one.starts_at.replace(year=year)
        one.ends_at = one.starts_at + timedelta(hours=2)
    session.flush()
    assert [tuple(one) for one in charges.advantages(2031)] == [(None, 1, 120, 2000)]
    second.status = "cancelled"
    session.flush()
    assert charges.advantages(2032) == []


def test_a_new_price_ends_the_one_before(hub, session):
    old = session.scalars(sa.select(Price).where(Price.space_id == hub["aula-1"].id, Price.audience == "ets")).one()
    soon = today() + timedelta(days=10)
    line = {"layout": None, "audience": "ets", "unit": "hour", "valid_from": soon, "valid_to": None}
    new = price_list.set_price(hub["aula-1"], cents=400, **line)
    session.flush()
    assert (old.valid_to, new.cents) == (soon - timedelta(days=1), 400)
    price_list.end_price(new)
    session.flush()
    assert new not in price_list.lines(hub["aula-1"]) and old in price_list.lines(hub["aula-1"])
    price_list.end_price(old)
    assert old.valid_to == today()


@pytest.mark.parametrize(
    ("first", "last", "rule"),
    [(-1, None, "price-past"), (5, 4, "price-dates")],
)
def test_a_price_is_for_days_to_come(hub, session, first, last, rule):
    days = {"valid_from": today() + timedelta(days=first), "valid_to": last and today() + timedelta(days=last)}
    with pytest.raises(Refusal) as refused:
        price_list.set_price(hub["aula-1"], layout=None, audience=None, unit="hour", cents=1, **days)
    assert refused.value.rule == rule


def test_a_price_is_for_a_layout_of_its_space(hub, session):
    line = {"audience": None, "unit": "hour", "cents": 1, "valid_from": date(2099, 1, 1), "valid_to": None}
    with pytest.raises(Refusal, match="di questo spazio"):
        price_list.set_price(hub["aula-1"], layout=hub["portico"].layouts[0], **line)
