"""In what condition a page comes: scanned, photographed, turned, noisy.

The same seed gives the same bytes. Every page stays legible to a person.
"""

import io
import random

from PIL import Image, ImageChops, ImageFilter, ImageOps

PAPER = (244, 242, 236)


def _turned(image, degrees):
    return image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER)


def clean(image, random_):
    """Return it as a good scan leaves it."""
    return image


def photographed(image, random_):
    """Photograph it with a phone: from aside, a shadow over a corner, a little out of focus."""
    width, height = image.size
    desk = random_.choice([(104, 82, 62), (88, 92, 98), (150, 140, 126)])
    around = Image.new("RGB", (round(width * 1.16), round(height * 1.16)), desk)
    around.paste(image, (round(width * 0.08), round(height * 0.08)))
    wide, high = around.size
    aside = [random_.uniform(0.0, 0.055) for _ in range(8)]
    # Corners of what is seen: upper left, lower left, lower right, upper right.
    corners = (
        aside[0] * wide, aside[1] * high,
        aside[2] * wide, high - aside[3] * high,
        wide - aside[4] * wide, high - aside[5] * high,
        wide - aside[6] * wide, aside[7] * high,
    )  # fmt: skip
    seen = around.transform(around.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
    shadow = Image.linear_gradient("L").resize(seen.size)
    shadow = shadow.rotate(random_.choice([20, 110, 200, 290]), expand=False, fillcolor=150)
    shadow = shadow.point([round(150 + share * 105 / 255) for share in range(256)])
    shaded = ImageChops.multiply(seen, Image.merge("RGB", [shadow] * 3))
    return shaded.filter(ImageFilter.GaussianBlur(1.1))


def skewed_3(image, random_):
    """Lay it 3 degrees askew on the scanner."""
    return _turned(image, random_.choice([-3, 3]))


def skewed_6(image, random_):
    """Lay it 6 degrees askew."""
    return _turned(image, random_.choice([-6, 6]))


def turned_90(image, random_):
    """Scan it with its head to the left."""
    return image.transpose(Image.Transpose.ROTATE_90)


def turned_180(image, random_):
    """Scan it upside down."""
    return image.transpose(Image.Transpose.ROTATE_180)


def turned_270(image, random_):
    """Scan it with its head to the right."""
    return image.transpose(Image.Transpose.ROTATE_270)


def coarse(image, random_):
    """Scan it at 110 dpi."""
    width, height = image.size
    return image.resize((round(width * 0.55), round(height * 0.55)), Image.Resampling.BICUBIC)


def noisy(image, random_):
    """Let an old copier leave its grain and specks."""
    grain = Image.frombytes("L", image.size, random_.randbytes(image.width * image.height))
    grain = grain.point([round(share * 80 / 255) for share in range(256)])
    grainy = ImageChops.subtract(image, Image.merge("RGB", [grain] * 3))
    for _ in range(400):
        x, y = random_.randrange(image.width - 4), random_.randrange(image.height - 4)
        grainy.paste((70, 70, 70), (x, y, x + random_.randint(1, 3), y + random_.randint(1, 3)))
    return grainy


def grey(image, random_):
    """Copy it in black and white, as copies of certificates mostly are."""
    return ImageOps.autocontrast(image.convert("L"), cutoff=1)


def faint(image, random_):
    """Let the toner run out: grey letters on a grey ground."""
    return image.point([round(120 + share * 110 / 255) for share in range(256)] * 3)


CONDITIONS = {
    "clean": (clean, 88),
    "photographed": (photographed, 80),
    "skewed-3": (skewed_3, 85),
    "skewed-6": (skewed_6, 85),
    "turned-90": (turned_90, 85),
    "turned-180": (turned_180, 85),
    "turned-270": (turned_270, 85),
    "coarse": (coarse, 80),
    "noisy": (noisy, 75),
    "jpeg-50": (clean, 50),
    "grey": (grey, 75),
    "faint": (faint, 80),
}


def another(condition, shift):
    """Return the condition that stands so many places after this one."""
    names = [*CONDITIONS]
    return names[(names.index(condition) + shift) % len(names)]


def jpeg_of(image, condition, seed):
    """Return the bytes of a sheet's image in that condition."""
    change, quality = CONDITIONS[condition]
    out = io.BytesIO()
    changed = change(image, random.Random(seed))
    changed.save(out, "JPEG", quality=quality, dpi=(200, 200))
    return out.getvalue()
