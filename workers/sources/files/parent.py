"""The index of the parent beside a walk: two sorted streams, merged. Floor: tools."""

from collections.abc import Iterable, Iterator

from workers.sources.files.entry import Entry, Type
from workers.sources.files.names import key


class Parent:
    """The entries of a parent, given in the order in which a walk meets names; without a parent there are none."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        """`entries` ascend, as `index.read` proves."""
        self._entries = (entry for entry in entries if entry.stat.type is not Type.GONE)
        self._next = next(self._entries, None)

    @property
    def is_over(self) -> bool:
        """Whether it has nothing, or nothing more."""
        return self._next is None

    def before(self, path: str) -> Iterator[Entry]:
        """What the parent has before a path and the walk did not meet: it is gone."""
        if self._next is None or self._next.path == path:  # as most are
            return
        wanted = key(path)
        while self._next is not None and key(self._next.path) < wanted:
            yield self._next
            self._next = next(self._entries, None)

    def at(self, path: str) -> Entry | None:
        """What the parent has at a path; None where it has nothing. Call it after `before`."""
        if self._next is None or self._next.path != path:
            return None
        found, self._next = self._next, next(self._entries, None)
        return found

    def rest(self) -> Iterator[Entry]:
        """What the parent has behind the last name of the walk."""
        if self._next is not None:
            yield self._next
            yield from self._entries
            self._next = None
