"""What is printed of the programme, as tagged PDF in the reader's language: certificates, and the posters of activities."""

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from hub.booking.papers import ADDRESS, qr
from hub.clock import wall
from hub.filters import day, hour, language, local, minutes, money
from hub.labs.certificates import called, grouped
from hub.labs.cover import printed
from hub.labs.models import Activity, Certificate, Session
from hub.labs.words import CERTIFICATE_KINDS, KINDS
from hub.pdf import pdf

CERTIFICATE, POSTER = Path(__file__).parent / "certificate.typ", Path(__file__).parent / "poster.typ"
DATES_SHOWN = 4
CALLED_OFF = ("cancelled", "not_held")


def certificate_file(certificate: Certificate) -> Response:
    """The paper of a certificate, to be taken away."""
    enrolment = certificate.enrolment
    code = grouped(certificate.code)
    address = current_app.config["PUBLIC_URL"] + url_for("certificates.genuine", key=code)
    paper = pdf(
        CERTIFICATE,
        title=str(CERTIFICATE_KINDS[certificate.kind]),
        language=language(),
        words={"who": _("Si attesta che"), "what": _("ha partecipato a"), "check": _("Codice di verifica:")},
        name=called(enrolment),
        activity=local(enrolment.activity.title),
        rows=[row for row in _certified(certificate) if row[1]],
        code=code,
        address=address,
        sign={"svg": qr(address), "alt": _("Codice QR della pagina che dice se l'attestato è autentico: %(code)s", code=code)},
        note=_("Chi riceve questo foglio può controllarlo a quell'indirizzo, con il codice. Non serve una firma."),
    )
    return _file(paper, f"attestato-{code}.pdf")


def _certified(certificate: Certificate) -> list[tuple[str, str]]:
    enrolment = certificate.enrolment
    whole = {"there": minutes(certificate.minutes), "held": minutes(certificate.of_minutes)}
    return [
        (_("Tipo di attività"), str(KINDS[enrolment.activity.kind])),
        (_("Date"), dates(held_days(enrolment.activity.sessions))),
        (_("Ore di presenza"), _("%(there)s su %(held)s svolte", **whole)),
        (_("Scuola"), enrolment.through.name if certificate.kind == "pcto" else ""),
        (_("Luogo"), " · ".join(_outside(enrolment.activity.sessions, "held"))),
        (_("Data di rilascio"), day(certificate.issued_at, "d MMMM y")),
    ]


def held_days(sessions: Iterable[Session]) -> list:
    """The days on which something was held, in order."""
    return sorted({wall(one.starts_at).date() for one in sessions if one.state == "held"})


def dates(days: list) -> str:
    """From which day to which, in words; "" where there is none."""
    if not days:
        return ""
    first, last = day(days[0], "d MMMM y"), day(days[-1], "d MMMM y")
    return first if first == last else _("dal %(first)s al %(last)s", first=first, last=last)


def _outside(sessions: Iterable[Session], *states: str) -> list[str]:
    """Where the sessions in these states are, as somebody finds it who was never here: the hub's address, places elsewhere."""
    met = [one for one in sessions if one.state in states]
    elsewhere = [one.place for one in met if one.place and not one.standing]
    here = [ADDRESS[language()]] if len(elsewhere) < len(met) or not met else []
    return list(dict.fromkeys([*here, *elsewhere]))


def poster_file(activity: Activity, *, where: Iterable[str], ages: str) -> Response:
    """The poster of an activity. where: the names of its places; ages: for which it is, in words."""
    address = current_app.config["PUBLIC_URL"] + url_for("labs.activity", slug=activity.slug)
    told = {
        "title": local(activity.title),
        "language": language(),
        "kind": str(KINDS[activity.kind]),
        "notice": {"cancelled": _("Annullata"), "closed": _("Conclusa")}.get(activity.state, ""),
        "summary": local(activity.summary),
        "cover": printed(activity.slug, activity.theme),
        "rows": [row for row in _announced(activity, list(where), ages) if row[1]],
        "call": _("Tutto quello che serve sapere, e come iscriversi:")
        if activity.takes_part != "none"
        else _("Tutto quello che serve sapere:"),
        "address": address,
        "sign": {"svg": qr(address), "alt": _("Codice QR della pagina dell'attività: %(address)s", address=address)},
    }
    return _file(_poster(json.dumps(told)), f"locandina-{activity.slug}.pdf")


@lru_cache(64)
def _poster(told: str) -> bytes:
    """Everybody may ask for it, as often as they like: it is drawn once as long as it says the same."""
    return pdf(POSTER, **json.loads(told))


def _announced(activity: Activity, where: list[str], ages: str) -> list[tuple[str, str]]:
    audience = local(activity.audience).strip()
    whom = _("organizzazioni") if activity.takes_part == "organisation" else ages
    cost = money(activity.cost_cents) if activity.cost_cents else _("gratis")
    return [
        (_("Quando"), when(activity.sessions)),
        (_("Dove"), " · ".join(dict.fromkeys([*where, *_outside(activity.sessions, "planned", "held")]))),
        (_("Per chi"), f"{whom}. {audience}" if audience else whom),
        (_("Costo"), cost),
        (_("Iscrizioni"), _until(activity)),
    ]


def when(sessions: Iterable[Session]) -> str:
    """The dates of its sessions, in words: each, or where they are many how many they are and when the first begins."""
    met = [one for one in sessions if one.state not in CALLED_OFF]
    told = [f"{day(one.starts_at)}, {hour(one.starts_at)}–{hour(one.ends_at)}" for one in met]
    if len(met) <= DATES_SHOWN:
        return "\n".join(told)
    count = ngettext("%(num)s incontro", "%(num)s incontri", len(met))
    whole = dates([wall(met[0].starts_at).date(), wall(met[-1].starts_at).date()])
    return f"{count}, {whole}\n" + _("Si comincia %(moment)s", moment=told[0])


def _until(activity: Activity) -> str:
    if activity.takes_part == "none":
        return _("Si viene senza iscrizione.")
    if activity.enrol_closes_at is None:
        return ""
    return _("fino a %(closes)s", closes=f"{day(activity.enrol_closes_at)}, {hour(activity.enrol_closes_at)}")


def _file(paper: bytes, name: str) -> Response:
    return Response(paper, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})
