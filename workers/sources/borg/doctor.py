"""What a backup by BorgBackup needs, looked at without changing anything. Floor: tools."""

from collections.abc import Callable, Iterator
from pathlib import Path

from workers.errors import Failure, Refused
from workers.ports import Finding
from workers.sources.borg import program
from workers.sources.borg.options import BorgOptions
from workers.sources.borg.repository import GOOD, MISSED, Repository
from workers.sources.engine.place import readable, spare


def examine(options: BorgOptions, first: Callable[[], Repository]) -> tuple[Finding, ...]:
    """The folder, the program, and the repository, which `first` gives or refuses to."""
    return tuple(_all(options, first))


def _all(options: BorgOptions, first: Callable[[], Repository]) -> Iterator[Finding]:
    try:
        yield Finding(True, "folder", str(readable(options.path, allow_empty=options.allow_empty)))
    except Refused as refused:
        yield Finding(False, "folder", refused.reason, "mount its disk, or correct `path` of this target")
    try:
        found = program.program(options)
        yield Finding(True, "program", f"{found}, BorgBackup {program.version(found)}")
        yield from _repository(first())
    except Refused as refused:
        yield Finding(False, "borg", refused.reason, "see the guide: deduplicating")


def _repository(home: Repository) -> Iterator[Finding]:
    what = f"repository in {home.address.store}"
    if home.address.fault:
        yield Finding(False, what, home.address.fault)
        return
    held = "; ".join(map(str, home.holders()))
    try:
        ended = home.ask("list", "--short", home.place, good=(GOOD, MISSED))
    except Failure as failed:
        yield Finding(False, what, failed.reason)
        return
    said = "opens" if ended.status == GOOD else "is not there yet; the first backup makes it"
    yield Finding(True, what, f"{home.place} {said}{f', locked by {held}' if held else ''}")
    if Path(home.place).exists():
        yield spare(home.address.store, Path(home.place))
