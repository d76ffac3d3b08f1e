"""What may be said of a page, and how a report goes from open to closed."""

from collections.abc import Iterable

from hub.refusal import Refusal

MOST_STARS = 5
POSITIVE_FROM = 4  # so many stars praise, fewer find fault: the national model's threshold
PRAISE = ("clear", "complete", "on_course", "no_trouble", "other")
FAULTS = ("unclear", "incomplete", "lost", "trouble", "other")
REASONS = tuple(dict.fromkeys((*PRAISE, *FAULTS)))
LONGEST_COMMENT = 200
FEW_RATINGS = 5  # below which a mean says little

CATEGORIES = ("space", "portal", "accessibility", "other")
STATES = ("open", "in_progress", "closed")
NEXT = {"open": ("in_progress", "closed"), "in_progress": ("closed",), "closed": ()}
LONGEST_SUBJECT, LONGEST_TEXT = 120, 2000
ENOUGH_CLOSED = 5  # before which the usual time of an answer is not published


def must_be_rateable(page: str, rateable: Iterable[str]) -> None:
    """Only the public pages of the portal are rated."""
    if page not in rateable:
        raise Refusal("Questa pagina non si può valutare.", rule="rateable")


def must_fit(stars: int, reason: str | None, comment: str) -> None:
    """As many stars as there are, a reason of the branch that they lead to, a comment that is not too long."""
    if not 1 <= stars <= MOST_STARS:
        raise Refusal("Scegli da 1 a %(most)s stelle.", field="stars", rule="stars", most=MOST_STARS)
    if reason is not None and reason not in branch(stars):
        raise Refusal("Questa risposta non va con le stelle che hai scelto: scegline un'altra.", rule="branch")
    if len(comment) > LONGEST_COMMENT:
        raise Refusal("Al massimo %(most)s caratteri.", field="comment", rule="comment", most=LONGEST_COMMENT)


def branch(stars: int) -> tuple[str, ...]:
    """The answers that go with so many stars."""
    return PRAISE if stars >= POSITIVE_FROM else FAULTS


def must_go_on(before: str, after: str) -> None:
    """A report goes from open to in progress to closed, never back."""
    if before == "closed":
        raise Refusal("Questa segnalazione è già chiusa: la risposta non si cambia più.", rule="report-closed")
    if after not in NEXT[before]:
        raise Refusal("Questa segnalazione è già presa in carico.", rule="report-state")


def must_answer(answer: str) -> None:
    """Whoever reported something reads what came of it."""
    if not answer.strip():
        raise Refusal("Per chiudere scrivi la risposta: chi ha segnalato la leggerà.", field="answer", rule="answer")


def must_be_ours(space: str, found: int | None) -> None:
    """A report names one of the spaces, or none."""
    if space and found is None:
        raise Refusal("Questo spazio non c'è: scegline uno dall'elenco.", field="space", rule="space")
