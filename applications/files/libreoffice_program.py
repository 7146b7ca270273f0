"""A program (`program_bounds.py`) that lets LibreOffice convert one document.

It answers {"ending": of the document, as ".docx", "to": "pdf" | "docx" | "xlsx", "folder": an empty
one of its own} and the document's bytes with {} and what was made of it, or with {"refused":
"unconverted"}. Whoever asks removes the folder, which holds the profile of this one run as well.
What LibreOffice starts belongs to this process's group, and ends with it. Macros do not run, links
to addresses are not followed; it can read no file of this machine but its own libraries and fonts
(`landlock.py`), for a picture's field in an RTF document names any (LibreOffice 7.4 draws it,
whatever its settings say), and from Linux 6.7 on it can reach nothing by TCP.
"""

import io
import resource
import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

import pikepdf
import pylopdf_fonts_zh_cn as fonts

from applications.files import landlock
from applications.files.program_bounds import Refused, serve

CPU_SECONDS = 60
# What it holds itself, for its libraries reserve more addresses than there is memory.
MEMORY = 1024**3
LARGEST_FILE = 256 * 1024**2
# How a document is read, whatever its bytes say: never as a web page, or as a list of links.
READERS = {
    ".docx": "MS Word 2007 XML",
    ".doc": "MS Word 97",
    ".rtf": "Rich Text Format",
    ".odt": "writer8",
    ".xlsx": "Calc MS Excel 2007 XML",
    ".xls": "MS Excel 97",
    ".ods": "calc8",
}
WRITERS = {
    "docx": "docx:MS Word 2007 XML",
    "xlsx": "xlsx:Calc MS Excel 2007 XML",
    "pdf": "pdf",  # by the module that has read the document
}
FONTS = Path(fonts.sans_path()).parent
# All that it may read besides its folder; in the last it finds a run that goes on, by a socket.
READABLE = (
    "/usr", "/lib", "/lib64", "/bin", "/etc/libreoffice", "/etc/fonts", "/etc/ld.so.cache",
    "/etc/localtime", "/var/lib/libreoffice", "/var/spool/libreoffice", "/dev/urandom", FONTS,
)  # fmt: skip
SOCKETS = ("/tmp",)  # noqa: S108 - where LibreOffice makes one, whatever TMPDIR says

# (node, name, value) of the profile.
SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", 3),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", True),
    ("Office.Common/Security/Scripting", "DisableActiveContent", True),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", True),
    ("Office.Writer/Content/Update", "Link", 0),  # never
    ("Office.Calc/Content/Update", "Link", 2),  # never
    # Where there is a network, its only way out leads nowhere.
    ("Inet/Settings", "ooInetProxyType", 2),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", 9),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", 9),
    # Paper is A4 and dates are as here, where a document leaves them to its reader.
    ("Setup/L10N", "ooSetupSystemLocale", "zh-CN"),
)
# Faces that documents name and no machine of ours has, beside what the portal carries for them.
SERIF = (
    "宋体", "新宋体", "SimSun", "NSimSun", "仿宋", "FangSong", "仿宋_GB2312", "FangSong_GB2312",
    "楷体", "KaiTi", "楷体_GB2312", "方正小标宋简体", "方正小标宋_GBK", "方正仿宋_GBK",
    "方正楷体_GBK", "华文宋体", "华文中宋", "华文仿宋", "华文楷体",
)  # fmt: skip
SANS = (
    "黑体", "SimHei", "等线", "DengXian", "微软雅黑", "Microsoft YaHei", "方正黑体_GBK",
    "方正黑体简体", "华文细黑", "华文黑体",
)  # fmt: skip
# After the faces that a document names.
ANY = '<match><edit name="family" mode="append"><string>Noto Serif SC</string></edit></match>'


def convert(question, data):
    """Return {} and the converted document; raises Refused."""
    folder = Path(question["folder"])
    document, profile = folder / f"document{question['ending']}", folder / "profile"
    document.write_bytes(data)
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_profile(), "utf-8")
    (folder / "fonts.conf").write_text(_fonts(), "utf-8")
    command = [
        "soffice",
        "--headless",
        "--norestore",
        "--nolockcheck",
        f"-env:UserInstallation={profile.as_uri()}",
        f"--infilter={READERS[question['ending']]}",
        "--convert-to",
        WRITERS[question["to"]],
        "--outdir",
        str(folder / "made"),
        str(document),
    ]
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
    }
    silent = subprocess.DEVNULL
    subprocess.run(
        command,
        env=environment,
        cwd=folder,
        stdin=silent,
        stdout=silent,
        stderr=silent,
        check=False,
        preexec_fn=lambda: landlock.confine(READABLE, (folder, "/dev/null"), SOCKETS),
    )
    made = folder / "made" / f"document.{question['to']}"
    if not made.exists():
        raise Refused("unconverted")
    if question["to"] != "pdf":
        return {}, made.read_bytes()
    with pikepdf.open(made) as pdf:
        return {}, without_author(pdf)


def without_author(pdf):
    """Return a PDF (bytes) without what it tells of the document: author, keywords, company."""
    if "/Info" in pdf.trailer:
        del pdf.trailer.Info
    if "/Metadata" in pdf.Root:
        del pdf.Root.Metadata
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _profile():
    items = "".join(
        f'<item oor:path="/org.openoffice.{node}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{str(value).lower() if isinstance(value, bool) else value}</value></prop></item>"
        for node, name, value in SETTINGS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><oor:items '
        f'xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>'
    )


def _fonts():
    aliases = "".join(
        f'<match target="pattern"><test name="family"><string>{escape(name)}</string></test>'
        f'<edit name="family" mode="assign" binding="strong"><string>{face}</string></edit></match>'
        for face, names in (("Noto Serif SC", SERIF), ("Noto Sans SC", SANS))
        for name in names
    )
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'
        f"<dir>{escape(str(FONTS))}</dir><dir>/usr/share/fonts</dir>"
        f'<cachedir prefix="xdg">fontconfig</cachedir>{aliases}{ANY}</fontconfig>'
    )


if __name__ == "__main__":
    serve(
        convert,
        cpu_seconds=CPU_SECONDS,
        memory=MEMORY,
        of=resource.RLIMIT_DATA,
        written=LARGEST_FILE,
    )
