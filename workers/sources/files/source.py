"""The source `files`: one folder with all that is in it. Floor: tools."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile

from pydantic import SecretStr

from workers.artifact import Facts, Kind, Order, Outcome, Segment
from workers.errors import Refused
from workers.ports import Difference, Dump, Finding, Found, Place
from workers.sources.files import doctor, extract
from workers.sources.files.beside import compare
from workers.sources.files.dump import FilesDump
from workers.sources.files.entry import Type
from workers.sources.files.finish import finish
from workers.sources.files.options import FilesOptions
from workers.sources.files.parent import Parent
from workers.sources.files.prepare import PROOF, entries, prepare
from workers.sources.files.rules import Rules
from workers.sources.files.selection import select
from workers.sources.files.site import site
from workers.sources.files.whereabouts import Whereabouts
from workers.sources.folders.paths import shown
from workers.sources.folders.place import MOST, look, measure, readable
from workers.sources.folders.selection import Selection


@dataclass(frozen=True, slots=True)
class FilesSource:
    """Reads and writes the folder that `options` name; one process reads it, so `streams` says nothing to it."""

    options: FilesOptions
    password: SecretStr | None = None
    streams: int = 1

    def check(self) -> tuple[Finding, ...]:
        """Whether the folder is there and can be read, and by whom."""
        return doctor.examine(self.options)

    def size(self) -> int:
        """Bytes of all files, whatever is excluded; 0 for a folder with more names than can be looked at in half a second."""
        found = measure(self.options.path, MOST)
        return found.bytes if found.whole else 0

    def dump(self, kind: Kind) -> AbstractContextManager[Dump]:
        """Open a full dump. Refused for other kinds, which need a parent, and where the folder is missing or empty."""
        if kind is not Kind.FULL:
            raise Refused(f"a backup of kind {kind!s} needs the index of its parent")
        return self._dump(Parent())

    def dump_since(self, kind: Kind, index: Iterable[tuple[Segment, Path]]) -> AbstractContextManager[Dump]:
        """Open a dump of what changed against a parent, given by its plain index segments in order."""
        if kind not in (Kind.INCREMENTAL, Kind.DIFFERENTIAL):
            raise Refused(f"a backup of kind {kind!s} has no parent")
        return self._dump(Parent(entries(index)))

    def select(self, order: Order, index: Iterable[tuple[Segment, Path]], segments: Sequence[Segment]) -> Order:
        """The same order, reading only the segments of what its objects (patterns, paths) name, or of the whole tree.

        Refused where an object names nothing.
        """
        return select(order, entries(index), Whereabouts(segments))

    def draws(self, facts: Facts, other: Facts) -> bool:
        """Whether files of a backup with these facts lie in the packs of another one."""
        return dict(other.extras).get("stream", "") in dict(facts.extras).get("streams", "").split()

    def find(self, pattern: str, index: Iterable[tuple[Segment, Path]]) -> Iterator[Found]:
        """The names in a backup that match a pattern as in .gitignore, for example `report*.pdf`."""
        selection = Selection((pattern,))
        for entry in entries(index):
            if entry.restorable and selection.takes(entry.path, folder=entry.stat.type is Type.FOLDER):
                yield Found(shown(entry.path), entry.stat.size, datetime.fromtimestamp(entry.stat.mtime_ns / 10**9, UTC), entry.problem)

    def compare(self, index: Iterable[tuple[Segment, Path]], *, thorough: bool = False) -> Iterator[Difference]:
        """What differs between a backup and the folder as it is now; `thorough` compares the bytes of files that look equal, too."""
        readable(self.options.path, allow_empty=self.options.allow_empty)
        kept = (entry for entry in entries(index) if entry.restorable)
        for path, words in compare(self.options.path, Rules(self.options), kept, thorough=thorough):
            yield Difference(shown(path), words)

    @contextmanager
    def _dump(self, parent: Parent) -> Iterator[Dump]:
        readable(self.options.path, allow_empty=self.options.allow_empty)
        with TemporaryFile() as file:
            yield FilesDump(self.options, Rules(self.options), file, parent)

    def place(self, into: str) -> Place:
        """What stands in the folder `into` now."""
        return look(into, PROOF)

    def prepare(self, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
        """Make folders and a plan beside the place, from the index. Refused where the place is taken, or has no room."""
        prepare(order, schema)

    def load(self, order: Order, segment: Segment, plain: Path) -> None:
        """Bring the files of one segment back; several at once are fine."""
        extract.load(site(order), segment, plain)

    def clear(self, order: Order) -> None:
        """Remove the folder beside the place, unless the exchange has begun: then what it holds is the place."""
        site(order).clear()

    def finish(self, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:  # all that comes later is in the index
        """Prove the tree, move what stands in the place aside, and put the tree there."""
        return finish(order)
