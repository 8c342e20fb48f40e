"""A dump, loaded by a stranger with the plain client, equals the database it was read from."""

import threading
import time
from contextlib import closing

import pytest

from tests.sources.mysql.restoring import big
from workers.artifact import Role
from workers.errors import Permanent
from workers.sources.mysql import dump as module
from workers.sources.mysql.dump import open_dump
from workers.sources.mysql.session import rows
from workers.sources.mysql.snapshot import keep_ddl_away

ALL_BYTES = bytes(range(256)).hex()
COMMON = f"""
CREATE TABLE texts (id INT PRIMARY KEY, u VARCHAR(200), l VARCHAR(200) CHARACTER SET latin1, k VARCHAR(200) CHARACTER SET euckr,
  w VARCHAR(200) CHARACTER SET utf16, j JSON, e ENUM('a''b','c,d','한'), s SET('x','y'));
INSERT INTO texts VALUES (1, '한글 👍 \\\\ '' " \\n\\r\\t\\0 ;\\n-- x', 'Grüße', '안녕', '한👍',
  '{{"a": [1, 12345678901234567890, "q\\\\"한"]}}', 'a''b', 'x,y'),
  (2, '', '', '', '', '[]', 'c,d', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, ';;\\n$0$', X'E9', 'x', 'y', '"s"', '한', 'y');
CREATE TABLE bytes (id INT PRIMARY KEY, b BINARY(4), v VARBINARY(300), o LONGBLOB, t BIT(64), o1 BIT(1));
INSERT INTO bytes VALUES (1, X'00FF0A27', X'{ALL_BYTES}',
  X'{ALL_BYTES}5C27', b'1000000000000000000000000000000000000000000000000000000000000001', b'1');
CREATE TABLE numbers (id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT, d DECIMAL(65,30), x DOUBLE, f FLOAT, y YEAR) AUTO_INCREMENT=77;
INSERT INTO numbers VALUES (18446744073709551614, 12345678901234567890123456789012345.123456789012345678901234567890,
  1.7976931348623157e308, 3.402823466e38, 2155), (1, -0.000000000000000000000000000001, 2.2250738585072014e-308, 1.17549435e-38, 1901),
  (2, 0, 0.1, 1.2345678, NULL);
SET SESSION sql_mode = '';
CREATE TABLE dates (id INT PRIMARY KEY, d DATE, t DATETIME(6), s TIMESTAMP(6) NULL, m TIME(6));
INSERT INTO dates VALUES (1, '0000-00-00', '9999-12-31 23:59:59.999999', '2026-11-22 14:30:00.123456', '-838:59:59'),
  (2, '1000-01-01', '2026-00-00', '1970-01-01 12:00:01', '838:59:59'), (3, NULL, NULL, '2037-12-31 00:00:00', '00:00:00.000001');
SET SESSION sql_mode = DEFAULT;
CREATE TABLE made (a INT PRIMARY KEY, b INT AS (a + 1) STORED, c VARCHAR(20) AS (CONCAT('한', a)) VIRTUAL, KEY (b));
INSERT INTO made (a) VALUES (1), (2);
CREATE TABLE hidden (a INT PRIMARY KEY, b INT INVISIBLE DEFAULT 7); INSERT INTO hidden (a, b) VALUES (1, 2);
CREATE TABLE nokey (a INT, b TEXT); INSERT INTO nokey VALUES (1, 'x'), (1, 'x'), (NULL, NULL);
CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY NOT NULL, SPATIAL INDEX (g));
INSERT INTO shapes VALUES (1, ST_GeomFromText('POINT(1 2)')), (2, ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'));
CREATE TABLE parted (id INT PRIMARY KEY, x INT) PARTITION BY HASH(id) PARTITIONS 3; INSERT INTO parted VALUES (1,1),(2,2),(3,3);
CREATE TABLE ring_a (id INT PRIMARY KEY, b INT); CREATE TABLE ring_b (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES ring_a (id));
INSERT INTO ring_a VALUES (1, 1); INSERT INTO ring_b VALUES (1, 1); ALTER TABLE ring_a ADD FOREIGN KEY (b) REFERENCES ring_b (id);
CREATE TABLE `select` (`from` INT PRIMARY KEY, `a``b` INT, `공백 이름` TEXT); INSERT INTO `select` VALUES (1, 2, '값');
CREATE TABLE `회원 목록` (`번호` INT PRIMARY KEY); INSERT INTO `회원 목록` VALUES (1);
CREATE TABLE `a``;b-- c` (i INT PRIMARY KEY); INSERT INTO `a``;b-- c` VALUES (1);
CREATE TABLE {"n" * 64} (i INT PRIMARY KEY);
"""


def test_every_kind_of_value_comes_back_equal(ground) -> None:
    name = ground.database(COMMON)
    dumped = ground.dump(ground.target(name))
    assert ground.checksums(ground.load(dumped)) == ground.checksums(name)
    assert dumped.parts == ["schema", "data", "correction", "accounts"]


def test_several_streams_give_the_same(ground) -> None:
    name = ground.database(COMMON)
    assert ground.checksums(ground.load(ground.dump(ground.target(name), streams=3))) == ground.checksums(name)


def test_ranges_of_every_table_give_the_same(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    _cut_everything(monkeypatch)
    name = ground.database(COMMON)
    _count_again(ground, name)
    dumped = ground.dump(ground.target(name), streams=20)
    assert dumped.text("data").count("-- WHERE:") > 10
    assert ground.checksums(ground.load(dumped)) == ground.checksums(name)


def _cut_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.sources.mysql.shares._WORTH", 0)
    monkeypatch.setattr("workers.sources.mysql.shares._SLACK", 0)


def _count_again(ground, name: str) -> None:
    for table in ground.checksums(name):
        ground.execute(f"ANALYZE TABLE `{table.replace('`', '``')}`", database=name)


def test_data_larger_than_a_block_comes_back_equal(ground) -> None:
    double = "INSERT INTO t (v) SELECT SHA2(RAND(), 256) FROM t;" * 16
    name = ground.database(f"CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT); INSERT INTO t (v) VALUES ('x'); {double}")
    dumped = ground.dump(ground.target(name))
    assert dumped.text("data").count("SET NAMES") > 3
    assert ground.checksums(ground.load(dumped)) == ground.checksums(name)


def test_each_block_of_data_loads_alone_and_in_any_order(ground) -> None:
    double = "INSERT INTO t (v) SELECT SHA2(RAND(), 256) FROM t;" * 16
    name = ground.database(f"CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT); INSERT INTO t (v) VALUES ('x'); {double}")
    with open_dump(ground.target(name), 1) as dump:
        blocks = {part.role: [block.data for block in part.blocks] for part in dump.parts()}
    into = ground.database()
    for data in [*blocks[Role.SCHEMA], *reversed(blocks[Role.DATA])]:
        ground.client(into, data)
    assert ground.checksums(into) == ground.checksums(name)


def test_programmes_views_and_events_come_back_word_for_word(ground) -> None:
    name = ground.database(PROGRAMMES)
    into = ground.load(ground.dump(ground.target(name)))
    for what in ("PROCEDURE p", "FUNCTION f", "TRIGGER second", "TRIGGER first", "EVENT e", "VIEW a_top", "VIEW z_base"):
        [theirs], [mine] = (ground.execute(f"SHOW CREATE {what}", database=where) for where in (name, into))
        kept = slice(None, -1) if what.startswith("TRIGGER") else slice(None)  # the moment of its creation
        assert mine[kept] == theirs[kept]
    assert ground.execute("INSERT INTO t VALUES (3, '')", "SELECT v FROM t WHERE id = 3", database=into) == [("12",)]


PROGRAMMES = r"""
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100)); INSERT INTO t VALUES (1, 'x');
CREATE VIEW z_base AS SELECT id, '한글' AS word FROM t; CREATE VIEW a_top AS SELECT b.id FROM z_base b JOIN t USING (id);
SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT', collation_connection = utf8mb4_bin;
DELIMITER //
CREATE TRIGGER second BEFORE INSERT ON t FOR EACH ROW SET NEW.v = CONCAT(NEW.v, '1')//
CREATE TRIGGER first BEFORE INSERT ON t FOR EACH ROW SET NEW.v = CONCAT(NEW.v, '2')//
CREATE PROCEDURE p(INOUT "a b" INT) COMMENT 'it''s' BEGIN /* 주석 */ SELECT ';;', "a b"; -- tail
END//
SET sql_mode = 'NO_BACKSLASH_ESCAPES'//
CREATE FUNCTION f(a VARCHAR(10)) RETURNS VARCHAR(99) DETERMINISTIC RETURN CONCAT(a, 'c:\', '한')//
SET time_zone = '+09:00'//
CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE DO SELECT 1//
DELIMITER ;
"""


def test_an_empty_database_is_a_whole_backup(ground) -> None:
    dumped = ground.dump(ground.target(ground.database()))
    assert dumped.parts == ["schema", "accounts"]
    assert dumped.text("schema").startswith('-- canvasback: {"kind": "database"')
    assert dumped.facts.counts == ()
    assert dumped.facts.position is not None


def test_a_korean_database_name_with_awkward_characters_loses_nothing(ground) -> None:
    name = ground.database(COMMON, name="커뮤니티`' x")
    assert ground.checksums(ground.load(ground.dump(ground.target(name)))) == ground.checksums(name)


@pytest.mark.parametrize("streams", [1, 3])
def test_under_writers_all_tables_ranges_and_the_position_are_of_one_moment(ground, streams: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _cut_everything(monkeypatch)
    tables = "".join(f"CREATE TABLE c{n} (id INT PRIMARY KEY, v INT); INSERT INTO c{n} VALUES (1, 0), (2, 0), (3, 0);" for n in range(3))
    name = ground.database(f"{tables} CREATE TABLE ledger (id INT PRIMARY KEY AUTO_INCREMENT);")
    _count_again(ground, name)
    stop = threading.Event()
    writers = [threading.Thread(target=_write, args=(ground.server.connect(name), stop)) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        dumps = [ground.dump(ground.target(name), streams) for _ in range(3)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    for dumped in dumps:
        into = ground.load(dumped)
        found = {v for n in range(3) for (v,) in ground.execute(f"SELECT v FROM c{n}", database=into)}
        found.add(ground.execute("SELECT COUNT(*) FROM ledger", database=into)[0][0])
        found.add(_committed(ground, name, dumped.facts.position))
        found |= {next(count.rows for count in dumped.facts.counts if count.name == "ledger")}
        assert len(found) == 1, found
    assert found != {0}


def _write(session, stop: threading.Event) -> None:
    with closing(session):
        while not stop.is_set():
            rows(session, "BEGIN")
            for n in range(3):
                rows(session, f"UPDATE c{n} SET v = v + 1")
            rows(session, "INSERT INTO ledger VALUES ()")
            rows(session, "COMMIT")


def _committed(ground, name: str, position) -> int:
    """Transactions of the writers up to a position, counted in the binary log: each commit is one Xid event."""
    total = 0
    with ground.session(name) as session:
        rows(session, "SET NAMES binary")  # events hold what is no UTF-8
        for file, *_ in rows(session, "SHOW BINARY LOGS"):
            ledger = False
            for _, _, kind, _, end, info in rows(session, f"SHOW BINLOG EVENTS IN '{_str(file)}'"):
                ledger |= _str(kind) == "Table_map" and f"({name}.ledger)" in _str(info)
                if _str(kind) == "Xid":
                    total += ledger and (_str(file), end) <= (position.file, position.offset)
                    ledger = False
    return total


def _str(field) -> str:
    return field.decode(errors="replace") if isinstance(field, bytes) else str(field)


def test_a_definition_that_changes_during_the_dump_fails_it_by_name(ground, monkeypatch) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY); CREATE VIEW v AS SELECT 1 AS one")
    with open_dump(ground.target(name), 1) as dump:
        for part in dump.parts():
            list(part.blocks)
        # Giving up the guard is what a lost connection does; then nothing keeps DDL away.
        rows(dump.guard, "BACKUP STAGE END" if ground.maria else "UNLOCK INSTANCE")
        ground.execute("ALTER TABLE t ADD COLUMN extra INT", "DROP VIEW v", database=name)
        with pytest.raises(Permanent, match="definitions changed during the dump: table t, view v"):
            dump.facts()


def test_ddl_waits_for_the_end_of_the_dump_and_dml_does_not(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY)")
    with open_dump(ground.target(name), 1) as dump:
        ground.execute("INSERT INTO t VALUES (1)", database=name)
        with pytest.raises(Exception, match="1205"):
            _alter(ground, name)
        for part in dump.parts():
            list(part.blocks)
        assert dump.facts().counts[0].rows == 0


def _alter(ground, name: str) -> None:
    with ground.session(name) as session:
        rows(session, "SET SESSION lock_wait_timeout = 1")
        rows(session, "ALTER TABLE t ADD COLUMN extra INT")


def test_leaving_early_leaves_no_child_no_lock_and_no_connection(ground) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY)")
    user = ground.account("ALL ON *.*")
    with pytest.raises(RuntimeError), open_dump(ground.target(name, user), 2):
        raise RuntimeError
    ground.execute("ALTER TABLE t ADD COLUMN extra INT", database=name)
    deadline = time.monotonic() + 5
    while (left := ground.execute(f"SELECT id FROM information_schema.processlist WHERE user = '{user}'")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


BEHIND = big(60).replace("big", "ahead") + big(80).replace("big", "t") + "ANALYZE TABLE ahead, t;"  # of one stream, the largest is last


@pytest.mark.only("mariadb")
@pytest.mark.parametrize("change", ["ADD COLUMN extra INT DEFAULT 7", "DROP COLUMN i", "MODIFY i BIGINT", "ADD KEY (i)"])
def test_ddl_in_the_gap_before_it_is_held_off_fails_the_dump_by_name(ground, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """On MariaDB the stage that opens the snapshot ends before the one begins that keeps DDL away."""
    name = ground.database(BEHIND)
    _in_the_gap(monkeypatch, lambda: ground.execute(f"ALTER TABLE t {change}", database=name))
    with pytest.raises(Permanent, match=r"definitions changed during the dump: table t;|\(1412\).*`t`|`t`.*\(1412\)|Error 1412.*`t`"):
        ground.dump(ground.target(name))


@pytest.mark.only("mariadb")
def test_rows_with_a_column_more_come_with_status_0_and_are_no_backup(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trap itself: nothing but the comparison of definitions notices."""
    name = ground.database(BEHIND)
    _in_the_gap(monkeypatch, lambda: ground.execute("ALTER TABLE t ADD COLUMN extra INT DEFAULT 7", database=name))
    with open_dump(ground.target(name), 1) as dump:
        parts = {part.name: b"".join(block.data for block in part.blocks) for part in dump.parts()}
        assert b"bbb',7)" in parts["data"]
        assert b"extra" not in parts["schema"]
        with pytest.raises(Permanent, match="definitions changed during the dump: table t;"):
            dump.facts()


@pytest.mark.only("mariadb")
@pytest.mark.parametrize(
    ("change", "behind"),
    [
        (("TRUNCATE TABLE t",), False),
        (("TRUNCATE TABLE t",), True),
        (("RENAME TABLE t TO gone, fresh TO t, gone TO fresh",), False),
        (("DROP TABLE t", "CREATE TABLE t (i INT, t TEXT)"), True),
    ],
)
def test_a_table_that_became_another_of_the_same_definition_in_the_gap_fails_the_dump(ground, monkeypatch, change, behind: bool) -> None:
    name = ground.database((BEHIND if behind else "CREATE TABLE t (i INT, t TEXT); ") + "CREATE TABLE fresh LIKE t;")
    time.sleep(1.1)  # the server tells when a table was made in seconds
    _in_the_gap(monkeypatch, lambda: ground.execute(*change, database=name))
    with pytest.raises(Permanent, match=r"\bt\b"):
        ground.dump(ground.target(name))


def _in_the_gap(monkeypatch: pytest.MonkeyPatch, act) -> None:
    monkeypatch.setattr(module, "keep_ddl_away", lambda server, guard: [act(), keep_ddl_away(server, guard)])


@pytest.mark.only("mysql")
def test_ddl_after_the_snapshot_of_a_server_that_let_it_through_fails_the_dump_by_name(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "keep_ddl_away", lambda server, guard: None)
    name = ground.database(BEHIND)
    with open_dump(ground.target(name), 1) as dump:
        ground.execute("ALTER TABLE t ADD COLUMN extra INT DEFAULT 7", database=name)
        with pytest.raises(Permanent, match="for table: `t`"):
            [list(part.blocks) for part in dump.parts()]
