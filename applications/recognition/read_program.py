"""A program (`program_bounds.py`) that reads one page of an uploaded file.

It answers {"type": MIME type, "sha256": digest, "page": number from 1, "ink": whether its map of
ink is wanted} and the file's bytes with a `Page` (`page.py`) as JSON; or with {"refused": ...}.
Its one argument is how much memory it may hold, in MB.

A page of a PDF that has text gives it; what stands in its pictures, and all other pages, is read by
RapidOCR. The settings below hold 350 MB where the library's own hold 800, and read as well: lines
are found in a small picture, and each is read by itself from a large one (docs/benchmarks.md has
the figures).
"""

import ctypes
import io
import os
import resource
import sys
from contextlib import suppress
from dataclasses import replace
from functools import cache

# One core is read on; every thread more would keep stacks and buffers of its own.
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import cv2
import numpy as np
import zxingcpp
from rapidocr import RapidOCR

from applications.files import appearances, pdfium, pictures
from applications.files.check_program import without_tail
from applications.files.program_bounds import Refused, serve
from applications.recognition import red_ink
from applications.recognition.page import INK_COLUMNS, INK_ROWS, Code, Line, Page, PageState

raw = pdfium.pypdfium2.raw

CPU_SECONDS = 60
# Of glibc's malloc.h.
M_MMAP_THRESHOLD = -3
QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
# Pixels of a page's longer side: what lines are read from, and found in.
SIDE, FINDING_SIDE = 2000, 960
# A code of 15 mm on a page of A4 has five dots a module then.
LEAST_SIDE = 900
# A picture that takes this much of a page with text is read as well.
PICTURE_SHARE = 0.12
# Text that is not text: what a font without a table of characters gives.
UNREADABLE_SHARE = 0.1
# A box so much higher than wide holds a line that runs down the page.
TALL = 1.5
# So many of the longest lines tell whether a page stands on its head.
ASKED_LINES = 5
SURE = 0.9
# Below this a reading is noise.
LEAST_SCORE = 0.5
# Of a line, so much under red ink is read again without the red.
RED_SHARE = 0.02
# Two readings whose boxes share this much of the smaller one are of the same line.
SAME_LINE = 0.5
# A page with so much colour is no black-and-white scan.
COLOUR, COLOUR_SHARE = 48, 0.0005


@cache
def engine():
    """Return RapidOCR, made ready for one line at a time on one core."""
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_preprocess_img": False,
            "Global.use_vertical_padding": False,
            "Global.max_side_len": SIDE,
            "Det.limit_side_len": FINDING_SIDE,
            "Det.limit_type": "max",
            "Rec.rec_batch_num": 1,
            "Cls.cls_batch_num": 1,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,
        }
    )


# What is not said at a call stays as it was at the one before.
def found(picture):
    """Return the corners (four points each) of the lines in a picture."""
    boxes = engine()(picture, use_det=True, use_cls=False, use_rec=False).boxes
    return [] if boxes is None else [np.asarray(box, np.float32) for box in boxes]


def recognized(strip):
    """Return the text of a picture of one line, and how sure it is."""
    result = engine()(strip, use_det=False, use_cls=False, use_rec=True)
    return (result.txts[0], float(result.scores[0])) if result.txts else ("", 0.0)


def is_upside_down(strip):
    """Whether a picture of one line stands on its head; None where that is not sure."""
    result = engine()(strip, use_det=False, use_cls=True, use_rec=False)
    label, score = result.cls_res[0]
    return label == "180" if score >= SURE else None


def cut(picture, corners):
    """Return the part of a picture within four corners, made straight."""
    wide = max(1, int(max(_length(corners, 0, 1), _length(corners, 3, 2))))
    high = max(1, int(max(_length(corners, 0, 3), _length(corners, 1, 2))))
    target = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    return cv2.warpPerspective(
        picture, matrix, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def _length(corners, one, other):
    return np.linalg.norm(corners[one] - corners[other])


def _size(corners):
    return _length(corners, 0, 1), _length(corners, 0, 3)


# --- Standing upright --------------------------------------------------------------------------


def turned(picture, turn):
    """Return a picture turned clockwise by 0, 90, 180 or 270."""
    return np.ascontiguousarray(np.rot90(picture, -turn // 90))


def turn_of(picture, lines):
    """Return how far (0, 90, 180, 270) a picture with these lines is to be turned clockwise.

    Most lines say whether they run across or down, the longest whether they are upside down.
    """
    across = sum(wide for wide, high in map(_size, lines) if high < TALL * wide)
    down = sum(high for wide, high in map(_size, lines) if high >= TALL * wide)
    longest = sorted(lines, key=lambda corners: -max(_size(corners)))
    quarter = 90 if down > across else 0
    is_down = [_size(corners)[1] >= TALL * _size(corners)[0] for corners in longest]
    strips = [
        turned(cut(picture, corners), quarter)
        for corners, runs_down in zip(longest, is_down, strict=True)
        if runs_down == bool(quarter)
    ][:ASKED_LINES]
    answers = [is_upside_down(strip) for strip in strips]
    votes = answers.count(True) - answers.count(False)
    if abs(votes) <= len(strips) // 2:
        # Not sure: whichever way is read better.
        votes = sum(
            recognized(turned(strip, 180))[1] - recognized(strip)[1] for strip in strips[:3]
        )
    return quarter + 180 if votes > 0 else quarter


# --- Reading -----------------------------------------------------------------------------------


def read_picture(picture):
    """Return (lines, turn) of a picture (RGB): `Line`s with boxes in pixels of it turned so."""
    lines = found(picture)
    turn = turn_of(picture, lines) if lines else 0
    if turn:
        picture = turned(picture, turn)
        lines = found(picture)
    read = [_read(picture, corners) for corners in lines]
    if red_ink.may_cover(picture):
        read = _with_red(picture, read)
    return _in_order([line for line in read if line]), turn


def _read(picture, corners):
    """Return (corners, text, score), or None where nothing is read."""
    strip = cut(picture, corners)
    wide, high = _size(corners)
    if high >= TALL * wide:
        strip = turned(strip, 270)  # a column is read as a line that lies on its left
    text, score = recognized(strip)
    if not text.strip() or score < LEAST_SCORE:
        return None
    return corners, text.strip(), score


def _with_red(picture, read):
    """Read lines under red ink again in the red channel; what is longer then stands."""
    mask = red_ink.red_mask(picture)
    plain = red_ink.without_red(picture)
    for corners in found(plain):
        left, top, right, bottom = _bounds(corners, picture)
        if mask[top:bottom, left:right].mean() < RED_SHARE:
            continue
        again = _read(plain, corners)
        if not again:
            continue
        same = [line for line in read if line and _is_same(line[0], corners)]
        if all(len(line[1]) <= len(again[1]) for line in same):
            read = [line for line in read if not any(line is other for other in same)] + [again]
    return read


def _bounds(corners, picture):
    """Return the upright box (integers, within the picture) around four corners."""
    height, width = picture.shape[:2]
    left, top = np.floor(corners.min(axis=0)).clip(0)
    right, bottom = np.ceil(corners.max(axis=0))
    return (
        min(int(left), width - 1),
        min(int(top), height - 1),
        max(1, min(int(right), width)),
        max(1, min(int(bottom), height)),
    )


def _is_same(one, other):
    (left, top), (right, bottom) = (
        np.maximum(one.min(0), other.min(0)),
        np.minimum(one.max(0), other.max(0)),
    )
    shared = max(0, right - left) * max(0, bottom - top)
    smaller = min(np.prod(one.max(0) - one.min(0)), np.prod(other.max(0) - other.min(0)))
    return shared > SAME_LINE * smaller


def _in_order(read):
    """Return lines from top to bottom, and those at one height from left to right.

    On a page that lies askew heights are measured along its lines.
    """
    if not read:
        return []
    wide = [corners for corners, *_ in read if _size(corners)[0] > 2 * _size(corners)[1]]
    slopes = [np.arctan2(*(corners[1] - corners[0])[::-1]) for corners in wide]
    slope = float(np.median(slopes)) if slopes else 0.0
    middles = [corners.mean(axis=0) for corners, *_ in read]
    heights = [float(y * np.cos(slope) - x * np.sin(slope)) for x, y in middles]
    limit = float(np.median([_size(corners)[1] for corners, *_ in read])) / 2
    rows, last = [], None
    for index in sorted(range(len(read)), key=heights.__getitem__):
        if last is None or heights[index] - heights[last] > limit:
            rows.append([])
        rows[-1].append(index)
        last = index
    return [read[index] for row in rows for index in sorted(row, key=lambda i: middles[i][0])]


# --- A whole page ------------------------------------------------------------------------------


def codes_in(picture, turn):
    """Return the QR codes of a picture as `Code`s; boxes in the page turned upright."""
    codes = []
    height, width = picture.shape[:2]
    grey = np.ascontiguousarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    for result in zxingcpp.read_barcodes(grey, formats=QR_CODES):
        at = result.position
        corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
        columns, rows = [p.x / width for p in corners], [p.y / height for p in corners]
        box = (min(columns), min(rows), max(columns), max(rows))
        box = _rounded(_turned_box(box, turn))
        codes.append(Code(result.text, box))
    return tuple(codes)


def sketch_of(picture):
    """Return a perceptual hash of a picture (16 hexadecimal digits), "" of an empty page.

    The lowest frequencies of the page, each above or below their median: the same for another
    scan of the same paper, in another size, brightness or file format.
    """
    grey = cv2.resize(
        cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (32, 32), interpolation=cv2.INTER_AREA
    )
    if int(grey.max()) - int(grey.min()) < 24:
        return ""
    low = cv2.dct(grey.astype(np.float32))[:8, :8].flatten()
    bits = (low > np.median(low[1:])).astype(int)
    return f"{int(''.join(map(str, bits)), 2):016x}"


def is_colour(picture):
    """Whether a page has colour, and not only shades of grey."""
    small = picture[::4, ::4].astype(np.int16)
    return bool((small.max(axis=2) - small.min(axis=2) > COLOUR).mean() > COLOUR_SHARE)


def _rounded(box):
    return tuple(round(float(min(1.0, max(0.0, value))), 4) for value in box)


def _shares(corners, picture):
    height, width = picture.shape[:2]
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return _rounded((left / width, top / height, right / width, bottom / height))


def page_of(number, picture, *, with_ink, lines=(), is_whole=False, within=()):
    """Return the `Page` of a picture.

    `lines` are those that its own text has, `is_whole` whether they are all there is to read.
    `within` are boxes (shares) of pictures on it, in which alone lines are read; () is everywhere.
    """
    turn, read = 0, []
    if not is_whole:
        read, turn = read_picture(picture)
    codes = codes_in(picture, turn)
    if turn:
        picture = turned(picture, turn)
    new = [Line(text, _shares(corners, picture), round(score, 3)) for corners, text, score in read]
    if turn:
        lines = [replace(line, box=_rounded(_turned_box(line.box, turn))) for line in lines]
        within = [_turned_box(box, turn) for box in within]
    if within:
        new = [line for line in new if any(_is_in(line.box, box) for box in within)]
        lines = [line for line in lines if not any(_is_in(line.box, box) for box in within)]
    lines = (*lines, *new)
    height, width = picture.shape[:2]
    seals = [
        _rounded((left / width, top / height, right / width, bottom / height))
        for left, top, right, bottom in red_ink.seals_in(picture)
    ]
    return Page(
        number=number,
        state=PageState.READ if lines else PageState.BLANK,
        width=width,
        height=height,
        turn=turn,
        is_layer=is_whole,
        is_colour=is_colour(picture),
        lines=lines,
        codes=codes,
        seals=tuple(seals),
        ink=red_ink.ink_map(picture, INK_COLUMNS, INK_ROWS) if with_ink else "",
        sketch=sketch_of(picture),
    )


def _is_in(box, other):
    across, down = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return other[0] <= across <= other[2] and other[1] <= down <= other[3]


def read_image(data, question):
    """Return the one page of a picture."""
    with pictures.opened(io.BytesIO(data)) as image:
        shown = pictures.shown(image, (SIDE, SIDE))
    return page_of(1, _enlarged(np.asarray(shown)), with_ink=question["ink"])


def _enlarged(picture):
    """Return a picture whose longer side has at least `LEAST_SIDE` pixels."""
    scale = LEAST_SIDE / max(picture.shape[:2])
    if scale <= 1:
        return np.ascontiguousarray(picture)
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)


# The document that was asked about last: pages are asked for one by one.
_opened: dict = {}


def read_pdf(data, question):
    """Return one page of a PDF."""
    if question["sha256"] not in _opened:
        for document in _opened.values():
            document.close()
        _opened.clear()
        _opened[question["sha256"]] = pdfium.opened(appearances.completed(without_tail(data)))
    document = _opened[question["sha256"]]
    index = question["page"] - 1
    lines, within = layer_of(document, index)
    is_whole = bool(lines) and not within
    # Codes are too small for a small picture; they are on what is read for its ink.
    side = SIDE if question["ink"] or not is_whole else FINDING_SIDE
    picture = pdfium.picture(document, index, side)
    return page_of(
        question["page"],
        np.asarray(picture),
        with_ink=question["ink"],
        lines=lines,
        is_whole=is_whole,
        within=within if lines else (),
    )


def layer_of(document, index):
    """Return (lines, boxes of pictures) of a page of a PDF, as far as it has text of its own.

    Text without a table of characters is no text, nor is any that is not drawn: somebody else's
    reading of a scan. Text under a picture the caller leaves out. Scanners cut a page into strips:
    small pictures count together.
    """
    page = document[index]
    try:
        left, bottom, right, top = page.get_bbox()
        width, height = right - left, top - bottom
        turn = page.get_rotation()

        def share(box):
            x0, y0, x1, y1 = box
            shares = (
                (x0 - left) / width,
                (top - y1) / height,
                (x1 - left) / width,
                (top - y0) / height,
            )
            return _rounded(_turned_box(shares, turn))

        text_page = page.get_textpage()
        try:
            lines = [Line(text, share(box)) for text, box in _runs(text_page)]
        finally:
            text_page.close()
        boxes = [
            share(item.get_bounds()) for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE])
        ]
        if any(_is_invisible(item) for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT])):
            lines = []
    finally:
        page.close()
    whole = "".join(line.text for line in lines)
    unreadable = sum(
        not c.isprintable() or "\ue000" <= c <= "\uf8ff" or c == "\ufffd" for c in whole
    )
    if unreadable > UNREADABLE_SHARE * len(whole):
        lines = []
    taken = sum((box[2] - box[0]) * (box[3] - box[1]) for box in boxes)
    return lines, boxes if taken >= PICTURE_SHARE else []


def _is_invisible(item):
    mode = raw.FPDFTextObj_GetTextRenderMode(item.raw)
    return mode == raw.FPDF_TEXTRENDERMODE_INVISIBLE


def _turned_box(box, turn):
    """Return a box of shares on its page turned clockwise by 0, 90, 180 or 270."""
    left, top, right, bottom = box
    for _ in range(turn // 90):
        left, top, right, bottom = 1 - bottom, left, 1 - top, right
    return left, top, right, bottom


def _runs(text_page):
    """Yield (text, box in points) of the lines of a page's text, in its own order."""
    count = text_page.count_rects()
    run = []
    for index in range(count):
        box = text_page.get_rect(index)
        text = text_page.get_text_bounded(*box).replace("\r\n", " ").strip()
        if not text:
            continue
        if run and _continues(run[-1][1], box):
            run.append((text, box))
            continue
        if run:
            yield _joined(run)
        run = [(text, box)]
    if run:
        yield _joined(run)


def _continues(before, box):
    """Whether a piece of text stands right behind another, on its line."""
    high = before[3] - before[1]
    return abs(before[1] - box[1]) < high / 2 and -high < box[0] - before[2] < high


def _joined(run):
    boxes = [box for _, box in run]
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return "".join(text for text, _ in run), (min(lefts), min(bottoms), max(rights), max(tops))


def read(question, data):
    """Return a page as JSON-ready values; raises Refused."""
    read_file = read_pdf if question["type"] == "application/pdf" else read_image
    try:
        page = read_file(data, question)
    except Refused:
        raise
    except MemoryError:
        raise  # ends this process: what it still holds is lost to the next page
    except Exception as error:  # whatever a decoder says about hostile bytes
        raise Refused("unreadable") from error
    return {"page": page.to_json()}, b""


def read_and_forget(question, data):
    """Answer as `read` does, and give back to the system what the page took.

    Without this a process grows by a fifth over a hundred pages of different sizes.
    """
    try:
        return read(question, data)
    finally:
        with suppress(OSError, AttributeError):  # another C library than glibc has no such thing
            ctypes.CDLL(None).malloc_trim(0)


if __name__ == "__main__":
    pictures.bound()
    with suppress(OSError, AttributeError):
        # What is larger is given back at once; 32 MB is the most that glibc takes.
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 32 * 1024**2)
    with suppress(cv2.error):
        cv2.setNumThreads(1)
    serve(
        read_and_forget,
        cpu_seconds=CPU_SECONDS,
        memory=int(sys.argv[1]) * 1024**2,
        of=resource.RLIMIT_DATA,
    )
