"""What the published figures tell of activities, for the rooms below that ask: the stories of proposals."""

from collections.abc import Collection, Iterable

import sqlalchemy as sa
from flask import Flask, url_for

from hub.db import db
from hub.evaluation import showing
from hub.evaluation.figures import EVERYTHING, latest
from hub.evaluation.models import ImpactTable
from hub.proposals.story import SOURCES, Figure


def init(_app: Flask) -> None:
    if published_of not in SOURCES:
        SOURCES.append(published_of)


def published_of(slugs: Collection[str]) -> Iterable[Figure]:
    """What is published of each of these activities over all years, where it is neither hidden nor absent; two statements."""
    release = latest()
    if release is None:
        return []
    names = {one["code"]: one["name"] for one in release.catalogue}
    tables = sa.select(ImpactTable).filter_by(period=EVERYTHING, by="activity").order_by(ImpactTable.code)
    rows = [row for table in db.session.scalars(tables) if table.code in names for row in table.rows]
    told = [row for row in rows if row["by"].get("activity") in slugs and row["value"] is not None and not row["suppressed"]]
    return [
        Figure(
            activity=row["by"]["activity"],
            code=row["code"],
            name=names[row["code"]],
            words=showing.figure(row),
            value=row["value"],
            unit=row["unit"],
            url=url_for("impact.indicator", code=row["code"]),
        )
        for row in told
    ]
