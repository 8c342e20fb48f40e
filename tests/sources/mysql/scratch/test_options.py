"""The option file of a scratch server."""

from pathlib import Path

import pytest

from workers.sources.mysql.scratch import options
from workers.sources.mysql.scratch.binaries import Binaries
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.tools import Flavour, Tool

PROGRAM = Binaries(Tool(Path("/usr/sbin/mysqld"), Flavour.MYSQL, "9.7.4"), Path("/usr"), Path("/usr/share/mysql"), None)


def test_its_id_is_never_the_live_servers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    drawn = iter([96, 96, 4])
    monkeypatch.setattr("secrets.randbelow", lambda _: next(drawn))
    found = options.lines(Wish(tmp_path, Flavour.MYSQL, "9.7.0", server_id=97), PROGRAM, tmp_path)
    assert found["server_id"] == "5"


def test_what_the_live_server_says_of_names_counts_from_the_first_start(tmp_path: Path) -> None:
    wish = Wish(tmp_path, Flavour.MYSQL, "9.7.0", extra=(("lower_case_table_names", "1"),))
    assert options.making(wish, PROGRAM, tmp_path)["lower_case_table_names"] == "1"
    assert options.lines(wish, PROGRAM, tmp_path)["lower_case_table_names"] == "1"


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = options.write(tmp_path / "my.cnf", {"socket": "/s"})
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("[mysqld]\nsocket=/s\n", 0o600)
