"""Two portals that differ only in how many support and voted for what, and a visit to everything that a portal says."""

import io
import os
import random
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pypdf
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule

from hub import demo
from hub.accounts.demo import load_people
from hub.accounts.models import SignIn
from hub.accounts.service import open_sign_in, person_with
from hub.clock import now
from hub.db import db
from hub.evaluation.side_files import write_side_files
from hub.notices.letter import letter
from hub.notices.models import Notice
from hub.participation.export import export_log
from hub.participation.seal import seal_log
from hub.proposals import answers, comments, drafts, following, meetings, results, supporting, telling
from hub.proposals.debate_models import Support, Vote
from hub.proposals.process_models import ProcessActivity
from hub.proposals.voices import By, themselves, voice_of
from tests.hub.labs.makers import lab, organisation, person
from tests.hub.proposals.makers import CONTENT, DAY, process, proposal

AT = datetime(2027, 3, 3, 10, tzinfo=UTC)
# Of each of two proposals: people who support it, organisations that endorse it, votes by choice. Nobody's numbers but theirs.
FIRST = (137, 47, {"agree": 89, "disagree": 73, "pass": 61})
SECOND = (116, 43, {"agree": 79, "disagree": 67, "pass": 53})
PERSONAS = ("visitor", "citizen", "author", "supporter", "organisation", "manager", "evaluator", "administrator")
SOME = ("visitor", "supporter", "manager")  # for whom the same page differs most
ROOM = "hub.proposals"
PLACES = ("/proposte", "/partecipa", "/gestione/pro", "/gestione/ris", "/gestione/mod", "/gestione/sos")
# What holds a value of its own on every page, whoever looks.
VALUES = re.compile(rb'(name="(?:csrf_token|sending_key)" value="|/area-personale/messaggi/)[^"/]*')
# What was drawn by chance: event ids, pseudonyms, hashes, the secret of a link.
CHANCE = re.compile(r"\b(?:[0-9a-f]{64}|p[0-9a-f]{20}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b|(?<=/mail/basta/)\S+")
IDS = re.compile(CHANCE.pattern.encode())
# Names inside a drawing, which count the drawings of the process that makes them.
DRAWN = re.compile(rb"\b(clip|gradient_)\d+")


@dataclass
class World:
    """A portal with what is told of it: the addresses, by argument, that exist; who signs in as whom."""

    app: Flask
    codes: list[str] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    acts_for: int = 0


@contextmanager
def same_chance(seed: str) -> Iterator[None]:
    """What is drawn in here is drawn again by whoever comes with the same seed: two portals then differ in nothing else."""
    drawn, real = random.Random(seed), (os.urandom, random._urandom)
    os.urandom = random._urandom = drawn.randbytes
    try:
        yield
    finally:
        os.urandom, random._urandom = real


def build(app: Flask, first: tuple, second: tuple) -> World:
    """A sealed process with two proposals, supported as often as this says; and all that a process may have beside."""
    world = World(app)
    with app.app_context(), time_machine.travel(AT, tick=False), same_chance("build"):
        demo.load_spaces()
        people = load_people()
        phase = {"submits": True, "supports": True, "discusses": True, "votes": True, "answers": True, "hides_counts": True}
        found = process("sigillo", phase, {"answers": True})
        author, fan, voter = person("autrice"), person("sostenitrice"), person("votante")
        ideas = [proposal(found, author, title=title) for title in ("Orto nel cortile", "Cinema nel cortile")]
        ours = organisation("Circolo", person("presidente"))
        for idea in ideas:
            supporting.support(idea, by=themselves(fan))
            supporting.vote(idea, "agree", by=themselves(fan))
            supporting.endorse(idea, by=By(voice_of(person(f"presidente{idea.id}")), organisation=ours))
        _crowd(ideas, first, second)
        session = _more(found, ideas, people["manager"], fan, voter)
        db.session.commit()
        telling.tell_followers()
        seal_log()
        assert [tally_of(idea) for idea in ideas] == [first, second]
        world.codes, world.acts_for = [*(idea.code for idea in ideas), session], ours.id
        staff = {role: people[role].email for role in ("citizen", "manager", "evaluator", "administrator")}
        world.people = staff | {"author": author.email, "supporter": fan.email, "organisation": "presidente@posta.example"}
    return world


def tally_of(idea) -> tuple:
    """What a proposal has, whatever hides it: in the shape of FIRST."""
    given = sa.select(Support.kind, sa.func.count()).filter_by(proposal_id=idea.id, revoked_at=None).group_by(Support.kind)
    cast = sa.select(Vote.choice, sa.func.count()).filter_by(proposal_id=idea.id, replaced_at=None).group_by(Vote.choice)
    counts, votes = (dict(tuple(row) for row in db.session.execute(asked)) for asked in (given, cast))
    return counts["support"], counts["endorsement"], votes


def _crowd(ideas: list, *counts: tuple) -> None:
    """The rest of those who support, endorse and vote: the same people in either portal, for the one or the other."""
    crowd = [voice_of(person(f"folla{number}")) for number in range(max(FIRST[0], SECOND[0]) - 1)]
    houses = [organisation(f"Casa {number}") for number in range(max(FIRST[1], SECOND[1]) - 1)]
    for idea, (supports, endorsements, votes) in zip(ideas, counts, strict=True):
        for voice in crowd[: supports - 1]:
            supporting.support(idea, by=By(voice))
        for house in houses[: endorsements - 1]:
            supporting.endorse(idea, by=By(crowd[0], organisation=house))
        choices = [choice for choice, count in votes.items() for _ in range(count - (choice == "agree"))]
        for choice, voice in zip(choices, _voters(len(choices)), strict=True):
            supporting.vote(idea, choice, by=By(voice))


def _voters(count: int) -> list:
    known = {}
    for number in range(count):
        email = f"voto{number}@posta.example"
        known[number] = voice_of(person_with(email) or person(f"voto{number}"))
    return list(known.values())


def _more(found, ideas: list, manager, fan, other) -> str:
    """A comment on each, a follower, a new version, an answer, a result, a lab: what has pages of its own. The code of a
    session on whose agenda they are."""
    activity = lab("laboratorio")
    db.session.add(ProcessActivity(process_id=found.id, activity_id=activity.id))
    for idea in ideas:
        comments.comment(idea, "Una bella idea.", stance="for", by=themselves(fan))
        following.follow(idea, by=other)
        drafts.edit(
            idea,
            CONTENT | {"title": idea.title, "text": "Un testo scritto meglio di prima, con altre parole."},
            by=themselves(idea.author.person),
        )
        meetings.put_on_agenda(activity.sessions[0], found, idea.code)
    answers.answer(ideas[0], "accepted", "", by=manager)
    results.create(found, {ideas[0]: "adopted"}, by=manager, title="Un risultato")
    return activity.sessions[0].code


# --- what there is to ask


def room_rules(app: Flask) -> list[Rule]:
    return [rule for rule in _rules(app) if app.view_functions[rule.endpoint].__module__.startswith(ROOM)]


def _rules(app: Flask) -> list[Rule]:
    """What a browser may ask for. The mailbox of the demo is everybody's, and is there in no other portal."""
    asked = [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods]
    return [rule for rule in asked if rule.endpoint not in ("static", "notices.mailbox")]


def addresses(world: World) -> dict[str, list[str]]:
    """The addresses of each endpoint, with every value that may stand in them here."""
    values = {"code": world.codes, "slug": ["sigillo", "laboratorio", "aula-1"], "id": [1, 2], "number": [1, 2]}
    values |= {"topic": ["spazio-verde"], "kind": ["csv", "pdf"], "version": ["1"]}
    found: dict[str, list[str]] = {}
    for rule in _rules(world.app):
        names = sorted(rule.arguments)
        for chosen in product(*(values.get(name) or _any(rule, name) for name in names)):
            built = rule.build(dict(zip(names, chosen, strict=True)), append_unknown=False)
            if built is not None:
                found.setdefault(rule.endpoint, []).append(built[1])
    return found


def _any(rule: Rule, name: str) -> list[object]:
    """Values of an argument of which this portal knows nothing in particular."""
    return [1, 2] if isinstance(rule._converters[name], IntegerConverter) else ["nessuno"]


class Asked(HTMLParser):
    """Where a page leads: its links, and what its forms may ask for, a value of each field at a time."""

    def __init__(self, page: str, text: str) -> None:
        super().__init__()
        self.page, self.found, self.action, self.field = page, set(), None, ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        told = dict(attributes)
        if tag == "a" and told.get("href"):
            self._add(told["href"])
        elif tag == "form":
            self.action = told.get("action", self.page) if told.get("method", "get").lower() == "get" else None
        elif tag in ("select", "input"):
            self.field = told.get("name", "")
        if self.action is not None and self.field and told.get("value") and tag in ("option", "input"):
            self._add(f"{self.action}?{urlencode({self.field: told['value']})}")

    def _add(self, href: str) -> None:
        parts = urlsplit(urljoin(f"http://localhost{self.page}", href))
        if parts.netloc == "localhost":
            self.found.add(parts._replace(scheme="", netloc="", fragment="").geturl())


# --- the visit


@dataclass
class Seen:
    """What was said: (who, language, address) -> status and headers, and the compressed body."""

    said: dict[tuple[str, str, str], tuple[str, bytes]] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    def text(self, key: tuple[str, str, str]) -> str:
        return _readable(zlib.decompress(self.said[key][1]))


def visit(world: World, *, rooms_only: bool = False) -> Seen:
    """Everything that the portal says, at the instant of now; rooms_only: in the room of proposals alone. Who does not enter
    somewhere is not asked for there: `tests.test_access` does that."""
    seen, known = Seen(), addresses(world)
    room = {rule.endpoint for rule in room_rules(world.app)}
    clients = {who: _client(world, who) for who in PERSONAS}
    for endpoint, paths in known.items():
        inside = endpoint in room
        for path in paths if inside else [] if rooms_only else paths[:1]:
            for who in _who_enters(world.app.view_functions[endpoint].access, inside):
                _ask(seen, clients[who], who, "it", path, endpoint)
                if inside and who in SOME:
                    _ask(seen, clients[who], who, "en", path, endpoint)
    for path in sorted(_led_to(world, seen) | {"/cerca?q=cortile", "/proposte/simili?q=cortile"}):
        for who, language in ((SOME[0], "it"), (SOME[1], "it"), (SOME[2], "it"), (SOME[0], "en")):
            _ask(seen, clients[who], who, language, path, "")
    return seen


def _who_enters(mark: str, inside: bool) -> tuple[str, ...]:
    """Who is asked for a page with this mark; inside: of the room, whose pages are for each of them another."""
    if mark == "public":
        return PERSONAS if inside else SOME
    if mark == "residents":
        return PERSONAS[1:6] if inside else ("author", "supporter")
    return (mark,)


def _client(world: World, who: str) -> FlaskClient:
    client = FlaskClient(world.app, world.app.response_class)
    if who == "visitor":
        return client
    with world.app.app_context(), same_chance(f"{who} {now()}"):
        token = open_sign_in(person_with(world.people[who]), hours=1000)
        db.session.commit()
        if who == "organisation":
            me = person_with(world.people[who])
            db.session.execute(sa.update(SignIn).filter_by(person_id=me.id).values(acting_for=world.acts_for))
            db.session.commit()
    client.set_cookie(world.app.config["SIGN_IN_COOKIE_NAME"], token)
    return client


def _ask(seen: Seen, client: FlaskClient, who: str, language: str, path: str, endpoint: str) -> None:
    if (who, language, path) in seen.said:
        return
    with same_chance(f"{who} {language} {path}"), client.get(path, headers={"Accept-Language": language}) as answer:
        body, status = answer.get_data(), answer.status_code
    told = [(name, value) for name, value in sorted(answer.headers.items()) if name not in ("Set-Cookie", "Date")]
    assert status < 500, (who, path, status)
    if status == 200 or (status in (303, 410) and "/entra" not in (answer.location or "")):
        seen.answered.add(endpoint)
    seen.said[who, language, path] = (repr((status, told)), zlib.compress(_without_chance(body)))


def _without_chance(body: bytes) -> bytes:
    """What a body says, whenever and by whichever process it was written; of a zip what is in its files."""
    told = _readable(body).encode() if body.startswith(b"PK") else body
    return IDS.sub(b"", DRAWN.sub(rb"\1", VALUES.sub(rb"\1", told)))


def _led_to(world: World, seen: Seen) -> set[str]:
    """Where the pages of the room lead with a query: how a list is sorted, filtered, paged, and as what it is given."""
    adapter = world.app.url_map.bind("localhost")
    own = {rule.endpoint for rule in room_rules(world.app)}
    found = set()
    for (who, language, path), (_status, body) in seen.said.items():
        if language != "it" or who not in SOME or not path.startswith(PLACES):
            continue
        text = zlib.decompress(body)
        if text[:15].lower().startswith(b"<!doctype html"):
            found |= {one for one in Asked(path, text.decode()).found if urlsplit(one).query}
    return {one for one in found if adapter.test(urlsplit(one).path, "GET") and adapter.match(urlsplit(one).path)[0] in own}


def _readable(body: bytes) -> str:
    """What a reader finds in a file: in each of a zip, in the pages of a PDF."""
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as files:
            return "\n".join(_readable(files.read(name)) for name in files.namelist())
    if body.startswith(b"%PDF"):
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
    return body.decode("utf-8", "replace")


# --- what is told elsewhere


def mails(world: World) -> dict[tuple[str, str], str]:
    """The words of each mail that was ever queued, by its address and kind, as often as it is there."""
    with world.app.app_context(), time_machine.travel(AT, tick=False):
        found: dict[tuple[str, str], str] = {}
        for row in db.session.scalars(sa.select(Notice).order_by(Notice.id)):
            words = letter(row).get_body(("plain",)).get_content()
            found[row.address, row.kind] = found.get((row.address, row.kind), "") + CHANCE.sub("", words)
        return found


def exported(world: World, folder: Path) -> dict[str, str]:
    """The log as a file, what stands beside it, and what `python -m impact` counts in them."""
    folder.mkdir()
    with world.app.app_context(), same_chance("export"):
        export_log(folder / "log.csv", "csv")
        write_side_files(folder)
        db.session.rollback()
    told = {path.name: CHANCE.sub("", path.read_text()) for path in folder.iterdir()}
    asked = [sys.executable, "-m", "impact", "indicators", str(folder), "--threshold", "0", "--by", "activity"]
    told["indicators"] = CHANCE.sub("", subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    return told


def lift(world: World) -> datetime:
    """The instant from which on the seal is over; the worker has done its part."""
    with world.app.app_context():
        at = AT - DAY + 31 * DAY
        with time_machine.travel(at, tick=False):
            supporting.log_unsealed()
            seal_log()
            assert now() == at
    return at
