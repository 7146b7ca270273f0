"""A program (`program_bounds.py`) that tells what the electronic signatures of a PDF say.

It answers {} and the file's bytes with {"signatures": what `signed_values.unread` has, one for each
signature and time stamp in the file's order}. Nobody is trusted: there is no list of roots in a
closed network, nothing is fetched, and whose name a certificate bears is all that is told.
"""

import io
import logging
from datetime import UTC, datetime

from pyhanko.pdf_utils.generic import parse_pdf_date
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    SignatureCoverageLevel,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko_certvalidator import ValidationContext

from applications.files.check_program import without_tail
from applications.files.program_bounds import Refused, serve
from applications.files.signed_values import (
    State,
    digests_of,
    is_national,
    names_of,
    signed_value_of,
    unread,
    value_of,
)

CPU_SECONDS = 20
SIGNATURE_LIMIT = 50
# A later signature, a time stamp or a filled-in field is what forms are made for.
FORESEEN = {
    ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING,
}  # fmt: skip


def look(question, data):
    """Return what each signature of a PDF says; raises Refused for what is no PDF."""
    data = without_tail(data)
    try:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
        fields = [
            (name, value, field)
            for name, value, field in enumerate_sig_fields(reader, filled_status=True)
        ]
    except Exception as error:  # whatever a parser says about hostile bytes
        raise Refused("unreadable") from error
    return {"signatures": [_told(reader, data, *each) for each in fields[:SIGNATURE_LIMIT]]}, b""


def _told(reader, data, name, value, field):
    said = unread()
    try:
        signed, covers = _signed_bytes(data, value)
    except Exception:  # whatever a parser says about hostile bytes
        return said
    said["covers"] = covers
    try:
        said |= _verified(EmbeddedPdfSignature(reader, field.get_object(), name))
    except Exception:  # an algorithm or a form that pyHanko does not know raises whatever it likes
        said |= _national(value, signed)
    return said


def _signed_bytes(data, value):
    """Return the bytes that a signature covers, and whether they are the whole file."""
    value = value.get_object()
    first, length, second, rest = (int(part) for part in value["/ByteRange"])
    signed = data[first : first + length] + data[second : second + rest]
    after = data[second + rest :].strip(b"\r\n\0 ")
    return signed, first == 0 and not after


def _verified(signature):
    """Return what pyHanko verifies of a signature or a time stamp; raises as it does."""
    nobody = ValidationContext(trust_roots=[], allow_fetching=False)
    is_time_stamp = signature.sig_object_type == "/DocTimeStamp"
    if is_time_stamp:
        status = validate_pdf_timestamp(signature, validation_context=nobody)
        at = status.timestamp
    else:
        status = validate_pdf_signature(signature, signer_validation_context=nobody)
        at = signature.self_reported_timestamp
    certificate = signature.signer_cert
    signer, organisation = names_of(certificate.dump())
    said = {"signer": signer, "organisation": organisation, "at": at.isoformat() if at else ""}
    # `valid` stays true when a byte is changed: that is told by `intact` alone.
    if not (status.intact and status.valid):
        return said | {"state": State.CHANGED}
    stamp = getattr(status, "timestamp_validity", None)
    if is_time_stamp or (stamp is not None and stamp.intact and stamp.valid):
        said["is_stamped_in_time"] = True
        if stamp is not None:
            said["at"] = stamp.timestamp.isoformat()
            at = stamp.timestamp
    said["is_in_validity"] = _is_in_validity(certificate, at)
    is_followed = (
        status.coverage != SignatureCoverageLevel.ENTIRE_FILE
        and status.modification_level not in FORESEEN
    )
    return said | {"state": State.FOLLOWED if is_followed else State.INTACT}


def _is_in_validity(certificate, at):
    at = at or datetime.now(UTC)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return certificate.not_valid_before <= at <= certificate.not_valid_after


def _national(value, signed):
    """Return what can be told of a signature by the national algorithms, or of none at all."""
    said = {}
    try:
        dictionary = value.get_object()
        contents = value_of(bytes(dictionary["/Contents"]))
        if not is_national(contents):
            return said
        held = signed_value_of(contents.whole)
        said["signer"], said["organisation"] = names_of(held.certificate)
        said["seal"], said["is_stamped_in_time"] = held.seal, held.is_stamped_in_time
        if not held.digest:
            said["state"] = State.UNBOUND
        else:
            is_changed = held.digest not in digests_of(signed)
            said["state"] = State.CHANGED if is_changed else State.NATIONAL
        said["at"] = _time_of(dictionary)
    except Exception:  # noqa: S110  # whatever a decoder says about hostile bytes
        pass
    return said


def _time_of(dictionary):
    written = dictionary.get("/M")
    return parse_pdf_date(str(written), strict=False).isoformat() if written else ""


if __name__ == "__main__":
    # For each signature that nobody vouches for, pyHanko writes twenty lines.
    logging.disable(logging.CRITICAL)
    serve(look, cpu_seconds=CPU_SECONDS)
