"""A workbook with an earlier year's list: read by a program, kept until it is confirmed."""

import hashlib

from django.core.exceptions import ValidationError

from applications.earlier_years.records import EarlierList
from applications.earlier_years.waiting import EarlierFile
from applications.files import file_kinds, program_pool
from applications.files.evidence import EMPTY, clean_name
from applications.files.limits import MEGABYTE
from review.earlier_years.sheet_program import ROW_LIMIT, SHEET_LIMIT

UPLOAD_LIMIT = 20 * MEGABYTE
ACCEPT = ".xlsx,.xls,.et,.xlsm"
AS_XLSX = "请在 Excel 或 WPS 中打开，“另存为”.xlsx 后导入。"
READING = program_pool.Program("review.earlier_years.sheet_program", wall_seconds=30)
# What `sheet_program.py` refuses, and what happens to the program itself.
REFUSALS = {
    "encrypted": "文件设有打开密码，请取消密码后导入。",
    "binary": f"这是 Excel 二进制工作簿（.xlsb），{AS_XLSX}",
    "strict": f"这是“Strict Open XML”工作簿，{AS_XLSX}",
    "broken": f"文件已损坏，无法打开，{AS_XLSX}",
    "bomb": "文件展开后过大，请只保留要导入的工作表和文字后导入。",
    "sheets": f"工作表超过 {SHEET_LIMIT} 张，请分成几个文件导入。",
    "rows": f"有内容的行超过 {ROW_LIMIT} 行，请分成几个文件导入。",
    "cells": "单元格过多，请删除空行、空列和与名单无关的工作表后导入。",
    "characters": "表中文字过多，请删除与名单无关的列或分成几个文件后导入。",
    "unanswered": f"文件过于复杂，无法在规定时间内读取，{AS_XLSX}",
}


def read_upload(upload, user):
    """Read an uploaded workbook and keep what was read, as an `EarlierFile`.

    Raises ValidationError with a sentence that says what is wrong and what to do.
    """
    if upload.size == 0:
        raise ValidationError(EMPTY)
    if upload.size > UPLOAD_LIMIT:
        size, most = upload.size / MEGABYTE, UPLOAD_LIMIT // MEGABYTE
        raise ValidationError(
            f"文件为 {size:.1f} MB，超过 {most} MB 的上限，请只保留要导入的工作表后导入。"
        )
    upload.seek(0)
    data = upload.read()
    try:
        told, sheets = READING.ask({}, data)
    except program_pool.Busy as error:
        raise ValidationError(program_pool.BUSY) from error
    except program_pool.Unanswered as error:
        raise ValidationError(REFUSALS["unanswered"]) from error
    if "refused" in told:
        raise ValidationError(_refusal(told["refused"], upload))
    sha256 = hashlib.sha256(data).hexdigest()
    # A file that was imported before is read as it was then.
    before = EarlierList.objects.filter(sha256=sha256).first()
    return EarlierFile.objects.create(
        name=clean_name(upload.name),
        sha256=sha256,
        choices=before.choices if before else {},
        content=sheets.decode(),
        hidden=told["hidden"],
        numbers=told["numbers"],
        columns_cut=told["cut"],
        uploaded_by=user,
    )


def _refusal(why, upload):
    if why != "no_workbook":
        return REFUSALS[why]
    upload.seek(0)
    kind = file_kinds.kind_of(file_kinds.sample_of(upload))
    if kind is None:
        return f"无法识别这个文件的格式，{AS_XLSX}"
    if kind.name.startswith("加密"):
        return REFUSALS["encrypted"]
    space = " " if kind.name[0].isascii() else ""
    return f"这是{space}{kind.name}，不是可以导入的 Excel 表格（.xlsx、.xls）。{AS_XLSX}"
