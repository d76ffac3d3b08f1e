"""The settings: what may be left out, what is refused and in which words, and what production does not have."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

import config
from hub import create_app
from hub.accounts.demo import DEMO_PASSWORD, PEOPLE
from hub.accounts.models import Person
from hub.db import GUARANTEES, db
from hub.spaces.models import Space
from tests.databases import PRODUCTION as GIVEN

README = Path(__file__).parent.parent / "README.md"
NEEDED = (
    "PUBLIC_URL, SECRET_KEY, MAIL_URL, MAIL_FROM, CONTACT_EMAIL, CONTACT_PEC, CONTACT_PHONE, OWNER_TAX_CODE, DPO_EMAIL,"
    " TRANSPARENCY_URL"
)
GATEWAY = {
    "OIDC_ISSUER": "https://gateway.example",
    "OIDC_CLIENT_ID": "officine",
    "OIDC_CLIENT_SECRET": "a secret that only the two of them know",
}


@pytest.fixture
def instance(monkeypatch, tmp_path):
    """A folder of its own for what the demo keeps."""
    folder = tmp_path / "instance"
    monkeypatch.setattr(config, "INSTANCE", folder)
    return folder


@pytest.fixture
def production(tmp_path):
    """A portal in production, on an empty database that `flask hub prepare` has brought up to date."""
    app = create_app(GIVEN | {"DATABASE_URL": f"sqlite:///{tmp_path}/hub.sqlite", "LOG_LEVEL": "ERROR"})
    told = app.test_cli_runner().invoke(args=["hub", "prepare"])
    yield app, told
    with app.app_context():
        db.engine.dispose()


# --- what may be left out


def test_the_demo_needs_no_setting(instance):
    settings = config.load({})
    assert settings["PUBLIC_URL"] == "http://127.0.0.1:5000"
    assert settings["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{config.ROOT}/instance/hub.sqlite"
    assert settings["MAIL_URL"] == f"maildir:{config.ROOT}/instance/mail"
    assert settings["SESSION_COOKIE_SECURE"] is False


def test_an_empty_setting_is_one_left_out(instance):
    assert config.load(dict.fromkeys(config.load({}), "")) == config.load({})


def test_the_address_of_the_demo_follows_its_port(instance):
    assert config.load({"PORT": "8080"})["PUBLIC_URL"] == "http://127.0.0.1:8080"
    assert config.web({"PORT": "8080", "WEB_WORKERS": "1", "WEB_THREADS": "6"}) == ("127.0.0.1:8080", 1, 6)


def test_the_secret_of_the_demo_is_made_once_and_is_its_owners_only(instance):
    first = config.load({})["SECRET_KEY"]
    assert len(first) >= 32
    assert config.load({})["SECRET_KEY"] == first
    assert (instance / "secret_key").stat().st_mode & 0o077 == 0


def test_two_demos_have_two_secrets(instance, monkeypatch, tmp_path):
    first = config.load({})["SECRET_KEY"]
    monkeypatch.setattr(config, "INSTANCE", tmp_path / "another")
    assert config.load({})["SECRET_KEY"] != first


# --- what production must be given


def test_production_names_all_that_is_missing_in_one_sentence():
    with pytest.raises(config.WrongSetting) as refused:
        config.load({"HUB_MODE": "production"})
    assert str(refused.value).endswith(f"must be given: {NEEDED}.")


@pytest.mark.parametrize("name", [setting.name for setting in config.SETTINGS if setting.production is None])
def test_production_starts_without_no_setting_that_lacks_a_default(name):
    for value in ({}, {name: ""}):
        with pytest.raises(config.WrongSetting, match=f"must be given: {name}\\.$"):
            config.load({key: kept for key, kept in GIVEN.items() if key != name} | value)


def test_production_never_makes_a_secret_up(instance):
    config.load(GIVEN)
    assert not instance.exists()


def test_production_keeps_its_cookies_to_itself_and_answers_to_its_name_alone():
    settings = config.load(GIVEN)
    assert settings["SESSION_COOKIE_NAME"] == "__Host-form"
    assert settings["SIGN_IN_COOKIE_NAME"] == "__Host-session"
    assert settings["SESSION_COOKIE_SECURE"] is True
    assert settings["TRUSTED_HOSTS"] == ["officine.example"]
    assert settings["PROXY_HOPS"] == 1


# --- what is refused


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HUB_MODE", "test", "demo or production"),
        ("PORT", "http", "a whole number from 1 to 65535"),
        ("PORT", "0", "a whole number from 1 to 65535"),
        ("PORT", "70000", "a whole number from 1 to 65535"),
        ("PROXY_HOPS", "-1", "a whole number"),
        ("WEB_THREADS", "0", "a whole number from 1"),
        ("SECRET_KEY", "short", "at least 32 characters"),
        ("PUBLIC_URL", "officine.example", "a whole address"),
        ("PUBLIC_URL", "ftp://officine.example", "a whole address"),
        ("PUBLIC_URL", "https://officine.example/portale", "without a path"),
        ("PUBLIC_URL", "https://officine.example:https", "a whole address"),
        ("DATABASE_URL", "mysql://hub@127.0.0.1/hub", "sqlite:///file or postgresql://"),
        ("DATABASE_URL", "sqlite://", "sqlite:///file or postgresql://"),
        ("DATABASE_URL", "postgresql://hub:pass@word@127.0.0.1:x/hub", "sqlite:///file or postgresql://"),
        ("MAIL_URL", "mail.example", "smtp://"),
        ("MAIL_URL", "smtp://user:password@mail.example:x", "smtp://"),
        ("MAIL_FROM", "Officine Mezzogiorno", "takes an address"),
        ("LOG_LEVEL", "loud", "INFO"),
        ("STAFF_SECOND_FACTOR", "no", "required or optional"),
        ("OIDC_ACR", "https://www.spid.gov.it/SpidL9", "or - for none"),
        ("OIDC_ACR", "2", "https://www.spid.gov.it/SpidL1"),
        ("OIDC_CLAIMS", "fiscal_code", "pairs such as fiscal_code=fiscalNumber"),
        ("OIDC_CLAIMS", "fiscal_code=", "'fiscal_code='"),
        ("OIDC_CLAIMS", "codice=fiscalNumber", "fiscal_code, given_name, family_name, birth_date, email"),
    ],
)
def test_a_wrong_setting_is_refused_in_words_that_name_it(name, value, words):
    with pytest.raises(config.WrongSetting) as refused:
        config.load(GIVEN | {name: value})
    sentence = str(refused.value)
    assert sentence.startswith(name) and words in sentence and "\n" not in sentence
    assert "pass@word" not in sentence and "user:password@mail.example" not in sentence


@pytest.mark.parametrize("name", ["PORT", "WEB_WORKERS", "WEB_THREADS"])
def test_the_web_server_refuses_a_wrong_number_by_name(name):
    with pytest.raises(config.WrongSetting, match=f"^{name} is 'x'"):
        config.web({name: "x"})


@pytest.mark.parametrize("url", ["postgres://hub@db/hub", "postgresql://hub@db/hub", "postgresql+psycopg://hub@db/hub"])
def test_every_name_of_postgresql_leads_to_the_one_driver(url):
    assert config.load(GIVEN | {"DATABASE_URL": url})["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://hub@db/hub"


def test_a_start_with_a_missing_setting_ends_with_that_sentence_alone():
    """As whoever deploys sees it: no traceback, and a status that a service manager understands."""
    told = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--check-config"],
        cwd=config.ROOT,
        env={"HUB_MODE": "production"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode != 0
    assert f"must be given: {NEEDED}." in told.stderr
    assert "Traceback" not in told.stderr


# --- the gateway to SPID and CIE


def test_without_a_gateway_nothing_is_asked_of_one():
    assert config.load(GIVEN)["OIDC_ISSUER"] == ""


@pytest.mark.parametrize(
    "issuer",
    ["https://gateway.example", "https://gateway.example/realms/comune/", "http://127.0.0.1:9400", "http://localhost:9400"],
)
def test_a_gateway_is_named_by_its_issuer(issuer):
    settings = config.load(GIVEN | GATEWAY | {"OIDC_ISSUER": issuer})
    assert settings["OIDC_ISSUER"] == issuer
    assert (settings["OIDC_ACR"], settings["OIDC_LEVEL"]) == ("https://www.spid.gov.it/SpidL2", 2)
    assert settings["OIDC_CLAIMS"] == config.CLAIMS


@pytest.mark.parametrize(
    "issuer",
    [
        "gateway.example",
        "http://gateway.example",
        "https://",
        "https://gateway.example?tenant=1",
        "https://gateway.example#x",
        "https://user:password@gateway.example",
        "https://gateway.example:https",
        "ftp://127.0.0.1",
    ],
)
def test_an_issuer_that_would_get_our_secret_in_the_clear_or_is_none_is_refused(issuer):
    with pytest.raises(config.WrongSetting) as refused:
        config.load(GIVEN | GATEWAY | {"OIDC_ISSUER": issuer})
    assert str(refused.value).startswith("OIDC_ISSUER takes the https address") and "password" not in str(refused.value)


@pytest.mark.parametrize("missing", [[name] for name in GATEWAY] + [list(GATEWAY)[:2], list(GATEWAY)[1:]])
def test_a_gateway_is_given_whole_or_not_at_all(missing):
    with pytest.raises(config.WrongSetting, match=f"go together: {' and '.join(missing)} must be given too"):
        config.load(GIVEN | GATEWAY | dict.fromkeys(missing, ""))


def test_the_level_asked_is_the_lowest_that_is_accepted_and_the_map_of_claims_begins_with_those_of_spid():
    asked = "https://www.spid.gov.it/SpidL3 https://www.spid.gov.it/SpidL2"
    settings = config.load(GIVEN | GATEWAY | {"OIDC_ACR": asked, "OIDC_CLAIMS": "fiscal_code=fiscalNumber  email=urn:mail=1"})
    assert (settings["OIDC_ACR"], settings["OIDC_LEVEL"]) == (asked, 2)
    assert settings["OIDC_CLAIMS"] == config.CLAIMS | {"fiscal_code": "fiscalNumber", "email": "urn:mail=1"}
    settings = config.load(GIVEN | GATEWAY | {"OIDC_ACR": "-"})
    assert (settings["OIDC_ACR"], settings["OIDC_LEVEL"]) == ("", 1)


# --- what production does not have


def test_production_loads_nobody_and_nothing(production):
    app, told = production
    assert told.exit_code == 0, told.output
    assert DEMO_PASSWORD not in told.output
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 0
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Space)) == 0


@pytest.mark.parametrize("email", [email for email, *_ in PEOPLE.values()])
def test_no_demo_account_opens_production(production, email):
    client = production[0].test_client()
    page = client.get("/entra", base_url="https://officine.example")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)', page.text)[1]
    form = {"csrf_token": token, "email": email, "password": DEMO_PASSWORD}
    answer = client.post(
        "/entra", data=form, base_url="https://officine.example", headers={"Referer": "https://officine.example/entra"}
    )
    assert answer.status_code == 422
    assert "non corrispondono" in answer.text


@pytest.mark.parametrize("mail", ["smtp://mail.example", "maildir:mail"])
def test_production_shows_nobodys_mail(tmp_path, mail):
    app = create_app(GIVEN | {"MAIL_URL": mail, "DATABASE_URL": f"sqlite:///{tmp_path}/hub.sqlite", "LOG_LEVEL": "ERROR"})
    assert app.test_client().get("/posta-dimostrativa", base_url="https://officine.example").status_code == 404


def test_production_answers_to_no_other_name(production):
    assert production[0].test_client().get("/", base_url="https://elsewhere.example").status_code == 400


# --- what the README says


def test_the_table_of_the_readme_is_the_list_of_the_settings():
    section = README.read_text().split("\n## Configuration\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if line.startswith("|")]
    told = {None: "must be given", "": "none"}
    wanted = [
        [f"`{one.name}`", *(told.get(value, f"`{value}`") for value in (one.demo, one.production)), one.words]
        for one in config.SETTINGS
    ]
    wanted = [[cell.replace("`made at the first start`", "made at the first start") for cell in row] for row in wanted]
    assert rows[2:] == wanted


def test_the_readme_names_the_accounts_of_the_demo():
    text = README.read_text()
    assert f"`{DEMO_PASSWORD}`" in text
    assert all(f"| {role} | `{email}` |" in text for role, (email, *_) in PEOPLE.items())


def test_the_promises_of_the_readme_stand_in_the_models_and_their_tests_exist():
    section = README.read_text().split("\n## Promises, and what keeps them\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("|")][2:]
    named = set(GUARANTEES)
    for table in db.metadata.tables.values():
        named |= {str(one.name) for one in (*table.constraints, *table.indexes)}
    assert {name for _, kept_by, _ in rows for name in re.findall(r"`(\w+)`", kept_by)} - named == set()
    assert [path for *_, shown in rows for path in re.findall(r"`(\S+)`", shown) if not (config.ROOT / path).is_file()] == []
    told = {name for _, kept_by, _ in rows for name in re.findall(r"`(\w+)`", kept_by)}
    assert set(GUARANTEES) - told == set(), "a guarantee that the README does not tell"


def test_the_files_on_the_map_exist():
    text = README.read_text().split("\n## The map\n", 1)[1].split("\n## ", 1)[0]
    drawn = text.split("```")[1]
    paths = {word for word in re.findall(r"^(?:hub|impact|migrations|docs)[\w/.]*|^[\w.]+\.py", drawn, re.M) if "<" not in word}
    assert paths
    assert [path for path in paths if not (config.ROOT / path).exists()] == []
