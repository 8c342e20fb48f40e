"""A restore over a folder in use that is killed at any moment loses nothing, and the next one ends it."""

import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.sources.files.hands import Backup, Hands, picture
from workers.artifact import Order, Role
from workers.command import die_with_parent
from workers.sources.files.site import site

POINTS = 7  # moments spread over a whole restore; those right before each of its renames come besides
WATCHED = ("os.", "open", "shutil.")  # what is told to an audit hook before it is done


def prepared(folder: Path) -> tuple[Hands, Backup]:
    """A folder that was backed up, and has changed since."""
    hands = Hands(folder / "uploads", folder / "work")
    for name in ("uploads/a/deep", "work"):
        (folder / name).mkdir(parents=True)
    for name in ("a/deep/x", "a/y", "z"):
        (hands.root / name).write_text(f"{name} as it was")
    os.link(hands.root / "z", hands.root / "a" / "z")
    (hands.root / "link").symlink_to("z")
    (hands.root / "a" / "large").write_bytes(bytes(range(256)) * 5000)
    backup = hands.full(1)
    (hands.root / "z").write_text("live")
    (hands.root / "new").write_text("live")
    shutil.rmtree(hands.root / "a" / "deep")
    (hands.root / "a" / "deep").write_text("live, no folder")
    return hands, backup


def one_by_one(hands: Hands, backup: Backup, order: Order) -> None:
    """A restore without threads, so that its moments are the same each time."""
    hands.source.prepare(order, backup.of(Role.INDEX))
    for piece in backup.of(Role.DATA):
        if order.needs(piece[0]):
            hands.source.load(order, *piece)
    hands.source.finish(order, [])


def watched(act: Callable[[], object], last: int = -1) -> list[str]:
    """What a child does in turn; with `last` it is killed, as by kill -9, right before it does that."""
    reads, writes = os.pipe()
    if not (child := os.fork()):
        die_with_parent()
        told: list[str] = []

        def hook(event: str, _: tuple[object, ...]) -> None:
            if event.startswith(WATCHED):
                told.append(event)
                if len(told) == last + 1:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        act()
        os.write(writes, " ".join(told).encode())
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads, "rb") as pipe:
        found = pipe.read().decode().split()
    assert (os.waitpid(child, 0)[1] == signal.SIGKILL) == (last >= 0)
    return found


def places(hands: Hands) -> list[dict[str, tuple[object, ...]]]:
    """What lies in the folder and in all that was moved aside."""
    return [picture(path) for path in hands.root.parent.iterdir() if path.name.startswith("uploads")]


def killed_everywhere(folder: Path, objects: tuple[str, ...], answer: "multiprocessing.SimpleQueue[tuple[int, list[str]]]") -> None:
    """Kill a restore at many moments, each in a folder of its own; how many, and what was lost by which."""
    die_with_parent()
    wrong, moment, moments = list[str](), -1, [-1]
    while moments:
        moment = moments.pop()
        hands, backup = prepared(folder / f"{moment:04}")
        order = hands.chosen(backup, hands.root, objects=objects, confirm="uploads")
        live = picture(hands.root)
        done = watched(lambda hands=hands, backup=backup, order=order: one_by_one(hands, backup, order), moment)  # type: ignore[misc]
        if moment < 0:
            moments = sorted({*range(0, len(done), len(done) // POINTS), *(at for at, event in enumerate(done) if event == "os.rename")})
            restored, count = picture(hands.root), len(moments)
            continue
        problem = lost(hands, live, objects)
        if site(order).moving.exists() and moment % 2:
            hands.source.finish(order, [])  # the same run goes on
        else:
            one_by_one(hands, backup, hands.chosen(backup, hands.root, objects=objects, confirm="uploads"))
        problem = problem or lost(hands, live, objects) or ("" if same(picture(hands.root), restored) else "is not restored")
        wrong += [f"{problem} at {moment} of {len(done)}"] if problem else []
    answer.put((count, wrong))


def same(found: dict[str, tuple[object, ...]], wanted: dict[str, tuple[object, ...]]) -> bool:
    """Whether two trees are equal but for the times of folders that files were moved into."""
    return {path: about[4] for path, about in found.items()} == {path: about[4] for path, about in wanted.items()}


def lost(hands: Hands, live: dict[str, tuple[object, ...]], objects: tuple[str, ...]) -> str:
    """Which file that was live is nowhere any more; of a whole restore all of them have to be in one place."""
    found = places(hands)
    if not objects:
        return "" if any(same(place, live) for place in found) else "the folder is nowhere"
    missing = [path for path, about in live.items() if not any(place.get(path, (0,) * 5)[4] == about[4] for place in found)]
    return f"{missing} nowhere" if missing else ""


@pytest.mark.parametrize("objects", [(), ("z", "deep")], ids=["the whole folder", "single files"])
def test_a_restore_that_is_killed_at_any_moment_loses_nothing_and_the_next_one_ends_it(objects):
    with TemporaryDirectory(dir="/dev/shm") as folder:  # nothing is brought to a disk: what is killed is a process, not the machine
        assert killed(Path(folder), objects) == []


def killed(folder: Path, objects: tuple[str, ...]) -> list[str]:
    """What was lost by a restore that was killed."""
    spawn = multiprocessing.get_context("spawn")  # a fork of a process with threads may wait for ever for a lock that one of them held
    answer = spawn.SimpleQueue()
    child = spawn.Process(target=killed_everywhere, args=(folder, objects, answer))
    child.start()
    child.join()
    assert child.exitcode == 0
    count, wrong = answer.get()
    assert count > POINTS
    return wrong
