"""A refusal: what a resident reads when a rule says no."""

from collections.abc import Callable


class Refusal(Exception):
    """Which rule said no, why, and what would pass.

    words: the Italian sentence, with %(name)s places (translated where it is shown);
    field: the form field it stands beside (None: above the form); rule: a stable code for tests and statistics;
    values: what fills the places: text, numbers, aware datetimes, dates, lengths of time.
    code: what the rule is called where a manager keeps it (R12), so that whoever is refused can ask about it.
    """

    code: str | None = None

    def __init__(self, words: str, *, field: str | None = None, rule: str | None = None, **values: object) -> None:
        super().__init__(words, values)
        self.words, self.field, self.rule, self.values = words, field, rule, values

    @property
    def all(self) -> tuple["Refusal", ...]:
        """Every refusal there is to tell: this one alone, unless several rules said no at once."""
        return (self,)


class Refusals(Refusal):
    """Several rules said no: the first of them, and all."""

    def __init__(self, *refusals: Refusal) -> None:
        first = refusals[0]
        super().__init__(first.words, field=first.field, rule=first.rule, **first.values)
        self._all = refusals

    @property
    def all(self) -> tuple[Refusal, ...]:
        return self._all


def refusals(*checks: Callable[[], object]) -> list[Refusal]:
    """What each of these checks has to say against it, in order; nothing where all pass."""
    found = []
    for check in checks:
        try:
            check()
        except Refusal as refusal:
            found += refusal.all
    return found


def must_pass(*checks: Callable[[], object], code: Callable[[str | None], str | None] = lambda rule: None) -> None:
    """Ask every check, and tell at once, and once, all that they refuse. Raises Refusal.

    code: how a rule that said no is called where it is kept, None where it is not.
    """
    told = {}
    for one in refusals(*checks):
        one.code = one.code or code(one.rule)
        told.setdefault(repr((one.args, one.field)), one)
    if told:
        found = list(told.values())
        raise found[0] if len(found) == 1 else Refusals(*found)
