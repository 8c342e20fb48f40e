"""Whether files hold the same bytes as in a snapshot: the engine streams it as one tar, and nothing is written. Floor: tools.

It costs what a restore reads: every byte of the snapshot comes out of the repository.
"""

import hashlib
import os
import tarfile
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from workers.errors import Corrupt
from workers.ports import Difference
from workers.sources.engine.home import Home
from workers.sources.engine.record import Record
from workers.sources.folders.paths import shown

CHUNK = 1 << 20  # bytes that are read at a time


@dataclass(slots=True)
class Reading:
    """Reads a tar to its end beside a folder. `found` are files with other bytes, but for those that are `known` to differ.

    `other` are the digests of what the tar has in both: a further name of such a file may hold still what it held then.
    """

    root: Path
    known: Collection[str]
    files: int = 0
    found: dict[str, str] = field(default_factory=dict)
    other: dict[str, bytes] = field(default_factory=dict)
    problem: str = ""

    def read(self, pipe: IO[bytes]) -> None:
        """Compare every file. What is no tar is noted, for the program's own words about it come first."""
        try:
            with tarfile.open(fileobj=pipe, mode="r|") as tar:
                for member in tar:
                    if member.isreg() or member.islnk():
                        self._compare(tar, member, _below(member.name))
        except tarfile.TarError as error:
            self.problem = str(error)
        while pipe.read(CHUNK):
            pass

    def _compare(self, tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
        self.files += 1
        packed, first = None if member.islnk() else tar.extractfile(member), _below(member.linkname)
        digest = _digest(packed) if packed else self.other.get(first)
        words = "" if path in self.known else self._words(path, digest, first)
        if words:
            self.found[path] = words
        if digest and (words or path in self.known):
            self.other[path] = digest

    def _words(self, path: str, digest: bytes | None, first: str) -> str:
        """What is to be said; without a digest, the first name of the file holds what it held."""
        try:
            return "" if self._now(path) == (digest or self._now(first)) else "has other bytes of the same size"
        except OSError as error:
            return f"cannot be read: {error.strerror}"

    def _now(self, path: str) -> bytes:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(self.root / path, flags), "rb") as file:
            return _digest(file)


def _below(name: str) -> str:
    """A path in the tar, relative to the folder, whose own name it begins with."""
    return str(PurePosixPath(*PurePosixPath(name.lstrip("/")).parts[1:]))


def _digest(file: IO[bytes]) -> bytes:
    digest = hashlib.sha256()
    while data := file.read(CHUNK):
        digest.update(data)
    return digest.digest()


def bytes_differing(home: Home, record: Record, root: Path, known: Collection[str]) -> list[Difference]:
    """The files of a snapshot that hold other bytes now, but for those `known` to differ. Corrupt where not all of them came."""
    reading = Reading(root, known)
    home.contents(record, reading.read)
    if reading.problem or reading.files != record.files:
        why = f" ({reading.problem})" if reading.problem else ""
        raise Corrupt(f"{home.name} gave {reading.files} of the {record.files} files of snapshot {record.snapshot[:12]}{why}")
    return [Difference(shown(path), words) for path, words in reading.found.items()]
