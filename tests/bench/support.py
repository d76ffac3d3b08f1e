"""Support under contention: many people for one popular proposal, and one person with a tab in each process, beside the least.

The least keeps the same promises and does nothing else: the row of who supports what, once and with one of so many numbers, and
a row of the log. Both in turns, in the same database.
"""

import secrets

import sqlalchemy as sa

from hub import create_app
from hub.accounts.models import Person
from hub.db import db
from hub.proposals import supporting
from hub.proposals.debate_models import Support
from hub.proposals.models import Proposal
from hub.proposals.process_models import Process
from hub.proposals.showing import proposal_by
from hub.proposals.voices import themselves
from hub.refusal import Refusal
from tests.bench.engines import PostgresqlData, SqliteData
from tests.bench.measure import Pace
from tests.bench.report import Goals
from tests.bench.rivals import RIVALS, Here, Rivals, in_turns, show
from tests.bench.servers import settings
from tests.hub.proposals.makers import process, proposal

SIZE = "10k"
RATE = 150  # as many a second as enrolments
TABS = 6  # supports that a person has in the phase: two of the eight tabs are refused
LEAST, SUPPORT = "the least: its row and the log's", "support"
MAKE = (
    "CREATE TABLE bench_support (proposal INTEGER NOT NULL, person INTEGER NOT NULL, slot INTEGER NOT NULL, "
    "phase INTEGER NOT NULL, UNIQUE (proposal, person), UNIQUE (phase, person, slot))",
    "CREATE TABLE bench_log (id VARCHAR(40) PRIMARY KEY, facts VARCHAR(100) NOT NULL)",
)
TAKEN = sa.text("SELECT slot FROM bench_support WHERE phase = :phase AND person = :person")
INSERT = sa.text(
    "INSERT INTO bench_support (proposal, person, slot, phase) VALUES (:proposal, :person, :slot, :phase) ON CONFLICT DO NOTHING"
    " RETURNING slot"
)
LOG = sa.text("INSERT INTO bench_log (id, facts) VALUES (:id, '{}')")


def supports(databases: SqliteData | PostgresqlData, pace: Pace, goals: Goals) -> None:
    """Both kinds of contention, each with the least in turns."""
    each = pace.commits * 2
    count = RIVALS * each
    with databases.copy("portal", SIZE) as url:
        rivals = Rivals(url, each)
        try:
            _prepare(url, pace.rounds + 1)
            popular = {LEAST: popular_least, SUPPORT: popular_support}
            many = in_turns(rivals, pace, popular, lambda rival: range(rival + 1, count + 1, RIVALS))
            tabs = {LEAST: tabs_least, SUPPORT: tabs_support}
            one = in_turns(rivals, pace, tabs, lambda _rival: range(1, each + 1))
        finally:
            rivals.close()
        counted, most = _counted(url)
    show(databases, f"{count} people support one proposal", rivals, popular, many)
    show(databases, f"{each} people with a tab in each, for {TABS} supports", rivals, tabs, one)
    for found in counted:
        goals.exactly("G9", databases.name, "people who support the popular proposal", found, count)
    goals.exactly("G9", databases.name, "most supports of a person with eight tabs", most, TABS)
    goals.at_least("G9", databases.name, "supports of one proposal a second", many[SUPPORT].rate, RATE)


def _prepare(url: str, rounds: int) -> None:
    """For each round a process with one proposal, and one with as many as there are tabs."""
    app = create_app(settings(url))
    with app.app_context():
        for statement in MAKE:
            db.session.execute(sa.text(statement))
        author = db.session.get_one(Person, 1)
        for number in range(1, rounds + 1):
            proposal(process(f"popolare-{number}", {"supports": True}), author)
            found = process(f"schede-{number}", {"supports": True, "supports_most": TABS})
            for _ in range(RIVALS):
                proposal(found, author)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def _counted(url: str) -> tuple[list[int], int]:
    """Supports of each popular proposal; the most that a person has in a phase with a limit."""
    app = create_app(settings(url))
    with app.app_context():
        asked = sa.select(sa.func.count()).select_from(Support).join(Support.proposal).join(Proposal.process)
        popular = asked.where(Process.slug.like("popolare-%")).group_by(Process.id)
        limited = asked.where(Process.slug.like("schede-%")).group_by(Process.id, Support.voice_id)
        found = list(db.session.scalars(popular)), max(db.session.scalars(limited))
        db.session.remove()
        db.engine.dispose()
    return found


# --- in the rivals' processes


def popular_support(here: Here, number: int, _rival: int, person: int) -> str:
    return _support(here, f"popolare-{number}", 0, person)


def tabs_support(here: Here, number: int, rival: int, person: int) -> str:
    return _support(here, f"schede-{number}", rival, person)


def _support(here: Here, slug: str, which: int, person: int) -> str:
    """Somebody presses the button: the proposal is looked for as the page does."""
    with here.app.app_context():
        try:
            ids = sa.select(Proposal).join(Proposal.process).where(Process.slug == slug).order_by(Proposal.id)
            found = proposal_by(db.session.scalars(ids.offset(which).limit(1)).one().code)
            supporting.support(found, by=themselves(db.session.get_one(Person, person)))
            db.session.commit()
            return "supported"
        except Refusal as refusal:
            return refusal.rule
        finally:
            db.session.remove()


def popular_least(here: Here, number: int, _rival: int, person: int) -> str:
    return _write(here, number, number, person, 1)


def tabs_least(here: Here, number: int, rival: int, person: int) -> str:
    return _write(here, 1000 * number + rival, -number, person, TABS)


def _write(here: Here, proposal: int, phase: int, person: int, most: int) -> str:
    given = {"proposal": proposal, "phase": phase, "person": person}
    with here.bare.connect().execution_options(writes=True) as connection, connection.begin():
        while True:
            taken = set(connection.execute(TAKEN, {"phase": phase, "person": person}).scalars())
            free = [slot for slot in range(1, most + 1) if slot not in taken]
            if not free:
                return "limit"
            if connection.execute(INSERT, given | {"slot": free[0]}).scalar() is not None:
                connection.execute(LOG, {"id": secrets.token_hex(18)})
                return "supported"
