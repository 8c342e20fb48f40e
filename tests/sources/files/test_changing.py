"""A tree that changes all the while: every file in a backup is one of its states, or flagged."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from tests.sources.files.hands import Hands
from tests.waiting import until
from workers.command import die_with_parent

RECORD = 4096
ENOUGH = 8  # backups, where a machine is so slow that 3 seconds give fewer
SIZES = (0, 1, 3, 16, 40, 700)  # records; the last is larger than a block


def record(version: int) -> bytes:
    """4096 bytes that all say the same."""
    return b"%08d" % version * (RECORD // 8)


def writer(root: Path, seed: int) -> None:
    """Change files for ever. Names that begin with `o` are only overwritten as a whole, those with `a` only appended to."""
    die_with_parent()
    random, version = Random(seed), 0
    root /= str(seed)  # of its own: two writers of one file would make states that neither knows
    for name in "xyz":
        (root / name).mkdir(parents=True)
    while True:
        version += 1
        time.sleep(random.choice((0, 0, 0, 0, 0.02)))
        kind = random.choice("oa")
        path, other = (root / random.choice("xyz") / f"{kind}{random.randrange(4)}" for _ in range(2))
        with suppress(OSError):
            what = random.choice(("write", "write", "write", "shrink", "rename", "remove", "replace"))
            if what == "write":
                flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if kind == "a" else 0)
                fd = os.open(path, flags)
                size = max(1, os.fstat(fd).st_size // RECORD or random.choice(SIZES)) if kind == "o" else 1
                os.write(fd, record(version) * size)
                os.close(fd)
            elif what == "shrink":
                os.truncate(path, path.stat().st_size // RECORD // 2 * RECORD)
            elif what == "rename":
                path.rename(other)
            elif what == "remove" and version % 3 == 0:
                path.unlink()
            elif what == "replace":
                (root / "new").write_bytes(record(version) * random.choice(SIZES))
                (root / "new").rename(path)


def is_state(name: str, data: bytes) -> bool:
    """Whether some moment saw a file like this: whole records that all say the same, or, where it is appended to, each for itself."""
    records = [data[start : start + RECORD] for start in range(0, len(data), RECORD)]
    whole = all(len(one) == RECORD and one == one[:8] * (RECORD // 8) for one in records)
    return whole and (name.startswith("a") or len({one[:8] for one in records}) <= 1)


@contextmanager
def changing(root: Path, seed: int) -> Iterator[None]:
    """Two writers at work, each of which has made something already; gone at the end."""
    seeds = (seed, seed + 1)
    spawn = multiprocessing.get_context("spawn")  # a fork of a process with threads may wait for ever for a lock that one of them held
    children = [spawn.Process(target=writer, args=(root, own), daemon=True) for own in seeds]
    for child in children:
        child.start()
    try:
        until(lambda: all(any((root / str(own)).glob("?/??")) for own in seeds), 60)
        yield
    finally:
        for child in children:
            child.kill()
            child.join()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_file_in_a_backup_of_a_changing_tree_is_one_of_its_states_or_flagged(tmp_path, seed):
    hands = Hands(tmp_path / "root", tmp_path / "work", {"allow_empty": True})
    for folder in ("root", "work"):
        (tmp_path / folder).mkdir()
    with changing(hands.root, seed):
        backups, end = [hands.full()], time.monotonic() + 3
        while time.monotonic() < end or len(backups) < ENOUGH:
            backups.append(hands.since(backups[-1]))
    seen = flagged = 0
    for number, backup in enumerate(backups):
        out = tmp_path / f"out{number}"
        hands.restore(backup, out)
        for entry in backup.index:
            if entry.body is not None and not entry.path.endswith("new"):
                seen, flagged = seen + 1, flagged + bool(entry.problem)
                name = entry.path.rpartition("/")[2]
                assert entry.problem or is_state(name, (out / entry.path).read_bytes()), entry
    assert seen > 50
    assert flagged < seen
