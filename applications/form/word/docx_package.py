"""The parts of a Word file (OOXML) that say its text: unpacked and parsed within bounds.

For the program that opens uploads (`word_program.py`). Pictures and whatever else a file holds are
never unpacked. Elements are told by their local names, so that both of the standard's sets of
names (transitional and strict) are read alike.
"""

import io
import posixpath
import zipfile

from lxml import etree

from applications.files import hostile_xml
from applications.files.program_bounds import Refused

MEMBER_LIMIT = 5000
# Unpacked: the form in full has half a megabyte, a thesis of 300 pages eight.
PART_LIMIT = 16 * 1024**2
OFFICE_DOCUMENT = "/officeDocument"
NUMBERING, STYLES = "/numbering", "/styles"


def local(element):
    """Return an element's name without its namespace."""
    tag = element.tag
    return tag[tag.rfind("}") + 1 :] if isinstance(tag, str) else ""


def attribute(element, name, default=None):
    """Return an attribute by its local name, whatever its namespace."""
    for key, value in element.attrib.items():
        if key[key.rfind("}") + 1 :] == name:
            return value
    return default


def child(element, *names):
    """Return what stands in `element` by this path of local names, or None."""
    for name in names:
        if element is None:
            return None
        element = next((each for each in element if local(each) == name), None)
    return element


def is_on(element):
    """Whether a switch such as <w:vanish/> is there, and not switched off."""
    return element is not None and attribute(element, "val", "1") not in {"0", "false", "off"}


class Package:
    """A Word file: the roots of its document, its styles and its numbering (None without).

    Raises Refused with the key of a reason in `form_reading.REFUSALS`.
    """

    def __init__(self, data):
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except Exception:  # whatever is said of hostile bytes, they cannot be read
            raise Refused("broken") from None
        if len(self._archive.infolist()) > MEMBER_LIMIT:
            raise Refused("too_complex")
        self._names = {name.lower(): name for name in self._archive.namelist()}
        main = self._related("_rels/.rels", "").get(OFFICE_DOCUMENT)
        main = main if main and main.lower() in self._names else "word/document.xml"
        self.document = self._part(main)
        if self.document is None:
            raise Refused("broken")
        if local(self.document) != "document":
            raise Refused("not_word")
        folder, name = posixpath.split(main)
        related = self._related(f"{folder}/_rels/{name}.rels", folder)
        self.styles = self._part(related.get(STYLES))
        self.numbering = self._part(related.get(NUMBERING))

    def _related(self, path, folder):
        """Return {end of a relation's kind: path of the part}."""
        relations = self._part(path)
        paths = {}
        for relation in () if relations is None else relations:
            kind, target = relation.get("Type") or "", relation.get("Target") or ""
            if relation.get("TargetMode") == "External":
                continue
            target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            for end in (OFFICE_DOCUMENT, STYLES, NUMBERING):
                if kind.endswith(end):
                    paths.setdefault(end, target)
        return paths

    def _part(self, path):
        name = self._names.get((path or "").lower())
        if name is None:
            return None
        try:
            with self._archive.open(name) as part:
                content = part.read(PART_LIMIT + 1)
        except RuntimeError:  # it asks for a password
            raise Refused("encrypted") from None
        except Exception:
            raise Refused("broken") from None
        if len(content) > PART_LIMIT:
            raise Refused("too_complex")
        return _parsed(content)


def _parsed(content):
    try:
        root = hostile_xml.parsed(content)
    except etree.XMLSyntaxError:
        raise Refused("broken") from None
    if root.getroottree().docinfo.doctype:  # Word writes none
        raise Refused("broken")
    return root
