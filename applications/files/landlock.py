"""Landlock (Linux 5.13): a process gives up, for itself and what it starts, all files but some.

No privileges are needed. From Linux 6.7 on it gives up TCP as well.
"""

import ctypes
import os
from contextlib import suppress

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH, _NO_NEW_PRIVS = 1, 1, 38
_EXECUTE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 2, 1 << 3
_READ = _EXECUTE | _READ_FILE | _READ_FOLDER
_SOCKET = 1 << 5 | 1 << 9
# Of a file that is no folder.
_OF_A_FILE = _EXECUTE | 1 << 1 | _READ_FILE | 1 << 14
# Rights that a version knows: of files (moving between folders came second, truncating third), and
# of TCP (binding and connecting).
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1}
_ALL_FILES, _ALL_TCP = (1 << 15) - 1, 0b11
_TCP_FROM = 4

_libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def version():
    """Return the kernel's version of Landlock, 0 for none."""
    return max(0, _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION))


def confine(readable, writable, sockets):
    """Leave this process these paths alone, with all beneath them; those that are absent are left.

    In `sockets` it may make sockets and remove files whose names it knows: it can neither list nor
    read nor write any.
    Raises OSError where the kernel cannot.
    """
    known = version()
    files = _FILES.get(known, _ALL_FILES)
    rules = _Ruleset(files, _ALL_TCP if known >= _TCP_FROM else 0)
    ruleset = _call(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(ctypes.sizeof(rules)), 0)
    for paths, allowed in ((readable, _READ), (writable, files), (sockets, _SOCKET)):
        for path in paths:
            with suppress(FileNotFoundError):
                _allow(ruleset, path, allowed & files)
    if _libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    _call(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset, path, allowed):
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        allowed = allowed if os.path.isdir(path) else allowed & _OF_A_FILE
        rule = _Beneath(allowed, place)
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)


def _call(number, *arguments):
    result = _libc.syscall(number, *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result
