"""How large uploaded files may be, in bytes, and how a page says so."""

MEGABYTE = 1024 * 1024
FILE_LIMIT = 20 * MEGABYTE
# All evidence of one application together, without its stamped form.
APPLICATION_LIMIT = 300 * MEGABYTE

KINDS = "PDF、JPG 或 PNG"
FILE_HELP = f"{KINDS}，不超过 {FILE_LIMIT // MEGABYTE} MB"
EVIDENCE_HELP = (
    f"{KINDS}，单个文件不超过 {FILE_LIMIT // MEGABYTE} MB，"
    f"合计不超过 {APPLICATION_LIMIT // MEGABYTE} MB。"
)
