"""The cutter: a stream of blocks becomes segment files in the spool, each with a CRC-64 of its bytes. No block is ever cut.

Room for a whole segment, both its forms at their worst, is reserved before its first byte is written: a cutter never
holds half a segment while it waits, so that two dumps on one host, or two streams of one dump, cannot wait for each other.
What turns out to need one form alone gives the rest back at once, and the next segment may be larger: the data of a dump are alike.
"""

import errno
import os
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import TypeAlias

from workers.artifact import Form, Segment
from workers.crc import Crc64, Sums
from workers.errors import Permanent, RunFailed
from workers.ports import Block, Part
from workers.spool import files
from workers.spool.room import Room
from workers.spool.sizes import both_forms, streams, target
from workers.spool.together import Stop, Together

Wait: TypeAlias = Callable[[], None]
Stays: TypeAlias = Callable[[Path], bool]

BUFFER = 1 << 18  # bytes gathered before a write, for sources whose blocks are small


class Cutter:
    """Cuts the parts of one run. `count` is the number of its newest segment, over all parts; the first is 1."""

    def __init__(self, room: Room, run: str, wait: Wait, stays: Stays = lambda plain: False) -> None:
        """`wait` is called again and again while the spool has no room: it MUST sleep a little, and raise once the run is over.

        `stays` says of a finished plain form that it will be the stored one as well.
        """
        self._room, self._run, self._wait, self._stays = room, run, wait, stays
        self._stayed = False  # the newest that was finished
        self._numbers = threading.Lock()
        self.count = 0

    def cut(self, part: Part) -> Generator[Segment, None, None]:
        """The segments of a part, each as soon as its file is whole. A part without bytes has none.

        As many streams of a part are read at once as the spool has room for, each by a thread; segments come out in this one.
        Close it where you do not read it to its end: its threads end with it.
        Raises Permanent where the disk is full or one block is larger than the spool allows, RunFailed where the run was cleared.
        """
        every = (part.blocks, *part.beside)[: streams(self._room.limit)]
        threads = Together[Segment]()
        many = [self._segments(_Stream(part, blocks, len(every), threads.stop)) for blocks in every]
        yield from threads.run(many) if len(many) > 1 else many[0]

    def _segments(self, stream: "_Stream") -> Iterator[Segment]:
        blocks = stream.blocks()
        block = next(blocks, None)
        while block is not None:
            segment, block = self._segment(stream, block, blocks)
            yield segment

    def _segment(self, stream: "_Stream", first: Block, blocks: Iterator[Block]) -> tuple[Segment, Block | None]:
        """Fill one segment; also the block that did not fit any more, None at the end of the stream."""
        with self._numbers:
            self.count = number = self.count + 1
        size = max(target(number, self._room.limit, stream.beside, stays=self._stayed), len(first.data))
        while not self._room.reserve(self._run, number, both_forms(size)):
            self._wait()
            stream.stop()
        draft = Segment(number, stream.part.name, stream.part.role, Form(0, ""), charset=stream.part.charset)
        block: Block | None = first
        with self._piece(draft, size) as piece:
            while block is not None and piece.add(block):
                block = next(blocks, None)
        self._stayed = self._stays(files.plain(self._room, self._run, draft))
        self._room.resize(self._run, number, piece.bytes if self._stayed else both_forms(piece.bytes))
        return piece.of(draft), block

    @contextmanager
    def _piece(self, draft: Segment, size: int) -> Iterator["_Piece"]:
        """A new file for a segment; it is gone again, and its room free, if anything fails."""
        path = files.plain(self._room, self._run, draft)
        try:
            with _told(path):
                file = BufferedWriter(FileIO(path, "w"), BUFFER)  # the run's folder is its owner's alone
            try:
                yield (piece := _Piece(path, file, size))
                piece.flush()
            finally:
                file.raw.close()  # what was not flushed by now is not wanted
            files.write_note(path, piece.sums)
        except BaseException:
            files.remove(self._room, self._run, draft)
            raise


@dataclass(frozen=True, slots=True)
class _Stream:
    """One reader of a part, how many there are, and what raises once all of them are to end."""

    part: Part
    source: Iterator[Block]
    beside: int
    stop: Stop

    def blocks(self) -> Iterator[Block]:
        """The blocks that have bytes."""
        for block in self.source:
            self.stop()
            if block.data:
                yield block


class _Piece:
    """One segment while it is written."""

    def __init__(self, path: Path, file: "BufferedWriter[FileIO]", size: int) -> None:
        self._path, self._file, self._size = path, file, size
        self._crc, self._objects = Crc64(), dict[str, None]()
        self.bytes = 0

    def add(self, block: Block) -> bool:
        """Write a block; False where it does not fit any more."""
        if self.bytes + len(block.data) > self._size:
            return False
        with _told(self._path):
            if os.fstat(self._file.fileno()).st_nlink == 0:
                raise RunFailed(f"{self._path} was cleared while it was written: its run is over")
            self._file.write(block.data)
        self._crc.update(block.data)
        self._objects.update(dict.fromkeys(block.objects))
        self.bytes += len(block.data)
        return True

    def flush(self) -> None:
        """Bring everything into the file."""
        with _told(self._path):
            self._file.flush()

    @property
    def sums(self) -> Sums:
        """What those who read the file prove it by."""
        return Sums(Form(self.bytes, ""), self._crc.hexdigest())

    def of(self, draft: Segment) -> Segment:
        """The segment with what is known about it now."""
        return replace(draft, plain=self.sums.form, objects=tuple(self._objects))


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise RunFailed(f"{path.parent} was cleared: its run is over") from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise Permanent(f"spool full: cannot write {path}" if full else f"cannot write {path}: {error.strerror}") from error
