"""What is asked of the portal and of the reference: each page as the requests of four clients."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from hub.clock import wall
from tests.bench.dataset import SIZES, Use
from tests.bench.engines import CALENDAR
from tests.bench.load import CLIENTS, request
from tests.bench.seed import COMMITTERS, HELD, RACING, REQUESTERS, free_times, held_key, slug, token
from tests.bench.servers import Server

SPACE = slug(7)
WEEK = CALENDAR.week.isoformat()
CSRF = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Page:
    """A page that is read over and over, by nobody or by somebody who has signed in."""

    name: str
    path: str
    signed_in: bool = False

    def messages(self) -> list[list[bytes]]:
        people = range(1, CLIENTS + 1)
        return [[request(self.path, cookie=f"session={token(n)}" if self.signed_in else "")] for n in people]


REFERENCE = Page("reference page20", f"/page20?first={int(datetime(*CALENDAR.week.timetuple()[:3], tzinfo=UTC).timestamp())}")
PAGES = (
    Page("home", "/"),
    Page("space with its week", f"/spazi/{SPACE}?giorno={WEEK}"),
    Page("booking form", f"/spazi/{SPACE}/prenota?giorno={WEEK}&durata=120"),
    Page("my bookings", "/area-personale/prenotazioni", signed_in=True),
)


def past_page(size: str) -> Page:
    """A page that looks far back: the last one of somebody's bookings that is full."""
    last = SIZES[size] // REQUESTERS // 20
    return Page("my bookings, the oldest", f"/area-personale/prenotazioni?page={last}", signed_in=True)


class Forms:
    """The hidden fields of a portal's forms: one cookie and token do for everybody, being bound to no person."""

    def __init__(self, server: Server) -> None:
        path = f"/prenota/{held_key(0)}/riepilogo"
        head, page = server.answer(path, cookie=f"session={token(COMMITTERS[0])}")
        self.csrf = CSRF.search(page)[1].decode()
        self.cookie = re.search(rb"set-cookie: (form=[^;]+)", head, re.IGNORECASE)[1].decode()
        self.sent = 0

    def post(self, path: str, person: int, **values: object) -> bytes:
        self.sent += 1
        values |= {"csrf_token": self.csrf, "sending_key": f"bench-sending-{self.sent}"}
        return request(path, cookie=f"{self.cookie}; session={token(person)}", form=values)


class Commits:
    """Bookings that lack only the last step; each is sent once."""

    def __init__(self, server: Server) -> None:
        self.forms, self.next = Forms(server), 0

    def take(self, each: int) -> list[list[bytes]]:
        """So many for each client."""
        first, self.next = self.next, self.next + each * CLIENTS
        if self.next > HELD:
            raise SystemExit(f"The benchmark asks for more than {HELD} held bookings of one copy.")
        return [[self._post(n) for n in range(first + client, self.next, CLIENTS)] for client in range(CLIENTS)]

    def _post(self, number: int) -> bytes:
        return self.forms.post(
            f"/prenota/{held_key(number)}/riepilogo", COMMITTERS[number % CLIENTS], terms="y", seen="1"
        )  # as seeded


class ReferenceBookings:
    """As many bookings for the reference, at the same times."""

    def __init__(self) -> None:
        self.free = free_times(CALENDAR)

    def take(self, each: int) -> list[list[bytes]]:
        uses = list(islice(self.free, each * CLIENTS))
        return [[_book(use) for use in uses[client::CLIENTS]] for client in range(CLIENTS)]


def _book(use: Use) -> bytes:
    form = {"space": use.space, "starts": int(use.starts.timestamp()), "ends": int(use.ends.timestamp())}
    return request("/book", form=form)


def rivals(server: Server, rounds: int, clients: int, layouts: dict[int, int]) -> Iterator[tuple[Use, Sequence[bytes]]]:
    """For each round a free time of a published space, and the forms by which so many people choose it."""
    forms = Forms(server)
    free = (use for use in islice(free_times(CALENDAR), HELD, None) if use.space in layouts)
    for number, use in enumerate(islice(free, rounds)):
        wish = {
            "disposizione": layouts[use.space],
            "giorno": wall(use.starts).date().isoformat(),
            "durata": 60,
            "persone": 10,
            "starts": use.starts.isoformat(),
        }
        people = [RACING[(number * clients + n) % len(RACING)] for n in range(clients)]
        yield use, [forms.post(f"/spazi/{slug(use.space)}/prenota", person, **wish) for person in people]
