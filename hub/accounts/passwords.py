"""Passwords: argon2id as OWASP and the Garante-ACN guidelines ask (19 MiB, 2 passes, 1 lane).

A hash takes about 30 ms. Never make one while a writing transaction is open: on SQLite it holds the only turn to write.
"""

import secrets
import unicodedata
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hashed(password: str) -> str:
    """The hash to be kept, with its salt and parameters."""
    return hasher.hash(_normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is the one of this hash. Takes as long where there is no hash, so that time tells nothing."""
    try:
        return hasher.verify(stored or _decoy(), _normal(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether this hash was made with other parameters than today's."""
    return hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """The same password however a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password)


def _decoy() -> str:
    """A hash of today's parameters that no password has."""
    salt, digest = (b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${digest}"
