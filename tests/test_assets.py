"""What is served is what was vendored, it loads nothing from elsewhere, and a browser may keep it."""

import hashlib
import json
import os
import re
from pathlib import Path

import pytest
from flask import Flask
from whitenoise.compress import main as compress

from hub import assets

STATIC = assets.STATIC
MANIFEST = json.loads((STATIC / "vendor/MANIFEST.json").read_text())
VENDORED = {name: digest for package in MANIFEST["packages"] for name, digest in package["files"].items()}
TEMPLATES = sorted((STATIC.parent / "templates").rglob("*.html"))
STYLES = sorted(STATIC.rglob("*.css"))
BOOTSTRAP = "vendor/bootstrap-italia-2.18.3"


def app_with(folder: Path = STATIC) -> Flask:
    app = Flask(__name__, static_folder=None)
    assets.init(app, folder)
    return app


def address(app: Flask, name: str) -> str:
    return app.jinja_env.globals["asset"](name)


def get(app: Flask, url: str, **headers: str):
    return app.test_client().get(url, headers=headers, buffered=True)


@pytest.fixture
def folder(tmp_path):
    """A folder of assets of our own, so that nothing is compressed inside the project."""
    (tmp_path / "vendor/thing-1.0/css").mkdir(parents=True)
    (tmp_path / "src").mkdir()
    (tmp_path / "hub.css").write_text("a { color: red }\n" * 200)
    (tmp_path / "vendor/thing-1.0/css/thing.css").write_text("b { color: blue }\n" * 200)
    (tmp_path / "vendor/MANIFEST.json").write_text("{}")
    (tmp_path / "src/index.js").write_text("1")
    return tmp_path


# --- what was vendored


@pytest.mark.parametrize("name", sorted(VENDORED | MANIFEST["bundle"]))
def test_a_listed_file_has_the_bytes_that_were_vendored(name):
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == (VENDORED | MANIFEST["bundle"])[name]


def test_no_vendored_file_is_unlisted():
    files = {path.relative_to(STATIC).as_posix() for path in (STATIC / "vendor").rglob("*") if path.is_file()}
    assert {name for name in files if not name.endswith((".gz", ".br"))} - {"vendor/MANIFEST.json"} == set(VENDORED)


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda package: package["name"])
def test_a_package_states_its_version_and_brings_its_licence(package):
    licences = [name for name in package["files"] if name.endswith("/LICENSE.txt")]
    assert len(licences) == 1
    assert licences[0].split("/")[1].endswith(f"-{package['version']}")
    assert package["licence"]


def test_each_family_of_fonts_brings_its_licence():
    families = {path.name.split("-v")[0] for path in (STATIC / BOOTSTRAP / "fonts").glob("*.woff2")}
    licences = {path.stem.removeprefix("LICENSE-").lower() for path in (STATIC / BOOTSTRAP / "fonts").glob("LICENSE-*.txt")}
    assert families == licences == {"titillium-web", "lora", "roboto-mono"}


def test_the_lock_pins_the_same_versions_and_names_no_registry():
    lock = json.loads((STATIC / "src/package-lock.json").read_text())
    pinned = {path.removeprefix("node_modules/"): package.get("version") for path, package in lock["packages"].items()}
    assert {package["name"]: package["version"] for package in MANIFEST["packages"]}.items() <= pinned.items()
    assert not [path for path, package in lock["packages"].items() if "resolved" in package]


# --- nothing comes from elsewhere


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_style_sheet_loads_only_what_stands_beside_it(path):
    words = path.read_text()
    assert not re.search(r"@import", words)
    for target in re.findall(r"url\(\s*[\"']?([^\"')]+)", words):
        assert target.startswith("data:") or (path.parent / target).is_file(), target


@pytest.mark.parametrize("path", [path for path in STYLES if path.parent == STATIC], ids=lambda path: path.name)
def test_an_own_style_sheet_points_only_to_versioned_files(path):
    targets = re.findall(r"url\(\s*[\"']?([^\"')]+)", path.read_text())
    assert all(target in VENDORED for target in targets)


@pytest.mark.parametrize("name", ["hub.js", "vendor/htmx-2.0.11/htmx.min.js"])
def test_a_script_names_no_other_site(name):
    # Popper quotes its own site in a message to developers
    assert set(re.findall(r"(?:https?|wss?)://[\w.-]+", (STATIC / name).read_text())) <= {"https://popper.js.org"}


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.svg")), ids=lambda path: path.name)
def test_a_drawing_holds_no_script_and_names_no_other_site(path):
    words = path.read_text()
    assert set(re.findall(r"https?://[\w./-]+", words)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"<script|\son\w+=", words)


# --- what the templates ask for


def test_a_template_asks_only_for_assets_that_exist():
    app = app_with()
    for path in TEMPLATES:
        for name in re.findall(r"asset\([\"']([^\"']+)", path.read_text()):
            assert address(app, name), path


def test_a_template_draws_only_signs_that_exist():
    signs = set(re.findall(r'id="it-([\w-]+)"', (STATIC / BOOTSTRAP / "svg/sprites.svg").read_text()))
    for path in TEMPLATES:
        assert set(re.findall(r"\bicon\([\"']([\w-]+)[\"']", path.read_text())) <= signs, path


def test_no_template_holds_a_style_or_a_script_of_its_own():
    for path in TEMPLATES:
        if "mail" not in path.parts:
            assert not re.search(r"<style|<script(?![^>]*\ssrc=)|<\w[^>{]*\s(?:style|on[a-z]+)=", path.read_text()), path


# --- how they are served


@pytest.mark.parametrize("name", ["hub.css", "fonts.css", "hub.js", "logo.svg", "favicon.svg", "vendor/htmx-2.0.11/htmx.min.js"])
def test_an_asset_is_kept_for_a_year_and_not_sniffed(name):
    app = app_with()
    response = get(app, address(app, name))
    assert response.status_code == 200
    assert response.data == (STATIC / name).read_bytes()
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    ("name", "kind"),
    [("hub.css", "text/css"), ("hub.js", "text/javascript"), ("logo.svg", "image/svg+xml"),
     (f"{BOOTSTRAP}/fonts/lora-v20-latin-ext_latin-700.woff2", "font/woff2")],
)  # fmt: skip
def test_an_asset_says_what_it_is(name, kind):
    app = app_with()
    assert get(app, address(app, name)).mimetype == kind


def test_an_own_address_changes_with_the_bytes_and_the_old_one_is_gone(folder):
    before = address(app_with(folder), "hub.css")
    (folder / "hub.css").write_text("a { color: green }")
    app = app_with(folder)
    assert address(app, "hub.css") != before
    assert get(app, before).status_code == 404


@pytest.mark.parametrize(
    "url",
    ["/static/hub.css", "/static/hub.000000000000.css", "/static/src/index.js", "/static/vendor/MANIFEST.json", "/static/",
     "/static/vendor/../src/index.js", "/static/vendor/thing-1.0/css/thing.css.gz", "/static/vendor/thing-1.0/css"],
)  # fmt: skip
def test_nothing_else_is_served(folder, url):
    compress(["--quiet", str(folder)])
    assert get(app_with(folder), url).status_code == 404


def test_a_name_that_nobody_knows_is_an_error(folder):
    with pytest.raises(KeyError, match=r"missing\.css"):
        address(app_with(folder), "missing.css")


@pytest.mark.parametrize(("accepted", "encoding"), [("br, gzip", "br"), ("gzip", "gzip"), ("identity", None)])
@pytest.mark.parametrize("name", ["hub.css", "vendor/thing-1.0/css/thing.css"])
def test_a_compressed_sibling_goes_to_who_accepts_it(folder, name, accepted, encoding):
    compress(["--quiet", str(folder)])
    app = app_with(folder)
    response = get(app, address(app, name), **{"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == encoding
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.headers["Cache-Control"] == assets.FOREVER
    if encoding is None:
        assert response.data == (folder / name).read_bytes()


def test_without_compressed_siblings_everything_works(folder):
    app = app_with(folder)
    response = get(app, address(app, "hub.css"), **{"Accept-Encoding": "br, gzip"})
    assert response.status_code == 200
    assert "Content-Encoding" not in response.headers


def test_a_sibling_older_than_its_file_is_left_aside(folder):
    compress(["--quiet", str(folder)])
    changed = folder / "hub.css"
    changed.write_text("a { color: green }\n" * 200)
    os.utime(changed, (changed.stat().st_mtime + 60,) * 2)
    app = app_with(folder)
    response = get(app, address(app, "hub.css"), **{"Accept-Encoding": "br"})
    assert response.data == changed.read_bytes()
