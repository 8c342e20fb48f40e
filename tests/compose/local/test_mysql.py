"""What only MySQL has: GTIDs, and an identity that must not be copied."""

from pathlib import Path

import pymysql

from compose.local.mysql import MySQL


def row(server: MySQL, sql: str) -> tuple[object, ...]:
    with server.admin() as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone() or ()


def test_it_is_mysql_of_8_4_or_newer_with_gtids(mysql: MySQL) -> None:
    version, *gtid = row(mysql, "SELECT VERSION(), @@gtid_mode, @@enforce_gtid_consistency")
    assert tuple(map(int, str(version).partition("-")[0].split("."))) >= (8, 4)
    assert gtid == ["ON", "ON"]


def test_every_copy_has_an_identity_of_its_own(mysql: MySQL, folder: Path) -> None:
    with MySQL(folder / "second", buffer_pool="64M") as second:
        identities = [row(server, "SELECT @@server_uuid") for server in (mysql, second)]
    assert identities[0] != identities[1]


def test_an_identity_is_kept_when_the_server_starts_again(folder: Path) -> None:
    identities = []
    for _ in range(2):
        with MySQL(folder / "mysql", buffer_pool="64M") as server:
            identities.append(row(server, "SELECT @@server_uuid"))
    assert identities[0] == identities[1]


def test_accounts_with_mysqls_own_kind_of_password_get_in_over_the_network(mysql: MySQL) -> None:
    mysql.run("CREATE USER guest@'127.0.0.1' IDENTIFIED WITH caching_sha2_password BY 'word'")
    try:
        pymysql.connect(host="127.0.0.1", port=mysql.port, user="guest", password="word").close()
    finally:
        mysql.run("DROP USER guest@'127.0.0.1'")
