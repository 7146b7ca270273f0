"""What is told of a PDF's electronic signatures, and what never is: that somebody is trusted."""

from datetime import UTC, datetime, timedelta

import pytest

from applications.files.signatures import READING
from tests.applications.files import signed_pdfs
from tests.applications.files.ofd.samples import picture, signed_value
from tests.documents.kinds import CASES


def answer_to(data):
    """Return what the program answers. It has a process of its own: pyHanko wants no event loop."""
    answer, _ = READING.ask({}, data)
    return answer


def told(data):
    return answer_to(data)["signatures"]


def one(data):
    (said,) = told(data)
    return said


class TestVerified:
    def test_who_signed_when_and_that_nothing_was_changed(self):
        said = one(signed_pdfs.signed())
        assert (said["state"], said["covers"]) == ("intact", True)
        assert (said["signer"], said["organisation"]) == ("张三", "武汉市某某局")
        at = datetime.fromisoformat(said["at"])
        assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)
        assert not said["is_stamped_in_time"]

    def test_a_time_stamp_of_somebody_else(self):
        said = one(signed_pdfs.signed(stamped=True))
        assert (said["state"], said["is_stamped_in_time"]) == ("intact", True)
        assert said["at"] == "2026-01-02T03:04:05+00:00"

    def test_a_changed_byte(self):
        assert one(signed_pdfs.changed(signed_pdfs.signed()))["state"] == "changed"

    def test_a_comment_behind_it_cannot_be_told_from_a_changed_page(self):
        said = one(signed_pdfs.commented(signed_pdfs.signed()))
        assert (said["state"], said["covers"]) == ("followed", False)

    def test_a_second_signature_leaves_the_first_as_it_was(self):
        twice = signed_pdfs.signed(signed_pdfs.signed(), "王五", "Signature2")
        first, second = told(twice)
        assert (first["signer"], first["state"], first["covers"]) == ("张三", "intact", False)
        assert (second["signer"], second["state"], second["covers"]) == ("王五", "intact", True)

    def test_a_certificate_that_had_run_out(self):
        until = datetime.now(UTC) - timedelta(days=30)
        said = one(signed_pdfs.signed(until=until))
        assert (said["state"], said["is_in_validity"]) == ("intact", False)

    def test_what_mail_programs_append_is_no_part_of_it(self):
        said = one(signed_pdfs.signed() + b"\0" * 9000)
        assert (said["state"], said["covers"]) == ("intact", True)


class TestNational:
    def test_a_signature_that_no_library_verifies_names_its_certificate(self):
        said = one(signed_pdfs.national(signed_pdfs.pkcs7))
        assert (said["state"], said["signer"], said["covers"]) == ("national", "李四", True)
        assert said["at"] == "2024-05-06T07:08:09+08:00"

    def test_its_digest_tells_of_a_changed_byte(self):
        data = signed_pdfs.changed(signed_pdfs.national(signed_pdfs.pkcs7))
        assert one(data)["state"] == "changed"

    def test_without_a_digest_it_binds_nothing(self):
        said = one(signed_pdfs.national(lambda _: signed_pdfs.pkcs7(None)))
        assert (said["state"], said["signer"]) == ("unbound", "李四")

    def test_an_electronic_seal_names_itself(self):
        def sealed(signed_bytes):
            return signed_value(signed_pdfs.sm3(signed_bytes), picture())

        said = one(signed_pdfs.national(sealed, b"/GM.sealedV4"))
        assert (said["state"], said["seal"]) == ("national", "武汉市某某局专用章")
        assert said["signer"] == "张三"


class TestUnreadable:
    @pytest.mark.parametrize("name", ["signed-with-link.pdf", "signed-with-tail.pdf"])
    def test_a_field_that_only_looks_like_a_signature(self, name):
        assert one((CASES / name).read_bytes())["state"] == "unreadable"

    def test_a_value_that_is_none(self):
        said = one(signed_pdfs.national(lambda signed_bytes: b"no value at all"))
        assert (said["state"], said["signer"]) == ("unreadable", "")

    def test_a_file_without_signatures_has_none(self):
        assert told(signed_pdfs.blank()) == []

    def test_what_is_no_pdf(self):
        assert answer_to(b"no PDF") == {"refused": "unreadable"}
