"""What of an index is wanted: patterns as in .gitignore, where a folder stands for all that is in it. Floor: tools."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pathspec import GitIgnoreSpec

from workers.artifact import Order
from workers.errors import Refused
from workers.sources.files.entry import Entry, Type
from workers.sources.files.pack import Mark, mark
from workers.sources.files.plan import blocks_of


@dataclass(slots=True)
class Selection:
    """Patterns, of which one has to match; without one, everything is wanted.

    `unmatched` are those that matched nothing yet, `exact` those that are paths, letter by letter, of files or folders.
    """

    patterns: tuple[str, ...]
    unmatched: set[str] = field(init=False)
    exact: set[str] = field(default_factory=set)
    _specs: tuple[tuple[str, GitIgnoreSpec], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Read the patterns. Refused where one is none."""
        self.unmatched = set(self.patterns)
        try:
            self._specs = tuple((pattern, GitIgnoreSpec.from_lines([pattern])) for pattern in self.patterns)
        except ValueError as error:
            raise Refused(f"{', '.join(self.patterns)}: {error}; write patterns as .gitignore has them, or whole paths") from error

    def takes(self, path: str, *, folder: bool) -> bool:
        """Whether a path is wanted: it is named, it matches, or it lies in a folder that does."""
        named = path + "/" if folder else path
        exact = [pattern for pattern in self.patterns if _inside(path, pattern.strip("/")) or path == pattern.strip("/")]
        found = exact or [pattern for pattern, spec in self._specs if spec.match_file(named)]
        self.exact.update(exact)
        self.unmatched.difference_update(found)
        return bool(found) or not self.patterns


def selected(entries: Iterable[Entry], selection: Selection) -> Iterator[Entry]:
    """The wanted entries that can be restored, and the folders that they lie in.

    A file whose first name is not wanted comes under its next one.
    """
    above: list[Entry] = []
    first: dict[str, str] = {}
    for entry in entries:
        if not entry.restorable:
            continue
        while above and not _inside(entry.path, above[-1].path):
            above.pop()
        if selection.takes(entry.path, folder=entry.stat.type is Type.FOLDER):
            yield from above
            above.clear()
            yield _renamed(entry, selection, first)
        elif entry.stat.type is Type.FOLDER:
            above.append(entry)


def _inside(path: str, folder: str) -> bool:
    return folder == "" or path.startswith(folder + "/")


def _renamed(entry: Entry, selection: Selection, first: dict[str, str]) -> Entry:
    """A further name of a file as one of its own, where the first name is not wanted; those after it are names of this one."""
    if not entry.link or selection.takes(entry.link, folder=False):
        return entry
    if entry.link in first:
        return replace(entry, link=first[entry.link])
    first[entry.link] = entry.path
    return replace(entry, link="")


def select(order: Order, entries: Iterable[Entry]) -> Order:
    """The order with the blocks of what it wants among its objects, so that it needs their segments and no others.

    Raises Refused, naming them, where patterns match nothing in the index.
    """
    if not order.objects:
        return order
    selection = Selection(order.objects)
    marks: dict[str, None] = {}
    for entry in selected(entries, selection):
        if entry.body is not None and not entry.link:
            marks.update((str(Mark(entry.body.stream, block)), None) for block in blocks_of(entry.body))
    if selection.unmatched:
        words = ", ".join(sorted(selection.unmatched))
        raise Refused(f"{words}: nothing of that name is in backup {order.backup}; find() searches all backups")
    return replace(order, objects=(*(_anchored(pattern, selection) for pattern in selection.patterns), *marks))


def patterns(order: Order) -> tuple[str, ...]:
    """The objects of an order that `select` has seen, without the blocks."""
    return tuple(name for name in order.objects if mark(name) is None)


def _anchored(pattern: str, selection: Selection) -> str:
    """The same pattern with a `/` in front, so that none is ever taken for the name of a block."""
    if pattern.startswith("/"):
        return pattern
    return f"/{pattern}" if "/" in pattern.rstrip("/") or pattern in selection.exact else f"/**/{pattern}"
