"""The final document of a process: as a page, on paper, as a table."""

from pathlib import Path

from flask import Blueprint, Response, abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from hub.access import public
from hub.filters import day, language, local, moment, number
from hub.pdf import pdf
from hub.proposals.process_models import Process
from hub.proposals.processes import process_by
from hub.proposals.showing import whose
from hub.proposals.summary import ACTS, Line, Summary, summary
from hub.proposals.words import ANSWERS, CHANNELS, RESULT_STATES, STATES, TAKING_PART
from hub.screen import screen
from hub.tables import csv_file

bp = Blueprint("document", __name__)
TEMPLATE = Path(__file__).parent / "document.typ"


@bp.get("/partecipa/<slug>/documento")
@public
def document(slug: str) -> ResponseReturnValue:
    found = summary(_process(slug))
    return screen("proposals/document.html", process=found.process, told=_told(found), provisional=_is_provisional(found))


@bp.get("/partecipa/<slug>/documento.pdf")
@public
def paper(slug: str) -> Response:
    found = summary(_process(slug))
    file = pdf(TEMPLATE, language=language(), **_told(found))
    headers = {"Content-Disposition": f'attachment; filename="documento-{slug}.pdf"'}
    return Response(file, mimetype="application/pdf", headers=headers)


@bp.get("/partecipa/<slug>/documento.csv")
@public
def table(slug: str) -> Response:
    """A row a proposal; what nobody may know yet is left empty."""
    found = summary(_process(slug))
    header = [
        *(_("Codice"), _("Titolo"), _("Chi propone"), _("Pubblicata il"), _("Stato"), _("Sostegni"), _("Adesioni")),
        *(_("Commenti"), _("Risposta"), _("Motivazione"), _("Data della risposta"), _("Risultati")),
    ]
    return csv_file(f"documento-{slug}.csv", header, (_cells(line) for line in found.lines))


def _process(slug: str) -> Process:
    return process_by(slug) or abort(404)


def _is_provisional(found: Summary) -> bool:
    return found.process.concluded_at is None


def _cells(line: Line) -> list[object]:
    proposal, tally, answer = line.proposal, line.tally, line.answer
    return [
        *(proposal.code, proposal.title, whose(proposal), day(proposal.published_at, "yyyy-MM-dd"), STATES[proposal.state]),
        *((tally.supports, tally.endorsements) if tally else (None, None)),
        line.comments,
        *((ANSWERS[answer.kind], answer.text, day(answer.at, "yyyy-MM-dd")) if answer else ("", "", "")),
        " · ".join(f"{source.result.title} ({RESULT_STATES[source.result.state]})" for source in line.results),
    ]


def _told(found: Summary) -> dict[str, object]:
    """The document in words, for the page and for the paper."""
    process = found.process
    notice = _("Documento provvisorio: il processo non è concluso.") if _is_provisional(found) else ""
    return {
        "title": _("Documento finale: %(process)s", process=local(process.title)),
        "office": process.office,
        "notice": notice,
        "summary": [words for words in (local(process.summary), _synthetic(process)) if words],
        "phases": [
            (local(one.name), _("dal %(opens)s al %(closes)s", opens=moment(one.opens_at), closes=moment(one.closes_at)))
            for one in process.phases
        ],
        "people": _people(found),
        "answers": _answered(found),
        "proposals": [_proposal(line) for line in found.lines],
        "words": {
            "phases": _("Le fasi"),
            "people": _("Chi ha partecipato, e come"),
            "answers": _("Le risposte"),
            "proposals": _("Le proposte"),
            "none": _("Nessuna proposta è stata pubblicata."),
        },
        "note": _("Le cifre sono contate dal portale. Con i dati aperti chiunque può rifare il conto."),
    }


def _synthetic(process: Process) -> str:
    return _("dato sintetico") if process.synthetic else ""


def _people(found: Summary) -> dict[str, object]:
    used = [channel for channel in CHANNELS if any(channel in (told or {}) for told in (*found.people.values(), found.whole))]
    rows = [[str(TAKING_PART[act]), *_counts(found.people[act], used)] for act in ACTS]
    note = _("Persone diverse: chi ha fatto più cose, o in più modi, è contato una volta per riga e per colonna.")
    if found.sealed:
        note += " " + _("Sostegni e voti non si conoscono finché la loro fase non finisce.")
    return {
        "header": ["", *(str(CHANNELS[channel]) for channel in used), _("In tutto")],
        "rows": [*rows, [_("Persone in tutto"), *_counts(found.whole, used)]],
        "note": note,
    }


def _counts(told: dict[str, int] | None, used: list[str]) -> list[str]:
    if told is None:
        return ["—"] * (len(used) + 1)
    return [number(told.get(channel, 0)) for channel in (*used, "all")]


def _answered(found: Summary) -> list[tuple[str, str]]:
    told = [(str(ANSWERS[kind]), number(count)) for kind, count in found.answers.items()]
    if found.waiting or not told:
        told.append((_("In attesa di risposta"), number(found.waiting)))
    return told


def _proposal(line: Line) -> dict[str, object]:
    proposal, tally, answer = line.proposal, line.tally, line.answer
    rows = [
        (_("Chi propone"), whose(proposal)),
        (_("Pubblicata il"), day(proposal.published_at, "d MMMM y")),
        (_("Stato"), str(STATES[proposal.state])),
        (_("Sostegni"), ngettext("%(num)s persona", "%(num)s persone", tally.supports) if tally else ""),
        (_("Adesioni"), ngettext("%(num)s organizzazione", "%(num)s organizzazioni", tally.endorsements) if tally else ""),
        (_("Commenti"), number(line.comments)),
        (_("Risposta"), f"{ANSWERS[answer.kind]}, {day(answer.at, 'd MMMM y')}" if answer else _("in attesa")),
        (_("Motivazione"), answer.text if answer else ""),
        *((_("Risultato"), f"{one.result.title} ({RESULT_STATES[one.result.state]})") for one in line.results),
    ]
    return {
        "title": proposal.title,
        "code": proposal.code,
        "link": url_for("proposals.proposal", code=proposal.code),
        "rows": [row for row in rows if row[1]],
    }
