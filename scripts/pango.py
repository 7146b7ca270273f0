"""Exit 0 when the libraries that WeasyPrint opens at run time can be opened."""

import ctypes
import ctypes.util
import sys

LIBRARIES = {
    "pango-1.0": "libpango-1.0.so.0",
    "pangoft2-1.0": "libpangoft2-1.0.so.0",
    "harfbuzz-subset": "libharfbuzz-subset.so.0",
}


def loads(name, soname):
    for candidate in (soname, ctypes.util.find_library(name)):
        try:
            if candidate and ctypes.CDLL(candidate):
                return True
        except OSError:
            continue
    return False


sys.exit(not all(loads(*library) for library in LIBRARIES.items()))
