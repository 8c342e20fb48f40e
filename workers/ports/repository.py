"""What a source MUST do besides whose program keeps backups in a repository of its own. Lowest floor."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from pydantic import SecretStr

from workers.artifact import Segment
from workers.ports.source import Source

Tell: TypeAlias = Callable[[int], None]  # so many bytes more were read or written


def _keep(name: str) -> None:
    """Of a store that was not asked for it, nothing is taken away."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a folder of a store lies, for a program that reads and writes it by itself.

    `place` is a path, or the URL of service, bucket and key. `login` are key id and secret; None: the program finds its own way, as the
    store's driver does. `remove` takes an object below the place away, by its path. `fault` says why the store could not be used when it
    was asked, "" where it could; that may be `passing`.
    """

    store: str
    kind: str
    place: str
    login: tuple[SecretStr, SecretStr] | None = None
    region: str = ""
    addressing: str = ""
    ca_file: Path | None = None
    storage_class: str = ""
    fault: str = ""
    passing: bool = False
    remove: Callable[[str], None] = field(default=_keep, compare=False)


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a repository's data that one backup reads: the `number`th of `of` parts, which together are all of it."""

    number: int
    of: int


@runtime_checkable
class RepositorySource(Protocol):
    """A source whose program keeps backups in a repository of its own in each required store. It is a Source besides.

    Its dump is the record of a snapshot: one small segment, whose name ends with the snapshot's id in the first repository.
    """

    @property
    def shares(self) -> int:
        """How many backups in a row read all data of a repository once."""

    def housed(self, addresses: tuple[Address, ...], tell: Tell) -> Source:
        """The same source, told where its repositories are, the first one first. Changes nothing."""

    def held(self, store: str) -> frozenset[str]:
        """Ids in the first repository of the snapshots that a store's repository holds; none where there is no repository yet."""

    def forget(self, gone: frozenset[str], newest: str) -> None:
        """Remove snapshots, and the data that they alone need, from one repository after the other.

        MUST leave alone what this source has not made, and every repository that does not hold the `newest` of those that stay. Each is
        proven before the next is touched: Corrupt, naming the store, where it is not sound. MUST be safe to call again.
        """

    def prove(self, record: Path) -> None:
        """Raise Corrupt unless the first repository holds the snapshot that a record describes."""

    def carry(self, segment: Segment) -> None:
        """Bring the snapshot into every other repository. MUST be safe to call again."""

    def audit(self, segment: Segment, store: str, share: Share | None) -> None:
        """Prove that a store's repository is sound and holds the snapshot, and read a share of its data. Corrupt, naming it, where not."""
