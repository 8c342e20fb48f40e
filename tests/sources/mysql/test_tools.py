"""Client programs are known by what they print."""

from pathlib import Path

import pytest

from workers.errors import Permanent
from workers.sources.mysql.tools import Flavour, Program, examine, find

MYSQL = "mysqldump  Ver 9.7.4-2 for Linux on x86_64 ((Debian))"
MARIA = "mysqldump  Ver 10.19 Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)"
MARIA_11 = "mariadb-dump from 11.4.2-MariaDB, client 10.19 for Linux (x86_64)"


def _program(folder: Path, name: str, says: str, status: int = 0) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("says", "flavour", "version"),
    [(MYSQL, Flavour.MYSQL, "9.7.4-2"), (MARIA, Flavour.MARIADB, "10.11.19-MariaDB"), (MARIA_11, Flavour.MARIADB, "11.4.2-MariaDB")],
)
def test_flavour_and_version_are_what_it_prints_not_its_name(tmp_path: Path, says: str, flavour: Flavour, version: str) -> None:
    tool = examine(_program(tmp_path, "mysqldump", says))
    assert (tool.flavour, tool.version) == (flavour, version)


def test_a_mix_of_flavours_is_refused_by_name(tmp_path: Path) -> None:
    path = _program(tmp_path, "mysqldump", MARIA)
    with pytest.raises(Permanent, match=f"the server is mysql, but {path} is mariadb 10.11.19-MariaDB: they cannot be mixed"):
        find(Program.DUMP, Flavour.MYSQL, tmp_path)


def test_the_fitting_one_of_two_is_taken(tmp_path: Path) -> None:
    _program(tmp_path, "mysqldump", MYSQL)
    _program(tmp_path, "mariadb-dump", MARIA_11)
    assert find(Program.DUMP, Flavour.MARIADB, tmp_path).path.name == "mariadb-dump"
    assert find(Program.DUMP, Flavour.MYSQL, tmp_path).path.name == "mysqldump"


def test_an_old_mariadb_is_found_under_its_old_name(tmp_path: Path) -> None:
    _program(tmp_path, "mysqldump", MARIA)
    assert find(Program.DUMP, Flavour.MARIADB, tmp_path).version == "10.11.19-MariaDB"


def test_no_program_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Permanent, match=f"no mariadb or mysql in {tmp_path}; install the mariadb client"):
        find(Program.CLIENT, Flavour.MARIADB, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Permanent, match="no mysqldump on PATH"):
        find(Program.DUMP, Flavour.MYSQL, None)


@pytest.mark.parametrize(("says", "status"), [("hello", 0), (MYSQL, 1)])
def test_something_else_under_the_name_is_refused(tmp_path: Path, says: str, status: int) -> None:
    with pytest.raises(Permanent, match="not a client of MySQL or MariaDB"):
        examine(_program(tmp_path, "mysqldump", says, status))
