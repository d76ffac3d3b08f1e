"""The figures for everybody: when they are asked for, of which periods, and what stays when new ones may not be shown."""

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from hub import demo
from hub.clock import now
from hub.db import db
from hub.evaluation import exports, figures, runs
from hub.evaluation.models import Export, ImpactRelease, ImpactTable, ReleasedCounts
from hub.labs import editions
from hub.participation.log import record
from hub.participation.seal import seal_log
from impact.acts import SessionHeld
from tests.hub.evaluation import releases


def held(year: int, number: int = 1) -> None:
    """A session of that year, in the log."""
    record(SessionHeld(activity="prova", session=f"s{year}-{number}", minutes=60), at=now().replace(year=year, month=6, day=1))
    db.session.commit()


def open_runs(session) -> list[str]:
    return list(session.scalars(sa.select(Export.state).where(Export.kind == "release")))


def test_nothing_is_asked_for_while_the_log_has_no_sealed_rows(session):
    held(2024)
    figures.ask_if_moved()
    assert open_runs(session) == []


def test_figures_are_asked_for_once_and_again_only_when_the_log_moved_an_hour_later(session):
    held(2024)
    seal_log()
    figures.ask_if_moved()
    figures.ask_if_moved()
    assert open_runs(session) == ["queued"]
    run = exports.claim()
    figures.store(releases.answer(figures.standing().head), [])
    exports.done(run, head=figures.standing().head)
    session.commit()
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        figures.ask_if_moved()
        assert len(open_runs(session)) == 1, "the log is where it was"
    held(2024, 2)
    seal_log()
    figures.ask_if_moved()
    assert len(open_runs(session)) == 1, "not within the hour"
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        figures.ask_if_moved()
        assert sorted(open_runs(session)) == ["done", "queued"]


def test_what_failed_is_tried_again_an_hour_later(session):
    held(2024)
    seal_log()
    figures.ask_if_moved()
    exports.failed(exports.claim(), "broken")
    session.commit()
    figures.ask_if_moved()
    assert open_runs(session) == ["failed"]
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        figures.ask_if_moved()
        assert sorted(open_runs(session)) == ["failed", "queued"]


def test_the_periods_are_all_years_each_year_of_the_log_and_editions_that_are_no_whole_year(session):
    editions.make(code="primavera", name={"it": "P"}, starts_on=date(2024, 3, 1), ends_on=date(2024, 6, 30))
    editions.make(code="2024", name={"it": "2024"}, starts_on=date(2024, 1, 1), ends_on=date(2024, 12, 31))
    held(2022)
    held(2024)
    seal_log()
    assert [one.key for one in figures.spans()] == ["tutto", "2022", "2024", "edizione-primavera"]
    assert figures.spans()[0][1:] == (date(2022, 1, 1), date(2024, 12, 31))


def test_the_database_keeps_a_second_computing_from_being_asked_for(session):
    exports.ask_release()
    session.commit()
    session.add(Export(kind="release", params={}, asked_at=now()))
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()
    session.rollback()


def test_a_table_that_is_refused_keeps_its_last_figures_and_says_why(session):
    first = releases.published()
    told = releases.answer("b" * 64)
    told["refused"] = [{"code": "OM05", "period": "tutto", "by": "", "why": "the difference is a small group"}]
    told["tables"] = [one for one in told["tables"] if (one["code"], one["period"], one["by"]) != ("OM05", "tutto", "")]
    second = figures.store(told, [])
    session.commit()
    old, other = figures.of_indicator("OM05", "tutto")[""], figures.of_indicator("OM06", "tutto")[""]
    assert (old.release.head, other.release.head) == (first.head, second.head)
    assert (old.rows[0]["value"], old.rows[0]["n"]) == (51, 51)
    assert [one.refused for one in figures.refused()] == ["the difference is a small group"]
    third = figures.store(releases.answer("c" * 64), [])
    session.commit()
    assert figures.refused() == []
    assert [one.id for one in session.scalars(sa.select(ImpactRelease))] == [third.id], "what nothing is of any more is gone"


def test_a_period_that_is_no_longer_computed_is_no_longer_shown(session):
    releases.published()
    told = releases.answer("b" * 64)
    told["tables"] = [one for one in told["tables"] if one["period"] == "tutto"]
    figures.store(told, [])
    assert set(session.scalars(sa.select(ImpactTable.period))) == {"tutto"}


def test_the_register_of_what_was_published_goes_out_as_files_and_comes_back_with_what_is_new(session, tmp_path):
    session.add_all(ReleasedCounts(statistic="OM05", line=json.dumps({"n": n}), at=now()) for n in (1, 2))
    session.flush()
    before = figures.write_register(tmp_path / "register")
    with (tmp_path / "register" / "OM05.jsonl").open("a") as file:
        file.write('{"n": 3}\n')
    (tmp_path / "register" / "OM06.jsonl").write_text('{"n": 4}\n')
    found = figures.read_register(tmp_path / "register", before)
    assert [(one.statistic, one.line) for one in found] == [("OM05", '{"n": 3}'), ("OM06", '{"n": 4}')]


@pytest.mark.parametrize("statement", ["UPDATE released_counts SET line = 'x'", "DELETE FROM released_counts"])
def test_what_was_published_is_never_written_otherwise(session, statement):
    session.add(ReleasedCounts(statistic="OM05", line="{}", at=now()))
    session.commit()
    with pytest.raises(sa.exc.DBAPIError, match="released_counts_kept"):
        session.execute(sa.text(statement))
    session.rollback()


def test_the_demo_s_log_gives_back_the_figures_of_the_papers_on_the_public_page(app, client):
    """Through all of it: the log is exported, impact computes and guards it, the tables are stored, the page shows them."""
    with app.app_context():
        demo.load()
        db.session.commit()
        seal_log()
        figures.ask_if_moved()
        db.session.commit()
        assert runs.make_all() == 1
        run = exports.last_release()
        assert (run.state, run.why, run.detail, run.head) == ("done", "", "", figures.standing().head)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ReleasedCounts)) > 50
    page = client.page("/impatto")
    glance = [[cell.text for cell in node.findall("td")] for node in page.tree.iter("tr")]
    assert ["220 ore", "17", "41", "41"] in glance
    assert ["190 ore", "25", "10", "–"] in glance
    accompanied = client.page("/impatto/OM31")
    assert "Organizzazioni: 10" in accompanied.text
    dropouts = client.page("/impatto/OM14")
    assert "nascosto" in dropouts.text and "7,3%" not in dropouts.text, "three of 41 are three kids"
