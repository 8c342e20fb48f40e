"""The transactions of a log."""

from pathlib import Path

import pytest

from tests.sources.mysql.replay import logs as make
from workers.errors import Corrupt, Permanent
from workers.sources.mysql.replay.events import Kind, opened
from workers.sources.mysql.replay.transactions import transactions


def read(folder: Path, *parts: bytes, skip: int = 0) -> list[tuple[str, int]]:
    """Name and number of events of each transaction."""
    path = folder / "bin.000001"
    path.write_bytes(make.described() + b"".join(parts))
    with opened(path) as log:
        return [(found.gtid, len(found.events)) for found in transactions(log, log.first + skip)]


def test_a_transaction_is_all_from_its_name_to_its_commit(tmp_path: Path) -> None:
    found = read(tmp_path, make.rows(1, "community"), make.defined(2, "DROP TABLE t"), make.rotate("bin.000002"))
    assert found == [(f"{make.SOURCE}:1", 5), (f"{make.SOURCE}:2", 2)]


def test_without_gtids_transactions_have_no_name(tmp_path: Path) -> None:
    anonymous = make.event(Kind.ANONYMOUS_GTID, make.gtid(0)[19:-4])
    assert read(tmp_path, anonymous + make.query("BEGIN") + make.xid()) == [("", 3)]


def test_mariadbs_are_named_by_domain_server_and_number(tmp_path: Path) -> None:
    assert read(tmp_path, make.mariadb_gtid(7) + make.query("BEGIN") + make.xid()) == [("0-97-7", 3)]


def test_what_stands_between_transactions_belongs_to_none(tmp_path: Path) -> None:
    between = make.event(Kind.CHECKPOINT) + make.event(Kind.PREVIOUS_GTIDS, bytes(8))
    assert [count for _, count in read(tmp_path, between, make.rows(1, "c"), between, make.rows(2, "c"))] == [5, 5]


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_transaction_of_other_engines_ends_with_a_statement(tmp_path: Path, end: str) -> None:
    assert len(read(tmp_path, make.gtid(1) + make.query("BEGIN") + make.table(1, "c") + make.written(1) + make.query(end))) == 1


def test_a_log_that_ends_inside_of_a_transaction_is_told(tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match=r"bin\.000001 ends in the middle of a transaction that begins at \d+"):
        read(tmp_path, make.gtid(1) + make.query("BEGIN") + make.table(1, "c") + make.written(1))


def test_a_position_inside_of_a_transaction_is_told(tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match="the position is inside of one"):
        read(tmp_path, make.rows(1, "c"), skip=len(make.gtid(1)))


def test_events_that_the_server_lost_are_told(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="its server lost events"):
        read(tmp_path, make.event(Kind.INCIDENT, b"\1\0"))
