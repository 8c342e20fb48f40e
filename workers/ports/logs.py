"""What a source MUST do besides whose server keeps a log of every change. Lowest floor."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, runtime_checkable

from workers.artifact import Position
from workers.ports.source import Dump, Finding


@dataclass(frozen=True, slots=True)
class Past:
    """How far the logs of a server were shipped (None: nothing yet), and where its newest full backup stands in them."""

    shipped: Position | None = None
    full: Position | None = None


@runtime_checkable
class LogSource(Protocol):
    """A source whose server keeps a log of every change. Its incremental and differential backups name logs and copy nothing."""

    def identity(self) -> str:
        """What tells the server from others, as the facts of its backups say; the same for all targets on it."""

    def ship(self, past: Past) -> AbstractContextManager[Dump]:
        """Open a dump of the logs that were not shipped yet; no part where there are none. Its facts name them, and any gap."""

    def check_logs(self, every: timedelta) -> tuple[Finding, ...]:
        """Everything that shipping them so often needs; never raises for what it can say."""
