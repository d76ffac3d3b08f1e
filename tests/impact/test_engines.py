"""PostgreSQL, in place, gives what DuckDB gives on the same log, to the last digit."""

import json
import re
from random import Random

import psycopg
import pytest

from impact import COLUMNS, LogError, seal
from impact.chain import canonical_facts
from impact.indicators import compute
from impact.tables import opened
from tests.impact.chance import random_story
from tests.impact.stories import Story

SEEDS = (3, 5)
BREAKDOWNS = ((), ("activity",), ("month", "gender"), ("cohort",), ("centre", "activity", "month"))


def fill_portal(url: str, rows: list) -> None:
    """The portal's own tables, sealed."""
    with psycopg.connect(url) as connection:
        for number, row in enumerate(seal(rows), 1):
            cells = [*row[:10], canonical_facts(row.facts)]
            connection.execute(
                f"INSERT INTO log_entry (id, {', '.join(COLUMNS[:11])}) VALUES ({', '.join(['%s'] * 12)})", [number, *cells]
            )
            connection.execute("INSERT INTO log_seal VALUES (%s, %s, %s, %s)", [number, row.seq, row.prev_hash, row.hash])


def fill_plain(url: str, rows: list) -> None:
    """A table with the columns of the file, facts as jsonb."""
    kinds = {"ts_event": "timestamptz", "ts_recorded": "timestamptz", "minutes": "integer", "facts": "jsonb"}
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE log_seal, log_entry CASCADE")
        columns = ", ".join(f"{name} {kinds.get(name, 'text')}" for name in COLUMNS[:11])
        connection.execute(f"CREATE TABLE participation_log ({columns})")
        for row in rows:
            cells = [*row[:10], json.dumps(row.facts)]
            connection.execute(f"INSERT INTO participation_log VALUES ({', '.join(['%s'] * 11)})", cells)


@pytest.fixture
def database(postgresql):
    with postgresql.fresh() as url:
        yield url


def valid_story(seed: int) -> Story:
    """One without voids in a circle."""
    story = random_story(seed, 400)
    types = {row.event_id: row.type for row in story.rows}
    story.rows = [row for row in story.rows if types.get(row.ref) != "event.voided"]
    kept = {row.event_id for row in story.rows}
    story.rows = [row for row in story.rows if row.ref is None or row.ref in kept]
    return story


@pytest.mark.parametrize("seed", SEEDS)
def test_the_whole_catalogue_is_equal_on_postgresql(database, tmp_path, seed):
    story = valid_story(seed)
    folder = story.folder(tmp_path / "log")
    fill_portal(database, story.rows)
    for by in BREAKDOWNS:
        here = compute(folder, by=by, threshold=0)
        there = compute(database, engine="postgres", side=folder, by=by, threshold=0)
        assert there.indicators == here.indicators
        assert there.rows == here.rows
    assert there.log_head == list(seal(story.rows))[-1].hash


def test_a_table_of_ones_own_is_read_in_place_and_by_copy(database, tmp_path):
    story = valid_story(7)
    story.rows.sort(key=lambda row: (row.ts_recorded, row.event_id))  # the order of a table that keeps none
    folder = story.folder(tmp_path / "log")
    fill_plain(database, story.rows)
    answers = [
        compute(folder, threshold=0).indicators,
        compute(database, side=folder, threshold=0).indicators,
        compute(database, engine="postgres", side=folder, threshold=0).indicators,
    ]
    assert answers[1] == answers[0]
    assert answers[2] == answers[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE participation_log SET minutes = 2000 WHERE type = 'session.held'", "column minutes: 2000 is more than a day"),
        ("UPDATE participation_log SET minutes = -1 WHERE type = 'session.held'", "column minutes: -1 is not a whole number"),
        ("UPDATE participation_log SET type = 'x' WHERE type = 'session.held'", "column type: 'x' is not an act"),
        ("UPDATE participation_log SET session = NULL WHERE type = 'attendance.recorded'", "column session: is empty"),
        ("INSERT INTO participation_log SELECT * FROM participation_log LIMIT 1", "column event_id: .* stands in an earlier row"),
        ("UPDATE participation_log SET ref = 'x' WHERE type = 'event.voided'", "column ref: 'x' is not an event of this log"),
        ("""UPDATE participation_log SET facts = '{"score": 99}' WHERE type = 'feedback.given'""", "column facts: 'score' is 99"),
        ("ALTER TABLE participation_log ALTER ts_event TYPE timestamp", "in place it must be timestamp with time zone"),
        ("ALTER TABLE participation_log DROP minutes", "column minutes: the column is missing"),
    ],
)
def test_bad_rows_of_a_database_are_refused_by_their_place(database, change, words):
    story = Story()
    story.void(story.hold("s1", "2023-03-06", "p1"))
    story.tell("feedback.given", "2023-03-06", None, "a", score=3, question="q")
    fill_plain(database, story.rows)
    with psycopg.connect(database) as connection:
        connection.execute(change)
    with pytest.raises(LogError, match=words), opened(database, engine="postgres"):
        pass


def test_nothing_is_left_on_the_server(database, tmp_path):
    story = valid_story(Random(1).randrange(100))
    fill_portal(database, story.rows)
    tables = "SELECT count(*) FROM pg_class"
    with psycopg.connect(database, autocommit=True) as connection:
        before = connection.execute(tables).fetchone()
        compute(database, engine="postgres", threshold=0, only=("OM05",))
        assert connection.execute(tables).fetchone() == before


def test_a_server_that_refuses_is_said_in_words(database):
    story = Story()
    story.hold("s1", "2023-03-06")
    fill_plain(database, story.rows)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN")
        name = connection.execute("SELECT current_database()").fetchone()[0]
        connection.execute(f"GRANT SELECT ON participation_log TO reader; REVOKE TEMP ON DATABASE {name} FROM PUBLIC")
        reader = database.replace("//postgres:", "//reader:", 1)
        try:
            with pytest.raises(LogError) as refused, opened(reader, engine="postgres"):
                pass
            assert re.search("permission denied|cannot be read", str(refused.value))
        finally:
            connection.execute("REVOKE ALL ON participation_log FROM reader; DROP ROLE reader")


def test_an_engine_that_does_not_read_a_log_says_so(tmp_path):
    story = Story()
    story.hold("s1", "2023-03-06")
    folder = story.folder(tmp_path / "log")
    with pytest.raises(LogError, match="give a postgresql:// URL"), opened(folder, engine="postgres"):
        pass
    with pytest.raises(LogError, match="there is no engine 'dask'"), opened(folder, engine="dask"):
        pass
