"""Processes by their staff: begun from a preset, published, extended by an act that moves what comes after, concluded."""

import itertools
from datetime import datetime

import pytest
import sqlalchemy as sa

from hub.clock import ROME, now, wall
from hub.db import db
from hub.notices.letter import words
from hub.notices.models import Notice
from hub.proposals import planning
from hub.proposals.meetings import put_on_agenda
from hub.proposals.presets import PRESETS
from hub.proposals.process_models import Phase, PhaseChange, Process
from hub.proposals.process_rules import Terms
from tests.hub.labs.makers import lab, person, refused
from tests.hub.proposals.makers import DAY, HOUR, process, proposal
from tests.hub.proposals.test_kept import refused as refused_by_the_database

TITLE = {"it": "Idee per la corte", "en": "Ideas for the court"}
WHOLE = {"summary": {"it": "In una frase."}, "text": {"it": "Per esteso."}}
ACT = {"act": "Determinazione 12/2027", "reason": "La festa patronale"}


def rome(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME)


def begun(preset: str = "idea_collection", opens_at: datetime | None = None) -> Process:
    manager = person(f"capo{db.session.scalar(sa.select(sa.func.count()).select_from(Process))}")
    return planning.begin(preset, title=TITLE, office="Settore X", opens_at=opens_at or now() + DAY, by=manager)


def locked(of: Process) -> Process:
    return planning.process_to_change(of.slug)


def times(of: Process) -> list[tuple[str, str]]:
    """When each phase opens and closes, on Lecce's clocks."""
    return [tuple(f"{wall(at):%Y-%m-%d %H:%M}" for at in (one.opens_at, one.closes_at)) for one in of.phases]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_draft_has_the_terms_and_the_phases_of_its_preset(session, preset):
    made = begun(preset, rome("2027-03-01T09:00").astimezone(now().tzinfo))
    chosen = PRESETS[preset]
    assert (made.state, made.preset, made.slug, made.published_at) == ("draft", preset, "idee-per-la-corte", None)
    assert {name: getattr(made, name) for name in chosen.terms} == chosen.terms
    assert [planning.terms_of(one).switches for one in made.phases] == [step.open_to for step in chosen.steps]
    assert all(before.closes_at == after.opens_at for before, after in itertools.pairwise(made.phases))
    shown = times(made)
    assert shown[0][0] == "2027-03-01 09:00" and {closes[-5:] for _opens, closes in shown} == {"12:00"}


def test_two_of_one_title_have_addresses_of_their_own(session):
    assert [begun().slug for _ in range(2)] == ["idee-per-la-corte", "idee-per-la-corte-2"]


def test_phases_of_a_draft_are_written_whole_in_the_order_of_their_times(session):
    made = begun()
    was, at = made.version, now()
    late = Terms({"it": "Dopo", "en": "After"}, at + 5 * DAY, at + 6 * DAY, ("answers",))
    early = Terms({"it": "Prima", "en": "Before"}, at + 2 * DAY, at + 5 * DAY, ("submits", "supports"), 2)
    planning.set_phases(locked(made), [late, early])
    assert [(one.number, one.name["it"], one.supports_most) for one in made.phases] == [(1, "Prima", 2), (2, "Dopo", None)]
    assert made.version > was, "who saw the phases before is told"
    over = refused(planning.set_phases, made, [early, Terms(early.name, early.opens_at, late.closes_at, ("answers",))])
    assert over.rule == "phase-order" and len(made.phases) == 2


def test_a_draft_is_published_once_it_lacks_nothing_and_then_stays(session):
    made = begun()
    assert refused(planning.publish, made).rule == "told"
    planning.edit(made, **WHOLE)
    planning.publish(made)
    assert (made.state, made.published_at is not None) == ("published", True)
    for verb in (planning.publish, planning.discard):
        assert refused(verb, made).rule == "published"
    assert refused(planning.set_phases, made, []).rule == "published"


def test_of_a_public_process_only_the_words_change(session):
    made = begun()
    planning.edit(made, slug="corte-2027", answer_days=20, **WHOLE)
    planning.publish(made)
    planning.edit(made, title={"it": "Idee", "en": "Ideas"}, answer_days=20)
    assert (made.slug, made.answer_days, made.title["it"]) == ("corte-2027", 20, "Idee")
    kept = refused(planning.edit, made, answer_days=40)
    assert (kept.rule, kept.field) == ("terms-kept", "answer_days")
    assert refused(planning.edit, made, slug="altro").rule == "terms-kept"
    assert refused(planning.edit, made, title={"it": "Idee"}).rule == "title"


def test_an_address_that_another_has_is_refused(session):
    one, other = begun(), begun()
    with db.session.begin_nested() as nested:
        assert refused(planning.edit, other, slug=one.slug).rule == "slug-taken"
        nested.rollback()


def test_a_draft_that_is_thrown_away_leaves_nothing(session):
    made = begun("neighbourhood_pact")
    planning.discard(locked(made))
    assert db.session.scalars(sa.select(Process)).all() == db.session.scalars(sa.select(Phase)).all() == []


# --- extended


def three(*lengths: tuple[float, float]) -> Process:
    """A public process whose phases are open from and to so many days from now."""
    at = now().replace(microsecond=0)
    kinds = itertools.chain([{"submits": True}, {"supports": True}], itertools.repeat({"answers": True}))
    rows = [{"opens_at": at + a * DAY, "closes_at": at + b * DAY} | kind for (a, b), kind in zip(lengths, kinds, strict=False)]
    return process("corte", *rows)


def test_an_extension_moves_what_comes_after_by_as_much_as_needed(session):
    made, manager = three((-1, 10), (10, 20), (23, 30), (60, 70)), person("gina")
    first, second, third, last = made.phases
    before = [(one.opens_at, one.closes_at) for one in made.phases]
    moved = planning.extend(first, first.closes_at + 5 * DAY, **ACT, by=manager)
    assert [one.phase_id for one in moved] == [first.id, second.id, third.id]
    assert (first.opens_at, first.closes_at) == (before[0][0], before[0][1] + 5 * DAY)
    assert second.opens_at == first.closes_at and third.opens_at == second.closes_at
    assert (last.opens_at, last.closes_at) == before[3], "what is far enough stays"
    assert wall(second.closes_at).time() == wall(before[1][1]).time()
    kept = db.session.scalars(sa.select(PhaseChange).order_by(PhaseChange.opens_at)).all()
    assert [(one.phase_id, one.opens_before, one.closes_before) for one in kept] == [
        (phase.id, *times) for phase, times in zip((first, second, third), before, strict=False)
    ]
    assert {(one.act, one.reason, one.by_id) for one in kept} == {(*ACT.values(), manager.id)}
    assert [one.phase_id for one in planning.changes(made)] == [first.id, second.id, third.id]


@pytest.mark.parametrize(
    "closes, then, moved_to",
    [
        ("2027-03-20T12:00", ("2027-03-20T12:00", "2027-04-10T12:00"), ("2027-03-27T12:00", "2027-04-17T12:00")),
        ("2027-03-21T02:30", ("2027-03-21T02:30", "2027-03-22T02:30"), ("2027-03-28T03:30", "2027-03-29T03:30")),
        ("2027-10-24T12:00", ("2027-10-24T12:00", "2027-11-07T09:00"), ("2027-10-31T12:00", "2027-11-14T09:00")),
    ],
)
def test_deadlines_keep_the_hour_of_the_clock_over_the_nights_in_which_it_changes(closes, then, moved_to):
    utc = now().tzinfo
    first = Phase(number=1, opens_at=rome("2027-01-01T12:00").astimezone(utc), closes_at=rome(closes).astimezone(utc))
    after = Phase(number=2, opens_at=rome(then[0]).astimezone(utc), closes_at=rome(then[1]).astimezone(utc))
    asked = rome(moved_to[0]).astimezone(utc)
    (_first, (phase, opens, ends)) = planning._moves([first, after], first, asked)
    assert phase is after
    assert [f"{wall(at):%Y-%m-%dT%H:%M}" for at in (opens, ends)] == list(moved_to)


def test_a_phase_that_a_clock_change_would_eat_up_keeps_its_length():
    utc = now().tzinfo
    first = Phase(number=1, opens_at=rome("2027-01-01T12:00").astimezone(utc), closes_at=rome("2027-03-27T02:00").astimezone(utc))
    after = Phase(number=2, opens_at=first.closes_at, closes_at=first.closes_at + HOUR)
    (_first, (_after, opens, ends)) = planning._moves([first, after], first, first.closes_at + DAY)
    assert ends - opens == HOUR and wall(opens).hour == 3


def test_authors_and_who_has_a_draft_are_told_by_mail_with_act_and_reason(session, app):
    made, manager = three((-1, 10), (10, 20)), person("gina")
    ada, bea, zoe = person("ada"), person("bea"), person("zoe")
    proposal(made, ada)
    proposal(made, ada, state="draft")
    proposal(made, bea, state="draft")
    proposal(process("altro"), zoe)
    planning.extend(made.phases[0], made.phases[0].closes_at + DAY, **ACT, by=manager)
    mails = db.session.scalars(sa.select(Notice).order_by(Notice.address)).all()
    assert [(one.kind, one.address) for one in mails] == [("proposals/extended", one.email) for one in (ada, bea)]
    subject, body = words(mails[0], "it")
    assert subject == "Date cambiate: Idee per il cortile"
    assert ACT["act"] in body and ACT["reason"] in body and "/partecipa/corte" in body and "Fase 2" in body


def test_an_extension_that_makes_no_sense_changes_nothing(session):
    made, manager = three((-5, -1), (1, 10)), person("gina")
    over, coming = made.phases
    assert refused(planning.extend, over, now() + DAY, **ACT, by=manager).rule == "phase-over"
    asked = refused(planning.extend, coming, coming.closes_at - DAY, act="", reason="", by=manager)
    assert [one.rule for one in asked.all] == ["later", "act", "reason"]
    draft = begun()
    assert refused(planning.extend, draft.phases[0], now() + 300 * DAY, **ACT, by=manager).rule == "draft"
    assert db.session.scalars(sa.select(PhaseChange)).all() == []


# --- concluded


def test_a_process_is_concluded_when_it_is_over_and_everybody_has_an_answer(session):
    made, ada = three((-20, -10), (-10, -1)), person("ada")
    open_ = proposal(made, ada, at=now() - 15 * DAY)
    proposal(made, ada, state="draft")
    waits = refused(planning.conclude, made)
    assert (waits.rule, waits.values["waiting"]) == ("unanswered", 1)
    open_.state = "answered"
    planning.conclude(made)
    assert made.concluded_at is not None
    assert refused(planning.conclude, made).rule == "concluded"
    assert refused(planning.edit, made, title=TITLE).rule == "concluded"
    assert refused(planning.conclude, three_more := process("dopo")).rule == "not-over" and three_more.concluded_at is None


def test_what_moderators_hide_does_not_keep_a_process_open(session):
    made = three((-20, -10))
    hidden = proposal(made, person("ada"), at=now() - 15 * DAY)
    hidden.hidden_at = now()
    planning.conclude(made)
    assert made.concluded_at is not None


# --- labs


def test_a_public_activity_belongs_to_a_process_until_its_meetings_are_used(session):
    made, activity = process(), lab("orto")
    assert refused(planning.attach, made, lab("bozza", state="draft")).rule == "activity-draft"
    planning.attach(made, activity)
    planning.attach(made, activity)
    assert [one.slug for one in planning.activities_of(made)] == ["orto"]
    assert planning.attached(made, "orto") is activity and planning.attached(made, "altro") is None
    found = proposal(made, person("ada"))
    put_on_agenda(activity.sessions[0], made, found.code)
    assert refused(planning.detach, made, activity).rule == "activity-used"
    db.session.execute(sa.text("DELETE FROM discussed"))
    planning.detach(made, activity)
    assert planning.activities_of(made) == []
    assert activity in planning.activities_to_attach(made)


def test_a_process_is_found_by_its_address_as_it_stands(session):
    made = begun()
    db.session.execute(sa.update(Process).values(office="Altro"), execution_options={"synchronize_session": False})
    assert planning.process_to_change(made.slug).office == "Altro" and planning.process_to_change("nessuno") is None
    assert [one.slug for one in planning.processes()] == [made.slug]


def test_what_a_public_process_announced_is_kept_by_the_database(session):
    made, manager = three((-1, 10), (10, 20)), person("gina")
    first = made.phases[0]
    times = {"opens_before": first.opens_at, "closes_before": first.closes_at, "opens_at": first.opens_at}
    told = {"phase_id": first.id, **times, "closes_at": first.closes_at + DAY, "by_id": manager.id, "at": now()} | ACT
    later_phase = {"process_id": made.id, "number": 9, "name": {}, "opens_at": now() + 50 * DAY, "closes_at": now() + 60 * DAY}
    refused_by_the_database("phase_kept_insert", sa.insert(Phase).values(**later_phase))
    refused_by_the_database("phase_kept_delete", sa.delete(Phase).filter_by(id=first.id))
    for column in ("act", "reason"):
        refused_by_the_database("ck_phase_change_why", sa.insert(PhaseChange).values(**told | {column: ""}))
    late = sa.insert(PhaseChange).values(**told | {"at": first.closes_at})
    refused_by_the_database("ck_phase_change_while_open", late)
    refused_by_the_database("process_published_for_good", sa.update(Process).values(state="draft", published_at=None))
    refused_by_the_database("process_kept_delete", sa.delete(Process).filter_by(id=made.id))
    planning.extend(first, first.closes_at + DAY, **ACT, by=manager)
    refused_by_the_database("phase_change_kept_update", sa.update(PhaseChange).values(reason="Altro"))
    refused_by_the_database("phase_change_kept_delete", sa.delete(PhaseChange))
