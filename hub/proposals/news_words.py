"""What happened to a proposal, in words of the reader's language: its page, its feed and its followers' mails say the same."""

from collections.abc import Callable

from flask_babel import gettext as _

from hub.proposals.outcome_models import News
from hub.proposals.words import ANSWERS, MODERATION_REASONS, RESULT_STATES


def headline(news: News) -> str:
    """What happened, in one line and without names, in the reader's language."""
    return HEADLINES[news.kind](news.data)


def _published(data: dict) -> str:
    if data.get("merged"):
        return _("È nata dall'unione di altre proposte.")
    if data.get("split"):
        return _("È nata dalla divisione di un'altra proposta.")
    return _("È stata pubblicata.")


def _edited(data: dict) -> str:
    told = _("Gli autori hanno pubblicato la versione %(number)s.", number=data["number"])
    return f"{told} {data['reason']}" if data.get("reason") else told


def _withdrawn(data: dict) -> str:
    return _("Gli autori l'hanno ritirata: %(reason)s", reason=data["reason"])


def _merged(data: dict) -> str:
    if "title" not in data:
        return _("È stata unita ad altre.")
    return _("È stata unita ad altre, e continua in «%(title)s».", title=data["title"])


def _hidden(data: dict) -> str:
    return _("La moderazione l'ha nascosta: %(reason)s.", reason=str(MODERATION_REASONS[data["reason"]]).lower())


def _answered(data: dict) -> str:
    told = {"answer": ANSWERS[data["answer"]]}
    if data.get("anew"):
        return _("La risposta è cambiata: %(answer)s.", **told)
    return _("Ha avuto risposta: %(answer)s.", **told)


def _linked(data: dict) -> str:
    return _("Da qui nasce qualcosa: %(title)s.", title=data["title"])


def _updated(data: dict) -> str:
    told = {"title": data["title"], "state": str(RESULT_STATES[data["state"]]).lower(), "percent": data["progress"] // 100}
    return _("%(title)s: %(state)s, %(percent)s%% fatto.", **told)


def _co_author(data: dict) -> str:
    return _("Uno degli autori l'ha lasciata.") if data.get("left") else _("Ha un autore in più.")


HEADLINES: dict[str, Callable[[dict], str]] = {
    "published": _published,
    "edited": _edited,
    "co_author": _co_author,
    "withdrawn": _withdrawn,
    "merged": _merged,
    "split": lambda _data: _("È stata divisa in più proposte."),
    "discussed": lambda _data: _("Se n'è parlato in un incontro: i verbali dicono che cosa si è deciso."),
    "under_review": lambda _data: _("È in esame: una risposta è in preparazione."),
    "answered": _answered,
    "result_linked": _linked,
    "result_updated": _updated,
    "hidden": _hidden,
    "restored": lambda _data: _("La moderazione l'ha mostrata di nuovo."),
}
