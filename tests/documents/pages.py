"""What is drawn on a page of a PDF, found by looking at it."""

from PIL import Image


def rules(page):
    """Return where lines are drawn all across a page of pypdfium2, in points from above."""
    grey = page.render(scale=4, grayscale=True).to_pil()
    column = grey.resize((1, grey.height), Image.Resampling.BOX)
    dark = [y for y in range(grey.height) if column.getpixel((0, y)) < 140]
    return [y / 4 for y in dark if y - 1 not in dark]
