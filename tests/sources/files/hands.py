"""Backups and restores of a folder by the hands alone: segments are plain files, a backup is what a manifest would say of it."""

import hashlib
import os
import stat
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

from workers.artifact import Facts, Form, Kind, Order, Outcome, Role, Segment
from workers.ports import Part
from workers.sources.files.entry import Entry, Type
from workers.sources.files.options import FilesOptions
from workers.sources.files.prepare import entries
from workers.sources.files.source import FilesSource

NUMBERS = count(1)


@dataclass(frozen=True)
class Backup:
    """One backup: its pieces, its facts, and the backups that it builds on, the full one first."""

    kind: Kind
    pieces: list[tuple[Segment, Path]]
    facts: Facts
    before: "tuple[Backup, ...]" = ()

    def of(self, role: Role) -> list[tuple[Segment, Path]]:
        return [piece for piece in self.pieces if piece[0].role is role]

    @property
    def index(self) -> list[Entry]:
        return list(entries(self.of(Role.INDEX)))

    def entry(self, path: str) -> Entry:
        return next(entry for entry in self.index if entry.path == path)

    @property
    def gone(self) -> set[str]:
        return {entry.path for entry in self.index if entry.stat.type is Type.GONE}

    @property
    def packed(self) -> int:
        return sum(segment.plain.bytes for segment, _ in self.of(Role.DATA))

    @property
    def chain(self) -> "tuple[Backup, ...]":
        return (*self.before, self)

    def tar(self, path: Path) -> Path:
        """All data segments of this backup, one after another."""
        path.write_bytes(b"".join(plain.read_bytes() for _, plain in self.of(Role.DATA)))
        return path


@dataclass
class Hands:
    """Backs a folder up into another, and restores it."""

    root: Path
    work: Path
    options: dict[str, object] = field(default_factory=dict)

    @property
    def source(self) -> FilesSource:
        return FilesSource(FilesOptions(path=self.root, **self.options))  # type: ignore[arg-type]

    def full(self, many: int = 3) -> Backup:
        """A full backup, `many` blocks in a segment."""
        with self.source.dump(Kind.FULL) as dump:
            pieces = [piece for part in dump.parts() for piece in self._cut(part, many)]
            return Backup(Kind.FULL, pieces, dump.facts())

    def since(self, parent: Backup, kind: Kind = Kind.INCREMENTAL, many: int = 3) -> Backup:
        """What changed since another backup."""
        with self.source.dump_since(kind, parent.of(Role.INDEX)) as dump:
            pieces = [piece for part in dump.parts() for piece in self._cut(part, many)]
            return Backup(kind, pieces, dump.facts(), parent.chain)

    def _cut(self, part: Part, many: int) -> Iterator[tuple[Segment, Path]]:
        while blocks := list(islice(part.blocks, many)):
            number = next(NUMBERS)
            path = self.work / f"{number}.plain"
            path.write_bytes(data := b"".join(block.data for block in blocks))
            objects = tuple(name for block in blocks for name in block.objects)
            yield Segment(number, part.name, part.role, Form(len(data), hashlib.sha256(data).hexdigest()), objects), path

    def order(self, backup: Backup, into: Path, **changes: object) -> Order:
        """As an operator gives it."""
        return Order(f"20261122T000000Z-{backup.kind}-9f3a11c2", str(self.root), str(into), backup.facts, **changes)  # type: ignore[arg-type]

    def chosen(self, backup: Backup, into: Path, **changes: object) -> Order:
        """The same with the segments that it reads."""
        segments = [segment for link in backup.chain for segment, _ in link.pieces]
        return self.source.select(self.order(backup, into, **changes), backup.of(Role.INDEX), segments)

    def read(self, backup: Backup, order: Order) -> int:
        """Bytes that a restore reads."""
        return sum(segment.plain.bytes for link in backup.chain for segment, _ in link.of(Role.DATA) if order.needs(segment))

    def restore(self, backup: Backup, into: Path, **changes: object) -> Outcome:
        """Prepare, load what is needed at once, finish."""
        order = self.chosen(backup, into, **changes)
        self.source.prepare(order, backup.of(Role.INDEX))
        pieces = [piece for link in backup.chain for piece in link.of(Role.DATA) if order.needs(piece[0])]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda piece: self.source.load(order, *piece), pieces))
        return self.source.finish(order, [])


def access(*, user: int) -> bytes:
    """An access list that lets one more user read, as the kernel keeps it: version, then tag, permission and id of each entry."""
    rows = ((0x01, 6, -1), (0x02, 4, user), (0x04, 4, -1), (0x10, 4, -1), (0x20, 0, -1))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *row) for row in rows)


def picture(root: Path) -> dict[str, tuple[object, ...]]:
    """All that a restore has to bring back, of every name below a folder and of itself."""
    found: dict[str, tuple[object, ...]] = {}
    first: dict[int, str] = {}
    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in (b"", *sorted(folders), *sorted(files)):
            path = folder + b"/" + name if name else folder
            seen = os.lstat(path)
            kind = stat.S_IFMT(seen.st_mode)
            inode = first.setdefault(seen.st_ino, os.fsdecode(path)) if kind == stat.S_IFREG else ""
            about = (seen.st_mode, seen.st_uid, seen.st_gid, seen.st_mtime_ns, _content(path, kind))
            found[os.fsdecode(path)[len(str(root)) :]] = (*about, inode[len(str(root)) :])
    return found


def _content(path: bytes, kind: int) -> object:
    if kind == stat.S_IFLNK:
        return os.readlink(path)  # noqa: PTH115  # a Path cannot hold bytes
    attributes = {name: os.getxattr(path, name) for name in os.listxattr(path)}
    return Path(os.fsdecode(path)).read_bytes() if kind == stat.S_IFREG else b"", attributes
