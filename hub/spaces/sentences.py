"""The rules of a space as plain sentences, in the reader's language: for whoever books, and for the manager who writes them."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from hub.filters import clock, minutes, money
from hub.spaces.models import AUDIENCES, RULE_KINDS
from hub.spaces.terms import USUAL, Demand, Terms, in_force
from hub.spaces.words import WEEKDAYS

KINDS = {
    "notice": _l("Preavviso"),
    "horizon": _l("Quanto tempo prima si può prenotare"),
    "length": _l("Durata"),
    "grid": _l("Orari di inizio"),
    "approval": _l("Chi conferma"),
    "cancel": _l("Annullamento e rimborso"),
    "association": _l("Solo organizzazioni"),
    "residents_first": _l("Prima i residenti"),
    "quota_hours": _l("Quota di ore"),
    "quota_live": _l("Quota di prenotazioni"),
    "prime_share": _l("Ore di punta"),
    "no_show": _l("Mancati arrivi"),
    "check_in": _l("Arrivo"),
    "answer": _l("Tempo di risposta"),
    "announce_refusal": _l("Preavviso di rifiuto"),
    "deposit": _l("Cauzione"),
}
PERIODS = {"week": _l("ogni settimana"), "month": _l("ogni mese"), "year": _l("ogni anno")}
PERS = {"person": _l("Ogni persona"), "organisation": _l("Ogni organizzazione")}


class Said(NamedTuple):
    """A rule as it is read. code: R12, None of what holds where no rule says otherwise; audience: for whom, None: everybody."""

    kind: str
    words: str
    code: str | None
    audience: str | None
    until: date | None


def regulation(demands: Iterable[Demand], space_id: int, day: date) -> list[Said]:
    """What a space demands of a booking on a day: of everybody, and where an audience has a rule of its own, of that one."""
    demands, found = list(demands), []
    for kind in RULE_KINDS:
        general = in_force(demands, kind, space_id, None, day) or USUAL.get(kind, [])
        own = [one for who in AUDIENCES for one in in_force(demands, kind, space_id, who, day) if one.audience == who]
        found += [Said(kind, sentence(one), one.code if one.id else None, one.audience, one.valid_to) for one in (*general, *own)]
    return found


def sentence(demand: Demand) -> str:
    """What a rule says."""
    return SENTENCES[demand.kind](demand.params, demand.space_id is None)


def cancelling(demanded: Terms, cents: int) -> str:
    """Until when whoever booked may cancel, and what they get back where it costs them something."""
    if not cents:
        return _("Chi prenota può annullare fino a %(time)s prima dell'inizio.", time=_ahead(demanded.cancel_hours))
    return _cancel({"hours": demanded.cancel_hours, "refunds": demanded.refunds}, False)


def _days(count: int) -> str:
    return ngettext("%(num)s giorno", "%(num)s giorni", count)


def _bookings(count: int) -> str:
    return ngettext("%(num)s prenotazione", "%(num)s prenotazioni", count)


def _hours(count: int) -> str:
    return minutes(count * 60)


def _ahead(hours: int) -> str:
    """So long before: in days, where hours would have to be counted."""
    return _days(hours // 24) if hours > 72 and hours % 24 == 0 else _hours(hours)


def _where(everywhere: bool) -> str:
    return _("in tutto l'hub") if everywhere else _("in questo spazio")


def _approval(params: dict, _everywhere: bool) -> str:
    if params["by"] == "manager":
        return _("Ogni richiesta è esaminata dal gestore.")
    most = [_("fino a %(people)s persone", people=params["people"])] if params.get("people") else []
    most += [_("per al massimo %(length)s", length=minutes(params["minutes"]))] if params.get("minutes") else []
    if not most:
        return _("La prenotazione si conferma da sola.")
    return _("La prenotazione si conferma da sola %(most)s; oltre, decide il gestore.", most=", ".join(most))


def _cancel(params: dict, _everywhere: bool) -> str:
    words = _("Chi prenota può annullare fino a %(time)s prima dell'inizio.", time=_ahead(params["hours"]))
    refunds: dict[int, int] = {}  # later than one may cancel, nothing is given back
    for hours, percent in params.get("refunds", [[0, 100]]):
        at = max(hours, params["hours"])
        refunds[at] = max(percent, refunds.get(at, 0))
    steps = [(hours, percent) for hours, percent in sorted(refunds.items(), reverse=True) if percent]
    if not steps:
        return words + " " + _("Quello che ha pagato non è rimborsato.")
    if steps == [(params["hours"], 100)]:
        return words + " " + _("Riceve indietro tutto quello che ha pagato.")
    told = (_("il %(percent)s%% fino a %(time)s prima", percent=percent, time=_ahead(hours)) for hours, percent in steps)
    return words + " " + _("Di quello che ha pagato riceve %(steps)s.", steps=", ".join(told))


def _prime(params: dict, _everywhere: bool) -> str:
    return _(
        "Nelle ore di punta (%(days)s, %(begins)s–%(ends)s) un'organizzazione può avere al massimo il %(percent)s%%"
        " del tempo, %(period)s.",
        days=", ".join(str(WEEKDAYS[day]).lower() for day in sorted(params["weekdays"])),
        begins=clock(params["from"]),
        ends=clock(params["to"]),
        percent=params["percent"],
        period=PERIODS[params["period"]],
    )


SENTENCES: dict[str, Callable[[dict, bool], str]] = {
    "notice": lambda p, _all: _("Si prenota almeno %(time)s prima dell'inizio.", time=_ahead(p["hours"])),
    "horizon": lambda p, _all: _("Si prenota al massimo %(days)s prima.", days=_days(p["days"])),
    "length": lambda p, _all: _("Si prenota da %(least)s a %(most)s.", least=minutes(p["min"]), most=minutes(p["max"])),
    "grid": lambda p, _all: _("Si può iniziare ogni %(grid)s.", grid=minutes(p["minutes"])),
    "approval": _approval,
    "cancel": _cancel,
    "association": lambda _p, _all: _("Si prenota solo per conto di un'organizzazione verificata."),
    "residents_first": lambda p, _all: _(
        "Chi abita a Lecce, il terzo settore, le scuole e gli enti pubblici prenotano per primi; gli altri da %(days)s prima.",
        days=_days(p["days"]),
    ),
    "quota_hours": lambda p, everywhere: _(
        "%(who)s può prenotare al massimo %(hours)s %(period)s, %(where)s.",
        who=PERS[p["per"]],
        hours=_hours(p["hours"]),
        period=PERIODS[p["period"]],
        where=_where(everywhere),
    ),
    "quota_live": lambda p, everywhere: _(
        "%(who)s può avere al massimo %(bookings)s in attesa o da svolgere, %(where)s.",
        who=PERS[p["per"]],
        bookings=_bookings(p["count"]),
        where=_where(everywhere),
    ),
    "prime_share": _prime,
    "no_show": lambda p, everywhere: _(
        "Chi in %(days)s non si presenta a %(bookings)s, %(where)s, può prenotare di nuovo quando quei giorni sono passati.",
        days=_days(p["days"]),
        bookings=_bookings(p["count"]),
        where=_where(everywhere),
    ),
    "check_in": lambda p, _all: _("Se dopo %(grace)s non è arrivato nessuno, il posto torna libero.", grace=minutes(p["grace"])),
    "answer": lambda p, _all: _("Il gestore risponde entro %(days)s.", days=_days(p["days"])),
    "announce_refusal": lambda p, _all: _(
        "Prima di rifiutare, il gestore spiega perché: chi ha chiesto ha %(days)s per rispondere.", days=_days(p["days"])
    ),
    "deposit": lambda p, _all: _("Si lascia una cauzione di %(euros)s, resa dopo l'uso.", euros=money(p["cents"])),
}
