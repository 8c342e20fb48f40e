"""What doctor() says of the repository of BorgBackup. Floor: tools."""

from collections.abc import Iterator
from pathlib import Path

from workers.errors import Failure
from workers.ports import Finding
from workers.sources.borg.repository import GOOD, MISSED, Repository
from workers.sources.engine.doctor import spare


def repository(home: Repository) -> Iterator[Finding]:
    """Reached, opened, held by whom, room."""
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
