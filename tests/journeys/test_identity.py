"""Signing in with SPID or CIE in the middle of something: to a provider that really answers, and back into it."""

import re
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from playwright.sync_api import expect
from stdnum.it import codicefiscale

from config import CLAIMS
from hub import demo
from hub.accounts.demo import DEMO_PASSWORD
from tests.databases import Sqlite
from tests.journeys import steps
from tests.journeys.portal import Portal, serve
from tests.journeys.visit import Visit, ways
from tests.oidc_provider import Provider, provider

WAY = "/entra/identita-digitale"
THEIR_LOOK = "https://cdn.jsdelivr.net/"  # of the provider's pages, which these tests do without
widths = pytest.mark.parametrize("width", [360, 1280])
_numbers = count()


@pytest.fixture(scope="module")
def gateway() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def portal(sqlite: Sqlite, gateway: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The portal with a gateway to SPID and CIE."""
    with sqlite.fresh(contents=demo.load) as url, serve(url, tmp_path_factory.mktemp("portal"), **gateway.settings) as served:
        yield served


@pytest.fixture
def somebody(portal: Portal, gateway: Provider, visitor: Callable[..., Visit]) -> Callable[..., Visit]:
    """somebody(width, javascript=…): a visitor who may be sent to the gateway."""

    def enter(width: int = 1280, **more: bool) -> Visit:
        there = visitor(portal, width, **more)
        there.beyond, there.excused = (gateway.url, THEIR_LOOK), (400, 410, 422)
        there.page.context.route(f"{THEIR_LOOK}**", lambda route: route.fulfill(content_type="text/css", body=""))
        return there

    return enter


def citizen(gateway: Provider, **claims: object) -> str:
    """Somebody new whom the gateway knows, by the name to give there."""
    number = next(_numbers)
    base = f"VRDRSO80A{number + 1:02d}E506"
    code = base + codicefiscale.calc_check_digit(base)
    said = {CLAIMS["fiscal_code"]: f"TINIT-{code}", "given_name": "Rosa", "family_name": "Verdi"}
    return gateway.knows(f"rosa{number}", **said | {"email": f"rosa{number}@posta.example"} | claims)


def identify(there: Visit, gateway: Provider, who: str | None) -> None:
    """On the page of the gateway: sign in, or withhold one's consent."""
    there.page.wait_for_url(f"{gateway.url}/oauth2/authorize?**")
    if who is None:
        return there.page.get_by_role("button", name="Deny").click()
    there.page.locator("input[name=sub]").fill(who)
    return there.page.get_by_role("button", name="Authorize", exact=True).click()


def read_the_link(portal: Portal, there: Visit, address: str) -> str:
    """The path of the link in the mail."""
    mail = portal.mail(address, "Collega la tua identità digitale")
    return re.search(rf"{there.url}({WAY}/conferma/\S+)", mail.get_body(("plain",)).get_content())[1]


@ways
def test_a_citizen_signs_in_with_spid_in_mid_booking(gateway, somebody, width, javascript):
    number = next(_numbers)
    there, who = somebody(width, javascript=javascript), citizen(gateway)
    steps.begin(there, "aula-2", number % 3)
    steps.choose_time(there)
    steps.describe(there, f"Corso con SPID {number}")
    there.arrive("/entra?next=*")
    there.look("sign in, with a gateway")
    there.follow("Entra con SPID o CIE")
    identify(there, gateway, who)
    there.arrive("/prenota/*/chi")  # back in the booking, and prefilled
    main = there.page.locator("main")
    expect(main).to_contain_text("Rosa Verdi")
    expect(main).to_contain_text(f"{who}@posta.example")
    there.look("who, with SPID")
    steps.introduce(there)
    expect(main).to_contain_text("Il posto è tenuto per te")
    steps.send(there)
    expect(main).to_contain_text("Rosa Verdi")
    assert len(steps.bookings(there)) == 1


@ways
def test_consent_that_is_withheld_loses_nothing(gateway, somebody, width, javascript):
    there = somebody(width, javascript=javascript)
    steps.begin(there, "aula-1", 1)
    steps.choose_time(there)
    steps.describe(there, "Corso senza SPID")
    there.arrive("/entra?next=*")
    sign_in = there.page.url
    there.follow("Entra con SPID o CIE")
    identify(there, gateway, None)
    there.arrive(f"{WAY}/non-riuscito")
    expect(there.page.get_by_role("alert").filter(visible=True)).to_contain_text("Non hai dato il consenso")
    there.look("identity, refused")
    there.page.reload()
    expect(there.page.locator("h1")).to_have_text("Accesso non riuscito")
    there.page.goto(sign_in)  # the booking is where it was
    there.follow("Entra con SPID o CIE")
    identify(there, gateway, citizen(gateway))
    there.arrive("/prenota/*/chi")


@widths
def test_an_identity_without_an_address_is_asked_for_one(portal, gateway, somebody, width):
    there, address = somebody(width), f"scritta{next(_numbers)}@posta.example"
    who = citizen(gateway, email=None)
    there.open("/entra?next=/spazi")
    there.follow("Entra con SPID o CIE")
    identify(there, gateway, who)
    there.arrive(f"{WAY}/indirizzo")
    there.look("identity, address")
    there.press("Avanti")
    expect(there.page.locator(".hub-errors")).to_be_focused()
    there.look("identity, address, wrong")
    there.page.get_by_label("E-mail").first.fill(address)
    there.press("Avanti")
    there.arrive(f"{WAY}/controlla-la-posta")
    there.look("identity, mailed")
    link = read_the_link(portal, there, address)
    elsewhere = somebody(width)
    elsewhere.open(link)
    expect(elsewhere.page.locator("main")).to_contain_text("entra prima con SPID o CIE in questo browser")
    elsewhere.look("identity, link elsewhere")
    elsewhere.follow("Entra con SPID o CIE")
    identify(elsewhere, gateway, who)
    elsewhere.arrive(link)
    there.open(link)
    there.look("identity, link")
    there.press("Collega ed entra")
    there.arrive("/spazi")
    elsewhere.press("Collega ed entra")  # too late, but it is the same person
    elsewhere.arrive("/spazi")
    elsewhere.open(link)
    elsewhere.look("identity, link closed")


@widths
def test_who_has_an_account_links_their_identity(portal, gateway, somebody, width):
    there = somebody(width)
    there.enter(portal.somebody())
    there.open(f"{WAY}?next=/area-personale")
    identify(there, gateway, citizen(gateway))
    there.arrive(f"{WAY}/collega")
    there.look("identity, join")
    there.press("Collega")
    expect(there.page.locator(".hub-errors")).to_be_focused()
    there.look("identity, join, wrong")
    there.page.get_by_label("Password").fill(DEMO_PASSWORD)
    there.press("Collega")
    there.arrive("/area-personale")
    expect(there.page.get_by_role("status").first).to_contain_text("identità digitale è collegata")
    there.look("identity, joined")
