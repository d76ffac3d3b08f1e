"""How Alembic runs here: through Flask-Migrate, with the portal's own engine and models."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db


def run() -> None:
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # A migration takes its locks quickly or not at all, and may work longer than a page may.
            connection.execute(sa.text("SET lock_timeout = '4s'"))
            connection.execute(sa.text("SET statement_timeout = '10min'"))
            connection.commit()
        else:
            # To rebuild a table is to drop it and rename its successor: what refers to it must stay as it is meanwhile.
            connection.connection.execute("PRAGMA foreign_keys = OFF")
            connection.connection.execute("PRAGMA legacy_alter_table = ON")
        context.configure(
            connection=connection, target_metadata=database.metadata, **current_app.extensions["migrate"].configure_args
        )
        with context.begin_transaction():
            context.run_migrations()
            on_sqlite = connection.dialect.name == "sqlite"
            if on_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                raise SystemExit(f"The migration would leave rows that refer to none: {broken[:5]}")
        connection.invalidate()  # its settings were the migration's own


run()
