"""How large uploaded files may be, and how a page says so.

A module without imports: the web server reads it, and loads no library that opens files.
"""

MEGABYTE = 1024 * 1024
FILE_LIMIT = 20 * MEGABYTE
# All evidence of one application together, without its stamped form.
APPLICATION_LIMIT = 300 * MEGABYTE
PAGE_LIMIT = 500
# An A4 page scanned at 600 dpi has 35 million pixels; more than twice that is an image bomb.
PIXEL_LIMIT = 80_000_000

KINDS = "PDF、JPG 或 PNG"
FILE_HELP = f"{KINDS}，不超过 {FILE_LIMIT // MEGABYTE} MB"
EVIDENCE_HELP = (
    f"{KINDS}，单个文件不超过 {FILE_LIMIT // MEGABYTE} MB，"
    f"合计不超过 {APPLICATION_LIMIT // MEGABYTE} MB。"
)
