#!/usr/bin/env python3
"""Rebuild ../vendor, ../hub.js and the manifest from package-lock.json: `python hub/static/src/vendor.py` (needs npm).

The result is committed, so that neither a deployment nor a test needs Node. To upgrade: change package.json, run
`npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved` here, run this file, run the tests.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

SRC = Path(__file__).parent
STATIC = SRC.parent
VENDOR = STATIC / "vendor"

FONTS = [
    *(f"Titillium_Web/titillium-web-v10-latin-ext_latin-{cut}" for cut in ("regular", "italic", "600", "700")),
    *(f"Lora/lora-v20-latin-ext_latin-{cut}" for cut in ("regular", "700")),
    "Roboto_Mono/roboto-mono-v13-latin-ext_latin-regular",
]

# What is served of each package: its path in the package -> its path in ours.
SERVED = {
    "bootstrap-italia": {
        "dist/css/bootstrap-italia.min.css": "css/bootstrap-italia.min.css",
        "dist/svg/sprites.svg": "svg/sprites.svg",
        **{f"dist/fonts/{font}.woff2": f"fonts/{font.rpartition('/')[2]}.woff2" for font in FONTS},
        "dist/fonts/Titillium_Web/OFL.txt": "fonts/LICENSE-Titillium-Web.txt",
        "dist/fonts/Lora/OFL.txt": "fonts/LICENSE-Lora.txt",
        "dist/fonts/Roboto_Mono/LICENSE.txt": "fonts/LICENSE-Roboto-Mono.txt",
    },
    "htmx.org": {"dist/htmx.min.js": "htmx.min.js"},
    "bootstrap": {},  # bootstrap-italia carries parts of it inside: its licence travels along
}

BANNER = "/*! Officine Mezzogiorno, AGPL-3.0-or-later. Contains parts of {parts}; their licences are in vendor/. */"


def build(work: Path) -> tuple[str, set[str]]:
    """The bundle, and the names of the packages that ended up inside it."""
    for name in ("package.json", "package-lock.json", "index.js"):
        shutil.copy(SRC / name, work)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=work, check=True)  # noqa: S607
    # bootstrap-italia declares its plugins free of side effects, yet importing one is what switches it on
    options = ["--bundle", "--minify", "--format=iife", "--target=es2019", "--ignore-annotations"]
    command = ["npx", "--no-install", "esbuild", "index.js", *options, "--outfile=out.js", "--metafile=out.json"]
    subprocess.run(command, cwd=work, check=True)  # noqa: S603
    inputs = json.loads((work / "out.json").read_text())["inputs"]
    inside = {name for name in dependencies(work) if any(f"node_modules/{name}/" in path for path in inputs)}
    return (work / "out.js").read_text(), inside | {"bootstrap"}


def dependencies(work: Path) -> list[str]:
    lock = json.loads((work / "package-lock.json").read_text())
    return [path.removeprefix("node_modules/") for path in lock["packages"] if path]


def facts(package: Path) -> dict:
    return json.loads((package / "package.json").read_text())


def licence(package: Path) -> Path:
    return next(path for path in sorted(package.iterdir()) if path.stem.upper() in {"LICENSE", "LICENCE"})


def folder(name: str, version: str) -> str:
    return f"{name.removesuffix('.org').removeprefix('@').replace('/', '-')}-{version}"


def manifest_entry(paths: list[Path]) -> dict[str, str]:
    return {path.relative_to(STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(paths)}


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        bundle, inside = build(work)
        shutil.rmtree(VENDOR, ignore_errors=True)
        packages, parts = [], []
        for name in sorted(inside | SERVED.keys()):
            package = work / "node_modules" / name
            version, terms = facts(package)["version"], facts(package)["license"]
            home = VENDOR / folder(name, version)
            for source, target in {licence(package).name: "LICENSE.txt", **SERVED.get(name, {})}.items():
                (home / target).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(package / source, home / target)
            files = manifest_entry([path for path in home.rglob("*") if path.is_file()])
            packages.append({"name": name, "version": version, "licence": terms, "files": files})
            if name in inside:
                parts.append(f"{name} {version} ({terms})")
    (STATIC / "hub.js").write_text(f"{BANNER.format(parts=', '.join(parts))}\n{bundle}")
    built = [STATIC / "hub.js", *(SRC / name for name in ("index.js", "package.json", "package-lock.json"))]
    manifest = {"packages": packages, "bundle": manifest_entry(built)}
    (VENDOR / "MANIFEST.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
