"""The recovery window for the terminal: to which moments a target can be brought back, and what ends each stretch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.table import Table

from workers.alerts.words import count, duration, size, stamp
from workers.catalog.recovery import Stretch, windows


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose window is shown, when, in which zone, against which objective."""

    target: str
    now: datetime
    zone: ZoneInfo
    objective: timedelta | None = None


def sentence(found: Sequence[Stretch], asked: Asked) -> str:
    """The windows in words, the newest last, and how much would be lost now."""
    lines = [_window(window.begin, window.end, asked.zone) for window in windows(found)]
    if not lines:
        return f'{asked.target} has no full backup yet: backup("{asked.target}")'
    age = asked.now - max(stretch.end for stretch in found)
    against = f", objective {duration(asked.objective)}{'  ✗' if age > asked.objective else ''}" if asked.objective else ""
    return "\n".join([f"{asked.target} can be brought back to", *lines, f"RPO now {duration(age)}{against}"])


def table(found: Sequence[Stretch], zone: ZoneInfo) -> Table:
    """Every full backup, the newest first, and how far the logs lead on from it."""
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(("full", "from", "to", "logs", "ends because")):
        shown.add_column(column, overflow="fold", no_wrap=number == 0)
    for stretch in sorted(found, key=lambda stretch: stretch.begin, reverse=True):
        logs = [piece.log for piece in stretch.pieces]
        held = f"{count(len(logs), 'file')}, {size(sum(log.plain.bytes for log in logs))}" if logs else "–"
        end = stamp(stretch.end, zone) if stretch.end > stretch.begin else "this moment only"
        shown.add_row(stretch.full.id, stamp(stretch.begin, zone), end, held, stretch.ended or "–", style="red" if stretch.ended else "")
    return shown


def _window(begin: datetime, end: datetime, zone: ZoneInfo) -> str:
    if begin == end:
        return f"  the moment      {stamp(begin, zone)}"
    return f"  any moment from {stamp(begin, zone)} to {stamp(end, zone)}"
