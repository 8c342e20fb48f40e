"""The files of a copy as blocks, shared by several readers. Floor: tools."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from workers.errors import Permanent
from workers.ports import Block
from workers.sources.mysql.physical import pieces

_STRETCH = 16 * pieces.SIZE  # bytes that one reader takes at a time


def lanes(copy: Path, count: int) -> tuple[Iterator[Block], ...]:
    """`count` readers of everything in a folder. Each may be read by a thread of its own; any of them alone gives everything."""
    work, lock = _stretches(copy), threading.Lock()
    return tuple(_lane(copy, work, lock) for _ in range(count))


def size(copy: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.lstat().st_size for path in copy.rglob("*") if path.is_file())


def _stretches(copy: Path) -> Iterator[tuple[Path, int, int]]:
    """Every file, the largest first, in stretches; a folder has none."""
    found = sorted((path for path in copy.rglob("*")), key=lambda path: (-path.lstat().st_size if path.is_file() else 0, path))
    for path in found:
        length = path.lstat().st_size if path.is_file() else 0
        for start in range(0, max(1, length), _STRETCH):
            yield path, start, min(_STRETCH, length - start)


def _lane(copy: Path, work: Iterator[tuple[Path, int, int]], lock: threading.Lock) -> Iterator[Block]:
    while True:
        with lock:
            taken = next(work, None)
        if taken is None:
            return
        yield from _blocks(copy, *taken)


def _blocks(copy: Path, path: Path, start: int, length: int) -> Iterator[Block]:
    name = str(path.relative_to(copy))
    if path.is_dir():
        yield pieces.folder(name)
        return
    with ExitStack() as stack:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        stack.callback(os.close, fd)
        for offset in range(start, start + max(1, length), pieces.SIZE):
            wanted = min(pieces.SIZE, start + length - offset)
            data = os.pread(fd, wanted, offset)
            if len(data) < wanted:
                raise Permanent(f"{path} became shorter while it was read")
            yield from pieces.blocks(name, offset, memoryview(data))
