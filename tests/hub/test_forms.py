"""Fields that people type numbers in: what is absurd is refused in words, and at once."""

import pytest
from werkzeug.datastructures import MultiDict

from hub.forms import EurosField, Form
from hub.labs.forms import HoursField

ABSURD = ("9e999999", "-9e999999", "1e999990", "Infinity", "NaN", "sNaN")


class NumbersForm(Form):
    class Meta(Form.Meta):
        csrf = False

    euros = EurosField()
    hours = HoursField()


def filled(typed: str) -> NumbersForm:
    return NumbersForm(formdata=MultiDict({"euros": typed, "hours": typed}))


@pytest.mark.parametrize("typed", ABSURD)
def test_an_absurd_number_is_refused_before_anybody_writes_it_out(app, typed):
    """As a whole number 1e999990 has a million digits, and takes minutes."""
    with app.test_request_context():
        form = filled(typed)
        assert not form.validate() and set(form.errors) == {"euros", "hours"}
        assert (form.euros.data, form.hours.data) == (None, None)


def test_an_amount_and_a_length_are_whole_cents_and_minutes(app):
    with app.test_request_context():
        form = filled("12,5")
        assert form.validate() and (form.euros.data, form.hours.data) == (1250, 750)
