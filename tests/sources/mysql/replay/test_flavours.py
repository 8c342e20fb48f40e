"""What each flavour writes into its logs besides plain rows: all of it is replayed."""

from pathlib import Path

import pytest

from compose.local.mysql import MySQL
from tests.sources.mysql.conftest import Dumped, Ground
from tests.sources.mysql.replay.conftest import Base
from workers.artifact import Until
from workers.errors import Permanent
from workers.ports import Past
from workers.sources.mysql.logs.shipping import open_shipping
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.replay.replay import Replayed
from workers.sources.mysql.scratch.server import Scratch
from workers.sources.mysql.session import open_server

TABLE = "CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT) ENGINE=InnoDB;"


def written(base: Base, database: str, *statements: str) -> None:
    """Run statements over one connection."""
    with base.live.session(database) as session, session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def replayed(base: Base, full: Dumped, database: str) -> Replayed:
    base.ship()
    return base.replay(full, Until(position=base.logs_end()), database)


def begun(base: Base) -> tuple[str, str, Dumped]:
    """Our database, another one, and the full backup of ours."""
    database, other = base.live.database(TABLE), base.live.database(TABLE)
    return database, other, base.live.dump(base.live.target(database))


@pytest.mark.only("mysql")
def test_compressed_transactions_are_opened_where_something_in_them_is_not_ours(base: Base) -> None:
    database, other, full = begun(base)
    switch, long = "SET SESSION binlog_transaction_compression = ON", "REPEAT('x', 50000)"
    mixed = (f"INSERT INTO t VALUES (2, {long})", f"INSERT INTO {other}.t VALUES (2, {long})")
    written(base, database, switch, f"INSERT INTO t VALUES (1, {long})", f"INSERT INTO {other}.t VALUES (1, '')", "BEGIN", *mixed, "COMMIT")
    found = replayed(base, full, database)
    assert base.ask(f"SELECT id, LENGTH(v) FROM {database}.t ORDER BY id") == [(1, 50000), (2, 50000)]
    assert (found.transactions, found.left_out) == (2, 1)


@pytest.mark.only("mysql")
def test_gtids_with_a_tag_are_executed_under_it(base: Base) -> None:
    database, _, full = begun(base)
    written(base, database, "SET gtid_next = 'AUTOMATIC:nightly'", "INSERT INTO t VALUES (1, '')", "INSERT INTO t VALUES (2, '')")
    assert ":nightly:1-2" in replayed(base, full, database).reached.gtid
    assert base.ask(f"SELECT COUNT(*) FROM {database}.t") == [(2,)]


@pytest.mark.only("mariadb")
def test_compressed_events_are_read(base: Base) -> None:
    database, other, full = begun(base)
    base.live.execute("SET GLOBAL log_bin_compress = ON")
    try:
        long = f"COMMENT '{'x' * 300}'"
        written(
            base,
            other,
            f"ALTER TABLE {database}.t {long}",
            f"ALTER TABLE t {long}",
            f"INSERT INTO {database}.t VALUES (1, REPEAT('x', 50000))",
        )
    finally:
        base.live.execute("SET GLOBAL log_bin_compress = OFF")
    found = replayed(base, full, database)
    assert base.ask(f"SELECT id, LENGTH(v) FROM {database}.t") == [(1, 50000)]
    assert (found.transactions, found.left_out) == (2, 1)


@pytest.mark.only("mariadb")
def test_several_domains_are_replayed_as_one(base: Base) -> None:
    database, _, full = begun(base)
    written(base, database, "INSERT INTO t VALUES (1, '')", "SET SESSION gtid_domain_id = 7", "INSERT INTO t VALUES (2, '')")
    assert [gtid.split("-")[0] for gtid in sorted(replayed(base, full, database).reached.gtid.split(","))] == ["0", "7"]
    assert base.ask(f"SELECT COUNT(*) FROM {database}.t") == [(2,)]


def test_a_prepared_transaction_of_another_database_is_left_out_with_its_end(base: Base) -> None:
    database, other, full = begun(base)
    for name, at in (("one", database), ("two", other)):
        written(
            base,
            at,
            f"XA START '{name}'",
            "INSERT INTO t VALUES (1, '')",
            f"XA END '{name}'",
            f"XA PREPARE '{name}'",
            f"XA COMMIT '{name}'",
        )
    found = replayed(base, full, database)
    assert base.ask(f"SELECT COUNT(*) FROM {database}.t") == [(1,)]
    assert (found.transactions, found.left_out) == (2, 2)


def test_all_kinds_of_columns_come_back_equal(base: Base) -> None:
    columns = "f FLOAT, d DOUBLE, e DECIMAL(65, 30), b BIT(9), j JSON, w VARBINARY(9), y YEAR, m DATETIME(6), s SET('a','b')"
    database = base.live.database(f"CREATE TABLE t (id INT PRIMARY KEY, {columns}, u VARCHAR(9) CHARACTER SET euckr) ENGINE=InnoDB;")
    full = base.live.dump(base.live.target(database))
    values = (
        "3.4028235e38, 0.1, 1e-30, b'101', '{\"a\": [1, 9007199254740993]}', x'00ff0a', 2026, '2026-11-23 12:00:00.123456', 'a,b', '가'"
    )
    written(
        base, database, f"INSERT INTO t VALUES (1, {values})", f"INSERT INTO t VALUES (2, {values})", "UPDATE t SET f = f / 3 WHERE id = 2"
    )
    replayed(base, full, database)
    scratched = Ground(base.scratch.server, 0, base.logs).checksums(database)
    assert scratched == base.live.checksums(database)


@pytest.mark.only("mysql")
def test_without_gtids_the_position_is_the_proof(running: Scratch, ground: Ground, tmp_path: Path) -> None:
    with MySQL(tmp_path / "live", gtid_mode="OFF", enforce_gtid_consistency="OFF") as server:
        options = MysqlOptions(socket=server.socket, user="root", databases=["mysql"], tools=server.tools)
        (tmp_path / "logs").mkdir()
        base = Base(running, Ground(open_server(options, None), server.port, tmp_path), tmp_path / "logs", server.folder / "binlog")
        database, other, full = begun(base)
        written(base, database, "INSERT INTO t VALUES (1, '')", f"INSERT INTO {other}.t VALUES (1, '')", "INSERT INTO t VALUES (2, '')")
        found = replayed(base, full, database)
    assert (found.transactions, found.left_out, found.reached.gtid) == (2, 1, "")
    assert base.ask(f"SELECT COUNT(*) FROM {database}.t") == [(2,)]


def test_a_server_whose_log_is_off_ships_nothing_and_is_told_what_to_set(running: Scratch) -> None:
    with pytest.raises(Permanent, match="writes no binary log: set log_bin and server_id"), open_shipping(running.server, Past()):
        pass
