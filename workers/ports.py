"""The sockets of the house: what a source, a store, a transform and a channel MUST do. Lowest floor.

Implementations raise only the errors of `workers.errors`; a vendor's exception never leaves its module.
Each socket has one contract suite in `tests/contracts` that every implementation passes.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias, runtime_checkable

from pydantic import SecretStr

from workers.artifact import Facts, Form, Kind, Log, Order, Outcome, Position, Role, Segment, Statement


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes that MUST NOT be cut (whole SQL statements, a tar member), and the objects in them."""

    data: bytes
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A stream of blocks with one role; it becomes one or more segments. `charset`: see Segment.

    `beside` are further readers of the same blocks, each for a thread of its own: what one took, no other gets, so that `blocks` read
    alone gives everything. An empty block says that its stream lives and has nothing yet; it comes within a second, so that a reader
    can look whether it has to stop.
    """

    name: str
    role: Role
    blocks: Iterator[Block]
    charset: str | None = None
    beside: tuple[Iterator[Block], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer of a preflight: `ok`, what was looked at, what was found, and what would mend it (SQL to paste, a setting)."""

    ok: bool
    what: str
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What stands where a restore would go: `rows` (what they are says `unit`) and `bytes` are estimates, 0 where nothing exists.

    `aside` says where it goes when it is restored over, so that no safety backup of it is needed; "": it is dropped. `proof` says how a
    restore there is proven; "": by counting.
    """

    name: str
    exists: bool
    empty: bool
    rows: int = 0
    bytes: int = 0
    unit: str = "row"
    aside: str = ""
    proof: str = ""


class Dump(Protocol):
    """One dump while it runs: first its parts are read, all of them and in order, then its facts."""

    def parts(self) -> Iterator[Part]:
        """The parts; the blocks of one MUST be exhausted before the next is asked for."""

    def facts(self) -> Facts:
        """What was read, proven (exit status, trailer, stderr, definitions unchanged). Raises Permanent where it was not."""


class Source(Protocol):
    """Reads and writes one target. An instance lives for one step and MUST keep no state between steps."""

    def check(self) -> tuple[Finding, ...]:
        """Everything that a backup needs, looked at without changing anything; never raises for what it can say."""

    def size(self) -> int:
        """Roughly how many bytes a dump will have; 0 where nobody knows. For progress only."""

    def dump(self, kind: Kind) -> AbstractContextManager[Dump]:
        """Open a dump of one consistent moment. Leaving the context ends every child and lock, whatever happened."""

    def place(self, into: str) -> Place:
        """What stands at `into` now."""

    def prepare(self, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
        """Make the place ready for data from plain schema segments. MUST refuse a non-empty place unless `order.confirm` allows it."""

    def load(self, order: Order, segment: Segment, plain: Path) -> None:
        """Load one plain data segment. MUST be safe to call for several segments at once."""

    def finish(self, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
        """Load the plain segments of the later roles in order and count what is there now."""


@runtime_checkable
class SweptSource(Protocol):
    """A source that keeps large things on its host while it works, which a process that was killed leaves behind."""

    def sweep(self) -> int:
        """Remove what no living process holds any more; how many things. Never raises for a server that is away."""


@runtime_checkable
class BuildsBeside(Protocol):
    """A source that builds what it restores beside the place, and puts it there at the end."""

    def clear(self, order: Order) -> None:
        """Remove what a restore that failed has built. MUST leave what was proven and is on its way into the place."""


@dataclass(frozen=True, slots=True)
class Found:
    """A name in a backup: its path below the target, and what was wrong when it was read, "" where nothing was."""

    path: str
    bytes: int
    modified: datetime
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs, in words, between a name in a backup and the target as it is now."""

    path: str
    words: str


@runtime_checkable
class IndexedSource(Source, Protocol):
    """A source whose backups end with an index (segments of role `index`) of all that is restorable from them and their parents.

    `index` is always the plain index segments of one backup in order; each file MAY be gone when the next is asked for.
    """

    def dump_since(self, kind: Kind, index: Iterable[tuple[Segment, Path]]) -> AbstractContextManager[Dump]:
        """Open a dump of what changed against a parent. Raises Corrupt where its index cannot be read: then a full is due."""

    def select(self, order: Order, index: Iterable[tuple[Segment, Path]]) -> Order:
        """The order with `objects` that tell which segments it needs. Raises Refused, naming them, where objects name nothing."""

    def draws(self, facts: Facts, other: Facts) -> bool:
        """Whether the data of a backup with these facts lie in another one, too."""

    def find(self, pattern: str, index: Iterable[tuple[Segment, Path]]) -> Iterator[Found]:
        """The names that match a pattern."""

    def compare(self, index: Iterable[tuple[Segment, Path]], *, thorough: bool = False) -> Iterator[Difference]:
        """What differs from the target as it is now; `thorough` reads what looks equal."""


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


Tell: TypeAlias = Callable[[int], None]  # so many bytes more were read or written


@dataclass(frozen=True, slots=True)
class Address:
    """Where a folder of a store lies, for a program that reads and writes it by itself.

    `place` is a path, or the URL of service, bucket and key. `login` are key id and secret; None: the program finds its own way, as the
    store's driver does. `fault` says why the store could not be used when it was asked, "" where it could; that may be `passing`.
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

    def prove(self, record: Path) -> None:
        """Raise Corrupt unless the first repository holds the snapshot that a record describes."""

    def carry(self, segment: Segment) -> None:
        """Bring the snapshot into every other repository. MUST be safe to call again."""

    def audit(self, segment: Segment, store: str, share: Share | None) -> None:
        """Prove that a store's repository is sound and holds the snapshot, and read a share of its data. Corrupt, naming it, where not."""


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
    def files(self) -> Path:
        """Where the files of a whole server's backup are made ready for the scratch server."""
        return self.folder / "server" / "data"


class Replaying(Protocol):
    """A scratch server while it runs; it MUST end with the thread that started it. What is loaded there comes through `scratch`."""

    def alive(self) -> None:
        """Raises Permanent, with its last words, where it ended."""

    def replay(self, seen: Callable[[int], None]) -> None:
        """Apply the logs up to the moment, and prove that it was reached. `seen` hears how many bytes of them were applied so far."""

    def keep(self, place: Path) -> Outcome:
        """End the server and make its data folder that of a new one; what is in it, and how to get in, in words."""


@runtime_checkable
class ReplaySource(Protocol):
    """A source whose backups lead on to later moments: the logs of its server are replayed on a scratch server, and nowhere else."""

    def check_replay(self, facts: Facts) -> Finding:
        """Whether this host has the programs for it; never raises for what it can say."""

    def replaying(self, order: Order, ground: Ground) -> AbstractContextManager[Replaying]:
        """Prove that the logs lead to the order's moment, and start a scratch server. Refused where they do not."""

    def scratch(self, folder: Path) -> Source:
        """The scratch server of a ground's folder as a source; for every process of the host."""

    def unpack(self, logs: Iterable[Log], segments: Iterable[Path], folder: Path) -> tuple[Path, ...]:
        """The files of one log backup, from its plain segments in order, each of which MAY be gone when the next is asked for.

        Raises Corrupt, naming it, for a file that is not what was recorded.
        """

    def find(self, logs: Path, words: str) -> Iterator[Statement]:
        """The statements in a folder of logs that hold these words in this order."""


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


@runtime_checkable
class TableSource(Protocol):
    """A source of which single objects can be restored into live data, all at one moment."""

    def touched(self, order: Order) -> tuple[str, ...]:
        """What else is touched in the live place by replacing the order's objects, in words. Changes nothing."""


@dataclass(frozen=True, slots=True)
class Stat:
    """An object in a store: its key, bytes and, where the store vouches for one, its SHA-256 in hex."""

    key: str
    bytes: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Properties:
    """What a store can do: `checks_upload` (the server proves the SHA-256), `locks` (objects can be locked), `free` (it knows its room).

    `costly` are the kinds of backups that it charges for reading.
    """

    checks_upload: bool = False
    locks: bool = False
    free: bool = False
    costly: frozenset[Kind] = frozenset()


class Store(Protocol):
    """Keeps objects under keys with `/`. An object appears whole or not at all, and is never replaced by another."""

    name: str
    properties: Properties

    def put(self, key: str, body: Path | bytes, form: Form) -> None:
        """Store an object. MUST be durable on return. The same content again is success, another is Permanent."""

    def open(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Read an object. Raises Permanent naming key and store where it is missing."""

    def stat(self, key: str) -> Stat | None:
        """The object's size, or None where there is none."""

    def list(self, prefix: str) -> Iterator[Stat]:
        """All objects whose key starts with `prefix`, ordered by key."""

    def remove(self, key: str) -> None:
        """Remove an object; nothing happens where there is none."""

    def free(self) -> int | None:
        """Bytes that still fit, or None where nobody knows."""

    def sweep(self, older: timedelta) -> int:
        """Remove what puts that died left behind so long ago, never an object; how many pieces it was."""

    def address(self, folder: str) -> Address:
        """Where a folder of it lies. Asks nobody whether it is there, or whether the store is."""


class Transform(Protocol):
    """Turns a stream into another and back. `suffix` is appended to the file name, for example `.zst`."""

    suffix: str

    def encode(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Write the encoded form of `source` to `sink`. Memory use MUST not grow with the stream."""

    def decode(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Write the plain form. MUST raise Corrupt where the stream is damaged, cut short or followed by other bytes."""


@dataclass(frozen=True, slots=True)
class Field:
    """A label and its value in a message."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Message:
    """What people are told: a headline, fields, a severity (`info`, `warning`, `critical`), and what to do next."""

    headline: str
    fields: tuple[Field, ...]
    severity: str = "info"
    advice: str = ""


class Channel(Protocol):
    """Tells people. Success MUST be the other side's own yes."""

    name: str

    def send(self, message: Message) -> None:
        """Send once. Raises Transient where the other side may take it later, Permanent where it never will."""
