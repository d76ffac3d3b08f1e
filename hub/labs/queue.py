"""Who is next on a waiting list, on plain values.

Who waits is a party: somebody alone, or a group that gets places together or not at all. Places go to the parties in their
order. A group that does not fit is passed over, and who comes behind is let past it, but not without end: once as many
parties were let past as the activity says, the places that come free are kept until the group fits. A group that is larger
than all the places there are is passed over for ever, and keeps nothing: places that are kept for it would help nobody.
"""

from collections.abc import Hashable, Iterable
from typing import NamedTuple


class Party(NamedTuple):
    """Who waits as one. skips: how many were let past it so far."""

    key: Hashable
    size: int
    skips: int = 0


class Plan(NamedTuple):
    """Who gets places, in this order; and each time that somebody is let past a group: (the group, who is let past)."""

    seated: list[Party]
    skips: list[tuple[Party, Party]]


def promote(queue: Iterable[Party], free: int, places: int, skips_most: int) -> Plan:
    """Give `free` places, of `places` that there are, to a queue in its order."""
    plan, passed = Plan([], []), []
    skips: dict[Hashable, int] = {}
    for party in queue:
        if party.size > places:
            continue
        if not free or any(skips[group.key] >= skips_most for group in passed):
            break
        if party.size > free:
            passed.append(party)
            skips[party.key] = party.skips
            continue
        free -= party.size
        plan.seated.append(party)
        for group in passed:
            skips[group.key] += 1
            plan.skips.append((group, party))
    return plan
