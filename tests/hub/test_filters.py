"""How values are shown."""

from datetime import UTC, datetime

import pytest

from hub.filters import stretch
from hub.spaces.rules import Slot


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ((2027, 1, 13, 23), (2027, 1, 14, 23), "giovedì 14 gennaio 2027, tutto il giorno"),
        ((2027, 10, 30, 22), (2027, 10, 31, 23), "domenica 31 ottobre 2027, tutto il giorno"),  # a day of 25 hours
        ((2027, 1, 13, 23), (2027, 1, 15, 23), "da giovedì 14 gennaio 2027 a venerdì 15 gennaio 2027, giorni interi"),
        ((2027, 1, 14, 8), (2027, 1, 14, 9, 30), "giovedì 14 gennaio 2027, 09:00–10:30"),
        ((2027, 1, 14, 8), (2027, 1, 15, 23), "da giovedì 14 gennaio 2027, 09:00 a sabato 16 gennaio 2027, 00:00"),
    ],
)
def test_a_stretch_of_time_is_told_as_people_say_it(app, first, last, words):
    with app.test_request_context():
        assert stretch(Slot(datetime(*first, tzinfo=UTC), datetime(*last, tzinfo=UTC))) == words
