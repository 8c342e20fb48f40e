"""Files as pieces in tar archives: every segment is whole by itself, and is unpacked alone, in any order, and again. Floor: tools. Pure.

A member is called after its file and the place in it where its bytes go, in sixteen digits: `community/posts.ibd/0000000134217728`. So
many hands unpack one big file at once, which a tar of whole files does not allow; and a stranger's `tar --to-command=dd` does, too.
"""

import mmap
import os
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from workers.errors import Corrupt, Permanent
from workers.ports import Block

SIZE = (1 << 20) - 512  # bytes of a file in one block: with the head of its member, 1 MiB
_DIGITS = 16
_ROUND = 512  # bytes; tar knows no smaller step


def blocks(file: str, offset: int, data: memoryview) -> Iterator[Block]:
    """Bytes of a file as members. None: a member without bytes, up to whose place the file reaches."""
    for start in range(0, max(1, len(data)), SIZE):
        yield Block(_member(f"{file}/{offset + start:0{_DIGITS}}", data[start : start + SIZE]))


def folder(path: str) -> Block:
    """An empty folder."""
    member = tarfile.TarInfo(path)
    member.type, member.mode = tarfile.DIRTYPE, 0o750
    return Block(member.tobuf(tarfile.GNU_FORMAT))


def _member(name: str, data: memoryview) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o640
    return b"".join((member.tobuf(tarfile.GNU_FORMAT), data, bytes(-len(data) % _ROUND)))


def unpack(plain: Path, into: Path) -> None:
    """Write the pieces of one segment into the files below `into`. Corrupt where it holds anything else, or a way out of the folder."""
    try:
        with plain.open("rb") as source, tarfile.open(fileobj=source, mode="r:") as archive, ExitStack() as stack:
            view = stack.enter_context(memoryview(stack.enter_context(mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ))))
            hand = _Hand(into, stack)
            for member in archive:
                if member.isdir():
                    _inside(into, member.name).mkdir(parents=True, exist_ok=True)
                else:
                    hand.write(member, view)
    except (tarfile.TarError, ValueError) as error:
        raise Corrupt(f"{plain.name} is no archive of pieces: {error}") from error
    except OSError as error:
        raise Permanent(f"cannot unpack into {into}: {error.strerror}") from error


class _Hand:
    """Writes into one file after another, each opened once as long as its pieces follow each other."""

    def __init__(self, into: Path, stack: ExitStack) -> None:
        self._into, self._file, self._fd = into, "", -1
        stack.callback(self._close)

    def write(self, member: tarfile.TarInfo, view: memoryview) -> None:
        """Write one piece to its place."""
        file, _, place = member.name.rpartition("/")
        end = member.offset_data + member.size
        if not member.isreg() or not file or len(place) != _DIGITS or not place.isdecimal() or end > len(view):
            raise ValueError(f"{member.name!r} is no piece of a file")
        if file != self._file:
            self._open(file)
        with view[member.offset_data : end] as data:
            _write(self._fd, data, int(place))

    def _open(self, file: str) -> None:
        self._close()
        path = _inside(self._into, file)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd, self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o640), file

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._file = -1, ""


def _write(fd: int, data: memoryview, place: int) -> None:
    """Other hands may write behind it at the same time, so the file is never cut to a length."""
    done = 0
    while done < len(data):
        done += os.pwrite(fd, data[done:], place + done)
    if not data and place:
        os.pwrite(fd, b"\0", place - 1)  # the end of a hole


def _inside(into: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts:
        raise ValueError(f"{name!r} leads out of the folder")
    return into.joinpath(*parts)
