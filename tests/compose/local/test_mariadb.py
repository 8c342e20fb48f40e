"""What only MariaDB has: its own GTIDs, and system tables that its server does not make by itself."""

from compose.local.mariadb import MariaDB


def row(server: MariaDB, sql: str) -> tuple[object, ...]:
    with server.admin() as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone() or ()


def test_it_is_mariadb_10_11_with_strict_gtids(mariadb: MariaDB) -> None:
    version, strict = row(mariadb, "SELECT VERSION(), @@gtid_strict_mode")
    assert (str(version).startswith("10.11."), strict) == (True, 1)


def test_the_system_tables_are_whole(mariadb: MariaDB) -> None:
    mariadb.run("CREATE DATABASE whole", "CREATE PROCEDURE whole.p() SELECT 1", "CREATE EVENT whole.e ON SCHEDULE EVERY 1 DAY DO SELECT 1")
    try:
        assert row(mariadb, "SELECT COUNT(*) FROM mysql.proc WHERE db = 'whole'") == (1,)
        assert row(mariadb, "SELECT COUNT(*) FROM information_schema.events WHERE event_schema = 'whole'") == (1,)
    finally:
        mariadb.run("DROP DATABASE whole")


def test_nothing_that_is_wrong_is_said_at_the_start(mariadb: MariaDB) -> None:
    assert [line for line in mariadb.log.read_text().splitlines() if "[ERROR]" in line] == []
