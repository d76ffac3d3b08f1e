"""publiccode.yml says what the standard asks for (0.7), and what it says of this software is true."""

import hashlib
import re
import tomllib
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from hub.language import LANGUAGES

ROOT = Path(__file__).parent.parent
CODE = yaml.safe_load((ROOT / "publiccode.yml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DESCRIPTIONS = CODE["description"]

STATUSES = {"concept", "development", "beta", "stable", "obsolete"}
TYPES = {"standalone/mobile", "standalone/iot", "standalone/desktop", "standalone/web", "standalone/backend",
         "standalone/other", "addon", "library", "configurationFiles"}  # fmt: skip
PLATFORMS = {"web", "windows", "mac", "linux", "ios", "android"}
WITNESSES = {"internal": "contacts", "community": "contacts", "contract": "contractors", "none": None}
KNOWN = {"publiccodeYmlVersion", "name", "applicationSuite", "url", "landingURL", "isBasedOn", "softwareVersion", "releaseDate",
         "logo", "platforms", "categories", "organisation", "usedBy", "fundedBy", "roadmap", "developmentStatus",
         "softwareType", "intendedAudience", "description", "legal", "maintenance", "localisation", "dependsOn",
         "supports"}  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "publiccodeYmlVersion",
        "name",
        "url",
        "platforms",
        "developmentStatus",
        "softwareType",
        "description",
        "legal.license",
        "maintenance.type",
        "localisation.localisationReady",
        "localisation.availableLanguages",
    ],
)
def test_what_is_mandatory_is_there(path):
    value = CODE
    for key in path.split("."):
        value = value[key]
    assert value not in (None, "", [], {})


def test_there_is_no_key_that_the_standard_does_not_know():
    assert set(CODE) <= KNOWN


def test_values_are_of_the_closed_lists():
    assert CODE["publiccodeYmlVersion"] == "0"
    assert CODE["developmentStatus"] in STATUSES
    assert CODE["softwareType"] in TYPES
    assert set(CODE["platforms"]) <= PLATFORMS
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", word) for word in CODE["categories"] + CODE["intendedAudience"]["scope"])


def test_the_address_of_the_code_is_whole_and_one_that_is_not_there_says_so():
    url = urlsplit(CODE["url"])
    assert url.scheme == "https" and url.hostname and url.path.strip("/")
    if url.hostname.endswith(".example"):
        assert "no public repository yet" in (ROOT / "publiccode.yml").read_text()


@pytest.mark.parametrize("language", sorted(DESCRIPTIONS))
def test_a_description_has_the_lengths_of_the_standard(language):
    described = DESCRIPTIONS[language]
    assert 1 <= len(described["shortDescription"]) <= 150
    assert "\n" not in described["shortDescription"]
    assert 150 <= len(described["longDescription"]) <= 10_000
    assert described["features"]
    assert all(1 <= len(feature) <= 100 for feature in described["features"])


def test_each_language_tells_the_same():
    assert len({len(described["features"]) for described in DESCRIPTIONS.values()}) == 1
    assert len({described["longDescription"].count("\n") for described in DESCRIPTIONS.values()}) == 1


def test_the_languages_are_those_of_the_portal():
    assert CODE["localisation"] == {"localisationReady": True, "availableLanguages": list(LANGUAGES)}
    assert set(DESCRIPTIONS) == set(LANGUAGES)


def test_whoever_maintains_it_is_named():
    witness = WITNESSES[CODE["maintenance"]["type"]]
    assert witness is None or all(person["name"] for person in CODE["maintenance"][witness])
    assert witness != "contractors" or all(isinstance(one["until"], date) for one in CODE["maintenance"]["contractors"])


def test_the_licence_is_one_and_its_text_is_whole():
    assert CODE["legal"]["license"] == PROJECT["license"] == "AGPL-3.0-or-later"
    # the digest of https://www.gnu.org/licenses/agpl-3.0.txt
    digest = "0d96a4ff68ad6d4b6f1f30f713b18d5184912ba8dd389f86aa7710db079abcb0"
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == digest


def test_versions_and_files_are_those_of_the_project():
    assert CODE["softwareVersion"] == PROJECT["version"]
    python = next(one for one in CODE["dependsOn"]["open"] if one["name"] == "Python")
    assert PROJECT["requires-python"] == f">={python['versionMin']}"
    assert (ROOT / CODE["logo"]).is_file()
