"""The forms of a path: what an organisation needs, how many come, who mentors it, a meeting and what was wrong with it."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from hub.clock import starts_of, today
from hub.forms import CreatingForm, Form, options, tidy
from hub.labs.forms import MomentField, within_reach
from hub.labs.models import Enrolment, Need, Trainer
from hub.labs.path_rules import MINUTES_MOST, PEOPLE_MOST, REASON_MOST, TOPIC_MOST, WORDS_MOST
from hub.labs.words import NEED_AREAS, TRAINER_ROLES


class NeedForm(CreatingForm):
    area = SelectField(
        _("Di che cosa si tratta"), [InputRequired(_("Scegli dall'elenco."))], choices=options(NEED_AREAS.items(), _("Scegli…"))
    )
    words = TextAreaField(
        _("Di che cosa c'è bisogno"),
        [DataRequired(_("Scrivi di che cosa c'è bisogno.")), Length(max=WORDS_MOST)],
        [tidy],
        description=_("Bastano due o tre frasi. Le leggono il gestore e chi vi segue."),
    )

    @staticmethod
    def shown(need: Need) -> dict[str, str]:
        """What the form holds of a need that is changed."""
        return {"area": need.area, "words": need.words}


class PeopleForm(Form):
    people = IntegerField(
        _("Quante persone vengono"),
        [
            InputRequired(_("Scrivi un numero.")),
            NumberRange(1, PEOPLE_MOST, _("Scrivi un numero da %(least)s a %(most)s.", least=1, most=PEOPLE_MOST)),
        ],
    )
    roles = StringField(
        _("Che cosa fanno (facoltativo)"),
        [Optional(), Length(max=TOPIC_MOST)],
        [tidy],
        description=_("Per esempio: chi amministra, chi progetta. I nomi non servono."),
    )


class MatchForm(CreatingForm):
    """Who mentors whom."""

    enrolment = SelectField(_("Organizzazione"), [InputRequired(_("Scegli dall'elenco."))], coerce=str)
    trainer = SelectField(_("Mentor o tutor"), [InputRequired(_("Scegli dall'elenco."))], coerce=str)
    since = DateField(
        _("Dal giorno"),
        [InputRequired(_("Scegli un giorno.")), within_reach],
        description=_("Gli incontri si scrivono da questo giorno in poi."),
    )
    tells_mentor = BooleanField(_("Il mentor è d'accordo: scrivi la sua e-mail all'organizzazione"))
    tells_organisation = BooleanField(_("L'organizzazione è d'accordo: scrivi la sua e-mail al mentor"))

    def offer(self, enrolments: Iterable[Enrolment], trainers: Iterable[Trainer]) -> None:
        self.enrolment.choices = options(((str(one.id), one.organisation.name) for one in enrolments), _("Scegli…"))
        who = ((str(one.id), f"{one.name} ({TRAINER_ROLES[one.role]})") for one in trainers)
        self.trainer.choices = options(who, _("Scegli…"))
        self.since.data = self.since.data or today()

    @property
    def told(self) -> dict[str, object]:
        """What it says, as `paths.match` takes it beside the two."""
        agreed = {"tells_mentor": self.tells_mentor.data, "tells_organisation": self.tells_organisation.data}
        return {"since": starts_of(self.since.data)} | agreed


class MeetingForm(CreatingForm):
    """A meeting that took place."""

    starts = MomentField(_("Giorno e ora di inizio"), [InputRequired(_("Scrivi quando è cominciato."))])
    minutes = IntegerField(
        _("Quanti minuti è durato"),
        [
            InputRequired(_("Scrivi un numero.")),
            NumberRange(1, MINUTES_MOST, _("Scrivi un numero da %(least)s a %(most)s.", least=1, most=MINUTES_MOST)),
        ],
    )
    topic = StringField(
        _("Di che cosa avete parlato"),
        [DataRequired(_("Scrivi in poche parole di che cosa avete parlato.")), Length(max=TOPIC_MOST)],
        [tidy],
        description=_("In poche parole, senza nomi di persone."),
    )

    @property
    def told(self) -> dict[str, datetime | int | str]:
        """What it says, as `meetings.write` takes it."""
        return {"starts": self.starts.instant, "minutes": self.minutes.data, "topic": self.topic.data}


class VoidForm(Form):
    reason = TextAreaField(
        _("Che cosa non va"),
        [DataRequired(_("Scrivi che cosa non va: lo legge l'altra parte.")), Length(max=REASON_MOST)],
        [tidy],
        description=_("Lo legge l'altra parte."),
    )
