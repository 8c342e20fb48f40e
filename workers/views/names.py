"""Tables of names in backups: where a pattern was found, and what differs from a target as it is now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from rich.table import Table

from workers.alerts.words import size, stamp
from workers.ports import Difference, Found
from workers.views.tables import blank


@dataclass(frozen=True, slots=True)
class Sighting:
    """One state of a name, and the backups of a target that hold it, newest first."""

    target: str
    found: Found
    backups: tuple[str, ...]


def gathered(target: str, answers: Iterable[tuple[str, Sequence[Found]]]) -> list[Sighting]:
    """The states of every name over (backup, names) of a target, newest backup first: one for each size and time."""
    seen: dict[Found, list[str]] = {}
    for backup, names in answers:
        for found in names:
            seen.setdefault(found, []).append(backup)
    states = [Sighting(target, found, tuple(backups)) for found, backups in seen.items()]
    return sorted(states, key=lambda state: (state.found.path, -state.found.modified.timestamp()))


def sightings(found: Iterable[Sighting], zone: ZoneInfo) -> Table:
    """Each state of each name, and the newest backup that holds it."""
    shown = blank("name", "target", "size", "modified", "newest in", "in", "")
    for state in found:
        name, problem = state.found.path, state.found.problem
        held = f"{len(state.backups)} backup{'s' if len(state.backups) > 1 else ''}"
        when = stamp(state.found.modified, zone)
        shown.add_row(name, state.target, size(state.found.bytes), when, state.backups[0], held, problem, style="yellow" if problem else "")
    return shown


def differences(found: Iterable[Difference]) -> Table:
    """What differs, name by name."""
    shown = blank("name", "")
    for difference in found:
        shown.add_row(difference.path, difference.words)
    return shown
