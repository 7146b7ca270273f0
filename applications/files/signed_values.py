"""What the signed values of electronic signatures hold: certificate, seal, digest (ASN.1).

For the forms that no library here knows: electronic seals (GM/T 0031 and GB/T 38540) and signatures
by the national algorithms (GB/T 35275), in OFD and in PDF. Their own value is SM2, which nothing
here verifies: what can be told is who is named, and whether the digest is that of what was signed.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from asn1crypto import parser
from cryptography.hazmat.primitives import hashes

INTEGER, BIT_STRING, OCTET_STRING, OBJECT_IDENTIFIER = 2, 3, 4, 6
BMP_STRING = 30
OF_CONTEXT = 2
COMMON_NAME, ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"
NAME_LIMIT = 100
DEPTH = 20
# The arc of the national algorithms (1.2.156.10197), and the attribute messageDigest.
NATIONAL = b"\x2a\x81\x1c\xcf\x55"
MESSAGE_DIGEST = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"
# What signs, and what a digest is made by.
SM3 = {"1.2.156.10197.1.401", "1.2.156.10197.1.401.1", "sm3"}
DIGESTS = {
    "1.3.14.3.2.26": "sha1", "sha1": "sha1", "sha-1": "sha1", "1.2.840.113549.2.5": "md5",
    "md5": "md5", "2.16.840.1.101.3.4.2.1": "sha256", "sha256": "sha256", "sha-256": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384", "sha384": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512", "sha512": "sha512",
}  # fmt: skip


# Certificates of persons hold ID and telephone numbers beside the name.
LONG_NUMBER = re.compile(r"\d{11,}[Xx]?")


class State(StrEnum):
    """What can be told of a signature without trusting anybody."""

    INTACT = "intact"
    FOLLOWED = "followed"  # by a change of the file, if only a comment
    CHANGED = "changed"  # what was signed is not what is there
    NATIONAL = "national"  # as it was signed, but by an algorithm that is not verified here
    UNBOUND = "unbound"  # the same, and nothing tells what its value was made for
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Value:
    """A value of ASN.1 in a form that nothing describes: class, tag, contents, all its bytes."""

    of_class: int
    tag: int
    contents: bytes
    whole: bytes
    is_constructed: bool = True

    @cached_property
    def parts(self):
        """The values in it."""
        parts, rest = [], self.contents
        while rest:
            of_class, method, tag, head, contents, tail = parser.parse(rest)
            length = len(head) + len(contents) + len(tail)
            parts.append(Value(of_class, tag, contents, rest[:length], bool(method)))
            rest = rest[length:]
        return parts

    @property
    def octets(self):
        """The bytes of an octet string, or of a bit string of whole bytes."""
        return self.contents[1:] if self.tag == BIT_STRING else self.contents


def value_of(data):
    """Return the `Value` that bytes hold; raises ValueError."""
    of_class, method, tag, head, contents, tail = parser.parse(data)
    length = len(head) + len(contents) + len(tail)
    return Value(of_class, tag, contents, data[:length], bool(method))


@dataclass
class SignedValue:
    """What a signed value holds, as far as it has it: DER of a certificate, its seal, a digest."""

    certificate: bytes = b""
    seal: str = ""
    picture: bytes = b""
    digest: bytes = b""
    is_stamped_in_time: bool = False


def signed_value_of(data):
    """Return the `SignedValue` in bytes; raises whatever a decoder says about hostile bytes.

    Known are the two forms of electronic seals (GM/T 0031 and GB/T 38540, versions 1 and 4) and
    signatures without a seal: PKCS #7 (GB/T 35275), and the bare value, which names nobody.
    """
    outer = value_of(data)
    first = outer.parts[0]
    if first.tag == INTEGER:
        return SignedValue()
    if first.tag == OBJECT_IDENTIFIER:
        return SignedValue(_certificate_in(outer), digest=message_digest_in(outer))
    _version, seal, _time, digest_signed, *others = first.parts
    # Version 4 has the certificate behind what is signed, version 1 within it.
    certificate = outer.parts[1]
    if certificate.tag != OCTET_STRING:
        certificate = next(each for each in others if each.tag == OCTET_STRING)
    return SignedValue(
        certificate.octets, name_of_seal(seal), picture_of_seal(seal), digest_signed.octets,
        any(each.of_class == OF_CONTEXT for each in outer.parts[3:]),
    )  # fmt: skip


def name_of_seal(seal):
    """Return the name of a seal (SESeal): the second of its properties."""
    return text_of(seal.parts[0].parts[2].parts[1])[:NAME_LIMIT]


def picture_of_seal(seal):
    """Return the bytes of the picture in a seal (SESeal): the fourth of what it says of itself."""
    information = seal.parts[0]
    return information.parts[3].parts[1].octets


def is_national(value):
    """Whether a value names an algorithm of the national ones, anywhere within."""
    return any(
        each.tag == OBJECT_IDENTIFIER and each.contents.startswith(NATIONAL)
        for each in everything_in(value)
    )


def message_digest_in(value):
    """Return the digest that a PKCS #7 signature says it signs, or b""."""
    for each in everything_in(value):
        if (
            each.is_constructed
            and len(each.parts) == 2
            and each.parts[0].contents == MESSAGE_DIGEST
        ):
            return each.parts[1].parts[0].octets
    return b""


def everything_in(value, depth=0):
    """Yield a value and all that stands in it, as deep as signatures are."""
    yield value
    if value.is_constructed and depth < DEPTH:
        for part in value.parts:
            yield from everything_in(part, depth + 1)


def _certificate_in(content_information):
    """Return the first certificate of a PKCS #7 signature, or b""."""
    (signed,) = content_information.parts[1].parts
    for part in signed.parts:
        if part.of_class == OF_CONTEXT and part.tag == 0:
            return part.parts[0].whole
    return b""


def names_of(certificate):
    """Return (name, organisation) that a certificate (DER) was issued to; "" for what is not there.

    Read by hand: producers write Chinese where a certificate may have ASCII alone, and libraries
    refuse the whole for it.
    """
    names = {}
    try:
        signed = value_of(certificate).parts[0].parts
        subject = signed[5 if signed[0].of_class == OF_CONTEXT else 4]
        for name in subject.parts:
            kind, text = name.parts[0].parts[:2]
            plain = LONG_NUMBER.sub("…", text_of(text)).strip(" …@")
            names.setdefault(kind.contents, plain[:NAME_LIMIT])
    except Exception:  # noqa: S110  # whatever a decoder says about hostile bytes
        pass
    return names.get(COMMON_NAME, ""), names.get(ORGANISATION, "")


def text_of(value):
    """Return the text of a string of ASN.1, whatever its kind says."""
    if value.tag == BMP_STRING:
        return value.contents.decode("utf-16-be", "replace")
    try:
        return value.contents.decode()
    except UnicodeDecodeError:
        return value.contents.decode("gb18030", "replace")


def unread():
    """Return what is told of a signature before anything of it is known.

    signer and organisation are those of the certificate, without its long numbers; seal is the
    seal's name, at the time that it gives (ISO 8601 or ""). is_stamped_in_time: by somebody else's
    time stamp; covers: the whole of the file as it is; is_in_validity: the certificate's, then.
    """
    return {
        "state": State.UNREADABLE, "signer": "", "organisation": "", "seal": "", "at": "",
        "is_stamped_in_time": False, "covers": False, "is_in_validity": True,
    }  # fmt: skip


def digest(data, method):
    """Return the digest of bytes by a method's name or number; raises ValueError for another."""
    if method in SM3:
        sm3 = hashes.Hash(hashes.SM3())
        sm3.update(data)
        return sm3.finalize()
    if method not in DIGESTS:
        raise ValueError(method)
    return hashlib.new(DIGESTS[method], data, usedforsecurity=False).digest()


def digests_of(data):
    """Return the digests of bytes by every method that a seal may use."""
    return {digest(data, method) for method in ("sm3", "sha256", "sha1")}
