"""Organisations as people use them: through forms, with each unhappy end in words."""

import re
from contextvars import Context
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask, has_app_context

from hub.accounts.demo import DEMO_PASSWORD
from hub.accounts.models import DataView, Person
from hub.clock import now
from hub.db import db
from hub.organisations import service, verification
from hub.organisations.demo import load_organisations
from hub.organisations.models import Invitation, Membership, Organisation
from tests.client import CheckingClient, Page
from tests.hub.accounts.people import statements
from tests.hub.organisations.conftest import GROWN_UP, OTHER_CODE, SAID, founded, grouped, join, somebody, token, verified


class Apart(CheckingClient):
    """A browser whose requests know nothing of the application context in which the test itself looks at the database."""

    def open(self, *args, **kwargs):
        if has_app_context():
            db.session.rollback()
        return Context().run(super().open, *args, **kwargs)


def visitor(app: Flask) -> CheckingClient:
    return Apart(app, app.response_class, use_cookies=True)


MINE = "/area-personale/organizzazioni"
DESK = "/gestione/organizzazioni"
FORM = SAID | {"declares": "y"}


@pytest.fixture
def enter(app, people):
    """enter("rosa"): a browser in which this person has signed in."""
    addresses = {name: person.email for name, person in people.items()}

    def sign_in(name: str) -> CheckingClient:
        db.session.rollback()  # the sign-in has a transaction of its own
        return visitor(app).known_as(addresses.get(name, f"{name}@posta.example"))

    return sign_in


@pytest.fixture
def circle(people) -> int:
    """The number of a verified association: rosa stands for it, pino acts for it, ugo is in it."""
    made = verified(people["rosa"], people["manager"])
    join(made, people["pino"], "editor")
    join(made, people["ugo"])
    return made.id


def state(id: int) -> str:
    db.session.rollback()
    return db.session.scalar(sa.select(Organisation.state).filter_by(id=id))


def found(client: CheckingClient, **values: str | None) -> Page:
    return client.page(f"{MINE}/nuova").form("nuova").submit(**FORM | values)


def error_of(page: Page, field: str) -> str:
    node = next((node for node in page.tree.iter() if node.get("id") == f"{field}-error"), None)
    return " ".join("".join(node.itertext()).split()) if node is not None else ""


# --- founding


def test_an_organisation_is_founded_and_verified(enter):
    rosa = enter("rosa")
    page = found(rosa)
    assert "Organizzazione registrata" in page.text and "In attesa di verifica" in page.text
    assert "Rosa Greco" in page.text and "Legale rappresentante" in page.text
    manager = enter("manager")
    desk = manager.page(DESK)
    assert "In attesa di verifica (1)" in desk.text and "aspetta da meno di un giorno" in desk.text
    decided = manager.page(desk.link(SAID["name"])).form().submit(verify="y")
    assert "Organizzazione verificata" in decided.text
    assert "Puoi agire per suo conto" in rosa.page(page.path).text
    messages = rosa.page("/area-personale/messaggi").text
    assert "Organizzazione verificata: Circolo dei prova libri" in messages and "Da verificare: Circolo" in messages
    assert "Organizzazione da verificare" in manager.page("/area-personale/messaggi").text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("kind", "", "Scegli il tipo"),
        ("kind", "club", "elenco|valid"),
        ("name", "", "Scrivi il nome"),
        ("name", "Vinci su www.evil.example", "senza indirizzi di siti"),
        ("name", "<b>Circolo</b>", "Usa solo"),
        ("tax_code", "", "Scrivi il codice fiscale"),
        ("tax_code", "123", "Servono 11 cifre: qui sono 3"),
        ("tax_code", "0000001999O", "togli O"),
        ("tax_code", "00000019993", "L'ultima cifra"),
        ("tax_code", "RSSMRA85T10A562S", "di una persona"),
        ("tax_code", "9" * 50, "40"),
        ("vat_number", "12", "qui sono 2"),
        ("purpose", " ", "che cosa fate"),
        ("email", "circolo", "non è completo"),
        ("pec", "circolo@", "PEC non è completo"),
        ("address", "", "Scrivi l'indirizzo"),
        ("declares", None, "Solo chi rappresenta"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(enter, field, value, words):
    page = found(enter("rosa"), **{field: value})
    assert page.status == 422
    assert re.search(words, error_of(page, field)), page.text
    kept = page.form("nuova").values
    assert all(kept[name] == text for name, text in SAID.items() if name not in (field, "kind"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == 0


def test_all_that_is_wrong_is_told_at_once(enter):
    page = found(enter("rosa"), tax_code="1", vat_number="2", name="", email="x")
    assert all(error_of(page, field) for field in ("tax_code", "vat_number", "name", "email"))


def test_a_form_sent_twice_founds_once_and_another_is_led_to_the_first(enter):
    rosa = enter("rosa")
    form = rosa.page(f"{MINE}/nuova").form("nuova")
    first, second = form.submit(**FORM), form.submit(**FORM)
    assert first.path == second.path
    again = found(rosa)
    assert again.status == 422 and "L'hai già registrata" in again.text
    assert again.link(SAID["name"]) == first.path


def test_a_known_code_leads_to_its_representative_without_a_name(enter, circle):
    page = found(enter("citizen"), name="Altro")
    assert "chiedi al suo legale rappresentante" in error_of(page, "tax_code")
    assert "Rosa" not in page.text


def test_a_group_asks_its_founder_s_birth_and_an_association_does_not_keep_it(enter, people):
    rosa, group = enter("rosa"), {"kind": "informal_group", "tax_code": ""}
    page = rosa.page(f"{MINE}/nuova")
    assert "articolo 46 del DPR 445/2000" in page.text
    assert "serve per un gruppo informale" in error_of(found(rosa, **group), "birth_date")
    assert error_of(found(rosa, **group, birth_date="31/02/1990"), "birth_date")
    assert "almeno 18 anni" in error_of(found(rosa, **group, birth_date="2020-01-01"), "birth_date")
    assert "Controlla l'anno" in error_of(found(rosa, **group, birth_date="2190-01-01"), "birth_date")
    assert found(enter("pino"), name="Altra", birth_date="pippo").status == 200
    made = found(rosa, **group, birth_date=GROWN_UP.isoformat())
    assert made.status == 200 and "Referente" in made.text
    births = dict(db.session.execute(sa.select(Person.given_name, Person.birth_date)).all())
    assert (births["Rosa"], births["Pino"]) == (GROWN_UP, None)
    assert "La tua data di nascita" not in rosa.page(f"{MINE}/nuova").text


# --- changing


def test_refused_corrected_and_sent_again(enter):
    rosa, manager = enter("rosa"), enter("manager")
    page = found(rosa)
    desk = manager.page(manager.page(DESK).link(SAID["name"]))
    without = desk.form().submit(refuse="y")
    assert without.status == 422 and "Scrivi il motivo" in error_of(without, "reason")
    assert "Verifica rifiutata" in without.form().submit(refuse="y", reason="Manca lo statuto.").text
    told = rosa.page(page.path)
    assert "Manca lo statuto." in told.text
    edit = rosa.page(told.link("Correggi e invia di nuovo"))
    sent = edit.form("modifica").submit(address="Via Nuova 1")
    assert "Dati salvati e inviati" in sent.text and "Via Nuova 1" in sent.text and "Inviata di nuovo" in sent.text


def test_a_verified_organisation_changes_its_contacts_and_is_warned_before_its_name(enter, circle):
    rosa = enter("rosa")
    edit = rosa.page(f"{MINE}/{circle}/modifica")
    assert "name" not in edit.form("modifica").values
    saved = edit.form("modifica").submit(email="nuova@posta.example", name="Di nascosto")
    assert "nuova@posta.example" in saved.text and "Di nascosto" not in saved.text and state(circle) == "verified"
    anew = rosa.page(edit.link("cambia i dati verificati"))
    assert "nessuno può agire per suo conto" in anew.text
    assert anew.form("denominazione").submit(name="Altro nome").status == 422
    sent = anew.form("denominazione").submit(name="Altro nome", accepts="y")
    assert "aspettano la verifica" in sent.text and state(circle) == "pending"
    assert rosa.page(f"{MINE}/{circle}/denominazione").path.endswith("modifica")


def test_two_who_edit_at_once_do_not_overwrite_each_other(enter, circle):
    rosa, pino = enter("rosa"), enter("pino")
    hers, his = (one.page(f"{MINE}/{circle}/modifica").form("modifica") for one in (rosa, pino))
    hers.submit(address="Via di Rosa 1")
    late = his.submit(address="Via di Pino 2")
    assert late.status == 422 and "Nel frattempo questi dati sono cambiati" in late.text
    assert "Via di Rosa 1" in late.text and late.form("modifica").values["address"] == "Via di Pino 2"
    assert "Via di Pino 2" in late.form("modifica").submit().text


# --- who may see and do what


def test_to_who_is_not_of_it_an_organisation_does_not_exist(enter, circle):
    pages = ("", "/modifica", "/denominazione", "/chiudi", "/inviti", "/rappresentanza", "/esci", "/nascita", "/persone/1")
    for name in ("citizen", "manager", "evaluator"):
        client = enter(name)
        assert {client.get(f"{MINE}/{circle}{page}").status_code for page in pages} == {404}
    assert enter("rosa").get(f"{MINE}/2147483648").status_code == 404


@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("pino", ("/denominazione", "/chiudi", "/rappresentanza", "/persone/1")),
        ("ugo", ("/modifica", "/denominazione", "/chiudi", "/inviti", "/rappresentanza", "/persone/1")),
    ],
)
def test_members_are_kept_from_what_is_not_theirs(enter, circle, name, pages):
    client = enter(name)
    assert {client.get(f"{MINE}/{circle}{page}").status_code for page in pages} == {403}
    page = client.page(f"{MINE}/{circle}")
    assert page.status == 200 and not any(f'href="{MINE}/{circle}{way}"' in page.html for way in pages)


def test_a_number_of_another_organisation_leads_nowhere(enter, circle, people):
    other = founded(people["citizen"], name="Altra", tax_code=OTHER_CODE)
    theirs = service.members_of(other)[0].id
    sent = Invitation(organisation_id=other.id, email="x@posta.example", role="member", token_hash="x" * 64)
    sent.invited_by, sent.created_at, sent.expires_at = people["citizen"].id, now(), now() + timedelta(days=1)
    db.session.add(sent)
    db.session.commit()
    rosa, number = enter("rosa"), sent.id
    assert rosa.get(f"{MINE}/{circle}/persone/{theirs}").status_code == 404
    token = rosa.page(f"{MINE}/{circle}/inviti").form().values["csrf_token"]
    for way in ("rinvia", "revoca"):
        assert rosa.post(f"{MINE}/{circle}/inviti/{number}/{way}", data={"csrf_token": token}).status_code == 404


# --- members


def test_the_representative_changes_a_role_and_sends_away(enter, circle):
    rosa = enter("rosa")
    page = rosa.page(f"{MINE}/{circle}")
    ugo = rosa.page(page.link("Cambia: Ugo Greco"))
    assert ugo.form().values["role"] == "member"
    assert "Salvato che cosa può fare Ugo Greco" in ugo.form().submit(role="editor", save="y").text
    assert "Ugo Greco non fa più parte" in rosa.page(ugo.path).form().submit(remove="y").text
    assert rosa.page(ugo.path).path == f"{MINE}/{circle}"  # who is gone has no page any more
    assert enter("ugo").get(f"{MINE}/{circle}").status_code == 404


def test_handing_over_and_then_leaving(enter, circle):
    rosa = enter("rosa")
    assert "prima passa la rappresentanza" in rosa.page(f"{MINE}/{circle}/esci").form().submit().text
    page = rosa.page(f"{MINE}/{circle}/rappresentanza")
    choices = [node.get("value") for node in page.tree.iter("input") if node.get("name") == "member"]
    assert len(choices) == 2
    assert page.form().submit(member=choices[0]).status == 422
    assert page.form().submit(member="99", accepts="y").status == 422
    done = page.form().submit(member=choices[0], accepts="y")
    assert "Rappresentanza passata" in done.text and "Cambia chi la rappresenta" in done.text
    gone = rosa.page(f"{MINE}/{circle}/esci").form().submit()
    assert "Non fai più parte" in gone.text and gone.path == MINE


def test_a_lone_representative_is_told_to_invite_first(enter, people):
    made = founded(people["rosa"]).id
    page = enter("rosa").page(f"{MINE}/{made}/rappresentanza")
    assert "Non c'è nessun altro" in page.text and page.link("Invita qualcuno") == f"{MINE}/{made}/inviti"


def test_a_verified_group_does_not_let_its_second_adult_go(enter, people):
    ada = somebody("ada", GROWN_UP)
    made = grouped(people["rosa"], ada, manager=people["manager"]).id
    page = enter("ada").page(f"{MINE}/{made}/esci").form().submit()
    assert page.status == 422 and "almeno due persone maggiorenni" in page.text


def test_a_member_of_a_group_says_when_they_were_born(enter, people):
    made = grouped(people["rosa"], people["pino"]).id
    pino = enter("pino")
    page = pino.page(f"{MINE}/{made}")
    assert "Manca la tua data di nascita" in page.text
    birth = pino.page(page.link("Scrivi la data di nascita"))
    assert birth.form().submit(birth_date="").status == 422
    assert birth.form().submit(birth_date="2190-01-01").status == 422
    done = birth.form().submit(birth_date=GROWN_UP.isoformat())
    assert "Data di nascita salvata" in done.text and "Manca la tua" not in done.text
    assert pino.page(f"{MINE}/{made}/nascita").path == f"{MINE}/{made}"


def test_closing_asks_to_be_sure(enter, circle):
    rosa = enter("rosa")
    page = rosa.page(f"{MINE}/{circle}/chiudi")
    assert page.form().submit().status == 422 and state(circle) == "verified"
    done = page.form().submit(accepts="y")
    assert "Organizzazione chiusa" in done.text and state(circle) == "closed"
    assert "Invita qualcuno" not in done.text
    assert "è chiusa" in rosa.page(f"{MINE}/{circle}/modifica").form("modifica").submit().text


# --- acting


def test_acting_for_an_organisation_and_back_to_where_one_was(enter, circle):
    pino = enter("pino")
    form = pino.page(MINE).form("agisci")
    there = form.submit(organisation=str(circle), next="/spazi?persone=8")
    assert there.response.request.full_path == "/spazi?persone=8"
    page = pino.page(f"{MINE}/{circle}")
    assert "Stai agendo per suo conto" in page.text
    assert pino.page(MINE).form("agisci").values["organisation"] == str(circle)
    back = page.form("agisci").submit()
    assert back.path == f"{MINE}/{circle}" and "Puoi agire per suo conto" in back.text


@pytest.mark.parametrize("chosen", ["99", "0", "-1", "pippo", "99999999999999999999", "٣"])
def test_nobody_acts_for_what_is_not_theirs(enter, circle, chosen):
    page = enter("pino").page(MINE).form("agisci").submit(organisation=chosen)
    assert page.status == 422 and "Non puoi agire per conto" in page.text


def test_nobody_acts_before_the_verification_or_as_a_plain_member(enter, circle, people):
    waiting = founded(people["pino"], name="Altra", tax_code=OTHER_CODE).id
    pino = enter("pino")
    page = pino.page(MINE).form("agisci").submit(organisation=str(waiting))
    assert page.status == 422 and "quando il gestore l'avrà verificata" in page.text
    ugo, token = enter("ugo"), None
    assert "agisci" not in ugo.page(MINE).html
    token = ugo.page(f"{MINE}/nuova").form("nuova").values["csrf_token"]
    assert ugo.post(f"{MINE}/agisci", data={"csrf_token": token, "organisation": str(circle)}).status_code == 422


@pytest.mark.parametrize("evil", ["//evil.example", "https://evil.example", "/\\evil.example", "https:evil.example"])
def test_acting_never_leads_to_another_site(enter, circle, evil):
    page = enter("pino").page(MINE).form("agisci").submit(organisation=str(circle), next=evil)
    assert page.path == MINE


# --- invitations


def invite(client: CheckingClient, id: int, email: str = "nuova@posta.example", role: str = "member") -> Page:
    return client.page(f"{MINE}/{id}/inviti").form("inviti").submit(email=email, role=role)


def test_a_visitor_reads_the_invitation_registers_and_accepts(app, enter, circle):
    sent = invite(enter("rosa"), circle, role="editor")
    assert "Invito inviato a nuova@posta.example" in sent.text and "mandato da Rosa Greco" in sent.text
    client = visitor(app)
    path = f"/inviti/{token()}"
    page = client.page(path)
    assert "Rosa Greco ti invita" in page.text and "Persona delegata" in page.text
    assert page.response.headers["Cache-Control"] == "no-store"
    register = client.page(page.link("Registrati"))
    assert register.form().values["next"] == path
    gate = client.page(page.link("Ho già un account"))
    back = gate.form().submit(email="ugo@posta.example", password=DEMO_PASSWORD)
    assert back.path == path


def test_an_account_of_another_address_accepts_and_is_told_so(enter, people):
    made = founded(people["rosa"]).id
    invite(enter("rosa"), made)
    citizen = enter("citizen")
    page = citizen.page(f"/inviti/{token()}")
    assert "L'invito è arrivato a un altro indirizzo" in page.text and "non hanno ancora verificato" in page.text
    joined = page.form("accetta").submit()
    assert "Ora fai parte di Circolo dei prova libri" in joined.text and joined.path == f"{MINE}/{made}"
    again = citizen.page(f"/inviti/{token()}")
    assert again.status == 200 and "Fai già parte" in again.text
    assert page.form("accetta").submit().path == f"{MINE}/{made}"  # a second press of the button


def test_an_invitation_is_declined_without_an_account_and_then_closed(app, enter, circle):
    rosa = enter("rosa")
    invite(rosa, circle)
    client = visitor(app)
    page = client.page(f"/inviti/{token()}")
    assert "Invito rifiutato" in page.form("rifiuta").submit().text
    closed = client.page(f"/inviti/{token()}")
    assert closed.status == 410 and "è stato rifiutato" in closed.text
    assert "Nessun invito aspetta" in rosa.page(f"{MINE}/{circle}/inviti").text


def test_whoever_accepts_without_having_signed_in_does_so_first(app, enter, circle):
    invite(enter("rosa"), circle)
    client = visitor(app)
    form = client.page(f"/inviti/{token()}").form("rifiuta").values
    answer = client.post(f"/inviti/{token()}/accetta", data=form, headers={"Referer": f"http://localhost/inviti/{token()}"})
    assert answer.status_code == 303 and urlsplit(answer.location).path == "/entra"
    assert f"inviti/{token()}" in answer.location or f"inviti%2F{token()}" in answer.location


@pytest.mark.parametrize("end", ["unknown", "expired", "revoked", "replaced"])
def test_an_invitation_that_is_over_says_which(app, enter, circle, end):
    rosa = enter("rosa")
    invite(rosa, circle)
    link = "nessuno" if end == "unknown" else token()
    page = rosa.page(f"{MINE}/{circle}/inviti")
    if end == "revoked":
        assert "Invito revocato" in page.form("revoca").submit().text
    if end == "replaced":
        assert "Invito inviato di nuovo" in page.form("rinvia").submit().text
    client = visitor(app)
    with time_machine.travel(now() + timedelta(days=15 if end == "expired" else 0)):
        closed = client.page(f"/inviti/{link}")
    words = {"unknown": "non c'è", "expired": "è scaduto", "revoked": "ha revocato", "replaced": "del più recente"}
    assert closed.status == 410 and words[end] in closed.text


def test_an_invitation_that_ended_under_one_s_eyes_is_refused_in_words(enter, circle):
    rosa, citizen = enter("rosa"), enter("citizen")
    invite(rosa, circle)
    page = citizen.page(f"/inviti/{token()}")
    rosa.page(f"{MINE}/{circle}/inviti").form("revoca").submit()
    ended = page.form("accetta").submit()
    assert ended.status == 410 and "ha revocato l'invito" in ended.text
    assert page.form("rifiuta").submit().status == 410


def test_an_evaluator_reads_why_the_implementer_is_closed_to_them(enter, circle, people):
    verification.mark_implementer(verification.organisation_by(circle), True, by=people["manager"])
    db.session.commit()
    invite(enter("rosa"), circle)
    page = enter("evaluator").page(f"/inviti/{token()}").form("accetta").submit()
    assert page.status == 422 and "Chi valuta non può far parte" in page.text


def test_whoever_joins_a_group_says_when_they_were_born(enter, people):
    made = grouped(people["rosa"]).id
    invite(enter("rosa"), made)
    citizen = enter("citizen")
    page = citizen.page(f"/inviti/{token()}")
    assert "La tua data di nascita" in page.text
    assert page.form("accetta").submit(birth_date="").status == 422
    assert "Ora fai parte" in page.form("accetta").submit(birth_date=GROWN_UP.isoformat()).text


@pytest.mark.parametrize(
    ("email", "role", "words"),
    [("pippo", "member", "non è completo"), ("", "member", "Scrivi"), ("a@b.example", "", "Scegli"), ("a@b.example", "boss", "")],
)
def test_an_invitation_with_something_wrong_is_not_sent(enter, circle, email, role, words):
    page = invite(enter("rosa"), circle, email, role or None)
    assert page.status == 422 and words in page.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 0


def test_an_editor_is_offered_no_role_to_give_and_is_refused_one(enter, circle):
    pino = enter("pino")
    page = pino.page(f"{MINE}/{circle}/inviti")
    assert 'value="editor"' not in page.html
    assert invite(pino, circle, role="editor").status == 422
    assert invite(pino, circle, role="member").status == 200


def test_the_sixth_mail_to_one_mailbox_in_an_hour_is_refused_in_words(enter, circle, people):
    rosa = enter("rosa")
    invite(rosa, circle)
    for _ in range(4):
        page = rosa.page(f"{MINE}/{circle}/inviti").form("rinvia").submit()
        assert page.status == 200
    page = page.form("rinvia").submit()
    assert page.status == 429 and "Troppi tentativi" in page.text
    other = founded(people["rosa"], tax_code=OTHER_CODE, name="Altra").id
    assert invite(rosa, other).status == 429  # the limit is the mailbox's


def test_the_same_answer_whether_or_not_an_address_has_an_account(enter, circle):
    rosa = enter("rosa")
    known, unknown = invite(rosa, circle, "pino@posta.example"), invite(rosa, circle, "nessuno@posta.example")
    flat = [
        re.sub(r"\S+@posta\.example", "…", page.form().page.text.split("Inviti senza risposta")[0]) for page in (known, unknown)
    ]
    assert (flat[0], known.status) == (flat[1], unknown.status)


def test_an_invitation_sent_twice_is_one(enter, circle):
    form = enter("rosa").page(f"{MINE}/{circle}/inviti").form("inviti")
    first, second = (form.submit(email="x@posta.example", role="member") for _ in range(2))
    assert first.status == second.status == 200
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 1


# --- the managers' desk


def test_opening_an_organisation_is_written_down_for_each_of_its_people(enter, circle, people):
    manager = enter("manager")
    manager.page(f"{DESK}/{circle}")
    rows = db.session.scalars(sa.select(DataView).order_by(DataView.person_id)).all()
    assert [(row.person_id, row.viewer_id, row.what, row.ref) for row in rows] == [
        (people[name].id, people["manager"].id, "organisation", str(circle)) for name in ("rosa", "pino", "ugo")
    ]


def test_a_manager_sees_others_with_the_same_code_and_the_history(enter, circle, people):
    founded(people["ugo"], name="Una", tax_code=OTHER_CODE)
    second = founded(people["citizen"], name="Un'altra", tax_code=OTHER_CODE).id
    page = enter("manager").page(f"{DESK}/{second}")
    assert "Altre con lo stesso codice fiscale" in page.text and page.link("Una").startswith(DESK)
    assert "Registrata (Serena Prova (demo))" in page.text


def test_a_manager_of_an_organisation_leaves_it_to_another(enter, people):
    made = founded(people["rosa"])
    join(made, people["manager"])
    id = made.id
    manager = enter("manager")
    page = manager.page(f"{DESK}/{id}")
    assert "spetta a un altro gestore" in page.text and 'name="verify"' not in page.html
    assert db.session.scalar(sa.select(sa.func.count()).select_from(DataView)) == 1  # their own is not noted
    form = manager.page(f"{MINE}/nuova").form("nuova").values
    answer = manager.post(f"{DESK}/{id}", data={"csrf_token": form["csrf_token"], "seen": "1", "verify": "y"})
    assert answer.status_code == 422 and state(id) == "pending"


def test_a_group_with_one_adult_is_not_verified_and_the_page_says_who_is_missing(enter, people):
    made = grouped(people["rosa"], people["pino"]).id
    page = enter("manager").page(f"{DESK}/{made}")
    assert "maggiorenne" in page.text and "data di nascita sconosciuta" in page.text
    refused = page.form().submit(verify="y")
    assert refused.status == 422 and "almeno due persone maggiorenni" in refused.text
    assert "pino@posta.example · data di nascita sconosciuta" in refused.text


def test_a_decision_about_what_has_changed_since_is_refused(enter, people):
    made = founded(people["rosa"]).id
    page = enter("manager").page(f"{DESK}/{made}")
    enter("rosa").page(f"{MINE}/{made}/modifica").form("modifica").submit(name="Tutt'altro")
    late = page.form().submit(verify="y")
    assert late.status == 422 and "Nel frattempo questi dati sono cambiati" in late.text and state(made) == "pending"
    assert "Organizzazione verificata" in late.form().submit(verify="y").text


def test_the_implementer_is_named_on_the_desk(enter, circle):
    page = enter("manager").page(f"{DESK}/{circle}")
    named = page.form().submit(implementer="y")
    assert "Segnata come ente attuatore" in named.text
    assert "Non è più ente attuatore" in named.form().submit(not_implementer="y").text
    assert page.form().submit().status == 422


def test_junk_in_an_address_of_the_desk_is_not_found(enter, circle):
    manager = enter("manager")
    assert manager.get(f"{DESK}?stato=tutte").status_code == 404
    assert manager.get(f"{DESK}?page=99999999999999999999").status_code == 200
    assert manager.get(f"{DESK}/99999999999999999999").status_code == 404
    assert {manager.get(f"{DESK}?stato={name}").status_code for name in ("pending", "verified", "refused", "closed")} == {200}


# --- what pages cost


def test_a_page_asks_four_times_at_most(app, enter, circle):
    rosa, manager = enter("rosa"), enter("manager")
    invite(rosa, circle)
    asked = {}
    for client, pages in ((rosa, ("", "/modifica", "/inviti", "/rappresentanza", "/esci")), (manager, ())):
        for page in pages:
            with statements(db.engine) as made:
                client.get(f"{MINE}/{circle}{page}")
            asked[page] = len(made)
    for path, client in ((MINE, rosa), (DESK, manager), (f"/inviti/{token()}", rosa), (f"{MINE}/nuova", rosa)):
        with statements(db.engine) as made:
            client.get(path)
        asked[path] = len(made)
    with statements(db.engine) as made:
        manager.get(f"{DESK}/{circle}")
    asked["desk"] = len([one for one in made if not one.startswith("INSERT")])  # what was opened is written beside it
    assert all(count <= 4 for count in asked.values()), asked


def test_the_demo_s_association_says_that_it_is_made_up(enter, people):
    made = load_organisations(people)["association"].id
    db.session.commit()
    assert "dato sintetico" in enter("citizen").page(f"{MINE}/{made}").text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Membership)) == 1
