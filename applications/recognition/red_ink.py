"""Red ink on a page: where seals stand, and the page without them, text under them whole.

A reader cuts a line off where a seal covers it, and is sure of what it reads of it; in the red
channel alone red ink is as white as the paper. Arrays are RGB pictures as OpenCV has them, uint8.
"""

import cv2
import numpy as np

# So much redder (of 255) than green and blue is red ink; faded ink and photographs are less.
REDNESS = 40
# In the red channel, what is lighter than this is no black text under red ink.
SHADOW = 120
# Sides of a seal, as shares of the page's shorter side: 42 mm of 210 mm is 0.2.
SMALLEST, LARGEST = 0.09, 0.5
# Ink is looked for so far out from a seal's centre, in so many directions, and met in so many.
EDGE, DIRECTIONS, MET = 0.78, 36, 0.72
# Seals are looked for in a picture of this size.
SAMPLE = 700
# So much of a page in red may be a seal, be it a small one.
COVERING = 0.001


def red_mask(picture):
    """Return where a picture is red: an array of True and False."""
    red, green, blue = (picture[:, :, channel].astype(np.int16) for channel in range(3))
    return (red - np.maximum(green, blue) > REDNESS) & (red > 90)


def may_cover(picture):
    """Whether there is red enough to cover text: a seal, even one that touches another or a frame.

    Such a one is not among `seals_in`.
    """
    height, width = picture.shape[:2]
    step = max(1, max(height, width) // SAMPLE)
    return bool(red_mask(picture[::step, ::step]).mean() > COVERING)


def seals_in(picture):
    """Return the boxes, in pixels, of what looks like a seal: red ink all around a middle."""
    height, width = picture.shape[:2]
    scale = min(1.0, SAMPLE / max(height, width))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mask = red_mask(small).astype(np.uint8)
    if not mask.any():
        return []
    shorter = min(small.shape[:2])
    # The ring of a worn seal has gaps.
    reach = max(3, shorter // 60) | 1
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(closed)
    boxes = []
    for left, top, wide, high, _ in stats[1:count]:
        sides = (wide / shorter, high / shorter)
        if not all(SMALLEST <= side <= LARGEST for side in sides) or max(sides) > 2 * min(sides):
            continue
        if _is_edged(mask[top : top + high, left : left + wide]):
            boxes.append(tuple(int(v / scale) for v in (left, top, left + wide, top + high)))
    return boxes


def _is_edged(mask):
    """Whether ink stands at the outer edge in nearly every direction from the middle."""
    rows, columns = np.nonzero(mask)
    across = columns / mask.shape[1] * 2 - 1
    down = rows / mask.shape[0] * 2 - 1
    is_outer = np.hypot(across, down) > EDGE
    angles = np.arctan2(down[is_outer], across[is_outer])
    directions = np.unique(((angles + np.pi) / (2 * np.pi) * DIRECTIONS).astype(int) % DIRECTIONS)
    return len(directions) >= MET * DIRECTIONS


def without_red(picture):
    """Return a picture in grey without its red ink: the red channel, in which it is nearly white.

    What is left of it there, a shadow that 〇 gets lost in, is painted as light as the paper; black
    under red is black in every channel, and stays.
    """
    red = picture[:, :, 0].copy()
    around = cv2.dilate(red_mask(picture).astype(np.uint8), np.ones((3, 3), np.uint8))
    red[(around > 0) & (red > SHADOW)] = np.median(red)
    return np.repeat(red[:, :, None], 3, axis=2)


def ink_map(picture, columns, rows):
    """Return a map of ink: `rows` by `columns` cells of two hexadecimal digits, dark and red.

    A digit is how much of the cell is inked, in fifteenths. The paper's own shade is no ink.
    """
    red = red_mask(picture)
    # In this channel blue ink is as dark as black.
    shade = picture[:, :, 0].astype(np.int16)
    dark = (shade < int(np.median(shade)) - 70) & ~red
    cells = np.stack([_shares(mask, columns, rows) for mask in (dark, red)], axis=2)
    return "".join(f"{value:x}" for value in cells.flatten())


def _shares(mask, columns, rows):
    shares = cv2.resize(mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    # The least ink that is there counts: a thin stroke fills a cell by a tenth.
    return np.minimum(15, np.ceil(shares * 15 - 0.2)).clip(0).astype(int)
