"""Tables without a snapshot are of the dump's moment all the same, because nobody writes to them until they are read."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from pydantic import SecretStr

from tests.sources.mysql.conftest import WORD
from tests.sources.mysql.restoring import depart
from workers.artifact import Count
from workers.errors import Permanent
from workers.sources.mysql.doctor import examine
from workers.sources.mysql.dump import open_dump
from workers.sources.mysql.privileges import needs
from workers.sources.mysql.session import rows

FREE = "MEMORY"  # whose writers MariaDB's own stage, which lasts for the whole dump, does not hold up


def engines(ground) -> list[str]:
    """Those of this server; MariaDB has no ARCHIVE built in."""
    return ["MyISAM", "MEMORY", "CSV", *(["Aria"] if ground.maria else ["ARCHIVE"])]


def tables(ground) -> str:
    return "".join(
        f"CREATE TABLE t_{engine} (i INT NOT NULL, v VARCHAR(50) NOT NULL) ENGINE={engine};"
        f"INSERT INTO t_{engine} VALUES (1, 'ü\\\\'), (2, '한'), (2, '한');"
        for engine in engines(ground)
    )


def test_tables_of_every_engine_come_back_equal_beside_the_others(ground) -> None:
    journey = depart(ground, tables(ground) + "CREATE TABLE seen (i INT PRIMARY KEY); INSERT INTO seen VALUES (7);")
    order = journey.order()
    assert sorted(journey.back(order).counts, key=lambda count: count.name) == list(journey.facts.counts)
    assert ground.checksums(order.into) == ground.checksums(journey.facts.place)
    assert {count.rows for count in journey.facts.counts} == {1, 3}
    told = ", ".join(sorted(f"t_{engine} ({engine})" for engine in engines(ground)))
    (warning,) = journey.facts.warnings
    assert warning.startswith("tables without a snapshot were locked against writing until they were read: ")
    assert sorted(warning.partition("read: ")[2].split(", ")) == told.split(", ")


def test_a_table_without_a_snapshot_is_of_the_moment_of_the_position_and_its_writers_go_on_once_it_is_read(ground) -> None:
    name = ground.database(f"CREATE TABLE t (i INT) ENGINE={FREE}; INSERT INTO t VALUES (1); CREATE TABLE seen (i INT); ")
    with open_dump(ground.target(name), 1) as dump, ThreadPoolExecutor(1) as pool:
        ground.execute("INSERT INTO seen VALUES (1)", database=name)
        late = pool.submit(ground.execute, "INSERT INTO t VALUES (2)", database=name)
        parts = {part.name: b"".join(block.data for block in part.blocks) for part in dump.parts()}
        late.result()  # while the dump is still open
        assert ground.execute("SELECT COUNT(*) FROM t", database=name) == [(2,)]
        assert b"(1)" in parts["data"]
        assert b"(2)" not in parts["data"]
        assert dump.facts().counts == (Count("seen", 0), Count("t", 1))


@pytest.mark.parametrize("streams", [1, 3])
def test_under_writers_a_row_is_in_every_table_or_in_none(ground, streams: int) -> None:
    """Each writer adds to the tables in turn, a row at a time, so that a later moment would show."""
    name = ground.database(f"CREATE TABLE a (i INT PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE b (i INT PRIMARY KEY) ENGINE={FREE};")
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(_write, ground, name, stop)
        try:
            dumps = [ground.dump(ground.target(name), streams) for _ in range(4)]
        finally:
            stop.set()
        assert written.result() > 0
    for dumped in dumps:
        counts = {count.name: count.rows for count in dumped.facts.counts}
        assert 0 <= counts["a"] - counts["b"] <= 1
        into = ground.load(dumped)
        assert {table: ground.execute(f"SELECT COUNT(*) FROM {table}", database=into)[0][0] for table in counts} == counts


def _write(ground, name: str, stop: threading.Event) -> int:
    number = 0
    with closing(ground.server.connect(name)) as session:
        while not stop.is_set():
            number += 1
            for table in ("a", "b"):
                rows(session, f"INSERT INTO {table} VALUES ({number})")
    return number


def test_a_plan_may_refuse_them_and_is_told_what_would_work(ground) -> None:
    name = ground.database("CREATE TABLE good (i INT); CREATE TABLE old (i INT) ENGINE=MyISAM; CREATE TABLE ram (i INT) ENGINE=MEMORY;")
    told = r'of old \(MyISAM\), ram \(MEMORY\): other_engines = "lock" reads them while nobody writes to them; or convert them'
    with pytest.raises(Permanent, match=told):
        ground.dump(ground.target(name, other_engines="refuse"))


def test_a_table_whose_rows_lie_elsewhere_is_refused_whatever_the_plan_says(ground) -> None:
    name = ground.database("CREATE TABLE one (i INT) ENGINE=MyISAM; CREATE TABLE both_ (i INT) ENGINE=MERGE UNION=(one);")
    with pytest.raises(Permanent, match=r"no consistent dump is possible of both_ \((?i:mrg_myisam)\): convert them"):
        ground.dump(ground.target(name))


def test_digits_of_float_values_that_nobody_could_read_in_time_are_told(ground) -> None:
    name = ground.database(f"CREATE TABLE t (i INT PRIMARY KEY, x FLOAT, y FLOAT) ENGINE={FREE}; INSERT INTO t VALUES (1, 1.2345678, 1);")
    dumped = ground.dump(ground.target(name))
    assert "correction" not in dumped.parts
    assert dumped.facts.warnings[1:] == (
        f"table t: {FREE} has no snapshot, so its FLOAT columns (x, y) come back with six digits; use DOUBLE or InnoDB",
    )


def test_a_dump_that_fails_lets_writers_go(ground) -> None:
    name = ground.database(f"CREATE TABLE t (i INT) ENGINE={FREE};")
    with pytest.raises(RuntimeError), open_dump(ground.target(name), 1):
        raise RuntimeError
    ground.execute("INSERT INTO t VALUES (1)", database=name)


def test_a_lock_that_is_not_granted_at_once_fails_the_dump(ground) -> None:
    name = ground.database(f"CREATE TABLE t (i INT) ENGINE={FREE};")
    with closing(ground.server.connect(name)) as other:
        rows(other, "LOCK TABLES t WRITE")
        with pytest.raises(Permanent), open_dump(ground.target(name, lock_wait=1), 1):
            pass


def test_the_doctor_says_which_tables_are_locked_and_which_are_refused(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT) ENGINE=MyISAM;")
    found = {finding.what: finding for finding in examine(ground.options(name), ground.server.password)}
    assert (found["engines"].ok, found["engines"].found) == (True, "locked against writing until they are read: t (MyISAM)")
    assert ("waiting writers" in found) is ground.maria
    found = {finding.what: finding for finding in examine(ground.options(name, other_engines="refuse"), ground.server.password)}
    assert (found["engines"].ok, found["engines"].found) == (False, "t (MyISAM)")
    assert found["engines"].remedy.startswith('other_engines = "lock"')


def test_the_least_privileges_are_those_of_any_dump_and_one_more_which_is_named(ground) -> None:
    name = ground.database(tables(ground))
    grants = [f"{need.names[0]} ON {'*' if need.scope == '*' else f'`{need.scope}`'}.*" for need in needs(ground.target(name))]
    user = ground.account(*grants)
    with pytest.raises(Permanent, match=rf"lacks LOCK TABLES for a complete dump.*: GRANT LOCK TABLES ON `{name}`"):
        ground.dump(ground.target(name, user))
    options = ground.target(name, user).options
    wrong = [finding.what for finding in examine(options, SecretStr(WORD)) if not finding.ok and "privilege" in finding.what]
    assert wrong == ["privilege LOCK TABLES"]
    ground.execute(f"GRANT LOCK TABLES ON `{name}`.* TO '{user}'@'%'")
    assert ground.dump(ground.target(name, user)).facts.counts
