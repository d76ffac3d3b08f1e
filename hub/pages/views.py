"""Pages of the house: home, services and topics, questions, contacts, what the law asks for; and the choice of a language."""

import json
from itertools import groupby

from flask import Blueprint, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from hub.access import public
from hub.accounts.rules import safe_next
from hub.accounts.service import change_language
from hub.db import db
from hub.filters import local
from hub.labs import showcase
from hub.labs.showcase import Wish
from hub.language import LANGUAGES, remember
from hub.pages import navigation
from hub.pages.faq import FAQ
from hub.pages.privacy import COOKIES, PURPOSES
from hub.pages.services import SECTIONS, SERVICES, Service
from hub.pages.topics import TOPICS
from hub.proposals.processes import published_processes
from hub.screen import go, screen
from hub.spaces import service as spaces

bp = Blueprint("pages", __name__)
SHOWN, NEXT = 12, 3  # spaces, and activities to come, in the window of the home page: the lists have them all


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    coming, _count = showcase.find(Wish(), size=NEXT)
    return screen("pages/home.html", spaces=spaces.showcase()[:SHOWN], coming=coming, topics=TOPICS.values())


@bp.get("/servizi")
@public
def services() -> ResponseReturnValue:
    by_category = groupby(sorted(SERVICES.values(), key=lambda one: str(one.category)), key=lambda one: one.category)
    return screen("pages/services.html", categories=[(category, list(found)) for category, found in by_category])


@bp.get("/servizi/<slug>")
@public
def service(slug: str) -> ResponseReturnValue:
    found = SERVICES.get(slug) or abort(404)
    topics = [TOPICS[topic] for topic in found.topics]
    return screen("pages/service.html", service=found, sections=SECTIONS, topics=topics, metatag=_metatag(found))


def _metatag(found: Service) -> Markup:
    """What machines read of a service: schema.org's GovernmentService, with the fields that the national model asks for."""
    street = _("Ex officina degli autobus, davanti alla stazione")
    address = {"@type": "PostalAddress", "streetAddress": street, "postalCode": "73100", "addressLocality": "Lecce"}
    told = {
        "@context": "https://schema.org",
        "@type": "GovernmentService",
        "name": str(found.title),
        "serviceType": str(found.category),
        "serviceOperator": {"@type": "GovernmentOrganization", "name": "Comune di Lecce"},
        "areaServed": {"@type": "City", "name": "Lecce"},
        "audience": {"@type": "Audience", "audienceType": str(found.audience)},
        "availableChannel": {
            "@type": "ServiceChannel",
            "serviceUrl": url_for(".service", slug=found.slug, _external=True),
            "serviceLocation": {"@type": "Place", "name": "Officine Mezzogiorno", "address": address},
        },
    }
    data = htmlsafe_json_dumps(told, dumps=json.dumps, ensure_ascii=False)
    return Markup('<script type="application/ld+json" data-element="metatag">{}</script>').format(data)


@bp.get("/argomenti")
@public
def topics() -> ResponseReturnValue:
    return screen("pages/topics.html", topics=TOPICS.values())


@bp.get("/argomenti/<slug>")
@public
def topic(slug: str) -> ResponseReturnValue:
    found = TOPICS.get(slug) or abort(404)
    coming, _count = showcase.find(Wish(topic=slug))
    services = [one for one in SERVICES.values() if slug in one.topics]
    return screen("pages/topic.html", topic=found, services=services, coming=coming)


@bp.get("/domande-frequenti")
@public
def faq() -> ResponseReturnValue:
    return screen("pages/faq.html", subjects=FAQ)


@bp.get("/contatti")
@public
def contacts() -> ResponseReturnValue:
    return screen("pages/contacts.html")


@bp.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    cookies = [(current_app.config.get(name, name), words, kept) for name, words, kept in COOKIES]
    drawers = current_app.extensions["personal_data"]
    return screen("pages/privacy.html", purposes=PURPOSES, cookies=cookies, drawers=drawers)


@bp.get("/note-legali")
@public
def legal_notes() -> ResponseReturnValue:
    return screen("pages/legal_notes.html")


@bp.get("/accessibilita")
@public
def accessibility() -> ResponseReturnValue:
    return screen("pages/accessibility.html")


@bp.get("/mappa-del-sito")
@public
def site_map() -> ResponseReturnValue:
    """Every way that the header and the footer know, each once, with the pages beneath it."""
    beneath = {
        "spaces.catalogue": [(local(one.name), url_for("spaces.space", slug=one.slug)) for one in spaces.showcase()],
        "labs.activities": [(local(title), url_for("labs.activity", slug=slug)) for slug, title, *_rest in showcase.titles()],
        "processes.processes": [(local(one.title), url_for("processes.process", slug=one.slug)) for one in published_processes()],
        "pages.services": [(one.title, url_for(".service", slug=one.slug)) for one in SERVICES.values()],
        "pages.topics": [(one.name, url_for(".topic", slug=one.slug)) for one in TOPICS.values()],
    }
    ways: dict[str, navigation.Way] = {}
    for way in (*navigation.rooms(), *navigation.FOOTER):
        ways.setdefault(way.endpoint, way)
    return screen("pages/site_map.html", tree=[(way, beneath.get(way.endpoint)) for way in ways.values()])


@bp.post("/lingua")
@public
def language() -> ResponseReturnValue:
    """The reader's language from now on: kept in the browser, and with the person who has signed in."""
    chosen = request.form.get("lang")
    response = go(safe_next(request.form.get("next")))
    if chosen in LANGUAGES:
        remember(response, chosen)
        if current_user.is_authenticated:
            change_language(current_user, chosen)
            db.session.commit()
    return response
