"""The theory of change of Officine Mezzogiorno as data: what leads to what, in whose words, and which indicators show it.

Areas, their texts and the purpose are those of the project's public papers ("Officine Mezzogiorno - Fondo per
l'Innovazione Sociale", the notice for the evaluator, the press note of 30 July 2022); the English is ours. Every indicator
of the catalogue stands at exactly one link, of its own level and directness; a link's SDGs are the goals of its indicators.
Links without indicators say what is done in an area; how much of it was done is one figure for all (`delivery`).
"""

from dataclasses import dataclass
from typing import Any

Words = dict[str, str]  # {"it": ..., "en": ...}
LEVELS = ("input", "activity", "output", "outcome", "impact")


def both(it: str, en: str) -> Words:
    return {"it": it, "en": en}


LEVEL_NAMES = {
    "input": both("Risorse", "Inputs"),
    "activity": both("Attività", "Activities"),
    "output": both("Risultati immediati", "Outputs"),
    "outcome": both("Cambiamenti", "Outcomes"),
    "impact": both("Impatto", "Impact"),
}
EFFECTS = {True: both("Effetto diretto", "Direct effect"), False: both("Effetto indiretto", "Indirect effect")}
PURPOSE = both(
    "Valorizzare conoscenze, formazione e innovazione per favorire lo sviluppo socio economico del Sud Italia e la sua capacità "
    "di trattenere talenti e capitale umano.",
    "To make the most of knowledge, training and innovation, for the social and economic development of the South of Italy and "
    "its capacity to keep talent and human capital.",
)


@dataclass(frozen=True)
class Area:
    """One of the hub's areas of activity, and for whom it is."""

    code: str
    name: Words
    what: Words
    whom: Words


@dataclass(frozen=True)
class Link:
    """One step of the theory: `leads_to` names links of a later level; `indicators` and `sdgs` (goals) may be empty."""

    code: str
    level: str
    areas: tuple[str, ...]
    what: Words
    leads_to: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    sdgs: tuple[int, ...] = ()
    direct: bool = True


AREAS = (
    Area(
        "education",
        both("Education e formazione manageriale", "Education and management training"),
        both(
            "Nuovi format educativi per ragazzi su materie STEM: STEAM Academy, Lab Alternanza scuola-lavoro. Percorsi "
            "formativi-manageriali con particolare attenzione ai ragazzi provenienti dalle periferie urbane.",
            "New ways of teaching STEM subjects to young people: STEAM Academy, school-to-work labs. Management training with "
            "particular attention to young people from the outskirts of the city.",
        ),
        both("Studenti, sistema formativo", "Students, the education system"),
    ),
    Area(
        "entrepreneurship",
        both("Orientamento e sostegno all'imprenditorialità", "Guidance and support for entrepreneurship"),
        both(
            "Per favorire la nascita di nuove organizzazioni ad impatto sociale. Promuovere processi di imprenditorialità "
            "diffusa per la creazione di processi di job creation.",
            "To help new organisations with a social impact come about. To spread entrepreneurship, and with it the creation of "
            "jobs.",
        ),
        both(
            "PMI, startup e maker, ecosistema dell'innovazione",
            "Small businesses, start-ups and makers, the innovation ecosystem",
        ),
    ),
    Area(
        "inclusion",
        both("Hub di inclusione sociale", "Hub of social inclusion"),
        both(
            "Accelerazione di progetti ed attività promosse da cooperative sociali (immigrati, persone vulnerabili e/o persone "
            "con disabilità) anche per l'erogazione di servizi.",
            "Acceleration of projects and activities of social cooperatives (immigrants, vulnerable people, people with "
            "disabilities), also to provide services.",
        ),
        both("Cooperative e organizzazioni ad impatto sociale", "Cooperatives and organisations with a social impact"),
    ),
    Area(
        "community",
        both("Laboratori di comunità", "Community laboratories"),
        both(
            "Ambienti eterogenei e creativi per incoraggiare la condivisione di idee e progettualità che attraggano persone "
            "con diversi background per realizzare un nuovo patto tra cittadini e amministrazione pubblica.",
            "Mixed and creative settings that encourage sharing ideas and projects and draw people of different backgrounds, for "
            "a new pact between citizens and the public administration.",
        ),
        both("Comunità, istituzioni e cittadini, università", "Community, institutions and citizens, university"),
    ),
)
ALL = tuple(area.code for area in AREAS)

LINKS = (
    Link(
        "people",
        "input",
        ALL,
        both("Docenti, tutor e volontari", "Trainers, tutors and volunteers"),
        ("steam", "acceleration", "services", "laboratories"),
        ("OM02", "OM03"),
        (4, 17),
    ),
    Link(
        "funds",
        "input",
        ALL,
        both(
            "Fondo per l'Innovazione Sociale e strumento di finanza d'impatto (SIINC)",
            "The Social Innovation Fund and the impact finance instrument (SIINC)",
        ),
        ("steam", "acceleration", "services", "laboratories"),
        ("OM04",),
        (4,),
    ),
    Link(
        "steam",
        "activity",
        ("education",),
        both("Formazione per minori su competenze STEAM e life skills", "Training of minors in STEAM and life skills"),
        ("reach", "course"),
    ),
    Link(
        "acceleration",
        "activity",
        ("entrepreneurship",),
        both("Percorsi di accelerazione per realtà locali", "Acceleration for local organisations"),
        ("reach", "accompaniment"),
    ),
    Link(
        "services",
        "activity",
        ("inclusion",),
        both("Accelerazione di progetti di cooperative sociali", "Acceleration of projects of social cooperatives"),
        ("reach", "inclusion"),
    ),
    Link(
        "laboratories",
        "activity",
        ("community",),
        both("Laboratori di comunità e uso condiviso degli spazi", "Community laboratories and shared use of the spaces"),
        ("reach", "spaces", "voice"),
    ),
    Link(
        "delivery",
        "activity",
        ALL,
        both("Ore di percorsi, laboratori e accelerazione", "Hours of courses, laboratories and acceleration"),
        ("reach", "satisfaction"),
        ("OM01",),
        (4,),
    ),
    Link(
        "reach",
        "output",
        ALL,
        both("Le persone, e tra loro i minori, che partecipano", "The people who take part, minors among them"),
        ("skills", "importance"),
        ("OM05", "OM06", "OM07", "OM08"),
        (4,),
    ),
    Link(
        "course",
        "output",
        ("education",),
        both("Percorsi seguiti con costanza e portati a termine", "Courses attended steadily and completed"),
        ("skills", "careers"),
        ("OM09", "OM11", "OM13", "OM14", "OM15", "OM16", "OM17", "OM18"),
        (4, 5),
    ),
    Link(
        "accompaniment",
        "output",
        ("entrepreneurship",),
        both(
            "Organizzazioni e persone accompagnate, startup con grant",
            "Organisations and people accompanied, start-ups with a grant",
        ),
        ("enterprises", "partnerships"),
        ("OM10", "OM31", "OM32"),
        (8, 9),
    ),
    Link(
        "inclusion",
        "output",
        ("inclusion",),
        both("Persone con disabilità che partecipano", "People with disabilities who take part"),
        ("importance", "partnerships"),
        ("OM19",),
        (10,),
    ),
    Link(
        "spaces",
        "output",
        ("community",),
        both("Spazi usati, e prenotazioni onorate", "Spaces in use, and bookings honoured"),
        ("partnerships",),
        ("OM12", "OM20"),
        (4, 11),
    ),
    Link(
        "voice",
        "output",
        ("community",),
        both("Proposte dei cittadini, e risposte date in tempo", "Proposals of citizens, and answers in good time"),
        ("adoption",),
        ("OM21", "OM23"),
        (16,),
    ),
    Link(
        "satisfaction",
        "output",
        ALL,
        both("Partecipanti soddisfatti", "Satisfied participants"),
        ("importance",),
        ("OM29",),
        (16,),
    ),
    Link(
        "skills",
        "outcome",
        ("education",),
        both(
            "Empowerment individuale: skill maturate dai ragazzi del centro diurno, in comparazione a un secondo centro",
            "Individual empowerment: skills gained by the children of the day centre, compared with a second centre",
        ),
        ("school", "jobs"),
        ("OM24", "OM25", "OM26", "OM27"),
        (4,),
    ),
    Link(
        "importance",
        "outcome",
        ALL,
        both("Cambiamenti che contano per chi li vive", "Changes that matter to those who live them"),
        ("school", "jobs"),
        ("OM30",),
        (16,),
    ),
    Link(
        "careers",
        "outcome",
        ("education",),
        both("Interesse per i mestieri del futuro", "Interest in the jobs of the future"),
        ("school", "jobs"),
        ("OM28",),
        (4, 8),
        direct=False,
    ),
    Link(
        "adoption",
        "outcome",
        ("community",),
        both(
            "Un nuovo patto tra cittadini e amministrazione: proposte adottate",
            "A new pact of citizens and administration: proposals adopted",
        ),
        ("jobs",),
        ("OM22",),
        (16,),
        direct=False,
    ),
    Link(
        "enterprises",
        "outcome",
        ("entrepreneurship",),
        both("Empowerment territoriale: nuove realtà imprenditoriali che durano", "Local empowerment: new enterprises that last"),
        ("jobs",),
        ("OM33", "OM34"),
        (8,),
        direct=False,
    ),
    Link(
        "partnerships",
        "outcome",
        ("entrepreneurship", "inclusion", "community"),
        both("Partnership tra attori locali e nazionali", "Partnerships of local and national players"),
        ("jobs",),
        ("OM36",),
        (17,),
        direct=False,
    ),
    Link(
        "school",
        "impact",
        ("education",),
        both("Contrasto alla povertà educativa e all'abbandono scolastico", "Less educational poverty and early school leaving"),
        (),
        ("OM37",),
        (4,),
        direct=False,
    ),
    Link(
        "jobs",
        "impact",
        ("entrepreneurship", "inclusion", "community"),
        both(
            "Posti di lavoro, talenti e capitale umano che restano al Sud",
            "Jobs, talent and human capital that stay in the South",
        ),
        (),
        ("OM35",),
        (8,),
        direct=False,
    ),
)


def link_of(indicator: str) -> Link:
    """The link that an indicator shows. Raises `KeyError`."""
    for link in LINKS:
        if indicator in link.indicators:
            return link
    raise KeyError(indicator)


def document() -> dict[str, Any]:
    """The whole theory as plain data, for JSON, reports and pages."""
    return {
        "purpose": PURPOSE,
        "levels": [{"code": level, "name": LEVEL_NAMES[level]} for level in LEVELS],
        "areas": [{"code": area.code, "name": area.name, "what": area.what, "whom": area.whom} for area in AREAS],
        "links": [
            {
                "code": link.code,
                "level": link.level,
                "effect": "direct" if link.direct else "indirect",
                "areas": list(link.areas),
                "what": link.what,
                "leads_to": list(link.leads_to),
                "indicators": list(link.indicators),
                "sdgs": list(link.sdgs),
            }
            for link in LINKS
        ],
    }
