"""Bursts and shared devices: what is worth a look, what is said of it, and who may know whom it concerns."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from hub.accounts.models import DataView
from hub.clock import now
from hub.db import db
from hub.proposals import pattern_rules, patterns
from hub.proposals.debate_models import Support
from hub.proposals.models import Proposal
from hub.proposals.voices import voice_of
from tests.hub.labs.makers import person
from tests.hub.proposals.makers import DAY, HOUR, process, proposal

BEGIN = datetime(2026, 5, 4, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def found(times: list[datetime], days: int = 10) -> list[tuple[datetime, int]]:
    return [(one.starts, one.count) for one in pattern_rules.bursts(times, BEGIN, BEGIN + days * DAY)]


def test_many_in_a_few_minutes_are_a_burst_compared_with_the_proposals_own_pace():
    steady = [BEGIN + n * HOUR for n in range(200)]
    quick = [BEGIN + 50 * HOUR + n * MINUTE for n in range(1, 10)]
    assert found(steady) == []
    assert found(steady + quick) == [(BEGIN + 50 * HOUR, 10)]


def test_what_is_quick_for_one_proposal_is_usual_for_another():
    """Two a minute all day long: ten in five minutes are nothing new there."""
    assert found([BEGIN + n * MINUTE / 2 for n in range(2800)], days=1) == []


def test_a_few_are_no_burst_and_a_long_one_is_one():
    assert found([BEGIN + n * MINUTE for n in range(pattern_rules.LEAST - 1)]) == []
    assert found([BEGIN + n * MINUTE for n in range(30)]) == [(BEGIN, 30)]
    (burst,) = pattern_rules.bursts([BEGIN + n * MINUTE for n in range(30)], BEGIN, BEGIN + DAY)
    assert (burst.minutes, burst.usual) == (29, 0)


def give(idea: Proposal, name: str, at: datetime, device: str | None = None) -> None:
    slot = {"slot": 1, "phase_id": idea.process.phases[0].id, "voice_id": voice_of(person(name)).id}
    db.session.add(Support(proposal_id=idea.id, at=at, device=device, **slot))
    db.session.flush()


def noted_idea(*, sealed: bool = False, title: str = "Orto") -> Proposal:
    """A proposal with nine supports in as many minutes, three of them from one device."""
    at = now() - DAY / 2
    phase = {"supports": True, "hides_counts": sealed, "opens_at": now() - 9 * DAY}
    idea = proposal(process("idee", phase), person("ada"), at=now() - 8 * DAY, title=title)
    for number in range(9):
        give(idea, f"fan{number}", at + number * MINUTE, "d" * 32 if number < 3 else None)
    return idea


def test_a_device_that_several_people_share_is_told_and_one_persons_is_not(session):
    idea = noted_idea()
    other = proposal(idea.process, person("eva"), at=now() - 8 * DAY)
    assert [(one.kind, len(one.supports)) for one in patterns.patterns_of(idea)] == [("burst", 9), ("shared", 3)]
    assert [one.id for one, _ in patterns.noted()] == [idea.id]
    for number in range(2):
        give(other, f"altra{number}", now() - HOUR * number - MINUTE, "e" * 32)
    assert patterns.patterns_of(other) == []
    session.execute(sa.update(Support).values(device=None))
    assert [one.kind for one in patterns.patterns_of(idea)] == ["burst"]


def test_what_is_older_than_thirty_days_is_not_looked_at(session):
    found = process("idee", {"supports": True, "opens_at": now() - 90 * DAY, "closes_at": now() + DAY})
    idea = proposal(found, person("ada"), at=now() - 80 * DAY)
    for number in range(9):
        give(idea, f"fan{number}", now() - 40 * DAY + number * MINUTE, "d" * 32)
    assert patterns.noted() == []


def test_under_a_seal_only_that_there_is_something_and_the_day_are_told(session):
    idea = noted_idea(sealed=True)
    told = patterns.patterns_of(idea)
    assert {one.kind for one in told} == {"burst", "shared"}
    assert all(one.supports is None and one.burst is None for one in told)
    patterns.opened_by(idea, person("gina", role="manager"))
    assert session.scalars(sa.select(DataView)).all() == []


def prepare(app, **how: object) -> str:
    with app.app_context():
        idea = noted_idea(**how)
        person("gina", role="manager")
        db.session.commit()
        return idea.code


def test_the_list_names_nobody_and_who_opens_a_proposal_leaves_a_trace(app, client):
    code = prepare(app, title="Orto")
    page = client.known_as("gina@posta.example").page("/gestione/sostegni")
    assert "9 sostegni in 8 minuti" in page.text and "3 persone dallo stesso dispositivo" in page.text
    assert "Fan0" not in page.text and "d" * 32 not in page.html
    page = client.page(page.link("Orto"))
    assert page.path == f"/gestione/sostegni/{code}" and "Fan0 Greco" in page.text and "Fan8 Greco" in page.text
    with app.app_context():
        views = db.session.scalars(sa.select(DataView)).all()
        assert {(one.what, one.ref) for one in views} == {("support", code)} and len(views) == 9
    client.known_as("fan0@posta.example")
    assert "Il tuo sostegno a una proposta" in client.page("/area-personale/i-miei-dati/accessi").text


def test_under_a_seal_neither_page_tells_how_many_or_who(app, client):
    code = prepare(app, sealed=True)
    client.known_as("gina@posta.example")
    for path in ("/gestione/sostegni", f"/gestione/sostegni/{code}"):
        page = client.page(path)
        assert "Qualcosa da guardare il" in page.text and "Fan0" not in page.text
        assert "9 sostegni" not in page.text and "3 persone" not in page.text
