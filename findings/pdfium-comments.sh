#!/usr/bin/env bash
# PDFium 159 (pypdfium2 5.15.2): which comments it draws that have no appearance of their own.
#
# Guess: PDFium draws all usual comments without an appearance stream, or none, as Poppler and pdf.js
# draw them all.
# Behaviour: rectangles, ellipses, ink, all four kinds of marked text and notes are drawn; lines,
# polygons, polylines, stamps and carets are not. The words of a text box are drawn while all of them
# are Latin; one Chinese character among them, and none is, though the frame and the ground are. A
# stamp's layer (/OC) that is off is not looked at: the stamp is drawn.
#
# Output seen:
# drawn: Circle Highlight Ink Square Squiggly StrikeOut Text Underline
# not drawn: Caret Line PolyLine Polygon Stamp
# words of a text box: drawn, with a Chinese one among them: not drawn
# stamp on a layer that is off: drawn
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
  pypdfium2==5.15.2 pikepdf==10.17.0 pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io

import pypdfium2
import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

BOX = [20, 20, 120, 70]
MARKED = {"QuadPoints": Array([20, 70, 120, 70, 20, 20, 120, 20])}
POINTS = {"Vertices": Array([25, 25, 60, 65, 110, 25])}
KINDS = {
    "Square": {},
    "Circle": {},
    "Ink": {"InkList": Array([Array([25, 25, 110, 65])])},
    "Highlight": MARKED,
    "Underline": MARKED,
    "StrikeOut": MARKED,
    "Squiggly": MARKED,
    "Text": {"Contents": String("note")},
    "Line": {"L": Array([25, 25, 110, 65])},
    "Polygon": POINTS,
    "PolyLine": POINTS,
    "Stamp": {"Name": Name.Approved},
    "Caret": {},
}


def page_with(kind, seal=False, is_off=False, **keys):
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(140, 90))
    comment = Dictionary(
        Type=Name.Annot, Subtype=Name("/" + kind), Rect=Array(BOX), F=4, C=Array([1, 0, 0]), **keys
    )
    if seal:
        form = dict(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
        comment.AP = Dictionary(N=Stream(pdf, b"1 0 0 rg 0 0 9 9 re f", **form))
    if is_off:
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("layer")))
        pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
        comment.OC = layer
    pdf.pages[0].Annots = Array([pdf.make_indirect(comment)])
    out = io.BytesIO()
    pdf.save(out)
    document = pypdfium2.PdfDocument(out.getvalue())
    document.init_forms()
    return document[0].render(scale=2).to_pil().convert("RGB")


def is_drawn(image):
    return image.getextrema() != ((255, 255),) * 3


drawn = sorted(kind for kind, keys in KINDS.items() if is_drawn(page_with(kind, **keys)))
not_drawn = sorted(set(KINDS) - set(drawn))
text_box = dict(DA=String("/Helv 14 Tf 0 0 1 rg"), BS=Dictionary(W=1))
words, mixed, empty = (
    page_with("FreeText", Contents=String(text), **text_box).tobytes()
    for text in ("words", "words \u610f\u89c1", "")
)
on_layer = is_drawn(page_with("Stamp", seal=True, is_off=True))
print("drawn:", *drawn)
print("not drawn:", *not_drawn)
SAID = {True: "drawn", False: "not drawn"}
print(
    f"words of a text box: {SAID[words != empty]}, "
    f"with a Chinese one among them: {SAID[mixed != empty]}"
)
print("stamp on a layer that is off:", SAID[on_layer])
assert drawn == "Circle Highlight Ink Square Squiggly StrikeOut Text Underline".split()
assert not_drawn == "Caret Line PolyLine Polygon Stamp".split()
assert words != empty and mixed == empty and on_layer
PYTHON
