"""What each process of a dump reads: whole tables, or a range of one table's primary key. Floor: tools.

A process more costs 8 ms during which commits stand still (measured: 18, 24, 33, 63, 137 ms for 2, 3, 4, 8, 16 processes),
so a table is cut only where it is larger than the fair share of one stream.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from workers.sources.mysql.definitions import Table

_WORTH = 64 << 20  # bytes: below, a whole table takes less than half a second
_SLACK = 1.2  # of a fair share: a table a little larger stays whole

Cut: TypeAlias = Callable[[Table, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Share:
    """Tables for one process; with `where` a single table, of which it reads the rows that fulfil it. `bytes` is an estimate.

    `still`: others may not write to them until they are read. `text`: not to be read under the binary character set.
    """

    tables: tuple[str, ...]
    where: str = ""
    bytes: int = 0
    still: bool = False
    text: bool = False


def deal(tables: Sequence[Table], streams: int, cut: Cut) -> tuple[Share, ...]:
    """Shares for `streams` readers, largest first, none empty. `cut` gives conditions for ranges of a table; none: it stays whole."""
    fair = sum(table.bytes for table in tables) / max(1, streams)
    pieces = {table: _pieces(table, fair, cut) for table in tables}
    whole = [table for table in tables if not pieces[table]]
    found = [share for shares in pieces.values() for share in shares]
    binary, text = [table for table in whole if not table.text], [table for table in whole if table.text]
    return tuple(sorted((*found, *_hands(binary, streams), *_hands(text, 1)), key=lambda share: -_size(share)))


def _size(what: Table | Share) -> int:
    """Whole MiB: the server's estimates of small tables change from one look to the next."""
    return what.bytes >> 20


def _pieces(table: Table, fair: float, cut: Cut) -> list[Share]:
    if table.bytes < max(_WORTH, fair * _SLACK):
        return []
    conditions = cut(table, -int(-table.bytes // fair))
    return [Share((table.name,), condition, table.bytes // len(conditions), text=table.text) for condition in conditions]


def _hands(tables: Sequence[Table], streams: int) -> Iterator[Share]:
    """Whole tables dealt to at most `streams` hands of about equal bytes; in each the largest is last, as the cutter likes it."""
    hands: list[list[Table]] = [[] for _ in range(max(1, streams))]
    for table in sorted(tables, key=lambda table: -_size(table)):  # what is alike stays in order: no estimate decides
        min(hands, key=lambda hand: sum(_size(held) + 1 for held in hand)).append(table)
    for hand in hands:
        if hand:
            names = tuple(table.name for table in reversed(hand))
            yield Share(names, bytes=sum(table.bytes for table in hand), text=hand[0].text)
