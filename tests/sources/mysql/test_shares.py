"""Shares: every table once, of about equal size, and no more processes than are worth their milliseconds."""

from workers.sources.mysql.definitions import Table
from workers.sources.mysql.shares import Share, deal

MIB, GIB = 1 << 20, 1 << 30


def _tables(**sizes: int) -> list[Table]:
    return [Table(name, "InnoDB", False, 0, size) for name, size in sizes.items()]


def _never(table: Table, pieces: int) -> list[str]:
    raise AssertionError(f"{table.name} is not worth {pieces} ranges")


def _ranges(table: Table, pieces: int) -> list[str]:
    return [f"{table.name} {number}" for number in range(pieces)]


def test_tables_are_dealt_by_size_and_no_hand_is_empty() -> None:
    tables = _tables(a=10 * MIB, b=6 * MIB, c=5 * MIB, d=0)
    assert [share.tables for share in deal(tables, 2, _never)] == [("c", "b"), ("d", "a")]
    assert [share.tables for share in deal(tables[:1], 3, _never)] == [("a",)]
    assert deal((), 3, _never) == ()


def test_what_a_server_estimates_of_small_tables_changes_nothing() -> None:
    assert [[share.tables for share in deal(_tables(a=size, b=9, c=9), 2, _never)] for size in (0, 16384)] == [[("c", "a"), ("b",)]] * 2


def test_a_table_larger_than_a_fair_share_is_cut_and_comes_first() -> None:
    shares = deal(_tables(big=8 * GIB, small=GIB, tiny=GIB), 2, _ranges)
    assert shares[:2] == (Share(("big",), "big 0", 4 * GIB), Share(("big",), "big 1", 4 * GIB))
    assert sorted(share.tables for share in shares[2:]) == [("small",), ("tiny",)]


def test_one_stream_cuts_nothing() -> None:
    assert [share.tables for share in deal(_tables(big=8 * GIB, small=1), 1, _never)] == [("small", "big")]


def test_small_tables_are_not_worth_a_cut() -> None:
    assert len(deal(_tables(big=1 << 20, small=0), 4, _never)) == 2


def test_a_table_that_cannot_be_cut_stays_whole() -> None:
    shares = deal(_tables(big=8 * GIB, small=GIB), 2, lambda table, pieces: ())
    assert [(share.tables, share.where) for share in shares] == [(("big",), ""), (("small",), "")]
