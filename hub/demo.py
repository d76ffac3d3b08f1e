"""The demo: the spaces of Officine Mezzogiorno, its programme, and accounts to try them with.

The rooms, the courtyard of about 2,000 m² and the portico are those of the project's documents; sizes of the rooms,
capacities, hours, prices and bookings are made up and shown as «dato sintetico».
"""

from datetime import timedelta

import sqlalchemy as sa

from hub.accounts.demo import load_people
from hub.agenda.demo import load_partner
from hub.booking.demo import load_bookings
from hub.clock import now, today
from hub.db import db
from hub.labs.demo import load_programme
from hub.organisations.demo import load_organisations
from hub.proposals.demo import load_proposals
from hub.spaces.models import Layout, Opening, Price, Rule, Space
from hub.spaces.service import compose


def words(it: str, en: str) -> dict[str, str]:
    return {"it": it, "en": en}


LAYOUTS = {
    # code: (kind, name, setup and cleanup in minutes)
    "platea": ("theatre", words("Platea", "Theatre rows"), 30, 30),
    "banchi": ("classroom", words("Aula con banchi", "Classroom"), 30, 15),
    "ferro": ("u_shape", words("Ferro di cavallo", "U shape"), 30, 15),
    "cerchio": ("circle", words("Cerchio di sedie", "Circle of chairs"), 15, 15),
    "tavolo": ("meeting", words("Tavolo unico", "Boardroom table"), 0, 0),
    "isole": ("workshop", words("Isole di lavoro", "Group tables"), 30, 30),
    "vuota": ("empty", words("Sala vuota", "Empty room"), 15, 30),
    "mercato": ("market", words("Mercato", "Market"), 60, 60),
}
BAY = {"platea": 60, "cerchio": 30, "isole": 32, "vuota": 80}
TWO_BAYS = {"platea": 120, "isole": 64, "vuota": 160}
CLASSROOM = {"banchi": 24, "ferro": 20, "cerchio": 20}

SPACES = (
    # slug, name, text, square metres, capacities by layout, atoms, more
    ("campata-nord", words("Officina Grande, campata nord", "Officina Grande, north bay"),
     words("Un terzo della grande sala dove si riparavano gli autobus, sotto il tetto a shed.",
           "A third of the great hall where buses were repaired, under the sawtooth roof."), 110, BAY, (), {}),
    ("campata-centrale", words("Officina Grande, campata centrale", "Officina Grande, middle bay"),
     words("La campata di mezzo della grande sala, con le pareti mobili sui due lati.",
           "The middle bay of the great hall, with movable walls on both sides."), 110, BAY, (), {}),
    ("campata-sud", words("Officina Grande, campata sud", "Officina Grande, south bay"),
     words("La campata verso la corte, con il portone sul portico.",
           "The bay towards the courtyard, with the gate onto the portico."), 110, BAY, (), {}),
    ("campate-nord-centrale", words("Officina Grande, campate nord e centrale", "Officina Grande, north and middle bays"),
     words("Due campate vicine, con la parete mobile aperta.", "Two neighbouring bays, with the movable wall open."),
     220, TWO_BAYS, ("campata-nord", "campata-centrale"), {}),
    ("campate-centrale-sud", words("Officina Grande, campate centrale e sud", "Officina Grande, middle and south bays"),
     words("Due campate vicine, con la parete mobile aperta.", "Two neighbouring bays, with the movable wall open."),
     220, TWO_BAYS, ("campata-centrale", "campata-sud"), {}),
    ("officina-grande", words("Officina Grande", "Officina Grande"),
     words("La grande sala intera: le tre campate dell'officina degli autobus, per incontri, spettacoli e mercati.",
           "The whole great hall: the three bays of the bus workshop, for meetings, shows and markets."),
     330, {"platea": 200, "isole": 96, "vuota": 250}, ("campata-nord", "campata-centrale", "campata-sud"),
     {}),
    ("aula-1", words("Aula 1", "Classroom 1"),
     words("Aula luminosa per corsi e gruppi di studio.", "A bright room for courses and study groups."),
     50, CLASSROOM, (), {"equipment": ["projector", "whiteboard"]}),
    ("aula-2", words("Aula 2", "Classroom 2"),
     words("Aula gemella: una parete mobile la unisce alla prima.", "The twin room: a movable wall joins it to the first."),
     50, CLASSROOM, (), {"equipment": ["projector", "whiteboard"]}),
    ("aule-1-2", words("Aule 1 e 2 unite", "Classrooms 1 and 2 joined"),
     words("Le due aule in una, per gruppi più grandi.", "The two rooms as one, for larger groups."),
     100, {"banchi": 50, "platea": 80, "cerchio": 40}, ("aula-1", "aula-2"), {"equipment": ["projector", "whiteboard"]}),
    ("laboratorio-digitale", words("Laboratorio digitale", "Digital lab"),
     words("Computer e stampanti 3D per i laboratori STEAM.", "Computers and 3D printers for the STEAM labs."),
     70, {"isole": 20}, (), {"equipment": ["computers", "printer_3d", "projector"]}),
    ("sala-riunioni", words("Sala riunioni", "Meeting room"),
     words("Un tavolo, uno schermo e la porta chiusa: la prenotazione si conferma da sola.",
           "A table, a screen and a closed door: bookings are confirmed automatically."),
     25, {"tavolo": 12}, (), {"equipment": ["video_call", "whiteboard"]}),
    ("corte-urbana", words("Corte Urbana", "Corte Urbana (courtyard)"),
     words("Il giardino di circa 2.000 m², verde e portici: per feste, cinema all'aperto e mercati.",
           "The garden of about 2,000 m², greenery and porticoes: for parties, open-air cinema and markets."),
     2000, {"vuota": 400, "mercato": 300}, (), {"equipment": ["power"]}),
    ("stalli-corte", words("Stalli della Corte Urbana", "Stalls of the Corte Urbana"),
     words("Sei posti per un banco nella corte: ne prenoti uno, o due vicini, e dividi il giardino con gli altri.",
           "Six places for a stall in the courtyard: book one, or two together, and share the garden with the others."),
     2000, {}, ("corte-urbana",), {"lanes": 6, "equipment": ["power"]}),
    ("portico", words("Portico", "Portico"),
     words("Lo spazio coperto tra la sala e la corte, per mostre e banchetti.",
           "The covered space between hall and courtyard, for exhibitions and stands."),
     180, {"vuota": 100, "mercato": 60}, (), {"competing": True, "equipment": ["power"]}),
)  # fmt: skip
RULES = (
    # space (None: the hub), kind, params
    (None, "horizon", {"days": 365}),
    (None, "grid", {"minutes": 30}),
    (None, "answer", {"days": 5}),
    (None, "check_in", {"grace": 30}),
    (None, "quota_hours", {"hours": 60, "period": "month", "per": "person"}),
    (None, "quota_live", {"count": 20, "per": "person"}),
    (None, "quota_live", {"count": 40, "per": "organisation"}),
    (None, "no_show", {"count": 3, "days": 90}),
    ("officina-grande", "prime_share",
     {"percent": 40, "period": "month", "weekdays": [4, 5], "from": 18 * 60, "to": 23 * 60}),
    ("officina-grande", "announce_refusal", {"days": 10}),
    ("officina-grande", "deposit", {"cents": 20000}),
    ("officina-grande", "notice", {"hours": 72}),
    ("officina-grande", "cancel", {"hours": 72}),
    ("sala-riunioni", "approval", {"by": "automatic"}),
    ("sala-riunioni", "notice", {"hours": 2}),
    ("sala-riunioni", "cancel", {"hours": 2}),
    ("sala-riunioni", "length", {"min": 60, "max": 240}),
    ("corte-urbana", "notice", {"hours": 168}),
    ("corte-urbana", "cancel", {"hours": 72, "refunds": [[168, 100], [72, 50]]}),
    ("corte-urbana", "residents_first", {"days": 90}),
    ("stalli-corte", "notice", {"hours": 48}),
    ("campate-centrale-sud", "association", {}),
)  # fmt: skip
PRICES = (
    # spaces, audience (None: all the others), unit, euro cents
    (("aula-1", "aula-2", "laboratorio-digitale"), None, "hour", 1000),
    (("aula-1", "aula-2", "laboratorio-digitale"), "resident", "hour", 500),
    (("aula-1", "aula-2", "laboratorio-digitale"), "ets", "hour", 300),
    (("aula-1", "aula-2", "laboratorio-digitale"), "school", "hour", 0),
    (("campata-nord", "campata-centrale", "campata-sud"), None, "hour", 2500),
    (("campata-nord", "campata-centrale", "campata-sud"), "resident", "hour", 1500),
    (("campata-nord", "campata-centrale", "campata-sud"), "ets", "hour", 800),
    (("aule-1-2",), None, "hour", 2000),
    (("aule-1-2",), "resident", "hour", 1000),
    (("aule-1-2",), "ets", "hour", 600),
    (("aule-1-2",), "school", "hour", 0),
    (("campate-nord-centrale", "campate-centrale-sud"), None, "hour", 5000),
    (("campate-nord-centrale", "campate-centrale-sud"), "resident", "hour", 3000),
    (("campate-nord-centrale", "campate-centrale-sud"), "ets", "hour", 1600),
    (("aule-1-2",), None, "hour", 1800),
    (("aule-1-2",), "resident", "hour", 900),
    (("aule-1-2",), "ets", "hour", 500),
    (("aule-1-2",), "school", "hour", 0),
    (("campate-nord-centrale", "campate-centrale-sud"), None, "hour", 4500),
    (("campate-nord-centrale", "campate-centrale-sud"), "resident", "hour", 2700),
    (("campate-nord-centrale", "campate-centrale-sud"), "ets", "hour", 1500),
    (("officina-grande", "corte-urbana"), None, "half_day", 30000),
    (("officina-grande", "corte-urbana"), None, "day", 50000),
    (("officina-grande", "corte-urbana"), "ets", "half_day", 10000),
    (("officina-grande", "corte-urbana"), "ets", "day", 15000),
    (("officina-grande", "corte-urbana"), "patronage", "day", 5000),
    (("stalli-corte",), None, "half_day", 1000),
)
ACCESS = words(
    "Dal cancello verso la stazione: chi ti accoglie controlla il codice della prenotazione (dato sintetico).",
    "By the gate towards the station: whoever lets you in checks the code of your booking (made-up data).",
)
HOURS = [(weekday, 8 * 60, 22 * 60) for weekday in range(5)] + [(5, 9 * 60, 23 * 60), (6, 10 * 60, 20 * 60)]


def load() -> None:
    """Fill an empty database; flushes, never commits. Does nothing where there are spaces already."""
    if db.session.scalar(sa.select(sa.func.count()).select_from(Space)):
        return
    spaces = load_spaces()
    people = load_people()
    db.session.flush()
    organisations = load_organisations(people)
    load_bookings(people, organisations["association"])
    load_programme(people, spaces)
    load_proposals(people, organisations)
    load_partner(people)


def load_spaces() -> dict[str, Space]:
    """The spaces of the hub with their layouts and hours, by slug."""
    made: dict[str, Space] = {}
    for sort, (slug, name, text, area, capacities, atoms, more) in enumerate(SPACES):
        whole = {"equipment": ["projector", "sound", "hearing_loop"], "sort": sort, "access_text": ACCESS} | more
        kind = "composite" if len(atoms) > 1 else "atomic"
        space = made[slug] = Space(slug=slug, name=name, text=text, kind=kind, area_m2=area, **whole)
        space.layouts = [_layout(code, capacity) for code, capacity in capacities.items()] or _stalls()
        db.session.add(space)
        compose(space, [made[atom] for atom in atoms] or [space])
    db.session.add_all(Opening(weekday=weekday, opens=opens, closes=closes) for weekday, opens, closes in HOURS)
    db.session.flush()
    db.session.add_all(
        Rule(space_id=made[slug].id if slug else None, kind=kind, params=params, created_at=now()) for slug, kind, params in RULES
    )
    db.session.add_all(
        Price(space_id=made[slug].id, audience=audience, unit=unit, cents=cents, valid_from=today() - timedelta(days=365))
        for slugs, audience, unit, cents in PRICES
        for slug in slugs
    )
    db.session.flush()
    return made


def _layout(code: str, capacity: int) -> Layout:
    kind, name, setup, cleanup = LAYOUTS[code]
    return Layout(code=code, kind=kind, name=name, capacity=capacity, setup_min=setup, cleanup_min=cleanup)


def _stalls() -> list[Layout]:
    sizes = (("uno", words("Uno stallo", "One stall"), 6, 1), ("due", words("Due stalli vicini", "Two stalls together"), 12, 2))
    return [
        Layout(code=code, kind="market", name=name, capacity=capacity, lanes=lanes, setup_min=30, cleanup_min=30)
        for code, name, capacity, lanes in sizes
    ]
