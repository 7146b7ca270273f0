"""Electronic signatures and seals of an OFD file (GB/T 33190, chapter 18; GM/T 0031, GB/T 38540).

What can be told without the national algorithm of signatures (SM2, which no library here checks):
whether every file that is signed is as it was, by its digest; whose name the certificate bears;
and the picture of the seal. A signature's own value is not checked, and nobody's trust is claimed.
"""

import base64
import binascii
import re

from applications.files.ofd.drawing import box_of
from applications.files.program_bounds import Refused
from applications.files.signed_values import (
    SignedValue,
    State,
    digest,
    digests_of,
    names_of,
    picture_of_seal,
    signed_value_of,
    unread,
    value_of,
)

SIGNATURE_LIMIT = 100
TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T ]?(\d\d):?(\d\d):?(\d\d)(?:[.,]\d+)?\s*(Z|[+-]\d\d:?\d\d)?"
)


def signatures_of(container):
    """Return the signatures of an OFD file, and its stamps: (page key, picture, box, part of it).

    A signature is (what `signed_values.unread` has, names of the members of the ZIP that it signs).
    Its state is NATIONAL (every signed file is as it was; the value is not checked), UNBOUND (the
    same, but the value holds no digest of the list), CHANGED or UNREADABLE. It `covers` the
    document when it is NATIONAL, no other signature follows, and all that is shown is signed.
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
                said, placed, names = _signature(container, place, start)
            except Refused:
                raise
            except Exception:  # whatever a decoder says about hostile bytes
                said, placed, names = unread(), [], set()
            signatures.append((said, names))
            stamps += placed
    return signatures, stamps


def _signature(container, place, start):
    said, names = unread(), set()
    if place is None:
        return said, [], names
    root = container.tree_of(place)
    information = root.find("SignedInfo")
    said["at"] = time_of(information.findtext("SignatureDateTime"))
    value = SignedValue()
    try:
        value = signed_value_of(_bytes(container, root.findtext("SignedValue"), place))
        said["state"] = State.NATIONAL if value.digest else State.UNBOUND
    except Exception:  # noqa: S110  # whatever a decoder says about hostile bytes
        pass
    said["signer"], said["organisation"] = names_of(value.certificate)
    said["seal"], said["is_stamped_in_time"] = value.seal, value.is_stamped_in_time
    try:
        changed, names = _references(container, information, place)
    except ValueError:
        said["state"] = State.UNREADABLE
    else:
        # Whoever signs after another adds to the list of signatures, and changes nothing else.
        is_changed = bool(changed - {container.member_at(start).filename})
        if value.digest and value.digest not in _digests(container.bytes_of(place)):
            is_changed = True
        if is_changed:
            said["state"] = State.CHANGED
        said["covers"] = said["state"] == State.NATIONAL and not changed
    picture = value.picture or _picture_beside(container, information, place)
    stamps = [
        (stamp.get("PageRef"), picture, box_of(stamp.get("Boundary")), box_of(stamp.get("Clip")))
        for stamp in information.iterfind("StampAnnot")
    ]
    return said, stamps, names


def _digests(data):
    """Return the digests that bind a list: its own, and that of its digest (some sign that)."""
    digests = digests_of(data)
    return digests.union(*map(digests_of, digests))


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
    """Return the names of members that are not as they were signed, and of all that are signed.

    Raises ValueError where nothing is listed, or by a digest that is not known.
    """
    references = information.find("References")
    if references is None or not len(references):
        raise ValueError("nothing is signed")
    method = (references.get("CheckMethod") or "md5").strip().lower()
    changed, signed = set(), set()
    for reference in references.iterfind("Reference"):
        location = reference.get("FileRef", "")
        place = container.place(location, base)
        if place is None:
            changed.add(location)
            continue
        name = container.member_at(place).filename
        signed.add(name)
        try:
            expected = base64.b64decode(reference.findtext("CheckValue") or "", validate=False)
        except binascii.Error:
            expected = b""
        if digest(container.bytes_of(place), method) != expected:
            changed.add(name)
    return changed, signed
