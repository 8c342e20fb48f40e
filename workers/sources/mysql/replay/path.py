"""The way to a moment, proven before anything is started: a full backup, logs without a gap, and the place where they end. Floor: tools."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workers.artifact import Facts, Until
from workers.errors import Refused
from workers.sources.mysql.logs.gtid import parse
from workers.sources.mysql.logs.heads import previous_gtids
from workers.sources.mysql.replay.chain import Chain, chain
from workers.sources.mysql.replay.events import Kind, Log, events, opened
from workers.sources.mysql.replay.moments import Stop, stop
from workers.sources.mysql.replay.statements import Target
from workers.sources.mysql.scratch.options import MIB, Wish
from workers.sources.mysql.tools import Flavour

_LOG_SHARE = 2  # the replay's own logs may be as long as the logs themselves, and their rows are in the tables too


@dataclass(frozen=True, slots=True)
class Proven:
    """A full backup, the logs after it, and where in them the replay ends."""

    facts: Facts
    chain: Chain
    stop: Stop
    target: Target

    @property
    def bytes(self) -> int:
        """Bytes of the logs that are read."""
        names = [path.name for path in self.chain.files]
        return sum(path.stat().st_size for path in self.chain.files[: names.index(self.stop.position.file) + 1])


def prove_path(facts: Facts, folder: Path, until: Until, whole: datetime | None = None) -> Proven:
    """Prove that the logs in a folder lead from a full backup to a moment.

    Refused, in words that say what would be right, where they do not: a gap, logs of another server, a moment before the full, after the
    end or in the future. Corrupt where a log that was looked at is damaged; the others are proven when they are replayed.
    `whole`: see `stop`.
    """
    if facts.position is None:
        raise Refused(
            f"the full backup of {facts.place} knows no position in a binary log (it was off): only the backup itself can be restored"
        )
    if until.time is not None:
        _is_later(facts, until.time)
    found = chain(folder, facts.position)
    _is_of(facts, found)
    folded = dict(facts.extras).get("lower_case_table_names", "0") != "0"
    return Proven(facts, found, stop(found, until, whole), Target(facts.place, folded))


def wished(path: Proven, parent: Path, tools: Path | None, loaded: int) -> Wish:
    """The scratch server for a path; `loaded` is how many bytes the full backup takes when it is loaded."""
    extras = dict(path.facts.extras)
    return Wish(
        parent=parent,
        flavour=Flavour(path.facts.flavour),
        version=path.facts.version,
        tools=tools,
        room=loaded + _LOG_SHARE * path.bytes,
        memory=256 * MIB,
        database=path.facts.place,
        server_id=int(extras.get("server_id", "0")),
        extra=tuple((name, extras[name]) for name in ("lower_case_table_names",) if name in extras),
    )


def _is_later(facts: Facts, moment: datetime) -> None:
    if moment < facts.snapshot:
        raise Refused(
            f"{_text(moment)} is before this full backup ({_text(facts.snapshot)}): take one from before, whatever is nearest to it"
        )
    if moment > datetime.now(UTC):
        raise Refused(f"{_text(moment)} lies in the future")


def _is_of(facts: Facts, found: Chain) -> None:
    with opened(found.files[0]) as log:
        flavour = Flavour.MARIADB if "mariadb" in log.version.lower() else Flavour.MYSQL
        if flavour != facts.flavour:
            raise Refused(
                f"{log.name} is of {flavour} {log.version}, the full backup of {facts.flavour} {facts.version}: they cannot be mixed"
            )
        _joins(log, facts)


def _joins(log: Log, facts: Facts) -> None:
    """Names of logs repeat, on another server and after a RESET: what was executed before the log is in the full, or it is not its log.

    MariaDB's full names only the last transaction of each domain, which proves nothing of this.
    """
    first = next(events(log, log.first), None)
    if first is None or first.kind != Kind.PREVIOUS_GTIDS or facts.position is None:
        return
    if more := previous_gtids(log.body(first)).minus(parse(facts.position.gtid)):
        raise Refused(
            f"{log.name} is not the log that the full backup's position is in: {more} was executed before it, and is not in the backup"
        )


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
