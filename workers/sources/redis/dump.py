"""One dump: the RDB of one moment in three parts, whose concatenation is the file that Redis itself would write. Floor: tools.

Head (schema), keys (data), end mark and CRC (post-data). The head holds the time and the memory used, so only the middle of two
backups of the same data is the same.
"""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workers.artifact import Count, Facts, Role
from workers.errors import Permanent
from workers.ports import Block, Part
from workers.sources.redis import broker, tools
from workers.sources.redis.aof import LIVE
from workers.sources.redis.check import Checker, checker
from workers.sources.redis.link import streamed
from workers.sources.redis.rdb.stream import Rdb
from workers.sources.redis.rdb.walk import Keys
from workers.sources.redis.save import saved
from workers.sources.redis.session import Server
from workers.sources.redis.state import Keyspace, State, look, release
from workers.sources.redis.trial import Trial, trial

HEAD, DATA, TAIL = "head", "rdb", "tail"


@dataclass(frozen=True, slots=True)
class Beside:
    """What proves the bytes while they go by, beside their CRC: redis-check-rdb, and a trial."""

    check: Checker | None
    trial: Trial | None

    def tee(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The pieces, seen by both."""
        for one in (self.check, self.trial):
            pieces = one.tee(pieces) if one else pieces
        return pieces


class RdbDump:
    """A dump while it runs."""

    def __init__(self, server: Server, rdb: Rdb, before: State, beside: Beside) -> None:
        """`before` is the server as it was before the snapshot."""
        self._server, self._rdb, self._before, self._beside = server, rdb, before, beside

    def parts(self) -> Iterator[Part]:
        """Head, data, tail."""
        yield Part(HEAD, Role.SCHEMA, iter([Block(self._rdb.head.bytes)]))
        yield Part(DATA, Role.DATA, (Block(piece) for piece in self._rdb.body()))
        yield Part(TAIL, Role.POST_DATA, iter([Block(self._rdb.tail)]))

    def facts(self) -> Facts:
        """What was read. Permanent where the server was restarted, or where the counts contradict each other."""
        if not self._rdb.tail:
            raise Permanent(f"{self._rdb.name} was not read to its end")
        if self._beside.check:
            self._beside.check.judge()
        with self._server.session("looking after the dump") as client:
            after, own = look(client), broker.warning(client)
        counts, warnings = counted(self._rdb, self._before, after)
        if self._beside.trial:
            self._beside.trial.judge(self._rdb.name, counts, self._databases)
        head, before = self._rdb.head, self._before
        return Facts(
            identity=before.run_id,
            flavour=before.flavour,
            version=before.version,
            place=LIVE,
            snapshot=head.snapshot or datetime.now(UTC),
            counts=counts,
            fingerprint=fingerprint(self._rdb),
            warnings=warnings + own,
            tools=(("redis-check-rdb", "agreed"),) if self._beside.check else (),
            extras=self._extras(after),
        )

    @property
    def _databases(self) -> int:
        """How many a server needs that loads the RDB; 16 are what Redis has where nothing else is said."""
        known = [found.database for found in self._rdb.walk.databases] + [space.database for space in self._before.keyspace]
        return max(16, 1 + max(known, default=0))

    def _extras(self, after: State) -> tuple[tuple[str, str], ...]:
        """What a restore needs to know, and what the dump cost the server."""
        rdb = self._rdb
        return (
            ("rdb_version", str(rdb.head.version)),
            ("rdb_bytes", str(rdb.bytes)),
            ("rdb_crc64", f"{rdb.crc:016x}"),
            ("databases", str(self._databases)),
            ("memory", rdb.head.field("used-mem") or "0"),
            ("method", self._server.options.method),
            ("forks", str(after.forks - self._before.forks)),
        )


def fingerprint(rdb: Rdb) -> str:
    """SHA-256 of what is defined beside data: the format, the databases, the libraries of functions."""
    found = hashlib.sha256(f"rdb {rdb.head.version} {[keys.database for keys in rdb.walk.databases]}".encode())
    for library in sorted(rdb.walk.functions):
        found.update(b"\0" + library)
    return found.hexdigest()


def counted(rdb: Rdb, before: State, after: State) -> tuple[tuple[Count, ...], tuple[str, ...]]:
    """Keys of each database, and warnings. Counted in the RDB; where it holds types that are not known here, the server's estimates.

    Permanent where the RDB announces another number than it holds.
    """
    walk = rdb.walk
    if walk.lost:
        words = f"the keys could not be counted exactly: {walk.lost} (written by Redis {before.version}); their CRC is right"
        estimates = tuple(Count(count.name, count.rows, exact=False) for space in after.keyspace for count in space.counts)
        return estimates, (words,)
    for found in walk.databases:
        if found.announced not in (None, (found.keys, found.expiring)):
            raise Permanent(f"{rdb.name} announces {found.announced} keys in database {found.database}, and holds {_both(found)}")
    counts = tuple(count for found in walk.databases for count in Keyspace(found.database, found.keys, found.expiring).counts)
    return counts, tuple(_doubts(rdb, before, after))


def _doubts(rdb: Rdb, before: State, after: State) -> Iterator[str]:
    """What is no proof of a fault, and should be looked at."""
    if not rdb.crc:
        yield "the RDB has no CRC (rdbchecksum is off): its structure was proven, its values were not"
    there = {found.database for found in rdb.walk.databases if found.keys}
    for number in sorted(_lasting(before) & _lasting(after) - there):
        yield f"INFO told of lasting keys in database {number} before and after the snapshot, which has none"


def _both(found: Keys) -> tuple[int, int]:
    return found.keys, found.expiring


def _lasting(state: State) -> set[int]:
    """The databases that hold keys that do not expire."""
    return {space.database for space in state.keyspace if space.keys > space.expiring}


@contextmanager
def open_dump(server: Server) -> Iterator[RdbDump]:
    """A dump by the method that the options name; leaving the block ends link, file and program."""
    with server.session("looking before the dump") as client:
        before = look(client)
    with ExitStack() as stack:
        pieces = stack.enter_context(_method(server))
        name = f"the RDB of {server.options.address}"
        program = _program(server, before)
        beside = Beside(
            stack.enter_context(checker(program, name)) if program else None,
            stack.enter_context(trial(server.options)) if server.options.prove == "load" else None,
        )
        yield RdbDump(server, Rdb(beside.tee(pieces), name), before, beside)


def _method(server: Server) -> AbstractContextManager[Iterator[bytes]]:
    return saved(server) if server.options.method == "bgsave" else streamed(server)


def _program(server: Server, state: State) -> Path | None:
    """redis-check-rdb, where it is wanted, there, and not older than the server: an older one refuses what it does not know."""
    found = None if server.options.prove == "crc" else tools.find(server.options, tools.CHECKER)
    return found if found and release(tools.version(found))[:2] >= state.release[:2] else None
