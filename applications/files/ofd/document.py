"""An OFD document as a PDF: its pages with templates, annotations and seals (GB/T 33190-2016)."""

import io
from dataclasses import dataclass, field

import pikepdf
from pikepdf import Array, Dictionary, Name

from applications.files.limits import PAGE_LIMIT
from applications.files.ofd.container import Container
from applications.files.ofd.drawing import (
    DEPTH,
    Book,
    Canvas,
    Font,
    Painter,
    box_of,
    number,
    plain,
)
from applications.files.ofd.images import picture_of
from applications.files.ofd.signatures import signatures_of
from applications.files.program_bounds import Refused

POINTS = 72 / 25.4  # a millimetre
A4 = (0.0, 0.0, 210.0, 297.0)
# What a PDF's page may measure, in points, and so that something is seen of it.
LARGEST, SMALLEST = 14_400, 3
LAYERS = ("Background", "Body", "Foreground")


@dataclass
class Seal:
    """A seal's picture on a page: its bytes, its box and the part of it that shows, in mm."""

    data: bytes
    box: tuple
    part: tuple | None


@dataclass
class Page:
    """A page: the key by which others name it, the place of its XML, its seals."""

    key: str
    place: str
    seals: list = field(default_factory=list)


class Resources:
    """Fonts, pictures, colours, units and drawing parameters of a document, by their keys."""

    def __init__(self, container, book):
        self.container, self.book = container, book
        self.items = {}  # (kind, key): (element, the folder its files are named from)
        self._fonts, self._pictures = {}, {}

    def read(self, place):
        """Take what a resource file says; one that is not there is passed over."""
        if place is None:
            return
        root = self.container.tree_of(place)
        base = place
        if root.get("BaseLoc"):
            folder = root.get("BaseLoc").strip().strip("/")
            beside = place.rpartition("/")[0]
            base = f"{folder}/-" if root.get("BaseLoc").startswith("/") else f"{beside}/{folder}/-"
        for element in root.iter("Font", "MultiMedia", "ColorSpace", "DrawParam"):
            self.items[element.tag, element.get("ID")] = (element, base)
        for element in root.iter("CompositeGraphicUnit"):
            self.items["Unit", element.get("ID")] = (element, base)

    def _element(self, kind, key):
        return self.items.get((kind, key), (None, ""))

    def font(self, key):
        """Return the `Font` of this key; one that is not there is drawn by the portal's own."""
        if key not in self._fonts:
            element, base = self._element("Font", key)
            data, name = None, ""
            if element is not None:
                name = f"{element.get('FontName', '')} {element.get('FamilyName', '')}"
                if location := element.findtext("FontFile"):
                    data = self._file(location, base)
                    if data is None:
                        self.book.missing["font"] += 1
            is_bold = element is not None and element.get("Bold", "").lower() == "true"
            self._fonts[key] = Font(self.book, name, data, is_bold=is_bold)
        return self._fonts[key]

    def picture(self, key, mask=None):
        """Return the picture of this key as an object of the PDF, or None."""
        if (key, mask) not in self._pictures:
            self._pictures[key, mask] = self._read_picture(key, mask)
        return self._pictures[key, mask]

    def _read_picture(self, key, mask):
        data = self._media(key)
        if data is None:
            return None
        try:
            picture = picture_of(self.book.pdf, data, self._media(mask) if mask else None)
        except Refused:
            raise
        except Exception:  # whatever a decoder says about hostile bytes
            return None
        return self.book.pdf.make_indirect(picture)

    def _media(self, key):
        element, base = self._element("MultiMedia", key)
        location = None if element is None else element.findtext("MediaFile")
        return self._file(location, base) if location else None

    def _file(self, location, base):
        place = self.container.place(location, base)
        return None if place is None else self.container.bytes_of(place)

    def unit(self, key):
        """Return the element of a composite unit, or None."""
        return self._element("Unit", key)[0]

    def colour(self, element):
        """Return a colour from 0 to 1, one number of grey, three of RGB, four of CMYK; or None."""
        space, _ = self._element("ColorSpace", element.get("ColorSpace"))
        text = element.get("Value")
        if text is None and space is not None and element.get("Index") is not None:
            palette = space.findall("Palette/CV")
            place = int(number(element.get("Index")))
            text = palette[place].text if 0 <= place < len(palette) else None
        parts = (text or "").split()
        bits = 8 if space is None else int(number(space.get("BitsPerComponent"), 8))
        most = 2 ** min(16, max(1, bits)) - 1
        if len(parts) not in {1, 3, 4}:
            return None
        values = [int(p[1:], 16) if _is_hexadecimal(p) else number(p) for p in parts]
        return tuple(min(1.0, max(0.0, value / most)) for value in values)

    def style_of(self, key, style, depth=0):
        """Return a style with the drawing parameters of this key over it."""
        element, _ = self._element("DrawParam", key)
        if element is None or depth > DEPTH:
            return style
        style = self.style_of(element.get("Relative"), style, depth + 1)
        colours = {c.tag: c for c in element if c.tag in {"FillColor", "StrokeColor"}}
        return {**style, **dict(element.attrib), **colours}


def _is_hexadecimal(part):
    return len(part) > 1 and part[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in part[1:])


class Document:
    """One document of an OFD file: its pages, and what it holds beside them."""

    def __init__(self, container, place, book):
        self.container, self.place, self.book = container, place, book
        root = container.tree_of(place)
        self.resources = Resources(container, book)
        common = root.find("CommonData")
        if common is None:
            raise Refused("broken_ofd")
        for element in common.iterfind("*"):
            if element.tag in {"PublicRes", "DocumentRes"}:
                self.resources.read(container.place(element.text or "", place))
        self.box = box_of(common.findtext("PageArea/PhysicalBox")) or A4
        self.templates = {
            element.get("ID"): (container.place(element.get("BaseLoc", ""), place), element)
            for element in common.iterfind("TemplatePage")
        }
        self.pages = []
        for element in root.iterfind("Pages/Page"):
            page = container.place(element.get("BaseLoc", ""), place)
            if page is None:
                raise Refused("broken_ofd")
            self.pages.append(Page(element.get("ID"), page))
        self.annotations = self._annotations(root.findtext("Annotations"))
        self.attachments = self._attachments(root.findtext("Attachments"))

    def _annotations(self, location):
        """Return {key of a page: places of its annotations}."""
        places = {}
        start = self.container.place(location, self.place) if location else None
        if start is None:
            return places
        for element in self.container.tree_of(start).iterfind("Page"):
            place = self.container.place(element.findtext("FileLoc") or "", start)
            if place:
                places.setdefault(element.get("PageID"), []).append(place)
        return places

    def _attachments(self, location):
        """Return how many files the document carries for its reader."""
        start = self.container.place(location, self.place) if location else None
        if start is None:
            return 0
        listed = self.container.tree_of(start).iterfind("Attachment")
        return sum(item.get("Visible", "true").lower() != "false" for item in listed)

    def draw_page(self, page):
        """Return a page drawn: (canvas, its box in millimetres)."""
        root = self.container.tree_of(page.place)
        self.resources.read(self._page_resources(root, page.place))
        box = box_of(root.findtext("Area/PhysicalBox")) or self.box
        if box[2] <= 0 or box[3] <= 0:
            box = A4
        canvas = Canvas(self.book)
        painter = Painter(canvas, self.resources)
        layers = {name: [] for name in LAYERS}
        for element in root.iterfind("Template"):
            place, template = self.templates.get(element.get("TemplateID"), (None, None))
            if place is None:
                self.book.missing["object"] += 1
                continue
            order = element.get("ZOrder") or template.get("ZOrder") or "Background"
            content = self.container.tree_of(place)
            self.resources.read(self._page_resources(content, place))
            layers[order if order in layers else "Background"] += content.iterfind("Content")
        # A template lies under the page's own layer of the same kind, or over it in front.
        own = {name: [] for name in LAYERS}
        for layer in root.iterfind("Content/Layer"):
            kind = layer.get("Type", "Body")
            own[kind if kind in own else "Body"].append(layer)
        for block in (
            *layers["Background"], *own["Background"], *layers["Body"], *own["Body"],
            *own["Foreground"], *layers["Foreground"],
        ):  # fmt: skip
            painter.draw_block(block, {})
        for place in self.annotations.get(page.key, ()):
            for annotation in self.container.tree_of(place).iterfind("Annot"):
                self._draw_annotation(painter, annotation)
        for seal in page.seals:
            self._draw_seal(canvas, seal)
        return canvas, box

    def _page_resources(self, root, place):
        location = root.findtext("PageRes")
        return self.container.place(location, place) if location else None

    def _draw_annotation(self, painter, annotation):
        appearance = annotation.find("Appearance")
        if appearance is None or annotation.get("Visible", "true").lower() == "false":
            return
        x, y, *_ = box_of(appearance.get("Boundary")) or (0, 0, 0, 0)
        painter.canvas.write(f"q 1 0 0 1 {plain(x, y)} cm")
        painter.draw_block(appearance, {})
        painter.canvas.write("Q")

    def _draw_seal(self, canvas, seal):
        x, y, width, height = seal.box
        left, top, across, down = seal.part or (0, 0, width, height)
        canvas.write(f"q {plain(x + left, y + top, across, down)} re W n")
        # Ink over ink: a seal without transparency covers no text.
        canvas.use_state(BM="/Multiply")
        canvas.write(f"{plain(width, 0, 0, height, x, y)} cm")
        if not draw_seal_picture(canvas, seal.data):
            self.book.missing["seal"] += 1
        canvas.write("Q")


def draw_seal_picture(canvas, data):
    """Draw a seal into the unit square: a picture, or the first page of an OFD of its own.

    Returns whether it could be drawn.
    """
    book = canvas.book
    if data not in book.seals:
        try:
            made = _seal_of_ofd(book, data) if data[:2] == b"PK" else picture_of(book.pdf, data)
            book.seals[data] = book.pdf.make_indirect(made)
        except Exception:  # whatever a decoder says about hostile bytes, the seal is counted
            book.seals[data] = None
    seal = book.seals[data]
    if seal is None:
        return False
    if seal.Subtype == Name.Image:
        Painter(canvas, None).draw_picture(seal)
    else:
        canvas.write(f"{canvas.name('XObject', seal)} Do")
    return True


def _seal_of_ofd(book, data):
    """Return the first page of an OFD as a drawing in the unit square; raises whatever it meets."""
    inner = next(documents_of(Container(data), book))
    drawn, box = inner.draw_page(inner.pages[0])
    form = pikepdf.Stream(book.pdf, "\n".join(drawn.parts).encode("ascii"))
    x, y, width, height = box
    form.Type, form.Subtype = Name.XObject, Name.Form
    form.BBox = Array([x, y, x + width, y + height])
    form.Resources = drawn.resources_dictionary()
    form.Matrix = Array([1 / width, 0, 0, 1 / height, -x / width, -y / height])
    return form


def documents_of(container, book):
    """Yield the documents of an OFD file; raises Refused."""
    root_place = container.place("OFD.xml")
    if root_place is None:
        raise Refused("broken_ofd")
    root = container.tree_of(root_place)
    if next(root.iter("Encryptions", "DecryptSeed"), None) is not None:
        raise Refused("ofd_encrypted")
    for body in root.iterfind("DocBody"):
        place = container.place(body.findtext("DocRoot") or "", root_place)
        if place is None:
            raise Refused("broken_ofd")
        yield Document(container, place, book)


def rendition_of(data):
    """Return (what was seen of an OFD file, the PDF that shows it); raises Refused.

    What was seen: {"pages": number, "missing": {kind: how many}, "attachments": number,
    "signatures": as `signatures_of` says}.
    """
    book = Book()
    container = Container(data)
    documents = list(documents_of(container, book))
    count = sum(len(document.pages) for document in documents)
    if count == 0:
        raise Refused("ofd_no_pages")
    if count > PAGE_LIMIT:
        raise Refused("ofd_pages", count=count)
    # What signatures read besides, they do not show.
    shown, container.read = container.read, set()
    signatures, stamps = signatures_of(container)
    container.read = shown
    pages = {page.key: page for document in documents for page in document.pages}
    for key, picture, box, part in stamps:
        if key in pages and picture and box:
            pages[key].seals.append(Seal(picture, box, part))
        else:
            book.missing["seal"] += 1
    for document in documents:
        for page in document.pages:
            canvas, box = document.draw_page(page)
            _add_page(book, canvas, box)
    for said, names in signatures:
        said["covers"] = said["covers"] and container.read <= names
    book.write_faces()
    book.missing["xml"] += len(set(container.damaged))
    out = io.BytesIO()
    # The same bytes each time.
    book.pdf.save(out, deterministic_id=True, compress_streams=True)
    seen = {
        "pages": count,
        "missing": {kind: times for kind, times in book.missing.items() if times},
        "attachments": sum(document.attachments for document in documents),
        "signatures": [said for said, _ in signatures],
    }
    return seen, out.getvalue()


def _add_page(book, canvas, box):
    x, y, width, height = box
    scale = min(POINTS, LARGEST / max(width, height))
    across, down = max(SMALLEST, width * scale), max(SMALLEST, height * scale)
    turn = plain(scale, 0, 0, -scale, -x * scale, down + y * scale)
    content = "\n".join([f"{turn} cm", *canvas.parts])
    page = Dictionary(
        Type=Name.Page, MediaBox=Array([0, 0, round(across, 3), round(down, 3)]),
        Contents=book.pdf.make_stream(content.encode("ascii")),
        Resources=canvas.resources_dictionary(),
    )  # fmt: skip
    book.pdf.pages.append(pikepdf.Page(book.pdf.make_indirect(page)))
