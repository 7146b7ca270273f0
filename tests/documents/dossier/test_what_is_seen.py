"""What a person sees in an original is seen in thumbnail, viewer, expert's copy and dossier.

What cannot be shown is said, on a note page and in the catalogue, never silently dropped. Each kind
of file of `kinds.py` goes through the portal's own doors, and what comes out is looked at as a
person does: as a picture.
"""

import io
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pypdfium2
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from PIL import Image

from applications.files import evidence as evidence_files
from applications.files.thumbnails import examine
from applications.stages import Stage
from documents.models import Package
from tests import factories as make
from tests.documents.kinds import KINDS, PDF
from tests.documents.seeing import (
    LONG,
    differences,
    hides,
    in_browser,
    in_poppler,
    on_sheet,
    shows,
    upright,
)

SAID = re.compile("原件|无法|未能")
PAIR = ("seal-field-needappearances.pdf", "licence-with-seal-field.pdf")
# Files whose Chinese is in fonts that they do not bring along.
BORROWED_FONTS = "song or simsun or form-filled or fields or hierarchy"
FONTS = ("/usr/share/fonts", "/usr/share/X11/fonts", "/usr/local/share/fonts")
SHEET = 2 * LONG
# Where the running number stands on a sheet (parts of it).
NUMBER = (0.6, 0, 1, 0.055)
every_kind = pytest.mark.parametrize("name", KINDS)


@dataclass
class Original:
    """What viewers show of a file: a browser's picture, its size in points, Poppler's picture."""

    picture: Image.Image
    size: tuple[float, float] = (0, 0)
    in_poppler: Image.Image | None = None


@dataclass
class Copies:
    """What the portal made of one file: pictures, and what was said of it."""

    refused: str = ""
    served: bytes = b""
    original: bytes = b""
    thumbnail: Image.Image = None
    expert: list = field(default_factory=list)  # by each viewer: (viewer, picture)
    expert_says: str = ""
    dossier: list = field(default_factory=list)
    dossier_says: str = ""


@dataclass
class Built:
    """A dossier: the texts of its pages, where each file begins, its notes, its pages as seen."""

    texts: list
    pages: dict
    notes: list
    sheets: dict  # viewer → pictures


@pytest.fixture(scope="module")
def originals(request):
    """What viewers show of each file that this run is about: name → Original."""
    names = [name for name in KINDS if any(name in item.name for item in request.session.items)]
    pdfs = [name for name in names if KINDS[name].content_type == PDF]
    drawn = dict(zip(pdfs, in_browser(*(KINDS[name].make() for name in pdfs)), strict=True))
    found = {}
    for name in names:
        kind = KINDS[name]
        if name in drawn:
            (page,) = drawn[name]
            in_other = next(iter(in_poppler(kind.make())), None)
            found[name] = Original(page.picture, page.size, in_other)
        else:
            found[name] = Original(kind.drawing().convert("RGB"))
    return found


@pytest.fixture(scope="module")
def made():
    """What is made once for the whole module; each test's database is emptied behind it."""
    return {}


@pytest.fixture
def copies(originals, made, db):
    """What the portal makes of each file: name → Copies."""
    return once(made, "copies", lambda: make_copies(originals))


@pytest.fixture
def pairs(made, db):
    """Dossiers of two files alone, in both orders: the name of the first → Built."""
    return once(made, "pairs", lambda: {n[0]: dossier_of(n) for n in (PAIR, PAIR[::-1])})


def once(made, what, make_it):
    if what not in made:
        made[what] = None
        made[what] = make_it()
    assert made[what] is not None, "it was not made: the first failure says why"
    return made[what]


def upload(application, name, user):
    kind = KINDS[name]
    file = SimpleUploadedFile(name, kind.make(), kind.content_type)
    with make.unexamined():
        return evidence_files.add(application, "OTHER", file, user)


def draft():
    people = make.make_people(make.make_round(most_files=300, most_pages=5000))
    return people, make.make_draft(people.panel.round, people.applicant)


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def texts(content):
    """Return the text of each page of a PDF."""
    with pypdfium2.PdfDocument(content) as pdf:
        found = []
        for page in pdf:
            text = page.get_textpage()
            found.append(re.sub(r"\s", "", text.get_text_range()))
            text.close()
            page.close()
        return found


def make_copies(originals):
    people, application = draft()
    made, rows = {name: Copies() for name in originals}, {}
    for name, copy in made.items():
        try:
            rows[name] = upload(application, name, people.applicant)
        except ValidationError as error:
            copy.refused = error.message
            continue
        examine.call(rows[name].pk)
        rows[name].refresh_from_db()
        if rows[name].thumbnail:
            with rows[name].thumbnail.open() as stored:
                copy.thumbnail = Image.open(io.BytesIO(stored.read())).convert("RGB")
    make.walk(application, Stage.PANEL, people)
    office, expert = Client(), Client()
    office.force_login(people.office)
    expert.force_login(people.expert)
    marked = {}
    for name, row in rows.items():
        made[name].served = body(office.get(reverse("applications:evidence_file", args=[row.pk])))
        original = reverse("applications:evidence_original", args=[row.pk])
        made[name].original = body(office.get(original))
        assert expert.get(original).status_code == 404
        response = expert.get(reverse("documents:marked_evidence", args=[row.pk]))
        if response.status_code != 200:
            made[name].expert_says = body(response).decode()
        elif KINDS[name].content_type == PDF:
            marked[name] = body(response)
        else:
            made[name].expert = [("browser", upright(body(response)))]
    for (name, content), pages in zip(marked.items(), in_browser(*marked.values()), strict=True):
        made[name].expert = [("browser", pages[0].picture)]
        made[name].expert += [("Poppler", each) for each in in_poppler(content)[:1]]
        made[name].expert_says = "".join(texts(content))
    for group in (False, True):
        names = [name for name in rows if KINDS[name].needs_appearances is group]
        if names:
            built = dossier_of(names)
            for name in names:
                take_from(built, name, originals[name], made[name])
    return made


def dossier_of(names):
    """Build the dossier of an application with these files alone, as its owner does."""
    people, application = draft()
    for name in names:
        upload(application, name, people.applicant)
    client = Client()
    client.force_login(people.applicant)
    client.post(reverse("documents:dossier", args=[application.pk]), {"kind": "DOSSIER"})
    package = Package.objects.get(application=application)
    with package.file.open() as stored:
        content = stored.read()
    with pypdfium2.PdfDocument(content) as pdf:
        marks = [(mark.get_title(), mark.get_dest().get_index()) for mark in pdf.get_toc()]
    by_name = {title.partition("　")[2]: page for title, page in marks}
    pages = {name: by_name[shown(name)] for name in names}
    (drawn,) = in_browser(content, long=SHEET)
    sheets = {"browser": [each.picture for each in drawn], "Poppler": in_poppler(content, SHEET)}
    return Built(texts(content), pages, package.notes, sheets)


def shown(name):
    """What the portal calls a file of this name."""
    return evidence_files.name_for(name, KINDS[name].content_type)


def take_from(built, name, original, copy):
    """Cut what a dossier shows of a file out of its sheet."""
    index, is_picture = built.pages[name], KINDS[name].content_type != PDF
    for viewer, sheets in built.sheets.items():
        if sheets:
            seen = on_sheet(sheets[index], original.picture, original.size, is_picture)
            copy.dossier.append((viewer, seen or Image.new("RGB", original.picture.size, "white")))
    front = "".join(built.texts[: min(built.pages.values())])
    line = re.search(re.escape(shown(name)) + r"(?:(?!\.pdf).){0,60}", front)
    notes = [note for note in built.notes if shown(name) in note]
    if line and notes:  # in both places, or it is not said
        copy.dossier_says = line.group()


def faults(name, original, picture, viewer="browser", may_lack=False, but=()):
    """Return what is wrong with a picture of a file, as sentences; [] when it shows the same.

    It `may_lack` what browsers do not draw. Poppler shows of a copy what it shows of the original.
    """
    kind, found = KINDS[name], []
    before = original.picture if viewer == "browser" else original.in_poppler
    for mark in kind.sees:
        was_seen = viewer == "browser" or before is None or shows(before, mark)
        is_due = was_seen and (mark.in_browsers or not may_lack)
        if is_due and not shows(picture, mark):
            found.append(f"{viewer}: {mark.name} is not seen")
    for mark in kind.hides:
        was_hidden = viewer == "browser" or before is None or hides(before, mark)
        if was_hidden and not hides(picture, mark):
            found.append(f"{viewer}: {mark.name} is seen")
    if viewer == "browser" or before is None:
        but = [*but, *(mark.box for mark in kind.sees if not mark.in_browsers), *kind.disputed]
        found += [f"{viewer}: {each}" for each in differences(original.picture, picture, but)]
    return found


# --- Each kind by itself ---------------------------------------------------------------------


@every_kind
def test_a_browser_shows_of_the_original_what_is_said_to_be_in_it(name, originals):
    """What the matrix is measured with is right: the files show what `kinds.py` says."""
    assert faults(name, originals[name], originals[name].picture, may_lack=True) == []


@every_kind
def test_the_viewer_gets_the_file_byte_for_byte(name, originals, copies):
    """Or what is shown of it, and the file to be saved."""
    assert copies[name].refused == ""
    assert copies[name].original == KINDS[name].make()
    if KINDS[name].has_rendition:
        assert faults(name, originals[name], upright(copies[name].served)) == []
    else:
        assert copies[name].served == KINDS[name].make()


@every_kind
def test_the_thumbnail(name, originals, copies):
    assert copies[name].thumbnail is not None
    assert faults(name, originals[name], copies[name].thumbnail, may_lack=True) == []


@every_kind
def test_the_experts_copy(name, originals, copies):
    may_lack = bool(SAID.search(copies[name].expert_says))
    assert copies[name].expert
    found = [faults(name, originals[name], picture, viewer, may_lack)
             for viewer, picture in copies[name].expert]  # fmt: skip
    assert [*chain(*found)] == []


@every_kind
def test_the_dossier(name, originals, copies):
    may_lack = bool(SAID.search(copies[name].dossier_says))
    assert copies[name].dossier
    found = [faults(name, originals[name], picture, viewer, may_lack, but=[NUMBER])
             for viewer, picture in copies[name].dossier]  # fmt: skip
    assert [*chain(*found)] == []


# --- Together --------------------------------------------------------------------------------


@pytest.mark.parametrize("first", PAIR)
@pytest.mark.parametrize("name", PAIR)
def test_a_file_with_a_form_takes_no_seal_from_another(first, name, originals, pairs):
    """One file asks viewers to draw its fields anew: every seal stays, in whichever order."""
    copy = Copies()
    take_from(pairs[first], name, originals[name], copy)
    for viewer, picture in copy.dossier:
        assert faults(name, originals[name], picture, viewer, but=[NUMBER]) == []


# --- Where no fonts are ----------------------------------------------------------------------


def test_a_server_without_fonts_shows_them_too(db, tmp_path):
    """A minimal server has no font at all; the portal brings its own.

    The tests of the files with borrowed fonts run again, where the system's fonts are hidden.
    """
    hide = "; ".join(f"mount -t tmpfs none {each}" for each in FONTS if os.path.isdir(each))
    alone = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec"]
    if not shutil.which("unshare") or subprocess.run([*alone, f"{hide}; true"]).returncode:
        pytest.skip("this system lets nobody hide its fonts")
    copy_database(tmp_path / "alone")
    run = [sys.executable, "-m", "pytest", "-q", "--reuse-db", "-p", "no:xdist", __file__]
    # WeasyPrint warns of it; what it prints has the portal's own fonts.
    run += ["-W", "ignore:No fonts configured in FontConfig"]
    chosen = ["-k", f"(thumbnail or copy or dossier) and ({BORROWED_FONTS})"]
    ours = ("WSGSITE_", "PYTEST_", "COV_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    done = subprocess.run(
        [*alone, f'{hide}; exec "$0" "$@"', *run, *chosen],
        env={**environment, "WSGSITE_TEST_FOLDER": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-6000:]


def copy_database(folder):
    """Put the empty tables where another run looks for them: migrating takes ten seconds."""
    folder.mkdir()
    if connection.vendor == "sqlite":
        for end in ("", "-wal"):
            if Path(written := f"{connection.settings_dict['NAME']}{end}").exists():
                shutil.copy(written, folder / f"test.sqlite3{end}")
