"""clamd, ClamAV's daemon, asked by its own protocol whether a file carries a virus.

One command is enough: INSTREAM (clamd(8)). The file is sent in pieces, each after its length (4
bytes, big-endian), with an empty one at the end; the answer is one line.
"""

import socket
from urllib.parse import urlsplit

CHUNK = 256 * 1024
SECONDS = 60
ANSWER_LIMIT = 4096
TOO_LONG = "size limit exceeded"


class Unavailable(Exception):
    """clamd gave no verdict; the text says why."""


def infection(address, file):
    """Return the name of what clamd finds in an open file, or "" when it finds nothing.

    `address` is tcp://host:port or unix:///path. Raises Unavailable for everything that is no
    verdict: clamd is away, overloaded, or refuses the file as too long (its StreamMaxLength).
    """
    try:
        with _connected(address) as connection:
            answer = _ask(connection, file)
    except OSError as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error
    verdict = answer.removeprefix("stream: ")
    if verdict == "OK":
        return ""
    if verdict.endswith(" FOUND"):
        return verdict.removesuffix(" FOUND")
    if TOO_LONG in verdict:
        raise Unavailable("StreamMaxLength of clamd is smaller than the files that are accepted")
    raise Unavailable(verdict or "no answer")


def _connected(address):
    parts = urlsplit(address)
    if parts.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(SECONDS)
        try:
            connection.connect(parts.path)
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection((parts.hostname, parts.port or 3310), timeout=SECONDS)


def _ask(connection, file):
    try:
        connection.sendall(b"zINSTREAM\0")
        while piece := file.read(CHUNK):
            connection.sendall(len(piece).to_bytes(4, "big") + piece)
        connection.sendall(b"\0\0\0\0")
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has stopped listening, and may have said why
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < ANSWER_LIMIT:
        piece = connection.recv(ANSWER_LIMIT)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")
