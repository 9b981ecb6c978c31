"""Makes ciphertext and keyed hashes with the team's secret, which the database never holds. Knows no database."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRET_SIZE: Final = 32
"""Bytes of a team's secret."""
_NONCE_SIZE: Final = 12
_MARK_SIZE: Final = 16


class BadSeal(ValueError):
    """The content was sealed with another secret or for another place, or it was changed."""


def new_secret() -> str:
    """Return a new secret of a team, as text to hand over."""
    return secret_text(secrets.token_bytes(SECRET_SIZE))


def secret_text(secret: bytes) -> str:
    """Return a secret as text to hand over."""
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")


def secret_bytes(text: str) -> bytes:
    """Return the bytes of a secret that a person hands over. Raises `ValueError` if it can't be one."""
    try:
        decoded = base64.urlsafe_b64decode(text.strip() + "=")
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != SECRET_SIZE:
        raise ValueError("a secret has 43 letters, digits, - and _")
    return decoded


class Sealer:
    """Seals contents with AES-256-GCM and makes keyed hashes, each with a key of its own, derived from one secret."""

    def __init__(self, secret: bytes) -> None:
        self._box = AESGCM(hmac.digest(secret, b"brokerdesk team book: contents", "sha256"))
        self._names = hmac.digest(secret, b"brokerdesk team book: names", "sha256")

    def seal(self, place: bytes, content: bytes) -> bytes:
        """Return `content` sealed for one place, such as a row. It can't be opened as that of another place."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self._box.encrypt(nonce, content, place)

    def open(self, place: bytes, sealed: bytes) -> bytes:
        """Return the content that was sealed for a place. Raises `BadSeal`."""
        try:
            return self._box.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], place)
        except (InvalidTag, ValueError):
            raise BadSeal("the content was not sealed with this secret for this place") from None

    def open_rows(self, prefix: bytes, rows: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
        """Return the contents of many rows (name, sealed), each sealed for `prefix` and its name. Raises `BadSeal`."""
        decrypt = self._box.decrypt
        try:
            return [
                decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], prefix + name) for name, sealed in rows
            ]
        except (InvalidTag, ValueError):
            raise BadSeal("a row was not sealed with this secret for its place") from None

    def mark(self, kind: str, name: str, value: str) -> bytes:
        """Return the keyed hash of a value, by which a row is found without its value. 16 bytes.

        `kind` and `name` say what the value is of, such as a table and a field. Neither may hold a zero character.
        """
        whole = "\0".join((kind, name, value)).encode("utf-8", "surrogatepass")
        return hmac.digest(self._names, whole, "sha256")[:_MARK_SIZE]
