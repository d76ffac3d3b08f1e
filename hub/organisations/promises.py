"""What the database refuses, in the words of the rules: it has the last word where two act at the same moment."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from hub.db import db
from hub.organisations import rules
from hub.refusal import Refusal

# What stands in the database's message (SQLite tells a unique index by its columns), and the refusal that it means.
SAYS = {
    "evaluator_apart_": rules.apart,
    "two_adults_": rules.lone,
    "uq_organisation_verified_tax_code": rules.known,
    "organisation.tax_code": rules.known,
}


@contextmanager
def in_words(says: Mapping[str, Callable[[], Refusal]] = SAYS) -> Iterator[None]:
    """A block whose changes are sent to the database at its end. Raises Refusal where a promise would be broken.

    says: what stands in the database's message, and the refusal that it means."""
    try:
        yield
        db.session.flush()
    except IntegrityError as error:
        for name, refusal in says.items():
            if name in str(error.orig):
                raise refusal() from error
        raise
