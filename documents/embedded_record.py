"""What a document says, as data inside it: readable when nobody knows the portal any more.

A record is JSON in UTF-8 with its labels in Chinese beside every key. It is made of what is printed
for the same reader, so that it never says more than the page.
"""

import json

NAME = "record.json"  # WeasyPrint garbles Chinese names
DESCRIPTION = "本文件所载内容的数据（JSON，UTF-8）"
# Raised whenever a key changes its name or its meaning.
SCHEMA = 1
ABOUT = (
    "本数据嵌在 PDF 文件内，内容与该文件页面所载一致，不多于页面；"
    "各项的“label”为中文名称，“text”为所载文字。时间为北京时间。"
)


def record(kind, title, **parts):
    """Return the record of a document: its parts, and what a stranger has to know of them.

    `kind` is a word by which programs tell documents apart.
    """
    return {
        "format": f"wuhan-skills-studio/{kind}",
        "schema": SCHEMA,
        "about": ABOUT,
        "title": title,
        **parts,
    }


def field(key, label, text):
    """Return one labelled text of a record."""
    return {"key": key, "label": label, "text": text}


def packed(made):
    """Return a record as the bytes that are embedded."""
    return json.dumps(made, ensure_ascii=False, indent=1).encode()
