"""One page of a file with places marked: what it shows, and to whom."""

import io

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from PIL import Image

from accounts.audit import AuditEntry
from applications.files import evidence as evidence_files
from applications.recognition.findings import Place
from applications.recognition.page import Line, Page, PageState
from applications.recognition.place_links import address_of, box_of
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from tests.applications.files.test_thumbnails import photo, written
from tests.applications.recognition.reading import read
from tests.factories import id_number, make_application, make_people, make_round

pytestmark = pytest.mark.django_db

BLUE_ABOVE = b"0 0 1 rg 0 421 595 421 re f"
LINE = Line("湖北省技术能手", (0.2, 0.1, 0.8, 0.15))


@pytest.fixture(autouse=True)
def reading_is_on(settings, monkeypatch):
    settings.OCR = True
    monkeypatch.setattr("applications.recognition.reader.has_packages", lambda: True)


@pytest.fixture
def people():
    return make_people(make_round())


@pytest.fixture
def application(people):
    return make_application(Stage.RECOMMENDING, people)


@pytest.fixture
def reader(client, people):
    client.force_login(people.recommender)
    return client


def proof_of(application):
    return application.awards.get().evidence


def put(application, data, pages):
    """Give the award's proof these bytes, and so many pages; return it."""
    file = proof_of(application)
    evidence_files.keep(file.file, "file.pdf", ContentFile(data))
    file.pages = pages
    file.save()
    return file


def picture(client, file, number=1, **query):
    address = reverse("applications:evidence_page_picture", args=[file.pk, number])
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.status_code
    assert answer["Content-Type"] == "image/jpeg"
    return Image.open(io.BytesIO(answer.content))


def is_blue(colour):
    red, green, blue = colour
    return blue > 200 and red < 60 and green < 60


class TestAddress:
    def test_it_names_the_page_and_marks_the_place(self):
        place = Place(7, 3, (0.2, 0.1, 0.81234, 0.15), "湖北省技术能手")
        assert address_of(place) == "/evidence/7/pages/3/?box=0.2,0.1,0.8123,0.15#place"

    def test_all_places_of_the_page_are_marked_and_none_of_another(self):
        places = [
            Place(7, 3, (0, 0, 0.5, 0.5), "一"),
            Place(7, 4, (0, 0, 0.1, 0.1), "二"),
            Place(7, 3, (0.5, 0.5, 1, 1), "三"),
        ]
        assert address_of(*places) == "/evidence/7/pages/3/?box=0,0,0.5,0.5&box=0.5,0.5,1,1#place"

    @pytest.mark.parametrize("box", [(0, 0, 1, 1), (0, 0, 0, 0)])
    def test_the_whole_page_needs_no_mark(self, box):
        assert address_of(Place(7, 3, box, "")) == "/evidence/7/pages/3/"

    @pytest.mark.parametrize(
        "text", ["", "0,0,1", "0,0,1,2", "-1,0,1,1", "0.5,0,0.5,1", "nan,nan,nan,nan", "a,b,c,d"]
    )
    def test_what_is_no_box_is_refused(self, text):
        with pytest.raises(ValueError, match=r"box|float|unpack"):
            box_of(text)


class TestPage:
    def test_it_marks_what_the_address_names(self, reader, application):
        file = proof_of(application)
        read(file, LINE)
        answer = reader.get(address_of(Place(file.pk, 1, LINE.box, LINE.text)))
        assert answer.status_code == 200
        text = answer.content.decode()
        assert '<rect id="place" x="196.0" y="96.0" width="608.0" height="58.0"/>' in text
        assert "<li>湖北省技术能手</li>" in text
        assert answer["X-Frame-Options"] == "SAMEORIGIN"

    def test_the_number_of_a_person_is_copied_by_the_owner_alone(self, client, people, application):
        number = id_number()
        card = application.evidence.get(category=EvidenceCategory.ID_CARD)
        read(card, f"公民身份号码 {number}")
        for user, is_shown in (
            (people.applicant, True),
            (people.recommender, False),
            (people.office, False),
        ):
            client.force_login(user)
            text = client.get(f"/evidence/{card.pk}/pages/1/").content.decode()
            assert "公民身份号码" in text
            assert (number in text) == is_shown

    def test_a_page_that_was_never_read_is_shown_as_well(self, reader, application):
        answer = reader.get(
            reverse("applications:evidence_page", args=[proof_of(application).pk, 1])
        )
        assert answer.status_code == 200
        assert "识别" not in answer.content.decode()

    def test_once_reading_is_off_a_page_is_shown_without_its_text(
        self, reader, application, settings
    ):
        file = proof_of(application)
        read(file, LINE)
        address = address_of(Place(file.pk, 1, LINE.box, LINE.text))
        assert LINE.text in reader.get(address).content.decode()
        settings.OCR = False
        assert LINE.text not in reader.get(address).content.decode()

    def test_a_file_ends_at_its_last_page(self, reader, application):
        file = proof_of(application)
        for number in (0, file.pages + 1):
            for name in ("evidence_page", "evidence_page_picture"):
                address = reverse(f"applications:{name}", args=[file.pk, number])
                assert reader.get(address).status_code == 404

    def test_an_address_that_marks_nothing_sensible_is_refused(self, reader, application):
        address = reverse("applications:evidence_page", args=[proof_of(application).pk, 1])
        assert reader.get(address, {"box": "0,0,7,7"}).status_code == 400

    def test_pages_before_and_after_are_one_step_away(self, reader, application):
        file = put(application, written(b"", b"", b""), 3)
        text = reader.get(f"/evidence/{file.pk}/pages/2/").content.decode()
        assert f'href="/evidence/{file.pk}/pages/1/"' in text
        assert f'href="/evidence/{file.pk}/pages/3/"' in text

    def test_an_expert_is_shown_marked_copies_alone(self, client, people):
        panelled = make_application(Stage.PANEL, people)
        client.force_login(people.expert)
        file = proof_of(panelled)
        assert client.get(file.get_absolute_url()).status_code == 302
        for name in ("evidence_page", "evidence_page_picture"):
            assert client.get(reverse(f"applications:{name}", args=[file.pk, 1])).status_code == 404

    def test_one_opening_is_one_line_of_the_record(self, reader, application):
        file = put(application, written(BLUE_ABOVE), 1)
        reader.get(f"/evidence/{file.pk}/pages/1/")
        picture(reader, file)
        (line,) = AuditEntry.objects.filter(kind=AuditEntry.Kind.DOWNLOAD)
        assert line.data == {"evidence": file.pk, "page": 1}
        assert LINE.text not in line.subject

    def test_a_picture_asked_for_alone_is_on_record_too(self, reader, application):
        picture(reader, put(application, written(BLUE_ABOVE), 1))
        assert AuditEntry.objects.filter(kind=AuditEntry.Kind.DOWNLOAD).count() == 1


class TestPicture:
    def test_the_page_that_was_asked_for_is_drawn(self, reader, application):
        file = put(application, written(b"", BLUE_ABOVE), 2)
        image = picture(reader, file, 2)
        assert max(image.size) == 1400
        assert is_blue(image.getpixel((500, 100)))
        assert not is_blue(image.getpixel((500, 1300)))

    @pytest.mark.parametrize(
        ("turn", "blue", "white"),
        [
            (0, (500, 100), (500, 1300)),
            (90, (1300, 500), (100, 500)),
            (180, (500, 1300), (500, 100)),
            (270, (100, 500), (1300, 500)),
        ],
    )
    def test_it_is_turned_clockwise_as_the_reader_turned_it(
        self, reader, application, turn, blue, white
    ):
        file = put(application, written(BLUE_ABOVE), 1)
        read(file, Page(1, PageState.READ, turn=turn))
        image = picture(reader, file)
        assert is_blue(image.getpixel(blue))
        assert not is_blue(image.getpixel(white))

    def test_a_part_of_it_is_drawn_as_large(self, reader, application):
        file = put(application, written(BLUE_ABOVE), 1)
        image = picture(reader, file, crop="0.25,0.4,0.75,0.6")
        assert abs(image.width - picture(reader, file).width) < 3
        assert is_blue(image.getpixel((10, 10)))
        assert not is_blue(image.getpixel((10, image.height - 10)))

    def test_the_smallest_part_is_a_picture(self, reader, application):
        file = put(application, written(BLUE_ABOVE), 1)
        assert picture(reader, file, crop="0.5,0.5,0.50001,0.50001").size == (1, 1)

    def test_a_part_beyond_the_page_is_refused(self, reader, application):
        address = f"/evidence/{proof_of(application).pk}/pages/1/picture/"
        assert reader.get(address, {"crop": "0,0,2,2"}).status_code == 400

    def test_a_photograph_stands_as_it_is_shown(self, reader, application):
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by 90 degrees
        file = put(application, photo(exif=exif), 1)
        file.content_type = "image/jpeg"
        file.save()
        image = picture(reader, file)
        assert image.width < image.height

    def test_hostile_bytes_give_the_neutral_picture(self, reader, application):
        file = put(application, b"%PDF-1.7 nothing of it", 1)
        assert reader.get(f"/evidence/{file.pk}/pages/1/picture/").status_code == 302

    def test_nothing_in_it_runs(self, reader, application):
        file = put(application, written(BLUE_ABOVE), 1)
        answer = reader.get(f"/evidence/{file.pk}/pages/1/picture/")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["Cache-Control"] == "private, no-store"


def test_what_an_applicant_may_not_see_has_no_pages(client, people):
    application = make_application(Stage.RECOMMENDING, people)
    other = make_people(people.panel.round).applicant
    client.force_login(other)
    file = application.evidence.filter(category=EvidenceCategory.HONOUR).first()
    assert client.get(f"/evidence/{file.pk}/pages/1/").status_code == 404
