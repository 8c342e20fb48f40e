"""What doctor() says of the repositories of restic. Floor: tools."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from workers.errors import Failure
from workers.ports import Finding
from workers.sources.engine.doctor import spare
from workers.sources.restic.repository import GOOD, MISSING, Repository, apart


def repositories(homes: Sequence[Repository]) -> Iterator[Finding]:
    """Each of them: reached, opened, held by whom, room."""
    for home in homes:
        yield from _repository(homes[0], home)


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
