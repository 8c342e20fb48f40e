"""How snapshots are removed from a repository: only ours, never the newest that stays, and looked up again afterwards. Floor: tools."""

from collections.abc import Iterable

from workers.errors import Corrupt, Permanent
from workers.sources.engine.home import Home


def forget(home: Home, gone: frozenset[str], newest: str) -> None:
    """Remove the snapshots of these ids, and data that nothing needs any more: an earlier try may have died before it came to that.

    Permanent, and nothing is touched, where the newest is not there. Corrupt where the repository is not what it should be afterwards.
    """
    before = home.snapshots()
    if not any(newest in each.ids for each in before):
        raise Permanent(f"{home.name} does not hold the newest backup ({newest[:12]}), so nothing is removed from it")
    over = [each.name for each in before if each.ours and each.ids & gone and newest not in each.ids]
    home.remove(over)
    left = {each.name for each in home.snapshots()}
    if still := left.intersection(over):
        raise Permanent(f"{home.name} still holds {_few(still)}, which were to be removed")
    if lost := {each.name for each in before} - left - set(over):
        raise Corrupt(f"{home.name} has lost {_few(lost)} while others were removed")


def _few(names: Iterable[str]) -> str:
    return ", ".join(name[:40] for name in sorted(names)[:3])
