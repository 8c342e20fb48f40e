"""What a source MUST do besides whose backups can be tried without touching live data. Lowest floor."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from workers.artifact import Order, Outcome, Segment


@dataclass(frozen=True, slots=True)
class TrialGround:
    """What a trial stands on: its run, a folder of its own on the host, and the bytes that should be free there."""

    run: str
    folder: Path
    room: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with data, in words. `own`: the live data do not have it, so that the backup is bad; None: nobody could ask them."""

    words: str
    own: bool | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at restored data found: the relations that were followed, the keys that were searched for duplicates, and flaws."""

    relations: tuple[str, ...]
    keys: tuple[str, ...]
    flaws: tuple[Flaw, ...]


class Trial(Protocol):
    """A place of its own in which a backup is restored to be looked at."""

    @property
    def where(self) -> str:
        """In words."""

    def prepare(self, schema: Iterable[tuple[Segment, Path]]) -> None:
        """As a source does."""

    def load(self, segment: Segment, plain: Path) -> None:
        """As a source does."""

    def finish(self, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
        """As a source does."""

    def look(self) -> Look:
        """Look at what was restored."""

    def blame(self) -> str:
        """Why the place, and not the backup, may be what went wrong; "" where nothing says so."""


@runtime_checkable
class TrialSource(Protocol):
    """A source whose backups can be tried without touching live data."""

    def trial(self, order: Order, ground: TrialGround) -> AbstractContextManager[Trial]:
        """A place for a trial. Leaving the context removes it, whatever happened; MUST be called from a thread that outlives it."""

    def clear_trial(self, run: str) -> None:
        """Remove what the trial of a run that was lost has left outside of its folder."""

    def trials(self) -> tuple[str, ...]:
        """The runs whose trials have left something outside of their folders."""
