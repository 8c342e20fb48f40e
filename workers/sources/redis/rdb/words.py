"""The marks and types of an RDB, as `rdb.h` numbers them. Floor: tools."""

from enum import IntEnum


class Op(IntEnum):
    """Marks between keys. Below `LOWEST` a byte is the type of a value, or unknown."""

    LOWEST = 0xF3
    SLOT = 0xF4
    FUNCTION = 0xF5
    MODULE = 0xF7
    IDLE = 0xF8
    FREQUENCY = 0xF9
    AUXILIARY = 0xFA
    SIZES = 0xFB
    EXPIRES_MS = 0xFC
    EXPIRES = 0xFD
    DATABASE = 0xFE
    END = 0xFF


class Type(IntEnum):
    """Types of values that are more than one string; HASH_TTL and what follows it came with Redis 7.4."""

    LIST = 1
    SET = 2
    SORTED_TEXT = 3
    HASH = 4
    SORTED = 5
    MODULE = 7
    LIST_ZIPLISTS = 14
    STREAM = 15
    LIST_NODES = 18
    STREAM_2 = 19
    STREAM_3 = 21
    HASH_TTL = 24
    HASH_TTL_SMALL = 25


# The whole value is one string: plain strings, and everything that is packed into one (zipmap, ziplist, intset, listpack).
ONE_STRING = frozenset({0, 9, 10, 11, 12, 13, 16, 17, 20})
# A count, then for each so many strings, each with so many bytes behind it (a sorted set's score is a binary double).
COUNTED = {Type.LIST: (1, 0), Type.SET: (1, 0), Type.HASH: (2, 0), Type.SORTED: (1, 8), Type.LIST_ZIPLISTS: (1, 0)}
EOF_BYTES = 9  # the end mark and the CRC
