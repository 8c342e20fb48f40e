"""One name in a snapshot, as every engine is understood, and what its lines about names have in common. Floor: tools."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

FILE, FOLDER, LINK = "-", "d", "l"  # as in a listing of `ls -l`
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Name:
    """One name: its path below the folder ("" is that itself), and its mode as `ls -l` writes it.

    `size` are the bytes of a file; None for a further name of one, where the engine does not say.
    """

    path: str
    mode: str
    size: int | None
    uid: int
    gid: int
    modified: datetime

    @property
    def sort(self) -> str:
        """What it is."""
        return self.mode[0]


HearName: TypeAlias = Callable[[Name], None]


@dataclass(frozen=True, slots=True)
class Lines(Generic[T]):
    """Hears an engine's lines about names; `inner` is the folder's own name, with which every path in a snapshot begins."""

    inner: str
    tell: Callable[[T], None]

    def below(self, path: str) -> str:
        """A path of the engine's, relative to the folder."""
        return path.strip("/").removeprefix(self.inner).strip("/")
