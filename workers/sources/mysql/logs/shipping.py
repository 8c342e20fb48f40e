"""One shipping: close the log that is being written, fetch what the chain does not have yet, prove every file. Floor: tools.

The server's clock is read before the log is closed: whatever was committed up to that moment lies in what is shipped.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from workers.artifact import Facts, Log, Position, Role
from workers.errors import Permanent
from workers.ports import Block, Part, Past
from workers.sources.mysql import facts as known
from workers.sources.mysql.faults import Moment, told
from workers.sources.mysql.logs import server as asked
from workers.sources.mysql.logs.fetching import Fetcher
from workers.sources.mysql.logs.gaps import Due, due
from workers.sources.mysql.logs.gtid import parse
from workers.sources.mysql.logs.position import after
from workers.sources.mysql.logs.reading import Reader
from workers.sources.mysql.logs.server import Listed
from workers.sources.mysql.session import Server, Session, rows
from workers.sources.mysql.tools import Program


@dataclass
class Shipping:
    """A dump of logs: one part, all files one after another; the sizes in its facts tell them apart again."""

    server: Server
    identity: str
    fetcher: Fetcher
    past: Past
    due: Due
    instant: datetime
    _logs: list[Log] = field(default_factory=list)

    def parts(self) -> Iterator[Part]:
        """The logs; no part where nothing is new."""
        if self.due.logs:
            yield Part("logs", Role.LOG, self._blocks())

    def facts(self) -> Facts:
        """What was fetched, each file proven. Permanent where not all of it was."""
        if [log.name for log in self._logs] != [log.name for log in self.due.logs]:
            raise Permanent(f"{len(self._logs)} of {len(self.due.logs)} logs were fetched")
        return Facts(
            identity=self.identity,
            flavour=self.server.flavour,
            version=self.server.version,
            place=self.server.options.address,
            snapshot=self.instant,
            position=self._end(),
            warnings=tuple(self._warnings()),
            tools=((self.fetcher.tool.path.name, self.fetcher.tool.version),),
            logs=tuple(self._logs),
            gap=self.due.gap,
        )

    def _end(self) -> Position | None:
        if not self._logs:
            return self.past.shipped
        last = self._logs[-1]
        return Position(last.name, last.plain.bytes, last.after)

    def _blocks(self) -> Iterator[Block]:
        for wanted in self.due.logs:
            reader = Reader(wanted.name)
            for data in self.fetcher.fetch(wanted.name):
                reader.feed(data)
                yield Block(data, (wanted.name,))
            self._logs.append(_proven(reader, wanted))

    def _warnings(self) -> Iterator[str]:
        if self.due.gap:
            yield f"gap in the logs: {self.due.gap}"
        for log in self._logs:
            if log.fault:
                yield f"{log.name}: {log.fault}; no moment in it can be restored"
            if not log.closed:
                yield f"{log.name} ends as after a crash of the server, up to a whole transaction"
        for log, following in zip(self._logs, self._logs[1:], strict=False):
            if log.after != following.before:
                yield f"gap in the logs: {following.name} does not go on where {log.name} ended"


@contextmanager
def open_shipping(server: Server, past: Past) -> Iterator[Shipping]:
    """Open a shipping of what the chain does not have. MUST be called from a thread that outlives it: children die with their thread."""
    with server.option_file() as option_file, closing(server.connect()) as session:
        fetcher = Fetcher(server.tool(Program.LOGS), option_file, server.manners)
        with told(Moment(server.options, "looking at the binary logs", running=True)):
            asked.require(session)
            identity, instant = known.identity(server, session), asked.clock(session)
            due_ = Due(()) if _quiet(server, session, past) else _due(session, past)
        yield Shipping(server, identity, fetcher, past, due_, instant)


def _quiet(server: Server, session: Session, past: Past) -> bool:
    """Whether nothing was executed since the last shipping. Only GTIDs can tell; then the log need not be closed."""
    shipped = past.shipped
    if shipped is None or not shipped.gtid or asked.listed(session)[-1].name != after(shipped.file):
        return False
    return asked.executed(server, session) == parse(shipped.gtid)


def _due(session: Session, past: Past) -> Due:
    rows(session, "FLUSH BINARY LOGS")
    return due(asked.listed(session)[:-1], past, partial(asked.before, session))


def _proven(reader: Reader, wanted: Listed) -> Log:
    if reader.bytes != wanted.bytes:
        raise Permanent(f"{wanted.name} has {wanted.bytes} bytes on the server, but {reader.bytes} came")
    return reader.finish()
