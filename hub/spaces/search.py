"""Search by need: who can do it; where nobody can, the nearest misses, found by giving up one wish at a time."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, timedelta
from itertools import chain
from typing import NamedTuple

from hub.clock import wall
from hub.spaces.board import Answer, Board, FreeDay, board
from hub.spaces.models import Layout, Space
from hub.spaces.needs import LENGTHS, PARTS, Need, nearest_of, seconds, slot_at
from hub.spaces.rules import Slot, at_minute

NEARBY = timedelta(days=14)
AROUND = timedelta(days=7)  # where alternatives to one date are looked for
DAYS_OFFERED = 3
LENGTHS_TRIED = 4


class Miss(NamedTuple):
    """A need that differs by one wish, and what it would find: the best answer, and how many there are.

    wish: time, day, length, layout, people, equipment, budget, step_free or space; free: the day that comes nearest.
    """

    wish: str
    need: Need
    answer: Answer
    free: FreeDay | None
    count: int


class Alternative(NamedTuple):
    """Another place or time, and what it costs in euro cents."""

    space: Space
    layout: Layout
    slot: Slot
    cents: int


class Found(NamedTuple):
    """What a search finds: answers, or only where there are none the nearest misses."""

    answers: list[Answer]
    misses: list[Miss]


def find(need: Need) -> Found:
    """The answers to a need, or what to give up for one."""
    ground = board()
    answers = _answers(ground, need)
    if answers or not ground.spaces:
        return Found(answers, [])
    if need.first:
        ground.look(ground.spaces, *_nearby(ground, need))
    return Found([], [miss for relax in RELAXED for miss in relax(ground, need)])


def free_days(need: Need) -> list[tuple[date, list[tuple[Answer, FreeDay]]]]:
    """The days on which something is free for a need, each with the spaces that are."""
    found: dict[date, list[tuple[Answer, FreeDay]]] = {}
    for answer in _answers(board(), need):
        for free in answer.days:
            found.setdefault(free.day, []).append((answer, free))
    return sorted(found.items(), key=lambda one: one[0])


def alternatives(
    space: Space,
    layout: Layout,
    slot: Slot,
    people: int,
    audience: str,
    *,
    most: int = 3,
    ground: Board | None = None,
    asked: Collection[date] = (),
) -> list[Alternative]:
    """What comes nearest to a place that cannot be had: another space or bay at the same time, the same at another time.

    ground: a board that has looked at these days already (see `look_around`), for whoever asks about many dates; asked: those
    dates, on which no other is put.
    """
    ground = ground or look_around([wall(slot.starts).date()])
    day = wall(slot.starts).date()
    at = wall(slot.starts)
    need = Need(first=day, last=day, start=at.hour * 60 + at.minute, minutes=slot.minutes, people=people, audience=audience)
    there: dict[int, Alternative] = {}
    for wanted in (need.but(layout=layout.kind), need):  # the same layout before any other
        for answer in ground.answers(wanted):
            for free in answer.days:
                there.setdefault(answer.space.id, Alternative(answer.space, free.layout, slot, free.cents))
    there.pop(space.id, None)
    wide = need.but(start=None, first=max(day - AROUND, ground.today), last=day + AROUND, space=space.slug, layout=layout.kind)
    near = sorted(  # on that day the nearest times, on others the nearest to the same time of day
        (abs(free.day - day), _off(start, need, free.day), start, free.cents)
        for answer in ground.answers(wide)
        for free in answer.days
        if free.layout.id == layout.id and (free.day == day or free.day not in asked)
        for start in nearest_of(free.starts, seconds(at_minute(free.day, need.start)), most if free.day == day else 1)
        if start != seconds(slot.starts)
    )
    here = [Alternative(space, layout, slot_at(start, slot.minutes), cents) for *_, start, cents in near]
    elsewhere = max(most - len(here), most // 2)
    return ([*there.values()][:elsewhere] + here)[:most]


def look_around(days: Iterable[date]) -> Board:
    """The hub with what is taken of all of it around these days."""
    ground, days = board(), sorted(days)
    ground.look(ground.spaces, max(days[0] - AROUND, ground.today), days[-1] + AROUND)
    return ground


def _answers(ground: Board, need: Need) -> list[Answer]:
    if need.first and (able := ground.able(need)):
        ground.look([space for space, _ in able], need.first, need.days[-1])
    return ground.answers(need)


def _found(wish: str, ground: Board, need: Need) -> Iterator[Miss]:
    """The miss that this need is, where it finds anything."""
    if answers := ground.answers(need):
        yield Miss(wish, need, answers[0], next(iter(answers[0].days), None), len(answers))


def _time(ground: Board, need: Need) -> Iterator[Miss]:
    """Another time on the wanted days: of all that are free, the nearest."""
    if not need.first or (need.start is None and need.part is None):
        return
    times = [
        (_off(start, need, free.day), start, free.day)
        for answer in ground.answers(need.but(part=None, start=None))
        for free in answer.days
        for start in chain.from_iterable(free.starts)
    ]
    if times:
        _, start, day = min(times)
        at = wall(slot_at(start, 0).starts)
        minute = at.hour * 60 + at.minute
        part = next(code for code, (begins, ends) in PARTS.items() if begins <= minute < ends)
        other = {"start": minute} if need.start is not None else {"part": part}
        yield from _found("time", ground, need.but(first=day, last=day, **other))


def _off(start: int, need: Need, day: date) -> int:
    """How many seconds a start is from the time that is wanted on its day."""
    if need.start is not None:
        return abs(start - seconds(at_minute(day, need.start)))
    first, last = need.bounds(day)
    return max(first - start, start - last)


def _day(ground: Board, need: Need) -> Iterator[Miss]:
    """The nearest other days."""
    if not need.first:
        return
    first, last = need.days[0], need.days[-1]
    wide = need.but(**dict(zip(("first", "last"), _nearby(ground, need), strict=True)))
    days = {free.day for answer in ground.answers(wide) for free in answer.days}
    nearest = sorted(days, key=lambda day: (max(first - day, day - last), day))[:DAYS_OFFERED]
    for day in sorted(nearest):
        yield from _found("day", ground, need.but(first=day, last=day))


def _nearby(ground: Board, need: Need) -> tuple[date, date]:
    """The days around those that are wanted; where it is too early to book them, around the last that may be."""
    first, last, reach = need.days[0], need.days[-1], ground.last_day(need.audience)
    if reach < first:
        first = last = reach
    return max(first - NEARBY, ground.today), last + NEARBY


def _length(ground: Board, need: Need) -> Iterator[Miss]:
    """The nearest other length."""
    if not need.first:
        return
    others = sorted((one for one in LENGTHS if one != need.minutes), key=lambda one: (abs(one - need.minutes), one))
    for minutes in others[:LENGTHS_TRIED]:
        if found := list(_found("length", ground, need.but(minutes=minutes))):
            yield from found
            return


def _equipment(ground: Board, need: Need) -> Iterator[Miss]:
    """Without one thing."""
    for code in need.equipment:
        yield from _found("equipment", ground, need.but(equipment=tuple(one for one in need.equipment if one != code)))


def _people(ground: Board, need: Need) -> Iterator[Miss]:
    """Fewer people: as many as the largest layout holds."""
    if need.people:
        most = max((layout.capacity for layout, _ in ground.options(need.but(people=None))), default=need.people)
        if most < need.people:
            yield from _found("people", ground, need.but(people=most))


def _budget(ground: Board, need: Need) -> Iterator[Miss]:
    """More money: as much as the cheapest costs, in whole euros."""
    if need.budget_cents is not None:
        costs = [cents for _, cents in ground.options(need.but(budget_cents=None))]
        if costs:
            yield from _found("budget", ground, need.but(budget_cents=-(-min(costs) // 100) * 100))


def _without(wish: str, **changes: object) -> Callable[[Board, Need], Iterator[Miss]]:
    """One wish less, where there is such a wish."""
    wanted = next(iter(changes))

    def relax(ground: Board, need: Need) -> Iterator[Miss]:
        if getattr(need, wanted):
            yield from _found(wish, ground, need.but(**changes))

    return relax


RELAXED = (
    *(_time, _day, _without("layout", layout=None), _equipment, _without("step_free", step_free=False)),
    *(_people, _budget, _length, _without("space", space=None)),
)
