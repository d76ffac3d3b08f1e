"""The files of a bundle, their hashes, and the zip that holds them.

    contract.json  plan.toml  values.json     the terms, the frozen plan, what was verified for one period (VALUES of `settle`)
    log.csv | log.parquet                     the sealed log, and its side files people.csv, activities.csv ... if there are any
    scores.csv                                the scores of the plan; a statement before the second measure has none
    whatever `verifications` names            in values.json, code of a metric -> the evaluator's paper on its value

Beyond the keys of `settle`, values.json may hold `verifications`, `at` (the day of the statement) and `synthetic` (true for
made-up data: everything made of it says so). A zip holds besides `results.json`, `manifest.json` and, once signed,
`signature.json`. Nothing else in the folder goes into it.
"""

import hashlib
import json
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any, BinaryIO

import rfc8785

import impact
from impact.log import whole
from impact.row import LogError
from impact.sides import SIDES
from impact.siinc.document import read

CONTRACT, PLAN, VALUES, SCORES = "contract.json", "plan.toml", "values.json", "scores.csv"
RESULTS, MANIFEST, SIGNATURE = "results.json", "manifest.json", "signature.json"
LOGS = ("log.csv", "log.parquet")
SIDE_FILES = tuple(f"{name}.csv" for name in SIDES)
OWN = (CONTRACT, PLAN, VALUES, *LOGS, SCORES, *SIDE_FILES, RESULTS, MANIFEST, SIGNATURE)
LIBRARIES = ("cryptography", "duckdb", "ibis-framework", "numpy", "pandas", "pyarrow", "rfc8785", "scipy", "statsmodels")

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MOST_FILES = 100
MOST_BYTES = 8 * 2**30  # unpacked
MOST_RATIO, SMALL = 200, 2**20  # a log of ten million rows packs to about a fifteenth
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can tell: the same bytes whenever it is made
_DAMAGED = (zlib.error, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


class BundleError(LogError):
    """A folder or a zip that is no bundle."""


def fail(file: Any, words: str) -> BundleError:
    return BundleError(file, None, None, words)


def inputs_of(folder: Path) -> list[str]:
    """The names of the files of a folder that belong to its bundle, in order. Raises `BundleError` if one is missing."""
    if not folder.is_dir():
        raise fail(folder, "there is no such folder")
    for name in (CONTRACT, PLAN, VALUES):
        if not (folder / name).is_file():
            raise fail(folder / name, "is missing: a bundle holds contract.json, plan.toml, values.json and a log")
    logs = [name for name in LOGS if (folder / name).is_file()]
    if len(logs) != 1:
        raise fail(folder, f"the folder has {'both' if logs else 'neither'} log.csv and log.parquet: keep one")
    kept = [name for name in (SCORES, *SIDE_FILES) if (folder / name).is_file()]
    return sorted({CONTRACT, PLAN, VALUES, *logs, *kept, *verifications(folder).values()})


def verifications(folder: Path) -> dict[str, str]:
    """The papers on verified values: code of a metric -> name of the file."""
    node = read(folder / VALUES).at("verifications")
    found = {}
    for code in {} if node.is_null() else node.object():
        name = node.at(code).text()
        if not NAME.fullmatch(name) or name in OWN:
            node.at(code).fail(f"{name!r} cannot be the name of a verification: letters, digits, points and hyphens")
        if not (folder / name).is_file():
            node.at(code).fail(f"{name!r} is not in the folder")
        found[code] = name
    return found


def canonical(document: Any) -> bytes:
    """RFC 8785."""
    return rfc8785.dumps(document)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    try:
        return {name: digest(folder / name) for name in names}
    except OSError as error:
        raise fail(error.filename, f"the file cannot be read: {error.strerror}") from None


@cache
def code_hash() -> str:
    """SHA-256 over the names and hashes of all modules of impact, in order; of the process, whatever is installed later."""
    root, total = Path(impact.__file__).parent, hashlib.sha256()
    for name in sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py")):
        total.update(f"{name}\0{digest(root / name)}\n".encode())
    return total.hexdigest()


def libraries() -> dict[str, str]:
    return {"python": python_version()} | {name: version(name) for name in LIBRARIES}


def manifest(files: Mapping[str, str], results: bytes, log_root: str, *, signed: bool, synthetic: bool) -> dict[str, Any]:
    """What the bundle consists of: every file with its hash, the code and the libraries that made the results."""
    held = dict(files) | {RESULTS: hashlib.sha256(results).hexdigest()}
    made = {"code": {"sha256": code_hash()}, "libraries": libraries(), "log_root": log_root}
    return {"format": "impact statement 1", "files": held, "signed": signed, "synthetic": synthetic} | made


def payload(told: Mapping[str, Any]) -> dict[str, str]:
    """What is signed: the hashes of the contract, the plan, all data, the code, the results, and of the manifest itself."""
    files = told["files"]
    data = {name: held for name, held in files.items() if name not in (CONTRACT, PLAN, RESULTS)}
    return {
        "contract": files[CONTRACT],
        "plan": files[PLAN],
        "log_root": told["log_root"],
        "dataset": hashlib.sha256(canonical(data)).hexdigest(),
        "code": told["code"]["sha256"],
        "results": files[RESULTS],
        "manifest": hashlib.sha256(canonical(told)).hexdigest(),
    }


def pack(target: Path, folder: Path, files: Mapping[str, str], more: Mapping[str, bytes]) -> None:
    """Write the zip: the same bytes for the same files. Raises `BundleError` if a file is no longer what was hashed."""
    try:
        with whole(target) as part, zipfile.ZipFile(part, "w") as packed:
            for name in sorted((*files, *more)):
                if name in more:
                    packed.writestr(_entry(name), more[name], compresslevel=9)
                    continue
                entry = _entry(name)
                entry.file_size = (folder / name).stat().st_size
                with (folder / name).open("rb") as source, packed.open(entry, "w") as into:
                    shutil.copyfileobj(source, into, 2**20)
                if digest(folder / name) != files[name]:
                    raise fail(folder / name, "the file changed while the statement was made: make it again")
    except OSError as error:
        raise fail(target, f"the file cannot be written: {error.strerror}") from None


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, FIRST_DAY)
    entry.create_system, entry.external_attr, entry.compress_type = 3, (stat.S_IFREG | 0o644) << 16, zipfile.ZIP_DEFLATED
    return entry


def unpack(source: str | os.PathLike, folder: Path) -> list[str]:
    """Write the files of a zip into an empty folder; their names. Raises `BundleError` for what no bundle would hold."""
    try:
        with zipfile.ZipFile(source) as packed:
            entries = packed.infolist()
            _must_be_safe(source, entries)
            for entry in entries:
                with packed.open(entry) as read_from, (folder / entry.filename).open("xb") as into:
                    _copy(source, entry, read_from, into)
    except BundleError:
        raise
    except _DAMAGED as error:
        words = getattr(error, "strerror", None) or error
        raise fail(source, f"the zip cannot be read: {words}") from None
    return sorted(entry.filename for entry in entries)


def _must_be_safe(source: Any, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_FILES:
        raise fail(source, f"the zip holds {len(entries)} files: a bundle has at most {MOST_FILES}")
    if len(set(map(str.lower, names))) < len(names):
        raise fail(source, "the zip holds two files of one name")
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if not NAME.fullmatch(entry.filename) or kind not in (0, stat.S_IFREG):
            raise fail(source, f"{entry.filename[:120]!r} is no file of a bundle: plain names, no folders, no links")
        if entry.flag_bits & 1:
            raise fail(source, f"{entry.filename} is encrypted: a bundle is open to everybody")
        if entry.file_size > SMALL and entry.file_size > MOST_RATIO * entry.compress_size:
            raise fail(source, f"{entry.filename} unpacks to {entry.file_size} bytes out of {entry.compress_size}: not unpacked")
    if (size := sum(entry.file_size for entry in entries)) > MOST_BYTES:
        raise fail(source, f"the zip unpacks to {size} bytes: at most {MOST_BYTES}")


def _copy(source: Any, entry: zipfile.ZipInfo, read_from: Any, into: BinaryIO) -> None:
    left = entry.file_size
    while part := read_from.read(2**20):
        left -= len(part)
        if left < 0:
            raise fail(source, f"{entry.filename} is longer than the zip says: not unpacked")
        into.write(part)


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """A JSON object that this package wrote. Raises `BundleError` for anything else."""
    try:
        found = json.loads((folder / name).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise fail(name, f"cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise fail(name, "is not a JSON object")
    return found
