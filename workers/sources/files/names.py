"""Names of files: bytes on the disk, text in an index, in the order in which a walk meets them. Floor: tools.

A path is relative to its root, `""` is the root itself. Bytes that are no UTF-8 become lone surrogates (PEP 383), so every name
survives JSON and comes back as the same bytes, whatever the locale says.
"""

import os

FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # to read one; a pipe that took its name must not block

_ODD = frozenset(("", ".", ".."))


def text(name: bytes) -> str:
    """A name as an index holds it."""
    return name.decode("utf-8", "surrogateescape")


def raw(path: str) -> bytes:
    """The bytes of a path; UnicodeEncodeError for text that `text` never makes."""
    return path.encode("utf-8", "surrogateescape")


def key(path: str) -> bytes:
    """What paths are ordered by: a folder first, then what is in it, names by their bytes.

    NUL stands for `/`, because it sorts before every byte that a name can hold: `a`, `a/b`, `a-b`.
    """
    return raw(path).replace(b"/", b"\0")


def parent(path: str) -> str:
    """The folder that a path lies in."""
    return path.rpartition("/")[0]


def is_safe(path: str) -> bool:
    """Whether a path stays below its root: relative, without `.`, `..`, empty parts and NUL."""
    return path == "" or ("\0" not in path and _ODD.isdisjoint(path.split("/")))
