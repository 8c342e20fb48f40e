"""Real workers of two hosts and of control, each with its own user and certificate: all goes well, and no right is missing."""

import json
import re
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import quote

import pytest

from compose.local.cluster import Cluster
from tests.broker.secured import HOSTS, USERS, celery, secret, secured
from workers.bench.tools import Tools
from workers.command import die_with_parent

pytestmark = pytest.mark.timeout(150)
PAGE = Path("docs/reference/redis-keys.md")
TARGET = """
[targets.secured]
source = "mysql"
host = "db1"
plan = "plain"
[targets.secured.mysql]
host = "127.0.0.1"
port = {port}
user = "secured"
databases = ["secured"]
tools = "{tools}"
"""


@pytest.fixture(scope="module")
def ground(tmp_path_factory, mariadb):
    account = "'secured'@'127.0.0.1'"
    mariadb.run(
        "DROP DATABASE IF EXISTS secured_copy", "CREATE OR REPLACE DATABASE secured", "CREATE TABLE secured.words (id INT PRIMARY KEY)"
    )
    mariadb.run("INSERT INTO secured.words VALUES (1), (2)", f"CREATE OR REPLACE USER {account} IDENTIFIED BY '{secret('db1')}'")
    mariadb.run(f"GRANT ALL ON *.* TO {account}")
    with secured(tmp_path_factory.mktemp("cluster"), TARGET.format(port=mariadb.port, tools=mariadb.tools)) as ground:
        (ground.root / "db1").mkdir()
        login = ground.root / "db1" / "targets_secured_mysql_password"
        login.touch(mode=0o600)
        login.write_text(secret("db1"))
        yield ground
    mariadb.run(f"DROP USER {account}", "DROP DATABASE secured")


@pytest.fixture(scope="module")
def hosts(ground):
    """Every worker and beat, each as its host; and the keys that Redis held meanwhile."""
    with ExitStack() as stack:
        watch = Watch(ground.server.client)
        stack.callback(watch.stop)
        for host in HOSTS:
            cluster = Cluster(ground.settings, ground.root / "workers")
            cluster.environment |= ground.environment(host)
            stack.callback(cluster.stop)
            names = [name for name in cluster.commands() if name.endswith(f"@{host}")]
            cluster.start(*names, *(["beat"] if host == "control" else []))
        yield watch
    assert ground.denied() == []  # nor was one missing when they stopped


class Watch:
    """Every key that was there at one of its looks, ten a second."""

    def __init__(self, client):
        self.keys, self._client, self._ends = set(), client(), threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self):
        while not self._ends.wait(0.1):
            self.keys |= {key.decode() for key in self._client.scan_iter(count=1000)}

    def stop(self):
        self._ends.set()
        self._thread.join()


def desk(ground, line, **given):
    """One line at the operator's desk: its exit status and what it said."""
    argv = [sys.executable, "-m", "tasks.shell", "-c", line]
    environment = Cluster(ground.settings, ground.root).environment | ground.environment("operator", **given)
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=90, check=False, preexec_fn=die_with_parent)
    return done.returncode, done.stdout + done.stderr


def ended(tools, count):
    end = time.monotonic() + 40
    while len(found := [entry for entry in tools.ledger.runs() if entry.state != "open"]) < count:
        assert time.monotonic() < end, tools.ledger.runs()
        time.sleep(0.2)
    return [entry.state for entry in found]


def test_backups_of_two_hosts_are_sealed_and_no_right_is_missing(ground, hosts, monkeypatch):
    settings = ground.as_one("control", monkeypatch)
    sender = celery(settings)
    for number, target in enumerate(("on_db1", "on_db2")):
        sender.send_task("start.backup", (target, "full", None, f"0000000{number}"), queue="control")
    assert ended(Tools(settings), 2) == ["done", "done"]
    assert len(sender.control.ping(timeout=2)) == 7
    assert ground.denied() == []


def test_a_backup_that_fails_is_ended_and_no_right_is_missing(ground, hosts, monkeypatch):
    settings = ground.as_one("control", monkeypatch)
    before = Tools(settings).ledger.runs()
    celery(settings).send_task("start.backup", ("empty", "full", None, "000000ff"), queue="control")
    assert ended(Tools(settings), len(before) + 1)[0] == "failed"
    assert ground.denied() == []


def test_a_database_is_backed_up_restored_and_looked_after_with_the_operators_rights(ground, hosts, mariadb):
    lines = ("backup('secured', wait=True)", "restore('secured', into='secured_copy', wait=True)", "doctor()", "runs()", "why()")
    status, said = desk(ground, "; ".join(lines))
    assert (status, "2 of 2 rows" in said) == (0, True), said
    assert [line for line in said.splitlines() if "✗" in line and "secured:" not in line] == []  # that server has faults of its own
    assert ground.denied() == []
    mariadb.run("DROP DATABASE secured_copy")


def test_control_hears_the_events_of_every_host(ground, hosts, monkeypatch):
    app, seen = celery(ground.as_one("control", monkeypatch)), set()
    with app.connection() as connection, suppress(TimeoutError):
        app.events.Receiver(connection, handlers={"*": lambda event: seen.add(event["hostname"])}).capture(limit=20, timeout=5)
    assert seen >= {"source@db1", "source@db2", "control@control"}


def test_no_secret_is_in_a_log_or_in_what_a_worker_tells(ground, hosts, monkeypatch):
    ask = celery(ground.as_one("control", monkeypatch)).control.inspect(timeout=2)
    told = json.dumps([ask.conf(with_defaults=True), ask.stats(), ask.report()], default=str)
    told += "".join(log.read_text() for log in (ground.root / "workers").iterdir())
    assert len(ask.stats()) == 7
    assert [word for host in HOSTS for word in (secret(host), quote(secret(host))) if word in told] == []


def test_when_every_connection_was_cut_no_right_is_missing_to_go_on(ground, hosts, monkeypatch):
    settings = ground.as_one("control", monkeypatch)
    before = Tools(settings).ledger.runs()
    for host in HOSTS:
        assert ground.server.client().client_kill_filter(user=USERS[host])
    celery(settings).send_task("start.backup", ("on_db2", "full", None, "000000fe"), queue="control")
    assert ended(Tools(settings), len(before) + 1)[0] == "done"
    assert ground.denied() == []


def test_every_key_is_in_its_page(ground, hosts):
    hosts.stop()
    written = [line.split("`")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    patterns = ["canvasback:" + re.sub(r"<\w+>", "*", pattern) for pattern in written]
    assert {"canvasback:ledger:runs", "canvasback:beat:leader"} <= hosts.keys
    assert [key for key in sorted(hosts.keys) if not any(fnmatchcase(key, pattern) for pattern in patterns)] == []


def test_a_worker_with_a_wrong_password_says_so_and_does_not_show_it(ground, monkeypatch):
    cluster = Cluster(ground.settings, ground.root / "wrong")
    cluster.environment |= ground.environment("db1", password="a wrong one")
    (ground.root / "wrong").mkdir()
    cluster.spawn("source@db1", cluster.commands()["source@db1"])
    try:
        end = time.monotonic() + 40
        while "invalid username-password" not in (said := cluster.log("source@db1").read_text()):
            assert time.monotonic() < end, said
            time.sleep(0.2)
    finally:
        cluster.stop()
    assert all(word not in said for word in ("a wrong one", quote("a wrong one")))


def test_an_operator_with_a_wrong_password_is_told_so_in_a_sentence(ground):
    status, said = desk(ground, "runs()", password="a wrong one")
    assert (status, "refuses: invalid username-password" in said, "Traceback" in said) == (1, True, False)
    assert "a wrong one" not in said
