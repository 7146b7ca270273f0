"""What a PDF/A-3 has to be (ISO 19005-3), as far as these checks go.

No validator is to be had where the portal is built, so the rules are written down here, one
function each: `faults` goes through them all. What they leave out: docs/decisions/0032-*.md.
"""

import io
from datetime import datetime

import pikepdf
from fontTools.ttLib import TTFont
from lxml import etree
from pikepdf import Array, Dictionary, Name, Stream
from pikepdf.models.metadata import decode_pdf_date

NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
STANDARD_ROLES = {
    *("Document", "Part", "Art", "Sect", "Div", "BlockQuote", "Caption", "TOC", "TOCI", "Index"),
    *("NonStruct", "Private", "P", "H", "H1", "H2", "H3", "H4", "H5", "H6", "L", "LI", "Lbl"),
    *("LBody", "Table", "TR", "TH", "TD", "THead", "TBody", "TFoot", "Span", "Quote", "Note"),
    *("Reference", "BibEntry", "Code", "Link", "Annot", "Figure", "Formula", "Form"),
}
SHOWING = {"Tj", "TJ", "'", '"', "Do", "sh", "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "EI"}


def faults(content, conformance):
    """Return what is wrong with a PDF (bytes) that claims PDF/A-3 of this conformance, A or B."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        found = [
            *file_faults(content, pdf),
            *metadata_faults(pdf, conformance),
            *colour_faults(pdf),
            *object_faults(pdf),
            *font_faults(pdf),
            *attachment_faults(pdf),
            *annotation_faults(pdf),
        ]
        if conformance == "A":
            found += structure_faults(pdf)
        return found


def claim_of(content):
    """Return what a PDF (bytes) claims to be: "3A", "3B", or "" """
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return "".join(filter(None, _claim(_packet(pdf))))


def record_of(content):
    """Return the bytes of the one file that a PDF holds."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        (attached,) = pdf.attachments.values()
        return attached.get_file().read_bytes()


def file_faults(content, pdf):
    """Header, identifier, no encryption, nothing that acts."""
    if not content.startswith(b"%PDF-1."):
        yield "header"
    second = content.split(b"\n", 2)[1]
    if second[:1] != b"%" or min(second[1:5]) < 128:
        yield "no binary comment"
    if "/ID" not in pdf.trailer:
        yield "no identifier"
    if pdf.is_encrypted:
        yield "encrypted"
    for key in ("/AA", "/OpenAction", "/AcroForm", "/Requirements", "/OCProperties"):
        if key in pdf.Root:
            yield f"catalogue has {key}"
    if set(pdf.Root.get("/Names", {})) - {"/EmbeddedFiles", "/Dests"}:
        yield "name trees"


def _packet(pdf):
    return etree.fromstring(pdf.Root.Metadata.read_bytes()) if "/Metadata" in pdf.Root else None


def _told(packet, name):
    """Return a property of the packet, written as an element or as an attribute."""
    space, name = name.split(":")
    key = f"{{{NAMESPACES[space]}}}{name}"
    for element in packet.iter(f"{{{NAMESPACES['rdf']}}}Description"):
        if key in element.attrib:
            return element.attrib[key]
        if (child := element.find(key)) is not None:
            return "".join(child.itertext()).strip()
    return None


def _claim(packet):
    if packet is None:
        return None, None
    return _told(packet, "pdfaid:part"), _told(packet, "pdfaid:conformance")


def metadata_faults(pdf, conformance):
    """The claim, and that both places of a document's title and dates say the same."""
    packet = _packet(pdf)
    if _claim(packet) != ("3", conformance):
        yield "claim"
        return
    same = {"/Title": "dc:title", "/Producer": "pdf:Producer"}
    for key, name in same.items():
        if str(pdf.docinfo.get(key)) != _told(packet, name):
            yield f"{key} differs"
    if not _told(packet, "dc:title"):
        yield "no title"
    told, made = _told(packet, "xmp:CreateDate"), pdf.docinfo.get("/CreationDate")
    if not told or decode_pdf_date(str(made)) != datetime.fromisoformat(told):
        yield "dates differ"
    if set(pdf.docinfo.keys()) - {"/Title", "/Producer", "/CreationDate"}:
        yield "words that the packet does not have"


def colour_faults(pdf):
    """One output intent, with an RGB profile; no colours of a printing press."""
    intents = [each for each in pdf.Root.get("/OutputIntents", []) if each.S == Name.GTS_PDFA1]
    if len(intents) != 1:
        yield "output intents"
        return
    profile = intents[0].DestOutputProfile.read_bytes()
    if profile[16:20] != b"RGB " or profile[36:40] != b"acsp":
        yield "profile"


def object_faults(pdf):
    """Forbidden packings, pictures, drawings and settings, wherever they stand."""
    for each in pdf.objects:
        if isinstance(each, Stream):
            filters = each.get("/Filter", [])
            names = {str(name) for name in (filters if isinstance(filters, Array) else [filters])}
            if names & {"/LZWDecode", "/Crypt"}:
                yield f"packing {names}"
            if {"/F", "/FFilter"} & set(each.keys()):
                yield "content in another file"
            if each.get("/Subtype") == Name.Image:
                if each.get("/Interpolate", False):
                    yield "smoothed picture"
                if {"/Alternates", "/OPI"} & set(each.keys()):
                    yield "alternate picture"
                if each.get("/ColorSpace") == Name.DeviceCMYK:
                    yield "four colours"
            if each.get("/Subtype") == Name.PS or "/Ref" in each:
                yield "foreign drawing"
        if not isinstance(each, Dictionary):
            continue
        if each.get("/Type") == Name.ExtGState and {"/TR", "/HTP"} & set(each.keys()):
            yield "transfer"
        if each.get("/S") in {Name.JavaScript, Name.Launch}:
            yield "action"


def fonts_of(pdf):
    """Return every composite font of a document; raises AssertionError for any other kind."""
    fonts = [
        each
        for each in pdf.objects
        if isinstance(each, Dictionary)
        and each.get("/Type") == Name.Font
        and "/DescendantFonts" in each
    ]
    others = [
        each.Subtype
        for each in pdf.objects
        if isinstance(each, Dictionary)
        and each.get("/Type") == Name.Font
        and each.get("/Subtype") not in {Name.Type0, Name.CIDFontType0, Name.CIDFontType2}
    ]
    assert not others, others
    return fonts


def font_faults(pdf):
    """Every font embedded as a subset, its characters known, its widths those of its glyphs."""
    for font in fonts_of(pdf):
        (part,) = font.DescendantFonts
        name = str(font.BaseFont)
        if "+" not in name or name != str(part.BaseFont):
            yield f"{name}: no subset"
        if "/ToUnicode" not in font:
            yield f"{name}: characters unknown"
        files = [part.FontDescriptor.get(key) for key in ("/FontFile2", "/FontFile3")]
        data = next((each for each in files if each is not None), None)
        if data is None:
            yield f"{name}: not embedded"
            continue
        if part.Subtype == Name.CIDFontType2 and "/CIDToGIDMap" not in part:
            yield f"{name}: glyphs unknown"
        yield from _width_faults(name, part, data.read_bytes())


def _width_faults(name, part, data):
    opened = TTFont(io.BytesIO(data))
    order, metrics = opened.getGlyphOrder(), opened["hmtx"]
    per_em = opened["head"].unitsPerEm
    widths = list(part.get("/W", []))
    while widths:
        first, wide = int(widths.pop(0)), widths.pop(0)
        if not isinstance(wide, Array):
            last, wide = int(wide), widths.pop(0)
            wide = [wide] * (last - first + 1)
        for glyph, width in enumerate(wide, start=first):
            real = metrics[order[glyph]][0] * 1000 / per_em
            if abs(real - float(width)) > 1:
                yield f"{name}: glyph {glyph} is {real} wide, not {width}"
                return


def attachment_faults(pdf):
    """What is attached: related to the document once, named in ASCII, with its kind and dates."""
    related = list(pdf.Root.get("/AF", []))
    if len({each.objgen for each in related}) != len(related):
        yield "related twice"
    files = [
        each
        for each in pdf.objects
        if isinstance(each, Dictionary) and each.get("/Type") == Name.Filespec
    ]
    if {each.objgen for each in files} != {each.objgen for each in related}:
        yield "attached and not related"
    for each in files:
        stream = each.EF.F
        if each.get("/AFRelationship") != Name.Data:
            yield "relationship"
        if str(each.F) != str(each.UF) or not str(each.F).isascii():
            yield "name"
        if not str(each.get("/Desc", "")):
            yield "no description"
        if stream.get("/Subtype") != Name("/application/json"):
            yield f"kind {stream.get('/Subtype')}"
        if "/ModDate" not in stream.get("/Params", {}):
            yield "no date"


def annotation_faults(pdf):
    """Links alone, which are printed; within the document."""
    for page in pdf.pages:
        for each in page.obj.get("/Annots", []):
            if each.Subtype != Name.Link or int(each.get("/F", 0)) != 4:
                yield f"annotation {each.Subtype}"
            if "/Dest" not in each:
                yield "link to elsewhere"


# --- Conformance A ---------------------------------------------------------------------------


def structure_faults(pdf):
    """Language, roles, heads of tables, descriptions of pictures; nothing on a page without."""
    root = pdf.Root
    if not root.get("/MarkInfo", {}).get("/Marked", False):
        yield "not marked"
    if str(root.get("/Lang", "")) != "zh-CN":
        yield "language"
    elements = {}
    yield from _walk(root.StructTreeRoot.K[0], root.StructTreeRoot, elements)
    ids = {bytes(each.ID) for each in elements.values() if "/ID" in each}
    for each in elements.values():
        role, attributes = str(each.S)[1:], each.get("/A", {})
        if role not in STANDARD_ROLES and each.S not in root.StructTreeRoot.get("/RoleMap", {}):
            yield f"role {role}"
        if role == "Figure" and not str(each.get("/Alt", "")):
            yield "picture without description"
        if role == "TH" and attributes.get("/Scope") not in {Name.Row, Name.Column}:
            yield "head of neither row nor column"
        if any(bytes(head) not in ids for head in attributes.get("/Headers", [])):
            yield "cell of a head that is not there"
    nums = list(root.StructTreeRoot.ParentTree.Nums)
    parents = {int(nums[index]): nums[index + 1] for index in range(0, len(nums), 2)}
    for number, page in enumerate(pdf.pages, start=1):
        for fault in _page_faults(page, parents, elements):
            yield f"page {number}: {fault}"


def _walk(element, parent, elements):
    if element.P.objgen != parent.objgen:
        yield "element with another parent"
    elements[element.objgen] = element
    for kid in element.get("/K", []):
        if isinstance(kid, Dictionary) and "/S" in kid:
            yield from _walk(kid, element, elements)


def _page_faults(page, parents, elements):
    known = parents[int(page.obj.StructParents)]
    stack, seen = [], set()
    for operands, operator in pikepdf.parse_content_stream(page):
        operator = str(operator)
        if operator in {"BMC", "BDC"}:
            mark = operands[1].get("/MCID") if len(operands) > 1 else None
            stack.append(operands[0] == Name.Artifact or mark is not None)
            if mark is not None:
                seen.add(int(mark))
        elif operator == "EMC":
            stack.pop()
        elif operator in SHOWING and not any(stack):
            yield f"{operator} outside of the text and of what decorates it"
    for mark in seen:
        element = known[mark]
        if element is None or element.objgen not in elements:
            yield f"mark {mark} belongs to nothing"
        elif mark not in [int(kid) for kid in element.K if isinstance(kid, int)]:
            yield f"mark {mark} is not its element's"
    for annotation in page.obj.get("/Annots", []):
        if int(annotation.get("/StructParent", -1)) not in parents:
            yield "link outside of the text"
