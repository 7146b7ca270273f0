"""Where a place that was read is seen: its page in the viewer, with the place marked."""

from urllib.parse import urlencode

from django.urls import reverse

from applications.recognition.page import WHOLE


def address_of(*places):
    """Return the address of the page of the first place, all places on that page marked."""
    first = places[0]
    address = address_of_page(first.file, first.page)
    here = [place for place in places if (place.file, place.page) == (first.file, first.page)]
    boxes = [("box", box_text(place.box)) for place in here if is_part(place.box)]
    return f"{address}?{urlencode(boxes, safe=',')}#place" if boxes else address


def address_of_page(file, number):
    """Return the address of a page (from 1) of an `Evidence`, by its key."""
    return reverse("applications:evidence_page", args=[file, number])


def cutting_of(place):
    """Return the address of a picture of a place alone, cut out of its page."""
    picture = reverse("applications:evidence_page_picture", args=[place.file, place.page])
    return f"{picture}?crop={box_text(place.box)}"


def is_part(box):
    """Whether a box is a part of its page that can be marked: not nothing, nor the whole."""
    left, top, right, bottom = box
    return right > left and bottom > top and tuple(box) != WHOLE


def box_text(box):
    """Return a box as an address has it; `box_of` reads it."""
    return ",".join(f"{share:.4f}".rstrip("0").rstrip(".") for share in box)


def box_of(text):
    """Return the box of a part of an address; raises ValueError for what is none."""
    left, top, right, bottom = (float(share) for share in text.split(","))
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):  # nor is "nan" anything of it
        raise ValueError("a box lies within its page")
    return left, top, right, bottom
