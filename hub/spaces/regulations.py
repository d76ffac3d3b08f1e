"""The rules as a manager keeps them: one begins, and the one that said something else of the same matter ends.

A rule is never rewritten, so that what was decided by it can be explained later.
"""

from datetime import date, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hub.accounts.models import Person
from hub.clock import now, today
from hub.db import db
from hub.refusal import Refusal, must_pass
from hub.spaces.models import RULE_KINDS, Rule, Space
from hub.spaces.terms import Demand, matter, must_make_sense


class Line(NamedTuple):
    """A rule, and who wrote it: None of the first ones, which came with the hub."""

    rule: Rule
    author: Person | None

    @property
    def is_over(self) -> bool:
        return self.rule.ended_at is not None or (self.rule.valid_to is not None and self.rule.valid_to < today())


def lines(space: Space | None = None) -> list[Line]:
    """The rules of a space with those of the hub, or all there are, by kind: those that stand, and those that are over."""
    written = sa.select(Rule, Person).outerjoin(Person, Person.id == Rule.created_by_id).options(joinedload(Rule.space))
    if space:
        written = written.where(sa.or_(Rule.space_id == space.id, Rule.space_id.is_(None)))
    return sorted((Line(*row) for row in db.session.execute(written)), key=_reading)


def _reading(line: Line) -> tuple:
    rule = line.rule
    where = (rule.space is not None, rule.space.sort if rule.space else 0, rule.audience or "")
    return (RULE_KINDS.index(rule.kind), *where, rule.valid_from or date.min, rule.id)


def rule_by(id: int) -> Rule | None:
    return db.session.get(Rule, id)


def wanted(
    kind: str, *, space: Space | None, audience: str | None, params: dict, valid_from: date, valid_to: date | None
) -> Demand:
    """A rule that nobody wrote yet, for the bookings of these days. Raises Refusal, with all that speaks against it."""
    must_pass(
        lambda: must_make_sense(kind, params),
        lambda: must_begin_in_time(valid_from, today()),
        lambda: must_end_after(valid_from, valid_to),
    )
    return Demand(None, kind, space and space.id, audience, valid_from, valid_to, params)


def begin(demand: Demand, *, by: Person) -> Rule:
    """Write a rule. What was said of the same ends where one for good begins; while one lasts that will end, it waits.

    Raises Refusal where the same stands already.
    """
    db.session.execute(sa.select(Space.id).order_by(Space.id).with_for_update(key_share=True)).all()  # one rule at a time
    for other in _of_the_same(demand):
        must_say_something_new(demand, other.demand)
    for other in replaced_by(demand):
        _give_way(other, demand.valid_from)
    rule = Rule(kind=demand.kind, space_id=demand.space_id, audience=demand.audience, params=demand.params)
    rule.valid_from, rule.valid_to = demand.valid_from, demand.valid_to
    rule.created_at, rule.created_by_id = now(), by.id
    db.session.add(rule)
    db.session.flush()
    return rule


def replaced_by(demand: Demand) -> list[Rule]:
    """The rules that would end where this one begins."""
    return _of_the_same(demand) if demand.valid_to is None else []


def _of_the_same(demand: Demand) -> list[Rule]:
    """The rules that stand and say something of the same, for the same people, on the same days or later."""
    own = sa.select(Rule).filter_by(kind=demand.kind, space_id=demand.space_id, audience=demand.audience, ended_at=None)
    standing = db.session.scalars(own.where(sa.or_(Rule.valid_to.is_(None), Rule.valid_to >= demand.valid_from))).all()
    same = matter(demand.kind, demand.space_id, demand.params)
    return [rule for rule in standing if matter(rule.kind, rule.space_id, rule.params) == same]


def _give_way(rule: Rule, first: date) -> None:
    """Leave the days from this one on to another rule."""
    if first <= today() or (rule.valid_from and rule.valid_from >= first):
        rule.ended_at = now()
    else:
        rule.valid_to = first - timedelta(days=1)
    db.session.flush()


def end(rule: Rule) -> None:
    """The rule holds no longer; what was decided by it stays. Raises Refusal."""
    must_stand(rule.ended_at is None)
    rule.ended_at = now()
    db.session.flush()


def must_begin_in_time(first: date, today: date) -> None:
    if first < today:
        raise Refusal("Una regola vale da oggi in poi: scegli oggi o un giorno futuro.", field="valid_from", rule="rule-past")


def must_end_after(first: date, last: date | None) -> None:
    if last and last < first:
        raise Refusal("L'ultimo giorno viene dopo il primo.", field="valid_to", rule="rule-dates")


def must_say_something_new(demand: Demand, other: Demand) -> None:
    """The same rule twice says nothing more."""
    same_days = (other.valid_from or date.min) <= demand.valid_from and other.valid_to == demand.valid_to
    if demand.params == other.params and same_days:
        raise Refusal("Questa regola c'è già: è la %(other)s.", other=other.code, rule="rule-same")


def must_stand(stands: bool) -> None:
    if not stands:
        raise Refusal("Questa regola è già finita.", rule="rule-over")
