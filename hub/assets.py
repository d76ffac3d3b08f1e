"""Static files, from a map made at the start. Every address holds a version or a digest: a browser keeps it for a year.

A vendor's file has its version in its path; an own file has a digest of its bytes in its name, `hub.<digest>.css`,
so that what a style sheet points to by a relative path is the same file on the disk and over the wire.
"""

import hashlib
import os
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise

STATIC = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
COMPRESSED = (".br", ".gz")


def init(app: Flask, folder: Path = STATIC) -> None:
    """Serve the files of `folder` under /static/, and give the templates `asset("hub.css")`, their addresses.

    The app is made with `static_folder=None`; a name that `asset` does not know raises KeyError.
    """
    addresses = {name: _address(folder, name) for name in _served(folder)}
    whitenoise = WhiteNoise(app.wsgi_app, max_age=None, allow_all_origins=False, add_headers_function=_add_headers)
    disk = _on_disk(folder, addresses)
    for name, address in addresses.items():
        whitenoise.add_file_to_dictionary(address, str(folder / name), stat_cache=disk)
    app.wsgi_app = whitenoise
    app.jinja_env.globals["asset"] = addresses.__getitem__


def _served(folder: Path) -> list[str]:
    """Own files stand at the top, a vendor's in a folder with its version: the manifest and src/ are neither."""
    found = [*folder.glob("*.*"), *folder.glob("vendor/*/**/*")]
    return [path.relative_to(folder).as_posix() for path in found if path.is_file() and path.suffix not in COMPRESSED]


def _address(folder: Path, name: str) -> str:
    if "/" in name:
        return f"/static/{name}"
    stem, suffix = os.path.splitext(name)
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]
    return f"/static/{stem}.{digest}{suffix}"


def _on_disk(folder: Path, names: dict[str, str]) -> dict[str, os.stat_result]:
    """What WhiteNoise may send: each file, and its compressed siblings unless the file was changed after them."""
    disk = {}
    for name in names:
        file = folder / name
        disk[str(file)] = file.stat()
        for suffix in COMPRESSED:
            sibling = folder / f"{name}{suffix}"
            # whole seconds: whitenoise.compress copies the time of the file, but rounds it
            if sibling.exists() and int(sibling.stat().st_mtime) >= int(file.stat().st_mtime):
                disk[str(sibling)] = sibling.stat()
    return disk


def _add_headers(headers, path: str, url: str) -> None:
    headers["Cache-Control"] = FOREVER
    headers["X-Content-Type-Options"] = "nosniff"
