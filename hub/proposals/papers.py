"""A PDF of somebody's, written anew without what acts, hides or tells of its author: run as a program of its own, since the
file is not ours.

    python papers.py < sent.pdf > clean.pdf

It imports nothing of the portal. Memory and time of the processor are limited before a byte is read. Ends with LOCKED where
the file wants a password or forbids something, with BROKEN where it cannot be read, with TOO_MUCH, or killed by the system,
where it asks for too much.
"""

import io
import resource
import sys
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

MEMORY, SECONDS = 768 * 1024 * 1024, 10  # of the processor
LOCKED, BROKEN, TOO_MUCH = 3, 4, 5

# Keys that hold scripts, actions, other files or what was known of the author, wherever they stand.
UNWANTED = (
    *("/AA", "/OpenAction", "/JS", "/JavaScript", "/PA", "/XFA", "/RichMediaContent", "/RichMediaSettings", "/Requirements"),
    *("/EF", "/EmbeddedFiles", "/AF", "/Collection", "/Metadata", "/PieceInfo", "/LastModified", "/Perms", "/DSS", "/Thumb"),
)
DRAWN = {"/Link", "/Widget", "/Highlight", "/Underline", "/StrikeOut", "/Squiggly", "/FreeText", "/Line", "/Square", "/Circle"}
DRAWN |= {"/Polygon", "/PolyLine", "/Stamp", "/Caret", "/Ink", "/Text"}  # annotations that only show something
SIGNED = ("/T", "/M", "/CreationDate")  # who made an annotation, and when; of a field of a form /T is its name
LEADS = ("http://", "https://", "mailto:")


def made_anew(sent: bytes) -> bytes:
    """The same pages, and nothing beside them. Raises pikepdf.PasswordError, and much else for a broken one."""
    with pikepdf.open(io.BytesIO(sent)) as pdf:
        if pdf.is_encrypted:
            raise pikepdf.PasswordError("restricted")
        if not len(pdf.pages):
            raise ValueError("no page")
        if "/Info" in pdf.trailer:
            del pdf.trailer["/Info"]
        for one in _dictionaries(pdf):
            _clean(one)
            if isinstance(one, Stream):
                _clean_photo(pdf, one)
        file = io.BytesIO()
        pdf.save(file, deterministic_id=True)
        return file.getvalue()


def _dictionaries(pdf: Pdf) -> Iterator[Object]:
    """Every dictionary and stream of a file, those that stand in others too."""
    waiting: list[Object] = [pdf.trailer, *pdf.objects]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Stream | Dictionary):
            yield one
            inner = one.stream_dict if isinstance(one, Stream) else one
            waiting += [value for _key, value in inner.items() if _stands_within(value)]
        elif isinstance(one, Array):
            waiting += [value for value in one if _stands_within(value)]


def _stands_within(value: object) -> bool:
    """Whether it is written inside its owner: what has a number of its own is looked at by that."""
    return isinstance(value, Dictionary | Array) and not value.is_indirect


def _clean(one: Object) -> None:
    for key in UNWANTED:
        if key in one:
            del one[key]
    if "/S" in one and "/Next" in one:  # an action that another one follows; a bookmark has a next one, too, but no /S
        del one["/Next"]
    if "/A" in one and not _only_leads_on(one["/A"]):
        del one["/A"]
    if isinstance(one.get("/Annots"), Array):
        kept = [note for note in one["/Annots"] if isinstance(note, Dictionary) and str(note.get("/Subtype")) in DRAWN]
        one["/Annots"] = Array(kept)
    if str(one.get("/Subtype")) in DRAWN - {"/Widget"}:
        for key in SIGNED:
            if key in one:
                del one[key]


def _clean_photo(pdf: Pdf, one: Stream) -> None:
    """A JPEG loses its notes, one that is packed once more too."""
    filters, told = _several(one.get("/Filter")), _several(one.get("/DecodeParms"))
    if filters[-1:] != [Name.DCTDecode]:
        return
    packed = Stream(pdf, one.read_raw_bytes(), Filter=Array(filters[:-1]))
    if len(told) == len(filters):
        packed.DecodeParms = Array(told[:-1])
    one.write(without_notes(packed.read_bytes()), filter=Name.DCTDecode, decode_parms=told[-1] if told else None)


def _several(value: object) -> list[object]:
    """What stands in a list, or alone, or not at all."""
    if isinstance(value, Array):
        return list(value)
    return [] if value is None else [value]


def _only_leads_on(action: object) -> bool:
    """Whether it is no action, or one that leads to another place of the file or to a page of the web."""
    if not isinstance(action, Dictionary) or "/S" not in action:
        return True
    if action["/S"] == Name.URI:
        return str(action.get("/URI", "")).strip().lower().startswith(LEADS)
    return action["/S"] == Name.GoTo


def without_notes(photo: bytes) -> bytes:
    """A JPEG as it is, but for its APPn and COM segments: place, camera, comments. APP14, Adobe's, tells how colours are kept."""
    at, kept = 2, bytearray(photo[:2])
    while photo[at : at + 1] == b"\xff" and at + 4 <= len(photo):
        marker, ends = photo[at + 1], at + 2 + int.from_bytes(photo[at + 2 : at + 4], "big")
        if marker == 0xDA:  # what follows is the picture
            break
        if not (0xE1 <= marker <= 0xEF or marker == 0xFE) or marker == 0xEE:
            kept += photo[at:ends]
        at = ends
    return bytes(kept + photo[at:])


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        clean = made_anew(sys.stdin.buffer.read())
    except pikepdf.PasswordError:
        raise SystemExit(LOCKED) from None
    except MemoryError:
        raise SystemExit(TOO_MUCH) from None
    except Exception:  # what is wrong with theirs may be anything
        raise SystemExit(BROKEN) from None
    sys.stdout.buffer.write(clean)


if __name__ == "__main__":
    main()
