"""The pages of a family: adding a child, who takes them home, consents, invitations, the hand-over; and who finds none of it."""

import pytest
import time_machine

from hub.accounts.demo import load_people
from hub.clock import now
from hub.db import db
from hub.families import consents, invitations, service
from hub.families.models import Participant
from tests.client import CheckingClient, Page
from tests.hub.families.conftest import born, child, link
from tests.hub.organisations.conftest import somebody

FAMILY = "/area-personale/famiglia"


@pytest.fixture
def family(app) -> int:
    """Rosa, who answers for Anna; pino and ugo besides. The number of Anna's record."""
    with app.app_context():
        load_people()
        rosa = somebody("rosa")
        for name in ("pino", "ugo"):
            somebody(name)
        return child(rosa).id


def known(app, name: str) -> CheckingClient:
    address = f"{name}@posta.example" if name in ("rosa", "pino", "ugo") else f"{name}@officine.example"
    return app.test_client().known_as(address)


def record(app, id: int) -> Participant:
    return db.session.get_one(Participant, id)


SAID = {
    "given_name": "Luca",
    "family_name": "Greco",
    "birth_date": born(9, 3).isoformat(),
    "gender": "m",
    "resident": "y",
    "emergency_name": "Zia Pia",
    "emergency_phone": "0832 123456",
    "basis": "parent",
    "other": "agrees",
}


def add(client: CheckingClient, **values: object) -> Page:
    return client.page(f"{FAMILY}/aggiungi").form("aggiungi").submit(**SAID | values)


def test_a_parent_adds_a_child_in_one_form(app, family):
    rosa = known(app, "rosa")
    page = rosa.page(FAMILY)
    assert "Anna Greco" in page.text and "11 anni" in page.text
    added = add(rosa)
    assert added.status == 200 and "Luca Greco" in added.text and "9 anni" in added.text
    assert "Ha dichiarato che l'altro genitore è d'accordo." in added.text
    assert "Zia Pia · 0832 123456" in added.text
    assert "Luca Greco" in rosa.page(FAMILY).text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"given_name": ""}, "Scrivi il nome."),
        ({"birth_date": ""}, "Scrivi la data di nascita."),
        ({"birth_date": "2026-02-30"}, "data"),
        ({"birth_date": born(18).isoformat()}, "Ha già compiuto 18 anni"),
        ({"birth_date": "1700-01-01"}, "Controlla la data di nascita"),
        ({"emergency_phone": "boh"}, "Scrivi solo il numero."),
        ({"basis": None}, "Scegli chi sei."),
        ({"other": None}, "Scegli una delle due dichiarazioni."),
        ({"given_name": "Anna", "birth_date": born(11, 100).isoformat()}, "L'hai già aggiunto"),
        ({"given_name": "x" * 81}, "80 caratteri"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_lost(app, family, values, words):
    page = add(known(app, "rosa"), **values)
    assert page.status == 422 and words in page.text
    kept = page.form("aggiungi").values
    assert kept["emergency_name"] == "Zia Pia" and kept["gender"] == "m"
    with app.app_context():
        assert len(service.children_of(record(app, family).guardianships[0].guardian)) == 1


def test_a_form_sent_twice_adds_one_child(app, family):
    rosa = known(app, "rosa")
    form = rosa.page(f"{FAMILY}/aggiungi").form("aggiungi")
    assert form.submit(**SAID).path == form.submit(**SAID).path
    assert rosa.page(FAMILY).text.count("Luca Greco") == 1


def test_an_adult_writes_their_own_record_and_corrects_it(app, family):
    ugo = known(app, "ugo")
    page = ugo.page(f"{FAMILY}/io").form("io").submit(birth_date=born(40).isoformat(), resident="y")
    assert page.status == 200 and "40 anni" in page.text and "Chi può venire a prendere" not in page.text
    assert ugo.page(f"{FAMILY}/io").path == page.path
    edited = ugo.page(f"{page.path}/modifica").form("modifica").submit(emergency_name="Ida", emergency_phone="boh")
    assert edited.status == 422
    edited = edited.form("modifica").submit(emergency_phone="0832 111111")
    assert "Ida · 0832 111111" in edited.text
    assert "Uscire senza un adulto" not in ugo.page(f"{page.path}/consensi").text


def test_who_takes_the_child_home_comes_and_goes(app, family):
    rosa, path = known(app, "rosa"), f"{FAMILY}/{family}"
    page = rosa.page(path).form("ritiro").submit(name="", phone="")
    assert page.status == 422 and "Scrivi nome e cognome." in page.text
    page = page.form("ritiro").submit(name="Zia Pia", phone="333 1234567")
    assert "Zia Pia può venire a prendere Anna." in page.text
    page = page.form("togli").submit()
    assert "Zia Pia non può più venire a prendere Anna." in page.text and "Zia Pia" not in rosa.page(path).text


def test_consents_are_no_until_given_and_the_history_says_what_was_said(app, family):
    rosa, path = known(app, "rosa"), f"{FAMILY}/{family}/consensi"
    page = rosa.page(path)
    assert page.text.count("Do il consenso") == 3 and "Ritira il consenso" not in page.text
    page = page.form("consensi").submit(("give", "photo"))
    assert "Consenso dato" in page.text and "Dato da Rosa Greco" in page.text
    with app.app_context():
        assert consents.has_consent(record(app, family), "photo")
        number = consents.consents_of(record(app, family))[0].id
    page = page.form("consensi").submit(("withdraw", str(number)))
    assert "Consenso ritirato." in page.text and "Ritirato" in page.text
    for junk in (str(number), "999", "abc", "9" * 30, ""):
        changed = page.form("consensi").submit(("withdraw", junk))
        assert changed.status == 422 and "nel frattempo è cambiato" in changed.text
    assert page.form("consensi").submit(("give", "participation")).status == 422


def test_another_adult_joins_by_the_link_and_sees_the_same(app, family):
    rosa, path = known(app, "rosa"), f"{FAMILY}/{family}"
    page = rosa.page(f"{path}/adulti").form("adulti").submit(email="pino@posta.example")
    assert "Invito inviato a pino@posta.example" in page.text
    with app.app_context():
        url = f"/famiglia/inviti/{link('invited')}"
    stranger = app.test_client().page(url)
    assert "Anna" not in stranger.text and "Rosa Greco ti invita" in stranger.text
    pino = known(app, "pino")
    assert "Anna" in pino.page(url).text
    page = pino.page(url).form("accetta").submit()
    assert page.status == 422 and "Scegli chi sei." in page.text
    page = page.form("accetta").submit(basis="parent", other="agrees")
    assert page.path == path and "Pino Greco" in page.text and "Rosa Greco" in page.text
    assert pino.page(url).text.count("Vedi già questa scheda") == 2  # the title and the heading
    assert app.test_client().page(url).status == 410
    edited = pino.page(f"{path}/modifica").form("modifica").submit(given_name="Annina")
    assert "Annina Greco" in edited.text and "Annina Greco" in rosa.page(path).text


def test_an_invitation_is_sent_again_taken_back_and_declined(app, family):
    rosa, path = known(app, "rosa"), f"{FAMILY}/{family}/adulti"
    page = rosa.page(path).form("adulti").submit(email="x@posta.example")
    assert "già un invito aperto" in page.form("adulti").submit(email="x@posta.example", sending_key="altra").text
    with app.app_context():
        first = link("invited")
    page = page.form("rinvia").submit()
    assert "Invito inviato di nuovo" in page.text
    assert app.test_client().page(f"/famiglia/inviti/{first}").status == 410
    page = page.form("revoca").submit()
    assert "Invito revocato." in page.text and "Nessun invito aspetta" in page.text
    rosa.page(path).form("adulti").submit(email="y@posta.example")
    with app.app_context():
        url = f"/famiglia/inviti/{link('invited')}"
    assert "Invito rifiutato" in app.test_client().page(url).form("rifiuta").submit().text
    assert app.test_client().page(url).status == 410


def test_a_minor_with_an_account_reads_their_record_and_changes_nothing(app, family):
    with app.app_context():
        rosa = service.people_of(record(app, family))[0]
        luca = child(rosa, "Luca", 15)
        invitations.offer(luca, "ugo@posta.example", by=rosa)
        db.session.commit()
        number, url = luca.id, f"/famiglia/inviti/{link('offered')}"
    ugo, path = known(app, "ugo"), f"{FAMILY}/{number}"
    assert "Rosa Greco ti invita." in ugo.page(url).text
    page = ugo.page(url).form("accetta").submit()
    assert page.path == path and "le conferma chi risponde di te" in page.text
    assert "Modifica" not in page.text and "Rosa Greco" in page.text
    assert ugo.get(f"{path}/modifica").status_code == 403
    for hidden in ("adulti", "account", "lascia"):
        assert ugo.get(f"{path}/{hidden}").status_code == 404
    assert "Do il consenso" not in ugo.page(f"{path}/consensi").text
    rosa_sees = known(app, "rosa").page(path)
    assert "Ha un suo account" in rosa_sees.text


def test_on_the_day_of_eighteen_the_record_leaves_the_parents_pages(app, family):
    with app.app_context():
        rosa = service.people_of(record(app, family))[0]
        luca = child(rosa, "Luca", birth_date=born(17, 364))
        luca.person_id = db.session.scalar(db.select(service.Person.id).filter_by(email="ugo@posta.example"))
        db.session.commit()
        number, day = luca.id, service.rules.comes_of_age(luca.birth_date)
    path = f"{FAMILY}/{number}"
    rosa, ugo = known(app, "rosa"), known(app, "ugo")
    assert "Da quel giorno la scheda è sua" in rosa.page(path).text
    with time_machine.travel(now().replace(year=day.year, month=day.month, day=day.day, hour=12), tick=False):
        rosa, ugo = known(app, "rosa"), known(app, "ugo")
        assert rosa.get(path).status_code == 404 and "Luca" not in rosa.page(FAMILY).text
        page = ugo.page(path)
        assert "La tua scheda." in page.text and "Modifica" in page.text
        assert "Rosa Greco" not in page.text


def test_who_leaves_last_reads_that_the_record_goes(app, family):
    rosa, path = known(app, "rosa"), f"{FAMILY}/{family}/lascia"
    page = rosa.page(path)
    assert "La scheda si cancella" in page.text
    assert "spunta la casella" in page.form("lascia").submit().text
    page = page.form("lascia").submit(sure="y")
    assert page.path == FAMILY and "è cancellata" in page.text and "Anna" not in page.text


def test_a_record_is_nobodys_but_its_familys(app, family):
    """To others it does not exist, to the staff no more than to neighbours; not by guessing a number of another table either."""
    paths = ["", "/modifica", "/consensi", "/accessi", "/adulti", "/account", "/lascia"]
    for name in ("ugo", "gestore", "valutatore", "admin"):
        client = known(app, name)
        assert [client.get(f"{FAMILY}/{family}{path}").status_code for path in paths] == [404] * len(paths), name
        assert client.get(f"{FAMILY}/{2**31}").status_code == 404
    assert app.test_client().get(f"{FAMILY}/{family}").status_code == 303


def test_the_manager_hands_over_from_eighteen_and_the_person_reads_it(app, family):
    with app.app_context():
        rosa = service.people_of(record(app, family))[0]
        luca = child(rosa, "Luca", birth_date=born(17, 300))
        luca.birth_date = born(18, 1)
        db.session.commit()
        number = luca.id
    manager = known(app, "gestore")
    search = manager.page("/gestione/schede")
    assert search.status == 200 and "Risultati" not in search.text
    query = {"nome": "luca", "cognome": "GRECO", "nascita": born(18, 1).isoformat()}
    found = manager.page("/gestione/schede", query_string=query)
    assert "Luca Greco" in found.text
    assert "Nessuna scheda" in manager.page("/gestione/schede", query_string=query | {"cognome": "Grec"}).text
    assert manager.page("/gestione/schede", query_string={"nome": "Luca"}).status == 422
    page = manager.page(found.link("Luca Greco"))
    assert "Prima di passare la scheda" in page.form("schede/" + str(number)).submit(email="ugo@posta.example").text
    page = page.form("schede/" + str(number)).submit(email="ugo@posta.example", checked="y")
    assert "Invito inviato a ugo@posta.example" in page.text
    with app.app_context():
        url = f"/famiglia/inviti/{link('offered')}"
    ugo = known(app, "ugo")
    ugo.page(url).form("accetta").submit()
    looks = ugo.page(f"{FAMILY}/{number}/accessi")
    assert "La scheda" in looks.text and "Gino Esempio (demo)" in looks.text
    minor = manager.page(f"/gestione/schede/{family}")
    assert "È minorenne fino al" in minor.text
    with pytest.raises(AssertionError, match="no form"):
        minor.form("schede")


def test_who_looked_is_read_by_the_family(app, family):
    assert "Nessuno del personale" in known(app, "rosa").page(f"{FAMILY}/{family}/accessi").text
    known(app, "gestore").get(f"/gestione/schede/{family}")
    seen = known(app, "rosa").page(f"{FAMILY}/{family}/accessi")
    assert "Gino Esempio (demo)" in seen.text and "Nessuno del personale" not in seen.text


def test_too_many_invitations_are_a_429_in_words(app, family):
    rosa, path = known(app, "rosa"), f"{FAMILY}/{family}/adulti"
    for number in range(invitations.FROM_PERSON.times):
        rosa.page(path).form("adulti").submit(email=f"a{number}@posta.example")
    page = rosa.page(path).form("adulti").submit(email="z@posta.example")
    assert page.status == 429 and "Troppi tentativi" in page.text


def test_the_form_comes_back_as_a_part_where_htmx_asks(app, family):
    rosa = known(app, "rosa")
    filled = rosa.page(f"{FAMILY}/aggiungi").form("aggiungi").values | SAID | {"given_name": ""}
    part = rosa.post(f"{FAMILY}/aggiungi", data=filled, headers={"HX-Request": "true"})
    assert part.status_code == 422 and part.text.lstrip().startswith('<div id="child">') and "Scrivi il nome." in part.text
