"""The repository of BorgBackup: proven, checked, locked, and the way back from it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sources.engine.hands import bring, take, tree
from tests.system import disks
from tests.waiting import until
from workers.errors import Corrupt, Permanent, Refused, Transient
from workers.ports import Share
from workers.sources.borg.locks import host_id, locks
from workers.sources.engine import record
from workers.sources.engine.marks import note

KILLED = """
import sys
from pydantic import SecretStr
from workers.artifact import Kind
from workers.ports import Address
from workers.sources.borg.options import BorgOptions
from workers.sources.borg.source import BorgSource
path, tools, state, cache, place, word = sys.argv[1:]
options = BorgOptions(path=path, tools=tools, state=state, cache=cache)
with BorgSource(options, SecretStr(word), addresses=(Address("nas", "local", place),)).dump(Kind.FULL) as dump:
    list(dump.parts())
"""


def gone(pid):
    """Whether nobody lives under that number; where nobody reaps orphans, what is left of one stays."""
    return not Path(f"/proc/{pid}").exists() or ") Z " in Path(f"/proc/{pid}/stat").read_text()


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_record_is_proven_against_the_repository(ground, taken):
    ground.source.prove(taken.plain)
    taken.plain.write_bytes(replace(record.read(taken.plain), snapshot="0" * 64).written())
    with pytest.raises(Corrupt, match=r"store nas: .* holds no archive 000000000000"):
        ground.source.prove(taken.plain)


def test_a_flipped_byte_is_found_by_the_last_share_and_the_store_is_named(ground, taken):
    for share in (None, Share(1, 3), Share(3, 3)):
        ground.source.audit(taken.segment, "nas", share)
    flip(ground.pieces[-1])
    with pytest.raises(Corrupt, match=r"store nas: the repository .* is damaged: .*"):
        ground.source.audit(taken.segment, "nas", Share(3, 3))


def test_a_file_of_the_repository_that_is_missing_is_found(ground, taken):
    ground.pieces[-1].unlink()
    with pytest.raises(Permanent, match="store nas: "):
        ground.source.audit(taken.segment, "nas", Share(3, 3))


def test_an_archive_that_was_deleted_is_told(ground, taken):
    ground.borg("delete", f"{ground.repository}::{ground.archives()[0]['name']}")
    with pytest.raises(Corrupt, match=r"store nas: .* does not hold archive"):
        ground.source.audit(taken.segment, "nas", None)


@pytest.fixture
def zombie(made):
    """The number of a process of ours that is dead and that nobody has waited for; it had a mark."""
    child = subprocess.Popen(["sleep", "60"])
    note(made.options.state, child.pid)
    child.kill()
    until(lambda: gone(child.pid))
    yield child.pid
    child.wait()


def test_a_lock_of_a_dead_process_of_ours_that_nobody_waits_for_is_removed(made, zombie, monkeypatch):
    monkeypatch.setattr("workers.sources.borg.repository.PATIENCE", 1)
    ours = host_id(made.options.state)
    (made.repository / "lock.exclusive").mkdir()
    (made.repository / "lock.exclusive" / f"{ours}.{zombie}-0").touch()
    (made.repository / "lock.roster").write_text(json.dumps({"shared": [], "exclusive": [[ours, zombie, 0]]}))
    take(made)
    assert not (made.repository / "lock.exclusive").exists()


def test_a_reader_of_ours_that_is_dead_is_struck_off_and_one_of_a_stranger_stays(made, zombie, monkeypatch):
    monkeypatch.setattr("workers.sources.borg.repository.PATIENCE", 1)
    roster, ours = made.repository / "lock.roster", host_id(made.options.state)
    roster.write_text(json.dumps({"shared": [[ours, zombie, 0], ["other@1", zombie, 0]], "exclusive": []}))
    with pytest.raises(Transient, match=f"locked by process {zombie} of other since"):
        take(made)
    assert json.loads(roster.read_text())["shared"] == [["other@1", zombie, 0]]
    roster.write_text(json.dumps({"shared": [[ours, zombie, 0]], "exclusive": []}))
    made.homes.first.ask("compact", made.homes.first.place)
    assert locks(made.repository) == ()


@pytest.mark.parametrize("victim", ["worker", "borg"])
def test_after_a_kill_in_mid_backup_the_next_is_whole_and_the_stale_lock_is_gone(made, victim):
    (made.path / "big.bin").write_bytes(os.urandom(60 << 20))
    argv = [sys.executable, "-c", KILLED, *(str(getattr(made.options, name)) for name in ("path", "tools", "state", "cache"))]
    child = subprocess.Popen([*argv, str(made.repository), made.word])
    until(lambda: locks(made.repository) and locks(made.repository)[0].pid)
    pid = locks(made.repository)[0].pid
    os.kill(child.pid if victim == "worker" else pid, signal.SIGKILL)
    child.wait()
    until(lambda: gone(pid))
    assert [lock.pid for lock in locks(made.repository)] == [pid]
    taken = take(made)
    made.source.audit(taken.segment, "nas", Share(1, 1))
    assert locks(made.repository) == ()
    assert len(made.archives()) == 1


def test_a_lock_of_a_stranger_is_named_and_never_removed(ground, taken, monkeypatch):
    """Left by a process of this host that is gone, of which nobody has a mark: BorgBackup itself would have broken it."""
    monkeypatch.setattr("workers.sources.borg.repository.PATIENCE", 1)
    dead = subprocess.Popen(["true"])
    dead.wait()
    place = ground.repository / "lock.exclusive"
    place.mkdir()
    host = socket.gethostname()
    (place / f"{host}@{uuid.getnode()}.{dead.pid}-0").touch()  # as BorgBackup names it, where nobody tells it another name
    with pytest.raises(Transient, match=rf"store nas: .* is locked by process {dead.pid} of {host} since 2.*borg break-lock"):
        take(ground)
    assert list(place.iterdir())


def test_who_holds_a_repository_is_read_from_its_files(tmp_path):
    assert locks(tmp_path) == ()
    (tmp_path / "lock.exclusive").mkdir()
    assert "nobody that it names since" in str(locks(tmp_path)[0])
    (tmp_path / "lock.exclusive/db1@12345.678-a").touch()
    (tmp_path / "lock.roster").write_text('{"shared": [["files1@99", 77, 0]], "exclusive": []}')
    writer, reader = locks(tmp_path)
    assert (writer.host, writer.pid, reader.host, reader.pid) == ("db1", 678, "files1", 77)


def test_the_name_in_our_locks_is_one_for_ever_and_of_this_machine_alone(tmp_path):
    first = host_id(tmp_path / "state")
    assert host_id(tmp_path / "state") == first
    assert host_id(tmp_path / "another") != first
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["host"]
    (tmp_path / "lock.exclusive").mkdir()
    (tmp_path / f"lock.exclusive/{first}.678-a").touch()
    assert [(lock.host, lock.pid) for lock in locks(tmp_path)] == [(socket.gethostname(), 678)]


def test_everything_comes_back_with_modes_and_links(made):
    (made.path / "second name").hardlink_to(made.path / "report.pdf")
    taken = take(made)
    (made.path / "left.tmp").unlink()
    outcome = bring(made, taken, taken.order(made.root / "restored"))
    assert tree(made.root / "restored") == tree(made.path)
    assert (made.root / "restored/second name").samefile(made.root / "restored/report.pdf")
    assert [(count.name, count.rows) for count in outcome.counts] == [("files", 22)]


def test_over_the_present_folder_what_stands_there_is_moved_aside(ground, taken):
    (ground.path / "report.pdf").write_text("spoilt")
    bring(ground, taken, taken.order(ground.path, confirm="uploads"))
    assert (ground.path / "report.pdf").read_text() == "a report"
    (aside,) = ground.root.glob("uploads.before-*")
    assert (aside / "report.pdf").read_text() == "spoilt"


def test_single_files_come_back_and_a_name_that_is_not_there_is_refused(ground, taken):
    into = ground.root / "restored"
    bring(ground, taken, taken.order(into, objects=("avatars/1*.png", "report.pdf")))
    assert len([path for path in into.rglob("*") if path.is_file()]) == 12
    with pytest.raises(Refused, match=r"nowhere\.txt: nothing of that name is in backup"):
        bring(ground, taken, taken.order(ground.root / "other", objects=("nowhere.txt",)))
    assert not (ground.root / "other").exists()


def test_a_damaged_repository_gives_nothing_and_the_present_folder_stays(ground, taken):
    before = tree(ground.path)
    flip(ground.pieces[-1])
    with pytest.raises(Permanent, match="store nas: "):
        bring(ground, taken, taken.order(ground.path, confirm="uploads"))
    assert tree(ground.path) == before
    assert [list(path.iterdir()) for path in ground.root.glob(".canvasback-*")] == [[]]


def test_a_store_that_is_full_is_told_as_such(made):
    (made.path / "big.bin").write_bytes(os.urandom(8 << 20))
    shutil.copytree(made.repository / "data", made.root / "data")
    with disks.small(made.repository / "data", "4m") as disk:
        shutil.copytree(made.root / "data", disk, dirs_exist_ok=True)
        with pytest.raises(Permanent, match=r"store nas: .* is full: .*make room"):
            take(made)


def wrong(ground):
    return [f"{found.what}: {found.found} {found.remedy}" for found in ground.source.check() if not found.ok]


def test_a_doctor_finds_everything_well_before_and_after_the_first_backup(ground, kept):
    assert wrong(ground) == []
    assert not ground.repository.exists()
    kept(ground)
    assert wrong(ground) == []
    assert {found.what for found in ground.source.check()} == {"folder", "program", "repository in nas", "room in nas"}


def test_a_doctor_names_what_is_wrong(made):
    (said,) = wrong(replace(made, word="wrong"))
    assert "does not open with the secret" in said
    empty = made.root / "no tools"
    empty.mkdir()
    folder, program = wrong(made.with_(tools=empty, path=made.root / "nowhere"))
    assert "mount its disk" in folder
    assert f"no borg in {empty}: install it on this host" in program
    (away,) = wrong(replace(made, addresses=(replace(made.addresses[0], fault="store nas: is it mounted?"),)))
    assert "is it mounted" in away
