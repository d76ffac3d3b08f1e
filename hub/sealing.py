"""Sealing: what the database keeps so that whoever reads it without the SECRET_KEY learns nothing.

Each purpose has a key of its own, derived from the SECRET_KEY (HKDF, RFC 5869), so that what was sealed for one place
opens in no other. With another SECRET_KEY nothing opens any longer.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app


class Unreadable(ValueError):
    """What should be opened was sealed for another purpose or with another SECRET_KEY, or was altered."""


def seal(text: str, purpose: str) -> str:
    """The text encrypted and signed (Fernet): ASCII, 4/3 of its bytes and a hundred more."""
    return Fernet(urlsafe_b64encode(_key(purpose))).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str) -> str:
    """The text that was sealed for this purpose. Raises Unreadable for anything else."""
    try:
        return Fernet(urlsafe_b64encode(_key(purpose))).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable(purpose) from None


def mark(text: str, purpose: str) -> str:
    """A keyed digest, 64 hexadecimal characters: the same for the same text, and nobody without the key can try guesses."""
    return hmac.new(_key(purpose), text.encode(), hashlib.sha256).hexdigest()


def _key(purpose: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"hub.sealing:{purpose}".encode())
    return kdf.derive(current_app.secret_key.encode())
