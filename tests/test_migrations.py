"""The migrations: numbered, reversible, and leading to what the models say, on both engines."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade

from hub import create_app
from hub.db import db, missing_guarantees, must_hold_guarantees
from tests.databases import environment

SEARCHED = re.compile(r"\w+_fts(_\w+)?$")  # full-text indexes, which autogenerate does not know; SQLite keeps one in tables
VERSIONS = Path(__file__).parent.parent / "migrations" / "versions"


def schema(connection: sa.Connection) -> dict[str, str]:
    """Every object of the schema by name, as the database itself writes it down."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        )
    else:
        rows = connection.exec_driver_sql(
            "SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND conrelid <> 0"
            " UNION ALL SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " JOIN pg_class ON pg_class.oid = indrelid AND relnamespace = 'public'::regnamespace "
            " UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE NOT tgisinternal UNION ALL SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
    return {name: " ".join(re.sub(r'["()]', " ", text).split()) for name, text in rows if "alembic_version" not in name}


def columns(connection: sa.Connection) -> dict[str, list]:
    inspector = sa.inspect(connection)
    return {
        # sorted: a column that a later migration adds stands last
        table: sorted((column["name"], str(column["type"]), column["nullable"]) for column in inspector.get_columns(table))
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_migrations_are_numbered_in_one_line():
    numbers = sorted(path.name[:4] for path in VERSIONS.glob("*.py"))
    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]
    assert len(ScriptDirectory(VERSIONS.parent).get_heads()) == 1


def test_up_down_and_up_again_leave_the_same_database(app, session):
    whole = schema(session.connection())
    session.rollback()
    downgrade(revision="base")
    assert schema(session.connection()) == {}
    session.rollback()
    upgrade()
    assert schema(session.connection()) == whole


def test_the_migrations_make_what_the_models_say(app, session):
    connection = session.connection()
    opts = {"compare_type": True, "include_name": lambda name, _kind, _parents: not SEARCHED.match(name or "")}
    assert compare_metadata(MigrationContext.configure(connection, opts=opts), db.metadata) == []
    migrated = schema(connection), columns(connection)
    session.rollback()
    downgrade(revision="base")
    db.create_all()
    connection = session.connection()
    made = schema(connection), columns(connection)
    assert made[1] == migrated[1]
    if connection.dialect.name == "postgresql":
        assert made[0] == migrated[0]
    else:  # the order of the clauses of a table may differ there; its triggers and indexes are the same to the letter
        assert set(made[0]) == set(migrated[0])
        triggers = {name: text for name, text in made[0].items() if not text.startswith("CREATE TABLE")}
        assert triggers.items() <= migrated[0].items()


def test_a_migrated_database_lacks_no_guarantee(session):
    assert missing_guarantees(session.connection()) == []


@pytest.mark.parametrize("lost", ["allocation_no_overlap", "log_entry_no_update", "one_of_manager_evaluator"])
def test_the_server_refuses_to_start_where_a_guarantee_is_missing(app, session, lost):
    sqlite = session.get_bind().dialect.name == "sqlite"
    statement = {
        "allocation_no_overlap": "DROP TRIGGER allocation_no_overlap_ins"
        if sqlite
        else "ALTER TABLE allocation DROP CONSTRAINT allocation_no_overlap",
        "log_entry_no_update": "DROP TRIGGER log_entry_no_update" + ("" if sqlite else " ON log_entry"),
        "one_of_manager_evaluator": "DROP INDEX one_of_manager_evaluator",
    }[lost]
    session.execute(sa.text(statement))
    session.commit()
    with pytest.raises(SystemExit, match=f"{lost}.*flask db upgrade"):
        must_hold_guarantees(app)


def test_a_batch_that_drops_triggers_is_noticed(app, session):
    """Alembic rebuilds a table to alter it on SQLite, and its triggers go with the old one."""
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL alters in place")
    with Operations(MigrationContext.configure(session.connection())).batch_alter_table("allocation", recreate="always") as batch:
        batch.add_column(sa.Column("note", sa.Text()))
    session.commit()
    with pytest.raises(SystemExit, match="allocation_no_overlap_ins"):
        must_hold_guarantees(app)


def test_a_server_whose_database_is_away_starts_and_waits():
    app = create_app(environment("postgresql://nobody@127.0.0.1:9/none"))
    must_hold_guarantees(app)
