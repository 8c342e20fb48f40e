"""Which programs a machine offers: Debian's packages first, the system's own where there is no apt."""

from pathlib import Path

import pytest

from compose.local import restic
from compose.local.debian import Bundle, NoPackages
from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL
from compose.local.programs import folder, installed, programs


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without apt; what the folder holds is installed."""
    (tmp_path / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CANVASBACK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("compose.local.programs.ELSEWHERE", ())
    return tmp_path


@pytest.fixture
def tools() -> Path:
    """The folder of restic, fetched before the machine loses apt."""
    return restic.tools()


def test_debians_packages_come_with_their_own_paths(mariadb: MariaDB) -> None:
    found = programs(mariadb.bundle)
    assert found.root
    assert (found.daemon.parent, found.share.is_dir(), found.share.is_relative_to(found.root)) == (found.tools, True, True)


def test_without_apt_the_systems_server_is_taken(mariadb: MariaDB, system: Path) -> None:
    for tool in mariadb.bundle.programs:
        (system / tool).symlink_to(mariadb.tools / tool)
    found = programs(mariadb.bundle)
    assert (found.daemon, found.tools, found.root) == (system / "mariadbd", system, None)


def test_a_server_outside_of_the_path_is_found_too(mariadb: MariaDB, system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compose.local.programs.ELSEWHERE", (str(mariadb.tools),))
    found = installed(mariadb.bundle)
    assert found
    assert found.daemon == mariadb.tools / "mariadbd"


def test_mariadb_under_mysqls_name_is_not_mysql(mariadb: MariaDB, system: Path) -> None:
    for tool in MySQL.bundle.programs:
        (system / tool).symlink_to(mariadb.tools / "mariadbd")
    assert installed(MySQL.bundle) is None


def test_a_server_without_its_clients_is_not_enough(mariadb: MariaDB, system: Path) -> None:
    (system / "mariadbd").symlink_to(mariadb.tools / "mariadbd")
    with pytest.raises(NoPackages, match="this machine has no apt"):
        programs(mariadb.bundle)


def test_the_flavours_have_different_versions(mysql: MySQL, mariadb: MariaDB) -> None:
    versions = [server.programs.version for server in (mysql, mariadb)]
    assert ["MariaDB" in version for version in versions] == [False, True]


def test_no_bundle_hides_another_ones_programs() -> None:
    bundles: list[Bundle] = [MySQL.bundle, MariaDB.bundle]
    assert not set(bundles[0].programs) & set(bundles[1].programs)


def test_what_is_no_server_comes_from_debian_too_or_from_the_path(tools: Path, system: Path) -> None:
    (system / "restic").symlink_to(tools / "restic")
    assert folder(restic.BUNDLE) == system
    (system / "restic").unlink()
    with pytest.raises(NoPackages, match="restic comes from Debian's packages, and this machine has no apt"):
        folder(restic.BUNDLE)
