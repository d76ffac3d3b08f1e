"""What goes back to the browser: a page or one of its parts, or the way to another page.

The only file that reads or writes HX-* headers. Pages work without JavaScript; htmx asks for the same URL and gets a part.
"""

from flask import Response, render_template
from htmx_flask import Htmx, make_response, request

from hub.db import db, only_reads, undo

htmx = Htmx()
LAST_PAGE = 10_000


def wants_part() -> bool:
    """Whether htmx asks for a part: not when it restores history or boosts a link, which need the whole page."""
    return bool(request.htmx) and not request.htmx.history_restore_request and not request.htmx.boosted


def screen(page: str, part: str | None = None, /, status: int = 200, **context: object) -> Response:
    """The page, or where htmx asks for it the part that the page includes; 422 where a form was not accepted."""
    if not only_reads():
        undo()  # a form that is shown again has stored nothing: nobody waits for it while the page is written
    response = make_response(render_template(part if part and wants_part() else page, **context), status)
    if part:
        response.vary.add("HX-Request")
    db.session.close()  # what a page shows is read, never kept: the transaction ends before the page is sent
    return response


def asked_page() -> int:
    """The page of a list that the address asks for, counted from 1; the first where it asks for none that can be."""
    return min(max(request.args.get("page", 1, int), 1), LAST_PAGE)


def go(url: str) -> Response:
    """Off to another page after a POST: 303, which htmx is told by its own header since it cannot see a redirect."""
    if wants_part():
        response = make_response("", 200, redirect=url)
    else:
        response = make_response("", 303)
        response.location = url
    response.vary.add("HX-Request")
    return response


def never_kept(response: Response) -> Response:
    """After each request of a blueprint whose pages speak of one person before anybody has signed in: nobody keeps them."""
    response.headers["Cache-Control"] = "no-store"
    return response
