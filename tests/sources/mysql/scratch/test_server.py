"""A scratch server: reachable by its owner only, inert, and gone whatever happens."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pymysql
import pytest

from workers.errors import Permanent, Refused
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import Scratch, scratch
from workers.sources.mysql.session import rows, value

OWNER = """
import sys
from pathlib import Path
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import scratch
from workers.sources.mysql.tools import Flavour

with scratch(Wish(Path(sys.argv[1]), Flavour(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))) as running:
    print(running.process.pid, flush=True)
    sys.stdin.read()
"""


def ask(running: Scratch, sql: str) -> object:
    with closing(running.server.connect()) as session:
        return value(session, sql)


def is_gone(pid: int) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_it_answers_its_owner_and_listens_on_no_port(wish: Wish) -> None:
    with scratch(wish) as running:
        assert ask(running, "SELECT @@skip_networking") == 1
        assert ask(running, "SELECT @@event_scheduler") == "OFF"
        assert ask(running, "SELECT @@server_id") != 97
        assert ask(running, "SELECT COUNT(*) FROM mysql.user WHERE user NOT LIKE '%%.%%' AND host <> 'localhost'") == 0
        assert ask(running, "SELECT @@datadir") == f"{running.home}/data/"


def test_nobody_gets_in_without_the_password(wish: Wish) -> None:
    with scratch(wish) as running, pytest.raises(pymysql.err.OperationalError, match="1045"):
        pymysql.connect(unix_socket=str(running.home / "sock"), user="root")


def test_only_the_owner_may_look_into_its_folder_and_no_password_stays_in_it(wish: Wish) -> None:
    with scratch(wish) as running:
        password = running.server.password
        assert password is not None
        assert running.home.stat().st_mode & 0o777 == 0o700
        texts = [path.read_bytes() for path in running.home.iterdir() if path.is_file()]
        assert not [text for text in texts if password.get_secret_value().encode() in text]
        assert password.get_secret_value() not in Path(f"/proc/{running.process.pid}/cmdline").read_text()


def test_nothing_is_left_of_it_after_a_failure(wish: Wish) -> None:
    pids = []
    with suppress(ZeroDivisionError), scratch(wish) as running:
        pids.append(running.process.pid)
        raise ZeroDivisionError
    assert is_gone(*pids)
    assert not list(wish.parent.iterdir())


def test_it_dies_with_a_killed_owner_and_the_next_one_removes_its_folder(wish: Wish) -> None:
    argv = [sys.executable, "-c", OWNER, str(wish.parent), wish.flavour, wish.version, str(wish.tools)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        os.kill(owner.pid, signal.SIGKILL)
    assert is_gone(pid)
    (left,) = wish.parent.iterdir()
    with scratch(wish) as running:
        assert list(wish.parent.iterdir()) == [running.home] != [left]


def test_two_of_them_live_side_by_side(wish: Wish) -> None:
    with scratch(wish) as one, scratch(wish) as other:
        assert ask(one, "SELECT @@datadir") != ask(other, "SELECT @@datadir")


def test_an_option_that_the_server_does_not_know_is_told_in_its_own_words(wish: Wish) -> None:
    asked = replace(wish, extra=(("no_such_option", "1"),))
    with pytest.raises(Permanent, match=r"(?s)for it does not take its options: .*no_such_option"), scratch(asked):
        pass
    assert not list(wish.parent.iterdir())


@pytest.mark.only("mysql")
def test_mysql_writes_no_redo_log(wish: Wish) -> None:
    with scratch(wish) as running, closing(running.server.connect()) as session:
        assert rows(session, "SHOW GLOBAL STATUS LIKE 'Innodb_redo_log_enabled'") == [("Innodb_redo_log_enabled", "OFF")]


def test_a_newer_version_than_the_hosts_is_refused(wish: Wish) -> None:
    with pytest.raises(Refused, match=r"has no server program of \w+ 99\.1"), scratch(replace(wish, version="99.1.0")):
        pass
