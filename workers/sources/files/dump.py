"""One dump of a folder: packs while it walks, then the index, then the facts. Floor: tools."""

import os
import platform
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO

from msgspec.structs import replace

from workers.artifact import Facts, Role
from workers.errors import Permanent
from workers.plans.values import size_text
from workers.ports import Block, Part
from workers.sources.files import owners, tar
from workers.sources.files.ahead import Ahead
from workers.sources.files.entry import KEPT, Entry, Stat, Type, stat_of
from workers.sources.files.names import text
from workers.sources.files.notes import Notes, Sort
from workers.sources.files.options import FilesOptions
from workers.sources.files.pack import CHANGED, Packer, flagged
from workers.sources.files.parent import Parent
from workers.sources.files.reading import Gone, Reading, reading, xattrs
from workers.sources.files.rules import Rules
from workers.sources.files.scan import Seen, Walk
from workers.sources.files.spooled import SpooledIndex, blocks
from workers.sources.files.tally import Tally

FORMAT = "1"  # of the index
TRIES = 3  # readings of a small file that changes all the while, before it is taken as it is and flagged
_NOTED = {Type.SOCKET: "a socket, left out", Type.CHARACTER: "a device, left out", Type.BLOCK: "a device, left out"}


@dataclass(slots=True)
class FilesDump:
    """A dump while it runs; the index waits in `file`, an empty one. Without a `parent` it is a full one."""

    options: FilesOptions
    rules: Rules
    file: IO[bytes]
    parent: Parent = field(default_factory=Parent)
    notes: Notes = field(default_factory=Notes)
    packer: Packer = field(default_factory=Packer)
    tally: Tally = field(default_factory=Tally)
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    _first: dict[tuple[int, int], Entry] = field(default_factory=dict)
    _streams: set[str] = field(default_factory=set)
    index: SpooledIndex = field(init=False)
    _gone: int = 0
    _skipped: int = 0

    def __post_init__(self) -> None:
        """Begin the index."""
        owners.forget()
        self.index = SpooledIndex(self.file)

    def parts(self) -> Iterator[Part]:
        """The packs as one tar stream, then the index of the whole tree."""
        yield Part("pack", Role.DATA, self._packs())
        yield Part("index", Role.INDEX, self._index_blocks())

    def facts(self) -> Facts:
        """What was read. Permanent where nothing of it can be restored, or not all as it was, and the settings do not allow that."""
        counts = self.tally.counts
        if not any(count.name != "folders" for count in counts) and not self.options.allow_empty:
            words = f"change exclude or include, remove {self.options.marker} where it lies, or set allow_empty = true"
            raise Permanent(f"{self.options.path} has nothing that the rules take; {words}")
        self._as_wanted()
        extras = {"stream": self.packer.stream, "streams": " ".join(sorted(self._streams)), "gone": self._gone, "left out": self._skipped}
        return Facts(
            identity=f"{platform.node()}:{self.options.path}",
            flavour="files",
            version=FORMAT,
            place=str(self.options.path),
            snapshot=self.begun,
            counts=counts,
            fingerprint=self.tally.fingerprint,
            warnings=self.notes.warnings,
            extras=tuple((name, str(value)) for name, value in extras.items()),
        )

    def _as_wanted(self) -> None:
        """Permanent where a file could not be read, or changed meanwhile, and the settings want none such."""
        wanted = {"unreadable": (self.options.unreadable, Sort.UNREADABLE), "changing": (self.options.changing, Sort.CHANGED)}
        for word, (what, sort) in wanted.items():
            if what == "fail" and (said := self.notes.told(sort)):
                raise Permanent(f'below {self.options.path} {said}; {word} = "warn" seals with a warning for each')

    def _packs(self) -> Iterator[Block]:
        walk = Walk(self.options.path, self.rules, self.notes, Ahead() if self.parent.is_over else None)
        for seen in walk:
            self._bury(self.parent.before(seen.path))
            yield from self._take(seen, self.parent.at(seen.path))
        self._bury(self.parent.rest())
        self._skipped += walk.skipped
        yield from self.packer.end()

    def _index_blocks(self) -> Iterator[Block]:
        self.index.end()
        self.file.seek(0)
        yield from blocks(self.file)

    def _bury(self, entries: Iterator[Entry]) -> None:
        for entry in entries:
            self._gone += 1
            self.index.add(Entry(entry.path, Stat(Type.GONE)))

    def _take(self, seen: Seen, before: Entry | None) -> Iterator[Block]:
        """Put one name into the packs, unless the parent has it as it is, and into the index; where nothing is put, it is gone."""
        stat = stat_of(seen.stat)
        if seen.stat.st_nlink > 1 and (first := self._first.get((seen.stat.st_dev, seen.stat.st_ino))) is not None:
            yield from self._again(seen, first, before)
        elif before is not None and before.stat == stat and not seen.problem and _settled(before):
            self._note(seen, replace(before, link="") if before.link else before)
        else:
            put = yield from (self._file(seen) if stat.type is Type.FILE else self._plain(seen, stat))
            if not put and before is not None:
                self._bury(iter((before,)))

    def _again(self, seen: Seen, first: Entry, before: Entry | None) -> Iterator[Block]:
        """Put a further name of a file: it is what the first name was when that was read.

        Another size or time says that the file changed since, or that another one has got its inode: nobody can tell which.
        """
        found = stat_of(seen.stat)
        same = (found.size, found.mtime_ns) == (first.stat.size, first.stat.mtime_ns)
        entry = replace(first, path=seen.path, link=first.path, problem=first.problem or ("" if same else CHANGED))
        if before is None or (before.stat, before.link) != (entry.stat, entry.link):
            yield from self.packer.plain(tar.header(entry))
        self._note(seen, entry)

    def _file(self, seen: Seen) -> Generator[Block, None, bool]:
        """Put a file; what cannot be read stands in the index with its problem, and what vanished does not stand there: False."""
        if self.rules.too_large(seen.stat.st_size):
            self.notes.add(seen.path, f"left out: larger than {size_text(self.options.largest or 0)}")
            self._skipped += 1
            return False
        try:
            entry = yield from self._read(seen)
        except Gone as reason:
            return self._lost(seen, reason)
        self._note(seen, entry)
        return True

    def _read(self, seen: Seen) -> Generator[Block, None, Entry]:
        tries = most = 0
        while True:
            tries += 1
            with reading(seen) as read:
                entry = yield from self.packer.file(_draft(seen, read), read, last=tries == TRIES)
                if entry is not None:
                    return flagged(entry, CHANGED if seen.held >= 0 and read.stat.size < most else "")
                most = max(most, read.stat.size)

    def _lost(self, seen: Seen, reason: Gone) -> bool:
        self.notes.add(seen.path, reason.problem, Sort.MEANT if reason.vanished else Sort.UNREADABLE)
        if not reason.vanished:
            self.index.add(_entry(seen.path, stat_of(seen.stat), problem=reason.problem))
        return not reason.vanished

    def _plain(self, seen: Seen, stat: Stat) -> Generator[Block, None, bool]:
        """Put what has no bytes of its own: a folder, a link, a pipe; sockets and devices are noted. False where it has vanished."""
        entry = _entry(seen.path, stat, problem=seen.problem or _NOTED.get(stat.type, ""))
        try:
            if stat.type is Type.FOLDER and seen.own >= 0:
                entry = replace(entry, xattrs=xattrs(seen.own))
            elif stat.type is Type.SYMLINK:
                entry = replace(entry, target=text(os.readlink(seen.name, dir_fd=seen.folder)))
        except OSError as error:
            return self._lost(seen, _unread(error))
        if stat.type in KEPT:
            yield from self.packer.plain(tar.header(entry))
        self._note(seen, entry)
        return True

    def _note(self, seen: Seen, entry: Entry) -> None:
        """Put an entry into the index; the first name of a file is remembered for its others."""
        if entry.problem and not seen.problem:  # the walk has told its own
            self.notes.add(seen.path, entry.problem, _sort(entry))
        self.index.add(entry)
        self.tally.add(entry)
        if entry.body is not None:
            self._streams.add(entry.body.stream)
            if seen.stat.st_nlink > 1:
                self._first.setdefault((seen.stat.st_dev, seen.stat.st_ino), entry)


def _sort(entry: Entry) -> Sort:
    """What the note about an entry is about: sockets and devices are left out as they are meant to be."""
    if entry.stat.type is not Type.FILE:
        return Sort.MEANT
    return Sort.CHANGED if entry.restorable else Sort.UNREADABLE


def _draft(seen: Seen, read: Reading) -> Entry:
    """The entry of a file that is open, before its bytes are read. Raises Gone where its attributes cannot be."""
    try:
        return _entry(seen.path, read.stat, xattrs=xattrs(read.fd))
    except OSError as error:
        raise Gone(f"its attributes cannot be read: {error.strerror}") from error


def _unread(error: OSError) -> Gone:
    if isinstance(error, FileNotFoundError):
        return Gone("vanished before it was read", vanished=True)
    return Gone(f"cannot be read: {error.strerror}")


def _settled(before: Entry) -> bool:
    """Whether what the parent knows is enough: it was sure of it, and has the bytes of a file."""
    return not before.problem and (before.stat.type is not Type.FILE or before.body is not None)


def _entry(path: str, stat: Stat, *, xattrs: tuple[tuple[str, str], ...] = (), problem: str = "") -> Entry:
    return Entry(path, stat, owners.user(stat.uid), owners.group(stat.gid), xattrs=xattrs, problem=problem)
