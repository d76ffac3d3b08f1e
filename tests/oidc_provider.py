"""OpenID Connect providers that really answer: an honest one in a process of its own, and one that lies over the wire."""

import json
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import RSAKey

from config import CLAIMS
from tests.live import free_port

CLIENT = {"OIDC_CLIENT_ID": "officine", "OIDC_CLIENT_SECRET": "a secret that only the two of them know"}
LEVEL_2 = "https://www.spid.gov.it/SpidL2"
ROSA = {
    CLAIMS["fiscal_code"]: "TINIT-GRCRSO83S58D969H",
    "given_name": "Rosa",
    "family_name": "Greco",
    "birthdate": "1983-11-18",
    "email": "rosa@posta.example",
    "acr": LEVEL_2,
}


class Provider:
    """The honest one (oidc-provider-mock), at `url`: whoever presses the button is the person of that name."""

    def __init__(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.settings = {"OIDC_ISSUER": self.url, **CLIENT}
        command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                return urllib.request.urlopen(f"{self.url}/jwks", timeout=5).close()
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the provider does not answer")

    def knows(self, who: str, **claims: object) -> str:
        """Let it know somebody who says this of themselves, as Rosa does where nothing else is said; None: no such claim."""
        said = {name: value for name, value in (ROSA | claims).items() if value is not None}
        ask = urllib.request.Request(f"{self.url}/users/{who}", json.dumps(said).encode(), method="PUT")
        ask.add_header("Content-Type", "application/json")
        urllib.request.urlopen(ask, timeout=10).close()
        return who

    def sign_in(self, address: str, who: str) -> str:
        """Sign in there, on the page to which the portal has sent the browser; the address of the way back."""
        return self._press(address, {"sub": who})

    def refuse(self, address: str) -> str:
        """Withhold one's consent there."""
        return self._press(address, {"action": "deny"})

    def _press(self, address: str, form: dict[str, str]) -> str:
        try:
            _direct.open(address, urlencode(form).encode(), timeout=10).close()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.headers["Location"]
        raise AssertionError("no way back")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)


def certificate(folder: Path, *names: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate for this machine, by its address and these names, that nobody has signed but itself: its file, and what
    a server needs to show it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    at = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), at, at + timedelta(days=1))
    known_as = [x509.IPAddress(ip_address("127.0.0.1")), *map(x509.DNSName, names)]
    made = made.add_extension(x509.SubjectAlternativeName(known_as), critical=False)
    file, private = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, private)
    return file, context


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_) -> None:
        return None


_direct = urllib.request.build_opener(_Stay)


@contextmanager
def provider() -> Iterator[Provider]:
    running = Provider()
    try:
        yield running
    finally:
        running.stop()


class Liar:
    """A provider of whom each answer can be bent: `lies` maps a path to what makes its answer from the true one.

    A lie takes and gives (status, body); a body that is a dict goes out as JSON, bytes as they are. `token` bends the
    claims of the ID token before they are signed, `sign` makes the token of them.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.lies: dict[str, Callable[[int, object], tuple[int, object]]] = {}
        self.token: Callable[[dict], dict] = lambda claims: claims
        self.sign: Callable[[dict], str] = lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        self.userinfo: dict[str, object] = {"sub": "rosa"}
        self.asked: list[tuple[str, dict[str, list[str]], dict[str, str]]] = []  # path, form, headers
        self.nonce = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.settings = {"OIDC_ISSUER": self.url, **CLIENT}
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def sign_in(self, address: str, code: str = "a-code") -> str:
        """What the browser would come back with, the nonce of its way there kept for the token."""
        asked = parse_qs(urlsplit(address).query)
        self.nonce = asked["nonce"][0]
        return f"{asked['redirect_uri'][0]}?{urlencode({'code': code, 'state': asked['state'][0]})}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def claims(self) -> dict[str, object]:
        """What an honest token would say."""
        at = int(time.time())
        return ROSA | {"iss": self.url, "sub": "rosa", "aud": "officine", "iat": at, "exp": at + 300, "nonce": self.nonce}

    def answer(self, path: str) -> tuple[int, object]:
        match path:
            case "/.well-known/openid-configuration":
                described = {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/jwks",
                    "userinfo_endpoint": f"{self.url}/userinfo",
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
                true = 200, described
            case "/token":
                token = self.sign(self.token(self.claims()))
                true = 200, {"access_token": "open", "token_type": "Bearer", "expires_in": 300, "id_token": token}
            case "/jwks":
                true = 200, {"keys": [self.key.as_dict(private=False)]}
            case "/userinfo":
                true = 200, self.userinfo
            case _:
                true = 404, {}
        return self.lies.get(path, lambda *true: true)(*true)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                liar.asked.append((self.path, parse_qs(form), dict(self.headers)))
                status, body = liar.answer(self.path)
                told = body if isinstance(body, bytes) else json.dumps(body).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(told)))
                    self.end_headers()
                    self.wfile.write(told)
                except OSError:
                    pass  # whoever asked has given up waiting

            do_POST = do_GET

            def log_message(self, *_) -> None:
                pass

        return Handler


@contextmanager
def liar(tls: ssl.SSLContext | None = None) -> Iterator[Liar]:
    running = Liar(tls)
    try:
        yield running
    finally:
        running.stop()
