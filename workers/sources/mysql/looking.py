"""A look at what a trial brought back, and at the live data where something is wrong with it. Floor: tools."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from workers.errors import Failure
from workers.ports import Flaw, Look
from workers.sources.mysql import place, relations
from workers.sources.mysql.hands import Work, each
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.relations import Relation
from workers.sources.mysql.session import Server, Session


@dataclass(frozen=True, slots=True)
class Looking:
    """The restored database `name` on a server. `live` asks for the server whose data it is compared with."""

    server: Server
    name: str
    options: MysqlOptions
    live: Callable[[], Server]

    def look(self) -> Look:
        """Every foreign key followed, and the configured columns searched for duplicates; what is wrong is compared with the live data."""
        keys = relations.relations(self.server, self.name)
        work, columns = Work(self.server, self.name, "looking at"), self.options.duplicates
        lost = zip(keys, each(work, relations.orphans, keys), strict=True)
        twice = zip(columns, each(work, relations.duplicates, columns), strict=True)
        flaws = [self._orphans(key, found) for key, found in lost if found != 0]
        flaws += [self._duplicates(column, found) for column, found in twice if found]
        return Look(tuple(f"{key.table} → {key.parent} ({key.name})" for key in keys), tuple(columns), tuple(flaws))

    def _orphans(self, key: Relation, found: int | None) -> Flaw:
        if found is None:  # its parent is in a database that is not in this backup
            return Flaw(relations.words(key, found), own=False)
        here = replace(key, schema=self.options.database) if key.schema == self.name else key
        return Flaw(relations.words(key, found), self._own(lambda session: relations.orphans(session, here) == 0))

    def _duplicates(self, column: str, found: int) -> Flaw:
        words = f"{column}: {found:,} values in more than one row"
        return Flaw(words, self._own(lambda session: not relations.duplicates(session, column)))

    def _own(self, fine: Callable[[Session], bool]) -> bool | None:
        """Whether the live data are fine, so that the backup is not; None where they cannot be asked."""
        try:
            with place.inside(self.live(), self.options.database, "comparing with") as session:
                return fine(session)
        except Failure:
            return None
