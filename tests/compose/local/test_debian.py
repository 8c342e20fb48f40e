"""Debian's packages: only signed ones, only in the private folder, and started with their own C library."""

import hashlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from compose.local import borg, debian
from compose.local.debian import Bundle, NoPackages, prefix
from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL

HELLO = Bundle("hello", "sid", ("hello",), ("hello",))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("CANVASBACK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def unsigned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole repository of one package on this disk, with checksums and without a signature."""
    root, built = tmp_path / "repository", tmp_path / "built"
    index, control = root / "dists/sid/main/binary-amd64", built / "DEBIAN/control"
    for folder in (index, control.parent):
        folder.mkdir(parents=True)
    fields = "Package: hello\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: hello\n"
    control.write_text(fields)
    subprocess.run(["dpkg-deb", "-b", str(built), str(root / "hello.deb")], check=True, capture_output=True)
    deb = (root / "hello.deb").read_bytes()
    packages = f"{fields}Filename: hello.deb\nSize: {len(deb)}\nSHA256: {hashlib.sha256(deb).hexdigest()}\n\n"
    (index / "Packages").write_text(packages)
    line = f" {hashlib.sha256(packages.encode()).hexdigest()} {len(packages)} main/binary-amd64/Packages\n"
    (root / "dists/sid/Release").write_text(f"Suite: sid\nCodename: sid\nArchitectures: amd64\nComponents: main\nSHA256:\n{line}")
    monkeypatch.setattr(debian, "_mirror", lambda: f"file:{root}")
    return root


def test_packages_without_a_signature_are_refused_and_leave_nothing(cache: Path, unsigned: Path) -> None:
    with pytest.raises(NoPackages, match="is not signed"):
        prefix(HELLO)
    assert [path.suffix for path in (cache / "debian").iterdir()] == [".lock"]


def test_a_machines_own_leave_to_skip_signatures_does_not_count(
    cache: Path, unsigned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lax = tmp_path / "lax.conf"
    lax.write_text('Acquire::AllowInsecureRepositories "true"; APT::Get::AllowUnauthenticated "true";')
    monkeypatch.setenv("APT_CONFIG", str(lax))
    with pytest.raises(NoPackages, match="is not signed"):
        prefix(HELLO)


def test_a_mirror_that_does_not_answer_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(debian, "_mirror", lambda: f"file:{tmp_path}/nowhere")
    with pytest.raises(NoPackages, match=f"apt-get .* update .*failed: (.|\n)*{tmp_path}/nowhere"):
        prefix(HELLO)


def test_without_debians_keys_nothing_is_fetched(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(debian, "KEYRING", tmp_path / "keys.gpg")
    with pytest.raises(NoPackages, match=r"keys\.gpg is missing \(package debian-archive-keyring\)"):
        prefix(HELLO)


def test_without_apt_the_way_out_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoPackages, match="hello comes from Debian's packages, and this machine has no apt; install it with"):
        prefix(HELLO)


def test_the_suites_own_c_library_starts_every_tool(mysql: MySQL, mariadb: MariaDB) -> None:
    for server in (mysql, mariadb):
        for tool in server.bundle.programs:
            done = subprocess.run([server.tools / tool, "--no-defaults", "--version"], capture_output=True, text=True, check=False)
            assert (done.returncode, tool in done.stdout + done.stderr) == (0, True)  # mariadb-backup says it on stderr


def test_the_folder_of_tools_holds_only_what_was_asked_for(mysql: MySQL, mariadb: MariaDB) -> None:
    for server in (mysql, mariadb):
        assert {path.name for path in server.tools.iterdir()} == set(server.bundle.programs)


def test_a_folder_with_a_blank_in_its_name_is_no_obstacle(mariadb: MariaDB, tmp_path: Path) -> None:
    place = tmp_path / "a folder"
    for part in ("lib", "usr/bin", "usr/lib/x86_64-linux-gnu"):
        shutil.copytree(mariadb.tools.parent / part, place / part, symlinks=True)
    debian._wrap(place, place, ("mariadb",))
    done = subprocess.run([place / "bin/mariadb", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, "MariaDB" in done.stdout) == (0, True)


def test_a_longer_list_of_programs_is_not_served_from_the_shorter_ones_folder(cache: Path, unsigned: Path) -> None:
    short = cache / "debian" / f"hello-sid-{hashlib.sha256(repr(HELLO).encode()).hexdigest()[:8]}"
    short.mkdir(parents=True)
    assert prefix(HELLO) == short
    with pytest.raises(NoPackages, match="is not signed"):
        prefix(replace(HELLO, programs=("hello", "goodbye")))


def test_a_program_that_the_packages_do_not_hold_is_named(mariadb: MariaDB, tmp_path: Path) -> None:
    shutil.copytree(mariadb.tools.parent / "lib", tmp_path / "lib", symlinks=True)
    with pytest.raises(NoPackages, match="hold no mysqldumper"):
        debian._wrap(tmp_path, tmp_path, ("mysqldumper",))


def test_a_program_in_python_is_started_by_its_own_python_with_its_own_library() -> None:
    done = subprocess.run([borg.tools() / "borg", "--version"], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})
    assert (done.returncode, done.stderr, done.stdout[:7]) == (0, "", "borg 1.")
