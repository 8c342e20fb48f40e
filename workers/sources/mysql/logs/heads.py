"""What the head of a log says was executed before it: Previous_gtids of MySQL, Gtid_list of MariaDB. Floor: tools. Pure.

Layouts as in `Gtid_set::encode` (rpl_gtid_set.cc, with tags since 8.3) and `Gtid_list_log_event` (log_event.cc).
"""

import struct
import uuid
from collections.abc import Iterator

from workers.errors import Corrupt
from workers.sources.mysql.logs.gtid import Gtids, Span, gathered

_COUNT, _SPAN = struct.Struct("<Q"), struct.Struct("<QQ")
_ENTRY = struct.Struct("<IIQ")  # domain, server, number
_TAGGED = 1  # in the highest byte of the number of sources, and in the lowest: the number itself stands between them
_ENTRIES = 0x0FFFFFFF  # the other bits of the count are flags


def previous_gtids(body: bytes) -> Gtids:
    """The set in the body of a Previous_gtids event. Corrupt where it is none."""
    try:
        return gathered(_added(_sources(body)))
    except (struct.error, IndexError, ValueError) as error:
        raise Corrupt(f"the set of GTIDs at its head is damaged: {error}") from error


def gtid_list(body: bytes) -> Gtids:
    """The set in the body of a Gtid_list event. Corrupt where it is none."""
    try:
        [count] = struct.unpack_from("<I", body)
        entries = [_ENTRY.unpack_from(body, 4 + _ENTRY.size * entry) for entry in range(count & _ENTRIES)]
    except struct.error as error:
        raise Corrupt(f"the list of GTIDs at its head is damaged: {error}") from error
    return gathered(_added((f"{domain}-{server}", (1, number)) for domain, server, number in entries if number))


def _sources(body: bytes) -> Iterator[tuple[str, Span]]:
    [count], at = _COUNT.unpack_from(body), _COUNT.size
    tagged = count >> 56 == _TAGGED
    for _ in range(count >> 8 & (1 << 48) - 1 if tagged else count):
        source, at = str(uuid.UUID(bytes=body[at : at + 16])), at + 16
        if tagged:
            length = body[at] >> 1
            source += f":{body[at + 1 : at + 1 + length].decode()}" if length else ""
            at += 1 + length
        [spans], at = _COUNT.unpack_from(body, at), at + _COUNT.size
        for _ in range(spans):
            (first, behind), at = _SPAN.unpack_from(body, at), at + _SPAN.size
            yield source, (first, behind - 1)


def _added(found: Iterator[tuple[str, Span]]) -> dict[str, list[Span]]:
    sets: dict[str, list[Span]] = {}
    for source, span in found:
        sets.setdefault(source, []).append(span)
    return sets
