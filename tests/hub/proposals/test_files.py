"""Files that go with proposals: what was hidden in them is gone, and what only calls itself an image or a PDF is refused."""

import io
import subprocess
import sys
import zipfile
import zlib

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from hub.db import db
from hub.proposals import drafts, files, papers
from hub.proposals.models import ProposalFile
from tests.hub.labs.makers import person, refused
from tests.hub.proposals.makers import by, process
from tests.hub.proposals.test_drafts import SAID

SECRET = b"segreto-nascosto"


def image(format: str = "JPEG", size: tuple[int, int] = (60, 30), **saved) -> bytes:
    file = io.BytesIO()
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (0, 0, size[0] // 2, size[1]))
    picture.save(file, format, **saved)
    return file.getvalue()


def photo_with_gps() -> bytes:
    """Taken by a phone held upright: orientation 6, a place, a maker's note."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (40.0, 21.0, 0.0), 3: "E", 4: (18.0, 10.0, 0.0)})
    return image(exif=exif, comment=SECRET, xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>")


def opened(made: files.Made) -> Image.Image:
    return Image.open(io.BytesIO(made.data))


def test_a_photo_is_turned_upright_and_says_no_place():
    sent = photo_with_gps()
    assert Image.open(io.BytesIO(sent)).getexif().get_ifd(0x8825) and SECRET in sent
    made = files.made_anew(sent)
    shown = opened(made)
    assert (made.kind, shown.format, shown.size) == ("jpeg", "JPEG", (30, 60))
    assert not dict(shown.getexif()) and SECRET not in made.data and b"Exif" not in made.data
    assert shown.getpixel((15, 5))[2] > 200  # what was on the left is on top


@pytest.mark.parametrize("format, kind", [("PNG", "png"), ("WEBP", "webp")])
def test_other_images_lose_what_stands_beside_them_and_keep_what_is_clear(format, kind):
    told = PngInfo()
    told.add_text("Author", SECRET.decode())
    file, clear = io.BytesIO(), Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    clear.save(file, format, **({"pnginfo": told} if format == "PNG" else {"xmp": SECRET}))
    assert SECRET in file.getvalue()
    made = files.made_anew(file.getvalue() + SECRET)  # something at its end, too
    assert (made.kind, SECRET in made.data) == (kind, False)
    assert opened(made).convert("RGBA").getpixel((5, 5))[3] == 0


def test_a_large_image_is_made_smaller_and_a_bomb_is_not_opened():
    assert opened(files.made_anew(image(size=(5000, 1000)))).size == (4000, 800)
    header = b"\0\0\0\rIHDR" + (30_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    bomb = b"\x89PNG\r\n\x1a\n" + header + zlib.crc32(header[4:]).to_bytes(4, "big")
    data = zlib.compress(b"\0" * 1_000_000)
    bomb += len(data).to_bytes(4, "big") + b"IDAT" + data + zlib.crc32(b"IDAT" + data).to_bytes(4, "big")
    assert refused(files.made_anew, bomb).rule in ("file-pixels", "file-kind")
    assert refused(files.made_anew, image("PNG", (6400, 6400))).rule == "file-pixels"


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("foto.jpg", b"x")
    return file.getvalue()


@pytest.mark.parametrize(
    "sent",
    [
        _zip(),
        b"\xff\xd8\xff" + b"x" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        image("GIF"),
        image("BMP"),
        image()[:200],
        b"MZ" + b"\0" * 200,
    ],
    ids=["zip", "jpeg-head", "svg", "html", "gif", "bmp", "half", "exe"],
)
def test_what_is_no_image_whatever_its_name_is_refused(sent):
    assert refused(files.made_anew, sent).rule == "file-kind"


def test_nothing_and_too_much_are_refused():
    assert refused(files.made_anew, b"").rule == "file"
    assert refused(files.made_anew, b"x" * (files.MOST_BYTES + 1)).rule == "file-size"


# --- PDF


def paper(prepare=None, **saved) -> bytes:
    with Pdf.new() as pdf:
        pdf.add_blank_page()
        if prepare:
            prepare(pdf)
        file = io.BytesIO()
        pdf.save(file, **saved)
        return file.getvalue()


def _act(pdf: Pdf) -> None:
    """Everything in it that acts, hides or tells."""
    script = Dictionary(S=Name.JavaScript, JS=String("app.alert('segreto-nascosto')"))
    pdf.Root.OpenAction = pdf.make_indirect(script)
    pdf.Root.AA = Dictionary(WC=script)
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("x"), pdf.make_indirect(script)])))
    pdf.attachments["segreto-nascosto.exe"] = pikepdf.AttachedFileSpec(pdf, SECRET, filename="segreto-nascosto.exe")
    with pdf.open_metadata() as told:
        told["dc:creator"] = ["segreto-nascosto"]
    pdf.docinfo["/Author"] = "segreto-nascosto"
    page = pdf.pages[0]
    page.obj.AA = Dictionary(O=script)
    box = Array([0, 0, 10, 10])
    launch = Dictionary(S=Name.Launch, F=String("segreto-nascosto.exe"))
    web = Dictionary(S=Name.URI, URI=String("https://comune.example/"), Next=script)
    bad = Dictionary(S=Name.URI, URI=String("javascript:segreto-nascosto"))
    notes = [Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=box, A=action) for action in (launch, web, bad, script)]
    notes.append(Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=box, FS=Dictionary(UF=String("segreto-nascosto"))))
    notes.append(Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=box, Contents=String("Qui"), T=String("segreto-nascosto")))
    notes.append(
        Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("Campo"), Rect=box, AA=Dictionary(K=script))
    )
    notes = [pdf.make_indirect(note) for note in notes]
    page.obj.Annots = pdf.make_indirect(Array(notes))
    pdf.Root.AcroForm = Dictionary(Fields=Array(notes[-1:]), XFA=String("segreto-nascosto"))
    photo = Stream(pdf, photo_with_gps())
    photo.stream_dict = Dictionary(
        Type=Name.XObject, Subtype=Name.Image, Width=60, Height=30, BitsPerComponent=8, ColorSpace=Name.DeviceRGB,
        Filter=Name.DCTDecode, Metadata=Stream(pdf, SECRET),
    )  # fmt: skip
    page.obj.Resources = Dictionary(XObject=Dictionary(Photo=photo))
    with pdf.open_outline() as outline:
        outline.root += [pikepdf.OutlineItem("Uno", 0), pikepdf.OutlineItem("Due", 0)]


def _everything(made: bytes) -> bytes:
    """All that it holds, unpacked."""
    with pikepdf.open(io.BytesIO(made)) as pdf:
        file = io.BytesIO()
        pdf.save(file, qdf=True, stream_decode_level=pikepdf.StreamDecodeLevel.generalized)
        return file.getvalue()


def test_a_pdf_keeps_its_pages_and_loses_what_acts_hides_or_tells():
    sent = paper(_act)
    assert _everything(sent).count(SECRET) > 5
    made = files.made_anew(sent)
    assert made.kind == "pdf"
    shown = _everything(made.data)
    for gone in (SECRET, b"/JavaScript", b"/JS", b"/Launch", b"/OpenAction", b"/EmbeddedFile", b"/AA", b"/Author", b"Exif"):
        assert gone not in shown, gone
    with pikepdf.open(io.BytesIO(made.data)) as pdf:
        links = [note for note in pdf.pages[0].Annots if "/A" in note]
        assert [str(link.A.URI) for link in links] == ["https://comune.example/"]
        assert str(pdf.pages[0].Annots[-2].Contents) == "Qui" and str(pdf.Root.AcroForm.Fields[0].T) == "Campo"
        assert pikepdf.PdfImage(pdf.pages[0].Resources.XObject.Photo).as_pil_image().size == (60, 30)
        with pdf.open_outline() as outline:
            assert [one.title for one in outline.root] == ["Uno", "Due"]


def _pack(pdf: Pdf) -> None:
    """A photo that is packed once more, as some programs do."""
    photo = Stream(pdf, zlib.compress(photo_with_gps()))
    photo.stream_dict = Dictionary(
        Type=Name.XObject, Subtype=Name.Image, Width=60, Height=30, BitsPerComponent=8, ColorSpace=Name.DeviceRGB,
        Filter=Array([Name.FlateDecode, Name.DCTDecode]), DecodeParms=Array([None, Dictionary(ColorTransform=1)]),
    )  # fmt: skip
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Photo=photo))


def test_a_photo_in_a_pdf_says_no_place_though_it_is_packed_twice():
    made = files.made_anew(paper(_pack))
    assert SECRET not in _everything(made.data) and b"Exif" not in _everything(made.data)
    with pikepdf.open(io.BytesIO(made.data)) as pdf:
        photo = pdf.pages[0].Resources.XObject.Photo
        assert (photo.Filter, int(photo.DecodeParms.ColorTransform)) == (Name.DCTDecode, 1)
        assert pikepdf.PdfImage(photo).as_pil_image().size == (60, 30)


def test_a_locked_a_broken_and_an_empty_pdf_are_refused_in_words():
    for lock in (pikepdf.Encryption(owner="a", user="b"), pikepdf.Encryption(owner="a", user="")):
        assert refused(files.made_anew, paper(encryption=lock)).rule == "file-locked"
    assert refused(files.made_anew, b"%PDF-1.7\n" + b"x" * 500).rule == "file-broken"
    with Pdf.new() as pdf:
        file = io.BytesIO()
        pdf.save(file)
    assert refused(files.made_anew, file.getvalue()).rule == "file-broken"


PEAK = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-I", sys.argv[1]], stdin=sys.stdin, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def test_a_pdf_that_would_fill_the_memory_is_refused_before_it_does(tmp_path):
    """Its table of contents unpacks to hundreds of times its size."""
    packed = zlib.compress(b"\0" * 900_000_000, 1)
    table = b"1 0 obj\n<</Type/XRef/W[1 2 1]/Size 225000000/Root 2 0 R/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
    sent = b"%PDF-1.7\n" + table + packed + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"
    assert len(sent) < files.MOST_BYTES
    assert refused(files.made_anew, sent).rule in ("file-broken", "file-heavy")
    (tmp_path / "sent.pdf").write_bytes(sent)
    with (tmp_path / "sent.pdf").open("rb") as file:
        peak = subprocess.run([sys.executable, "-c", PEAK, papers.__file__], stdin=file, capture_output=True, check=True)
    assert int(peak.stdout) < papers.MEMORY


def test_the_notes_of_a_jpeg_go_without_its_picture_being_touched():
    clean = papers.without_notes(photo_with_gps())
    assert SECRET not in clean and b"Exif" not in clean
    assert Image.open(io.BytesIO(clean)).tobytes() == Image.open(io.BytesIO(photo_with_gps())).tobytes()
    assert papers.without_notes(b"\xff\xd8\xff") == b"\xff\xd8\xff" and papers.without_notes(b"") == b""


# --- with a proposal


@pytest.fixture
def draft(session):
    return drafts.begin(process(), by=by(person("ada")))


def attach(draft, **told):
    told = {"name": "foto.png", "words": "Il cortile visto dalla strada"} | told
    return files.attach(draft, files.made_anew(image()), **told, by=by(draft.author.person))


def test_a_file_is_named_by_its_content_and_asks_for_words(draft):
    row = attach(draft, name="../../etc/Pianta: <b>.exe")
    assert (row.kind, row.name, row.size) == ("jpeg", "Pianta_ _b.jpg", len(row.data))
    assert attach(draft, name="").name == "allegato.jpg"
    assert refused(attach, draft, words="").field == "words"


def test_there_are_no_more_than_five(draft):
    for _ in range(files.MOST_FILES):
        attach(draft)
    assert refused(attach, draft).rule == "file-count"
    files.detach(draft, drafts.live_files(draft)[0], by=by(draft.author.person))
    attach(draft)


def test_a_version_keeps_the_files_that_it_names(draft):
    who = by(draft.author.person)
    kept, later = attach(draft), attach(draft)
    files.detach(draft, later, by=who)
    assert db.session.get(ProposalFile, later.id) is None
    assert not files.is_public(draft, kept.id)
    drafts.publish(draft, SAID, by=who)
    assert files.is_public(draft, kept.id) and draft.content["files"] == [kept.id]
    files.detach(draft, kept, by=who)
    drafts.edit(draft, SAID, by=who)
    assert draft.content["files"] == [] and files.is_public(draft, kept.id)
    assert [one.id for one in files.files_of(draft, draft.versions[0].content)] == [kept.id]
    draft.hidden_at = draft.published_at
    assert not files.is_public(draft, kept.id)
