"""A dump says what it read, what it could not, and what of it changed meanwhile."""

import os
import shutil
import socket
import stat
import subprocess
import time
from io import BufferedWriter
from pathlib import Path

import pytest

from tests.sources.files.conftest import TICK
from tests.system import disks
from workers.artifact import Kind, Role
from workers.errors import Permanent, Refused
from workers.sources.files.entry import Entry, Stat, Type
from workers.sources.files.spooled import SpooledIndex


def test_all_data_segments_together_are_one_tar_that_gnu_tar_unpacks(hands, tmp_path):
    archive, out = hands.full().tar(tmp_path / "a.tar"), tmp_path / "out"
    out.mkdir()
    done = subprocess.run(["tar", "-xpf", archive, "-C", out], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(["diff", "-r", "--no-dereference", hands.root, out], capture_output=True, text=True, check=False)
    assert [line for line in done.stdout.splitlines() if "fifo" not in line] == []
    assert (out / "first").stat().st_ino == (out / "a/second").stat().st_ino
    assert (out / "sparse").stat().st_blocks < 1000
    assert (out / "a/run.sh").stat().st_mode & 0o7777 == 0o4755


def test_a_missing_or_empty_folder_is_refused_unless_that_is_allowed(hands):
    shutil.rmtree(hands.root)
    with pytest.raises(Refused, match="is it mounted"):
        hands.full()
    hands.root.mkdir()
    with pytest.raises(Refused, match="allow_empty"):
        hands.full()
    hands.options["allow_empty"] = True
    assert [count.name for count in hands.full().facts.counts] == ["folders"]


def test_a_folder_of_which_the_rules_take_nothing_is_no_backup(hands):
    hands.options["exclude"] = ["*"]
    with pytest.raises(Permanent, match="nothing that the rules take"):
        hands.full()


def test_sockets_are_noted_and_left_out(hands):
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(hands.root / "sock"))
    backup = hands.full()
    assert backup.facts.warnings == ("sock: a socket, left out",)
    assert (backup.entry("sock").stat.type, backup.entry("sock").restorable) == (Type.SOCKET, False)


def test_a_file_above_the_limit_is_left_out_with_a_warning(hands):
    hands.options["largest"] = "1MiB"
    warnings = hands.full().facts.warnings
    assert warnings == ("large: left out: larger than 1MiB", "sparse: left out: larger than 1MiB")


def test_a_file_that_may_not_be_read_is_named_and_stays_in_the_index(hands, nobody):
    (hands.root / "first").chmod(0)
    hands.root.joinpath("a", "deep").chmod(0)
    with nobody(hands.root):
        backup = hands.full()
    assert backup.facts.warnings == (
        "a/deep: cannot be read, nor what is in it: Permission denied",
        "a/second: cannot be read: Permission denied",
        "first: cannot be read: Permission denied",
    )
    assert not backup.entry("first").restorable


def test_where_the_plan_wants_all_of_it_names_that_cannot_be_read_fail_the_backup(hands, nobody):
    hands.options["unreadable"] = "fail"
    hands.full()
    for number in range(7):
        (hands.root / f"secret{number}").touch(mode=0)
    with nobody(hands.root), pytest.raises(Permanent, match=r"7 names could not be read: secret0: .*secret4: .* and 2 more; unreadable ="):
        hands.full()


def test_where_the_plan_wants_one_moment_a_file_that_changed_fails_the_backup(hands):
    hands.options |= {"changing": "fail", "unreadable": "fail", "largest": "10GiB"}
    with hands.source.dump(Kind.FULL) as dump:
        for part in dump.parts():
            for _ in part.blocks:
                with (hands.root / "large").open("ab") as file:
                    file.write(b"more")
        with pytest.raises(Permanent, match=r'1 names changed while they were read: large: .*; changing = "warn"'):
            dump.facts()


def test_a_file_that_grows_while_it_is_read_is_flagged_and_the_archive_stays_whole(hands, tmp_path):
    large = hands.root / "large"
    with hands.source.dump(Kind.FULL) as dump:
        parts = dump.parts()
        archive = b""
        for block in next(parts).blocks:
            archive += block.data
            with large.open("ab") as file:
                file.write(b"more")
        list(next(parts).blocks)
        warnings = dump.facts().warnings
    (tmp_path / "a.tar").write_bytes(archive)
    assert warnings == ("large: changed while it was read",)
    assert subprocess.run(["tar", "-tf", tmp_path / "a.tar"], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_a_file_that_shrinks_while_it_is_read_is_filled_up_and_flagged(hands):
    large = hands.root / "large"
    size = large.stat().st_size
    with hands.source.dump(Kind.FULL) as dump:
        parts = dump.parts()
        for block in next(parts).blocks:
            if b"large" in block.data[:512]:
                os.truncate(large, 10)
        list(next(parts).blocks)
        assert dump.facts().warnings == ("large: changed while it was read",)
    assert size > 10


def test_a_small_file_that_was_just_written_is_looked_at_once_more_and_then_sure(hands):
    (hands.root / "new").write_text("one")
    first = hands.full()
    assert first.facts.warnings == ()
    assert hands.since(first).packed == 0


def test_a_large_file_that_was_just_written_is_flagged_and_read_again_next_time(hands):
    (hands.root / "new").write_bytes(b"x" * 2_000_000)
    first = hands.full()
    assert [warning[:9] for warning in first.facts.warnings] == ["new: writ"]
    time.sleep(TICK)
    second = hands.since(first)
    assert second.entry("new").body.stream != first.entry("new").body.stream
    assert second.facts.warnings == ()


def test_what_is_mounted_elsewhere_is_not_entered(hands):
    hands.root = Path("/dev")
    assert (hands.root / "shm").is_mount()
    hands.options = {"include": ["null"], "allow_empty": True}
    paths = [entry.path for entry in hands.full().index]
    assert "shm" in paths
    assert not any(path.startswith("shm/") for path in paths)


def test_a_disk_that_is_mounted_inside_is_entered_only_where_that_is_asked_for_and_a_bind_mount_always(hands, tmp_path):
    with disks.small(hands.root / "disk", "64k") as disk, disks.bound(hands.root / "same", hands.root / "a"):
        (disk / "f").touch()
        made = hands.full()
        assert {"disk", "same", "same/empty"} == {entry.path for entry in made.index} & {"disk", "disk/f", "same", "same/empty"}
        assert made.facts.warnings == ("disk: another file system is mounted there, and left out",)
        hands.options["one_file_system"] = False
        assert hands.full().entry("disk/f").restorable


def test_a_root_that_is_a_file_is_refused(hands):
    hands.root = hands.root / "first"
    with pytest.raises(Refused, match="cannot be backed up: Not a directory"):
        hands.full()


def test_a_device_is_noted_and_left_out(hands):
    os.mknod(hands.root / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    backup = hands.full()
    assert backup.facts.warnings == ("null: a device, left out",)
    assert not backup.entry("null").restorable


def test_ten_thousand_problems_do_not_fill_the_manifest(hands):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(hands.root / "s"))
        for number in range(300):
            os.link(hands.root / "s", hands.root / f"s{number}")
    warnings = hands.full().facts.warnings
    assert (len(warnings), warnings[-1]) == (201, "101 more: a socket, left out")


def test_one_stream_is_named_by_every_block(hands):
    backup = hands.full()
    names = [name for segment, _ in backup.of(Role.DATA) for name in segment.objects]
    assert [int(name.partition("@")[2]) for name in names] == sorted(int(name.partition("@")[2]) for name in names)
    assert {name.partition("@")[0] for name in names} == {dict(backup.facts.extras)["stream"]}


def test_a_further_name_of_a_file_that_changed_since_its_first_was_read_is_flagged(hands):
    os.link(hands.root / "first", hands.root / "third")
    time.sleep(TICK)
    with hands.source.dump(Kind.FULL) as dump:
        parts = dump.parts()
        blocks = next(parts).blocks
        next(blocks)  # `a/second` is read by now; `large` comes before `third`, the same inode
        with (hands.root / "first").open("ab") as file:
            file.write(b" and more")
        list(blocks)
        list(next(parts).blocks)
        assert dump.facts().warnings == ("third: changed while it was read",)


def test_an_index_that_finds_no_room_ends_the_dump_in_words():
    with Path("/dev/full").open("wb", buffering=0) as full:
        index = SpooledIndex(BufferedWriter(full))
        index.add(Entry("", Stat(Type.FOLDER)))
        with pytest.raises(Permanent, match="index of files cannot be written: No space left"):
            index.end()
