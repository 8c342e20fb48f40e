"""Where the server program of a host is."""

from pathlib import Path

import pytest

from workers.errors import Refused
from workers.sources.mysql.scratch.binaries import find
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.tools import Flavour


def program(folder: Path, name: str, says: str) -> Path:
    folder.mkdir(parents=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def test_the_program_is_found_with_the_files_that_belong_to_it(wish: Wish) -> None:
    found = find(wish.flavour, wish.version, wish.tools)
    assert found.daemon.flavour is wish.flavour
    assert (found.share / "charsets" / "Index.xml").exists()
    assert found.plugins is not None


def test_an_unpacked_archive_is_an_installation(tmp_path: Path) -> None:
    path = program(tmp_path / "mysql-9/bin", "mysqld", "mysqld  Ver 9.9.0 for Linux on x86_64")
    (tmp_path / "mysql-9/share/english").mkdir(parents=True)
    (tmp_path / "mysql-9/share/english/errmsg.sys").touch()
    (tmp_path / "mysql-9/lib/plugin").mkdir(parents=True)
    found = find(Flavour.MYSQL, "9.7.0", path.parent)
    assert (found.base, found.plugins) == (tmp_path / "mysql-9", tmp_path / "mysql-9/lib/plugin")


def test_a_program_without_its_files_is_refused_by_name(tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "mysqld", "mysqld  Ver 99.9.0 for Linux on x86_64")
    with pytest.raises(Refused, match=f"{path} has no folder of messages"):
        find(Flavour.MYSQL, "99.0.0", path.parent)


def test_the_other_flavour_under_the_same_name_is_passed_over(tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "mysqld", "mysqld  Ver 99.9.0-MariaDB for debian-linux-gnu")
    with pytest.raises(Refused, match="no server program of mysql 99"):
        find(Flavour.MYSQL, "99.0.0", path.parent)
