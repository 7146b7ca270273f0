"""Encryption of ID and bank numbers at rest, with China's national algorithms.

SM4-GCM (GB/T 32907) keeps a value secret and unchanged; HMAC-SM3 (GB/T 32905) makes an index
by which equal values can be found without decrypting any; plain SM3 makes fingerprints.
"""

import base64
import os
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import models

PREFIX = "sm4:"
NONCE_BYTES = 12
TAG_BYTES = 16
# The number of a key that is given without one, as ENCRYPTION_KEY.
FIRST = 1


@dataclass(frozen=True)
class Key:
    """One key of the ring: a 16-byte SM4 key, a 16-byte HMAC key, and the number of both."""

    number: int
    cipher: bytes
    index: bytes


def ring():
    """Return the keys in order: the first encrypts, all decrypt.

    Raises ImproperlyConfigured when ENCRYPTION_KEYS ("2:<64 hex digits>,1:<64 hex digits>"), or
    ENCRYPTION_KEY (64 hex digits, a ring of one), is not of that form.
    """
    return _read(settings.ENCRYPTION_KEYS or f"{FIRST}:{settings.ENCRYPTION_KEY}")


@lru_cache(maxsize=8)
def _read(text):
    keys = []
    for part in text.split(","):
        number, _, digits = part.strip().partition(":")
        try:
            raw = bytes.fromhex(digits)
        except ValueError:
            raw = b""
        if not (number.isascii() and number.isdigit()) or len(raw) != 32:
            raise ImproperlyConfigured(
                "ENCRYPTION_KEY must be 64 hexadecimal digits (32 bytes), ENCRYPTION_KEYS such "
                "keys with their numbers: 2:<64 digits>,1:<64 digits>."
            )
        keys.append(Key(int(number), raw[:16], raw[16:]))
    if len({key.number for key in keys}) < len(keys) or len({key.cipher for key in keys}) < len(
        keys
    ):
        raise ImproperlyConfigured("ENCRYPTION_KEYS names a key, or a number, twice.")
    return tuple(keys)


@checks.register(checks.Tags.security)
def check_keys(app_configs, **kwargs):
    """Say at the start, not at the first number, that a key is not of the right form."""
    try:
        ring()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="applications.E001")]
    return []


def encrypt(text, purpose):
    """Return `text` as an SM4-GCM token; `purpose` must be given again to decrypt it.

    Binding the purpose keeps a token of one column from being read in another. The token carries
    the number of its key, the ring's first.
    """
    key = ring()[0]
    nonce = os.urandom(NONCE_BYTES)
    encryptor = Cipher(algorithms.SM4(key.cipher), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(purpose.encode())
    body = encryptor.update(text.encode()) + encryptor.finalize()
    return f"{PREFIX}{key.number}:{base64.b64encode(nonce + body + encryptor.tag).decode()}"


def decrypt(token, purpose):
    """Return the text of a token made by `encrypt`.

    Tokens made before keys had numbers are tried with every key. Raises ValueError when the key,
    the purpose or the token is not the right one.
    """
    if not token.startswith(PREFIX):
        raise ValueError("not an encrypted value")
    number, has_number, encoded = token[len(PREFIX) :].rpartition(":")
    keys = [key for key in ring() if not has_number or str(key.number) == number]
    if not keys:
        raise ValueError(f"the value was encrypted with key {number}, which ENCRYPTION_KEYS lacks")
    raw = base64.b64decode(encoded)
    for key in keys:
        text = _opened(key, raw, purpose)
        if text is not None:
            return text
    raise ValueError("the value was changed, or ENCRYPTION_KEY is another one")


def _opened(key, raw, purpose):
    """Return the text of a token's bytes, or None when this key did not make it for `purpose`."""
    nonce, body, tag = raw[:NONCE_BYTES], raw[NONCE_BYTES:-TAG_BYTES], raw[-TAG_BYTES:]
    try:
        decryptor = Cipher(algorithms.SM4(key.cipher), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(purpose.encode())
        return (decryptor.update(body) + decryptor.finalize()).decode()
    except InvalidTag:
        return None


def is_current(token):
    """Whether a token was made with the key that encrypts now."""
    return token.startswith(f"{PREFIX}{ring()[0].number}:")


def blind_index(value):
    """Return the keyed SM3 index (64 hex digits) of a value, or "" for an empty one.

    Equal values have equal indexes; without the key nothing can be guessed from them.
    """
    return blind_indexes(value)[0] if value else ""


def blind_indexes(value):
    """Return the indexes of a value by every key of the ring, the present one first.

    While keys are being changed some rows have the earlier one; whoever looks for a number asks
    for all.
    """
    indexes = []
    for key in ring() if value else ():
        mac = hmac.HMAC(key.index, hashes.SM3())
        mac.update(value.strip().upper().encode())
        indexes.append(mac.finalize().hex())
    return indexes


class EncryptedTextField(models.TextField):
    """Text that the database holds only as an SM4-GCM token; not searchable."""

    def from_db_value(self, value, expression, connection):
        return decrypt(value, self.name) if value else value

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return encrypt(value, self.name) if value else value


class BlindIndexField(models.CharField):
    """The `blind_index` of a number that the row itself, or its application, holds.

    To migrations it is what it is in the database; `rotation` finds it by its class.
    """

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class SealedContentField(models.JSONField):
    """A snapshot as `snapshot.sealed` makes it, its numbers as tokens; found by `rotation`."""

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
