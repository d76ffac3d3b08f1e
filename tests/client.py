"""A test client that refuses what a browser would forgive, and fills in forms as a person does."""

from dataclasses import dataclass, field
from functools import lru_cache

import html5lib
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from hub.accounts.service import open_sign_in, person_with
from hub.db import db

WRITES = ("INSERT", "UPDATE", "DELETE")


class CheckingClient(FlaskClient):
    """Fails a test on HTML that does not parse, duplicate ids, dangling labels, a POST form without CSRF token, an
    hx-target that is not on the page, a GET that writes unless its view says so, and changes that a view left uncommitted."""

    def open(self, *args, **kwargs) -> TestResponse:
        with _watched(self.application) as watch:
            response = super().open(*args, **kwargs)
        method = (*response.history, response)[0].request.method  # where redirects were followed, the first counts
        if method == "GET" and not any(self._may_write(one.request.path) for one in (*response.history, response)):
            assert not watch.writes, f"GET {response.request.path} writes: {watch.writes}"
        assert response.status_code >= 400 or not watch.uncommitted, f"{method} {response.request.path} left changes uncommitted"
        if response.mimetype == "text/html" and response.data and "HX-Request" not in response.request.headers:
            check_html(response.text)
        for one in (*response.history, response):
            one.request.environ["wsgi.input"].close()  # what was sent may be a file, when it is large
        return response

    def known_as(self, email: str) -> "CheckingClient":
        """Sign this browser in without the form: for tests of which signing in is not the subject."""
        with self.application.app_context():
            token = open_sign_in(person_with(email), hours=1)
            db.session.commit()
        self.set_cookie(self.application.config["SIGN_IN_COOKIE_NAME"], token)
        return self

    def _may_write(self, path: str) -> bool:
        """Whether the view at this path says that it writes though it is asked with GET."""
        try:
            endpoint, _ = self.application.url_map.bind("localhost").match(path)
        except HTTPException:
            return False
        return getattr(self.application.view_functions[endpoint], "writes", False)

    def page(self, url: str, **kwargs) -> "Page":
        """The page at this URL, redirects followed."""
        return Page(self, self.get(url, follow_redirects=True, **kwargs))


class Page:
    """A page as a person sees it: its words, its links, its forms."""

    def __init__(self, client: CheckingClient, response: TestResponse) -> None:
        self.client, self.response, self.status = client, response, response.status_code
        self.path = response.request.path
        self.html = response.text
        self.tree = parse(response.text)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.tree.itertext()).split())

    def form(self, action: str = "") -> "FilledForm":
        """The form of the main content that is sent by POST, or the one whose action ends so."""
        main = next(node for node in self.tree.iter("main"))
        posted = [node for node in main.iter("form") if node.get("method", "get").lower() == "post"]
        forms = [node for node in posted if node.get("action", "").endswith(action)]
        assert forms, f"no form {action} on {self.path}"
        return FilledForm(self, forms[0])

    def link(self, words: str) -> str:
        """Where the link with these words leads."""
        for node in self.tree.iter("a"):
            if words in " ".join("".join(node.itertext()).split()):
                return node.get("href")
        raise AssertionError(f"no link {words!r} on {self.path}")


@dataclass
class FilledForm:
    """A form with what the page has filled in already."""

    page: Page
    node: object
    values: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in (node for node in self.node.iter() if node.tag in ("input", "textarea", "select")):
            name, kind = node.get("name"), node.get("type", "text")
            if not name or (kind in ("radio", "checkbox") and node.get("checked") is None) or kind == "submit":
                continue
            if node.tag == "select":
                chosen = [o for o in node.iter("option") if o.get("selected") is not None] or list(node.iter("option"))[:1]
                value = chosen[0].get("value") if chosen else ""
            else:
                value = (node.text or "") if node.tag == "textarea" else node.get("value", "on" if kind == "checkbox" else "")
            self.values[name] = value

    def submit(self, button: tuple[str, str] | None = None, *, headers: dict | None = None, **values: object) -> Page:
        """Send it with these values over what was there; a value of None leaves the field out."""
        data = {**self.values, **values, **(dict([button]) if button else {})}
        data = {name: value for name, value in data.items() if value is not None}
        url = self.node.get("action") or self.page.response.request.full_path
        client = self.page.client
        return Page(client, client.post(url, data=data, follow_redirects=True, headers=headers or {}))


@lru_cache(4)
def parse(html: str):
    """The tree of an HTML5 document, which is only read; raises where a strict parser would."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


def check_html(html: str) -> None:
    tree = parse(html)
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(ids) == len(set(ids)), f"duplicate ids: {sorted({i for i in ids if ids.count(i) > 1})}"
    for node in tree.iter():
        for name in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
            for target in (node.get(name) or "").split():
                assert target in ids, f"{name}={target!r} points nowhere"
        target = node.get("data-hx-target")
        assert not target or not target.startswith("#") or target[1:] in ids, f"data-hx-target {target} is not on the page"
        assert node.get("style") is None, f"style attribute on <{node.tag}>: the CSP forbids it"
        if node.tag == "form" and node.get("method", "get").lower() == "post":
            names = [field.get("name") for field in node.iter("input")]
            assert "csrf_token" in names, f"form {node.get('action')} has no CSRF token"
        if node.tag in ("a", "form", "img", "script", "link", "use"):
            url = node.get("href") or node.get("src") or ""
            assert not url.lower().startswith("javascript:"), url


@dataclass
class _Watch:
    writes: list[str] = field(default_factory=list)
    open_writes: int = 0

    @property
    def uncommitted(self) -> bool:
        return self.open_writes > 0


class _watched:
    """Watches the statements of one request: what it wrote, and what it wrote and did not commit."""

    def __init__(self, app) -> None:
        self.watch = _Watch()
        with app.app_context():
            self.engine = db.engine

    def __enter__(self) -> _Watch:
        self.listeners = (("before_cursor_execute", self._statement), ("commit", self._end))
        for name, listener in self.listeners:
            event.listen(self.engine, name, listener)
        return self.watch

    def __exit__(self, *_) -> None:
        for name, listener in self.listeners:
            event.remove(self.engine, name, listener)

    def _statement(self, _conn, _cursor, statement, *_) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            self.watch.writes.append(statement.split("\n")[0])
            self.watch.open_writes += 1

    def _end(self, _conn) -> None:
        self.watch.open_writes = 0
