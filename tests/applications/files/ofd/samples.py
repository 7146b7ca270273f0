"""OFD files written by hand: what stands in them is what the test says, and nothing else."""

import base64
import hashlib
import io
import zipfile
from datetime import UTC, datetime

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image

NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
BOX = "0 0 100 100"


def xml(name, content, **attributes):
    """Return an XML file whose root has this name."""
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{head}<ofd:{name} {NAMESPACE}{written}>{content}</ofd:{name}>"


def packed(members):
    """Return a ZIP of {name: text or bytes}."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def members_of(
    *pages, fonts=(), media=(), resources="", templates=(), annotations=(), common="", more=""
):
    """Return the members of an OFD with pages (the XML of their only layer, or of all of a page).

    `fonts` are (key, name, bytes or None), `media` (key, ending, bytes), `templates` pages keyed
    t0, t1, …; `annotations` are (place of a page, XML). A page is 100 mm square. `resources`,
    `common` and `more` are XML in the resources, the common data and the document.
    """
    members = {}
    listed = {"Fonts": "", "MultiMedias": ""}
    for key, name, data in fonts:
        file = "" if data is None else f"<ofd:FontFile>{key}.ttf</ofd:FontFile>"
        listed["Fonts"] += f'<ofd:Font ID="{key}" FontName="{name}">{file}</ofd:Font>'
        if data is not None:
            members[f"Doc_0/Res/{key}.ttf"] = data
    for key, ending, data in media:
        listed["MultiMedias"] += (
            f'<ofd:MultiMedia ID="{key}" Type="Image">'
            f"<ofd:MediaFile>{key}.{ending}</ofd:MediaFile></ofd:MultiMedia>"
        )
        members[f"Doc_0/Res/{key}.{ending}"] = data
    inside = "".join(f"<ofd:{kind}>{each}</ofd:{kind}>" for kind, each in listed.items() if each)
    members["Doc_0/DocumentRes.xml"] = xml("Res", inside + resources, BaseLoc="Res")
    for place, page in enumerate(pages):
        content = page if "<ofd:Content" in page else f"<ofd:Content>{layer(page)}</ofd:Content>"
        members[f"Doc_0/Pages/Page_{place}/Content.xml"] = xml("Page", content)
    for place, page in enumerate(templates):
        common += f'<ofd:TemplatePage ID="t{place}" BaseLoc="Tpls/{place}/Content.xml"/>'
        content = f"<ofd:Content>{layer(page)}</ofd:Content>"
        members[f"Doc_0/Tpls/{place}/Content.xml"] = xml("Page", content)
    if annotations:
        more += "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>"
        listing = ""
        for place, content in annotations:
            listing += (
                f'<ofd:Page PageID="p{place}"><ofd:FileLoc>{place}.xml</ofd:FileLoc></ofd:Page>'
            )
            members[f"Doc_0/Annots/{place}.xml"] = xml("PageAnnot", content)
        members["Doc_0/Annots/Annotations.xml"] = xml("Annotations", listing)
    tree = "".join(
        f'<ofd:Page ID="p{place}" BaseLoc="Pages/Page_{place}/Content.xml"/>'
        for place in range(len(pages))
    )
    members["Doc_0/Document.xml"] = xml(
        "Document",
        "<ofd:CommonData><ofd:MaxUnitID>9999</ofd:MaxUnitID>"
        f"<ofd:PageArea><ofd:PhysicalBox>{BOX}</ofd:PhysicalBox></ofd:PageArea>"
        f"<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>{common}</ofd:CommonData>"
        f"<ofd:Pages>{tree}</ofd:Pages>{more}",
    )
    members["OFD.xml"] = root()
    return members


def root(signatures=""):
    """Return OFD.xml."""
    return xml(
        "OFD",
        "<ofd:DocBody><ofd:DocInfo><ofd:DocID>0</ofd:DocID></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
        f"{signatures}</ofd:DocBody>",
        DocType="OFD",
        Version="1.0",
    )


def ofd(*pages, **parts):
    """Return an OFD file as bytes; its parts are those of `members_of`."""
    return packed(members_of(*pages, **parts))


def layer(content, kind="Body"):
    return f'<ofd:Layer Type="{kind}">{content}</ofd:Layer>'


def text(words, at=(10, 20), *, size=10, steps="", font="f", more="", inside="", before=""):
    """Return a text object whose first base line begins at a place (mm)."""
    x, y = at
    steps = f' DeltaX="{steps}"' if steps else ""
    return (
        f'<ofd:TextObject Boundary="{x} {y - size} 80 {size * 1.2}" Font="{font}" Size="{size}"'
        f'{more}>{before}<ofd:TextCode X="0" Y="{size}"{steps}{inside}>{words}</ofd:TextCode>'
        "</ofd:TextObject>"
    )


def square(x, y, side, colour="0 0 0", more="", inside=""):
    """Return a filled square."""
    return path(
        f"M 0 0 L {side} 0 L {side} {side} L 0 {side} C",
        box=(x, y, side, side),
        more=f' Fill="true" Stroke="false"{more}',
        inside=inside or f'<ofd:FillColor Value="{colour}"/>',
    )


def path(data, *, box=(0, 0, 100, 100), more="", inside=""):
    """Return a path."""
    boundary = " ".join(map(str, box))
    return (
        f'<ofd:PathObject Boundary="{boundary}"{more}>{inside}'
        f"<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def image(key, box, more=""):
    """Return a picture in a box (x, y, width, height)."""
    boundary = " ".join(map(str, box))
    return (
        f'<ofd:ImageObject ResourceID="{key}" Boundary="{boundary}"'
        f' CTM="{box[2]} 0 0 {box[3]} 0 0"{more}/>'
    )


def picture(kind="PNG", colour=(255, 0, 0), size=(20, 20), mode="RGB"):
    """Return a picture of one colour as bytes."""
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind)
    return out.getvalue()


def font(characters="甲乙"):
    """Return a TrueType font whose first character is a full block, the others blocks half as high.

    Glyph 0 is empty; a character's glyph has the number of its place, from 1 on.
    """
    order = [".notdef", *(f"g{place}" for place in range(1, len(characters) + 1))]
    glyphs = {".notdef": TTGlyphPen(None).glyph()}
    for place, name in enumerate(order[1:]):
        pen = TTGlyphPen(None)
        height = 1000 if place == 0 else 500
        for move, point in (
            (pen.moveTo, (0, 0)),
            (pen.lineTo, (0, height)),
            (pen.lineTo, (1000, height)),
            (pen.lineTo, (1000, 0)),
        ):
            move(point)
        pen.closePath()
        glyphs[name] = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({ord(c): name for c, name in zip(characters, order[1:], strict=True)})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(order, (1000, 0)))
    builder.setupHorizontalHeader(ascent=1000, descent=0)
    builder.setupNameTable({"familyName": "Blocks", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


# --- Seals and signatures ------------------------------------------------------------------------


def certificate(name="张三", organisation="武汉市某某局"):
    """Return a self-made certificate (DER)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COMMON_NAME, name),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2044, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def sequence(*values):
    """Return a sequence of ASN.1 values."""
    contents = b"".join(value.dump() for value in values)
    return core.Sequence(contents=contents)


def octets(data):
    return core.OctetString(data)


def bits(data):
    return core.BitString.load(core.BitString(contents=b"\0" + data).dump())


def seal(picture, kind="png", name="武汉市某某局专用章"):
    """Return an electronic seal (SESeal, GB/T 38540) with a picture, as a value of ASN.1."""
    time = core.GeneralizedTime(datetime(2024, 1, 1, tzinfo=UTC))
    information = sequence(
        sequence(core.IA5String("ES"), core.Integer(4), core.IA5String("Test")),
        core.IA5String("420100"),
        sequence(core.Integer(1), core.UTF8String(name), core.Integer(1), time, time, time),
        sequence(core.IA5String(kind), octets(picture), core.Integer(40), core.Integer(40)),
    )
    algorithm = core.ObjectIdentifier("1.2.156.10197.1.501")
    return sequence(information, octets(certificate()), algorithm, bits(b"seal"))


def signed_value(digest, picture, version=4, kind="png", name="张三"):
    """Return a signed value (SES_Signature) over a digest, in the older form (1) or the newer."""
    algorithm = core.ObjectIdentifier("1.2.156.10197.1.501")
    time = core.GeneralizedTime(datetime(2024, 5, 6, tzinfo=UTC))
    place = core.IA5String("/Doc_0/Signs/0/Signature.xml")
    head = (core.Integer(version), seal(picture, kind), time, bits(digest), place)
    if version == 4:
        return sequence(
            sequence(*head), octets(certificate(name)), algorithm, bits(b"value")
        ).dump()
    return sequence(sequence(*head, octets(certificate()), algorithm), bits(b"value")).dump()


def signed(
    members, stamps=(), *, picture=b"", version=4, value=None, method="SM3", kind="png", also=(),
    without=(),
):  # fmt: skip
    """Return members of an OFD with a signature over all of them, and stamps.

    `stamps` are (place of a page, box, clip or ""). `value` replaces the signed value,
    `also` are places under Signs that are signed as well, `without` places that are not.
    """
    place = "Doc_0/Signs/0/Signature.xml"
    members = {
        **members,
        "OFD.xml": root("<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>"),
        "Doc_0/Signs/Signatures.xml": xml(
            "Signatures", '<ofd:Signature ID="1" Type="Seal" BaseLoc="0/Signature.xml"/>'
        ),
    }
    references = "".join(
        f'<ofd:Reference FileRef="/{name}"><ofd:CheckValue>{_checked(content, method)}'
        "</ofd:CheckValue></ofd:Reference>"
        for name, content in members.items()
        if ("Signs" not in name or name in also) and name not in without
    )
    stamped = ""
    for turn, (page, box, clip) in enumerate(stamps):
        cut = f' Clip="{clip}"' if clip else ""
        stamped += f'<ofd:StampAnnot ID="{turn}" PageRef="p{page}" Boundary="{box}"{cut}/>'
    members[place] = xml(
        "Signature",
        '<ofd:SignedInfo><ofd:Provider ProviderName="test"/>'
        "<ofd:SignatureDateTime>20240506070809Z</ofd:SignatureDateTime>"
        f'<ofd:References CheckMethod="{method}">{references}</ofd:References>{stamped}'
        "</ofd:SignedInfo><ofd:SignedValue>/Doc_0/Signs/0/SignedValue.dat</ofd:SignedValue>",
    )
    if value is None:
        digest = base64.b64decode(_checked(members[place], "SM3"))
        value = signed_value(digest, picture, version, kind)
    members["Doc_0/Signs/0/SignedValue.dat"] = value
    return members


def _checked(content, method):
    data = content.encode() if isinstance(content, str) else content
    if method == "SM3":
        digest = hashes.Hash(hashes.SM3())
        digest.update(data)
        return base64.b64encode(digest.finalize()).decode()
    return base64.b64encode(hashlib.new(method, data).digest()).decode()
