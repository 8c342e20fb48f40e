"""The command line: the same verbs for every server, as root and as a plain user."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from compose.local import cache
from compose.local.__main__ import SERVERS, main
from compose.local.database import Database
from compose.local.java import NoJava
from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL
from compose.local.redis import Redis

ROOT = Path(__file__).parents[3]
NOBODY = 65534  # the number that Linux gives to whom it knows nothing about
READS = "dac_read_search"  # root's home, with interpreter and cache in it, may be closed to others
WHO = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"--inh-caps=+{READS}", f"--ambient-caps=+{READS}"]


@pytest.fixture
def plain() -> Iterator[Path]:
    """A folder of a plain user, and its cache: programs from here, templates of its own."""
    place = Path(tempfile.mkdtemp(prefix="canvasback-"))
    (place / "cache").mkdir()
    (place / "cache" / "debian").symlink_to(cache.folder() / "debian")
    if os.geteuid() == 0:
        for path in (place, place / "cache"):
            os.chown(path, NOBODY, NOBODY)
    yield place
    shutil.rmtree(place)


def as_plain_user(place: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as a user who is not root, whoever runs the tests."""
    who = ["setpriv", *WHO] if os.geteuid() == 0 else []
    argv = [*who, sys.executable, "-m", "compose.local", *arguments]
    environment = {"PATH": os.environ["PATH"], "HOME": str(place), "CANVASBACK_CACHE": str(place / "cache")}
    return subprocess.run(argv, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(params=["redis", "s3", "slack", "mariadb"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_server_is_started_asked_and_stopped(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(folder / name)
    try:
        assert main([name, "start", place]) == 0
        assert capsys.readouterr().out.splitlines() == list(SERVERS[name](Path(place)).addresses)
        assert main([name, "status", place]) == 0
        assert f"{name} in {place}: runs, pid " in capsys.readouterr().out
    finally:
        assert main([name, "stop", place]) == 0
    assert main([name, "status", place]) == 3
    assert capsys.readouterr().out == f"{name} in {place}: does not run\n"


def test_the_printed_lines_are_an_environment(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        main(["redis", "start", str(folder)])
        script = f"{capsys.readouterr().out}echo got $REDIS_URL"
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
        assert done.stdout == f"got {Redis(folder).url}\n"
    finally:
        main(["redis", "stop", str(folder)])


def test_stopping_what_does_not_run_is_no_mistake(folder: Path) -> None:
    assert main(["redis", "stop", str(folder)]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["redis"],
        ["redis", "start"],
        ["oracle", "start", "x"],
        ["redis", "restart", "x"],
        ["fetch", "mysql"],
        ["redis", "start", "x", "y"],
    ],
)
def test_what_is_no_command_prints_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(
        "usage: python -m compose.local elasticsearch|mariadb|mysql|redis|s3|slack start|stop|status FOLDER\n"
    )


def test_a_server_that_will_not_start_shows_its_log(folder: Path, redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "server.port").write_text(str(redis.port))
    assert main(["redis", "start", str(folder)]) == 1
    assert "Address already in use" in capsys.readouterr().err


def test_fetching_what_is_there_needs_no_network_and_says_nothing(
    mysql: MySQL, mariadb: MariaDB, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compose.local.debian._mirror", lambda: "file:/nowhere")
    assert main(["fetch"]) == 0
    assert capsys.readouterr().out == ""


def test_fetching_says_what_it_installs_and_where_and_what_went_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANVASBACK_CACHE", str(folder))
    monkeypatch.setattr("compose.local.debian._mirror", lambda: "file:/nowhere")
    assert main(["fetch"]) == 1
    said = capsys.readouterr()
    assert said.out == f"install   mysql, from Debian sid, into {folder}/debian (private, nothing of the system is touched)\n"
    assert "update -q failed" in said.err


def test_a_plain_user_runs_every_server(database: Database, plain: Path) -> None:
    for server in ("redis", "slack", database.name):
        place = str(plain / server)
        started = as_plain_user(plain, server, "start", place)
        try:
            assert (started.returncode, started.stderr) == (0, "")
            pid = int((Path(place) / "server.pid").read_text())
            assert Path(f"/proc/{pid}").stat().st_uid == (os.geteuid() or NOBODY)
        finally:
            as_plain_user(plain, server, "stop", place)
        assert as_plain_user(plain, server, "status", place).returncode == 3


def test_two_first_starts_at_once_make_one_template(plain: Path) -> None:
    places = [str(plain / name) for name in ("one", "two")]
    try:
        with ThreadPoolExecutor(2) as pool:
            started = list(pool.map(lambda place: as_plain_user(plain, "mariadb", "start", place), places))
        assert [done.stderr for done in started] == ["", ""]
        assert len([path for path in (plain / "cache" / "templates").iterdir() if path.is_dir()]) == 1
    finally:
        for place in places:
            as_plain_user(plain, "mariadb", "stop", place)


def test_without_java_fetching_says_so_aloud_and_in_ci_it_fails(
    mysql: MySQL, mariadb: MariaDB, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> Path:
        raise NoJava("no Java here")

    monkeypatch.setattr("compose.local.elasticsearch.program", none)
    monkeypatch.delenv("CI", raising=False)
    assert main(["fetch"]) == 0
    assert capsys.readouterr().err == "MISSING   elasticsearch, and its tests are skipped: no Java here\n"
    monkeypatch.setenv("CI", "true")
    assert main(["fetch"]) == 1
