"""Reading one object of a folder: regular files alone, and read errors in the words of the house."""

import io
import os
import stat
from contextlib import AbstractContextManager
from typing import cast

# Not blocking, so that a named pipe in the folder cannot hold a worker.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def opened(folder: int, name: str) -> io.FileIO:
    """The file of that name in a folder's descriptor. Raises FileNotFoundError for whatever is no regular file."""
    descriptor = os.open(name, _READ, dir_fd=folder)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return io.FileIO(descriptor)
    os.close(descriptor)
    raise FileNotFoundError(name)


class Reader(io.RawIOBase):
    """A file that is read inside `told`, which turns the file system's errors into the house's."""

    def __init__(self, file: io.FileIO, told: AbstractContextManager[None]) -> None:
        self._file = file
        self._told = told

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: object) -> int | None:
        """Fill the buffer; 0 at the end."""
        with self._told:
            return self._file.readinto(cast(bytearray, buffer))

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
