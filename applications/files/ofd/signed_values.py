"""Electronic signatures and seals of an OFD file (GB/T 33190, chapter 18; GM/T 0031, GB/T 38540).

What can be told without the national algorithm of signatures (SM2, which no library here checks):
whether every file that is signed is as it was, by its digest; whose name the certificate bears;
and the picture of the seal. A signature's own value is not checked, and nobody's trust is claimed.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

from asn1crypto import parser
from cryptography.hazmat.primitives import hashes

from applications.files.ofd.drawing import box_of
from applications.files.program_bounds import Refused

SIGNATURE_LIMIT = 100
SM3 = {"1.2.156.10197.1.401", "1.2.156.10197.1.401.1", "1.2.156.10197.1.401.2", "sm3"}
DIGESTS = {
    "1.3.14.3.2.26": "sha1", "sha1": "sha1", "sha-1": "sha1", "1.2.840.113549.2.5": "md5",
    "md5": "md5", "2.16.840.1.101.3.4.2.1": "sha256", "sha256": "sha256", "sha-256": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384", "sha384": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512", "sha512": "sha512",
}  # fmt: skip
TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T ]?(\d\d):?(\d\d):?(\d\d)(?:[.,]\d+)?\s*(Z|[+-]\d\d:?\d\d)?"
)


def signatures_of(container):
    """Return ([what each signature says], [(page key, picture, box, part of it)]) of an OFD file.

    A signature: {"state": "national" (every signed file is as it was; the value is not checked),
    "changed" or "unreadable", "signer" and "organisation" (of the certificate), "seal" (its name),
    "at" (ISO 8601 or ""), "is_stamped_in_time", "covers" (whether every page is signed)}.
    """
    signatures, stamps = [], []
    root = container.tree_of(container.place("OFD.xml"))
    for body in root.iterfind("DocBody"):
        location = body.findtext("Signatures")
        start = container.place(location, "OFD.xml") if location else None
        if start is None:
            continue
        for listed in container.tree_of(start).iterfind("Signature"):
            if len(signatures) >= SIGNATURE_LIMIT:
                raise Refused("ofd_objects")
            place = container.place(listed.get("BaseLoc", ""), start)
            try:
                said, placed = _signature(container, place)
            except Refused:
                raise
            except Exception:  # whatever a decoder says about hostile bytes
                said, placed = _unreadable(), []
            signatures.append(said)
            stamps += placed
    return signatures, stamps


def _unreadable():
    return {
        "state": "unreadable", "signer": "", "organisation": "", "seal": "", "at": "",
        "is_stamped_in_time": False, "covers": False,
    }  # fmt: skip


def _signature(container, place):
    said = _unreadable()
    if place is None:
        return said, []
    root = container.tree_of(place)
    information = root.find("SignedInfo")
    said["at"] = time_of(information.findtext("SignatureDateTime"))
    is_whole, names = _references(container, information, place)
    said["covers"] = _is_whole_document(container, names)
    data = _bytes(container, root.findtext("SignedValue"), place)
    value = SignedValue()
    try:
        value = signed_value_of(data)
        said["state"] = "national"
    except Exception:  # noqa: S110  # whatever a decoder says about hostile bytes
        pass
    said["signer"], said["organisation"] = names_of(value.certificate)
    said["seal"] = value.seal
    said["is_stamped_in_time"] = value.is_stamped_in_time
    if value.digest and value.digest not in _digests(container.bytes_of(place)):
        is_whole = False
    if not is_whole:
        said["state"] = "changed"
    picture = value.picture or _picture_beside(container, information, place)
    stamps = [
        (stamp.get("PageRef"), picture, box_of(stamp.get("Boundary")), box_of(stamp.get("Clip")))
        for stamp in information.iterfind("StampAnnot")
    ]
    return said, stamps


def _picture_beside(container, information, place):
    """Return the picture of the seal that lies beside a signature, or b""."""
    data = _bytes(container, information.findtext("Seal/BaseLoc"), place)
    try:
        return picture_of_seal(value_of(data))
    except Exception:  # whatever a decoder says about hostile bytes
        return b""


def _bytes(container, location, base):
    place = container.place(location, base) if location else None
    return None if place is None else container.bytes_of(place)


def time_of(text):
    """Return a time as ISO 8601 from what producers write, or ""."""
    match = TIME.search(text or "")
    if not match:
        return ""
    year, month, day, hour, minute, second, zone = match.groups()
    zone = {None: "+0800", "Z": "+0000"}.get(zone, zone).replace(":", "")
    zone = f"{zone[:3]}:{zone[3:]}"
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}{zone}"


def _references(container, information, base):
    """Return (whether every signed file is as it was, their places)."""
    references = information.find("References")
    if references is None:
        return False, set()
    method = (references.get("CheckMethod") or "md5").strip().lower()
    is_whole, names = True, set()
    for reference in references.iterfind("Reference"):
        place = container.place(reference.get("FileRef", ""), base)
        if place is None:
            is_whole = False
            continue
        names.add(place.casefold())
        try:
            expected = base64.b64decode(reference.findtext("CheckValue") or "", validate=False)
        except binascii.Error:
            expected = b""
        if digest(container.bytes_of(place), method) != expected:
            is_whole = False
    return is_whole and bool(names), names


def digest(data, method):
    """Return the digest of bytes by a method's name or number; b"" for one that is not known."""
    if method in SM3:
        sm3 = hashes.Hash(hashes.SM3())
        sm3.update(data)
        return sm3.finalize()
    name = DIGESTS.get(method)
    return hashlib.new(name, data, usedforsecurity=False).digest() if name else b""


def _digests(data):
    return {digest(data, method) for method in ("sm3", "sha256", "sha1")}


def _is_whole_document(container, names):
    """Whether every page's own content is among the signed files."""
    every = {name.filename.casefold() for name in container.archive.infolist()}
    contents = {name for name in every if name.endswith("content.xml")}
    return contents <= {*names, *("/" + name for name in names)}


# --- ASN.1 ---------------------------------------------------------------------------------------

INTEGER, BIT_STRING, OCTET_STRING, OBJECT_IDENTIFIER = 2, 3, 4, 6
BMP_STRING = 30
OF_CONTEXT = 2
COMMON_NAME, ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"
NAME_LIMIT = 100


@dataclass(frozen=True)
class Value:
    """A value of ASN.1 in a form that nothing describes: class, tag, contents, all its bytes."""

    of_class: int
    tag: int
    contents: bytes
    whole: bytes

    @cached_property
    def parts(self):
        """The values in it."""
        parts, rest = [], self.contents
        while rest:
            of_class, _, tag, head, contents, tail = parser.parse(rest)
            length = len(head) + len(contents) + len(tail)
            parts.append(Value(of_class, tag, contents, rest[:length]))
            rest = rest[length:]
        return parts

    @property
    def octets(self):
        """The bytes of an octet string, or of a bit string of whole bytes."""
        return self.contents[1:] if self.tag == BIT_STRING else self.contents


def value_of(data):
    """Return the `Value` that bytes hold; raises ValueError."""
    of_class, _, tag, head, contents, tail = parser.parse(data)
    return Value(of_class, tag, contents, data[: len(head) + len(contents) + len(tail)])


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
        return SignedValue(certificate=_certificate_in(outer))
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
            names.setdefault(kind.contents, text_of(text)[:NAME_LIMIT])
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
