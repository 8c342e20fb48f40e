"""What of a transaction is the target's."""

from pathlib import Path

import pytest

from tests.sources.mysql.replay import logs as make
from workers.errors import Refused
from workers.sources.mysql.replay.events import Kind, opened
from workers.sources.mysql.replay.sifting import Sieve, Sifted
from workers.sources.mysql.replay.statements import Target
from workers.sources.mysql.replay.transactions import transactions


def sifted(folder: Path, *parts: bytes) -> list[Sifted]:
    path = folder / "bin.000001"
    path.write_bytes(make.described() + b"".join(parts))
    sieve = Sieve(Target("ours"))
    with opened(path) as log:
        return [sieve.sift(found) for found in transactions(log, log.first)]


def rest(folder: Path, *parts: bytes) -> bytes:
    path = folder / "bin.000001"
    path.write_bytes(make.described() + b"".join(parts))
    with opened(path) as log:
        (found,) = transactions(log, log.first)
        return Sieve(Target("ours")).rest(found)


@pytest.mark.parametrize(
    ("databases", "verdict"),
    [(["ours"], (True, False)), (["theirs"], (False, True)), (["theirs", "ours"], (True, True)), ([], (False, False))],
)
def test_rows_tell_whose_a_transaction_is(tmp_path: Path, databases: list[str], verdict: tuple[bool, bool]) -> None:
    assert sifted(tmp_path, make.rows(1, *databases)) == [Sifted(*verdict)]


def test_the_default_database_of_rows_says_nothing_but_is_named(tmp_path: Path) -> None:
    rows = make.gtid(1) + make.query("BEGIN", "theirs") + make.table(1, "ours") + make.written(1) + make.xid()
    assert sifted(tmp_path, rows) == [Sifted(ours=True, theirs=False, others=frozenset({"theirs"}))]


def test_a_statement_over_two_databases_still_ends_when_its_last_rows_are_taken_out(tmp_path: Path) -> None:
    head, tables = make.gtid(1) + make.query("BEGIN"), make.table(1, "ours") + make.table(2, "theirs")
    found = rest(tmp_path, head, tables, make.written(1, last=False), make.written(2), make.xid())
    assert found == head + make.table(1, "ours") + make.written(1, last=True) + make.xid()


def test_a_note_beside_rows_goes_with_them(tmp_path: Path) -> None:
    note = make.event(Kind.ANNOTATE, b"INSERT INTO theirs.t VALUES (1)")
    ours = make.table(2, "ours") + make.written(2)
    found = rest(tmp_path, make.gtid(1), make.query("BEGIN"), note, make.table(1, "theirs"), make.written(1), ours, make.xid())
    assert found == make.gtid(1) + make.query("BEGIN") + ours + make.xid()


def test_savepoints_stay(tmp_path: Path) -> None:
    parts = [make.gtid(1), make.query("BEGIN"), make.query("SAVEPOINT `a`"), make.table(1, "ours"), make.written(1), make.xid()]
    assert rest(tmp_path, *parts) == b"".join(parts)


@pytest.mark.parametrize(
    "sql", ["INSERT INTO t VALUES (RAND())", "update t set x = 1", "/* app */ DELETE FROM t LIMIT 1", "LOAD DATA INFILE 'x' INTO TABLE t"]
)
def test_statements_instead_of_rows_are_refused_with_what_to_set(tmp_path: Path, sql: str) -> None:
    with pytest.raises(Refused, match=r"bin\.000001 holds statements instead of rows at \d+.*set binlog_format = ROW"):
        sifted(tmp_path, make.gtid(1) + make.query("BEGIN") + make.query(sql, "ours") + make.xid())


@pytest.mark.parametrize("kind", [Kind.INTVAR, Kind.RAND, Kind.USER_VAR, Kind.BEGIN_LOAD])
def test_what_only_comes_with_statements_is_refused_too(tmp_path: Path, kind: Kind) -> None:
    with pytest.raises(Refused, match="statements instead of rows"):
        sifted(tmp_path, make.gtid(1) + make.query("BEGIN") + make.event(kind, bytes(20)) + make.xid())


def prepared(number: int, xid: str, database: str) -> bytes:
    rows = make.table(1, database) + make.written(1)
    return make.gtid(number) + make.query(f"XA START {xid}") + rows + make.query(f"XA END {xid}") + make.event(Kind.XA_PREPARE, bytes(20))


def test_a_prepared_transaction_ends_as_it_began(tmp_path: Path) -> None:
    one, other = "X'61',X'',1", "X'62',X'',1"
    parts = [
        prepared(1, one, "ours"),
        prepared(2, other, "theirs"),
        make.defined(3, f"XA COMMIT {other}"),
        make.defined(4, f"XA COMMIT {one}"),
    ]
    assert [found.ours for found in sifted(tmp_path, *parts)] == [True, False, False, True]
