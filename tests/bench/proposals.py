"""The list of ten thousand proposals, with filters and with words, and what resembles a text, beside the bare queries of the same
rows."""

import random
from datetime import timedelta

import sqlalchemy as sa

from hub.clock import now
from hub.db import db
from hub.proposals.debate_models import Support
from hub.proposals.index import matching, tokens_of
from hub.proposals.models import Proposal, ProposalAuthor, ProposalVersion, ProposalWords, Voice
from hub.proposals.process_models import Process
from tests.bench.engines import PostgresqlData, SqliteData
from tests.bench.measure import Pace
from tests.bench.report import Goals
from tests.bench.wide import SIZE, Wide, at_work
from tests.hub.proposals.makers import CONTENT, process

PROPOSALS, FANS, WORDS = 10_000, 2, 60  # WORDS: of a text
PROCESSES = 4
SOUGHT = "parola170x"
LIST_TIMES = 16.0


def proposals(databases: SqliteData | PostgresqlData, pace: Pace, goals: Goals) -> None:
    """Each page beside its own rows."""
    with databases.copy("portal", SIZE) as url:
        with at_work(url):
            _write()
        measured = {
            "list": ("/proposte", _listed),
            "list, its last page": (f"/proposte?page={PROPOSALS // 20}", lambda: _listed(offset=PROPOSALS - 20)),
            "filters": ("/proposte?processo=idee-2&argomento=imprese&stato=published", lambda: _listed(*_fits())),
            "search": (f"/proposte?q={SOUGHT}", lambda: _listed(Proposal.id.in_(matching([SOUGHT])))),
            "most supported": ("/proposte?ordine=supported", lambda: _listed(by_support=True)),
        }
        for name, (path, queries) in measured.items():
            title = f"{databases.name}: {PROPOSALS} proposals, {name}"
            Wide(url, queries, {name: path}).measure(title, pace, goals, "G20", LIST_TIMES)


def _fits() -> tuple[sa.ColumnElement[bool], ...]:
    second = sa.select(Process.id).filter_by(slug="idee-2").scalar_subquery()
    return Proposal.process_id == second, Proposal.topic == "imprese", Proposal.state == "published"


def _listed(*fits: sa.ColumnElement[bool], offset: int = 0, by_support: bool = False) -> list[sa.Select]:
    """Twenty rows with their texts, how many there are, and who supports those."""
    shown = (Proposal.published_at.is_not(None), Proposal.hidden_at.is_(None), *fits)
    newest = sa.and_(ProposalVersion.proposal_id == Proposal.id, ProposalVersion.number == Proposal.current)
    columns = (Proposal.id, Proposal.title, Proposal.state, Proposal.published_at, ProposalVersion.content)
    rows, order = sa.select(*columns).join(ProposalVersion, newest).where(*shown), []
    if by_support:
        people = sa.select(Support.proposal_id, sa.func.count().label("people")).where(Support.revoked_at.is_(None))
        counted = people.group_by(Support.proposal_id).subquery()
        rows, order = rows.outerjoin(counted, counted.c.proposal_id == Proposal.id), [counted.c.people.desc()]
    page = rows.order_by(*order, Proposal.published_at.desc(), Proposal.id.desc()).offset(offset).limit(20)
    theirs = page.with_only_columns(Proposal.id).subquery()
    given = sa.select(Support.proposal_id, sa.func.count()).where(Support.revoked_at.is_(None))
    return [
        page,
        sa.select(sa.func.count()).select_from(Proposal).where(*shown),
        given.where(Support.proposal_id.in_(sa.select(theirs.c.id))).group_by(Support.proposal_id),
    ]


def _texts() -> list[tuple[str, str, str, str]]:
    """(title, text, and what is kept of both) of each, with words of which some are rare."""
    chance = random.Random(1)
    vocabulary = [f"parola{number}x" for number in range(2000)]
    weights = [1 / (number + 10) for number in range(len(vocabulary))]
    texts = [chance.choices(vocabulary, weights, k=WORDS) for _ in range(PROPOSALS)]
    told = ((" ".join(words[:5]), " ".join(words)) for words in texts)
    return [(title, text, tokens_of(title), tokens_of(text)) for title, text in told]


def _write() -> None:
    """Proposals of a few processes and of four hundred people."""
    texts, at = _texts(), now()  # before the transaction, which would wait too long for them
    terms = {"supports": True, "submits": True, "opens_at": at - timedelta(days=1), "closes_at": at + timedelta(days=30)}
    found = [process(f"idee-{number}", terms) for number in range(1, PROCESSES + 1)]
    db.session.execute(sa.insert(Voice), [{"person_id": one, "name": "", "created_at": at} for one in range(1, 401)])
    voices = list(db.session.scalars(sa.select(Voice.id).order_by(Voice.id)))
    topics = ("imprese", "spazio-verde", "tempo-libero", "associazioni")
    rows, versions, words = [], [], []
    for id, (title, text, title_tokens, tokens) in enumerate(texts, 1):
        when = at - timedelta(minutes=PROPOSALS - id)
        row = {"id": id, "process_id": found[id % PROCESSES].id, "author_id": voices[id % 400], "created_at": when}
        row |= {"updated_at": when, "state": "draft", "draft": {}, "version": 1, "title": title, "topic": topics[id % 3]}
        rows.append(row)
        content = CONTENT | {"title": title, "text": text}
        version = {"proposal_id": id, "number": 1, "content": content, "sha256": f"{id:064}", "by_id": voices[0], "at": when}
        versions.append(version)
        words.append({"proposal_id": id, "title": title_tokens, "text": tokens})
    db.session.execute(sa.insert(Proposal), rows)
    db.session.execute(sa.insert(ProposalVersion), versions)
    db.session.execute(sa.insert(ProposalWords), words)
    shown = {"state": "published", "published_at": Proposal.created_at, "current": 1}
    db.session.execute(sa.update(Proposal).values(shown), execution_options={"synchronize_session": False})
    written = [{"proposal_id": row["id"], "voice_id": row["author_id"], "named": True, "since": at} for row in rows]
    db.session.execute(sa.insert(ProposalAuthor), written)
    phases = [one.phases[0].id for one in found]
    given = [
        {"proposal_id": id, "phase_id": phases[id % PROCESSES], "voice_id": voices[(id + fan) % 400], "slot": id, "at": at}
        for id in range(1, PROPOSALS + 1)
        for fan in range(1 + id % FANS)
    ]
    db.session.execute(sa.insert(Support), given)
    if db.engine.dialect.name == "postgresql":  # as its own vacuum does within a minute
        db.session.execute(sa.text("ANALYZE"))
