"""Computing again: byte-equal, or what differs; and zips that are not to be unpacked."""

import io
import json
import shutil
import socket
import stat
import zipfile
from pathlib import Path

import pytest

from impact import LogError
from impact.report import bundle
from impact.report.reproduce import differing, reproduce
from tests.impact.report import cases
from tests.impact.test_command import impact


def changed(source: Path, target: Path, **files: bytes | None) -> Path:
    """A zip with some files changed, added or (None) left out; `_` stands for a point in their names."""
    with zipfile.ZipFile(source) as packed:
        held = {name: packed.read(name) for name in packed.namelist()}
    held |= files
    with zipfile.ZipFile(target, "w") as packed:
        for name, content in held.items():
            if content is not None:
                packed.writestr(name, content)
    return target


def content(source: Path, name: str) -> bytes:
    with zipfile.ZipFile(source) as packed:
        return packed.read(name)


def test_a_bundle_reproduces_byte_by_byte_where_there_is_no_network(stated, monkeypatch, tmp_path):
    def no_network(*_: object) -> None:
        raise AssertionError("reached for the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    shutil.copy(stated.zip, tmp_path / "moved.zip")
    found = reproduce(tmp_path / "moved.zip").document()
    assert (found["byte_equal"], found["differences"], found["signature"], found["payable"]) == (True, [], "valid", True)
    assert (found["public_key"], found["trusted"], found["code"]["same"]) == (stated.public_key, None, True)
    assert "only a public key kept elsewhere" in found["note"]


def test_the_command_says_whose_key_it_was(stated, tmp_path):
    run = impact("reproduce", stated.zip, "--public-key", stated.key.with_suffix(".pub.pem"))
    assert (run.returncode, run.stderr, json.loads(run.stdout)["trusted"]) == (0, "", True)
    _, other = cases.key(tmp_path, "other")
    run = impact("reproduce", stated.zip, "--public-key", other, "--format", "text")
    assert run.returncode == 1
    assert f'signature.json /public_key: ours "{other}", theirs "{stated.public_key}"' in run.stdout


TAMPERED = {
    "contract.json": (b'"pool_at_target": "45000.00"', b'"pool_at_target": "45001.00"'),
    "plan.toml": (b"alpha = 0.05", b"alpha = 0.06"),
    "values.json": (b'"M3": "27"', b'"M3": "28"'),
    "scores.csv": (b"p00,programme,programme,", b"p00,programme,programme,9"),
    "log.csv": (b",60,present,", b",50,present,"),
    "people.csv": (b",11-13,f,", b",14-17,f,"),
    cases.PAPER: (b"30", b"31"),
    "results.json": (b'"payable":"29193.29"', b'"payable":"99193.29"'),
    "manifest.json": (b'"synthetic":false', b'"synthetic":true'),
    "signature.json": (b'"signature":"', b'"signature":"00'),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_whatever_is_tampered_with_is_named(stated, tmp_path, name):
    before, after = TAMPERED[name]
    held = content(stated.zip, name)
    assert before in held
    found = reproduce(changed(stated.zip, tmp_path / "b.zip", **{name: held.replace(before, after, 1)}))
    assert not found.holds and not found.payable
    assert name in {one.file for one in found.differences}
    if name == "results.json":
        assert ("results.json", "/settlement/payable", "29193.29", "99193.29") in found.differences
    if name == "manifest.json":
        assert {one.key for one in found.differences if one.file == name} == {"/synthetic"}


def test_data_changed_with_its_hash_no_longer_bears_the_signature(stated, tmp_path):
    values = content(stated.zip, "values.json").replace(b'"M3": "27"', b'"M3": "30"')
    told = json.loads(content(stated.zip, "manifest.json"))
    (tmp_path / "values.json").write_bytes(values)
    told["files"]["values.json"] = bundle.digest(tmp_path / "values.json")
    forged = {"values.json": values, "manifest.json": bundle.canonical(told)}
    found = reproduce(changed(stated.zip, tmp_path / "b.zip", **forged))
    named = {(one.file, one.key) for one in found.differences}
    assert {("signature.json", "/payload/dataset"), ("signature.json", "/payload/manifest")} <= named
    assert ("results.json", "/settlement/payable") in named


@pytest.mark.parametrize("name", ["contract.json", "log.csv", "results.json", "manifest.json", "signature.json", "people.csv"])
def test_a_missing_file_is_named(stated, tmp_path, name):
    run = impact("reproduce", changed(stated.zip, tmp_path / "b.zip", **{name: None}))
    assert (run.returncode, run.stderr) == (1, "")
    assert name in {one["file"] for one in json.loads(run.stdout)["differences"]}


def test_a_file_more_is_named(stated, tmp_path):
    found = reproduce(changed(stated.zip, tmp_path / "b.zip", **{"more.csv": b"1"}))
    assert {one.file for one in found.differences} == {"more.csv"}


def test_another_version_of_the_code_and_of_libraries_is_told(stated, tmp_path):
    told = json.loads(content(stated.zip, "manifest.json"))
    told["code"]["sha256"], told["libraries"]["numpy"], told["signed"] = "0" * 64, "0.1", True
    found = reproduce(changed(stated.zip, tmp_path / "b.zip", **{"manifest.json": bundle.canonical(told)})).document()
    assert found["code"]["same"] is False and found["code"]["theirs"] == "0" * 64
    assert found["libraries"]["numpy"]["theirs"] == "0.1"
    assert "another version of the code" in found["note"] and "numpy" in found["note"]
    assert {one["key"] for one in found["differences"]} == {"/payload/code", "/payload/manifest"}  # it was not signed so


def test_differences_are_named_by_pointer():
    ours = {"a/b": [1, {"c": True}], "d": "x", "only": 1}
    theirs = {"a/b": [1.0, {"c": 1}], "d": "y"}
    assert list(differing(ours, theirs)) == [("/a~1b/1/c", True, 1), ("/d", "x", "y"), ("/only", 1, "missing")]
    assert list(differing([1], [1, 2])) == [("", [1], [1, 2])]


# --- zips that are no bundles


def packed(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as target:
        for entry, held in entries:
            target.writestr(entry, held)
    return into.getvalue()


def link() -> bytes:
    entry = zipfile.ZipInfo("contract.json")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed((entry, b"/etc/passwd"))


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return packed(("plan.toml", b"1"), ("plan.toml", b"2"))


def patched(before: bytes, after: bytes) -> bytes:
    """A zip whose directory says something else of its one file."""
    held = packed(("plan.toml", b"a" * 1000))
    start = held.index(b"PK\x01\x02")
    assert before in held[start:]
    return held[:start] + held[start:].replace(before, after, 1)


ATTACKS = {
    "a path upwards": (lambda: packed(("../evil", b"1")), "is no file of a bundle"),
    "an absolute path": (lambda: packed(("/tmp/evil", b"1")), "is no file of a bundle"),
    "a folder": (lambda: packed(("a/b", b"1")), "is no file of a bundle"),
    "a path of Windows": (lambda: packed(("C:evil", b"1")), "is no file of a bundle"),
    "a link": (link, "is no file of a bundle"),
    "a name twice": (twice, "two files of one name"),
    "a name in other letters": (lambda: packed(("plan.toml", b"1"), ("PLAN.toml", b"2")), "two files of one name"),
    "too many files": (lambda: packed(*((f"f{number}", b"1") for number in range(101))), "holds 101 files"),
    "a bomb": (lambda: packed(("log.csv", b"0" * 20_000_000)), "not unpacked"),
    "a bomb that says it is small": (lambda: patched((1000).to_bytes(4, "little"), (10).to_bytes(4, "little")), "cannot be read"),
    "larger than a disk": (
        lambda: patched((1000).to_bytes(4, "little"), (2**32 - 2).to_bytes(4, "little")),
        "not unpacked",
    ),
    "encrypted": (lambda: patched(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"), "encrypted"),
    "packed in no known way": (lambda: patched(b"\x00\x00\x08\x00", b"\x00\x00\x63\x00"), "cannot be read"),
    "cut off": (lambda: packed(("plan.toml", b"a" * 1000))[:-30], "cannot be read"),
    "no zip": (lambda: b"%PDF-1.7", "cannot be read"),
    "empty": (lambda: b"", "cannot be read"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_zip_that_no_bundle_would_be_is_not_unpacked(tmp_path, attack):
    make, words = ATTACKS[attack]
    (tmp_path / "in").mkdir()
    (tmp_path / "b.zip").write_bytes(make())
    with pytest.raises(LogError, match=words):
        bundle.unpack(tmp_path / "b.zip", tmp_path / "in")
    assert not (tmp_path / "evil").exists() and not Path("/tmp/evil").exists()
    assert not any(path.is_symlink() or path.stat().st_size > 1000 for path in (tmp_path / "in").iterdir())


def test_the_size_of_all_files_together_is_bounded(stated, monkeypatch, tmp_path):
    monkeypatch.setattr(bundle, "MOST_BYTES", 1000)
    with pytest.raises(LogError, match="at most 1000"):
        bundle.unpack(stated.zip, tmp_path)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("held", [b"no zip", None])
def test_what_cannot_be_read_gives_2_and_a_sentence(tmp_path, held):
    if held:
        (tmp_path / "b.zip").write_bytes(held)
    for command in (("reproduce", tmp_path / "b.zip"), ("report", tmp_path / "b.zip", tmp_path / "out")):
        run = impact(*command)
        assert (run.returncode, run.stdout) == (2, "")
        assert "b.zip" in run.stderr and len(run.stderr.splitlines()) == 1
