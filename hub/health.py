"""Two questions of the machines that keep the portal up: is the process alive, and can it do its work?"""

import shutil
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, current_app, jsonify

from hub.access import public
from hub.db import db, missing_guarantees
from hub.notices.outbox import oldest_due_seconds

bp = Blueprint("health", __name__)
MAIL_MAY_WAIT_SECONDS = 900
DISK_FREE_SHARE = 0.05


def init(app: Flask) -> None:
    app.register_blueprint(bp)


@bp.get("/healthz")
@public
def alive() -> Response:
    """The process answers."""
    return jsonify(alive=True)


@bp.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """The database answers at the right migration with its guarantees, mail goes out, the disk has room."""
    checks = _checks()
    return jsonify(checks), 200 if all(checks.values()) else 503


def _checks() -> dict[str, bool]:
    disk = shutil.disk_usage(Path(current_app.instance_path).parent)
    checks = {"disk": disk.free / disk.total > DISK_FREE_SHARE}
    try:
        connection = db.session.connection()
        heads = set(ScriptDirectory(current_app.extensions["migrate"].directory).get_heads())
        checks |= {
            "migrations": set(MigrationContext.configure(connection).get_current_heads()) == heads,
            "guarantees": not missing_guarantees(connection),
            "mail": oldest_due_seconds() < MAIL_MAY_WAIT_SECONDS,
            "database": True,
        }
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        checks["database"] = False
    return checks
