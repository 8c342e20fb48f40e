"""Backups against a parent: what changed is packed, what is gone is recorded, and every point of a chain comes back."""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.files.conftest import TICK
from tests.sources.files.hands import Backup, Hands, access, picture
from workers.artifact import Kind
from workers.sources.files import dump

NAMES = ("a", "A", "a-b", "...", "ü\n", os.fsdecode(b"\xff"), "n" * 255)


def test_what_did_not_change_is_not_packed_again(hands):
    first = hands.full()
    second = hands.since(first)
    assert second.packed == 0
    assert second.facts.fingerprint == first.facts.fingerprint
    assert second.facts.counts == first.facts.counts


def test_only_what_changed_is_packed(hands):
    first = hands.full()
    (hands.root / "a" / "deep" / "문서 (1).txt").write_text("다른")
    second = hands.since(first)
    own = dict(second.facts.extras)["stream"]
    assert [entry.path for entry in second.index if entry.body and entry.body.stream == own] == ["a/deep/문서 (1).txt"]
    assert 0 < second.packed < 4096


def test_a_change_that_puts_size_and_mtime_back_is_found_by_its_ctime(hands, tmp_path):
    first, path = hands.full(), hands.root / "a-b"
    found = path.stat()
    path.write_text("SORTED AFTER A/")
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    hands.restore(hands.since(first), tmp_path / "out")
    assert (tmp_path / "out" / "a-b").read_text() == "SORTED AFTER A/"


def test_a_file_copied_with_an_old_time_is_packed(hands, tmp_path):
    first = hands.full()
    shutil.copy2(hands.root / "a-b", hands.root / "copy")
    hands.restore(hands.since(first), tmp_path / "out")
    assert picture(tmp_path / "out") == picture(hands.root)


def test_what_is_gone_is_recorded_and_does_not_come_back(hands, tmp_path):
    first = hands.full()
    shutil.rmtree(hands.root / "a" / "deep")
    (hands.root / "large").unlink()
    second = hands.since(first)
    assert second.gone == {"a/deep", "a/deep/문서 (1).txt", "large"}
    assert dict(second.facts.extras)["gone"] == "3"
    hands.restore(second, tmp_path / "out")
    assert picture(tmp_path / "out") == picture(hands.root)


def test_what_is_gone_is_recorded_once_and_may_come_again(hands, tmp_path):
    first = hands.full()
    (hands.root / "large").unlink()
    third = hands.since(hands.since(first))
    assert third.gone == set()
    (hands.root / "large").write_text("small now")
    hands.restore(hands.since(third), tmp_path / "out")
    assert (tmp_path / "out" / "large").read_text() == "small now"


def test_a_folder_that_became_a_file_comes_back_as_a_file(hands, tmp_path):
    first = hands.full()
    shutil.rmtree(hands.root / "a")
    (hands.root / "a").write_text("a file")
    hands.restore(hands.since(first), tmp_path / "out")
    assert picture(tmp_path / "out") == picture(hands.root)


def test_a_differential_backup_holds_all_since_the_full_one(hands, tmp_path):
    full = hands.full()
    (hands.root / "one").write_text("1")
    time.sleep(TICK)
    second = hands.since(full)
    (hands.root / "two").write_text("2")
    third = hands.since(full, Kind.DIFFERENTIAL)
    own = dict(third.facts.extras)["stream"]
    assert {entry.path for entry in third.index if entry.body and entry.body.stream == own} == {"one", "two"}
    assert second.chain != third.chain
    hands.restore(third, tmp_path / "out")
    assert picture(tmp_path / "out") == picture(hands.root)


def test_a_file_that_a_rule_takes_now_is_packed_and_one_that_it_leaves_out_is_gone(hands):
    hands.options["exclude"] = ["large"]
    first = hands.full()
    hands.options["exclude"] = ["/first"]
    second = hands.since(first)
    assert second.gone == {"first"}
    assert second.entry("large").body.stream == dict(second.facts.extras)["stream"]


def test_another_name_of_a_file_whose_first_name_is_gone_has_its_bytes(hands, tmp_path):
    first = hands.full()
    (hands.root / "a" / "second").unlink()
    hands.restore(hands.since(first), tmp_path / "out")
    assert (tmp_path / "out" / "first").read_bytes() == b"one inode"


def test_another_name_of_a_file_whose_first_name_is_left_out_now_stands_for_itself(hands, tmp_path):
    first = hands.full()
    hands.options["exclude"] = ["/a/second"]
    second = hands.since(first)
    assert (second.entry("first").link, second.packed) == ("", 0)
    hands.restore(second, tmp_path / "out")
    assert (tmp_path / "out" / "first").read_bytes() == b"one inode"


def test_a_file_that_could_not_be_read_is_read_again(hands, nobody):
    (hands.root / "a-b").chmod(0o600)
    with nobody(hands.root):
        first = hands.full()
    second = hands.since(first)
    assert (first.entry("a-b").restorable, second.entry("a-b").restorable) == (False, True)


def test_what_is_left_out_now_or_vanishes_meanwhile_is_recorded_as_gone(hands, monkeypatch):
    first, taken = hands.full(), dump.reading

    def vanishing(seen):
        (hands.root / "a-b").unlink(missing_ok=True)
        return taken(seen)

    (hands.root / "a-b").write_text("gone by then")
    (hands.root / "large").write_bytes(b"larger than the limit")
    hands.options["largest"] = "20B"
    monkeypatch.setattr(dump, "reading", vanishing)
    second = hands.since(first)
    assert second.gone == {"a-b", "large"}
    assert second.facts.warnings == ("a-b: vanished before it was read", "large: left out: larger than 20B")


def owned(root):
    os.chown(root / "a-b", 7, 8)
    os.lchown(root / "link", 7, 8)
    os.chown(root / "a" / "deep", 7, 8)


ALONE = {
    "owner": owned,
    "mode": lambda root: [(root / name).chmod(0o700) for name in ("a-b", "a/deep", "pipe")],
    "attribute": lambda root: [os.setxattr(root / name, "user.note", b"new") for name in ("a-b", "a/deep")],
    "access": lambda root: [os.setxattr(root / name, "system.posix_acl_access", access(user=7)) for name in ("a-b", "a/deep")],
    "inherited": lambda root: os.setxattr(root / "a", "system.posix_acl_default", access(user=7)),
    "time": lambda root: os.utime(root / "link", ns=(0, 5), follow_symlinks=False),
}


@pytest.mark.parametrize("what", ALONE)
def test_a_change_of_nothing_but_what_surrounds_the_bytes_comes_back(hands, tmp_path, what):
    first = hands.full()
    ALONE[what](hands.root)
    second = hands.since(first)
    assert hands.restore(second, tmp_path / "out").warnings == ()
    assert picture(tmp_path / "out") == picture(hands.root)
    assert second.packed < 8192


def test_another_file_with_the_size_and_the_time_of_the_one_before_is_packed(hands, tmp_path):
    first, path = hands.full(), hands.root / "a-b"
    found = path.stat()
    (hands.root / "new").write_text("SORTED AFTER A/")
    os.utime(hands.root / "new", ns=(found.st_atime_ns, found.st_mtime_ns))
    (hands.root / "new").rename(path)
    hands.restore(hands.since(first), tmp_path / "out")
    assert (tmp_path / "out" / "a-b").read_text() == "SORTED AFTER A/"


LINKS = {
    "one name is removed": lambda root: (root / "a/second").unlink(),
    "a name is added": lambda root: os.link(root / "first", root / "a" / "another"),
    "the first name is removed": lambda root: (root / "a/another").unlink(),
    "the file is changed": lambda root: append(root / "first"),
    "a name comes before": lambda root: os.link(root / "first", root / "a" / "0"),
    "one name is another file": lambda root: shutil.copy2(root / "first", root / "x").rename(root / "first"),
    "they are one again": lambda root: [(root / "first").unlink(), os.link(root / "a" / "0", root / "first")],
}


def test_names_of_one_file_come_and_go_over_increments_and_are_one_file_at_each_point(hands, tmp_path):
    points = [(hands.full(), picture(hands.root))]
    for change in LINKS.values():
        change(hands.root)
        points.append((hands.since(points[-1][0]), picture(hands.root)))
    for number, (backup, wanted) in enumerate(points):
        hands.restore(backup, tmp_path / str(number))
        assert picture(tmp_path / str(number)) == wanted
    assert [(tmp_path / str(number) / "first").samefile(tmp_path / str(number) / "a" / "0") for number in (6, 7)] == [False, True]


def test_a_name_that_is_a_folder_a_file_a_link_and_a_pipe_in_turn_is_that_at_each_point(hands, tmp_path):
    points, name = [(hands.full(), picture(hands.root))], hands.root / "a"
    for make in (lambda: name.write_text("file"), lambda: name.symlink_to("a-b"), lambda: os.mkfifo(name), name.mkdir):
        remove(name)
        make()
        points.append((hands.since(points[-1][0]), picture(hands.root)))
    for number, (backup, wanted) in enumerate(points):
        hands.restore(backup, tmp_path / str(number))
        assert picture(tmp_path / str(number)) == wanted


def remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def hide(path: Path, random: Random) -> None:
    """Change a file in its place and take its time back."""
    found = path.stat()
    with path.open("r+b") as file:
        file.write(random.randbytes(min(found.st_size, 6)))
    os.utime(path, ns=(0, found.st_mtime_ns))


STEPS: dict[str, Callable[[Path, Path, Random], object]] = {
    "write": lambda path, _, random: path.write_bytes(random.randbytes(random.choice((0, 1, 600, 5000, 1 << 20, 3_000_000)))),
    "append": lambda path, *_: append(path),
    "touch": lambda path, _, random: os.utime(path, ns=(0, random.randrange(1 << 60)), follow_symlinks=False),
    "chmod": lambda path, _, random: path.chmod(random.choice((0o600, 0o640, 0o755, 0o700))),
    "own": lambda path, _, random: os.chown(path, random.randrange(3), random.randrange(3), follow_symlinks=False),
    "note": lambda path, _, random: os.setxattr(path, "user.note", random.randbytes(2), follow_symlinks=False),
    "allow": lambda path, _, random: os.setxattr(path, "system.posix_acl_access", access(user=random.randrange(9)), follow_symlinks=False),
    "hole": lambda path, *_: os.truncate(path, 1 << 20),
    "folder": lambda path, *_: path.mkdir(),
    "remove": lambda path, *_: remove(path),
    "rename": lambda path, other, _: path.rename(other),
    "link": lambda path, other, _: os.link(path, other, follow_symlinks=False),
    "symlink": lambda path, _, random: path.symlink_to(random.choice(("a", "../b", "/nowhere"))),
    "hide": lambda path, _, random: hide(path, random),
}


def step(root: Path, random: Random, what: str) -> None:
    """Do something to a random name of a tree; what cannot be done is not."""
    folders = [root, *(path for path in root.rglob("*") if path.is_dir() and not path.is_symlink())]
    path, other = (random.choice(folders) / random.choice(NAMES) for _ in range(2))
    with suppress(OSError, shutil.Error):
        STEPS[what](path, other, random)


@pytest.mark.timeout(180)
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1 << 30),
    rounds=st.lists(st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=12), min_size=1, max_size=30),
)
def test_every_point_of_any_chain_is_restored_as_it_was(seed, rounds):
    with TemporaryDirectory() as folder:
        chain_comes_back(Path(folder), Random(seed), rounds)


@pytest.mark.timeout(120)
def test_every_point_of_a_chain_of_thirty_is_restored_as_it_was(tmp_path):
    random = Random(30)
    chain_comes_back(tmp_path, random, [random.choices(sorted(STEPS), k=10) for _ in range(30)])


def chain_comes_back(folder: Path, random: Random, rounds: list[list[str]]) -> None:
    hands = Hands(folder / "root", folder / "work", {"allow_empty": True})
    hands.root.mkdir()
    hands.work.mkdir()
    for _ in range(20):
        step(hands.root, random, random.choice(sorted(STEPS)))
    points: list[tuple[Backup, object]] = [(hands.full(random.choice((1, 2, 9))), picture(hands.root))]
    parent = points[0][0]
    for steps in rounds:
        for what in steps:
            step(hands.root, random, what)
        made = hands.since(*((points[0][0], Kind.DIFFERENTIAL) if random.random() < 0.2 else (parent,)))
        parent = made if made.kind is Kind.INCREMENTAL else parent
        points.append((made, picture(hands.root)))
    for number, (backup, wanted) in enumerate(points):
        hands.restore(backup, folder / f"out{number}")
        assert picture(folder / f"out{number}") == wanted
