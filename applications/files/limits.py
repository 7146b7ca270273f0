"""How large uploaded files may be, and how a page says so.

A module without imports: the web server reads it, and loads no library that opens files.
"""

MEGABYTE = 1024 * 1024
FILE_LIMIT = 20 * MEGABYTE
# All evidence of one application together, without its stamped form.
APPLICATION_LIMIT = 300 * MEGABYTE
PAGE_LIMIT = 500
# What is shown of a file may be larger than the file, four times of what may be uploaded; a PDF of
# more is nothing to be looked at.
SHOWN_LIMIT = 80 * MEGABYTE
# A phone's largest photo has 108 million pixels; more than a little beyond that is an image bomb.
PIXEL_LIMIT = 120_000_000
# An A4 page scanned at 600 dpi has 35 million; what has more than twice that is shown smaller.
SHOWN_PIXELS = 80_000_000

KINDS = "PDF、OFD 或图片"
KINDS_IN_FULL = "PDF、OFD 或图片（JPG、PNG、HEIC、TIFF 等）"
FILE_HELP = f"{KINDS_IN_FULL}，不超过 {FILE_LIMIT // MEGABYTE} MB"
DOCUMENT_KINDS = "PDF、OFD、图片、Word 或 Excel "
EVIDENCE_HELP = (
    f"{KINDS_IN_FULL}，单个文件不超过 {FILE_LIMIT // MEGABYTE} MB，"
    f"合计不超过 {APPLICATION_LIMIT // MEGABYTE} MB。"
)
