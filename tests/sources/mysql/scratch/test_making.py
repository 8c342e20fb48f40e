"""An empty data folder."""

from pathlib import Path

import pytest

from workers.errors import Permanent
from workers.sources.mysql.scratch.binaries import Binaries
from workers.sources.mysql.scratch.making import make
from workers.sources.mysql.tools import Flavour, Tool


def test_a_failing_program_is_told_in_its_own_words(tmp_path: Path) -> None:
    path = tmp_path / "mysqld"
    path.write_text("#!/bin/sh\necho disk is full >&2\nexit 1\n")
    path.chmod(0o755)
    tool = Binaries(Tool(path, Flavour.MYSQL, "9.7.0"), tmp_path, tmp_path, None)
    with pytest.raises(Permanent, match=f"{path}, making a data folder for a scratch server, ended, for its disk is full: disk is full"):
        make(tool, tmp_path / "making.cnf", tmp_path / "data")


def test_an_installation_without_its_scripts_is_told_by_name(tmp_path: Path) -> None:
    tool = Binaries(Tool(tmp_path / "mariadbd", Flavour.MARIADB, "11.4.0"), tmp_path, tmp_path, None)
    with pytest.raises(Permanent, match=f"{tmp_path} holds no mariadb_system_tables.sql"):
        make(tool, tmp_path / "making.cnf", tmp_path / "data")
