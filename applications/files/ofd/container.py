"""The ZIP that an OFD file is (GB/T 33190-2016, chapter 7), its members found by their locations.

Nothing is unpacked to a disk. What is read in all, unpacked, is bounded; XML is read without
entities or anything from elsewhere.
"""

import io
import posixpath
import zipfile

from lxml import etree

from applications.files import hostile_xml
from applications.files.program_bounds import Refused

MEMBER_LIMIT = 20_000
# All that is read of one file, unpacked, what is read twice counted twice.
UNPACKED_LIMIT = 256 * 1024**2
# As a tree, XML takes some ten times of its bytes.
XML_LIMIT = 32 * 1024**2
IS_ENCRYPTED = 1


class Container:
    """An open OFD file. `damaged` are the locations whose XML was read only in part.

    `read` are the names of the members that were read.
    """

    def __init__(self, data):
        """Open the bytes of an OFD file; raises Refused."""
        try:
            self.archive = zipfile.ZipFile(io.BytesIO(data))
            members = self.archive.infolist()
        except Exception:  # whatever a parser says about hostile bytes
            raise Refused("broken_ofd") from None
        if len(members) > MEMBER_LIMIT:
            raise Refused("ofd_objects")
        self.left = UNPACKED_LIMIT
        self.damaged = []
        self.read = set()
        self._members = {}
        for member in members:
            for name in _names_of(member):
                self._members.setdefault(_folded(name), member)

    def place(self, location, base=""):
        """Return where a location leads that stands in the file `base`, or None.

        A location is relative to the file it stands in, or to the whole when it begins with a
        stroke; many a producer means the whole without one.
        """
        location = location.strip().replace("\\", "/")
        beside = posixpath.join(posixpath.dirname(base), location)
        for name in (location.lstrip("/"), beside)[:: 1 if location.startswith("/") else -1]:
            name = posixpath.normpath(name)
            if _folded(name) in self._members:
                return name
        return None

    def member_at(self, name):
        """Return the member of the ZIP at a place."""
        return self._members[_folded(name)]

    def bytes_of(self, name):
        """Return the bytes of a member by its place; raises Refused."""
        member = self.member_at(name)
        self.read.add(member.filename)
        if member.flag_bits & IS_ENCRYPTED:
            raise Refused("ofd_encrypted")
        self.left -= member.file_size
        if self.left < 0:
            raise Refused("ofd_bomb")
        try:
            return self.archive.read(member)
        except Exception:  # a checksum that is wrong, a packing that nobody knows
            raise Refused("broken_ofd") from None

    def tree_of(self, name):
        """Return the root of a member's XML, its names without namespaces; raises Refused."""
        data = self.bytes_of(name)
        if len(data) > XML_LIMIT:
            raise Refused("ofd_bomb")
        root = _parsed(data, recover=False)
        if root is None:
            root = _parsed(data, recover=True)
            self.damaged.append(name)
        if root is None:
            raise Refused("broken_ofd")
        for element in root.iter(etree.Element):
            # Some producers never say what their prefix stands for.
            element.tag = element.tag.rpartition("}")[2].rpartition(":")[2] or "unnamed"
        return root


def _parsed(data, recover):
    try:
        root = hostile_xml.parsed(data, recover=recover)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root is not None and root.getroottree().docinfo.doctype:
        raise Refused("ofd_active")
    return root


def _folded(name):
    return name.replace("\\", "/").lstrip("/").casefold()


def _names_of(member):
    """Return a member's name, and what it is when its bytes are UTF-8 or GBK without a mark."""
    names = [member.filename]
    for encoding in ("utf-8", "gb18030"):
        try:
            names.append(member.filename.encode("cp437").decode(encoding))
        except UnicodeError:
            continue
    return names
