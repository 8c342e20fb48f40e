"""What a restored database holds, looked at after the load: rows of every table, definitions, foreign keys. Floor: tools."""

import re
from collections.abc import Collection, Iterable

from workers.artifact import Count, Order
from workers.errors import Permanent
from workers.sources.mysql import relations
from workers.sources.mysql.faults import quoted
from workers.sources.mysql.hands import Work, each
from workers.sources.mysql.place import version, work
from workers.sources.mysql.relations import Relation
from workers.sources.mysql.script import Definition
from workers.sources.mysql.session import Server, Session, rows, value

_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")


def counts(server: Server, into: str, tables: Iterable[Definition]) -> tuple[Count, ...]:
    """Rows of every table, counted."""

    def count(session: Session, table: Definition) -> Count:
        return Count(table.name, int(value(session, f"SELECT COUNT(*) FROM {quoted(table.name)}")))

    return tuple(each(Work(server, into, "counting"), count, list(tables)))


def definitions(server: Server, order: Order, tables: Iterable[Definition]) -> tuple[str, ...]:
    """Permanent, naming the tables, where one is not defined as it was. A warning on a newer server: it may print the same otherwise."""

    def differs(session: Session, table: Definition) -> str:
        found = str(rows(session, f"SHOW CREATE TABLE {quoted(table.name)}")[0][1])
        return "" if _COUNTER.sub("", found) == _COUNTER.sub("", table.sql) else table.name

    wrong = [name for name in each(Work(server, work(order), "comparing"), differs, list(tables)) if name]
    if wrong and version(server.version) == version(order.facts.version):
        raise Permanent(f"restored, but not defined as in the backup: {', '.join(wrong[:10])}")
    return tuple(f"table {name}: {server.flavour} {server.version} prints its definition otherwise; compare it" for name in wrong)


def orphans(server: Server, into: str, only: Collection[str] = ()) -> tuple[str, ...]:
    """A warning for each foreign key with rows that point nowhere: no load checks them, and the source may have had them, too.

    `only`: of these tables, and to them.
    """

    def check(session: Session, key: Relation) -> str:
        return relations.words(key, relations.orphans(session, key))

    keys = relations.relations(server, into, only)
    return tuple(words for words in each(Work(server, into, "looking at foreign keys of"), check, keys) if words)
