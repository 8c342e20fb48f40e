"""Why a server ended is told apart by its own words: its host is never taken for its files, nor its files for its host."""

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from compose.local.database import Database
from tests.system import disks
from workers.errors import Corrupt, Failure, Permanent, Transient
from workers.sources.mysql.scratch import ending
from workers.sources.mysql.scratch.binaries import find
from workers.sources.mysql.scratch.copied import DATA, as_it_is
from workers.sources.mysql.scratch.home import furnish
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import scratch


@contextmanager
def little_memory() -> Iterator[None]:
    """Programs that are started in here get no more than 2 GiB."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def bytes_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def why(wish: Wish, place: Path) -> Failure:
    """Why a server does not start on a folder."""
    with pytest.raises(Failure) as caught, as_it_is(wish, place):
        pass
    return caught.value


@pytest.fixture
def wish(wish: Wish, database: Database) -> Wish:
    """Of the very version of the programs."""
    return replace(wish, version=find(wish.flavour, wish.version, wish.tools).daemon.version)


@pytest.fixture
def place(wish: Wish, database: Database) -> Path:
    """The folder of a server that ended well."""
    found = wish.parent / "alone"
    found.mkdir()
    furnish(found)
    shutil.copytree(database._template(), found / DATA, symlinks=True)
    return found


def test_want_of_memory_is_told_from_files_and_may_pass(wish: Wish, place: Path) -> None:
    with little_memory():
        failure = why(replace(wish, memory=4 << 30), place)
    assert (type(failure), "ended, for this host has too little free memory: " in failure.reason) == (Transient, True), failure.reason
    assert "too little free memory" in ending.blame(None, place, silent=False)


@pytest.mark.only("mariadb")  # which starts sooner
def test_an_option_that_is_not_taken_is_told_from_files(wish: Wish, place: Path) -> None:
    failure = why(replace(wish, extra=(("no_such_option", "1"),)), place)
    assert (type(failure), "for it does not take its options: " in failure.reason) == (Permanent, True), failure.reason
    assert "no_such_option" in ending.blame(None, place, silent=False)


def test_a_disk_that_is_full_is_told_from_files(wish: Wish, place: Path) -> None:
    held = place.with_name("held")
    place.rename(held)
    place.mkdir()
    with disks.small(place, f"{(bytes_of(held) >> 20) + 1}m"):
        shutil.copytree(held, place, symlinks=True, dirs_exist_ok=True)
        failure = why(wish, place)
        assert " is full" in ending.blame(None, place, silent=False)
    assert (type(failure), " is full: " in failure.reason) == (Permanent, True), failure.reason


@pytest.mark.only("mariadb")  # which starts sooner
def test_a_server_that_was_killed_may_live_the_next_time(wish: Wish, place: Path) -> None:
    (place / ending.LOG).write_text("2026-11-26 15:00:04 0 [ERROR] unknown variable 'of=an earlier try'\n")
    with as_it_is(wish, place) as running:
        assert ending.status(running.process, silent=not running.answers()) is None
        assert ending.blame(running.process, place, silent=False) == ""
        running.process.kill()
        status = ending.status(running.process, silent=not running.answers())
        assert status == -9
        assert isinstance(ending.failure("it", status, "", place), Transient)
        assert "killed by signal 9" in ending.blame(running.process, place, silent=True)


@pytest.mark.only("mariadb")
def test_no_data_folder_is_made_by_a_program_that_was_killed_and_it_may_be_tried_again(wish: Wish, tmp_path: Path) -> None:
    assert wish.tools is not None
    real = find(wish.flavour, wish.version, wish.tools).daemon.path
    fake = tmp_path / "usr" / "bin" / real.name
    fake.parent.mkdir(parents=True)
    fake.write_text(f'#!/bin/sh\ntest "$1" = --version && exec {real} --version\nkill -9 $$\n')
    fake.chmod(0o755)
    (tmp_path / "usr" / "share").symlink_to(find(wish.flavour, wish.version, wish.tools).share.parent)
    with pytest.raises(Transient, match="making a data folder for a scratch server, ended, for it was killed by signal 9"):  # noqa: SIM117
        with scratch(replace(wish, tools=fake.parent)):
            pass


@pytest.mark.only("mariadb")
@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (-11, "[ERROR] InnoDB: Database page corruption on disk or a failed read of file './shop/posts.ibd'", Corrupt),
        (1, "[ERROR] [MY-012224] [InnoDB] Checksum mismatch in datafile: ./ibdata1", Corrupt),
        (-6, "it told of no error", Permanent),
        (1, "[ERROR] Table './mysql/db' is marked as crashed and last repair failed (errno: 144)", Corrupt),
        (1, "[ERROR] [InnoDB] Operating system error number 13 in a file operation.", Permanent),
        (1, "[ERROR] [MY-012930] [InnoDB] Plugin initialization aborted with error Data structure corruption.", Corrupt),
        (1, "[ERROR] InnoDB: Plugin initialization aborted with error Data structure corruption", Corrupt),
        (1, "[ERROR] [MY-010259] [Server] Another process with pid 9699 is using unix socket file.", Transient),
        (127, "error while loading shared libraries: libaio.so.1: cannot open shared object file", Permanent),
        (1, "[ERROR] InnoDB: Could not set the file size of './ibdata1'. Probably out of disk space", Permanent),
        (-6, "terminate called after throwing an instance of 'std::bad_alloc'", Transient),
        (0, "it told of no error", Transient),
        (-15, "Database page corruption", Transient),
        (2, "[ERROR] mariadbd: Out of memory (Needed 128917504 bytes)", Transient),
        (1, "[ERROR] InnoDB: Unable to lock ./ibdata1 error: 11", Transient),
    ],
)
def test_words_of_servers_are_understood(tmp_path: Path, status: int, said: str, kind: type[Failure]) -> None:
    assert type(ending.failure("it", status, said, tmp_path)) is kind


@pytest.mark.only("mariadb")
def test_what_it_says_of_errors_holds_no_page_that_was_printed_before(tmp_path: Path) -> None:
    log = tmp_path / "error.log"
    assert ending.last_words(log) == "it said nothing"
    log.write_text(
        "len 16384; hex 62; asc secret2026-11-26T15:00:04.041348Z 0 [ERROR] [InnoDB] one\n2026-11-26 15:00:05 0 [ERROR] two\nmore [Note]\n"
    )
    assert ending.last_words(log) == "2026-11-26T15:00:04.041348Z 0 [ERROR] [InnoDB] one | 2026-11-26 15:00:05 0 [ERROR] two"
    log.write_text("2026-11-26 15:00:04 0 [Note] fine\n")
    assert ending.last_words(log) == "it told of no error"


@pytest.mark.only("mariadb")
def test_notes_and_warnings_of_a_host_that_is_well_are_no_reason(tmp_path: Path) -> None:
    told = "\n".join(("[Warning] queue failed with errno 12", "[ERROR] Database page corruption", "len 16; hex 62; asc b", "[Note] x"))
    assert ending.serious(told.encode()) == "[ERROR] Database page corruption"
    assert type(ending.failure("it", 1, ending.serious(told.encode()), tmp_path)) is Corrupt


@pytest.mark.only("mariadb")
def test_a_server_that_ended_without_a_word_has_not_judged_its_files_and_one_that_named_them_has(tmp_path: Path) -> None:
    assert ending.blame(None, tmp_path, silent=False) == ""
    (tmp_path / ending.LOG).write_text("2026-11-26 15:00:04 0 [Note] fine\n")
    assert ending.blame(None, tmp_path, silent=False) == "the scratch server ended, and said nothing against its files"
    (tmp_path / ending.LOG).write_text("2026-11-26 15:00:04 0 [ERROR] InnoDB: Database page corruption on disk\n")
    assert ending.blame(None, tmp_path, silent=False) == ""
    (tmp_path / ending.READY).write_text("mariadb-backup: Error writing file 'x' (Errcode: 28 \"No space left on device\")")
    assert "its disk is full" in ending.blame(None, tmp_path, silent=False)
