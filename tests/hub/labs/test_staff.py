"""The managers' desk for the programme, without scripts: from an edition to a public activity whose sessions move and end."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from hub import demo
from hub.accounts.demo import load_people
from hub.accounts.service import person_with
from hub.clock import today, wall
from hub.db import db
from hub.labs import editions, programme, sessions, team, words
from hub.labs.models import Activity, Edition, Session
from hub.labs.programme import TAKEN_WORDS, activity_by
from hub.notices.models import Notice
from hub.pages.topics import TOPICS
from hub.spaces.models import Occurrence
from hub.spaces.service import space_by
from tests.hub.booking.conftest import ask
from tests.hub.labs.makers import adult, enrol
from tests.hub.labs.programmes import CITIZEN, MANAGER, activity, layout, published, slot, working_day

DESK = "/gestione/attivita"
STEAM = f"{DESK}/steam-2027"
YEAR = today().year + 1
SPRING = next(date(YEAR, 3, day) for day in range(31, 24, -1) if date(YEAR, 3, day).weekday() == 6)  # 02:30 does not exist


@pytest.fixture
def desk(app, client):
    """A manager's browser, in a hub with its spaces."""
    with app.app_context():
        demo.load_spaces()
        load_people()
        db.session.commit()
    return client.known_as(MANAGER)


@pytest.fixture
def course(app, desk) -> str:
    """A public lab with one session in Aula 1, and somebody enrolled; its page."""
    with app.app_context():
        manager = person_with(MANAGER)
        made, _ = published(manager, layout(space_by("aula-1"), "banchi"))
        team.take_on(made, name="Ada Neri", email="", role="trainer", public=True)
        enrol(made, adult("anna"))
        db.session.commit()
    return STEAM


@pytest.fixture
def draft(app, desk) -> str:
    """A draft without sessions; its page."""
    with app.app_context():
        activity(person_with(MANAGER))
        db.session.commit()
    return STEAM


def kept(app, slug: str = "steam-2027") -> Activity:
    """The activity as it stands in the database."""
    with app.app_context():
        found = activity_by(slug)
        db.session.expunge_all()
        return found


def errors(page) -> list[str]:
    """The words beside the fields, and above the form."""
    wrong = [node for node in page.tree.iter("p") if node.get("class") == "hub-wrong"]
    return [" ".join("".join(node.itertext()).split()).removeprefix("Errore: ") for node in wrong]


WRITTEN = {
    "title_it": "Camp di robotica",
    "title_en": "Robotics camp",
    "kind": "camp",
    "area": "education",
    "theme": "steam",
    "topic": "formazione-professionale",
    "summary_it": "Una settimana con i robot.",
    "text_it": "Primo paragrafo.\n\nSecondo.",
    "partners": "CNR\n\nUniversità del Salento\n",
    "age_min": "11",
    "age_max": "17",
    "takes_part": "person",
    "cost_cents": "12,50",
    "enrol_opens_at": f"{YEAR}-01-10T09:00",
    "enrol_closes_at": f"{YEAR}-07-01T12:00",
    "residents_until": f"{YEAR}-01-17T09:00",
    "scheduled_minutes": "12,5",
    "asks_health": "y",
    "sdgs": ["4", "11"],
    "languages": ["it", "lis"],
    "accessibility": ["step_free"],
}


def test_a_manager_brings_an_activity_from_nothing_to_the_public(desk, app):
    assert "Nessuna attività" in desk.page(DESK).text
    edition = desk.page(f"{DESK}/edizioni").form("edizioni")
    made = edition.submit(code="2027", name_it="Edizione 2027", starts_on="2027-01-01", ends_on="2027-12-31")
    assert "Edizione scritta" in made.text and "2027" in made.text
    with app.app_context():
        id = db.session.scalars(sa.select(Edition.id)).one()
    page = desk.page(desk.page(DESK).link("Nuova attività")).form().submit(edition=str(id), **WRITTEN)
    assert page.path == f"{DESK}/camp-di-robotica" and "Bozza scritta" in page.text
    one = kept(app, "camp-di-robotica")
    assert (one.title, one.kind, one.sdgs, one.languages) == (
        *({"it": "Camp di robotica", "en": "Robotics camp"}, "camp", [4, 11], ["it", "lis"]),
    )
    assert (one.cost_cents, one.scheduled_minutes, one.asks_health, one.age_max) == (1250, 750, True, 17)
    assert wall(one.enrol_opens_at).isoformat() == f"{YEAR}-01-10T09:00:00+01:00"
    assert wall(one.enrol_closes_at).isoformat() == f"{YEAR}-07-01T12:00:00+02:00"
    assert [partner.name for partner in one.partners] == ["CNR", "Università del Salento"]
    refused = page.form("pubblica").submit()
    assert "Aggiungi almeno un incontro" in refused.text and "Scrivi quanti posti" in refused.text
    assert kept(app, "camp-di-robotica").state == "draft"
    places = refused.form("posti").submit(places="41")
    assert "0 su 41" in places.text
    plan = desk.page(places.link("Pianifica più date"))
    assert 'value="41"' in plan.html
    shown = planned(desk, "camp-di-robotica", people=41)
    assert "3 date: " in shown.text and "liberi sempre" in shown.text
    done = shown.form("").submit()
    assert done.path == f"{DESK}/camp-di-robotica" and "Incontri aggiunti: 3" in done.text
    public = done.form("pubblica").submit()
    assert "Pubblicata" in public.text
    one = kept(app, "camp-di-robotica")
    assert (one.state, len(one.sessions)) == ("published", 3)


def planned(desk, slug: str, *, days: int = 21, times: int = 3, people: int = 20, **more):
    query = {"vedi": 1, "giorno": working_day(days).isoformat(), "ora": "17:00", "durata": 120, "persone": people}
    query |= {"ogni": "weekly", "intervallo": 1, "volte": times} | more
    return desk.page(f"{DESK}/{slug}/pianifica", query_string=query)


def test_an_edition_is_copied_and_what_is_left_without_a_room_is_told(desk, app, course):
    with app.app_context():
        edition = editions.make(code="2026", name={"it": "Edizione 2026"}, starts_on=working_day(10), ends_on=working_day(60))
        one = activity_by("steam-2027")
        one.edition = edition
        again = programme.create(by=None, **taken_over(one), edition=None, slug="altro")
        later = editions.later(one.sessions[0].starts_at, 4)
        sessions.schedule(again, sessions.Slot(later, later + timedelta(hours=2)), [layout(space_by("aula-1"), "cerchio")])
        db.session.commit()
    page = desk.page(f"{DESK}/edizioni/2026/copia")
    assert "1 attività da copiare" in page.text
    copied = page.form().submit(code="2027", name_it="Edizione 2027", weeks="4")
    assert "1 bozza copiata" in copied.text and "1 incontro è senza spazio" in copied.text
    twin = desk.page(f"{DESK}/steam-2027-2027")
    assert "Da sistemare" in twin.text and "non ha uno spazio né un luogo" in twin.text and "Bozza" in twin.text
    refused = page.form().submit(code="2027", name_it="Altra", weeks="4")
    assert refused.status == 422 and errors(desk.page(f"{DESK}/edizioni/2026/copia").form().submit(code="2027", name_it="x")) == [
        "C'è già un'edizione con questo codice."
    ]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Edition)) == 2


def taken_over(one: Activity) -> dict[str, object]:
    return {name: getattr(one, name) for name in ("kind", "title", "summary", "text", "area", "theme", "takes_part")}


def test_an_activity_is_changed_and_a_page_that_is_old_changes_nothing(desk, app, course):
    form = desk.page(f"{course}/modifica").form()
    assert form.values["title_it"] == "STEAM e futuro" and form.values["slug"] == "steam-2027"
    changed = form.submit(title_it="STEAM, futuro e robot")
    assert "Attività cambiata" in changed.text and "STEAM, futuro e robot" in changed.text
    old = form.submit(title_it="Da un'altra scheda")
    assert old.status == 422 and "Nel frattempo è cambiata" in old.text
    assert kept(app).title["it"] == "STEAM, futuro e robot"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"title_it": " "}, "Scrivi il titolo."),
        ({"title_it": "x" * 121}, "120 caratteri"),
        ({"slug": "Con Spazi"}, "lettere minuscole senza accenti"),
        ({"age_min": "dodici"}, "Scrivi un numero"),
        ({"age_min": "18", "age_max": "11"}, "L'età massima viene dopo"),
        ({"age_max": "999"}, "da 0 a 120"),
        ({"cost_cents": "gratis"}, "Scrivi un importo in euro"),
        ({"enrol_opens_at": "ieri"}, ""),
        ({"enrol_opens_at": "9999-01-01T00:00"}, "Scegli un giorno più vicino"),
        ({"enrol_opens_at": f"{SPRING}T02:30"}, "quest'ora non c'è"),
        ({"enrol_closes_at": ""}, "quando chiudono"),
        ({"enrol_closes_at": f"{YEAR}-01-01T09:00"}, "chiudono dopo"),
        ({"residents_until": f"{YEAR}-01-01T09:00"}, "precedenza dei residenti"),
        ({"scheduled_minutes": "molte"}, "Scrivi un numero di ore"),
        ({"waiting_most": ""}, "Scrivi un numero."),
        ({"offer_hours": "0"}, "da 1 a 720"),
        ({"kind": "festa"}, ""),
        ({"sdgs": ["99"]}, ""),
        ({"partners": "x" * 161}, "160 caratteri"),
        ({"takes_part": "boh"}, ""),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_the_rest_kept(desk, app, given, told):
    page = desk.page(f"{DESK}/nuova").form().submit(**WRITTEN | given)
    assert page.status == 422 and errors(page), given
    assert any(told in one for one in errors(page)), errors(page)
    assert "title_it" in given or 'value="Camp di robotica"' in page.html
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Activity)) == 0


def test_what_a_public_activity_must_have_stays(desk, app, course):
    refused = desk.page(f"{course}/modifica").form().submit(text_it="")
    assert refused.status == 422 and "la descrizione" in refused.text
    kept_slug = desk.page(f"{course}/modifica").form().submit(slug="altro-indirizzo")
    assert errors(kept_slug) == ["L'indirizzo di un'attività pubblicata non cambia più."]


def test_a_draft_is_thrown_away_and_a_form_sent_twice_makes_one(desk, app):
    form = desk.page(f"{DESK}/nuova").form()
    first, second = form.submit(**WRITTEN), form.submit(**WRITTEN)
    assert first.path == second.path == f"{DESK}/camp-di-robotica"
    assert "Bozza eliminata" in second.form("elimina").submit().text
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Activity)) == 0


def test_the_list_is_filtered_by_its_address(desk, app, course):
    with app.app_context():
        activity(person_with(MANAGER), slug="cinema", title={"it": "Cinema all'aperto"}, kind="event")
        db.session.commit()
    assert "1 su 20 posti" in desk.page(DESK).text
    drafts = desk.page(f"{DESK}?stato=draft")
    assert "Cinema" in drafts.text and "STEAM e futuro" not in drafts.text
    assert "Cinema" not in desk.page(f"{DESK}?tipo=lab").text and "Cinema" in desk.page(f"{DESK}?cerca=cinema").text
    wrong = desk.page(f"{DESK}?stato=inventato")
    assert wrong.status == 422 and errors(wrong)


# --- places


def test_places_grow_and_never_fall_below_those_that_are_taken(desk, app, course):
    assert "1 su 30" in desk.page(course).form("posti").submit(places="30").text
    refused = desk.page(course).form("posti").submit(places="0")
    assert refused.status == 422 and errors(refused) == ["I posti già presi sono 1: non possono diventare meno."]
    for wrong in ("", "molti", "-1", "99999"):
        page = desk.page(course).form("posti").submit(places=wrong)
        assert page.status == 422 and len(errors(page)) == 1


# --- sessions


def when(days: int = 30, starts: str = "16:00", ends: str = "18:00", **more) -> dict[str, object]:
    return {"day": working_day(days).isoformat(), "starts": starts, "ends": ends} | more


def layout_id(app, slug: str, code: str | None = None) -> str:
    with app.app_context():
        return str(layout(space_by(slug), code).id)


def test_a_session_is_added_moved_and_called_off_and_its_people_read_it(desk, app, course):
    rooms = {"layouts": layout_id(app, "aula-1", "banchi"), "layouts_2": layout_id(app, "laboratorio-digitale")}
    added = desk.page(f"{course}/incontri/nuovo").form().submit(**when(title_it="Robot", **rooms))
    assert "Incontro aggiunto" in added.text and "Aula 1, Laboratorio digitale · Robot" in added.text
    page = desk.page(f"{course}/incontri/2")
    assert page.form().values["layouts_2"] == rooms["layouts_2"] and page.form().values["starts"] == "16:00"
    moved = page.form().submit(**when(31, "17:00", "19:00", reason="Sciopero"))
    assert "Incontro spostato: chi è iscritto riceve una mail" in moved.text
    old = page.form().submit(**when(40))
    assert old.status == 422 and "Nel frattempo" in old.text
    called = desk.page(f"{course}/incontri/2/annulla")
    assert errors(called.form().submit(reason=" ")) == ["Scrivi il motivo: chi è iscritto lo legge."]
    off = called.form().submit(reason="Il docente è malato")
    assert "Incontro annullato" in off.text and "Il docente è malato" in off.text
    with app.app_context():
        told = db.session.scalars(sa.select(Notice.kind).where(Notice.address == "anna@posta.example").order_by(Notice.id)).all()
        assert told[-2:] == ["labs/session_moved", "labs/session_cancelled"]
        assert {one.status for one in db.session.scalars(sa.select(Occurrence)) if one.session_id == 2} == {"cancelled"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"day": ""}, "Scegli un giorno."),
        ({"day": "2099-01-01"}, "anni da oggi"),
        ({"starts": "ore tre"}, ""),
        ({"ends": "15:00"}, "finisce dopo che è cominciato"),
        ({"place": "In piazza"}, "non tutti e due"),
        ({"layouts": ""}, "Scegli uno spazio, o scrivi il luogo"),
        ({"layouts": "99999"}, ""),
        ({"starts": "06:00"}, "Siamo aperti dalle"),
    ],
)
def test_a_session_that_cannot_be_is_told_beside_its_field(desk, app, course, given, told):
    values = when(layouts=layout_id(app, "aula-1", "banchi")) | given
    page = desk.page(f"{course}/incontri/nuovo").form().submit(**values)
    assert page.status == 422 and any(told in one for one in errors(page)), errors(page)
    assert len(kept(app).sessions) == 1


def test_a_space_that_is_taken_is_named_and_everything_stays_as_it_was(desk, app, course):
    with app.app_context():
        ask(layout(space_by("aule-1-2")), slot(30), person_with(CITIZEN))
        db.session.commit()
    before = kept(app).sessions[0].starts_at
    page = desk.page(f"{course}/incontri/1").form().submit(**when(30))
    assert page.status == 422 and "Aula 1 non è libero" in errors(page)[0]
    assert kept(app).sessions[0].starts_at == before


def test_against_the_hours_only_who_says_so(desk, app, course):
    values = when(starts="06:00", ends="08:00", layouts=layout_id(app, "aula-1", "banchi"))
    form = desk.page(f"{course}/incontri/nuovo").form()
    assert form.submit(**values).status == 422
    done = form.submit(**values, anyway="y", sending_key="un-altro-invio")
    assert "Incontro aggiunto" in done.text and "lo spazio è chiuso a quell'ora" in done.text


def test_a_night_when_the_clocks_change_is_told(desk, app, draft):
    page = desk.page(f"{draft}/incontri/nuovo").form().submit(day=SPRING.isoformat(), starts="02:30", ends="04:00")
    assert page.status == 422 and errors(page) == ["Quella notte l'orologio va avanti e quest'ora non c'è: scegline un'altra."]


def test_a_draft_s_session_goes_without_a_word(desk, app, draft):
    form = desk.page(f"{draft}/incontri/nuovo").form()
    form.submit(**when(place="Osservatorio", starts="22:00", ends="01:30"), sending_key="notte")
    (night,) = kept(app).sessions
    assert (night.slot.minutes, wall(night.ends_at).date() - wall(night.starts_at).date()) == (210, timedelta(days=1))
    desk.page(draft).form("togli").submit()
    added = form.submit(**when(place="Biblioteca", ends="00:00"))
    assert "16:00–00:00" in added.text and "Biblioteca" in added.text
    assert "Incontro tolto" in added.form("togli").submit().text and kept(app).sessions == []


# --- the planner


def test_a_plan_with_something_in_the_way_is_told_date_by_date_and_chosen(desk, app, draft):
    day = working_day(21)
    with app.app_context():
        at = slot(21, hour=17)
        ask(layout(space_by("aule-1-2")), at, person_with(CITIZEN), title="Coro di quartiere")
        db.session.commit()
    page = planned(desk, "steam-2027", disposizione="classroom")
    assert "nessuno spazio libero sempre, 2 date con uno spazio libero" in page.text
    assert "Aula 1: occupato 17:00–19:00 (Coro di quartiere)" in page.text
    done = page.form("").submit(**{f"date-{day}": "none"})
    assert "Incontri aggiunti: 3" in done.text and "senza spazio" in done.text and "Da sistemare" in done.text
    again = page.form("").submit(**{f"date-{day}": "none"})
    assert again.path == done.path and len(kept(app).sessions) == 3


def test_what_is_taken_between_the_look_and_the_choice_is_named_and_nothing_written(desk, app, draft):
    page = planned(desk, "steam-2027", disposizione="classroom")
    with app.app_context():
        at = slot(21, hour=17)
        ask(layout(space_by("aula-1"), "banchi"), at, person_with(CITIZEN))
        db.session.commit()
    refused = page.form("").submit()
    assert refused.status == 422 and "Aula 1 non è libero" in refused.text and kept(app).sessions == []
    assert "Aula 1: occupato" in refused.text or "Aula 2" in refused.text


def test_a_room_may_be_wanted_for_all_dates(desk, app, draft):
    page = planned(desk, "steam-2027", disposizione="classroom")
    other = layout_id(app, "aula-2", "banchi")
    chosen = desk.page(page.link("Aula 2: Aula con banchi").removesuffix("#plan"))
    values = [value for name, value in chosen.form("").values.items() if name.startswith("date-")]
    assert values == [other] * 3
    chosen.form("").submit()
    assert {one.standing[0].layout_id for one in kept(app).sessions} == {int(other)}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"giorno": ""}, "Scegli un giorno"),
        ({"giorno": "2020-01-01"}, "Scegli un giorno da oggi"),
        ({"ora": "x"}, ""),
        ({"durata": "5"}, "da 15 a 1440"),
        ({"persone": "0"}, "da 1 a 5000"),
        ({"volte": ""}, "fino a quando"),
        ({"volte": "400"}, "da 2 a 366"),
        ({"disposizione": "amaca"}, ""),
    ],
)
def test_a_rule_that_makes_no_sense_is_told_beside_its_field(desk, app, draft, more, told):
    page = planned(desk, "steam-2027", **more)
    assert page.status == 422 and any(told in one for one in errors(page)), errors(page)


def test_nothing_that_suits_says_so_and_a_single_date_is_a_plan_too(desk, app, draft):
    assert "Nessuno spazio è adatto" in planned(desk, "steam-2027", people=5000).text
    assert "1 data: " in planned(desk, "steam-2027", ogni="once").text


# --- the team and the questions


def test_the_team_is_written_changed_and_let_go(desk, app, course):
    page = desk.page(f"{course}/squadra")
    assert "Ada Neri" in page.text and "senza account" in page.text
    added = page.form("squadra").submit(email=CITIZEN, role="tutor")
    assert "Aggiunto alla squadra" in added.text and "con account" in added.text
    for wrong, told in (({"email": "nessuno@x.example"}, "Nessun account"), ({"name": ""}, "Scrivi il nome")):
        refused = desk.page(f"{course}/squadra").form("squadra").submit(**wrong)
        assert refused.status == 422 and told in errors(refused)[0]
    twice = desk.page(f"{course}/squadra").form("squadra").submit(email=CITIZEN)
    assert twice.status == 422 and "Lavora già" in errors(twice)[0]
    changed = desk.page(desk.page(f"{course}/squadra").link("Cambia Ada")).form().submit(role="coordinator", public=None)
    assert "Coordinamento" in changed.text
    assert "Ci hanno lavorato: Ada Neri" in changed.form("fine").submit().text


def test_questions_are_asked_moved_reworded_and_dropped(desk, app, draft):
    form = desk.page(f"{draft}/domande").form("domande")
    refused = form.submit(words_it="Taglia?", kind="choice", choices="S")
    assert refused.status == 422 and errors(refused) == ["Scrivi almeno due risposte diverse, una per riga."]
    assert errors(form.submit(words_it=" ")) == ["Scrivi la domanda."]
    form.submit(words_it="Taglia?", kind="choice", choices="S\nM\n", required="y", sending_key="uno")
    two = form.submit(words_it="Perché vieni?", sending_key="due")
    assert "Scelta da un elenco (S, M) · obbligatoria" in two.text
    up = two.form("su").submit()
    assert up.text.index("Perché vieni?") < up.text.index("Taglia?")
    changed = desk.page(up.link("Cambia Taglia?")).form().submit(words_it="Che taglia porti?")
    assert "Che taglia porti?" in changed.text
    assert [one.words["it"] for one in kept(app).questions] == ["Perché vieni?", "Che taglia porti?"]
    assert "Domanda tolta" in changed.form("togli").submit().text


# --- its end


def test_an_activity_is_cancelled_with_a_reason(desk, app, course):
    page = desk.page(f"{course}/annulla")
    assert "chi ha un posto (1)" in page.text
    assert errors(page.form().submit(reason="")) == ["Scrivi il motivo: chi è iscritto lo legge."]
    done = page.form().submit(reason="Mancano i fondi")
    assert "Attività annullata" in done.text and "Annullata" in done.text and "Modifica" not in done.text
    with app.app_context():
        assert db.session.scalars(sa.select(Session.state)).all() == ["cancelled"]
    assert "non è in programma" in page.form().submit(reason="Ancora").text or page.status == 200


def test_an_activity_is_closed_when_its_register_is_complete(desk, app, course):
    assert "Prima scrivi se l'incontro" in desk.page(course).form("concludi").submit().text
    with app.app_context():
        db.session.execute(sa.update(Session).values(state="held", minutes=120))
        db.session.commit()
    assert "Attività conclusa" in desk.page(course).form("concludi").submit().text and kept(app).state == "closed"


@pytest.mark.parametrize(
    "path",
    [
        *("mai-vista", "mai-vista/modifica", "mai-vista/annulla", "mai-vista/pianifica", "mai-vista/squadra"),
        *("edizioni/2099", "edizioni/2099/copia", "steam-2027/incontri/9", "steam-2027/incontri/9/annulla"),
        *("steam-2027/squadra/9999", "steam-2027/domande/9999"),
    ],
)
def test_what_is_not_there_is_not_found(desk, course, path):
    assert desk.get(f"{DESK}/{path}").status_code == 404


@pytest.mark.parametrize(
    "path", ["modifica", "squadra", "domande", "incontri/nuovo", "incontri/1/annulla", "annulla", "attestati"]
)
def test_back_leads_to_the_activity(desk, course, path):
    assert desk.page(f"{course}/{path}").link("Indietro") == course


def test_no_activity_takes_an_address_that_a_page_has(app):
    routes = [rule.rule.split("/") for rule in app.url_map.iter_rules()]
    taken = {parts[2] for parts in routes if parts[1] == "attivita" and len(parts) > 2}
    taken |= {parts[3] for parts in routes if parts[1:3] == ["gestione", "attivita"] and len(parts) > 3}
    assert {one for one in taken if not one.startswith("<") and "." not in one} <= set(TAKEN_WORDS)


def test_the_topics_of_an_activity_are_topics_of_the_site(app):
    with app.test_request_context():
        named = {slug: str(TOPICS[slug].name) for slug in words.TOPICS}
        assert named == {slug: str(name) for slug, name in words.TOPICS.items()}
