"""A refusal: what a resident reads when a rule says no."""


class Refusal(Exception):
    """Which rule said no, why, and what would pass.

    words: the Italian sentence, with %(name)s places (translated where it is shown);
    field: the form field it stands beside (None: above the form); rule: a stable code for tests and statistics;
    values: what fills the places: text, numbers, aware datetimes, dates.
    """

    def __init__(self, words: str, *, field: str | None = None, rule: str | None = None, **values: object) -> None:
        super().__init__(words, values)
        self.words, self.field, self.rule, self.values = words, field, rule, values
