"""Nobody learns who has an account: the same words, status and headers, and times that cannot be told apart.

Over 1,000 tries of both kinds, at random, on the first engine; ranks are compared after Mann and Whitney, whose probability is
computed by the normal approximation. Chance alone fails one comparison in a hundred: three in a row are taken as seen. The
controls measure by the same ranks the time of the processor, which other work on the machine does not disturb.
"""

import math
import random
import re
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from hub import create_app
from hub.accounts import pace, passwords, service
from hub.accounts.models import Person
from hub.clock import now
from hub.db import db
from hub.refusal import Refusal
from tests.client import CheckingClient
from tests.databases import environment
from tests.hub.accounts.people import PASSWORD, person

DOORS = {
    "sign-in": "/entra",
    "reset": "/entra/password-dimenticata",
    "resend": "/registrati/nuovo-link",
    "register": "/registrati",
}
FILLED = {"given_name": "Rosa", "family_name": "Greco", "password": "sbagliata del tutto"}
QUICK = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)  # less noise than the real one: more could be seen
MADE_ANEW = re.compile(r'name="(csrf_token|sending_key)"[^>]*value="[^"]*"')
Answer = Callable[[str], object]
Clock = Callable[[], float]


@pytest.fixture
def portal(sqlite):
    with sqlite.fresh() as url:
        app = create_app(environment(url))
        app.test_client_class = CheckingClient
        with app.app_context():  # a disk that is waited for is noise, in which a difference could hide
            sa.event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def probability(xs: list[float], ys: list[float]) -> float:
    """How probable so great a difference of ranks is where there is none (two-sided Mann-Whitney, no ties)."""
    ranked = sorted([(x, True) for x in xs] + [(y, False) for y in ys])
    n, m = len(xs), len(ys)
    u = sum(rank for rank, (_, mine) in enumerate(ranked, 1) if mine) - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


def times(
    answer: Answer, known: Callable[[], str], unknown: Callable[[], str], tries: int, clock: Clock = time.perf_counter
) -> tuple[list[float], list[float]]:
    """Seconds of each of so many answers to either kind, asked in a random order."""
    kinds = [True, False] * (tries // 2)
    random.shuffle(kinds)
    taken = {True: [], False: []}
    for kind in kinds:
        email = known() if kind else unknown()
        begun = clock()
        answer(email)
        taken[kind].append(clock() - begun)
    return taken[True], taken[False]


def told_apart(*asked: object) -> bool:
    return all(probability(*times(*asked)) <= 0.01 for _ in range(3))


def seen(*asked: object) -> bool:
    """What a guard hides must show without it: in one long look at the processor's time, which a busy machine stretches less."""
    return probability(*times(*asked, time.thread_time)) <= 0.01


def test_the_statistic_sees_a_difference_and_sees_none_where_there_is_none():
    xs = [random.gauss(10, 1) for _ in range(500)]
    assert probability(xs, [x + 0.3 for x in xs]) < 0.01
    assert probability(xs[::2], xs[1::2]) > 1e-6
    assert abs(probability([1, 2, 3, 7], [4, 5, 6, 8]) - 0.1489) < 0.001


# --- words


@pytest.mark.parametrize("door", DOORS)
def test_a_known_and_an_unknown_address_get_the_same_answer(app, client, door):
    with app.app_context():
        person()
    answers = []
    for email in ("rosa@posta.example", "roxa@posta.example"):
        token, key = (client.page(DOORS[door]).form().values.get(name) for name in ("csrf_token", "sending_key"))
        answer = client.post(DOORS[door], data=FILLED | {"email": email, "csrf_token": token, "sending_key": key})
        headers = {name: value for name, value in answer.headers if name not in ("Date", "Set-Cookie")}
        names = [value.partition("=")[0] for value in answer.headers.getlist("Set-Cookie")]
        page = MADE_ANEW.sub("", answer.text).replace(email, "@")
        answers.append((answer.status_code, headers, names, page))
    assert answers[0] == answers[1]
    assert answers[0][0] == (422 if door == "sign-in" else 303)


# --- times


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(passwords, "hasher", QUICK)


def somebody() -> None:
    """Rosa, whose hash has today's parameters."""
    person().password_hash = passwords.hashed(PASSWORD)
    db.session.commit()


def wrong_password(email: str) -> None:
    with pytest.raises(Refusal):
        service.sign_in(email, "sbagliata del tutto", hours=1)
    db.session.rollback()


def test_a_wrong_password_takes_as_long_for_an_address_that_nobody_has(portal):
    """With the hash as it is: what one more row in the answer of the database costs is lost in it."""
    with portal.app_context():
        somebody()
        assert not told_apart(wrong_password, lambda: "rosa@posta.example", lambda: "roxa@posta.example", 1000)


def test_without_the_decoy_the_same_tries_are_told_apart(portal, quick, monkeypatch):
    """The negative control: a hash that nobody has is refused before it is computed."""
    monkeypatch.setattr(passwords, "_decoy", lambda: "no hash")
    with portal.app_context():
        somebody()
        assert seen(wrong_password, lambda: "rosa@posta.example", lambda: "roxa@posta.example", 100)


class Asker:
    """Asks for links by mail, from an address of the net and for a mailbox that may still have some."""

    def __init__(self, portal, door: str) -> None:
        self.client, self.path, self.asked = portal.test_client(), DOORS[door], 0
        with portal.app_context():
            kept = passwords.hashed(PASSWORD)
            people = [Person(email=f"p{n}@posta.example", given_name="A", family_name="B", language="it") for n in range(100)]
            for row in people:
                row.password_hash, row.confirmed_at, row.created_at = kept, now(), now()
            db.session.add_all(people)
            db.session.commit()
        self.values = self.client.page(self.path).form().values

    def known(self) -> str:
        return f"p{self.asked % 100}@posta.example"

    def unknown(self) -> str:
        return f"q{self.asked % 100}@posta.example"

    def answer(self, email: str) -> None:
        self.asked += 1
        data = self.values | FILLED | {"email": email, "sending_key": f"key-{self.asked}"}
        place = {"REMOTE_ADDR": f"198.51.{self.asked // 250}.{self.asked % 250}"}
        assert self.client.post(self.path, data=data, environ_overrides=place).status_code == 303


@pytest.mark.parametrize("door", ["reset", "resend", "register"])
def test_asking_for_a_link_takes_as_long_whether_or_not_one_is_sent(portal, quick, door):
    asker = Asker(portal, door)
    assert not told_apart(asker.answer, asker.known, asker.unknown, 60)


def test_without_the_pace_the_same_questions_are_told_apart(portal, quick, monkeypatch):
    """The negative control: a mail that is written shows in the time of the answer."""
    monkeypatch.setattr(pace, "STEP_SECONDS", 1e-6)
    asker = Asker(portal, "reset")
    assert seen(asker.answer, asker.known, asker.unknown, 300)
