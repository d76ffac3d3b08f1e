"""Processes, people and proposals, for the tests of participation. Rows are made as the services make them."""

import hashlib
from datetime import datetime, timedelta

import rfc8785

from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.proposals.models import Proposal, ProposalAuthor, ProposalVersion
from hub.proposals.process_models import Phase, Process
from hub.proposals.voices import By, themselves, voice_of

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CONTENT = {
    "title": "Un orto nella Corte Urbana",
    "text": "Proponiamo di coltivare insieme un orto nel cortile.\n\nChi abita vicino se ne prende cura.",
    "topic": "spazio-verde",
    "sdgs": [11],
    "area": "community",
    "place": "none",
    "space_id": None,
    "address": "",
    "lat": None,
    "lon": None,
    "target": "",
    "target_n": None,
    "target_method": "",
    "needs_spaces": "",
    "needs_hours": None,
    "needs_cents": None,
    "files": [],
}


def process(slug: str = "idee-2026", *phases: dict[str, object], published: bool = True, **columns: object) -> Process:
    """A published process. phases: columns of each, in order; without any, one phase that is open to everything now, from
    yesterday for thirty days. opens_at, closes_at of a phase: as given, or one phase after the other."""
    given = phases or ({"submits": True, "supports": True, "discusses": True, "votes": True, "answers": True},)
    told = {"it": "Idee per il cortile", "en": "Ideas for the courtyard"}
    row = Process(slug=slug, preset="idea_collection", title=told, office="Settore Innovazione sociale", created_at=now())
    for column, value in columns.items():
        setattr(row, column, value)
    db.session.add(row)
    db.session.flush()
    opens = now() - DAY
    for number, terms in enumerate(given, 1):
        terms = {"name": {"it": f"Fase {number}", "en": f"Phase {number}"}} | terms
        terms.setdefault("opens_at", opens)
        terms.setdefault("closes_at", terms["opens_at"] + 31 * DAY)
        opens = terms["closes_at"]
        db.session.add(Phase(process_id=row.id, number=number, **terms))
    db.session.flush()
    if published:
        row.state, row.published_at = "published", now() - DAY
        db.session.flush()
    db.session.refresh(row)
    return row


def proposal(of: Process, author: Person, *, at: datetime | None = None, state: str = "published", **content: object) -> Proposal:
    """A proposal by a person, with one version; state draft: not published."""
    at, voice, said = at or now(), voice_of(author), CONTENT | content
    row = Proposal(process_id=of.id, author_id=voice.id, created_at=at, updated_at=at)
    db.session.add(row)
    db.session.flush()
    db.session.add(ProposalAuthor(proposal_id=row.id, voice_id=voice.id, named=True, since=at))
    if state != "draft":
        sha256 = hashlib.sha256(rfc8785.dumps(said)).hexdigest()
        db.session.add(ProposalVersion(proposal_id=row.id, number=1, content=said, sha256=sha256, by_id=voice.id, at=at))
        db.session.flush()
        row.current, row.published_at, row.state = 1, at, state
        row.title, row.topic, row.area, row.place = said["title"], said["topic"], said["area"], said["place"]
    db.session.flush()
    db.session.refresh(row)
    return row


def by(person: Person) -> By:
    """A person who acts for themselves."""
    return themselves(person)
