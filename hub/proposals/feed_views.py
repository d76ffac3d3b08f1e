"""Proposals to follow from a reader of feeds, in Atom (RFC 4287): new ones, and what happens to one."""

import hashlib
import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

from feedgen.feed import FeedGenerator
from flask import Blueprint, Response, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from hub.access import public
from hub.db import db
from hub.filters import language, local
from hub.forms import tidy
from hub.proposals import feeds
from hub.proposals.feeds import Entry
from hub.proposals.news_words import headline
from hub.proposals.processes import process_by
from hub.proposals.showing import shown_proposal

bp = Blueprint("proposal_feeds", __name__)
NAME = "Officine Mezzogiorno"
NOTHING_YET = datetime(2026, 1, 1, tzinfo=UTC)  # when a feed without entries was updated last
SINCE = 2026  # the year from which the host of the tags is ours (RFC 4151)


@bp.get("/proposte/feed.atom")
@public
def all_proposals() -> ResponseReturnValue:
    """New proposals of all processes."""
    page = url_for("proposal_list.proposals")
    return _answer("proposte", _("%(hub)s: proposte", hub=NAME), page, feeds.newest())


@bp.get("/partecipa/<slug>/feed.atom")
@public
def of_process(slug: str) -> ResponseReturnValue:
    """New proposals of one process."""
    process = process_by(slug) or abort(404)
    title = _("%(process)s: proposte", process=local(process.title))
    return _answer(f"processo/{slug}", title, url_for("processes.process", slug=slug), feeds.newest(process))


@bp.get("/proposte/<code>/feed.atom")
@public
def of_proposal(code: str) -> ResponseReturnValue:
    """What happened to a proposal, from its publication on."""
    proposal = shown_proposal(code) or abort(404)
    page = url_for("proposals.proposal", code=code)
    return _answer(code, proposal.title, page, feeds.story_of(proposal, headline))


def _answer(key: str, title: str, page: str, entries: list[Entry]) -> Response:
    """The feed in the reader's language, or 304 to whoever has it as it is."""
    db.session.close()
    portal, words = request.url_root.rstrip("/"), language()
    told = [portal, words, title, *([*vars(one).values()] for one in entries)]
    tag = hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()
    if request.if_none_match.contains_weak(tag):
        answer = Response(status=304)
    else:
        answer = Response(_atom(key, title, page, entries), content_type="application/atom+xml; charset=utf-8")
    answer.set_etag(tag)
    if entries:
        answer.last_modified = max(one.updated for one in entries)
    return answer


def _atom(key: str, title: str, page: str, entries: list[Entry]) -> bytes:
    portal, tag = request.url_root.rstrip("/"), f"tag:{urlsplit(current_app.config['PUBLIC_URL']).hostname},{SINCE}:"
    feed = FeedGenerator()
    feed.id(tag + key)
    feed.title(tidy(title))
    feed.language(language())
    feed.author(name=NAME)
    feed.link(href=request.base_url, rel="self", type="application/atom+xml")
    feed.link(href=portal + page, rel="alternate", type="text/html")
    feed.updated(max((one.updated for one in entries), default=NOTHING_YET))
    for one in entries:
        row = feed.add_entry(order="append")
        row.id(tag + one.key)
        row.title(tidy(one.title))
        row.link(href=portal + one.path, rel="alternate", type="text/html")
        row.published(one.published)
        row.updated(one.updated)
        if one.text:
            row.summary(tidy(one.text))
    return feed.atom_str(pretty=True)
