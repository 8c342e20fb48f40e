"""A folder on a disk or NAS as a store.

An object is written to a temporary file beside its place, flushed, and linked to its name: it appears whole or not at all,
and never replaces another. The root must hold the file `.canvasback-store`, because a NAS that is not mounted is
an empty folder on the system's own disk.
"""

import hashlib
import io
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, cast

from workers.artifact import Form
from workers.crc import Crc64
from workers.errors import Corrupt, Permanent
from workers.ports import Address, Properties, Stat
from workers.stores import folder
from workers.stores.faults import Faults
from workers.stores.keys import fault, parts
from workers.stores.objects import Reader, opened
from workers.stores.options import LocalOptions

MARKER = ".canvasback-store"
BLOCK = 1 << 20
TEMPORARY = ".part-"
PATIENCE = 3  # times a put makes its folders again


class LocalStore:
    """Objects as files of mode 0600 in folders of mode 0700, named by their keys."""

    properties = Properties(free=True)

    def __init__(self, name: str, options: LocalOptions) -> None:
        self.name = name
        self._root = options.path
        self._told = Faults(name, options.path)

    def initialise(self) -> None:
        """Make the folder (not its parents) a store. Safe to repeat; what lies in it stays."""
        with self._told(""):
            self._root.mkdir(mode=0o700, exist_ok=True)
            (self._root / MARKER).touch(mode=0o600)

    def put(self, key: str, body: Path | bytes, form: Form, crc: str = "") -> None:
        """See Store. Raises Corrupt where the body is not what `form` or its CRC-64 says; then nothing appears."""
        parts(key)
        with self._told(key):
            for left in reversed(range(PATIENCE)):
                try:
                    self._put(key, body, form, crc)
                    break
                except FileNotFoundError:  # a `remove` took the empty folder away again, before we could write into it
                    if not left:
                        raise

    def _put(self, key: str, body: Path | bytes, form: Form, crc: str) -> None:
        *parents, name = parts(key)
        temporary = TEMPORARY + secrets.token_hex(8)
        with self._folders(tuple(parents), create=True) as folders:
            try:
                with os.fdopen(folder.created(folders[-1], temporary), "wb") as file:
                    _write(file, body, Form(form.bytes, crc or form.sha256), Crc64() if crc else hashlib.sha256())
                folder.place(folders[-1], temporary, name)
            except FileExistsError:
                self._equal(folders[-1], key, form)
            finally:
                with suppress(FileNotFoundError):  # moved, or never made
                    os.unlink(temporary, dir_fd=folders[-1])
            folder.sync(folders)

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """See Store."""
        *parents, name = parts(key)
        with self._told(key), self._folders(tuple(parents)) as folders:
            file = opened(folders[-1], name)
        with io.BufferedReader(Reader(file, self._told(key)), BLOCK) as reader:
            yield cast(BinaryIO, reader)

    def stat(self, key: str) -> Stat | None:
        """See Store. Links are no objects."""
        *parents, name = parts(key)
        with self._told(key), suppress(FileNotFoundError, NotADirectoryError), self._folders(tuple(parents)) as folders:
            found = os.stat(name, dir_fd=folders[-1], follow_symlinks=False)
            return Stat(key, found.st_size) if stat.S_ISREG(found.st_mode) else None
        return None

    def list(self, prefix: str) -> Iterator[Stat]:
        """See Store. Files that no key can name are not ours and are passed over."""
        with self._told(prefix), self._folders(()) as folders:
            for _, path, found in folder.walk(folders[0], prefix):
                if fault(path) is None:
                    yield Stat(path, found.st_size)

    def remove(self, key: str) -> None:
        """See Store. Folders that became empty go too."""
        *parents, name = parts(key)
        with self._told(key), suppress(FileNotFoundError, NotADirectoryError), self._folders(tuple(parents)) as folders:
            with suppress(IsADirectoryError):
                os.unlink(name, dir_fd=folders[-1])
            os.fsync(folders[-1])
            with suppress(OSError):  # not empty: something else lives there
                for part, above in zip(reversed(parents), reversed(folders[:-1]), strict=True):
                    os.rmdir(part, dir_fd=above)

    def free(self) -> int | None:
        """Bytes that a process without privileges may still write."""
        with self._told(""), self._folders(()) as folders:
            room = os.fstatvfs(folders[0])
        return room.f_bavail * room.f_frsize

    def sweep(self, older: timedelta) -> int:
        """See Store. A put that is still going on writes to its piece, so that it is never old."""
        swept, limit = 0, time.time() - older.total_seconds()
        with self._told(""), self._folders(()) as folders:
            for home, path, found in folder.walk(folders[0], ""):
                name = path.rpartition("/")[2]
                if name.startswith(TEMPORARY) and found.st_mtime < limit:
                    os.unlink(name, dir_fd=home)
                    swept += 1
        return swept

    def address(self, folder: str) -> Address:
        """See Store."""
        parts(folder)
        return Address(self.name, "local", str(self._root / folder))

    @contextmanager
    def _folders(self, parents: tuple[str, ...], create: bool = False) -> Iterator[tuple[int, ...]]:
        if not (self._root / MARKER).exists():
            raise Permanent(
                f"store {self.name}: {self._root} holds no {MARKER}. Is the disk mounted? "
                f"If this is a new store: touch {self._root / MARKER}"
            )
        with folder.opened(self._root, parents, create) as folders:
            yield folders

    def _equal(self, home: int, key: str, form: Form) -> None:
        """Raises Permanent unless the object that is there already has this form."""
        with opened(home, key.rpartition("/")[2]) as file:
            if os.fstat(file.fileno()).st_size != form.bytes or hashlib.file_digest(file, "sha256").hexdigest() != form.sha256:
                raise Permanent(f"store {self.name} holds another object under {key}; nothing that is stored is replaced")


def _write(file: BinaryIO, body: Path | bytes, form: Form, digest: "Crc64 | hashlib._Hash") -> None:
    """Make the file durable with the body. Raises Corrupt where that does not have this form by this digest."""
    size = 0
    for block in _blocks(body):
        digest.update(block)
        size += file.write(block)
    if Form(size, digest.hexdigest()) != form:
        what = body if isinstance(body, Path) else "the body"
        raise Corrupt(f"{what} is not what was recorded: {size} bytes where {form.bytes} were expected, or other content")
    file.flush()
    os.fsync(file.fileno())
    # Out of the page cache, so that whoever reads the object back reads the disk.
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _blocks(body: Path | bytes) -> Iterator[bytes]:
    if isinstance(body, bytes):
        yield body
        return
    try:
        with body.open("rb") as source:
            while block := source.read(BLOCK):
                yield block
    except OSError as error:
        raise Permanent(f"cannot read {body}: {error.strerror}") from error
