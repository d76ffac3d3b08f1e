"""What the hub and its spaces demand of a booking, on plain values: the rules that a manager keeps as data.

The params of a rule, by its kind (times in whole minutes, hours or days; money in euro cents):

notice {hours}; horizon {days}; length {min, max} minutes; grid {minutes}: between one start and the next;
approval {by: manager | automatic, people, minutes}: automatic up to so many people and minutes, where they are given;
cancel {hours, refunds: [[hours, percent], ...]}: until when, and how much is given back that long before the start;
association {}: only in the name of a verified organisation; residents_first {days}: others book that many days before;
quota_hours {hours, period, per} and quota_live {count, per}: period is week, month or year, per is person or organisation;
prime_share {percent, period, weekdays, from, to}: how much of the hours when everybody wants a space (0 Monday, minutes
after midnight) one organisation may have; no_show {count, days}: so many unused bookings in so many days, and no other is
taken; check_in {grace} minutes: after which a place that nobody came to is free again; answer {days}: by when a manager
answers; announce_refusal {days}: how long one may object before a refusal; deposit {cents}.

Of most kinds the most particular rule holds. Of those that count (quotas, no-shows) a space's stands beside the hub's, which
counts all the spaces; and one by the week beside one by the month.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import pairwise

from hub.refusal import Refusal, must_pass


@dataclass(frozen=True)
class Demand:
    """A rule as it is kept (see `models.Rule`): of the hub where space_id is None, of everybody where audience is."""

    id: int | None
    kind: str
    space_id: int | None
    audience: str | None
    valid_from: date | None
    valid_to: date | None
    params: dict

    def stands_for(self, space_id: int, audience: str | None, day: date) -> bool:
        ours = self.space_id in (None, space_id) and self.audience in (None, audience)
        return ours and (self.valid_from or day) <= day <= (self.valid_to or day)

    @property
    def code(self) -> str:
        """What a refusal calls it by, so that who is refused can ask about it: R12."""
        return f"R{self.id}"


@dataclass(frozen=True)
class Terms:
    """What holds of one space, on one day, for one audience; what no rule says is as below."""

    notice_hours: int = 24
    horizon_days: int = 365
    min_minutes: int = 60
    max_minutes: int = 720
    grid_minutes: int = 30
    automatic: bool = False
    automatic_people: int | None = None
    automatic_minutes: int | None = None
    cancel_hours: int = 24
    refunds: tuple[tuple[int, int], ...] = ((0, 100),)
    grace_minutes: int | None = None
    answer_days: int = 5
    announce_days: int | None = None
    deposit_cents: int = 0

    def confirms_itself(self, people: int, minutes: int) -> bool:
        """Whether the portal confirms such a booking without asking a manager."""
        few = self.automatic_people is None or people <= self.automatic_people
        return self.automatic and few and (self.automatic_minutes is None or minutes <= self.automatic_minutes)

    def refund_percent(self, hours_before: float) -> int:
        """How much of what was paid is given back to whoever cancels so long before the start."""
        return max((percent for hours, percent in self.refunds if hours_before >= hours), default=0)


def standing(demands: Iterable[Demand], kind: str, space_id: int, audience: str | None, day: date) -> list[Demand]:
    """The rules of a kind that hold, the most particular first: of the space before the hub's, of the audience before all."""
    found = [one for one in demands if one.kind == kind and one.stands_for(space_id, audience, day)]
    return sorted(found, key=lambda one: (one.space_id is None, one.audience is None, -(one.id or 0)))


def in_force(demands: Iterable[Demand], kind: str, space_id: int, audience: str | None, day: date) -> list[Demand]:
    """The rules of a kind that are to be respected: of each matter, the most particular."""
    found: dict[tuple, Demand] = {}
    for one in standing(demands, kind, space_id, audience, day):
        found.setdefault(matter(one.kind, one.space_id, one.params), one)
    return list(found.values())


def matter(kind: str, space_id: int | None, params: dict) -> tuple:
    """What a rule is about: of two that are about the same, the more particular or the newer holds."""
    counted = (space_id, params.get("per")) if kind in COUNTING else ()
    return (kind, *counted, params.get("period"))


COUNTING = ("quota_hours", "quota_live", "no_show")
LIMITS = ("association", "residents_first", *COUNTING, "prime_share")  # what depends on who asks, and what they had


def terms(demands: Iterable[Demand], space_id: int, audience: str | None, day: date) -> Terms:
    """What holds of a space on a day: of each kind, the most particular rule."""
    demands = list(demands)
    known = {}
    for kind, read in _TERMS.items():
        if found := standing(demands, kind, space_id, audience, day):
            known |= read(found[0].params)
    return Terms(**known)


_TERMS = {
    "notice": lambda params: {"notice_hours": params["hours"]},
    "horizon": lambda params: {"horizon_days": params["days"]},
    "length": lambda params: {"min_minutes": params["min"], "max_minutes": params["max"]},
    "grid": lambda params: {"grid_minutes": params["minutes"]},
    "approval": lambda params: {
        "automatic": params["by"] == "automatic",
        "automatic_people": params.get("people"),
        "automatic_minutes": params.get("minutes"),
    },
    "cancel": lambda params: {
        "cancel_hours": params["hours"],
        "refunds": tuple((hours, percent) for hours, percent in params.get("refunds", ((0, 100),))),
    },
    "check_in": lambda params: {"grace_minutes": params["grace"]},
    "answer": lambda params: {"answer_days": params["days"]},
    "announce_refusal": lambda params: {"announce_days": params["days"]},
    "deposit": lambda params: {"deposit_cents": params["cents"]},
}

# what holds where no rule says otherwise, as rules that nobody wrote
USUAL = {
    kind: [Demand(None, kind, None, None, None, None, params)]
    for kind, params in {
        "notice": {"hours": Terms.notice_hours},
        "horizon": {"days": Terms.horizon_days},
        "length": {"min": Terms.min_minutes, "max": Terms.max_minutes},
        "grid": {"minutes": Terms.grid_minutes},
        "approval": {"by": "manager"},
        "cancel": {"hours": Terms.cancel_hours, "refunds": Terms.refunds},
        "answer": {"days": Terms.answer_days},
    }.items()
}

# the least and the most that a number may be, by kind and param
BOUNDS = {
    "notice": {"hours": (0, 24 * 365)},
    "horizon": {"days": (1, 730)},
    "length": {"min": (5, 1440), "max": (5, 1440)},
    "grid": {"minutes": (5, 60)},
    "approval": {"people": (1, 5000), "minutes": (5, 1440)},
    "cancel": {"hours": (0, 24 * 365)},
    "residents_first": {"days": (1, 730)},
    "quota_hours": {"hours": (1, 8784)},
    "quota_live": {"count": (1, 1000)},
    "prime_share": {"percent": (1, 100), "from": (0, 1439), "to": (1, 1440)},
    "no_show": {"count": (1, 100), "days": (1, 730)},
    "check_in": {"grace": (5, 240)},
    "answer": {"days": (1, 90)},
    "announce_refusal": {"days": (1, 90)},
    "deposit": {"cents": (0, 10_000_000)},
}


def must_make_sense(kind: str, params: dict) -> None:
    """Whether a rule of this kind can say so: all that speaks against it, each by the param that it is about."""
    within = (partial(_must_be_within, name, params.get(name), *bounds) for name, bounds in BOUNDS.get(kind, {}).items())
    must_pass(*within, *(partial(check, params) for check in SENSE.get(kind, ())))


def _must_be_within(name: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise Refusal("Scrivi un numero da %(least)s a %(most)s.", least=least, most=most, field=name, rule="rule-number")


def _must_be_in_order(params: dict) -> None:
    if params["min"] > params["max"]:
        raise Refusal("La durata più lunga non può essere minore della più breve.", field="max", rule="rule-length")


def _must_divide_the_hour(params: dict) -> None:
    if params["minutes"] <= 0 or 60 % params["minutes"]:
        raise Refusal("Scegli minuti che dividono l'ora: 5, 10, 15, 20, 30 o 60.", field="minutes", rule="rule-grid")


def _must_be_a_stretch(params: dict) -> None:
    if params["from"] >= params["to"]:
        raise Refusal("Le ore di punta finiscono dopo che sono cominciate.", field="to", rule="rule-prime")


def _must_refund_in_order(params: dict) -> None:
    """Percents, and never more for whoever cancels later."""
    steps = sorted(params.get("refunds", ()), reverse=True)
    if any(not 0 <= percent <= 100 or not 0 <= hours <= 24 * 365 for hours, percent in steps):
        raise Refusal("Un rimborso va da 0 a 100 per cento, e le ore da 0 a 8760.", field="refunds", rule="rule-refund")
    if len({hours for hours, _ in steps}) < len(steps) or any(a < b for (_, a), (_, b) in pairwise(steps)):
        raise Refusal("Chi annulla più tardi non può ricevere di più: controlla i rimborsi.", field="refunds", rule="rule-refund")


SENSE: dict[str, tuple[Callable[[dict], None], ...]] = {
    "length": (_must_be_in_order,),
    "grid": (_must_divide_the_hour,),
    "prime_share": (_must_be_a_stretch,),
    "cancel": (_must_refund_in_order,),
}
