"""Steps over values that are more than one string: lists of nodes, streams, modules, hashes whose fields expire. Floor: tools."""

from workers.sources.redis.rdb.cursor import Cursor, Lost, Steps
from workers.sources.redis.rdb.words import COUNTED, Type

_PENDING_ID, _TIME = 16, 8  # bytes of a pending entry's id, and of a time in milliseconds
_STREAM_LENGTHS = {Type.STREAM: 3, Type.STREAM_2: 8, Type.STREAM_3: 8}  # length and last id; then first id, deleted id, entries added
_NOT_A_NUMBER = 253  # from here on a score as text has no digits: not a number, +∞, -∞


def step_over(cursor: Cursor, kind: int) -> Steps:
    """One value of a type that is not in ONE_STRING. Raises Lost for a type that is not known."""
    yield from cursor.ready()
    if kind in COUNTED:
        each, gap = COUNTED[Type(kind)]
        yield from cursor.strings(cursor.length() * each, gap)
    elif kind in _VALUES:
        yield from _VALUES[Type(kind)](cursor)
    elif kind in _STREAM_LENGTHS:
        yield from _stream(cursor, Type(kind))
    else:
        raise Lost(f"unknown type {kind}")


def _nodes(cursor: Cursor) -> Steps:
    """Each node is the kind of its container, a length of one byte, and a string."""
    count = cursor.length()
    cursor.at += 1
    yield from cursor.strings(count, gap=1)
    cursor.at -= 1


def _scores(cursor: Cursor) -> Steps:
    """A sorted set of old: each member is followed by its score as text."""
    for _ in range(cursor.length()):
        yield from cursor.strings(1)
        yield from cursor.ready()
        size = cursor.byte()
        cursor.at += size if size < _NOT_A_NUMBER else 0


def _fields(cursor: Cursor) -> Steps:
    """The earliest time, then for each field when it expires, its name and its value."""
    cursor.at += _TIME
    yield from cursor.ready()
    for _ in range(cursor.length()):
        yield from cursor.ready()
        cursor.length()
        yield from cursor.strings(2)


def _packed_fields(cursor: Cursor) -> Steps:
    cursor.at += _TIME
    yield from cursor.strings(1)


def _stream(cursor: Cursor, kind: Type) -> Steps:
    """Nodes of entries, some lengths, then its groups of consumers."""
    yield from cursor.strings(cursor.length() * 2)
    yield from _lengths(cursor, _STREAM_LENGTHS[kind])
    yield from cursor.ready()
    for _ in range(cursor.length()):
        yield from cursor.strings(1)
        yield from _lengths(cursor, 2 if kind is Type.STREAM else 3)
        yield from _pending(cursor)
        yield from cursor.ready()
        for _ in range(cursor.length()):
            yield from _consumer(cursor, kind)


def _pending(cursor: Cursor) -> Steps:
    """Entries that were delivered: an id, when, and how often."""
    yield from cursor.ready()
    for _ in range(cursor.length()):
        yield from cursor.ready()
        cursor.at += _PENDING_ID + _TIME
        yield from cursor.ready()
        cursor.length()


def _consumer(cursor: Cursor, kind: Type) -> Steps:
    yield from cursor.strings(1)
    cursor.at += _TIME * (2 if kind is Type.STREAM_3 else 1)
    yield from cursor.ready()
    pending = cursor.length()  # moves `at` itself
    cursor.at += pending * _PENDING_ID


def _lengths(cursor: Cursor, count: int) -> Steps:
    for _ in range(count):
        yield from cursor.ready()
        cursor.length()


def _module(cursor: Cursor) -> Steps:
    cursor.length()
    yield from annotated(cursor)


def annotated(cursor: Cursor) -> Steps:
    """What a module wrote, up to its end: each item says what it is."""
    while True:
        yield from cursor.ready()
        item = cursor.length()
        if item == 0:
            return
        if item in (1, 2):
            cursor.length()
        elif item in (3, 4):
            cursor.at += 4 * (item - 2)
        elif item == 5:
            yield from cursor.strings(1)
        else:
            raise Lost(f"unknown item {item} of a module")


_VALUES = {
    Type.LIST_NODES: _nodes,
    Type.SORTED_TEXT: _scores,
    Type.MODULE: _module,
    Type.HASH_TTL: _fields,
    Type.HASH_TTL_SMALL: _packed_fields,
}
