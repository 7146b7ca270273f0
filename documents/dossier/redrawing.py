"""What viewers show of a PDF's pages, drawn by the pages themselves.

A page that is copied leaves its document behind: the fields and comments that viewers draw over it,
the switches of its layers. Runs in a process of its own (`page_program.py`).
"""

import io
import time
import zlib

from pikepdf import Array, Dictionary, Name, Stream

from applications.files import appearances
from applications.files.check_program import DEPTH, inherited
from documents.dossier.pages import A4, QUALITY, Unreadable, clear, draw, picture_stream

# A page that is drawn anew, on its long side: A4 at 250 dots an inch.
PAGE_PIXELS = 2924


def make_whole(pdf, seconds):
    """Let every page draw by itself all that viewers show of it, and nothing that they hide.

    Comments, stamps and fields become part of their page. Where only a viewer knows how a page
    looks, the page is drawn anew as a picture: fields and comments without an appearance, layers
    that may be switched off, Chinese fonts that are not in the file. That may take so many seconds.
    Returns why a page could not be drawn, by its index; such a page is empty.
    """
    form = pdf.Root.get("/AcroForm")
    made_by_viewers = isinstance(form, Dictionary) and bool(form.get("/NeedAppearances", False))
    resources = Resources(pdf)
    wanted = [
        index
        for index, page in enumerate(pdf.pages)
        if needs_a_viewer(page.obj, made_by_viewers, resources)
    ]
    failed = redraw(pdf, wanted, seconds) if wanted else {}
    if made_by_viewers:
        # While it stands, no field is flattened, not even one that has an appearance (qpdf 12).
        del form.NeedAppearances
    if any("/Annots" in page.obj for page in pdf.pages):
        for page in pdf.pages:
            leave_out_what_is_not_shown(page.obj)
        pdf.flatten_annotations("screen")
        for page in pdf.pages:
            if "/Annots" in page.obj:  # what draws nothing
                del page.obj.Annots
    return failed


def needs_a_viewer(page, made_by_viewers, resources):
    """Whether only a viewer knows how a page looks."""
    for annotation in appearances.shown_on(page):
        if made_by_viewers and appearances.is_field(annotation):
            return True
        if not appearances.has_appearance(annotation):
            if appearances.is_drawn_by_viewers(annotation):
                return True
        elif resources.need_a_viewer_in(annotation) or resources.is_switched(annotation):
            return True
    return resources.need_a_viewer(inherited(page, "/Resources"))


class Resources:
    """What the pages of a document draw with: whether it shows the same wherever it is copied to.

    A layer's switch stands in the document's catalogue, which copies leave behind.
    """

    def __init__(self, pdf):
        layers = pdf.Root.get("/OCProperties")
        usual = layers.get("/D") if isinstance(layers, Dictionary) else None
        usual = usual if isinstance(usual, Dictionary) else Dictionary()
        self.has_layers = isinstance(layers, Dictionary)
        # Some layer may be off: by a list, from the start, or by what it is used for.
        self.may_be_off = (
            usual.get("/BaseState", Name.ON) != Name.ON
            or bool(len(usual.get("/OFF", [])))
            or bool(len(usual.get("/AS", [])))
        )
        self.known = {}

    def is_switched(self, drawing):
        """Whether a drawing, picture or annotation belongs to a layer that may not be shown."""
        return self.has_layers and self._may_hide(drawing.get("/OC"))

    def _may_hide(self, layer):
        if not isinstance(layer, Dictionary):
            return False
        # A group of layers has rules of its own (all off, any on, ...).
        return self.may_be_off or layer.get("/Type") == Name.OCMD

    def need_a_viewer_in(self, annotation):
        """The same for what an annotation's appearance draws with."""
        normal = annotation.AP.N
        if not isinstance(normal, Stream):
            normal = normal.get(str(annotation.AS))
        return isinstance(normal, Stream) and self.need_a_viewer(normal.get("/Resources"))

    def need_a_viewer(self, resources, depth=0):
        """Whether something that is drawn with may be switched off, or has a font of elsewhere."""
        if not isinstance(resources, Dictionary) or depth > DEPTH:
            return False
        key = resources.objgen if resources.is_indirect else None
        if key in self.known:
            return self.known[key]
        if key:
            self.known[key] = False  # what draws itself has nothing more in it
        answer = any(self._marked(resources) if self.has_layers else ()) or any(
            map(_is_of_elsewhere, _in(resources, "/Font"))
        )
        if not answer:
            answer = any(
                self.is_switched(drawing)
                or self.need_a_viewer(drawing.get("/Resources"), depth + 1)
                for kind in ("/XObject", "/Pattern")
                for drawing in _in(resources, kind)
                if isinstance(drawing, Stream)
            )
        if key:
            self.known[key] = answer
        return answer

    def _marked(self, resources):
        return map(self._may_hide, _in(resources, "/Properties"))


def _in(resources, kind):
    """Return the resources of a kind."""
    names = resources.get(kind)
    return list(dict(names.items()).values()) if isinstance(names, Dictionary) else []


def _is_of_elsewhere(font):
    """Whether a composite font, as Chinese ones are, is not in the file."""
    if not isinstance(font, Dictionary) or font.get("/Subtype") != Name.Type0:
        return False
    parts = font.get("/DescendantFonts")
    part = parts[0] if isinstance(parts, Array) and len(parts) else None
    described = part.get("/FontDescriptor") if isinstance(part, Dictionary) else None
    files = ("/FontFile", "/FontFile2", "/FontFile3")
    return not isinstance(described, Dictionary) or not any(file in described for file in files)


def redraw(pdf, indexes, seconds):
    """Replace pages by pictures of what viewers show; return why one could not, by its index."""
    from applications.files import pdfium  # loads the library, which few files need

    until = time.monotonic() + seconds
    for index in indexes:
        appearances.complete(pdf, pdf.pages[index].obj)
    out = io.BytesIO()
    pdf.save(out)
    shown, failed = pdfium.opened(out.getvalue()), {}
    try:
        for index in indexes:
            page = pdf.pages[index]
            size = A4
            try:
                if time.monotonic() > until:
                    raise Unreadable("页面须重新绘制，超出处理时间")
                size, picture = _drawn(pdf, shown, index, pdfium.picture)
            except Unreadable as error:
                failed[index] = str(error)
            except Exception:  # whatever a parser says about hostile bytes
                failed[index] = "页面已损坏"
            clear(page, size)
            if index not in failed:
                draw(page, "Page", picture, (size[0], 0, 0, size[1], 0, 0))
    finally:
        shown.close()
    return failed


def _drawn(pdf, shown, index, draw_picture):
    """Return (size in points, picture) of a page."""
    size = shown.get_page_size(index)
    if not all(1 <= side <= 1_000_000 for side in size):
        raise Unreadable("页面尺寸无效")
    image = draw_picture(shown, index, PAGE_PIXELS)
    red, green, blue = image.split()
    if red.tobytes() == green.tobytes() == blue.tobytes():
        data, colours = zlib.compress(red.tobytes()), Name.DeviceGray
        return size, picture_stream(pdf, data, image.size, colours, Name.FlateDecode)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=QUALITY)
    return size, picture_stream(pdf, data.getvalue(), image.size, Name.DeviceRGB, Name.DCTDecode)


def leave_out_what_is_not_shown(page):
    """Take links and hidden annotations from a page."""
    shown = appearances.shown_on(page)
    for annotation in shown:
        # "Invisible" speaks of kinds that a viewer does not know; qpdf leaves them out.
        annotation.F = int(annotation.get("/F", 0)) & ~1
    if shown:
        page.Annots = Array(shown)
    elif "/Annots" in page:
        del page.Annots
