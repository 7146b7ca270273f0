"""PDFs that are really signed, by pyHanko, with certificates of our own."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pikepdf
from asn1crypto import core
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
LONG = timedelta(days=3650)


def certificate(name, organisation="武汉市某某局", until=None, *, stamps_time=False):
    """Return a self-made certificate as asn1crypto has it."""
    until = until or datetime.now(UTC) + LONG
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COMMON_NAME, name),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - 2 * LONG)
        .not_valid_after(until)
    )
    if stamps_time:
        usage = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    made = builder.sign(KEY, hashes.SHA256())
    return asn1_x509.Certificate.load(made.public_bytes(serialization.Encoding.DER))


def private_key():
    return asn1_keys.PrivateKeyInfo.load(
        KEY.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def blank(pages=1):
    """Return a PDF with a line on each page."""
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page()
        pdf.pages[-1].Contents = pdf.make_stream(b"72 700 300 20 re f % a line that is signed")
    out = io.BytesIO()
    pdf.save(out, compress_streams=False)
    return out.getvalue()


def signed(data=None, name="张三", field="Signature1", *, until=None, stamped=False):
    """Return a PDF with a signature appended; `stamped`: with somebody else's time stamp."""
    signer = signers.SimpleSigner(
        signing_cert=certificate(name, until=until),
        signing_key=private_key(),
        cert_registry=SimpleCertificateStore(),
    )
    stamper = None
    if stamped:
        stamper = DummyTimeStamper(
            certificate("时间戳服务", stamps_time=True),
            private_key(),
            fixed_dt=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        )
    out = io.BytesIO()
    signing = signers.PdfSigner(
        signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256"),
        signer=signer,
        timestamper=stamper,
        new_field_spec=fields.SigFieldSpec(field),
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(data or blank()), strict=False)
    # pyHanko starts an event loop, and Playwright may have one in this thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(signing.sign_pdf, writer, output=out).result()
    return out.getvalue()


def commented(data):
    """Return a signed PDF with a comment appended behind what is signed."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    note = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/Text"),
            generic.pdf_name("/Rect"): generic.ArrayObject(
                map(generic.NumberObject, (9, 9, 29, 29))
            ),
            generic.pdf_name("/Contents"): generic.pdf_string("批注"),
        }
    )
    listed = page.get("/Annots", generic.ArrayObject())
    page[generic.pdf_name("/Annots")] = generic.ArrayObject([*listed, writer.add_object(note)])
    writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(0))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def changed(data):
    """Return a signed PDF with one byte of what is signed changed."""
    assert b"a line that is signed" in data
    return data.replace(b"a line that is signed", b"a line that is changed"[:21], 1)


def national(contents_of, subfilter=b"/adbe.pkcs7.detached"):
    """Return a PDF signed in a form that only national readers know.

    `contents_of` returns the signed value (DER) for the bytes that are signed.
    """
    size = 16384
    document = pikepdf.open(io.BytesIO(blank()))
    value = document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Sig,
            Filter=pikepdf.Name("/Adobe.PPKLite"),
            SubFilter=pikepdf.Name(subfilter.decode()),
            ByteRange=pikepdf.Array([0, 1_000_000_001, 1_000_000_002, 1_000_000_003]),
            Contents=pikepdf.String(b"\1" * size),
            M=pikepdf.String("D:20240506070809+08'00'"),
        )
    )
    field = document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Sig,
            T=pikepdf.String("Signature1"), V=value, Rect=pikepdf.Array([0, 0, 0, 0]), F=132,
            P=document.pages[0].obj,
        )
    )  # fmt: skip
    document.pages[0].Annots = pikepdf.Array([field])
    document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]), SigFlags=3)
    out = io.BytesIO()
    document.save(out, compress_streams=False)
    data = out.getvalue()
    start = data.index(b"/Contents <" if b"/Contents <" in data else b"/Contents (")
    start = data.index(b"<01" if b"<01" in data else b"(", start)
    end = data.index(b">" if data[start : start + 1] == b"<" else b")", start) + 1
    room = end - start
    old = data[data.index(b"/ByteRange") : data.index(b"]", data.index(b"/ByteRange")) + 1]
    new = b"/ByteRange [ 0 %d %d %d" % (start, end, len(data) - end)
    data = data.replace(old, new.ljust(len(old) - 1) + b"]")
    written = contents_of(data[:start] + data[end:]).hex().encode()
    return data[:start] + b"<" + written.ljust(room - 2, b"0") + b">" + data[end:]


def sm3(data):
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def pkcs7(signed_bytes, name="李四"):
    """Return a PKCS #7 signature by the national algorithms (GB/T 35275) over bytes.

    Over None it says of no digest what it was made for.
    """

    def of(tag, *parts):
        contents = b"".join(parts)
        return bytes([tag]) + core.Sequence(contents=contents).dump()[1:]

    def number(dotted):
        return core.ObjectIdentifier(dotted).dump()

    attributes = b""
    if signed_bytes is not None:
        digest = of(0x31, core.OctetString(sm3(signed_bytes)).dump())
        attributes = of(0xA0, of(0x30, number("1.2.840.113549.1.9.4"), digest))
    method = of(0x30, number("1.2.156.10197.1.401"))
    signer = of(
        0x30, core.Integer(1).dump(), of(0x30), method, attributes,
        of(0x30, number("1.2.156.10197.1.301.1")), core.OctetString(b"value").dump(),
    )  # fmt: skip
    inside = of(
        0x30, core.Integer(1).dump(), of(0x31, method),
        of(0x30, number("1.2.156.10197.6.1.4.2.1")),
        of(0xA0, certificate(name).dump()), of(0x31, signer),
    )  # fmt: skip
    return of(0x30, number("1.2.156.10197.6.1.4.2.2"), of(0xA0, inside))
