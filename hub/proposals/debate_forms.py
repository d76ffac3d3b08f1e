"""What is typed in a discussion: comments, reports, appeals; what moderators write; how often one wants mails."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, SubmitField, TextAreaField
from wtforms.validators import InputRequired

from hub.forms import CreatingForm, Form, options
from hub.proposals.debate_rules import LONGEST_APPEAL, LONGEST_WORDS
from hub.proposals.rules import LONGEST_COMMENT
from hub.proposals.words import MODERATION_REASONS, REPORT_REASONS, STANCES

WISHES = {
    "news": _("Subito, una mail per ogni novità"),
    "day": _("Una volta al giorno, alle 8"),
    "week": _("Una volta alla settimana, il lunedì alle 8"),
    "never": _("Mai"),
}


_HOW = _("Al massimo %(most)s caratteri, solo testo. Non scrivere dati personali, tuoi o di altri.", most=LONGEST_COMMENT)


class AnswerForm(CreatingForm):
    """An answer to a comment."""

    text = TextAreaField(_("La tua risposta"), [InputRequired(_("Scrivi qualcosa."))], description=_HOW)
    named = BooleanField(
        _("Mostra il mio nome"),
        description=_("Se no si legge «Una persona». Il nome di chi ha meno di 18 anni non si mostra mai."),
    )


_STANCE = _("Scegli se sei a favore, contrario, neutrale, o se fai una domanda.")


class CommentForm(AnswerForm):
    """A comment, at the top of a thread."""

    stance = RadioField(_("Che cosa ne pensi"), [InputRequired(_STANCE)], choices=options(STANCES.items()), validate_choice=False)
    text = TextAreaField(_("Il tuo commento"), [InputRequired(_("Scrivi qualcosa."))], description=_HOW)


class ReportForm(CreatingForm):
    """Why moderators should look at something."""

    reason = RadioField(
        _("Che cosa non va"),
        [InputRequired(_("Scegli che cosa non va."))],
        choices=options(REPORT_REASONS.items()),
        validate_choice=False,
    )
    words = TextAreaField(
        _("Vuoi aggiungere qualcosa? (facoltativo)"),
        description=_("Al massimo %(most)s caratteri. Lo leggono solo i moderatori.", most=LONGEST_WORDS),
    )


class AppealForm(CreatingForm):
    text = TextAreaField(
        _("Perché va mostrato di nuovo"),
        [InputRequired(_("Scrivi perché."))],
        description=_("Al massimo %(most)s caratteri. Lo legge il gestore che decide.", most=LONGEST_APPEAL),
    )


class ModerationForm(CreatingForm):
    """What a moderator does with something that can be read."""

    reason = RadioField(_("Motivo"), choices=options(MODERATION_REASONS.items()), validate_choice=False)
    words = TextAreaField(
        _("Spiegazione"),
        description=_(
            "La legge chi ha scritto, con il motivo. Non la leggono gli altri. Al massimo %(most)s caratteri.", most=LONGEST_WORDS
        ),
    )
    hide = SubmitField(_("Nascondi"))
    dismiss = SubmitField(_("Va bene così: chiudi le segnalazioni"))


class RestoringForm(CreatingForm):
    """The same with something that is hidden."""

    words = TextAreaField(
        _("Perché torna visibile"), description=_("Lo legge chi ha scritto. Al massimo %(most)s caratteri.", most=LONGEST_WORDS)
    )
    restore = SubmitField(_("Mostra di nuovo"))


class DecisionForm(CreatingForm):
    words = TextAreaField(
        _("Motivazione"), description=_("La legge chi ha fatto ricorso. Al massimo %(most)s caratteri.", most=LONGEST_WORDS)
    )
    overturned = SubmitField(_("Accogli: torna visibile"))
    upheld = SubmitField(_("Respingi: resta nascosto"))


class WishForm(Form):
    every = RadioField(_("Quando vuoi ricevere le mail"), choices=options(WISHES.items()), validate_choice=False)
