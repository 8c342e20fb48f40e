"""Sets of transactions by their GTIDs, of both flavours, with the arithmetic that finds gaps. Floor: tools. Pure.

MySQL writes intervals by source: `3e11fa47-…:1-5:8,3e11fa47-…:tag:1-2`. MariaDB writes the last number of each domain and server,
`0-10-42`, which stands for all of theirs up to it: here the interval 1 to 42 of the source `0-10`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from workers.errors import Corrupt

Span: TypeAlias = tuple[int, int]  # first and last number, both in

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TAG = re.compile(r"[a-z_][a-z0-9_]{0,31}")
_SPAN = re.compile(r"([1-9]\d*)(?:-([1-9]\d*))?")
_MARIADB = re.compile(r"(\d+-\d+)-(\d+)")


@dataclass(frozen=True, slots=True)
class Gtids:
    """A set of transactions: for each source its spans, sorted, apart from one another. Two equal sets are equal values."""

    sources: tuple[tuple[str, tuple[Span, ...]], ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any transaction in it."""
        return bool(self.sources)

    def __str__(self) -> str:
        """As the server of its flavour writes it, in one order."""
        return ",".join(_text(source, spans) for source, spans in self.sources)

    def union(self, other: "Gtids") -> "Gtids":
        """What is in either."""
        mine, theirs = dict(self.sources), dict(other.sources)
        return gathered({source: (*mine.get(source, ()), *theirs.get(source, ())) for source in {**mine, **theirs}})

    def minus(self, other: "Gtids") -> "Gtids":
        """What is in this one and not in the other."""
        theirs = dict(other.sources)
        return gathered({source: _without(spans, theirs.get(source, ())) for source, spans in self.sources})

    def contains(self, other: "Gtids") -> bool:
        """Whether everything in the other is in this one."""
        return not other.minus(self)


def parse(text: str) -> Gtids:
    """The set that a server wrote; "" is the empty one. Corrupt for what is no set of either flavour."""
    found: dict[str, list[Span]] = {}
    for part in "".join(text.lower().split()).split(","):
        for source, span in _spans(part) if part else ():
            found.setdefault(source, []).append(span)
    return gathered(found)


def contains(whole: str, part: str) -> bool:
    """Whether a set, as a server wrote it, holds all of another."""
    return parse(whole).contains(parse(part))


def gathered(found: Mapping[str, Iterable[Span]]) -> Gtids:
    """The set of these spans, in whatever order they come, touching or overlapping."""
    merged = ((source, tuple(_merged(spans))) for source, spans in sorted(found.items()))
    return Gtids(tuple((source, spans) for source, spans in merged if spans))


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    begin = end = 0
    for first, last in sorted(spans):
        if begin and first <= end + 1:
            end = max(end, last)
            continue
        if begin:
            yield begin, end
        begin, end = first, last
    if begin:
        yield begin, end


def _without(spans: Iterable[Span], others: tuple[Span, ...]) -> Iterator[Span]:
    for first, last in spans:
        begin = first
        for start, end in others:
            if end < begin or start > last:
                continue
            if begin < start:
                yield begin, start - 1
            begin = end + 1
        if begin <= last:
            yield begin, last


def _spans(part: str) -> Iterator[tuple[str, Span]]:
    if maria := _MARIADB.fullmatch(part):
        if last := int(maria[2]):  # number 0 is the state of a domain in which nothing has happened yet
            yield maria[1], (1, last)
        return
    source, *pieces = part.split(":")
    if not _UUID.fullmatch(source) or not pieces:
        raise Corrupt(f"{part[:80]!r} is no GTID set of MySQL or MariaDB")
    name = source
    for piece in pieces:
        if span := _SPAN.fullmatch(piece):
            yield name, _sound(int(span[1]), int(span[2] or span[1]), part)
        elif _TAG.fullmatch(piece):
            name = f"{source}:{piece}"
        else:
            raise Corrupt(f"{piece[:40]!r} in {part[:80]!r} is no interval of a GTID set")


def _sound(first: int, last: int, part: str) -> Span:
    if last < first:
        raise Corrupt(f"{first}-{last} in {part[:80]!r} runs backwards")
    return first, last


def _text(source: str, spans: tuple[Span, ...]) -> str:
    if ":" not in source and not _UUID.fullmatch(source):
        return f"{source}-{spans[-1][1]}"
    return f"{source}:" + ":".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
