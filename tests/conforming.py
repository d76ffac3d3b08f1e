"""A public page as it was sent, and what must hold on it: the checks of `tests/test_conformity.py`.

Each check tells what is wrong with a page, in words. Beside it stands a way to break a good page that the check must
notice, because a check that cannot fail is no check.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import unquote, urlsplit

import html5lib

from hub.assets import STATIC

SITE = "Officine Mezzogiorno"
BOOTSTRAP = (STATIC / "vendor/bootstrap-italia-2.18.3/css/bootstrap-italia.min.css").read_text()
BOOTSTRAP_CLASSES = set(re.findall(r"\.(-?[_a-zA-Z][\w-]*)", BOOTSTRAP))
COOKIES = {"form", "session", "lang"}  # what a form, a sign-in and a choice of language need
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
CONTROLS = ("input", "select", "textarea")

# The words that the national model fixes.
FOOTER = {  # element: words, where they are fixed
    "faq": r"(FAQ|domande frequenti)",
    "report-inefficiency": r"^Segnala disservizio$",
    "appointment-booking": r"^Prenot",
    "accessibility-link": r"^Dichiarazione di accessibilità$",
    "privacy-policy-link": r"privacy",
    "legal-notes": r"^Note legali$",
}
RATING = {
    "feedback-title": ["Quanto sono chiare le informazioni su questa pagina?"],
    "feedback-rating-question": [
        "Quali sono stati gli aspetti che hai preferito?",
        "Dove hai incontrato le maggiori difficoltà?",
    ],
    "feedback-rating-answer": [
        "Le indicazioni erano chiare",
        "Le indicazioni erano complete",
        "Capivo sempre che stavo procedendo correttamente",
        "Non ho avuto problemi tecnici",
        "Altro",
        "A volte le indicazioni non erano chiare",
        "A volte le indicazioni non erano complete",
        "A volte non capivo se stavo procedendo correttamente",
        "Ho avuto problemi tecnici",
        "Altro",
    ],
}


@dataclass
class Seen:
    """A page as it was sent."""

    path: str
    endpoint: str
    language: str
    html: str
    rated: bool
    cookies: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tree = html5lib.parse(self.html, namespaceHTMLElements=False)

    def all(self, *tags: str, within: str | None = None) -> Iterator:
        roots = self.tree.iter(within) if within else [self.tree]
        return (node for root in roots for node in root.iter() if node.tag in tags)

    def told(self, element: str) -> list[str]:
        """The words of everything with this data-element."""
        return [words(node) for node in self.marked(element)]

    def marked(self, element: str) -> list:
        return [node for node in self.tree.iter() if node.get("data-element") == element]

    def by_id(self, id: str):
        return next((node for node in self.tree.iter() if node.get("id") == id), None)


def words(node) -> str:
    return " ".join("".join(node.itertext()).split())


def name_of(page: Seen, node) -> str:
    """What a screen reader calls a link, a button or a field, simply put."""
    if node.get("aria-label"):
        return node.get("aria-label")
    if node.get("aria-labelledby"):
        return " ".join(words(page.by_id(id)) for id in node.get("aria-labelledby").split())
    if node.tag in CONTROLS:
        labels = [label for label in page.tree.iter("label") if label.get("for") == node.get("id")]
        return " ".join(words(label) for label in labels)
    return " ".join([words(node), *(image.get("alt", "") for image in node.iter("img"))]).strip()


# --- the checks


@dataclass(frozen=True)
class Check:
    """What is wrong with a page, in words; and a way to break a good page that this check must notice."""

    finds: Callable[[Seen], list[str]]
    breaks: Callable[[str], str]


CHECKS: dict[str, Check] = {}


def check(breaks: Callable[[str], str]) -> Callable:
    def keep(finds: Callable[[Seen], list[str]]) -> Callable:
        CHECKS[finds.__name__] = Check(finds, breaks)
        return finds

    return keep


def swap(old: str, new: str, count: int = -1) -> Callable[[str], str]:
    return lambda html: html.replace(old, new, count)


@check(lambda html: re.sub(r"<title>[^<]*</title>", "<title></title>", html))
def a_title_that_says_page_and_site(page):
    titles = [words(node) for node in page.all("title", within="head")]
    return [] if len(titles) == 1 and re.fullmatch(f".{{3,}} - {SITE}", titles[0]) else [str(titles)]


@check(lambda html: re.sub(r'<html lang="\w+"', '<html lang="xx"', html))
def the_language_of_the_page(page):
    return [] if page.tree.get("lang") == page.language else [str(page.tree.get("lang"))]


@check(lambda html: re.sub(r'(<meta name="description" content=)"[^"]*"', r'\1""', html))
def a_description(page):
    told = [node.get("content", "") for node in page.all("meta") if node.get("name") == "description"]
    return [] if len(told) == 1 and len(told[0]) >= 10 else [str(told)]


@check(swap("width=device-width, initial-scale=1", "width=device-width, initial-scale=1, user-scalable=no"))
def zooming_is_free(page):
    told = [node.get("content", "") for node in page.all("meta") if node.get("name") == "viewport"]
    return [] if told == ["width=device-width, initial-scale=1"] else told


@check(lambda html: html.replace("<h1", "<h2").replace("</h1", "</h2"))
def one_first_heading_in_the_main_part(page):
    inside, everywhere = list(page.all("h1", within="main")), list(page.all("h1"))
    return [] if len(inside) == len(everywhere) == 1 and words(inside[0]) else [f"{len(inside)} of {len(everywhere)}"]


@check(lambda html: re.sub(r"<h2(.*?)</h2>", r"<h4\1</h4>", html, flags=re.S))
def headings_skip_no_level(page):
    levels = [int(node.tag[1]) for node in page.all(*HEADINGS, within="main")]
    steps = pairwise(levels)
    return [f"h{before} then h{after}" for before, after in steps if after > before + 1] + (
        [] if levels[:1] == [1] else ["begins"]
    )


@check(swap('<main id="main"', '<div id="main"'))
def one_of_each_landmark(page):
    counts = Counter(node.tag for node in page.all("main", "header", "footer"))
    return [] if counts == {"main": 1, "header": 1, "footer": 1} else [str(dict(counts))]


@check(swap('data-element="breadcrumb"', ""))
def breadcrumbs_but_at_home(page):
    trails = page.marked("breadcrumb")
    if page.path == "/":
        return ["one at home"] if trails else []
    if len(trails) != 1:
        return ["none"]
    steps = trails[0].findall("li")
    first = steps[0].find("a")
    leads = first is not None and first.get("href") == "/"
    return [] if leads and steps[-1].get("aria-current") == "page" and words(steps[-1]) else ["its ends"]


@check(swap('href="#footer"', 'href="#nowhere"'))
def skip_links_come_first_and_lead_somewhere(page):
    links = list(page.all("a"))[:2]
    targets = [link.get("href", "")[1:] for link in links]
    return [f"#{id}" for id in targets if page.by_id(id) is None] + ([] if targets == ["main", "footer"] else ["not first"])


@check(swap('src="/static/', 'src="https://altrove.example/'))
def assets_are_our_own(page):
    nodes = page.all("script", "link", "img", "use", "iframe", "source", "object")
    asked = [node.get("src") or node.get("href") for node in nodes if node.get("rel") != "alternate"]  # a feed is a way, no asset
    return [url for url in asked if url and not url.startswith("/static/")]


@check(swap("</head>", "<script>alert(1)</script></head>"))
def no_script_or_style_stands_in_the_page(page):
    scripts = [node for node in page.all("script") if not node.get("src") and node.get("type") != "application/ld+json"]
    return [node.tag for node in (*scripts, *page.all("style"))]


@check(swap('class="', 'class="x'))
def a_third_of_the_classes_are_bootstrap_italia_s(page):
    used = {name for node in page.tree.iter() for name in node.get("class", "").split()}
    share = len(used & BOOTSTRAP_CLASSES) / len(used)
    return [] if share >= 0.3 else [f"{share:.0%}"]


@check(swap("Segnala disservizio</a>", "Scrivici</a>"))
def the_footer_has_the_links_of_the_model(page):
    wrong = []
    for element, pattern in FOOTER.items():
        links = [node for node in page.all("a", within="footer") if node.get("data-element") == element]
        right = len(links) == 1 and links[0].get("href")
        if not right or (page.language == "it" and not re.search(pattern, words(links[0]), re.I)):
            wrong.append(f"{element}: {[words(link) for link in links]}")
    return wrong


@check(swap('href="tel:', 'href="/'))
def the_footer_says_who_answers(page):
    address = next(page.all("address", within="footer"), None)
    links = [node.get("href").split(":")[0] for node in address.iter("a")] if address is not None else []
    told = words(address) if address is not None else ""
    missing = [what for what in ("Comune di Lecce", "73100", "00000000000") if what not in told]
    ways = [node.get("href") for node in page.all("a", within="footer")]
    return missing + ([] if links == ["tel", "mailto", "mailto"] else [str(links)]) + (
        [] if "https://www.comune.lecce.it" in ways else ["amministrazione trasparente"]
    )  # fmt: skip


@check(swap('data-element="main-navigation"', ""))
def the_header_has_what_the_model_asks_for(page):
    wrong = [] if page.marked("personal-area-login") else ["personal-area-login"]
    menus = page.marked("main-navigation")
    entries = [link for menu in menus for link in menu.findall("li/a")]
    if len(menus) != 1 or menus[0].tag != "ul" or not entries:
        return [*wrong, "main-navigation"]
    unmarked = [words(link) for link in entries if link.get("data-element") not in ("custom-submenu", "all-services")]
    searches = [form for form in page.all("form", within="header") if form.get("role") == "search"]
    return wrong + unmarked + ([] if [form.get("action") for form in searches] == ["/cerca"] else ["search"])


@check(swap('data-element="feedback-rate-3"', ""))
def a_rating_where_a_page_can_be_rated(page):
    if not page.rated:
        return ["rated"] if page.marked("feedback") else []
    counts = {"feedback": 1, "feedback-rating-positive": 1, "feedback-rating-negative": 1, "feedback-input-text": 1}
    counts |= {f"feedback-rate-{stars}": 1 for stars in range(1, 6)} | {name: len(fixed) for name, fixed in RATING.items()}
    wrong = [name for name, count in counts.items() if len(page.marked(name)) != count]
    if page.language == "it":
        wrong += [name for name, fixed in RATING.items() if page.told(name) != fixed]
    longest = [node.get("maxlength") for node in page.marked("feedback-input-text")]
    return wrong + ([] if longest == ["200"] else [f"comment {longest}"])


@check(lambda html: html.replace('alt=""', "").replace('alt="Officine Mezzogiorno"', ""))
def pictures_say_what_they_show_or_that_they_show_nothing(page):
    pictures = [node.get("src") for node in page.all("img") if node.get("alt") is None]
    drawings = (node for node in page.all("svg") if node.get("aria-hidden") != "true")
    return pictures + [
        node.get("class", "svg") for node in drawings if not (node.get("role") == "img" and node.get("aria-label"))
    ]


@check(swap("<label ", "<span "))
def every_field_has_a_name(page):
    fields = (node for node in page.all(*CONTROLS) if node.get("type") not in ("hidden", "submit"))
    return [node.get("name", "?") for node in fields if not name_of(page, node)]


@check(lambda html: re.sub(r"(<a [^>]*>)[^<]+</a>", r"\1</a>", html))
def every_link_and_button_has_a_name(page):
    return [node.get("href") or node.get("class", "") for node in page.all("a", "button") if not name_of(page, node)]


@check(swap("<a ", '<a target="_blank" '))
def nothing_opens_a_new_window(page):
    return [node.get("href") for node in page.all("a", "form") if node.get("target")]


@check(lambda html: html.replace("<caption", "<p").replace("</main>", "<table><tr><td>1</td></tr></table></main>"))
def tables_have_a_caption_and_headings(page):
    wrong = [table for table in page.all("table") if table.find("caption") is None]
    return [words(table)[:40] for table in wrong] + [words(th) for th in page.all("th") if not th.get("scope")]


@check(lambda html: html.replace("<li", "<div").replace("</li", "</div"))
def lists_are_made_of_items(page):
    return [next(iter(node)).tag for node in page.all("ul", "ol") if any(child.tag != "li" for child in node)]


@check(swap("</main>", '<a href="#nulla">x</a></main>'))
def links_within_the_page_lead_somewhere(page):
    targets = {node.get("href")[1:] for node in page.all("a") if (node.get("href") or "").startswith("#")}
    return sorted(unquote(target) for target in targets if page.by_id(unquote(target)) is None)


@check(swap("</body>", '<a href="javascript:void(0)">x</a></body>'))
def links_lead_to_pages_mails_and_telephones(page):
    schemes = {urlsplit(node.get("href") or "").scheme for node in page.all("a")}
    return sorted(schemes - {"", "http", "https", "mailto", "tel"}) + [
        node.get("class") for node in page.all("a") if not node.get("href")
    ]


def no_cookie_but_the_technical_ones(page):
    names = {cookie.split("=")[0] for cookie in page.cookies}
    return sorted(names - COOKIES) + [cookie for cookie in page.cookies if re.search(r"domain=", cookie, re.I)]


CHECKS["no_cookie_but_the_technical_ones"] = Check(no_cookie_but_the_technical_ones, lambda html: html)
