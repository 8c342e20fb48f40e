"""Both flavours as local servers: binary log, templates, sockets, crashes."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from compose.local import cache
from compose.local.database import Database
from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL
from compose.local.redis import Redis
from compose.local.server import WillNotStart


@pytest.fixture(params=[MySQL, MariaDB], ids=lambda flavour: str(flavour.name))
def flavour(request: pytest.FixtureRequest) -> type[Database]:
    found: type[Database] = request.param
    return found


@pytest.fixture
def own(flavour: type[Database], folder: Path) -> Iterator[Database]:
    """A server that a test may break."""
    server = flavour(folder / "database", buffer_pool="64M")
    yield server
    server.kill()


def one(server: Database, sql: str) -> Any:
    with server.admin() as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return row[0] if row else None


def test_the_binary_log_is_on_and_holds_rows(database: Database) -> None:
    assert [one(database, f"SELECT @@{name}") for name in ("log_bin", "binlog_format", "innodb_flush_log_at_trx_commit")] == [1, "ROW", 1]
    assert one(database, "SELECT @@server_id") > 1


def test_nobody_is_root_over_the_network(database: Database) -> None:
    with pytest.raises(pymysql.MySQLError, match=r"not allowed to connect|Access denied"):
        pymysql.connect(host="127.0.0.1", port=database.port, user="root")


def test_only_root_and_the_servers_own_accounts_exist(database: Database) -> None:
    assert one(database, "SELECT GROUP_CONCAT(user) FROM mysql.user WHERE user NOT LIKE '%.%'") == "root"
    assert one(database, "SELECT COUNT(*) FROM mysql.user WHERE host <> 'localhost'") == 0


def test_no_secret_is_on_the_command_line(database: Database) -> None:
    argv = Path(f"/proc/{database.pid}/cmdline").read_bytes().decode().split("\0")
    assert [word for word in argv if "pass" in word.lower()] == []
    assert f"--defaults-file={database.folder}/my.cnf" in argv


def test_committed_rows_survive_a_kill(own: Database) -> None:
    own.start().run("CREATE DATABASE d", "CREATE TABLE d.t (i INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1), (2)")
    own.kill()
    assert own.pid is None
    assert one(own.start(), "SELECT COUNT(*) FROM d.t") == 2


def test_a_second_server_runs_beside_the_first_from_the_same_template(own: Database, database: Database) -> None:
    began = time.monotonic()
    own.start()
    assert time.monotonic() - began < 20
    assert one(own, "SELECT @@port") == own.port != database.port


def test_options_reach_the_server(flavour: type[Database], folder: Path) -> None:
    with flavour(folder / "database", buffer_pool="48M", max_connections="17") as server:
        assert one(server, "SELECT @@max_connections") == 17
        assert one(server, "SELECT @@innodb_buffer_pool_size") == 48 << 20


def test_an_unknown_option_shows_the_servers_own_words(flavour: type[Database], folder: Path) -> None:
    server = flavour(folder / "database", no_such_option="1")
    with pytest.raises(WillNotStart, match=r"ended; its log (.|\n)*no_such_option=1"):
        server.start()
    assert server.pid is None


def test_an_occupied_port_is_told_with_the_servers_own_words(flavour: type[Database], redis: Redis, folder: Path) -> None:
    with pytest.raises(WillNotStart, match=r"ended; its log (.|\n)*Address already in use"):
        flavour(folder / "database", port=redis.port, buffer_pool="64M").start()


def test_foreign_files_in_the_data_folder_show_the_servers_own_words(own: Database) -> None:
    (own.folder / "data").mkdir(parents=True)
    (own.folder / "data" / "ibdata1").write_text("holiday pictures")
    with pytest.raises(WillNotStart, match=r"ended; its log (.|\n)*(ibdata1|ib_logfile0)"):
        own.start()


def test_a_copy_that_was_cut_short_is_not_taken_for_data(own: Database) -> None:
    (own.folder / "data.part" / "mysql").mkdir(parents=True)
    assert own.start().ready()
    assert not (own.folder / "data.part").exists()


def test_a_folder_too_deep_for_a_socket_is_no_obstacle(flavour: type[Database], folder: Path) -> None:
    with flavour(folder / ("deep" * 30), buffer_pool="64M") as server:
        assert one(server, "SELECT @@socket") == str(server.socket)
        assert len(str(server.socket)) < 107
    assert not server.socket.exists()


def test_options_that_a_data_folder_is_made_with_have_a_template_of_their_own(flavour: type[Database], folder: Path) -> None:
    with flavour(folder / "database", buffer_pool="64M", lower_case_table_names="1") as server:
        server.run("CREATE DATABASE D")
        assert one(server, "SELECT schema_name FROM information_schema.schemata WHERE schema_name = 'd'") == "d"
    made = [path for path in (cache.folder() / "templates").glob(f"{flavour.name}-*/my.cnf") if "lower_case" in path.read_text()]
    assert len(made) >= 1


def test_a_template_that_cannot_be_made_shows_the_servers_own_words(flavour: type[Database], folder: Path) -> None:
    with pytest.raises(WillNotStart, match=r"could not make a data folder:\n(.|\n)*Invalid page size=5000"):
        flavour(folder / "database", innodb_page_size="5000").start()


def test_addresses_are_those_of_the_server(database: Database) -> None:
    found = dict(line.split("=", 1) for line in database.addresses)
    connection = pymysql.connect(unix_socket=found["MYSQL_UNIX_PORT"], user="root")
    connection.close()
    assert int(found["MYSQL_TCP_PORT"]) == one(database, "SELECT @@port")
    assert Path(found["MYSQL_TOOLS"]).is_dir()
