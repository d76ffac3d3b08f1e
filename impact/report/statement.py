"""Building a statement: what a folder says is computed, signed, and put into one zip."""

from pathlib import Path
from typing import Any, NamedTuple

from impact.report import bundle, signing
from impact.report.figures import figures, synthetic
from impact.siinc.contract import read_contract


class Statement(NamedTuple):
    """What was written, and what of the folder was left out because no bundle holds it."""

    path: Path
    results: dict[str, Any]
    manifest: dict[str, Any]
    public_key: str | None
    left_out: list[str]


def state(folder: Path, *, key: Path | None = None, output: Path | None = None) -> Statement:
    """Write the zip of a folder, by default beside it: the same files, key and code give the same bytes.

    Without a key it says that nobody signed it, and nothing is payable by it. Raises `LogError` for bad input,
    `CheckFailed` for a log whose chain does not hold; then nothing is written.
    """
    signer = signing.private_key(key) if key else None
    names = bundle.inputs_of(folder)
    if signer:
        _must_be_the_verifier(folder, signing.digits(signer.public_key()))
    files = bundle.digests(folder, names)
    results = figures(folder, signed=signer is not None)
    written = bundle.canonical(results)
    told = bundle.manifest(files, written, results["log"]["root"], signed=signer is not None, synthetic=synthetic(folder))
    more = {bundle.RESULTS: written, bundle.MANIFEST: bundle.canonical(told)}
    if signer:
        more[bundle.SIGNATURE] = bundle.canonical(signing.signature(bundle.payload(told), signer))
    target = output or folder.resolve().with_name(f"{folder.resolve().name}.zip")
    bundle.pack(target, folder, files, more)
    left_out = sorted(path.name for path in folder.iterdir() if path.name not in files and path.resolve() != target.resolve())
    return Statement(target, results, told, signing.digits(signer.public_key()) if signer else None, left_out)


def verifier_key(folder: Path) -> str | None:
    """The public key that the contract expects of the verifier, `parties.verifier.public_key`."""
    node = read_contract(folder / bundle.CONTRACT).source.at("parties")
    for name in ("verifier", "public_key"):
        if node.is_null():
            return None
        node = node.at(name)
    return None if node.is_null() else node.text().lower()


def _must_be_the_verifier(folder: Path, key: str) -> None:
    expected = verifier_key(folder)
    if expected not in (None, key):
        words = f"/parties/verifier/public_key is {expected[:16]}..., and this key is {key[:16]}...: the verifier signs"
        raise bundle.fail(folder / bundle.CONTRACT, words)
