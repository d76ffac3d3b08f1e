"""Files that go with a proposal: made anew from what was sent, so that nothing that was hidden in them goes along."""

import hashlib
import io
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from PIL import Image, ImageOps, UnidentifiedImageError

from hub.clock import now
from hub.db import db
from hub.proposals import papers
from hub.proposals.drafts import live_files, must_be_writable
from hub.proposals.models import Proposal, ProposalFile
from hub.proposals.voices import By
from hub.refusal import Refusal

MOST_FILES, MOST_BYTES = 5, 5_000_000
MOST_PIXELS, LONGEST_SIDE = 40_000_000, 4000
PAPER_SECONDS = 15  # that a PDF may take, by the clock
LARGEST = 10_485_760  # of one that was made anew, in bytes
FORMATS = {"JPEG": "jpeg", "PNG": "png", "WEBP": "webp"}
SUFFIXES = {"pdf": "pdf", "jpeg": "jpg", "png": "png", "webp": "webp"}
TYPES = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
NO_IMAGE = (
    *(UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning),
    *(OSError, ValueError, SyntaxError, struct.error, EOFError, KeyError, IndexError, TypeError, MemoryError),
)


class Made(NamedTuple):
    """A file that may be shown. kind: one of rules.FILE_KINDS."""

    kind: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def made_anew(sent: bytes) -> Made:
    """An image or a PDF without metadata, scripts or other files in it, whatever its name says it is. Raises Refusal, in words
    for the field "file"."""
    if not sent:
        raise Refusal("Scegli un file, che non sia vuoto.", field="file", rule="file")
    if len(sent) > MOST_BYTES:
        raise Refusal("Il file è troppo grande: al massimo 5 MB.", field="file", rule="file-size")
    made = _paper(sent) if b"%PDF-" in sent[:1024] else _image(sent)
    if len(made.data) > LARGEST:
        raise Refusal(
            "Il file, riscritto senza dati nascosti, è troppo grande: mandane uno più piccolo.",
            field="file",
            rule="file-size",
        )
    return made


def _paper(sent: bytes) -> Made:
    """A PDF, by a process of its own."""
    command = [sys.executable, "-I", str(Path(papers.__file__))]
    try:
        done = subprocess.run(command, input=sent, capture_output=True, timeout=PAPER_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise _too_heavy() from None
    if done.returncode == papers.LOCKED:
        raise Refusal("Questo PDF è protetto: salvalo senza password e senza restrizioni.", field="file", rule="file-locked")
    if done.returncode == papers.BROKEN:
        raise Refusal(
            "Questo PDF è rovinato: aprilo sul tuo computer e salvalo di nuovo.",
            field="file",
            rule="file-broken",
        )
    if done.returncode == papers.TOO_MUCH or done.returncode < 0:
        raise _too_heavy()
    if done.returncode:  # the fault is ours, not the file's
        raise RuntimeError(done.stderr.decode(errors="replace")[-500:])
    return Made("pdf", done.stdout)


def _too_heavy() -> Refusal:
    return Refusal(
        "Questo PDF è troppo pesante da leggere: salvalo di nuovo, con meno pagine o immagini.",
        field="file",
        rule="file-heavy",
    )


def _image(sent: bytes) -> Made:
    try:
        with Image.open(io.BytesIO(sent), formats=tuple(FORMATS)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Refusal("L'immagine ha troppi pixel: al massimo 40 milioni.", field="file", rule="file-pixels")
            return Made(FORMATS[image.format], _drawn(image, image.format))
    except NO_IMAGE:
        raise Refusal(
            "Questo file non è un'immagine JPEG, PNG o WebP né un PDF, oppure è rovinato: conta il contenuto, non il nome.",
            field="file",
            rule="file-kind",
        ) from None


def _drawn(image: Image.Image, format: str) -> bytes:
    """The first picture of an image, upright, at most LONGEST_SIDE pixels a side, on a new sheet: what stood beside is gone."""
    upright = ImageOps.exif_transpose(image)
    is_clear = "A" in upright.getbands() or "transparency" in upright.info
    upright = upright.convert("RGBA" if is_clear and format != "JPEG" else "RGB")
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    sheet = Image.new(upright.mode, upright.size)
    sheet.paste(upright)
    file = io.BytesIO()
    sheet.save(file, format, **({"optimize": True} if format == "PNG" else {"quality": 85}))
    return file.getvalue()


def attach(proposal: Proposal, made: Made, *, name: str, words: str, by: By) -> ProposalFile:
    """Let a file go with what is being written. made: by `made_anew`, which takes its time, before anything is locked; name: as
    its owner calls it; words: what it shows, for who cannot see it. Raises Refusal."""
    must_be_writable(proposal)
    if not words:
        raise Refusal("Scrivi che cosa mostra il file, per chi non lo vede.", field="words", rule="file-words")
    if len(live_files(proposal)) >= MOST_FILES:
        raise Refusal("Ci sono già %(most)s file: togline uno.", field="file", rule="file-count", most=MOST_FILES)
    row = ProposalFile(proposal_id=proposal.id, kind=made.kind, name=_named(name, made.kind), words=words, by_id=by.voice.id)
    row.size, row.sha256, row.data, row.at = len(made.data), made.sha256, made.data, now()
    db.session.add(row)
    db.session.flush()
    db.session.expire(proposal, ["files"])
    by.did("attached", proposal.code)
    return row


def _named(name: str, kind: str) -> str:
    """A name that any computer takes, ending as its content says."""
    stem = re.sub(r"[^\w .-]", "_", name.replace("\\", "/").rsplit("/", 1)[-1]).rsplit(".", 1)[0].strip(" ._-")
    return f"{stem[:100] or 'allegato'}.{SUFFIXES[kind]}"


def detach(proposal: Proposal, file: ProposalFile, *, by: By) -> None:
    """Take a file out of what is being written; a version that names it keeps it. Raises Refusal."""
    must_be_writable(proposal)
    if proposal.published_at is None:
        db.session.execute(sa.delete(ProposalFile).filter_by(id=file.id))
        db.session.expunge(file)
    else:
        file.removed_at = now()
    db.session.flush()
    db.session.expire(proposal, ["files"])
    by.did("detached", proposal.code)


def file_of(proposal: Proposal, id: int) -> ProposalFile | None:
    """A file of a proposal, with its bytes."""
    found = sa.select(ProposalFile).filter_by(id=id, proposal_id=proposal.id).options(sa.orm.undefer(ProposalFile.data))
    return db.session.scalars(found).one_or_none()


def files_of(proposal: Proposal, content: dict) -> list[ProposalFile]:
    """The files that a version names, without their bytes."""
    if not content.get("files"):
        return []
    found = sa.select(ProposalFile).where(ProposalFile.proposal_id == proposal.id, ProposalFile.id.in_(content["files"]))
    return list(db.session.scalars(found.order_by(ProposalFile.id)))


def is_public(proposal: Proposal, id: int) -> bool:
    """Whether everybody may see this file: a version of a proposal that is not hidden names it."""
    return proposal.hidden_at is None and any(id in one.content["files"] for one in proposal.versions)
