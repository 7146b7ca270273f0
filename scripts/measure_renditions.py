"""Measure what the pictures of phones and scanners cost, each beside the bare library.

    python scripts/measure_renditions.py
For each kind a picture is made; two fresh processes open it: the bare library (decoded, RGB,
written as JPEG) and the portal's check program with all that it does. Printed: seconds of the
processor and peak memory of both, and the ratio of the memory.
"""

import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A phone's photos: 12, 48 and 108 megapixels; A4 at 300 dots an inch.
PHONE, LARGE, LARGEST, SCAN = (4032, 3024), (8064, 6048), (12_000, 9000), (2480, 3508)
PAGES = 30


def photograph(size, mode="RGB"):
    """Return a picture that does not compress to nothing."""
    from PIL import Image

    noise = Image.effect_noise((size[0] // 16, size[1] // 16), 60)
    other = noise.rotate(90, expand=True).resize(noise.size)
    small = Image.merge("RGB", (noise, other, noise.transpose(Image.Transpose.FLIP_TOP_BOTTOM)))
    return small.resize(size, Image.Resampling.BICUBIC).convert(mode)


def make_files():
    """Yield (name, bytes) of each kind."""
    import pillow_heif

    pillow_heif.register_heif_opener()

    def saved(image, kind, **options):
        out = io.BytesIO()
        image.save(out, kind, **options)
        return out.getvalue()

    phone, scan = photograph(PHONE), photograph(SCAN)
    yield "HEIC, 12 MP", saved(phone, "HEIF", quality=60)
    yield "HEIC, 48 MP", saved(photograph(LARGE), "HEIF", quality=50)
    yield "AVIF, 12 MP", saved(phone, "AVIF", quality=60, speed=10)
    yield "WebP, 12 MP", saved(phone, "WEBP", quality=60, method=0)
    yield "WebP with transparency, 12 MP", saved(photograph(PHONE, "RGBA"), "WEBP", method=0)
    yield "TIFF, A4 in colour", saved(scan, "TIFF", compression="jpeg", dpi=(300, 300))
    yield "TIFF, CMYK", saved(scan.convert("CMYK"), "TIFF", compression="jpeg")
    fax = scan.convert("L").resize((310, 438)).point(lambda v: 255 * (v > 90)).resize(SCAN)
    fax = fax.convert("1")
    pages = [fax] * (PAGES - 1)
    yield (
        f"TIFF, {PAGES} pages in black and white",
        saved(fax, "TIFF", compression="group4", save_all=True, append_images=pages),
    )
    yield "BMP, 6 MP", saved(photograph((2900, 2100)), "BMP")
    yield "GIF, 4 MP", saved(photograph((2400, 1800)).quantize(256), "GIF")
    yield "JPEG, 108 MP", saved(photograph(LARGEST), "JPEG", quality=60)
    yield "PNG, 100 MP", saved(photograph((10_000, 10_000), "L").point(lambda v: v & 0xC0), "PNG")


BARE = """
import io, sys
from PIL import Image
Image.MAX_IMAGE_PIXELS = None
data = open(sys.argv[1], "rb").read()
if data[4:8] == b"ftyp" and b"avif" not in data[:32]:
    import pillow_heif
    pillow_heif.register_heif_opener()
image = Image.open(io.BytesIO(data))
for page in range(getattr(image, "n_frames", 1)):
    image.seek(page)
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=90)
"""
OURS = """
import sys
from applications.files import check_program, pictures
pictures.bound()
verdict, made = check_program.look({}, open(sys.argv[1], "rb").read())
assert verdict["rendition"], verdict
"""
COST = r"""
import json, re, resource
used = resource.getrusage(resource.RUSAGE_SELF)
# Its ru_maxrss would be that of whoever started it, where that is more.
peak = int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])
print(json.dumps([used.ru_utime + used.ru_stime, peak / 1024]))
"""


def cost(script, path):
    """Return (seconds of the processor, MB at the peak) of a fresh process."""
    command = [sys.executable, "-c", script + COST, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main():
    print("| kind | bare: CPU s | MB | portal: CPU s | MB | memory |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture")
        for name, data in make_files():
            path.write_bytes(data)
            bare, ours = cost(BARE, path), cost(OURS, path)
            print(
                f"| {name} ({len(data) / 1e6:.1f} MB) | {bare[0]:.1f} | {bare[1]:.0f} |"
                f" {ours[0]:.1f} | {ours[1]:.0f} | {ours[1] / bare[1]:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
