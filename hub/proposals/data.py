"""Proposals as open data: tables of what everybody may read, with the dictionary of their columns, in one zip file.

No names of people; and while a process is sealed no count of it, which `tallies` sees to.
"""

import io
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from hub.db import db
from hub.proposals import comments, tallies
from hub.proposals.data_columns import COLUMNS
from hub.proposals.models import Proposal, ProposalSdg, ProposalVersion, code_of
from hub.proposals.outcome_models import Answer, Result, ResultSource
from hub.proposals.process_models import Process
from hub.proposals.processes import published_processes
from hub.proposals.rules import CHOICES
from hub.proposals.showing import SHOWN
from hub.proposals.tallies import Tally
from hub.tables import csv_text

FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # of each file in the zip: the same data are the same bytes
AT_ONCE = 5000  # proposals whose supports are counted in one go: a statement takes only so many values
DICTIONARY = ("file", "column", "type", "unit", "significato", "meaning")
README = """\
PROPOSTE DELLE OFFICINE MEZZOGIORNO: DATI APERTI

Un file CSV per argomento; che cosa c'è in ogni colonna lo dice dizionario.csv. Testo UTF-8, colonne separate da punto e virgola,
virgola per i decimali, istanti in UTC (ISO 8601). Una cella che un foglio di calcolo prenderebbe per una formula comincia con un
apostrofo. Ci sono solo le proposte pubblicate che tutti possono leggere: niente nomi di persone, e nessun conteggio finché il
processo li tiene riservati.

Licenza: Creative Commons Attribuzione 4.0 Internazionale (CC BY 4.0), https://creativecommons.org/licenses/by/4.0/deed.it
Attribuzione: Officine Mezzogiorno, Comune di Lecce.

PROPOSALS OF OFFICINE MEZZOGIORNO: OPEN DATA

One CSV file a subject; dizionario.csv says what is in each column. UTF-8 text, columns separated by semicolons, decimal commas,
instants in UTC (ISO 8601). A cell that a spreadsheet would take for a formula begins with an apostrophe. Only published proposals
that everybody may read are here: no names of people, and no counts while their process keeps them sealed.

Licence: Creative Commons Attribution 4.0 International (CC BY 4.0), https://creativecommons.org/licenses/by/4.0/
Attribution: Officine Mezzogiorno, Comune di Lecce.
"""


def archive(portal: str) -> bytes:
    """The zip file: the same bytes as long as nothing changes. portal: what addresses begin with."""
    files = {"README.txt": "\ufeff" + README.replace("\n", "\r\n"), "dizionario.csv": csv_text(DICTIONARY, dictionary())}
    for name, rows in TABLES.items():
        header = [column.name for column in COLUMNS[name]]
        files[f"{name}.csv"] = csv_text(header, ([_cell(row[column]) for column in header] for row in rows(portal)))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, text)
    return packed.getvalue()


def dictionary() -> Iterator[tuple[str, ...]]:
    """Each column of each table: file, name, type, unit, and its meaning in both languages."""
    return ((f"{name}.csv", *column) for name, columns in COLUMNS.items() for column in columns)


def _cell(value: object) -> object:
    match value:
        case bool():
            return int(value)
        case datetime():
            return value.isoformat(timespec="seconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case _:
            return value


def _columns(row: object, *names: str) -> dict[str, object]:
    return {name: getattr(row, name) for name in names}


def _processes(_portal: str) -> Iterator[dict[str, object]]:
    names = ("slug", "preset", "office", "answer_days", "update_days", "published_at", "concluded_at", "synthetic")
    for one in published_processes():
        yield _columns(one, *names) | {"title_it": one.title.get("it"), "title_en": one.title.get("en")}


def _phases(_portal: str) -> Iterator[dict[str, object]]:
    names = ("number", "opens_at", "closes_at", "submits", "supports", "discusses", "votes", "answers", "supports_most")
    for process in published_processes():
        for one in process.phases:
            told = {"process": process.slug, "name_it": one.name.get("it"), "name_en": one.name.get("en")}
            yield _columns(one, *names, "hides_counts") | told


def _proposals(portal: str) -> Iterator[dict[str, object]]:
    asked = sa.select(Proposal).where(*SHOWN).order_by(Proposal.id)
    wanted = (joinedload(Proposal.process), joinedload(Proposal.organisation), joinedload(Proposal.space))
    found = list(db.session.scalars(asked.options(*wanted)))
    goals, said = _goals(), _comments()
    own = ("code", "title", "state", "topic", "area", "place", "address", "lat", "lon", "channel", "published_at", "closed_at")
    for start in range(0, len(found), AT_ONCE):
        several = found[start : start + AT_ONCE]
        counts = tallies.tallies(one.id for one in several)
        for one in several:
            yield (
                _columns(one, *own, "closed_reason", "synthetic")
                | _counted(counts[one.id])
                | {
                    "url": f"{portal}/proposte/{one.code}",
                    "process": one.process.slug,
                    "sdgs": " ".join(map(str, goals[one.id])),
                    "space": one.space and one.space.slug,
                    "organisation": one.organisation and one.organisation.name,
                    "versions": one.current,
                    "comments": said[one.id],
                }
            )


def _counted(tally: Tally | None) -> dict[str, object]:
    votes = tally.votes if tally else None
    told = {f"votes_{choice}": None if votes is None else votes.get(choice, 0) for choice in CHOICES}
    counted = ("supports", "helped", "endorsements")
    return told | {name: tally and getattr(tally, name) for name in counted}


def _goals() -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for id, sdg in db.session.execute(sa.select(ProposalSdg.proposal_id, ProposalSdg.sdg).order_by(ProposalSdg.sdg)):
        found[id].append(sdg)
    return found


def _comments() -> dict[int, int]:
    return defaultdict(int, db.session.execute(comments.counted()).all())


def _about(model: type[ProposalVersion | Answer], *order: sa.ColumnElement) -> Iterator[tuple[str, object]]:
    """(code, row) of each row about a proposal that everybody may read."""
    asked = sa.select(Proposal.id, Proposal.created_at, model).join(Proposal, Proposal.id == model.proposal_id).where(*SHOWN)
    return ((code_of(row), row[2]) for row in db.session.execute(asked.order_by(*order)))


def _versions(_portal: str) -> Iterator[dict[str, object]]:
    said = ("title", "text", "target", "target_n", "target_method", "needs_spaces", "needs_hours")
    for code, one in _about(ProposalVersion, ProposalVersion.proposal_id, ProposalVersion.number):
        cents = one.content["needs_cents"]
        told = {"proposal": code, "needs_euros": None if cents is None else cents / 100}
        yield _columns(one, "number", "at", "reason", "sha256") | {name: one.content[name] for name in said} | told


def _answers(_portal: str) -> Iterator[dict[str, object]]:
    for code, one in _about(Answer, Answer.id):
        yield _columns(one, "kind", "text", "act", "at", "replaced_at") | {"proposal": code}


def _results(_portal: str) -> Iterator[dict[str, object]]:
    shown = set(db.session.scalars(sa.select(Proposal.id).where(*SHOWN)))
    for one in db.session.scalars(_done().options(selectinload(Result.sources).joinedload(ResultSource.proposal))):
        sources = [f"{code_of(each.proposal)}:{each.kind}" for each in one.sources if each.proposal_id in shown]
        told = {"process": one.process.slug, "progress": one.progress / 100, "proposals": " ".join(sources)}
        yield _columns(one, "id", "title", "text", "state", "starts_on", "ends_on") | told


def _updates(_portal: str) -> Iterator[dict[str, object]]:
    names = ("day", "text", "state", "evidence_url", "evidence_words", "evidence_sha256", "at")
    for result in db.session.scalars(_done().options(selectinload(Result.updates))):
        for one in result.updates:
            yield _columns(one, *names) | {"result": result.id, "progress": one.progress / 100}


def _done() -> sa.Select:
    asked = sa.select(Result).join(Process).where(Process.published_at.is_not(None)).order_by(Result.id)
    return asked.options(contains_eager(Result.process))


TABLES: dict[str, Callable[[str], Iterator[dict[str, object]]]] = {
    "processes": _processes,
    "phases": _phases,
    "proposals": _proposals,
    "versions": _versions,
    "answers": _answers,
    "results": _results,
    "updates": _updates,
}
