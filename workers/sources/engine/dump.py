"""A dump whose data stay with the engine: one part, the record of a snapshot. Floor: tools."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from workers.artifact import Count, Facts, Role
from workers.errors import Failure, Permanent, Refused
from workers.ports import Block, Part, Tell
from workers.sources.engine.home import Homes, Taken
from workers.sources.engine.options import EngineOptions
from workers.sources.folders.place import readable

NAMED = 50  # names that could not be read which are told one by one


class Snapshot:
    """A dump: the engine works when its parts are asked for."""

    def __init__(self, homes: Homes, options: EngineOptions, path: Path, tell: Tell) -> None:
        """`path` is the folder, links resolved."""
        self._homes, self._options, self._path, self._tell = homes, options, path, tell
        self._taken: Taken | None = None
        self._warnings: tuple[str, ...] = ()

    def parts(self) -> Iterator[Part]:
        """The record, once the engine has done its work. Raises where that is no backup; then the snapshot is taken away again."""
        taken = self._homes.take(self._path, self._tell)
        try:
            self._warnings = (*self._judged(taken), *taken.warnings)
        except Failure:
            with suppress(Failure):  # what is wrong has been found already
                self._homes.drop(taken)
            raise
        self._taken = taken
        yield Part(taken.record.name, Role.DATA, iter([Block(taken.record.written())]))

    def _judged(self, taken: Taken) -> tuple[str, ...]:
        """Warnings about what was not read. Refused where no file was found, and that is no backup."""
        if not taken.record.files and not self._options.allow_empty:
            raise Refused(f"there is no file below {self._path} but what `exclude` leaves out; where it may be so, set allow_empty = true")
        return unread(self._path, taken, self._options)

    def facts(self) -> Facts:
        """What the engine counted, and what it could not read."""
        if self._taken is None:
            raise Permanent("the engine was not run to its end")
        record = self._taken.record
        return Facts(
            identity=record.repository,
            flavour=record.engine,
            version=record.version,
            place=str(self._options.path),
            snapshot=record.taken,
            counts=(Count("files", record.files),),
            fingerprint=record.tree,
            warnings=self._warnings,
            tools=((record.engine, record.version),),
            extras=record.extras,
        )


@contextmanager
def open_dump(homes: Homes, options: EngineOptions, tell: Tell) -> Iterator[Snapshot]:
    """Open a backup. Refused where the folder or the stores do not allow one; nothing is made yet."""
    homes.fit()
    yield Snapshot(homes, options, readable(options.path, allow_empty=options.allow_empty), tell)


def unread(path: Path, taken: Taken, options: EngineOptions) -> tuple[str, ...]:
    """Warnings about names that could not be read. Permanent where the settings want none to be missing."""
    names = taken.missed
    if names and options.unreadable == "fail":
        least = "at least " if taken.dropped else ""
        shown = "; ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        raise Permanent(f'{least}{len(names)} names below {path} could not be read: {shown}; unreadable = "warn" seals without them')
    return told("not read", names, taken.dropped)


def told(what: str, names: Sequence[str], dropped: int = 0) -> tuple[str, ...]:
    """A warning for each of the first names, and one for how many more there are, as far as lines were kept."""
    more = (f"{what}: {'at least ' if dropped else ''}{len(names) - NAMED:,} more names",) if len(names) > NAMED else ()
    return (*(f"{what}: {name}" for name in names[:NAMED]), *more)
