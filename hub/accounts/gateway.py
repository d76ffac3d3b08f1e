"""The gateway to SPID and CIE: an OpenID Connect provider, which may be away, slow or wrong.

Nothing is asked of it before somebody wants to sign in, and never while a transaction is open: on SQLite a writing one
would hold the only turn to write for as long as the provider takes.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth, OAuthError
from flask import current_app
from joserfc.errors import JoseError

from hub.refusal import Refusal

SECONDS = 5  # how long one answer is waited for
AWAY_SECONDS = 10  # after one in vain nobody else waits, for so long: a provider that is down must not take our threads
KNOWN_SECONDS = 3600  # how long its description and its keys are believed
LEEWAY = 60  # seconds by which its clock and ours may differ
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
SCOPE = "openid profile email"


@dataclass
class _Known:
    """What this process knows of the provider: a client, from when; until when it is taken to be away (seconds, monotonic)."""

    client: FlaskOAuth2App | None = None
    since: float = 0.0
    away_until: float = 0.0


def way_in(redirect_uri: str, language: str) -> tuple[str, dict[str, str]]:
    """The address to send the browser to, and what is to be kept for its return (state, nonce, code_verifier)."""
    known = _known()
    if time.monotonic() < known.away_until:
        raise _slow()
    with _asking():
        client = _client()
        asked = {"ui_locales": language}
        if acr := current_app.config["OIDC_ACR"]:
            asked["acr_values"] = acr
        if client.server_metadata["claims_parameter_supported"]:
            wanted = dict.fromkeys(current_app.config["OIDC_CLAIMS"].values())
            asked["claims"] = json.dumps({"id_token": wanted, "userinfo": wanted})
        begun = client.create_authorization_url(redirect_uri, **asked)
    return begun.pop("url"), begun


def claims(code: str, *, redirect_uri: str, nonce: str, code_verifier: str) -> dict[str, object]:
    """What the provider says of who has just come back with this code, once issuer, audience, signature, nonce and time are
    as they must be. Raises Refusal: rule "code" for one that is spent, "gateway-…" where the provider is at fault."""
    with _asking():
        client = _client()
        token = client.fetch_access_token(redirect_uri=redirect_uri, code=code, code_verifier=code_verifier)
        options = {
            "iss": {"essential": True, "value": client.server_metadata["issuer"]},
            "aud": {"essential": True, "value": client.client_id},
            "exp": {"essential": True},
        }
        told = client.parse_id_token({**token, "id_token": token["id_token"]}, nonce, claims_options=options, leeway=LEEWAY)
        return _with_the_rest(dict(told), token["access_token"], client.server_metadata["userinfo_endpoint"])


def _with_the_rest(told: dict[str, object], access_token: str, endpoint: str | None) -> dict[str, object]:
    """The claims of the token; those that we want and it lacks are asked for where the provider says such things."""
    missing = [claim for claim in current_app.config["OIDC_CLAIMS"].values() if claim not in told]
    if not missing or not endpoint:
        return told
    answer = requests.get(endpoint, headers={"Authorization": f"Bearer {access_token}"}, timeout=SECONDS)
    answer.raise_for_status()
    more = answer.json()
    if more["sub"] != told["sub"]:
        raise ValueError("what is said is of somebody else")
    also = (*missing, "email_verified") if current_app.config["OIDC_CLAIMS"]["email"] in missing else missing
    return told | {claim: more[claim] for claim in also if claim in more}


def _client() -> FlaskOAuth2App:
    """Authlib's client, from the provider's own description, which is asked for at the first use and once an hour."""
    known = _known()
    if known.client is None or time.monotonic() - known.since > KNOWN_SECONDS:
        config = current_app.config
        described = _describe(config["OIDC_ISSUER"])
        known.client = OAuth(current_app).register(
            "identity",
            client_id=config["OIDC_CLIENT_ID"],
            client_secret=config["OIDC_CLIENT_SECRET"],
            authorize_url=described["authorization_endpoint"],
            access_token_url=described["token_endpoint"],
            client_kwargs={
                "scope": SCOPE,
                "code_challenge_method": "S256",
                "default_timeout": SECONDS,
                "token_endpoint_auth_method": _client_authentication(described),
            },
            issuer=described["issuer"],
            jwks_uri=described["jwks_uri"],
            userinfo_endpoint=described.get("userinfo_endpoint"),
            claims_parameter_supported=described.get("claims_parameter_supported") is True,
            id_token_signing_alg_values_supported=_algorithms(described),
        )
        known.since = time.monotonic()
    return known.client


def _describe(issuer: str) -> dict[str, object]:
    """The provider's description of itself. Raises ValueError where it is another's, or would send secrets in the clear."""
    address = issuer.rstrip("/") + "/.well-known/openid-configuration"
    answer = requests.get(address, timeout=SECONDS, allow_redirects=False)
    answer.raise_for_status()
    described = answer.json()
    if described["issuer"].rstrip("/") != issuer.rstrip("/"):
        raise ValueError("the description is another provider's")
    endpoints = [described[name] for name in ENDPOINTS] + [described.get("userinfo_endpoint") or issuer]
    if urlsplit(issuer).scheme == "https" and any(urlsplit(endpoint).scheme != "https" for endpoint in endpoints):
        raise ValueError("an endpoint is not https")
    return described


def _algorithms(described: dict[str, object]) -> list[str]:
    """How it may sign: never "none", nor with a key that both sides hold, whatever the provider says that it can do."""
    found = [name for name in described.get("id_token_signing_alg_values_supported", ["RS256"]) if name in ALGORITHMS]
    if not found:
        raise ValueError("no signature that we accept")
    return found


def _client_authentication(described: dict[str, object]) -> str:
    """How the portal says its secret: the standard's own way, unless the provider takes it in the form alone."""
    can = described.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return "client_secret_post" if "client_secret_basic" not in can and "client_secret_post" in can else "client_secret_basic"


@contextmanager
def _asking() -> Iterator[None]:
    """A block that asks the provider: whatever goes wrong there is a Refusal, whose cause is what went wrong."""
    try:
        yield
    except requests.Timeout as error:
        _known().away_until = time.monotonic() + AWAY_SECONDS
        raise _slow() from error
    except OAuthError as error:
        raise (_spent() if error.error == "invalid_grant" else _wrong()) from error
    except requests.HTTPError as error:
        raise (_away() if error.response.status_code >= 500 else _wrong()) from error
    except requests.ConnectionError as error:
        _known().away_until = time.monotonic() + AWAY_SECONDS
        raise _away() from error
    except (requests.RequestException, AuthlibBaseError, JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _wrong() from error


def _known() -> _Known:
    return current_app.extensions.setdefault("identity_gateway", _Known())


def _slow() -> Refusal:
    return Refusal("Il servizio di accesso con SPID e CIE non risponde. Riprova tra qualche minuto.", rule="gateway-slow")


def _away() -> Refusal:
    return Refusal(
        "Il servizio di accesso con SPID e CIE in questo momento non funziona. Riprova tra qualche minuto.", rule="gateway-away"
    )


def _wrong() -> Refusal:
    return Refusal(
        "La risposta del servizio di accesso con SPID e CIE non è quella che aspettavamo, e non l'abbiamo accettata.",
        rule="gateway-answer",
    )


def _spent() -> Refusal:
    return Refusal("Questo accesso è già stato usato, o è passato troppo tempo. Comincia di nuovo.", rule="code")
