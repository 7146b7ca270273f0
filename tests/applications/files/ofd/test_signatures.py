"""Seals of an OFD are shown where they stand, and what its signatures say is told, no more."""

import pytest

from applications.files.ofd.document import rendition_of
from applications.files.ofd.signatures import time_of
from tests.applications.files.ofd.samples import (
    core,
    image,
    layer,
    members_of,
    ofd,
    packed,
    picture,
    sequence,
    signed,
    signed_value,
    square,
    text,
)
from tests.applications.files.ofd.test_drawing import BLACK, BLOCKS, RED, WHITE, Seen
from tests.applications.files.signed_pdfs import pkcs7, sm3

STAMP = [(0, "40 40 30 30", "")]


def page():
    return members_of(text("甲"), fonts=[BLOCKS])


class TestSeals:
    @pytest.mark.parametrize("version", [1, 4])
    def test_the_picture_in_the_signed_value_stands_on_the_page(self, version):
        seen = Seen(packed(signed(page(), STAMP, picture=picture(), version=version)))
        assert (seen.at(55, 55), seen.at(75, 55)) == (RED, WHITE)
        assert seen.seen["missing"] == {}

    def test_a_seal_that_is_itself_an_ofd(self):
        inner = ofd(square(0, 0, 50, "255 0 0"))  # the upper left quarter of its page
        seen = Seen(packed(signed(page(), STAMP, picture=inner, kind="ofd")))
        assert (seen.at(45, 45), seen.at(65, 65)) == (RED, WHITE)

    def test_a_seal_across_the_edges_of_pages_shows_its_part_on_each(self):
        stamps = [(0, "80 40 40 40", "0 0 20 40"), (1, "-20 40 40 40", "20 0 20 40")]
        members = members_of(square(0, 0, 1), square(0, 0, 1))
        seen = Seen(packed(signed(members, stamps, picture=picture())))
        assert (seen.at(90, 60, 0), seen.at(10, 60, 0)) == (RED, WHITE)
        assert (seen.at(10, 60, 1), seen.at(90, 60, 1)) == (RED, WHITE)

    def test_text_shows_through_a_seal_without_transparency(self):
        members = members_of(square(40, 40, 10))
        seen = Seen(packed(signed(members, STAMP, picture=picture())))
        assert (seen.at(45, 45), seen.at(60, 60)) == (BLACK, RED)

    def test_one_that_cannot_be_drawn_is_counted(self):
        seen = Seen(packed(signed(page(), STAMP, picture=b"no picture")))
        assert seen.seen["missing"] == {"seal": 1}
        seen = Seen(packed(signed(page(), [(7, "0 0 9 9", "")], picture=picture())))
        assert seen.seen["missing"] == {"seal": 1}


class TestSignatures:
    def of(self, members):
        (said,) = rendition_of(packed(members))[0]["signatures"]
        return said

    @pytest.mark.parametrize("method", ["SM3", "SHA256", "SHA1"])
    def test_who_when_and_that_nothing_is_changed(self, method):
        said = self.of(signed(page(), STAMP, picture=picture(), method=method))
        assert said == {
            "state": "national", "signer": "张三", "organisation": "武汉市某某局",
            "seal": "武汉市某某局专用章", "at": "2024-05-06T07:08:09+00:00",
            "is_stamped_in_time": False, "covers": True, "is_in_validity": True,
        }  # fmt: skip

    @pytest.mark.parametrize("name", ["Doc_0/Pages/Page_0/Content.xml", "Doc_0/DocumentRes.xml"])
    def test_a_change_of_any_signed_file_is_told(self, name):
        members = signed(page(), STAMP, picture=picture())
        members[name] += "\n"
        assert self.of(members)["state"] == "changed"

    def test_a_signature_after_it_is_no_change(self):
        """It stands in the list of signatures, which the one before has signed as well."""
        members = signed(page(), STAMP, picture=picture(), also=["Doc_0/Signs/Signatures.xml"])
        members["Doc_0/Signs/Signatures.xml"] += "\n"
        said = self.of(members)
        assert (said["state"], said["covers"]) == ("national", False)

    def test_a_digest_that_nobody_knows_is_told_as_unreadable(self):
        members = signed(page(), STAMP, picture=picture())
        place = "Doc_0/Signs/0/Signature.xml"
        members[place] = members[place].replace('"SM3"', '"SM9"')
        seen = Seen(packed(members))
        assert seen.seen["signatures"][0]["state"] == "unreadable"
        assert seen.at(55, 55) == RED  # its seal is shown all the same

    def test_a_signed_file_that_is_gone_is_a_change(self):
        members = signed({**page(), "Doc_0/more.xml": "<a/>"}, STAMP, picture=picture())
        del members["Doc_0/more.xml"]
        assert self.of(members)["state"] == "changed"

    def test_a_list_of_digests_that_was_written_anew_is_a_change(self):
        """Whoever changes a page can write its new digest, but not what the signature holds."""
        members, other = signed(page(), STAMP, picture=picture()), members_of(text("乙"))
        anew = signed(other, STAMP, picture=picture())
        anew["Doc_0/Signs/0/SignedValue.dat"] = members["Doc_0/Signs/0/SignedValue.dat"]
        assert self.of(anew)["state"] == "changed"

    @pytest.mark.parametrize("name", [
        "OFD.xml", "Doc_0/Document.xml", "Doc_0/DocumentRes.xml", "Doc_0/Res/f.ttf",
        "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Tpls/0/Content.xml", "Doc_0/Res/p.png",
        "Doc_0/Annots/Annotations.xml", "Doc_0/Annots/0.xml",
    ])  # fmt: skip
    def test_whatever_is_shown_and_not_signed_is_told(self, name):
        members = members_of(
            f"<ofd:Content>{layer(text('甲') + image('p', (9, 9, 9, 9)))}</ofd:Content>"
            '<ofd:Template TemplateID="t0"/>',
            fonts=[BLOCKS],
            media=[("p", "png", picture())],
            templates=[square(0, 0, 1)],
            annotations=[(0, square(0, 0, 1))],
        )
        assert self.of(signed(members, STAMP, picture=picture()))["covers"] is True
        said = self.of(signed(members, STAMP, picture=picture(), without=[name]))
        assert (said["state"], said["covers"]) == ("national", False)

    def test_another_document_than_the_signed_one_is_told(self):
        """OFD.xml, which no signature here holds, leads to pages of other names."""
        members = signed(page(), STAMP, picture=picture(), without=["OFD.xml"])
        for name in [name for name in members if "Signs" not in name and name != "OFD.xml"]:
            other = name.replace("Doc_0", "Doc_1").replace("Page_0/Content.xml", "P.xml")
            members[other] = members[name]
        members["Doc_1/Document.xml"] = members["Doc_1/Document.xml"].replace(
            "Page_0/Content.xml", "P.xml"
        )
        members["OFD.xml"] = members["OFD.xml"].replace("Doc_0/Document", "Doc_1/Document")
        assert self.of(members)["covers"] is False

    def test_what_is_neither_signed_nor_shown_matters_to_nobody(self):
        members = signed(page(), STAMP, picture=picture())
        members["Doc_0/Pages/Page_9/Content.xml"] = "<a/>"
        assert self.of(members)["covers"] is True

    def test_what_cannot_be_read_is_told(self):
        assert self.of(signed(page(), value=b"no value"))["state"] == "unreadable"

    def test_a_signature_without_a_seal_names_its_certificate(self):
        """PKCS #7, with the national numbers of its kinds (GB/T 35275)."""
        members = signed(page(), value=b"")
        listed = members["Doc_0/Signs/0/Signature.xml"].encode()
        # Some sign the list, and some its digest.
        for held in (listed, sm3(listed)):
            said = self.of(signed(page(), value=pkcs7(held)))
            assert (said["state"], said["signer"], said["covers"]) == ("national", "李四", True)
            other = self.of(signed(members_of(text("乙")), value=pkcs7(held)))
            assert other["state"] == "changed"

    @pytest.mark.parametrize("value", [
        pkcs7(None), sequence(core.Integer(5), core.Integer(7)).dump(),
    ])  # fmt: skip
    def test_one_that_holds_no_digest_binds_nothing(self, value):
        said = self.of(signed(page(), value=value))
        assert (said["state"], said["covers"]) == ("unbound", False)

    def test_numbers_of_persons_in_a_certificate_are_left_out(self):
        value = signed_value(b"", picture(), name="李四@420106199001011234@13800138000")
        assert self.of(signed(page(), value=value))["signer"] == "李四"

    def test_the_bare_value_names_nobody(self):
        value = sequence(core.Integer(5), core.Integer(7)).dump()
        said = self.of(signed(page(), value=value))
        assert (said["state"], said["signer"]) == ("unbound", "")


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("20200810T111329Z", "2020-08-10T11:13:29+00:00"),
        ("20201010065840.923Z", "2020-10-10T06:58:40+00:00"),
        ("2020-01-25 15:31:56", "2020-01-25T15:31:56+08:00"),
        ("20221031141634", "2022-10-31T14:16:34+08:00"),
        ("20221031141634+0800", "2022-10-31T14:16:34+08:00"),
        ("yesterday", ""),
    ],
)
def test_times_as_producers_write_them(written, time):
    assert time_of(written) == time
