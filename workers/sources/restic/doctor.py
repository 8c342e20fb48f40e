"""What a backup by restic needs, looked at without changing anything. Floor: tools."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from workers.errors import Failure, Refused
from workers.ports import Finding
from workers.sources.engine.place import readable, spare
from workers.sources.restic import program
from workers.sources.restic.options import ResticOptions
from workers.sources.restic.repository import GOOD, MISSING, Repository, apart


def examine(options: ResticOptions, each: Callable[[], Sequence[Repository]]) -> tuple[Finding, ...]:
    """The folder, the program, and the repository of each store, which `each` gives or refuses to."""
    return tuple(_all(options, each))


def _all(options: ResticOptions, each: Callable[[], Sequence[Repository]]) -> Iterator[Finding]:
    try:
        yield Finding(True, "folder", str(readable(options.path, allow_empty=options.allow_empty)))
    except Refused as refused:
        yield Finding(False, "folder", refused.reason, "mount its disk, or correct `path` of this target")
    try:
        found = program.program(options)
        yield Finding(True, "program", f"{found}, restic {program.version(found)}")
        homes = each()
        for home in homes:
            yield from _repository(homes[0], home)
    except Refused as refused:
        yield Finding(False, "restic", refused.reason, "see the guide: deduplicating")


def _repository(first: Repository, each: Repository) -> Iterator[Finding]:
    what = f"repository in {each.address.store}"
    if fault := each.address.fault or apart(first.address, each.address):
        yield Finding(False, what, fault)
        return
    try:
        if each.ask("--no-lock", "cat", "config", good=(GOOD, MISSING)).status == MISSING:
            yield Finding(True, what, f"{each.address.place} is not there yet; the first backup makes it")
            return
        locks = each.locks()
    except Failure as failure:
        yield Finding(False, what, failure.reason)
        return
    held = "; ".join(map(str, locks))
    yield Finding(True, what, f"{each.address.place} opens{f', locked by {held}' if held else ''}")
    if each.address.kind == "local":
        yield spare(each.address.store, Path(each.address.place))
