"""One visitor in a browser of their own, and what must hold on every page they see."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

from hub.accounts.demo import DEMO_PASSWORD
from tests.journeys.portal import PATIENCE, Portal

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
PERSONAL = ("/area-personale", "/prenota", "/prenotazioni", "/gestione", "/registro", "/presenze")
TELL = "addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI, e.sourceFile))"
# A phone with scripts and a desk without: each width and each way once, in half the time of every pair.
ways = pytest.mark.parametrize(("width", "javascript"), [(360, True), (1280, False)], ids=["360-script", "1280-no script"])
expect.set_options(timeout=PATIENCE * 1000)


@dataclass
class Visit:
    """A visitor on a page. looked: what axe has judged already, by name, width and language; shared by all visits.

    beyond: where addresses begin that are not the portal's and to which it sends the visitor; what happens there is others'.
    """

    portal: Portal
    page: Page
    width: int
    javascript: bool
    looked: set[tuple]
    faults: list[str] = field(default_factory=list)
    excused: tuple[int, ...] = (422,)  # the browser's console repeats each refused form
    beyond: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return self.portal.url

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def press(self, words: str, *, exact: bool = True) -> None:
        """The button of the main content with these words."""
        self.page.locator("main").get_by_role("button", name=words, exact=exact).click()

    def follow(self, words: str) -> None:
        """The link of the main content with these words."""
        self.page.locator("main").get_by_role("link", name=words).first.click()

    def arrive(self, pattern: str) -> None:
        """Wait for the page whose path and query fit this pattern, where * stands for anything."""
        parts = (re.escape(part) for part in pattern.split("*"))
        expect(self.page).to_have_url(re.compile(f"^{re.escape(self.url)}{'.*'.join(parts)}$"))  # matched by the browser
        self.page.wait_for_load_state()

    def sign_in(self, address: str) -> None:
        """Fill in the sign-in page, where the visitor is."""
        self.page.get_by_label("E-mail").fill(address)
        self.page.get_by_label("Password").fill(DEMO_PASSWORD)
        self.press("Entra")

    def enter(self, address: str) -> None:
        """Go to the sign-in page, and in."""
        self.open("/entra")
        self.sign_in(address)
        self.arrive("/area-personale")

    def look(self, name: str) -> None:
        """This page keeps its promises: accessible, whole on the narrowest screen, nothing left in the browser, no fault."""
        page = self.page
        page.wait_for_load_state("load")
        if self.javascript and self.key(name) not in self.looked:  # axe runs on promises, which a page without scripts has not
            self.looked |= {self.key(name), self.key(self.portal.endpoint(self.path))}
            assert not (found := self.barriers()), f"axe on {name} ({self.path}): {found}"
        left = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        assert not left, f"{name} leaves in web storage: {left}"
        self.must_fit(320 if self.width < 768 else self.width // 2)  # the narrowest phone; a zoom of 200 %
        self.must_be_well(name)

    def key(self, name: str | None) -> tuple:
        """What axe has to judge once: a page by this name, at this width, in this language."""
        return name, self.width, self.page.locator("html").get_attribute("lang")

    def barriers(self) -> list[str]:
        """What axe finds on this page."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        options = {"runOnly": list(RULES), "resultTypes": ["violations"]}
        found = self.page.evaluate("options => axe.run(options)", options)["violations"]
        return [f"{one['id']}: {', '.join(str(node['target']) for node in one['nodes'][:4])}" for one in found]

    def must_fit(self, width: int) -> None:
        """Nothing makes the page scroll sideways on a screen this wide."""
        size = self.page.viewport_size
        self.page.set_viewport_size({"width": width, "height": size["height"]})
        wide = self.page.evaluate(WIDE)
        self.page.set_viewport_size(size)
        assert not wide, f"{self.path} is wider than {width} px: {wide}"

    def must_be_well(self, where: str) -> None:
        """No fault so far: console, scripts, CSP, requests elsewhere, personal pages that a browser may keep."""
        assert not self.faults, f"{where} ({self.path}): {self.faults}"

    def _hear(self, message: ConsoleMessage) -> None:
        refused = [f"the server responded with a status of {status} " for status in self.excused]
        if message.location["url"].startswith(self.beyond or "-"):
            return
        if message.type in ("error", "warning") and not any(words in message.text for words in refused):
            self.faults.append(f"console {message.type}: {message.text}")

    def _ask(self, request: Request) -> None:
        if not request.url.startswith((self.url + "/", "data:", *self.beyond)):
            self.faults.append(f"a request elsewhere: {request.url}")

    def _get(self, response: Response) -> None:
        path, headers = urlsplit(response.url).path, response.headers
        personal = path.startswith(PERSONAL) or path.endswith("/prenota") or response.request.method == "POST"
        if personal and response.url.startswith(self.url + "/") and "no-store" not in headers.get("cache-control", ""):
            self.faults.append(f"{path} may be kept: {headers.get('cache-control')}")


WIDE = """() => {
  const limit = document.documentElement.clientWidth
  if (document.documentElement.scrollWidth <= limit) return []
  const wide = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > limit + 1)
  return [document.documentElement.scrollWidth, ...wide.slice(0, 5).map(e => e.outerHTML.slice(0, 120))]
}"""


@contextmanager
def visit(browser: Browser, portal: Portal, looked: set[tuple], width: int = 1280, *, javascript: bool = True) -> Iterator[Visit]:
    """A new visitor; at the end, nothing may have gone wrong that no check has seen."""
    size = {"width": width, "height": 740 if width < 768 else 900}
    context = browser.new_context(viewport=size, locale="it-IT", timezone_id="Europe/Rome", java_script_enabled=javascript)
    context.set_default_timeout(PATIENCE * 1000)
    context.add_init_script(TELL)
    here = Visit(portal, context.new_page(), width, javascript, looked)
    context.on("console", here._hear)
    context.on("weberror", lambda error: here.faults.append(f"script: {error.error}"))
    context.on("request", here._ask)
    context.on("response", here._get)
    try:
        yield here
        here.must_be_well("the end of the visit")
    finally:
        context.close()
