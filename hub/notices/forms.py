"""What somebody chooses of the mails that they may do without."""

from flask_babel import lazy_gettext as _
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from hub.forms import Form, options
from hub.notices.words import TOPICS


class ChoiceForm(Form):
    wanted = SelectMultipleField(
        _("Mandami una mail per"),
        choices=options((topic, words) for topic, (words, _text) in TOPICS.items()),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )


class StopForm(Form):
    """A button: a mail program that opens links by itself must not choose for anybody."""
