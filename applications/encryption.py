"""Encryption of ID and bank numbers at rest, with China's national algorithms.

SM4-GCM (GB/T 32907) keeps a value secret and unchanged; HMAC-SM3 (GB/T 32905) makes an index
by which equal values can be found without decrypting any; plain SM3 makes fingerprints.
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

PREFIX = "sm4:"
NONCE_BYTES = 12
TAG_BYTES = 16


def _keys():
    """Return the 16-byte SM4 key and the 16-byte HMAC key of ENCRYPTION_KEY."""
    try:
        raw = bytes.fromhex(settings.ENCRYPTION_KEY)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise ImproperlyConfigured("ENCRYPTION_KEY must be 64 hexadecimal digits (32 bytes).")
    return raw[:16], raw[16:]


def encrypt(text, purpose):
    """Return `text` as an SM4-GCM token; `purpose` must be given again to decrypt it.

    Binding the purpose keeps a token of one column from being read in another.
    """
    nonce = os.urandom(NONCE_BYTES)
    encryptor = Cipher(algorithms.SM4(_keys()[0]), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(purpose.encode())
    body = encryptor.update(text.encode()) + encryptor.finalize()
    return PREFIX + base64.b64encode(nonce + body + encryptor.tag).decode()


def decrypt(token, purpose):
    """Return the text of a token made by `encrypt`.

    Raises ValueError when the key, the purpose or the token is not the right one.
    """
    if not token.startswith(PREFIX):
        raise ValueError("not an encrypted value")
    raw = base64.b64decode(token[len(PREFIX) :])
    nonce, body, tag = raw[:NONCE_BYTES], raw[NONCE_BYTES:-TAG_BYTES], raw[-TAG_BYTES:]
    decryptor = Cipher(algorithms.SM4(_keys()[0]), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(purpose.encode())
    try:
        return (decryptor.update(body) + decryptor.finalize()).decode()
    except InvalidTag as error:
        raise ValueError("the value was changed, or ENCRYPTION_KEY is another one") from error


def blind_index(value):
    """Return the keyed SM3 index (64 hex digits) of a value, or "" for an empty one.

    Equal values have equal indexes; without the key nothing can be guessed from them.
    """
    if not value:
        return ""
    mac = hmac.HMAC(_keys()[1], hashes.SM3())
    mac.update(value.strip().upper().encode())
    return mac.finalize().hex()


def sm3(data):
    """Return the SM3 digest of bytes, as 64 hex digits."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize().hex()


class EncryptedTextField(models.TextField):
    """Text that the database holds only as an SM4-GCM token; not searchable."""

    def from_db_value(self, value, expression, connection):
        return decrypt(value, self.name) if value else value

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return encrypt(value, self.name) if value else value
