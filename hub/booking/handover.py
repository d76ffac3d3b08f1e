"""The state in which a space is handed over and given back: what was looked at, notes, a photo."""

import io

import sqlalchemy as sa
from PIL import Image, ImageOps, UnidentifiedImageError

from hub.accounts.models import Person
from hub.booking.models import Handover
from hub.clock import now
from hub.db import db
from hub.refusal import Refusal
from hub.spaces.models import Occurrence

CHECKS = ("keys", "furniture", "equipment", "clean", "undamaged")
MOST_BYTES, MOST_PIXELS, LONGEST_SIDE = 8_000_000, 40_000_000, 1600
FORMATS = ("JPEG", "PNG", "WEBP")


def hand_over(
    occurrence: Occurrence, *, moment: str, checks: dict[str, bool], notes: str, photo: bytes | None, by: Person
) -> Handover:
    """Write down how a space is (moment: in or out). photo: as it was sent. Raises Refusal for one that is none."""
    row = Handover(occurrence_id=occurrence.id, moment=moment, checks=checks, notes=notes, by_id=by.id, at=now())
    row.photo = plain_photo(photo) if photo else None
    db.session.add(row)
    return row


def plain_photo(sent: bytes) -> bytes:
    """A photo as JPEG of at most 1600 pixels a side, written anew: without place, camera or anything that was hidden in it."""
    if len(sent) > MOST_BYTES:
        raise Refusal("La foto è troppo grande: al massimo 8 MB.", field="photo", rule="photo-size")
    try:
        with Image.open(io.BytesIO(sent), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Refusal("La foto ha troppi pixel: al massimo 40 milioni.", field="photo", rule="photo-size")
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refusal("Questo file non è una foto: mandane una in JPEG, PNG o WebP.", field="photo", rule="photo-kind") from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    file = io.BytesIO()
    upright.save(file, "JPEG", quality=80)
    return file.getvalue()


def handovers_of(occurrence: Occurrence) -> list[Handover]:
    """The oldest first; without their photos, which are large."""
    found = sa.select(Handover).where(Handover.occurrence_id == occurrence.id).order_by(Handover.id)
    return list(db.session.scalars(found.options(sa.orm.defer(Handover.photo))))


def photo_of(occurrence: Occurrence, id: int) -> bytes | None:
    return db.session.scalar(sa.select(Handover.photo).where(Handover.id == id, Handover.occurrence_id == occurrence.id))


def with_photo(occurrence: Occurrence) -> set[int]:
    """The ids of those that have a photo."""
    found = sa.select(Handover.id).where(Handover.occurrence_id == occurrence.id, Handover.photo.is_not(None))
    return set(db.session.scalars(found))
