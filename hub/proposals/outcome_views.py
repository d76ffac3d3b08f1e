"""What became of proposals, for everybody: what waits for longer than promised, results with what proves them, each story."""

import json
from dataclasses import asdict

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue

from hub.access import public
from hub.labs.rules import SHOWN_STATES
from hub.proposals import files, results, silence, story
from hub.proposals.outcome_models import Result
from hub.proposals.showing import shown_proposal
from hub.proposals.silence import Waiting
from hub.screen import asked_page, screen

bp = Blueprint("outcome", __name__)
ID = "<int(max=2147483647):id>"
PER_PAGE = 20
# What proves an update opens in a box of its own: nothing in it acts.
CSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


@bp.get("/proposte/in-attesa")
@public
def waiting() -> ResponseReturnValue:
    """What waits for longer than was promised, the longest first, and how each process keeps its promises."""
    every, page = silence.waiting(), asked_page()
    process = request.args.get("processo", "")
    late = [one for one in silence.overdue(every) if process in ("", one.process.slug)]
    return screen(
        "proposals/waiting.html",
        standings=silence.standings(every),
        late=late[(page - 1) * PER_PAGE : page * PER_PAGE],
        total=len(late),
        page=page,
        pages_of=max(1, -(-len(late) // PER_PAGE)),
        process=process,
    )


@bp.get(f"/partecipa/<slug>/risultati/{ID}")
@public
def result(slug: str, id: int) -> ResponseReturnValue:
    """One result: the proposals that it came of, its news, and what it did in the programme."""
    found = _asked(slug, id)
    sources = [one for one in results.sources_of(found) if one.proposal.hidden_at is None]
    shown = [found.activity] if found.activity and found.activity.state in SHOWN_STATES else []
    promised = silence.promise_of(found)
    did = story.programme(shown)
    return screen("proposals/result.html", result=found, sources=sources, programme=did, promised=promised)


@bp.get(f"/partecipa/<slug>/risultati/{ID}/prove/<int(max=2147483647):number>")
@public
def evidence(slug: str, id: int, number: int) -> Response:
    """The file that proves an update."""
    found = results.update_by(_asked(slug, id), number)
    if found is None or found.evidence is None:
        abort(404)
    response = Response(found.evidence, mimetype=files.TYPES[found.evidence_kind])
    name = f"prova-{id}-{number}.{files.SUFFIXES[found.evidence_kind]}"
    response.headers.set("Content-Disposition", "attachment" if found.evidence_kind == "pdf" else "inline", filename=name)
    response.headers["Content-Security-Policy"] = CSP
    response.set_etag(found.evidence_sha256)
    return response.make_conditional(request)


@bp.get("/proposte/<code>/storia.json")
@public
def story_file(code: str) -> Response:
    """The whole thread as data: nobody's name, and no count of those who support it."""
    found = shown_proposal(code) or abort(404)
    whole = story.story(found)
    told = {"code": found.code, "title": found.title, "state": found.state, "licence": "CC-BY-4.0"}
    told |= {"url": url_for("proposals.proposal", code=code, _external=True)}
    told |= {"steps": [{"kind": one.kind, "at": one.at} | one.told for one in whole.steps]}
    told |= {"promised": [_promise(one) for one in whole.promised]}
    told |= {"programme": [asdict(one) for one in whole.programme]}
    text = json.dumps(told, ensure_ascii=False, default=lambda at: at.isoformat())  # instants and days
    return Response(text, content_type="application/json; charset=utf-8")


def _promise(one: Waiting) -> dict[str, object]:
    return {"what": one.kind, "since": one.since, "due": one.due, "days_late": one.late, "result": one.result}


def _asked(slug: str, id: int) -> Result:
    return results.result_by(id, slug=slug) or abort(404)
