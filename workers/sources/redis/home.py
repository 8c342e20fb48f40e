"""The folder of one restore: its parts as they come, then the whole RDB, proven. Floor: tools.

Steps of a restore are separate processes, so everything they know of each other lies here. One restore at a time runs on a host;
what an earlier one left is removed when the next begins.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from workers.artifact import Order, Outcome, Segment, decode, encode
from workers.errors import Corrupt, Permanent
from workers.sources.redis.aof import MANIFEST
from workers.sources.redis.options import RedisOptions
from workers.sources.redis.rdb.stream import Rdb
from workers.sources.redis.replay import FOLDER
from workers.sources.redis.scratch import RDB

PREFIX = "restore-"
BLOCK = 1 << 20


def home(options: RedisOptions, order: Order) -> Path:
    """The folder of a restore, whether it is there or not."""
    place = "".join(letter if letter.isalnum() else "-" for letter in order.into)
    return options.scratch / f"{PREFIX}{order.backup[-8:]}-{place[-40:]}"


def make(options: RedisOptions, order: Order, head: Iterable[tuple[Segment, Path]]) -> Path:
    """A fresh folder with the head in it."""
    options.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in options.scratch.glob(f"{PREFIX}*"):
        if old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.unlink(missing_ok=True)
    folder = home(options, order)
    folder.mkdir(mode=0o700)
    for segment, plain in head:
        keep(folder, segment, plain)
    return folder


def keep(folder: Path, segment: Segment, plain: Path) -> None:
    """Keep one segment; the same again changes nothing. Permanent where the restore was not prepared."""
    if not folder.is_dir():
        raise Permanent(f"{folder} is gone: the restore was not prepared, or another one began; start it again")
    path = _part(folder, segment)
    coming = path.with_suffix(f".{os.getpid()}.coming")
    shutil.copyfile(plain, coming)
    coming.rename(path)


def _part(folder: Path, segment: Segment) -> Path:
    return folder / f"{segment.number:09}.{segment.name}.part"


def whole(folder: Path, order: Order, tail: Iterable[tuple[Segment, Path]]) -> Path:
    """The RDB, put together once and proven by its CRC; its parts go as they are taken. Corrupt where it is not what was dumped."""
    path = folder / RDB
    if not path.exists():  # else a process was lost after this was done
        for segment, plain in tail:
            keep(folder, segment, plain)
        coming = folder / "coming.rdb"
        coming.unlink(missing_ok=True)
        parts = sorted(folder.glob("*.part"))
        with coming.open("xb") as file:
            file.writelines(_proven(parts, order))
            os.fsync(file.fileno())
        coming.rename(path)
        for part in parts:
            part.unlink()
    return path


def files(folder: Path, rest: Iterable[tuple[Segment, Path]]) -> None:
    """Append-only files, put together under their own names, with the manifest that was written when they were taken."""
    for segment, plain in rest:
        keep(folder, segment, plain)
    place = folder / FOLDER
    shutil.rmtree(place, ignore_errors=True)  # of a process that was lost
    place.mkdir(mode=0o700)
    for part in sorted(folder.glob("*.part")):
        name = part.name.partition(".")[2].removesuffix(".part")
        with (place / name).open("ab") as file:
            file.writelines(_pieces([part]))
    names = [path.name for path in place.iterdir() if path.name != MANIFEST]
    if names:  # else there is nothing to load, which is told by who loads it
        (place / MANIFEST).rename(place / f"{names[0].rsplit('.', 3)[0]}.manifest")


def close(folder: Path, outcome: Outcome) -> None:
    """Note what came of the restore, which is kept until the next one begins, and remove everything else."""
    note = _note(folder)
    coming = note.with_suffix(".coming")
    coming.write_text(json.dumps(encode(outcome)))
    coming.rename(note)
    shutil.rmtree(folder, ignore_errors=True)


def done(folder: Path) -> Outcome | None:
    """What came of a restore that is over; None while it is not."""
    note = _note(folder)
    return decode(Outcome, json.loads(note.read_text())) if note.exists() else None


def _note(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.outcome")


def _proven(parts: list[Path], order: Order) -> Iterator[bytes]:
    rdb = Rdb(_pieces(parts), f"the RDB of backup {order.backup}", walked=False)
    yield rdb.head.bytes
    yield from rdb.body()
    yield rdb.tail
    wanted = dict(order.facts.extras).get("rdb_bytes", str(rdb.bytes))
    if str(rdb.bytes) != wanted:
        raise Corrupt(f"the RDB of backup {order.backup} has {rdb.bytes} bytes, {wanted} were dumped")


def _pieces(parts: list[Path]) -> Iterator[bytes]:
    for part in parts:
        with part.open("rb") as file:
            while piece := file.read(BLOCK):
                yield piece
