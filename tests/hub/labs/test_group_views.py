"""The pages of a group: an operator enrols one by one and from a file, corrects, withdraws; the staff does it for a school."""

import io
import re

import openpyxl
import pytest
import sqlalchemy as sa

from hub.accounts.models import SignIn
from hub.accounts.service import person_with
from hub.clock import now
from hub.db import db
from hub.families.models import Consent, Participant, ParticipantView
from hub.labs import acting as acting_for
from hub.labs.models import Enrolment, HealthNote
from hub.labs.programme import activity_by
from hub.notices.models import Notice
from hub.organisations.models import Organisation
from tests.client import CheckingClient, Page
from tests.hub.labs.attended import statements
from tests.hub.labs.families import course
from tests.hub.labs.groups import BORN, HEADER, group, line, pupil, school, sheet, table
from tests.hub.labs.makers import ask, organisation, person
from tests.hub.labs.test_staff import errors

GROUP = "/attivita/robot/gruppo"
ONE = {"given_name": "Anna", "family_name": "Greco", "birth_date": BORN.isoformat(), "guardian": "Rosa Greco"}
ONE |= {"emergency_name": "Ada Greco", "emergency_phone": "0832 777777", "participation": "y", "declared": "y"}


@pytest.fixture
def operator(app) -> CheckingClient:
    """The browser of who acts for a school; a lab with three places."""
    with app.app_context():
        ours, _olga = school()
        course("robot", 3)
        number = ours.id
    return acting(app, "olga", number)


def acting(app, name: str, number: int) -> CheckingClient:
    client = app.test_client().known_as(f"{name}@posta.example")
    with app.app_context():
        whose = person_with(f"{name}@posta.example").id
        db.session.execute(sa.update(SignIn).filter_by(person_id=whose).values(acting_for=number))
        db.session.commit()
    return client


def upload(client: CheckingClient, sent: bytes, name: str = "elenco.csv", address: str = f"{GROUP}/file") -> Page:
    return client.page(address).form("file" if "?" not in address else "").submit(file=(io.BytesIO(sent), name))


def confirm(page: Page, **more: object) -> Page:
    return page.form("conferma").submit(**{"declared": "y"} | more)


def cells(page: Page) -> list[list[str]]:
    """The rows of the table of a page."""
    body = next(page.tree.iter("tbody"))
    return [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in body.iter("tr")]


def states(app) -> list[tuple[str, str, str]]:
    with app.app_context():
        found = db.session.scalars(sa.select(Enrolment).order_by(Enrolment.id))
        return [(one.participant.given_name, one.state, one.channel) for one in found]


# --- from a file


def test_a_file_is_looked_at_and_confirmed_whole(app, operator):
    page = operator.page("/attivita/robot")
    page = operator.page(page.link("Iscrivi un gruppo"))
    assert "Gruppo di Scuola Galateo" in page.text and "Ancora nessuno" in page.text
    page = operator.page(page.link("Carica un elenco"))
    names = ("Anna", "Bea", "Ciro", "Dora")
    rows = [pupil(name, photo="sì" if name == "Bea" else "") for name in names]
    looked = upload(operator, sheet(*rows), "elenco.xlsx")
    assert looked.status == 200 and "4 iscrizioni pronte." in looked.text and "I posti liberi sono 3" in looked.text
    assert [row[1] for row in cells(looked)] == [f"{name} Greco" for name in names]
    assert states(app) == []
    wrong = confirm(looked, declared=None)
    assert wrong.status == 422 and "serve la dichiarazione" in wrong.text and "4 iscrizioni pronte." in wrong.text
    done = confirm(wrong)
    assert done.path == GROUP and "Iscrizioni fatte: 3. In lista d'attesa: 1." in done.text
    assert states(app) == [*((name, "enrolled", "import") for name in names[:3]), ("Dora", "waiting", "import")]
    assert [row[2] for row in cells(done)] == ["solo partecipare", "Foto e video", "solo partecipare", "solo partecipare"]
    again = confirm(wrong)  # sent twice, it takes effect once
    assert again.path == GROUP and len(states(app)) == 4
    other = upload(operator, sheet(*rows), "elenco.xlsx")
    assert other.status == 422 and [row[0] for row in cells(other)] == ["2", "3", "4", "5"]
    assert all("C'è già un'iscrizione a questa attività" in row[3] for row in cells(other))
    assert len(states(app)) == 4


def test_a_file_of_two_rows_all_or_none(app, operator):
    looked = upload(operator, table(pupil("Anna"), pupil("Bea")))
    assert "2 iscrizioni pronte." in looked.text and "chi viene dopo può entrare prima di voi al massimo 2 volte" in looked.text
    confirm(looked, together="y")
    with app.app_context():
        assert len({one.group_id for one in db.session.scalars(sa.select(Enrolment))} - {None}) == 1


def test_what_is_wrong_is_a_table_of_rows_columns_and_what_would_pass(app, operator):
    page = upload(
        operator, table(pupil("Anna"), pupil("Bea", birth_date="ieri"), pupil("Ciro", participation="no"), pupil("Anna"))
    )
    assert page.status == 422 and "3 cose da correggere nel file" in page.text
    assert [row[:3] for row in cells(page)] == [
        ["3", "Data di nascita", "ieri"],
        ["4", "Consenso a partecipare", "no"],
        ["5", "—", "Anna Greco"],
    ]
    assert "31/12/2014" in cells(page)[0][3] and "È già alla riga 2" in cells(page)[2][3]
    assert states(app) == []


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", "Scegli un file"),
        (table(), "Sotto l'intestazione non c'è nessuna riga"),
        (table(*[pupil()] * 5000), "più di 200 righe"),
        (b"PK\x03\x04...", "Il file non si apre"),
        (table(pupil(), header=["a", *HEADER[1:]]), "La colonna «a» non c'è nel modello"),
    ],
    ids=["nothing", "only a header", "5000 rows", "broken", "another column"],
)
def test_a_file_that_does_not_pass_is_told_beside_its_field(app, operator, sent, words):
    page = upload(operator, sent)
    assert page.status == 422 and any(words in one for one in errors(page)), errors(page)
    assert states(app) == []


def test_no_file_at_all_and_one_beyond_all_limits(app, operator):
    page = operator.page(f"{GROUP}/file").form("file").submit()
    assert page.status == 422 and "Scegli un file" in errors(page)[0]
    large = upload(operator, b"a" * 2_500_000)
    assert large.status == 422 and "al massimo 2 MB" in errors(large)[0]


def test_what_a_file_holds_is_shown_as_text_and_never_run(app, operator):
    page = upload(operator, table(pupil("<script>alert(1)</script>"), pupil("=cmd|' /C calc'!A0")))
    assert page.status == 422 and "<script>alert" not in page.html
    assert [row[2] for row in cells(page)] == ["<script>alert(1)</script>", "=cmd|' /C calc'!A0"]


def test_what_changed_since_the_look_is_told_row_by_row_and_nobody_is_enrolled(app, operator):
    looked = upload(operator, table(pupil("Anna"), pupil("Bea")))
    operator.page(f"{GROUP}/aggiungi").form("aggiungi").submit(**ONE)
    page = confirm(looked)
    assert page.status == 422 and [row[0] for row in cells(page)] == ["2"] and len(states(app)) == 1
    assert "Controlla il file" in page.text


def test_a_list_that_was_tampered_with_or_is_anothers_is_to_be_sent_again(app, operator):
    looked = upload(operator, table(pupil("Anna")))
    page = confirm(looked, lines="inventato")
    assert page.status == 422 and "carica il file di nuovo" in page.text and states(app) == []
    with app.app_context():
        number = organisation("Altra scuola", person("piera")).id
        db.session.commit()
    other = acting(app, "piera", number)
    stolen = other.page(f"{GROUP}/aggiungi").form("aggiungi").values["csrf_token"]
    lines = looked.form("conferma").values["lines"]
    sent = other.post(f"{GROUP}/file/conferma", data={"csrf_token": stolen, "lines": lines, "declared": "y"})
    assert sent.status_code == 422 and "Anna" not in sent.text and states(app) == []


def test_guardians_are_invited_and_too_many_mails_to_one_address_are_refused(app, operator):
    looked = upload(operator, table(pupil("Anna", email="rosa@posta.example")))
    assert "rosa@posta.example" in looked.text
    confirm(looked)
    with app.app_context():
        assert db.session.scalars(sa.select(Notice.address).filter_by(kind="families/entered")).all() == ["rosa@posta.example"]
    token = link(app)
    page = app.test_client().page(token)
    assert "Prendi in mano la scheda di un minore" in page.text and "Anna" not in page.text
    with app.app_context():
        person("rosa")
        db.session.commit()
    rosa = app.test_client().known_as("rosa@posta.example")
    done = rosa.page(token).form("accetta").submit(basis="parent", other="none")
    assert "Anna Greco" in done.text
    kept = operator.page(operator.page(GROUP).link("Anna Greco"))
    assert "La scheda ora è di chi ne risponde" in kept.text and "Rosa Greco" not in kept.text
    looks = rosa.page(f"{done.path}/accessi")
    assert "L'elenco di chi è stato iscritto da un'organizzazione" in looks.text and "Olga Greco" in looks.text


def link(app) -> str:
    with app.app_context():
        return db.session.scalars(sa.select(Notice).filter_by(kind="families/entered")).one().payload["link"]


def test_the_models_are_tables_that_the_reader_takes_back(app, operator):
    answer = operator.get(f"{GROUP}/modello.csv")
    assert "elenco-robot.csv" in answer.headers["Content-Disposition"]
    header = [cell.strip('"\ufeff') for cell in answer.text.strip().split(";")]
    row = dict(zip(HEADER, pupil(), strict=True))
    page = upload(operator, table([row.get(name, "") for name in header], header=header))
    assert "1 iscrizione pronta." in page.text
    book = openpyxl.load_workbook(io.BytesIO(operator.get(f"{GROUP}/modello.xlsx").data))
    assert [cell.value for cell in book.active[1]] == header and "Nota sulla salute" not in header
    told = operator.page(f"{GROUP}/colonne")
    assert [row[0] for row in cells(told)] == header


def test_an_activitys_questions_and_notes_are_columns_of_its_model(app):
    with app.app_context():
        ours, _olga = school()
        robot = course("robot", 3, asks_health=True)
        ask(robot, "choice", required=True, choices=("S", "M"))
        db.session.commit()
        number = ours.id
    operator = acting(app, "olga", number)
    told = operator.page(f"{GROUP}/colonne").text
    assert "Una di queste risposte: S, M." in told and "Consenso alla nota" in told
    header = [*HEADER, "Domanda choice", "Nota sulla salute", "Consenso alla nota"]
    page = upload(operator, table([*pupil("Anna"), "S", "Asma", "sì"], [*pupil("Bea"), "XL", "", ""], header=header))
    assert [row[:3] for row in cells(page)] == [["3", "Domanda choice", "XL"]]
    done = confirm(upload(operator, table([*pupil("Anna"), "S", "Asma", "sì"], header=header)))
    assert "Nota sulla salute" in done.text
    with app.app_context():
        assert list(db.session.scalars(sa.select(Enrolment)).one().answers.values()) == ["S"]
        assert "Asma" not in db.session.scalars(sa.select(HealthNote)).one().sealed


# --- one by one


def test_one_is_added_and_what_is_wrong_stands_beside_its_field(app, operator):
    page = operator.page(f"{GROUP}/aggiungi")
    nothing = page.form("aggiungi").submit()
    assert nothing.status == 422 and len(errors(nothing)) == 8
    wrong = page.form("aggiungi").submit(**ONE | {"emergency_phone": "nonna", "given_name": "=1+1", "participation": None})
    assert wrong.status == 422 and len(errors(wrong)) == 3 and 'value="Greco"' in wrong.html
    done = wrong.form("aggiungi").submit(**ONE | {"photo": "y"})
    assert "Anna Greco: iscrizione confermata." in done.text and states(app) == [("Anna", "enrolled", "assisted")]
    again = page.form("aggiungi").submit(**ONE, sending_key="un-altro-invio")
    assert again.status == 422 and "C'è già un'iscrizione a questa attività: Anna." in again.text
    unsaid = page.form("aggiungi").submit(**ONE | {"declared": None, "given_name": "Bea"}, sending_key="altro")
    assert unsaid.status == 422 and len(states(app)) == 1


def test_too_many_mails_to_one_address_are_refused_one_by_one_too(app, operator, monkeypatch):
    monkeypatch.setattr(acting_for, "TO_MAILBOX", acting_for.TO_MAILBOX.__class__("few", 1, 60))
    page = operator.page(f"{GROUP}/aggiungi")
    page.form("aggiungi").submit(**ONE | {"email": "rosa@posta.example"})
    more = {"given_name": "Bea", "email": "Rosa@posta.example"}
    refused = page.form("aggiungi").submit(**ONE | more, sending_key="altro")
    assert refused.status == 429 and "Troppi tentativi" in refused.text and 'value="Bea"' in refused.html
    assert states(app) == [("Anna", "enrolled", "assisted")]
    done = page.form("aggiungi").submit(**ONE | {"given_name": "Ciro"}, sending_key="terzo")
    assert "Ciro Greco: iscrizione confermata." in done.text  # of whom nobody is asked


def test_a_long_group_asks_the_database_no_more_than_a_short_one(app, operator):
    with app.app_context():
        ours, robot = db.session.scalars(sa.select(Organisation)).one(), activity_by("robot")
        olga = person_with("olga@posta.example")
        olga.acting_as, asked = ours, []
        for names in ("a", "bcdefgh"):
            group(robot, *(line(given_name=f"Anna {name}") for name in names), ours=ours, by=olga)
            db.session.execute(sa.update(Enrolment).values(state="withdrawn", seat=None, ended_at=now(), end_reason="moved"))
            db.session.commit()
            operator.get(GROUP)  # who looks is noted
            with statements() as told:
                assert operator.get(GROUP).status_code == 200
            asked.append(len(told))
    assert asked[0] == asked[1], asked


def test_one_is_withdrawn_and_a_consent_is_taken_back(app, operator):
    operator.page(f"{GROUP}/aggiungi").form("aggiungi").submit(**ONE | {"photo": "y"})
    page = operator.page(operator.page(GROUP).link("Anna Greco"))
    assert "Rosa Greco" in page.text and "0832 777777" in page.text
    back = page.form("consenso").submit(("purpose", "photo"))
    assert "Consenso ritirato." in back.text and "Nessuno, oltre a partecipare." in back.text
    assert "non c'è, o è già stato ritirato" in page.form("consenso").submit(("purpose", "photo")).text
    wrong = back.form("ritira").submit()
    assert wrong.status == 422 and "Scegli un motivo" in errors(wrong)[0]
    done = wrong.form("ritira").submit(reason="moved")
    assert "Iscrizione ritirata." in done.text and states(app) == [("Anna", "withdrawn", "assisted")]
    with app.app_context():
        assert None not in db.session.scalars(sa.select(Consent.withdrawn_at)).all()


# --- who may


def test_the_staff_enrols_for_a_school_and_sees_doubles(app, operator):
    with app.app_context():
        person("capo", role="manager")
        number = db.session.scalars(sa.select(SignIn.acting_for)).one()
        db.session.commit()
    capo = app.test_client().known_as("capo@posta.example")
    page = capo.page(GROUP)
    assert "Scuola Galateo" in page.text
    address = f"{GROUP}/file?per={number}"
    looked = upload(capo, table(pupil("Anna")), address=address)
    done = confirm_for(looked)
    assert f"per={number}" in done.response.request.full_path and states(app) == [("Anna", "enrolled", "import")]
    assert "c'è un'altra iscrizione con lo stesso nome" not in done.text
    with app.app_context():
        other = school("Altra scuola", person("piera"))
        robot = db.session.scalars(sa.select(Enrolment)).one().activity
        group(robot, line(), ours=other[0], by=other[1])
    shown = capo.page(f"{GROUP}?per={number}")
    assert "c'è un'altra iscrizione con lo stesso nome" in shown.text
    assert "c'è un'altra iscrizione con lo stesso nome" not in operator.page(GROUP).text
    one = capo.page(shown.link("Anna Greco"))
    withdrawn = capo.post(
        f"{one.path}/ritira?per={number}", data={"csrf_token": one.form("").values["csrf_token"], "reason": "other"}
    )
    assert withdrawn.status_code == 303 and states(app)[0] == ("Anna", "withdrawn", "import")
    assert capo.get(f"{GROUP}?per=999999").status_code == 404 and capo.get(f"{GROUP}?per=x").status_code == 404


def confirm_for(page: Page) -> Page:
    return page.form("").submit(declared="y")


def test_nobody_else_sees_a_group_or_one_of_it(app, operator):
    operator.page(f"{GROUP}/aggiungi").form("aggiungi").submit(**ONE)
    path = operator.page(GROUP).link("Anna Greco")
    with app.app_context():
        number = organisation("Altra scuola", person("piera")).id
        person("vicina")
        db.session.commit()
    other = acting(app, "piera", number)
    assert other.get(path).status_code == 404 and "Anna" not in other.page(GROUP).text
    neighbour = app.test_client().known_as("vicina@posta.example")
    assert neighbour.get(path).status_code == 404
    page = neighbour.page(f"{GROUP}?per={number}")
    assert "Serve un'organizzazione" in page.text and "Anna" not in page.text
    assert app.test_client().get(GROUP).status_code == 303
    assert "Anna" not in app.test_client().get("/attivita/robot").text


def test_who_looks_is_noted_and_no_browser_keeps_the_page(app, operator):
    operator.page(f"{GROUP}/aggiungi").form("aggiungi").submit(**ONE)
    answer = operator.get(GROUP)
    assert answer.headers["Cache-Control"] == "no-store"
    with app.app_context():
        (look,) = db.session.scalars(sa.select(ParticipantView)).all()
        assert (look.what, look.ref) == ("group", "robot")
        assert db.session.scalars(sa.select(Participant.given_name)).all() == ["Anna"]


def test_no_name_stands_in_an_address_or_in_the_log_of_requests(app, operator, capsys):
    looked = upload(operator, table(pupil("Anna")))
    done = confirm(looked)
    assert "anna" not in done.response.request.full_path.lower()
    assert not re.search("anna|greco", capsys.readouterr().out.lower())
