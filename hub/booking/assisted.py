"""Bookings that the desk makes for somebody: a person with an account, or somebody by name, without e-mail."""

from hub.accounts.models import Person
from hub.accounts.service import person_with
from hub.booking import charges, rules
from hub.booking.models import Booking
from hub.booking.service import confirm, must_suit
from hub.clock import now, wall
from hub.db import db
from hub.organisations.models import Organisation
from hub.refusal import Refusal, must_pass
from hub.spaces import ledger
from hub.spaces import service as spaces
from hub.spaces.models import Layout
from hub.spaces.needs import audiences_of
from hub.spaces.rules import Slot


def book_for(
    layout: Layout,
    slot: Slot,
    attendees: int,
    *,
    email: str,
    contact_name: str,
    organisation: Organisation | None = None,
    title: str,
    purpose: str,
    phone: str,
    audience: str,
    channel: str,
    terms: str = "list",
    free_reason: str = "",
    anyway: bool,
    reason: str,
    by: Person,
) -> Booking:
    """A confirmed booking for whoever stands at the desk. Raises Refusal, Conflict.

    email: of an account, or empty; organisation: verified, in whose name it is, and whose kind says the audience; terms: what
    it costs, see `charges.grant`, with a reason where it is free; anyway: against the rules that refuse it, with a reason
    that stays in its history. Never against the ledger, nor in the past.
    """
    person = person_with(email) if email else None
    if email and person is None:
        raise Refusal("Nessun account ha questa e-mail: scrivi il nome, e lascia vuota l'e-mail.", field="email", rule="contact")
    if organisation and audience not in audiences_of(organisation.kind):
        audience = audiences_of(organisation.kind)[0]
    must_pass(
        lambda: rules.must_be_somebody(person is not None, contact_name),
        lambda: rules.must_name_the_free_reason(terms, free_reason),
        lambda: rules.must_say_why_anyway(anyway, reason),
        lambda: rules.must_be_before(slot.starts, now()),
        *(() if anyway else (lambda: must_suit(layout, slot, attendees, audience=audience),)),
    )
    booking = Booking(state="draft", space=layout.space, layout=layout, attendees=attendees, created_at=now(), occurrences=[])
    booking.requester = db.session.get(Person, person.id) if person else None
    booking.contact_name, booking.entered_by_id, booking.channel = contact_name if not person else "", by.id, channel
    booking.title, booking.purpose, booking.phone, booking.audience = title, purpose, phone, audience
    booking.organisation, booking.free_reason = organisation, free_reason if terms == "free" else ""
    booking.submitted_at = booking.terms_accepted_at = now()
    db.session.add(booking)
    booking.occurrences.append(ledger.plan(layout.space, layout, slot))
    db.session.flush()
    with db.session.no_autoflush:
        charges.charge(booking, spaces.house().terms(layout.space, wall(slot.starts).date(), audience))
        charges.agree(booking, terms)
    confirm(booking, by=by, reason=reason if anyway else "")
    return booking
