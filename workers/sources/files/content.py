"""The bytes of a file that are stored: all of them, or the data between its holes. Floor: tools."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from workers.sources.files.reading import exactly
from workers.sources.files.tar import Shape


@dataclass(slots=True)
class Content:
    """As many bytes as `shape` says, whatever happens to the file: zeros where it ends before; `problem` where it cannot be read."""

    fd: int
    shape: Shape
    problem: str = ""

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, in pieces of 1 MiB at most."""
        for offset, length in self.shape.extents or ((0, self.shape.stored),):
            left = length
            for data in self._read(offset, length):
                left -= len(data)
                yield data
            while left:
                yield bytes(piece := min(left, 1 << 20))
                left -= piece

    def whole(self) -> bytes:
        """All of them at once, for what is small."""
        if not self.shape.extents and not self.problem:
            try:
                data = os.pread(self.fd, self.shape.stored, 0)
            except OSError as error:
                self.problem = f"cannot be read: {error.strerror}"
            else:
                if len(data) == self.shape.stored:
                    return data
        return b"".join(self)

    def _read(self, offset: int, length: int) -> Iterator[bytes]:
        try:
            yield from exactly(self.fd, offset, length)
        except OSError as error:
            self.problem = f"cannot be read: {error.strerror}"
