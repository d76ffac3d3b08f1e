"""A hub with its spaces and people, for the tests of participation."""

from tests.hub.booking.conftest import hub as hub
from tests.hub.booking.conftest import people as people
