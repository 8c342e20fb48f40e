"""Tables whose engine has no snapshot: held still from the moment of the snapshot until they are read. Floor: tools.

They are locked when commits stand still, so their rows are of the moment that the binary log position tells: a replay from there
neither doubles nor misses a row. Who writes to them waits.

Measured: on MySQL the lock has to be asked for under FLUSH TABLES WITH READ LOCK, which would wait for it; on MariaDB before BLOCK_COMMIT,
under which a statement stands still that holds its table. There LOCK TABLES does not do: readers of a MEMORY table wait behind a writer
that waits, and a CSV table reads as empty after a writer has given up. FLUSH TABLES … WITH READ LOCK has neither.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from workers.artifact import Count
from workers.sources.mysql.definitions import SNAPSHOT, Table
from workers.sources.mysql.faults import Moment, quoted, told
from workers.sources.mysql.floats import float_tables
from workers.sources.mysql.privileges import locking, require
from workers.sources.mysql.session import Server, Session, rows, value
from workers.sources.mysql.tools import Flavour

_PATIENCE = 0.3  # seconds on MariaDB, where writers that came in between wait as long


class Still:
    """The tables that are held still, over a connection of their own. `counts` are known once they were let go."""

    def __init__(self, server: Server, session: Session, tables: Sequence[Table]) -> None:
        self.tables = tuple(table.name for table in tables)
        self.text = any(table.text for table in tables)
        self.counts: tuple[Count, ...] = ()
        self._server, self._session = server, session
        self._engines = {table.name: table.engine for table in tables}

    def hold(self) -> None:
        """Keep everybody from writing to them. The driver's error passes where that is not granted soon."""
        if not self.tables:
            return
        names = [quoted(name) for name in self.tables]
        rows(self._session, "SET SESSION lock_wait_timeout = 2")
        if self._server.flavour is Flavour.MARIADB:
            rows(self._session, f"SET SESSION max_statement_time = {_PATIENCE}")
            rows(self._session, f"FLUSH TABLES {', '.join(names)} WITH READ LOCK")
            rows(self._session, "SET SESSION max_statement_time = 0")
        else:
            rows(self._session, "LOCK TABLES " + ", ".join(f"{name} READ" for name in names))

    def drop(self) -> None:
        """Let everybody write again, for nothing was read yet."""
        if self.tables:
            rows(self._session, "UNLOCK TABLES")

    def let_go(self) -> None:
        """Count their rows, which nobody can do later, and let others write again."""
        with told(Moment(self._server.options, "counting rows of locked tables", running=True)):
            self.counts = tuple(Count(name, int(value(self._session, f"SELECT COUNT(*) FROM {quoted(name)}"))) for name in self.tables)
            rows(self._session, "UNLOCK TABLES")

    def warnings(self) -> tuple[str, ...]:
        """What they cost others, and which digits of theirs are lost: by the time of the corrections their rows are others."""
        if not self.tables:
            return ()
        names = ", ".join(f"{name} ({self._engines[name]})" for name in self.tables)
        return (
            f"tables without a snapshot were locked against writing until they were read: {names}",
            *(
                f"table {table.name}: {self._engines[table.name]} has no snapshot, so its FLOAT columns"
                f" ({', '.join(column.name for column in table.floats)}) come back with six digits; use DOUBLE or InnoDB"
                for table in float_tables(self._session, self.tables)
            ),
        )


@contextmanager
def still(server: Server, tables: Sequence[Table]) -> Iterator[Still]:
    """Those of the tables that have no snapshot; nothing is held yet. Permanent where the account may not lock them."""
    odd = [table for table in tables if table.engine != SNAPSHOT]
    with closing(server.connect(server.options.database)) as session:
        if odd:
            require(server, session, (locking(server),))
        yield Still(server, session, odd)
