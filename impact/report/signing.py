"""Ed25519 keys and signatures (RFC 8032), through `cryptography`."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from impact.report.bundle import canonical, fail

PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


def keygen(path: str | os.PathLike) -> tuple[Path, str]:
    """Write a new private key (PEM, for the owner's eyes alone) and, beside it, the public one: its file and its 64 digits.

    Raises `BundleError` where a file of that name is there already: a key that signed is never overwritten.
    """
    private, public = Path(path), Path(path).with_suffix(".pub.pem")
    key = Ed25519PrivateKey.generate()
    _create(private, key.private_bytes(PEM, PKCS8, serialization.NoEncryption()), 0o600)
    try:
        held = key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        _create(public, held, 0o644)
    except Exception:
        private.unlink()
        raise
    return public, digits(key.public_key())


def _create(path: Path, content: bytes, mode: int) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
    except FileExistsError:
        raise fail(path, "is there already: a key is never overwritten") from None
    except OSError as error:
        raise fail(path, f"the file cannot be written: {error.strerror}") from None


def digits(key: Ed25519PublicKey) -> str:
    return key.public_bytes_raw().hex()


def private_key(path: str | os.PathLike) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(Path(path).read_bytes(), password=None)
    except OSError as error:
        raise fail(path, f"the file cannot be opened: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise fail(path, "is not a private key in PEM without password: make one with keygen") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise fail(path, "is not an Ed25519 key: make one with keygen")
    return key


def public_key(given: str) -> str:
    """The 64 digits of a public key, given as such or as a PEM file."""
    if re.fullmatch("[0-9a-fA-F]{64}", given):
        return given.lower()
    try:
        key = serialization.load_pem_public_key(Path(given).read_bytes())
    except OSError as error:
        raise fail(given, f"the file cannot be opened: {error.strerror}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise fail(given, "is not a public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise fail(given, "is not an Ed25519 key")
    return digits(key)


def signature(told: Mapping[str, str], key: Ed25519PrivateKey) -> dict[str, Any]:
    """The signature over the canonical JSON of the payload, with the key that verifies it."""
    signed = key.sign(canonical(dict(told))).hex()
    return {"algorithm": "Ed25519", "payload": dict(told), "public_key": digits(key.public_key()), "signature": signed}


def is_signed(found: Mapping[str, Any]) -> bool:
    """True if the signature of this document is that of its key over its payload."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(found["public_key"]))
        key.verify(bytes.fromhex(found["signature"]), canonical(found["payload"]))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True
