"""A dump whose data stay with the engine: one part, the record of a snapshot. Floor: tools."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from workers.artifact import Count, Facts, Role
from workers.errors import Permanent, Refused
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

    def parts(self) -> Iterator[Part]:
        """The record, once the engine has done its work. Refused where it found no file and that is no backup."""
        self._taken = taken = self._homes.take(self._path, self._tell)
        if not taken.record.files and not self._options.allow_empty:
            raise Refused(f"there is no file below {self._path} but what `exclude` leaves out; where it may be so, set allow_empty = true")
        yield Part(taken.record.name, Role.DATA, iter([Block(taken.record.written())]))

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
            warnings=self._taken.warnings,
            tools=((record.engine, record.version),),
            extras=record.extras,
        )


@contextmanager
def open_dump(homes: Homes, options: EngineOptions, tell: Tell) -> Iterator[Snapshot]:
    """Open a backup. Refused where the folder or the stores do not allow one; nothing is made yet."""
    homes.fit()
    yield Snapshot(homes, options, readable(options.path, allow_empty=options.allow_empty), tell)


def unread(path: Path, names: Sequence[str], options: EngineOptions) -> tuple[str, ...]:
    """Warnings about names that could not be read. Permanent where the settings want none to be missing."""
    if names and options.unreadable == "fail":
        shown = "; ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        raise Permanent(f'{len(names)} names below {path} could not be read: {shown}; unreadable = "warn" seals without them')
    return told("not read", names)


def told(what: str, names: Sequence[str]) -> tuple[str, ...]:
    """A warning for each of the first names, and one for how many more there are."""
    more = (f"{what}: {len(names) - NAMED:,} more names",) if len(names) > NAMED else ()
    return (*(f"{what}: {name}" for name in names[:NAMED]), *more)
