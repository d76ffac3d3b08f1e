"""What the database refuses, in the words of the rules: it has the last word where two act at the same moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from hub.db import db
from hub.organisations import rules

# What stands in the database's message (SQLite tells a unique index by its columns), and the refusal that it means.
SAYS = {
    "evaluator_apart_": rules.apart,
    "two_adults_": rules.lone,
    "uq_organisation_verified_tax_code": rules.known,
    "organisation.tax_code": rules.known,
}


@contextmanager
def in_words() -> Iterator[None]:
    """A block whose changes are sent to the database at its end. Raises Refusal where a promise would be broken."""
    try:
        yield
        db.session.flush()
    except IntegrityError as error:
        for name, refusal in SAYS.items():
            if name in str(error.orig):
                raise refusal() from error
        raise
