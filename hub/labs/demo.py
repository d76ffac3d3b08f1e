"""The programme of the demo: what the project tells of 2023, as facts, and an edition of this year, made up.

Of 2023 the portal says what the project's documents say, and no date or name that they do not have. What is to come goes
through the same door as a manager's work, and says «dato sintetico».
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from hub.accounts.models import Person
from hub.clock import now, today, wall
from hub.families import service as families
from hub.labs import editions, enrolment, programme, seats, sessions, team
from hub.labs.demo_2023 import load_edition
from hub.labs.enrolment import Wanted
from hub.labs.models import Activity, Edition
from hub.spaces.models import Layout, Space
from hub.spaces.rules import Slot
from hub.spaces.service import free_slots

SOURCE = {
    "it": "Fonte: Comune di Lecce, presentazione del progetto «Officine Mezzogiorno», «Focus on 2023».",
    "en": "Source: Comune di Lecce, presentation of the project “Officine Mezzogiorno”, “Focus on 2023”.",
}
# What the project tells of 2023. minutes: the hours that it counted.
TOLD = (
    {
        "slug": "steam-2023",
        "kind": "lab",
        "area": "education",
        "theme": "steam",
        "topic": "formazione-professionale",
        "title": {"it": "STEAM & Future Thinking e Innovation Camp", "en": "STEAM & Future Thinking and Innovation Camp"},
        "summary": {
            "it": "Laboratori su competenze STEAM e life skills per i minori del centro diurno Volare Alto.",
            "en": "Labs on STEAM and life skills for the minors of the day centre Volare Alto.",
        },
        "text": {
            "it": "Il percorso di formazione laboratoriale per minori risponde ai bisogni del territorio: povertà educativa, "
            "competenze STEM, crescita personale, life skills, abbandono scolastico.\n\n"
            "41 ragazze e ragazzi del centro diurno Volare Alto, 17 formatori e operatori, 220 ore.\n\n",
            "en": "The lab-based path for minors answers the needs of the area: educational poverty, STEM skills, personal "
            "growth, life skills, leaving school early.\n\n"
            "41 kids of the day centre Volare Alto, 17 trainers and operators, 220 hours.\n\n",
        },
        "sdgs": [4, 10],
        "age_min": 11,
        "age_max": 17,
        "scheduled_minutes": 220 * 60,
        "partners": ["Centro diurno Volare Alto"],
    },
    {
        "slug": "cap-2023",
        "kind": "accelerator",
        "area": "entrepreneurship",
        "theme": "entrepreneurship",
        "topic": "imprese",
        "title": {"it": "Community Acceleration Program", "en": "Community Acceleration Program"},
        "summary": {
            "it": "Un percorso di accelerazione per realtà locali. Il tema del 2023: mobilità sostenibile.",
            "en": "An acceleration path for local organisations. The theme of 2023: sustainable mobility.",
        },
        "text": {
            "it": "Il percorso sviluppa competenze e costruisce sinergie locali: è dedicato a realtà del territorio.\n\n"
            "10 startup accompagnate, di cui 3 beneficiarie di un contributo, 25 docenti e tutor, 190 ore.\n\n",
            "en": "The path develops skills and builds local synergies: it is for organisations of the area.\n\n"
            "10 startups accompanied, 3 of which received a grant, 25 teachers and tutors, 190 hours.\n\n",
        },
        "sdgs": [8, 9, 11],
        "takes_part": "organisation",
        "scheduled_minutes": 190 * 60,
        "partners": [],
    },
)


class Coming(NamedTuple):
    """Something made up that is to come. days: from now to its first session; weeks: how many sessions, one a week;
    hour: from which hour on, where that is free; opens: whether enrolment is open already; cents: what it costs."""

    space: str
    layout: str
    days: int
    hour: int
    minutes: int
    weeks: int
    places: int
    trainer: str
    role: str
    told: Mapping[str, object]
    opens: bool = True


ROBOTS, COURT, PRINT, STARTERS = "robot", "corte", "stampa", "impresa"
MADE_UP = {
    ROBOTS: Coming("aula-2", "ferro", 24, 16, 120, 4, 16, "Nadia Prova (demo)", "trainer", {
        "slug": "robot-in-officina", "kind": "lab", "area": "education", "theme": "steam", "topic": "formazione-professionale",
        "sdgs": [4],
        "age_min": 11, "age_max": 17, "asks_health": True, "accessibility": ["step_free", "toilet", "companion"],
        "title": {"it": "Robot in officina (dato sintetico)", "en": "Robots in the workshop (made-up data)"},
        "summary": {"it": "Quattro incontri per costruire un robot e farlo muovere.",
                    "en": "Four meetings to build a robot and make it move."},
        "text": {"it": "Si lavora a coppie: montiamo un robot, lo programmiamo e lo mettiamo alla prova.\n\n"
                       "Non serve sapere niente di informatica.",
                 "en": "We work in pairs: we put a robot together, program it and try it out.\n\n"
                       "You need not know anything about computers."},
        "audience": {"it": "Ragazze e ragazzi delle medie e delle superiori.", "en": "Pupils of middle and high schools."},
        "materials": {"it": "Portiamo tutto noi: kit, computer e pile.", "en": "We bring it all: kits, computers, batteries."},
    }),
    COURT: Coming("corte-urbana", "vuota", 30, 17, 180, 1, 0, "Olmo Esempio (demo)", "coordinator", {
        "slug": "festa-nella-corte", "kind": "event", "area": "community", "theme": "community",
        "topic": "spazio-verde", "sdgs": [11],
        "takes_part": "none", "accessibility": ["step_free", "toilet"],
        "title": {"it": "Festa nella Corte Urbana (dato sintetico)", "en": "Party in the Corte Urbana (made-up data)"},
        "summary": {"it": "Musica, giochi e banchi dei laboratori, aperta a tutto il quartiere.",
                    "en": "Music, games and stands of the labs, open to the whole neighbourhood."},
        "text": {"it": "Chi ha seguito i laboratori mostra che cosa ha fatto. Si viene quando si vuole.",
                 "en": "Whoever took part in the labs shows what they made. Come whenever you like."},
    }),
    PRINT: Coming("laboratorio-digitale", "isole", 15, 18, 120, 2, 3, "Tito Campione (demo)", "trainer", {
        "slug": "riparare-con-la-stampa-3d", "kind": "workshop", "area": "education", "theme": "life-skills",
        "topic": "tempo-libero", "sdgs": [12],
        "age_min": 18, "cost_cents": 1000, "languages": ["it", "en"],
        "cost_words": {"it": "Si paga allo sportello, il primo giorno.", "en": "You pay at the desk, on the first day."},
        "title": {"it": "Riparare con la stampa 3D (dato sintetico)", "en": "Repairing with 3D printing (made-up data)"},
        "summary": {"it": "Disegna e stampa il pezzo che manca: una stampante per ognuno.",
                    "en": "Draw and print the missing piece: a printer for each."},
        "text": {"it": "Porta un oggetto rotto: misuriamo il pezzo che manca, lo disegniamo e lo stampiamo.",
                 "en": "Bring something broken: we measure the missing piece, draw it and print it."},
    }),
    STARTERS: Coming("aula-1", "banchi", 40, 15, 180, 3, 12, "Irma Modello (demo)", "mentor", {
        "slug": "dall-idea-all-impresa", "kind": "course", "area": "entrepreneurship", "theme": "entrepreneurship",
        "topic": "imprese", "sdgs": [8],
        "age_min": 18, "languages": ["it", "en"],
        "title": {"it": "Dall'idea all'impresa (dato sintetico)", "en": "From the idea to the company (made-up data)"},
        "summary": {"it": "Tre pomeriggi per capire se la tua idea sta in piedi.",
                    "en": "Three afternoons to find out whether your idea holds."},
        "text": {"it": "Conti, persone, forma giuridica: che cosa serve per cominciare, con esempi di qui.",
                 "en": "Accounts, people, legal form: what it takes to start, with examples from here."},
    }, opens=False),
}  # fmt: skip


def load_programme(people: Mapping[str, Person], spaces: Mapping[str, Space]) -> dict[str, Activity]:
    """Write both editions. people: by role, as hub.accounts.demo gives them; spaces: by slug. Gives what is to come by its name
    here. Flushes; the caller commits."""
    manager = people["manager"]
    before = editions.make(
        code="2023",
        name={"it": "Edizione 2023", "en": "2023 edition"},
        starts_on=date(2023, 1, 1),
        ends_on=date(2023, 12, 31),
    )
    past = {}
    for facts in TOLD:
        text = {language: words + SOURCE[language] for language, words in facts["text"].items()}
        told = programme.create(by=manager, edition_id=before.id, **facts | {"text": text})
        told.state = "closed"  # it was over before there was a portal: nobody could publish it here
        past[told.slug] = told
    load_edition(past, by=manager)
    this = _edition(today().year)
    made = {name: _announce(one, this, spaces[one.space], manager) for name, one in MADE_UP.items()}
    for role in ("citizen", "administrator", "evaluator", "manager"):  # one more than there are places
        enrolment.enrol(made[PRINT], [Wanted(families.participant_of(people[role], ADULT))], by=people[role])
    return made


ADULT = date(1990, 5, 4)


def _edition(year: int) -> Edition:
    name = {"it": f"Edizione {year} (dato sintetico)", "en": f"{year} edition (made-up data)"}
    return editions.make(code=str(year), name=name, starts_on=date(year, 1, 1), ends_on=date(year, 12, 31))


def _announce(one: Coming, edition: Edition, space: Space, manager: Person) -> Activity:
    layout = next(layout for layout in space.layouts if layout.code == one.layout)
    at, slots = now(), _slots(layout, one)
    window = {}
    if one.places:
        opens = at - timedelta(days=3) if one.opens else at + timedelta(days=4)
        window = {"enrol_opens_at": opens, "enrol_closes_at": slots[0].starts - timedelta(days=2)}
    made = programme.create(by=manager, edition_id=edition.id, synthetic=True, **one.told | window)
    if one.places:
        seats.set_places(made, one.places, by=manager)
    team.take_on(made, name=one.trainer, email="", role=one.role, public=True)
    for slot in slots:
        sessions.schedule(made, slot, [layout])
    programme.publish(made)
    return made


def _slots(layout: Layout, one: Coming) -> list[Slot]:
    """A free time in each of so many weeks: holidays and days that are full are stepped over."""
    found, day = [], today() + timedelta(days=one.days)
    while len(found) < one.weeks:
        if free := free_slots(layout.space, layout, day, one.minutes):
            found.append(next((slot for slot in free if wall(slot.starts).hour >= one.hour), free[-1]))
            day += timedelta(days=6)
        day += timedelta(days=1)
    return found
