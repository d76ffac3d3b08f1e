"""Two processes for the demo: one that collects ideas today, one whose answers are arriving. All of it is made up, and says so.

What the project's documents say is the frame: labs of community in which ideas are shared, for a new pact of citizens and
administration. Proposals, supports and comments are «dato sintetico».
"""

from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from hub.accounts.models import Person
from hub.clock import now, starts_of, today
from hub.db import db
from hub.labs.programme import activity_by
from hub.organisations.models import Organisation
from hub.participation.log import record
from hub.proposals import answers, drafts, results
from hub.proposals.debate_models import ProposalComment, Support
from hub.proposals.models import Proposal, ProposalAuthor, Voice
from hub.proposals.outcome_models import News
from hub.proposals.process_models import Phase, Process, ProcessActivity
from hub.proposals.voices import By, voice_of
from hub.sealing import mark
from impact.acts import ProposalSubmitted, ProposalSupported

SEED = 2026
VOICES = 24  # made-up people who came to the desk
OFFICE = "Comune di Lecce, Settore Innovazione sociale (dato sintetico)"
OPEN, ANSWERING = "idee-per-le-officine", "idee-per-la-corte"


def words(it: str, en: str) -> dict[str, str]:
    return {"it": it, "en": en}


PACT = words(
    "Condividere idee e progetti tra persone diverse, per un nuovo patto tra cittadini e amministrazione.",
    "Sharing ideas and projects among different people, for a new pact between citizens and administration.",
)
ABOUT = words(
    "I laboratori di comunità sono ambienti eterogenei e creativi, in cui persone diverse condividono idee e progetti.\n\n"
    "Qui si scrivono, si sostengono e si discutono; poi l'amministrazione risponde a ognuna, e dice che cosa ne è.",
    "Community labs are mixed and creative places, where different people share ideas and projects.\n\n"
    "Here they are written, supported and discussed; then the administration answers each, and says what becomes of it.",
)
COLLECTING = {"submits": True, "supports": True, "discusses": True}
PROCESSES = (
    # slug, preset, title, phases: (name, first and last day from today, what it is open to, supports of each person)
    (OPEN, "idea_collection", words("Idee per le Officine", "Ideas for Officine"), (
        (words("Raccolta delle idee", "Collecting ideas"), -20, 40, COLLECTING, 3),
        (words("Voto", "Vote"), 40, 55, {"votes": True, "hides_counts": False}, None),
        (words("Risposte", "Answers"), 55, 90, {"answers": True}, None),
    )),
    (ANSWERING, "community_lab", words("Idee per la Corte Urbana", "Ideas for the Corte Urbana"), (
        (words("Raccolta delle idee", "Collecting ideas"), -150, -90, COLLECTING, None),
        (words("Risposte", "Answers"), -90, 60, {"answers": True, "discusses": True}, None),
    )),
)  # fmt: skip


class Idea(NamedTuple):
    """A made-up proposal. day: from today; supports, comments: how many; ours: of the association."""

    process: str
    day: int
    title: str
    text: str
    topic: str
    sdgs: list[int]
    supports: int
    comments: tuple[tuple[str, str], ...] = ()
    ours: bool = False
    needs: dict[str, object] = {}


IDEAS = (
    Idea(OPEN, -15, "Un laboratorio di riparazione delle biciclette",
         "Un pomeriggio alla settimana in cui chi sa riparare insegna a chi ha una bici ferma in garage.\n\n"
         "Bastano due banchi, gli attrezzi di base e qualcuno che tenga le chiavi.",
         "tempo-libero", [11, 12], 14,
         (("for", "Porterei la mia vecchia bici e anche qualche attrezzo."), ("question", "Chi tiene le chiavi degli attrezzi?")),
         needs={"needs_hours": 120, "needs_cents": 80_000, "needs_spaces": "Il laboratorio, un pomeriggio alla settimana."}),
    Idea(OPEN, -9, "Corsi di italiano per chi è arrivato da poco",
         "Due sere alla settimana, con uno spazio per i bambini nella sala accanto.\n\n"
         "La nostra associazione mette i volontari: servono un'aula e una lavagna.",
         "integrazione-sociale", [4, 10], 9,
         (("for", "Nel mio quartiere servirebbe molto."),), ours=True, needs={"needs_hours": 200}),
    Idea(OPEN, -3, "Serate di cinema all'aperto nella corte",
         "D'estate, un film alla settimana scelto insieme da chi abita intorno alla stazione.",
         "tempo-libero", [11], 5, (("against", "Attenzione al rumore: sopra la corte si dorme presto."),)),
    Idea(ANSWERING, -140, "Ombra e panchine nella Corte Urbana",
         "D'estate la corte è troppo calda per fermarsi. Alberi in vaso e panchine la renderebbero una piazza.",
         "spazio-verde", [11, 13], 17, (("for", "Con l'ombra ci porterei i miei nipoti."),), ours=True),
    Idea(ANSWERING, -130, "Un parcheggio per le auto nella corte",
         "Chi viene da fuori non sa dove lasciare la macchina: una parte della corte potrebbe servire a questo.",
         "tempo-libero", [11], 2, (("against", "La corte è nata per le persone."),)),
    Idea(ANSWERING, -120, "Una rastrelliera per le biciclette all'ingresso",
         "Chi arriva in bici oggi la lega ai pali. Una rastrelliera davanti al cancello basterebbe.",
         "spazio-verde", [11], 8),
)  # fmt: skip


def load_proposals(people: dict[str, Person], organisations: dict[str, Organisation]) -> None:
    """The processes of the demo with their proposals. people, organisations: by the demo's keys. Flushes; the caller commits."""
    made = {slug: _process(slug, preset, title, phases) for slug, preset, title, phases in PROCESSES}
    voices, chance = [_voice(number) for number in range(1, VOICES + 1)], Random(SEED)  # noqa: S311 - made-up data
    found = []
    for idea in IDEAS:
        by = By(voice_of(people["citizen"]), organisation=organisations["association"] if idea.ours else None)
        found.append(_propose(made[idea.process], idea, by))
        _discuss(found[-1], idea, voices, chance)
    _answer(found[3:], made[ANSWERING], people["manager"])


def _process(slug: str, preset: str, title: dict[str, str], phases: tuple) -> Process:
    row = Process(
        slug=slug, preset=preset, title=title, summary=PACT, text=ABOUT, office=OFFICE, synthetic=True, created_at=now()
    )
    db.session.add(row)
    db.session.flush()
    for number, (name, first, last, terms, most) in enumerate(phases, 1):
        times = {"opens_at": _at(first), "closes_at": _at(last)}
        db.session.add(Phase(process_id=row.id, number=number, name=name, supports_most=most, **times, **terms))
    db.session.flush()
    row.state, row.published_at = "published", min(_at(phases[0][1]), now())
    if (activity := activity_by("steam-2023")) and slug == OPEN:
        db.session.add(ProcessActivity(process_id=row.id, activity_id=activity.id))
    db.session.flush()
    db.session.refresh(row)
    return row


def _at(day: int, hours: int = 0) -> datetime:
    return starts_of(today() + timedelta(days=day)) + timedelta(hours=hours)


def _voice(number: int) -> Voice:
    row = Voice(fiscal_digest=mark(f"demo:{number}", "voice"), name=f"Persona di prova {number}", created_at=now())
    db.session.add(row)
    db.session.flush()
    return row


def _propose(process: Process, idea: Idea, by: By) -> Proposal:
    at = _at(idea.day, 10)
    organisation = by.organisation and by.organisation.id
    row = Proposal(process_id=process.id, author_id=by.voice.id, organisation_id=organisation, synthetic=True)
    row.created_at = row.updated_at = at
    db.session.add(row)
    db.session.flush()
    db.session.add(ProposalAuthor(proposal_id=row.id, voice_id=by.voice.id, named=True, since=at))
    said = {"title": idea.title, "text": idea.text, "topic": idea.topic, "sdgs": idea.sdgs, "area": "community", "place": "none"}
    said |= {"space_id": None, "address": "", "lat": None, "lon": None, "target": "", "target_n": None, "target_method": ""}
    said |= {"needs_spaces": "", "needs_hours": None, "needs_cents": None, "files": []} | idea.needs
    drafts.release(row, said, by=by, at=at)
    record(ProposalSubmitted(activity=row.code), who=by.voice, acting_as=by.organisation, at=at)
    db.session.add(News(proposal_id=row.id, kind="published", data={}, at=at, told_at=at))
    db.session.flush()
    return row


def _discuss(proposal: Proposal, idea: Idea, voices: list[Voice], chance: Random) -> None:
    """Made-up supports and comments in the days after it was published."""
    phase = proposal.process.phases[0]
    for number, voice in enumerate(chance.sample(voices, idea.supports)):
        at = proposal.published_at + timedelta(hours=1 + 2 * number)
        slot = 1 + sum(one.title < idea.title for one in IDEAS if one.process == idea.process)
        given = Support(proposal_id=proposal.id, phase_id=phase.id, voice_id=voice.id, slot=slot, channel="assisted", at=at)
        given.event_id = record(ProposalSupported(activity=proposal.code), who=voice, at=at)
        db.session.add(given)
    for number, (stance, text) in enumerate(idea.comments):
        said = ProposalComment(proposal_id=proposal.id, voice_id=voices[number].id, stance=stance, text=text, channel="assisted")
        said.at = proposal.published_at + timedelta(hours=5 + number)
        db.session.add(said)
    db.session.flush()


def _answer(found: list[Proposal], process: Process, manager: Person) -> None:
    """One is accepted and under way, one is not, one waits."""
    shade, cars, _rack = found
    answers.answer(shade, "accepted", "La corte ha bisogno di ombra: cominciamo dal lato della stazione.", by=manager)
    answers.answer(cars, "rejected", "La Corte Urbana è uno spazio verde per le persone: le auto restano fuori.", by=manager)
    told = {"text": "Alberi in vaso e panchine, scelti insieme.", "starts_on": today() - timedelta(days=30), "ends_on": None}
    made = results.create(process, {shade: "adopted"}, by=manager, title="Ombra nella corte", **told)
    news = {"text": "I primi dodici vasi sono arrivati.", "state": "running", "progress": 4000}
    results.update(made, day=today() - timedelta(days=7), **news, by=manager)
