"""Results, their updates with evidence, and the one thread from an idea to rooms, hours and figures."""

import io
import json
from datetime import date

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlalchemy.exc import DBAPIError

from hub.clock import now, today, wall
from hub.db import db
from hub.labs.models import Activity
from hub.proposals import answers, drafts, files, merging, results, silence, story
from hub.proposals.merging import Part
from hub.proposals.news import story as news_of
from hub.proposals.outcome_models import Discussed, Result, ResultSource, ResultUpdate
from hub.proposals.process_models import ProcessActivity
from hub.proposals.results import Evidence
from hub.proposals.voices import By, voice_of
from tests.hub.evaluation.releases import published, row
from tests.hub.labs.makers import DAY, person, refused
from tests.hub.labs.programmes import layout
from tests.hub.labs.programmes import published as in_a_room
from tests.hub.proposals.makers import CONTENT, process, proposal


class Case:
    """An accepted proposal, a refused one, and a manager."""

    def __init__(self) -> None:
        self.process = process("idee", update_days=30)
        self.ada, self.gina = person("ada"), person("gina", role="manager")
        self.orto, self.pozzo = (proposal(self.process, self.ada, title=title) for title in ("Un orto nuovo", "Un pozzo nuovo"))
        answers.answer(self.orto, "accepted", "", by=self.gina)
        answers.answer(self.pozzo, "rejected", "L'acqua non si può prendere.", by=self.gina)

    def result(self, kind: str = "adopted", **more: object) -> Result:
        told = {"title": "L'orto della corte", "text": "", "starts_on": None, "ends_on": None} | more
        return results.create(self.process, {self.orto: kind}, by=self.gina, **told)

    def update(self, found: Result, **more: object) -> ResultUpdate:
        said = {"day": today(), "text": "Arrivata la terra.", "state": "running", "progress": 2500, "by": self.gina} | more
        return results.update(found, **said)


def kinds(found) -> list[str]:
    return [one.kind for one in news_of(found)]


def test_a_result_comes_of_accepted_proposals_alone(session):
    case = Case()
    told = {"title": "Tutto", "by": case.gina}
    assert refused(results.create, case.process, {case.pozzo: "adopted"}, **told).rule == "doable"
    assert refused(results.create, case.process, {proposal(case.process, case.ada): "adopted"}, **told).rule == "doable"
    assert refused(results.create, case.process, {}, **told).rule == "sources"
    found = case.result()
    assert kinds(case.orto) == ["answered", "result_linked"]
    assert case.orto.state == "answered"  # nothing has begun
    assert refused(results.link, found, case.orto, "inspired", by=case.gina).rule == "linked"


def test_a_result_is_of_the_process_of_its_proposals(session):
    case = Case()
    found, other = case.result(), proposal(process("altro"), case.ada)
    with pytest.raises(DBAPIError, match="result_source_of_its_process"), db.session.begin_nested():
        told = {"result_id": found.id, "proposal_id": other.id, "kind": "adopted", "at": now()}
        db.session.execute(sa.insert(ResultSource).values(**told))


def test_a_proposal_follows_its_result_and_each_update_is_news(session):
    case = Case()
    found = case.result()
    case.update(found)
    assert case.orto.state == "in_execution"
    case.update(found, text="Finito.", state="done", progress=10_000)
    assert (case.orto.state, found.state, found.progress) == ("done", "done", 10_000)
    assert kinds(case.orto) == ["answered", "result_linked", "result_updated", "result_updated"]
    case.update(found, text="Chiuso: mancano le persone.", state="stopped", progress=8000)
    assert case.orto.state == "stopped"


def test_what_a_proposal_only_inspired_does_not_move_it(session):
    case = Case()
    case.update(case.result("inspired"))
    assert case.orto.state == "answered"
    assert [one.kind for one in silence.promises(case.orto)] == ["news"]


def test_an_update_tells_of_what_has_happened(session):
    case = Case()
    found = case.result()
    assert refused(case.update, found, day=today() + DAY).rule == "day"
    assert refused(case.update, found, state="done", progress=9900).rule == "done"
    both = refused(case.update, found, day=today() + DAY, evidence=Evidence("http://a.example", "A"))
    assert [one.rule for one in both.all] == ["day", "https"]


def test_an_update_is_never_rewritten(session):
    case = Case()
    made = case.update(case.result())
    with pytest.raises(DBAPIError, match="result_update_kept_update"), db.session.begin_nested():
        db.session.execute(sa.update(ResultUpdate).filter_by(id=made.id).values(text="Altro"))


def test_an_image_that_proves_something_is_made_anew(session):
    case, sent = Case(), io.BytesIO()
    image = Image.new("RGB", (60, 40), "green")
    exif = image.getexif()
    exif[0x010E] = "Via di casa mia"
    image.save(sent, "JPEG", exif=exif)
    remade = files.made_anew(sent.getvalue())
    found = case.result()
    made = case.update(found, evidence=Evidence(words="L'orto", kind=remade.kind, data=remade.data))
    kept = results.update_by(found, made.id)
    assert b"Via di casa mia" in sent.getvalue() and b"Via di casa mia" not in kept.evidence
    assert (kept.evidence_kind, len(kept.evidence_sha256)) == ("jpeg", 64)


def test_an_answer_that_refuses_cannot_undo_what_is_being_done(session):
    case = Case()
    case.result()
    seen = answers.live_answer(case.orto).id
    assert refused(answers.answer, case.orto, "rejected", "No.", by=case.gina, seen=seen).rule == "has-results"
    answers.answer(case.orto, "partly", "Solo i vasi.", by=case.gina, seen=seen)
    assert case.orto.state == "answered"


def test_news_of_what_is_being_done_is_promised_from_the_last_there_was(session):
    case = Case()
    found = case.result()
    (one,) = silence.promises(case.orto)
    assert (one.kind, one.result, one.due) == ("news", found.id, today() + 30 * DAY)
    case.update(found, state="done", progress=10_000)
    assert silence.promises(case.orto) == [] and silence.promise_of(found) is None


# --- the story


def held(activity: Activity, minutes: int) -> None:
    """The first session of an activity was held."""
    session = activity.sessions[0]
    session.state, session.minutes = "held", minutes
    db.session.flush()


def test_the_whole_thread_from_an_idea_to_rooms_hours_and_figures(session, hub, app):
    case = Case()
    activity, meeting = in_a_room(case.gina, layout(hub["aula-1"]), slug="orto-insieme")
    db.session.add(ProcessActivity(process_id=case.process.id, activity_id=activity.id))
    db.session.add(Discussed(session_id=meeting.id, proposal_id=case.orto.id, added_at=now()))
    db.session.flush()
    found = case.result(activity_id=activity.id)
    case.update(found, evidence=Evidence("https://comune.example/delibera", "La delibera"))
    told = story.story(case.orto)
    assert [one.kind for one in told.steps] == ["published", "answered", "result_linked", "result_updated", "discussed"]
    held(activity, 90)
    shown = [row("OM01", 1.5, 7, activity="orto-insieme"), row("OM01", None, 2, suppressed=True, activity="orto-insieme")]
    shown.append(row("OM01", 9.0, 9, activity="altra"))
    published(OM01_activity=shown, OM04_activity=[row("OM04", None, activity="orto-insieme")])
    with app.test_request_context():
        (programme,) = story.story(case.orto).programme
    assert programme.rooms == [("aula-1", hub["aula-1"].name)]
    assert (programme.slug, programme.held, programme.minutes) == ("orto-insieme", 1, 90)
    assert [(one.code, one.words, one.url) for one in programme.figures] == [("OM01", "1,5 ore", "/impatto/OM01")]
    assert told.steps[-2].told["evidence"]["url"] == "https://comune.example/delibera"


def test_versions_links_and_a_withdrawal_are_told_in_their_order(session):
    case = Case()
    author = By(voice_of(case.ada))
    found = drafts.begin(case.process, by=author)
    said = {name: CONTENT[name] for name in CONTENT if name != "files"}
    drafts.publish(found, said, by=author)
    drafts.edit(found, said | {"title": "Un orto più grande"}, reason="C'è più posto", by=author)
    one, other = merging.split(found, [Part("Orto a nord", "Coltiviamo " * 9), Part("Orto a sud", "Seminiamo " * 9)], by=author)
    assert [step.kind for step in story.story(found).steps] == ["published", "edited", "split_into", "split_into"]
    assert {step.kind for step in story.story(one).steps} == {"published", "split_from"}
    drafts.withdraw(other, "Ci ho ripensato", by=author)
    assert story.story(other).steps[-1].told == {"reason": "Ci ho ripensato"}
    assert story.story(other).promised == []


def test_the_story_as_data_names_nobody_and_counts_nobody(app, client):
    with app.app_context():
        case = Case()
        case.ada.given_name = "Adalgisa"
        case.update(case.result())
        code = case.orto.code
        db.session.commit()
    told = json.loads(client.get(f"/proposte/{code}/storia.json").text)
    assert [one["kind"] for one in told["steps"]] == ["published", "answered", "result_linked", "result_updated"]
    assert told["steps"][1]["days_late"] == 0 and date.fromisoformat(told["steps"][1]["due"]) > wall(now()).date()
    assert told["promised"][0]["what"] == "news" and told["promised"][0]["days_late"] == 0
    assert date.fromisoformat(told["promised"][0]["due"]) == wall(now()).date() + 30 * DAY
    text = json.dumps(told)
    assert "Adalgisa" not in text and "Gina" not in text and "@" not in text
    assert not [key for key in ("supports", "endorsements", "votes", "person") if f'"{key}"' in text]
    assert client.get("/proposte/PR-2026-999999/storia.json").status_code == 404
