"""Every setting of the portal: its name, its default and what it is for. Nothing else reads the environment.

The README's table is this list (a test compares them). In `production` a setting without a default must be given:
the start stops with one sentence that names it.
"""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

ROOT = Path(__file__).parent
INSTANCE = ROOT / "instance"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# How SPID, and CIE with the same names, say how sure a sign-in is (acr), from 1 to 3.
IDENTITY_LEVELS = {f"https://www.spid.gov.it/SpidL{level}": level for level in (1, 2, 3)}
# What is asked of a digital identity, and the claims of SPID and CIE that say it.
CLAIMS = {
    "fiscal_code": "https://attributes.eid.gov.it/fiscal_number",
    "given_name": "given_name",
    "family_name": "family_name",
    "birth_date": "birthdate",
    "email": "email",
}


class WrongSetting(SystemExit):
    """A setting is missing or cannot be understood; the message is one sentence for whoever starts the portal."""


@dataclass(frozen=True)
class Setting:
    name: str
    demo: str
    production: str | None
    words: str


SETTINGS = (
    Setting("HUB_MODE", "demo", "production", "`demo` (made-up accounts, mail kept in a local mailbox) or `production`"),
    Setting("HOST", "127.0.0.1", "127.0.0.1", "address that the web server listens on"),
    Setting("PORT", "5000", "5000", "port that the web server listens on"),
    Setting("PUBLIC_URL", "http://127.0.0.1:{PORT}", None, "address people type: links in mails and accepted hosts"),
    Setting("DATABASE_URL", "sqlite:///instance/hub.sqlite", "sqlite:///instance/hub.sqlite",
            "SQLite file, or `postgresql://user:password@host/name`"),
    Setting("SECRET_KEY", "made at the first start", None, "signs forms and cookies: at least 32 characters"),
    Setting("MAIL_URL", "maildir:instance/mail", None, "`smtp://user:password@host:587?starttls=yes`, or `maildir:folder`"),
    Setting("MAIL_FROM", "Officine Mezzogiorno <noreply@officine.example>", None, "sender of the mails"),
    Setting("CONTACT_EMAIL", "info@officine.example", None, "where people write to the hub: contacts, footer"),
    Setting("CONTACT_PEC", "officine@pec.officine.example", None, "certified mail of the owner: contacts, footer"),
    Setting("CONTACT_PHONE", "0832 000000", None, "telephone of the hub: contacts, footer"),
    Setting("OWNER_TAX_CODE", "00000000000", None, "codice fiscale or partita IVA of the owner: footer"),
    Setting("DPO_EMAIL", "dpo@officine.example", None, "data protection officer: privacy page"),
    Setting("TRANSPARENCY_URL", "https://www.comune.lecce.it", None, "the owner's \"amministrazione trasparente\": footer"),
    Setting("ACCESSIBILITY_URL", "", "",
            "the declaration on form.agid.gov.it; without one the footer leads to the page of the portal"),
    Setting("STAFF_SECOND_FACTOR", "optional", "required",
            "`required` or `optional`: whether the staff must have a second factor"),
    Setting("OIDC_ISSUER", "", "",
            "OpenID Connect provider (a SPID/CIE gateway), such as `https://gateway.example`; none: no such sign-in"),
    Setting("OIDC_CLIENT_ID", "", "", "name of the portal at the provider"),
    Setting("OIDC_CLIENT_SECRET", "", "", "secret of the portal at the provider"),
    Setting("OIDC_ACR", "https://www.spid.gov.it/SpidL2", "https://www.spid.gov.it/SpidL2",
            "level asked of the provider (`acr_values`); `-` for none"),
    Setting("OIDC_CLAIMS", "", "",
            "names of claims that differ from SPID's, such as `fiscal_code=fiscalNumber birth_date=dateOfBirth`"),
    Setting("WEB_WORKERS", "2", "2", "web processes"),
    Setting("WEB_THREADS", "4", "4", "threads of each web process"),
    Setting("PROXY_HOPS", "0", "1", "reverse proxies in front, whose X-Forwarded-* headers are believed"),
    Setting("LOG_LEVEL", "INFO", "INFO", "least severe level that is logged"),
)  # fmt: skip


def load(environ: Mapping[str, str] = os.environ) -> dict[str, object]:
    """The Flask configuration for this environment.

    Raises WrongSetting (a SystemExit) with one sentence where a setting is missing or wrong.
    """
    mode = environ.get("HUB_MODE") or "demo"
    if mode not in ("demo", "production"):
        raise WrongSetting(f"HUB_MODE is {mode!r}: it takes demo or production.")
    values = {setting.name: environ.get(setting.name) or getattr(setting, mode) for setting in SETTINGS}
    if missing := [name for name, value in values.items() if value is None]:
        raise WrongSetting(f"In production these settings have no default and must be given: {', '.join(missing)}.")
    values["HUB_MODE"] = mode
    values["PUBLIC_URL"] = values["PUBLIC_URL"].replace("{PORT}", values["PORT"]).rstrip("/")
    if mode == "demo" and not environ.get("SECRET_KEY"):
        values["SECRET_KEY"] = _kept_secret()
    if len(values["SECRET_KEY"]) < 32:
        raise WrongSetting("SECRET_KEY is too short: give at least 32 characters.")
    return values | _flask_settings(values)


def web(environ: Mapping[str, str] = os.environ) -> tuple[str, int, int]:
    """What the web server needs before the application exists: (host:port, processes, threads)."""
    default = {setting.name: setting.demo for setting in SETTINGS}
    host, port, workers, threads = (environ.get(name) or default[name] for name in ("HOST", "PORT", "WEB_WORKERS", "WEB_THREADS"))
    return f"{host}:{_whole('PORT', port, 1, 65535)}", _whole("WEB_WORKERS", workers, 1), _whole("WEB_THREADS", threads, 1)


def _whole(name: str, text: str, least: int = 0, most: int = 1000) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise WrongSetting(f"{name} is {text!r}: it takes a whole number from {least} to {most}.")
    return int(text)


LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _kept_secret() -> str:
    """The demo's secret, made once and kept beside its database, so that sessions outlive a restart."""
    file = INSTANCE / "secret_key"
    if not file.exists():
        INSTANCE.mkdir(mode=0o700, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()


def _flask_settings(values: dict[str, str]) -> dict[str, object]:
    _whole("PORT", values["PORT"], 1, 65535)
    public = _public(values["PUBLIC_URL"])
    secure = public.scheme == "https"
    if values["HUB_MODE"] == "production" and not secure and public.hostname not in LOOPBACK:
        raise WrongSetting("PUBLIC_URL must begin with https in production: sign-in cookies are not sent in the clear.")
    prefix = "__Host-" if secure else ""
    return {
        "PROXY_HOPS": _whole("PROXY_HOPS", values["PROXY_HOPS"]),
        "SQLALCHEMY_DATABASE_URI": _database(values["DATABASE_URL"]),
        "MAIL_URL": _mail(values["MAIL_URL"]),
        "MAIL_FROM": _sender(values["MAIL_FROM"]),
        "WEB_THREADS": _whole("WEB_THREADS", values["WEB_THREADS"], 1),
        "LOG_LEVEL": _level(values["LOG_LEVEL"]),
        "STAFF_SECOND_FACTOR": _staff_second_factor(values["STAFF_SECOND_FACTOR"]),
        **_provider(values),
        "TRUSTED_HOSTS": [public.hostname] if values["HUB_MODE"] == "production" else [public.hostname, "127.0.0.1", "localhost"],
        "SESSION_COOKIE_NAME": f"{prefix}form",
        "SIGN_IN_COOKIE_NAME": f"{prefix}session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SIGN_IN_HOURS": 12,
        "WTF_CSRF_SSL_STRICT": False,  # some browsers send no Referer: the signed token and SameSite keep the form safe
        "WTF_CSRF_TIME_LIMIT": None,  # a form left open over lunch must still go through: the cookie bounds it
        "MAX_CONTENT_LENGTH": 1_000_000,
        "MAX_FORM_PARTS": 200,
        "BABEL_DEFAULT_LOCALE": "it",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Rome",
    }  # fmt: skip


def _public(url: str) -> SplitResult:
    """The parts of the address that people type: a scheme, a host, perhaps a port, and nothing after them."""
    with suppress(ValueError):  # a port that is no number
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not any(parts[2:]):
            return parts
    raise WrongSetting("PUBLIC_URL takes a whole address without a path, such as https://officine.example.")


def _level(name: str) -> str:
    if name not in LEVELS:
        raise WrongSetting(f"LOG_LEVEL is {name!r}: it takes one of {', '.join(LEVELS)}.")
    return name


def _staff_second_factor(text: str) -> str:
    if text not in ("required", "optional"):
        raise WrongSetting(f"STAFF_SECOND_FACTOR is {text!r}: it takes required or optional.")
    return text


def _database(url: str) -> str:
    """A SQLAlchemy URL: psycopg is the driver, a relative SQLite path starts at the project's folder."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and rest != "/":
        return url if rest.startswith("//") else f"sqlite:///{ROOT / rest.removeprefix('/')}"
    with suppress(ValueError):  # a port that is no number
        if scheme in ("postgresql", "postgres", "postgresql+psycopg") and urlsplit(url).port != 0:
            return f"postgresql+psycopg://{rest}"
    # The address may hold a password: it is not repeated.
    raise WrongSetting("DATABASE_URL takes sqlite:///file or postgresql://user:password@host/name.")


def _mail(url: str) -> str:
    """Where mails go: a mail server, or a local folder, which starts at the project's folder where it is relative."""
    try:
        parts = urlsplit(url)
        if parts.scheme == "maildir" and parts.path:
            return f"maildir:{ROOT / parts.path}"
        if parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0:
            return url
    except ValueError:  # a port that is no number
        pass
    # The address may hold a password: it is not repeated.
    raise WrongSetting(
        "MAIL_URL takes smtp://user:password@host:port?starttls=yes, smtps://user:password@host, or maildir:folder."
    )


def _provider(values: dict[str, str]) -> dict[str, object]:
    """The OpenID Connect provider: its address and the portal's name there, or nothing; what is asked of it."""
    given = {name: values[name] for name in ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")}
    missing = [name for name, value in given.items() if not value]
    if missing and len(missing) < len(given):
        raise WrongSetting(f"{', '.join(given)} go together: {' and '.join(missing)} must be given too, or none of them.")
    asked = "" if values["OIDC_ACR"] == "-" else values["OIDC_ACR"]
    if unknown := [acr for acr in asked.split() if acr not in IDENTITY_LEVELS]:
        raise WrongSetting(f"OIDC_ACR is {unknown[0]!r}: it takes {', '.join(IDENTITY_LEVELS)}, or - for none.")
    return {
        "OIDC_ISSUER": _issuer(values["OIDC_ISSUER"]),
        "OIDC_ACR": asked,
        "OIDC_LEVEL": min((IDENTITY_LEVELS[acr] for acr in asked.split()), default=1),
        "OIDC_LEVELS": IDENTITY_LEVELS,
        "OIDC_CLAIMS": _claims(values["OIDC_CLAIMS"]),
    }


def _issuer(url: str) -> str:
    """The provider's name for itself, under which its description stands; secrets go there, so it is never in the clear."""
    with suppress(ValueError):  # a port that is no number
        parts = urlsplit(url)
        known = parts.hostname and parts.port != 0 and "@" not in parts.netloc and not any(parts[3:])
        if not url or (known and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))):
            return url
    raise WrongSetting("OIDC_ISSUER takes the https address of the provider, such as https://gateway.example, without a query.")


def _claims(text: str) -> dict[str, str]:
    """The name of each claim: SPID's and CIE's, or the one given for it."""
    claims = dict(CLAIMS)
    for pair in text.split():
        name, _, claim = pair.partition("=")
        if name not in CLAIMS or not claim:
            raise WrongSetting(
                f"OIDC_CLAIMS has {pair!r}: it takes pairs such as fiscal_code=fiscalNumber, of {', '.join(CLAIMS)}."
            )
        claims[name] = claim
    return claims


def _sender(text: str) -> str:
    if "@" not in parseaddr(text)[1] or not text.isprintable():
        raise WrongSetting("MAIL_FROM takes an address, such as Officine Mezzogiorno <noreply@officine.example>.")
    return text
