"""Every odd schema makes the whole way: through the source, over three streams, every table that can be cut into ranges, and back."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.contracts.source import of, take
from tests.sources.mysql.conftest import Ground
from tests.sources.mysql.odd import BOTH, EQUAL, ODD
from workers.artifact import Facts, Order, Outcome, Role
from workers.sources.mysql import shares
from workers.sources.mysql.definitions import Table
from workers.sources.mysql.session import rows
from workers.sources.mysql.shares import Cut, Share
from workers.sources.mysql.source import MysqlSource

PAGE = Path("docs/reference/mysql.md")
HEADING = "## What comes back"
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")


@dataclass(frozen=True)
class Travelled:
    """All rows of the table at home and where they were restored, and the objects that each brought."""

    ground: Ground
    name: str
    into: str
    objects: dict[str, list[str]]
    facts: Facts
    outcome: Outcome

    @property
    def views(self) -> set[str]:
        return {str(name) for name, kind in self.ground.execute("SHOW FULL TABLES", database=self.name) if kind == "VIEW"}

    def both(self, sql: str) -> list[list[tuple[object, ...]]]:
        return [self._ask(database, sql) for database in (self.name, self.into)]

    def _ask(self, database: str, sql: str) -> list[tuple[object, ...]]:
        with self.ground.session(database) as session:
            rows(session, "SET NAMES binary")
            return [tuple(_plain(field, database) for field in row) for row in rows(session, sql)]


def _plain(field: object, database: str) -> object:
    """The names of the two databases are no difference."""
    if isinstance(field, bytes):
        return field.replace(database.encode(), b"here")
    return field.replace(database, "here") if isinstance(field, str) else field


@pytest.fixture(scope="module")
def travelled(server, port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Travelled]:
    ground = Ground(server, port, tmp_path_factory.mktemp("odd"))
    name, into = ground.database(), f"r_{secrets.token_hex(4)}"
    ground.made.append(f"DROP DATABASE IF EXISTS {into}")
    objects = {}
    for label, odd in ODD.items():
        if odd.flavour in (BOTH, server.flavour):
            before = set(_objects(ground, name))
            ground.client(name, b"SET NAMES utf8mb4;\n" + odd.sql.encode())
            objects[label] = sorted(set(_objects(ground, name)) - before)
    yield _journey(ground, name, into, objects)
    for statement in ground.made:
        ground.execute("SET foreign_key_checks = 0", statement)


def _objects(ground: Ground, name: str) -> list[str]:
    return [str(found) for found, _ in ground.execute("SHOW FULL TABLES", database=name)]


def _journey(ground: Ground, name: str, into: str, objects: dict[str, list[str]]) -> Travelled:
    source = MysqlSource(ground.options(name), ground.server.password, streams=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shares, "_pieces", _keyed)
        pieces, wanted = take(source, ground.folder)
    assert sum(path.read_bytes().count(b"-- WHERE:") for segment, path in pieces if segment.role is Role.DATA) > 12
    order = Order(wanted.backup, wanted.original, into, wanted.facts)
    source.prepare(order, of(pieces, Role.SCHEMA))
    for piece in of(pieces, Role.DATA):
        source.load(order, *piece)
    outcome = source.finish(order, of(pieces, Role.SCHEMA, Role.CORRECTION, Role.POST_DATA, Role.ACCOUNTS))
    return Travelled(ground, name, into, objects, wanted.facts, outcome)


def _keyed(table: Table, fair: float, cut: Cut) -> list[Share]:
    """What `deal` does with tables that are large: those that are there for their keys are."""
    conditions = cut(replace(table, rows=300), 2) if table.name.startswith("k_") else ()
    return [Share((table.name,), condition, 1) for condition in conditions]


ROWS = [pytest.param(label, id=label, marks=[] if odd.flavour == BOTH else [pytest.mark.only(odd.flavour)]) for label, odd in ODD.items()]


@pytest.mark.parametrize("label", ROWS)
def test_an_odd_schema_comes_back_as_the_page_says(travelled: Travelled, label: str) -> None:
    odd = ODD[label]
    gone = odd.verdict.startswith("not carried")
    assert travelled.objects[label]
    for name in travelled.objects[label]:
        quoted = "`" + name.replace("`", "``") + "`"
        if gone:
            assert name not in _objects(travelled.ground, travelled.into)
        elif name in travelled.views:
            theirs, mine = travelled.both(f"SHOW CREATE VIEW {quoted}")
            assert mine == theirs
        else:
            _equal(travelled, quoted, exact="digits" not in odd.verdict and "history" not in odd.verdict)
    told = [warning for warning in travelled.facts.warnings if odd.told and warning.startswith(odd.told)]
    assert bool(told) is (odd.verdict != EQUAL)


def _equal(travelled: Travelled, table: str, *, exact: bool) -> None:
    theirs, mine = travelled.both(f"SHOW CREATE TABLE {table}")
    assert [_settled(row) for row in mine] == [_settled(row) for row in theirs]
    vectors = f"HEX(v) FROM {table}" if table == "`vectors`" else f"* FROM {table}"  # the driver takes their bytes for ASCII
    theirs, mine = travelled.both(f"SELECT {vectors}")
    assert sorted(map(repr, mine)) == sorted(map(repr, theirs))
    if exact:
        theirs, mine = (found[0][1] for found in travelled.both(f"CHECKSUM TABLE {table} EXTENDED"))
        assert mine == theirs
        assert mine is not None


def _settled(row: tuple[object, ...]) -> list[str]:
    return [_COUNTER.sub("", field.decode() if isinstance(field, bytes) else str(field)) for field in row]


def test_every_table_counts_what_it_counted_at_home(travelled: Travelled) -> None:
    assert {count.name: count.rows for count in travelled.outcome.counts} == {count.name: count.rows for count in travelled.facts.counts}


def test_what_was_not_equal_was_told_and_nothing_else(travelled: Travelled) -> None:
    expected = {odd.told for label, odd in ODD.items() if odd.told and label in travelled.objects}
    assert all(any(warning.startswith(told) for told in expected) for warning in travelled.facts.warnings)
    assert {told for told in expected if not any(warning.startswith(told) for warning in travelled.facts.warnings)} == set()


def test_the_page_says_what_the_tests_prove() -> None:
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"{HEADING}\n")
    lines = [line.strip("| ").split(" | ") for line in rest.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    names = {BOTH: "", "mysql": " (MySQL)", "mariadb": " (MariaDB)"}
    assert [tuple(line) for line in lines[1:]] == [(f"{label}{names[odd.flavour]}", odd.verdict) for label, odd in ODD.items()]
