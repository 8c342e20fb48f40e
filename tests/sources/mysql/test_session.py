"""Reaching a server: secrets stay in a private file, whatever characters they hold."""

import stat
from contextlib import closing

import pytest

from workers import command
from workers.errors import Permanent
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.session import environment, rows, value
from workers.sources.mysql.tools import Program

PASSWORDS = [
    "simple",
    "with # hash",
    "quo\"te's",
    "back\\slash\\n",
    " blanks ",
    "tab\there",
    "[client]",
    "한글=값",
    "new\nline",
    "trailing\\",
    "\\\"#'",
]


@pytest.mark.parametrize("password", PASSWORDS)
def test_the_client_logs_in_with_any_password(ground, password: str) -> None:
    literal = password.replace("\\", "\\\\").replace("'", "''")
    server = ground.target("mysql", ground.account("SELECT ON mysql.*", password=literal), password=password)
    with server.option_file() as file:
        argv = [server.tool(Program.CLIENT).path, f"--defaults-file={file}", "-N", "-e", "SELECT 1"]
        done = command.run(argv, env=environment(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"1\n", b"")


def test_the_option_file_is_private_and_gone_afterwards(ground) -> None:
    with ground.server.option_file() as file:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not file.parent.exists()


def test_a_login_path_of_the_user_does_not_override_the_option_file(ground) -> None:
    with ground.server.option_file() as file:
        assert not [name for name in environment(file).values() if name.endswith(".mylogin.cnf")]
        assert environment(file)["MYSQL_TEST_LOGIN_FILE"].startswith(str(file.parent))


def test_flavour_and_version_are_the_servers_own(ground) -> None:
    assert ground.server.release >= ((10, 6) if ground.maria else (8, 4))
    assert ground.maria == ("mariadb" in ground.server.version.lower())


def test_a_socket_and_a_port_reach_the_same_server(ground) -> None:
    user = ground.account()
    over_tcp = ground.target("mysql", user)
    with ground.session("mysql") as one, ground.session("mysql") as two:
        assert value(one, "SELECT @@port") == value(two, "SELECT @@port") == ground.port
    assert over_tcp.options.address == f"127.0.0.1:{ground.port}"


@pytest.mark.parametrize("tls", [True, False])
def test_tls_is_what_the_settings_say_for_driver_and_client_alike(ground, tls: bool) -> None:
    user = ground.account()
    if ground.maria and tls and ground.execute("SELECT @@have_ssl") != [("YES",)]:
        with pytest.raises(Permanent, match=r"offers no TLS \(2026: .*set `tls = false` for this target"):
            ground.target("information_schema", user, tls=tls)
        return
    server = ground.target("information_schema", user, tls=tls)
    question = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"
    with server.option_file() as file:
        done = command.run([server.tool(Program.CLIENT).path, f"--defaults-file={file}", "-N", "-e", question], env=environment(file))
    with closing(server.connect()) as session:
        [(_, cipher)] = rows(session, question)
    assert (bool(cipher), bool(done.stdout.split()[1:])) == (tls, tls)


def test_no_secret_shows_in_what_a_server_prints_of_itself(ground) -> None:
    assert "p4ss" not in repr(ground.target("mysql", ground.account(password="p4ss"), password="p4ss"))


def test_options_are_frozen() -> None:
    assert MysqlOptions.model_config["frozen"] is True
