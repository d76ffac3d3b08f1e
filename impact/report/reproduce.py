"""Computing a statement again from its zip alone: byte-equal, or what differs.

Needs neither network nor database. Ours is what is computed or found here, theirs what the zip says. That a bundle
reproduces shows that its results follow from its files; who stands behind it only a public key kept elsewhere shows.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from impact.report import bundle, signing
from impact.report.bundle import CONTRACT, MANIFEST, RESULTS, SIGNATURE, BundleError
from impact.report.figures import CheckFailed, figures
from impact.report.statement import verifier_key
from impact.row import LogError

MISSING = "missing"
MOST = 100  # differences that are listed


class Difference(NamedTuple):
    """Where a bundle is not what it should be: `key` is a JSON pointer, None for the whole file."""

    file: str
    key: str | None
    ours: Any
    theirs: Any


@dataclass
class Reproduction:
    """What computing again gave. `trusted`: whether the key is the one that was given, None where none was."""

    differences: list[Difference] = field(default_factory=list)
    signature: str = "none"  # valid or invalid
    public_key: str | None = None
    trusted: bool | None = None
    payable: bool = False
    code: dict[str, str] = field(default_factory=dict)
    libraries: dict[str, dict[str, str | None]] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return not self.differences

    def document(self) -> dict[str, Any]:
        code = {"same": self.code.get("ours") == self.code.get("theirs"), **self.code}
        head = {"byte_equal": self.holds, "differences": [one._asdict() for one in self.differences[:MOST]]}
        head |= {"signature": self.signature, "public_key": self.public_key, "trusted": self.trusted}
        return head | {"payable": self.payable, "code": code, "libraries": self.libraries, "note": self._note()}

    def _note(self) -> str:
        told = ["Byte-equal: computing again gives what the bundle says."]
        if not self.holds:
            told = ["Not byte-equal: see the differences."]
        if self.signature == "none":
            told.append("Nobody signed it: it is not payable.")
        elif self.signature == "valid" and self.trusted is None:
            told.append("Whose key signed it, only a public key kept elsewhere (--public-key) shows.")
        if self.code and self.code["ours"] != self.code["theirs"]:
            told.append("It was made with another version of the code.")
        if self.libraries:
            told.append(f"Other versions here of {', '.join(self.libraries)}.")
        return " ".join(told)


def reproduce(source: str | os.PathLike, *, public_key: str | None = None) -> Reproduction:
    """Compute again. `public_key`: 64 digits or a PEM file. Raises `LogError` for a zip that cannot be read."""
    expected = signing.public_key(public_key) if public_key else None
    with TemporaryDirectory(prefix="impact-") as temporary:
        folder = Path(temporary)
        names = bundle.unpack(source, folder)
        told, found = inspect(folder, names, expected)
        _compute(source, folder, names, told, found)
    return found


def inspect(folder: Path, names: list[str], expected: str | None = None) -> tuple[dict[str, Any], Reproduction]:
    """The manifest of an unpacked bundle, and whether files and signature are what it says; nothing is computed."""
    found = Reproduction()
    told = _manifest(folder, names, found)
    _files(folder, names, told, found)
    _signature(folder, names, told, expected, found)
    return told, found


def _manifest(folder: Path, names: list[str], found: Reproduction) -> dict[str, Any]:
    """The manifest, laid beside the code and libraries here; {} where it is missing or no manifest."""
    if MANIFEST not in names:
        found.differences.append(Difference(MANIFEST, None, MISSING, "needed"))
        return {}
    try:
        told = bundle.read_json(folder, MANIFEST)
        code, versions = told["code"]["sha256"], told["libraries"].items()
        is_whole = all(isinstance(held, str) for held in (*told["files"].values(), told["log_root"], code))
        is_whole = is_whole and {bundle.CONTRACT, bundle.PLAN, RESULTS} <= set(told["files"])
    except (BundleError, KeyError, TypeError, AttributeError):
        is_whole = False
    if not is_whole or bundle.canonical(told) != (folder / MANIFEST).read_bytes():
        found.differences.append(Difference(MANIFEST, None, "a canonical manifest", "something else"))
        return {}
    found.code = {"ours": bundle.code_hash(), "theirs": code}
    here = bundle.libraries()
    found.libraries = {name: {"ours": here.get(name), "theirs": held} for name, held in versions if held != here.get(name)}
    return told


def _files(folder: Path, names: list[str], told: dict[str, Any], found: Reproduction) -> None:
    listed = told.get("files", {})
    for name in sorted({*listed, *names} - {MANIFEST, SIGNATURE}):
        ours = bundle.digest(folder / name) if name in names else MISSING
        theirs = listed.get(name, "not in the manifest")
        if told and ours != theirs:
            found.differences.append(Difference(name, "sha256", ours, theirs))
    if told and told.get("signed") != (SIGNATURE in names):
        theirs = "signed" if told.get("signed") else "not signed"
        found.differences.append(Difference(SIGNATURE, None, "there" if SIGNATURE in names else MISSING, theirs))


def _signature(folder: Path, names: list[str], told: dict[str, Any], expected: str | None, found: Reproduction) -> None:
    """Is it that of its key, over what is here, and is the key the expected one."""
    if SIGNATURE not in names:
        if expected:
            found.differences.append(Difference(SIGNATURE, "/public_key", MISSING, expected))
        return
    try:
        signed = bundle.read_json(folder, SIGNATURE)
        is_good = signing.is_signed(signed) and bundle.canonical(signed) == (folder / SIGNATURE).read_bytes()
    except BundleError:
        signed, is_good = {}, False
    found.signature = "valid" if is_good else "invalid"
    if not is_good:
        found.differences.append(Difference(SIGNATURE, "/signature", "not that of its key over its payload", "a signature"))
        return
    found.public_key = signed["public_key"]
    for key, ours in (bundle.payload(told) if told else {}).items():
        if ours != (theirs := signed["payload"].get(key)):
            found.differences.append(Difference(SIGNATURE, f"/payload/{key}", ours, theirs))
    for wanted in (expected, _named_by_contract(folder, names)):
        if wanted not in (None, found.public_key):
            found.differences.append(Difference(SIGNATURE, "/public_key", wanted, found.public_key))
    found.trusted = None if expected is None else expected == found.public_key


def _named_by_contract(folder: Path, names: list[str]) -> str | None:
    try:
        return verifier_key(folder) if CONTRACT in names else None
    except LogError:  # told where it is computed again
        return None


def _compute(source: Any, folder: Path, names: list[str], told: dict[str, Any], found: Reproduction) -> None:
    try:
        inputs = bundle.inputs_of(folder)
        ours = figures(folder, signed=SIGNATURE in names)
    except (LogError, CheckFailed) as error:
        words = str(error).replace(f"{folder}{os.sep}", "")
        if not found.differences:  # nothing was changed since: it never was a bundle
            raise bundle.fail(source, words) from None
        name = Path(error.file).name if isinstance(error, LogError) else "log"
        found.differences.append(Difference(name, None, words, "computed"))
        return
    for name in set(names) - {*inputs, RESULTS, MANIFEST, SIGNATURE}:
        found.differences.append(Difference(name, None, "no part of a bundle", "there"))
    if told and told["log_root"] != ours["log"]["root"]:
        found.differences.append(Difference(MANIFEST, "/log_root", ours["log"]["root"], told["log_root"]))
    if told and told.get("synthetic") != ours["synthetic"]:
        found.differences.append(Difference(MANIFEST, "/synthetic", ours["synthetic"], told.get("synthetic")))
    _results(folder, names, ours, found)
    found.payable = bool(ours["payable"]) and found.holds and found.signature == "valid"


def _results(folder: Path, names: list[str], ours: dict[str, Any], found: Reproduction) -> None:
    if RESULTS not in names:
        found.differences.append(Difference(RESULTS, None, hashlib.sha256(bundle.canonical(ours)).hexdigest(), MISSING))
        return
    if bundle.canonical(ours) == (folder / RESULTS).read_bytes():
        return
    try:
        theirs = bundle.read_json(folder, RESULTS)
    except BundleError:
        theirs = {}
    named = [Difference(RESULTS, key, mine, other) for key, mine, other in differing(ours, theirs)]
    found.differences += named or [Difference(RESULTS, None, "canonical JSON", "the same values, other bytes")]


def differing(ours: Any, theirs: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The JSON pointers at which two documents differ, with both values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted({*ours, *theirs}):
            place = f"{key}/{name.replace('~', '~0').replace('/', '~1')}"
            yield from differing(ours.get(name, MISSING), theirs.get(name, MISSING), place)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differing(mine, other, f"{key}/{number}")
    elif ours != theirs or isinstance(ours, bool) is not isinstance(theirs, bool):
        yield key, ours, theirs
