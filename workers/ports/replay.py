"""What a source MUST do besides whose logs can be replayed. Lowest floor."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from workers.artifact import Count, Facts, Log, Order, Outcome, Statement
from workers.ports.source import Finding, Source


@dataclass(frozen=True, slots=True)
class Ground:
    """What a replay stands on: a folder of its own on the host, in which `logs` holds the logs of the server under its names.

    `loaded` are the bytes that the backup takes when it is loaded. By what is known of the logs, they hold everything that was
    committed up to `whole`.
    """

    folder: Path
    loaded: int
    whole: datetime | None = None

    @property
    def logs(self) -> Path:
        """The folder of the logs."""
        return self.folder / "logs"

    @property
    def base(self) -> Path:
        """The place of a backup that is a copy of a whole server: its data are loaded as if a new server were made here."""
        return self.folder / "base"


class Replaying(Protocol):
    """A scratch server while it runs; it MUST end with the thread that started it. What is loaded there comes through `scratch`."""

    def alive(self) -> None:
        """Raises Permanent, with its last words, where it ended."""

    def counts(self) -> tuple[Count, ...]:
        """What the target's database holds there now."""

    def replay(self, seen: Callable[[int], None]) -> None:
        """Apply the logs up to the moment, and prove that it was reached. `seen` hears how many bytes of them were applied so far."""

    def keep(self, place: Path) -> Outcome:
        """End the server and make its data folder that of a new one; what is in it, and how to get in, in words."""


@runtime_checkable
class ReplaySource(Protocol):
    """A source whose backups lead on to later moments: the logs of its server are replayed on a scratch server, and nowhere else."""

    def check_replay(self, facts: Facts) -> Finding:
        """Whether this host has the programs for it; never raises for what it can say."""

    def prove_logs(self, order: Order, ground: Ground) -> None:
        """Refused where the logs do not lead to the order's moment. Starts nothing."""

    def replaying(self, order: Order, ground: Ground) -> AbstractContextManager[Replaying]:
        """Prove that the logs lead to the order's moment, and start a scratch server. Refused where they do not.

        It is empty, or, where the backup is a copy of a whole server, stands on the data at `ground.base`, which it takes with it at its
        end, and holds the target's database alone.
        """

    def scratch(self, folder: Path) -> Source:
        """The scratch server of a ground's folder as a source; for every process of the host."""

    def unpack(self, logs: Iterable[Log], segments: Iterable[Path], folder: Path) -> tuple[Path, ...]:
        """The files of one log backup, from its plain segments in order, each of which MAY be gone when the next is asked for.

        Raises Corrupt, naming it, for a file that is not what was recorded.
        """

    def find(self, logs: Path, words: str) -> Iterator[Statement]:
        """The statements in a folder of logs that hold these words in this order."""
