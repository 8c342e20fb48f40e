"""What travels between steps: frozen values that survive JSON. Lowest floor.

`encode` and `decode` are the only way in and out of a Celery message, the ledger and the manifest; `decode` refuses what does not fit.
"""

import re
import secrets
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from workers.errors import Permanent

T = TypeVar("T")

BACKUP_ID = re.compile(r"\d{8}T\d{6}Z-(?:full|incremental|differential|log)-[0-9a-f]{8}")


class Kind(StrEnum):
    """What a backup holds."""

    FULL = "full"
    INCREMENTAL = "incremental"
    DIFFERENTIAL = "differential"
    LOG = "log"


class Role(StrEnum):
    """What a segment is for, in the order of a restore; only `data` segments load in parallel."""

    SCHEMA = "schema"
    DATA = "data"
    CORRECTION = "correction"
    POST_DATA = "post-data"
    ACCOUNTS = "accounts"
    LOG = "log"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class Form:
    """One form of some bytes: how many, and their SHA-256 in hex."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a backup: cut while it is dumped, it travels alone through the chain.

    `objects` are the tables (or files) inside; `charset` is the character set its SQL must be loaded under, and the wrong one is silently
    wrong. The SHA-256 of `plain` is "" until `checksum` has made it; `stored` is None until it was compressed; `copies` names the stores
    it was proven in. `key` is where its stored form lies while a restore borrows it from another backup; "" in every manifest.
    """

    number: int
    name: str
    role: Role
    plain: Form
    objects: tuple[str, ...] = ()
    charset: str | None = None
    stored: Form | None = None
    suffix: str = ""
    copies: tuple[str, ...] = ()
    key: str = ""

    @property
    def file(self) -> str:
        """Its file name below `segments/`, for example `000003.data.zst`; the whole key of a borrowed one."""
        return self.key or f"{self.number:06}.{self.name}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the binary log of one server: file and offset, and the GTID set executed up to there ("" where GTIDs are off)."""

    file: str
    offset: int
    gtid: str = ""


@dataclass(frozen=True, slots=True)
class Until:
    """How far: exactly one of a time, the GTID of the last transaction, that of the first one to leave out, and a position."""

    time: datetime | None = None
    gtid: str | None = None
    before: str | None = None
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Lent:
    """Another host than the target's own that does a whole restore, and the live server that it reaches, by its identity."""

    host: str
    live: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement in a log: its words, the default database it ran in, and its transaction by name, time and where that begins."""

    sql: str
    database: str
    gtid: str
    committed: datetime
    position: Position

    @property
    def just_before(self) -> Until:
        """The moment just before it."""
        return Until(position=self.position)


@dataclass(frozen=True, slots=True)
class Log:
    """A binary log file as its server closed it; `first` is the offset of the first event behind its head.

    `before` and `after` are the GTIDs executed before and after it ("" where there are none). `began` and `ended` are the times of its
    first event and of its last commit, by the server's clock. `closed`: it ends as servers end a log, not in a crash.
    `fault` says why no replay can pass through it, "" where one can.
    """

    name: str
    plain: Form
    first: int
    began: datetime
    ended: datetime
    before: str = ""
    after: str = ""
    transactions: int = 0
    closed: bool = True
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows (or files) an object holds; `exact` is False where it is the server's estimate."""

    name: str
    rows: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What a source knows about the moment it was read.

    `identity` tells servers apart (`server_uuid`); `fingerprint` is the SHA-256 of all definitions; `place` is the name
    that was read (a database); `tools` are (name, version) pairs; `extras` are (name, value) pairs of the source's own.
    `logs` are the log files in a backup of kind log, in order; `gap` says what is missing before them, "" where nothing is.
    """

    identity: str
    flavour: str
    version: str
    place: str
    snapshot: datetime
    counts: tuple[Count, ...] = ()
    fingerprint: str = ""
    position: Position | None = None
    warnings: tuple[str, ...] = ()
    tools: tuple[tuple[str, str], ...] = ()
    extras: tuple[tuple[str, str], ...] = ()
    logs: tuple[Log, ...] = ()
    gap: str = ""

    @property
    def mode(self) -> str:
        """`physical` where it is a copy of a whole server, whose counts name `database.table`; else `logical`."""
        return dict(self.extras).get("mode", "logical")


@dataclass(frozen=True, slots=True)
class Order:
    """What a restore is to do: which backup, read under which name, to which place.

    `confirm` repeats the target's name where live data stand in the place. `objects` are the tables (or files) to restore;
    empty: all of them. `scratch`: the place is for a trial and nobody else's business; a database stays out of its server's binary log.
    `until`: not the backup's own moment, but a later one, to which `logs` lead from it (log backups as `<folder>/<id>`, in order).
    `server`: no database is made, but the data directory of a new server, at this path on the host.
    `aside`: the restore keeps what stands in the place, no safety backup is made (see Place). `definers` are pairs: who takes whose place
    in views and programs. `accounts`: "all" of the backup's that are not there are made, or only the "definers" of what is restored.
    `lent`: who does it, where the target's own host lacks the programs for it.
    `reads`: ranges (first and last number) of the data segments to read, where an index tells; None: what `objects` and segments say.
    """

    backup: str
    original: str
    into: str
    facts: Facts
    confirm: str | None = None
    objects: tuple[str, ...] = ()
    scratch: bool = False
    until: Until | None = None
    logs: tuple[str, ...] = ()
    server: str = ""
    definers: tuple[tuple[str, str], ...] = ()
    accounts: str = ""
    aside: bool = False
    lent: Lent | None = None
    reads: tuple[tuple[int, int], ...] | None = None

    @property
    def goal(self) -> str:
        """Where it goes, for people: the place, or the data folder of a new server."""
        return self.server or self.into

    @property
    def expected(self) -> tuple[Count, ...]:
        """The manifest's counts of what is to be restored; one database of a whole server has those of its own tables."""
        counts, prefix = self.facts.counts, f"{self.facts.place}."
        if self.facts.mode == "physical" and not self.server:
            counts = tuple(replace(count, name=count.name.removeprefix(prefix)) for count in counts if count.name.startswith(prefix))
        return tuple(count for count in counts if not self.objects or count.name in self.objects)

    @property
    def of_one(self) -> "Order":
        """The order as one of a logical full of the target's database alone, as far as it is not one already."""
        extras = tuple(pair for pair in self.facts.extras if pair[0] != "mode")
        counts = replace(self, server="", objects=()).expected
        return replace(self, facts=replace(self.facts, counts=counts, extras=extras))

    def needs(self, segment: Segment) -> bool:
        """Whether the restore reads a segment. One that does not say what is in it is always read, unless an index tells."""
        if self.reads is not None and segment.role is Role.DATA:
            at = bisect_right(self.reads, segment.number, key=lambda each: each[0])
            return at > 0 and segment.number <= self.reads[at - 1][1]
        whole = not (self.objects and segment.objects) or segment.role not in (Role.DATA, Role.CORRECTION)
        return whole or not set(self.objects).isdisjoint(segment.objects)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a restore found when it was done: counts of the restored objects, and what was left out or disabled, in words."""

    counts: tuple[Count, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a canvas, as the ledger opened it. `backup` is the id that is made or restored; nothing goes on after `deadline`.

    `first` is the run of the safety backup that a restore over live data waits for; `then` is the restore that such a backup is made for.
    """

    id: str
    work: str
    target: str
    host: str
    backup: str
    kind: Kind = Kind.FULL
    slot: str | None = None
    order: Order | None = None
    opened: datetime = field(default_factory=lambda: datetime.now(UTC))
    deadline: datetime | None = None
    first: str | None = None
    then: str | None = None


def new_backup_id(kind: Kind, now: datetime) -> str:
    """An id that sorts by time and says its kind: `20261122T000000Z-full-9f3a11c2`."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{kind}-{secrets.token_hex(4)}"


def new_run_id() -> str:
    """Eight hex digits: short enough to be typed in the shell."""
    return secrets.token_hex(4)


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def encode(value: Any) -> Any:
    """The plain JSON structure of a value of this module."""
    return _adapter(type(value)).dump_python(value, mode="json")


def decode(kind: type[T], payload: Any) -> T:
    """The value of type `kind` in a plain JSON structure; Permanent, naming the field, where it does not fit."""
    try:
        value: T = _adapter(kind).validate_python(payload, strict=False)
        return value
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise Permanent(f"not a {kind.__name__}: {where or 'value'}: {first['msg']}") from error
