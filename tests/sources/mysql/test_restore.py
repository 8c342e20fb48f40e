"""There and back: equal by checksum, whole by count, and honest about what is not."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pymysql import IntegrityError

from tests.sources.mysql.restoring import big, depart, piece
from workers.artifact import Count, Role
from workers.errors import Corrupt, Permanent
from workers.sources.mysql import restore
from workers.sources.mysql.place import LOADED
from workers.sources.mysql.script import Definition, Thing, write

TRICKY = r"""
CREATE TABLE zero (id INT AUTO_INCREMENT PRIMARY KEY, d DATE, dt DATETIME(6), ts TIMESTAMP(3) NULL, y YEAR, tm TIME(6));
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00';
INSERT INTO zero VALUES (0, '0000-00-00', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999', 1901, '-838:59:59.000000'),
    (-5, '2026-02-28', '0000-00-00 00:00:00', NULL, 2155, '838:59:59'), (7, NULL, NULL, '1970-01-01 00:00:01', NULL, NULL);
CREATE TABLE bytes (id INT PRIMARY KEY, b BLOB, vb VARBINARY(300), bi BINARY(4), bit64 BIT(64), latin VARCHAR(200) CHARACTER SET latin1,
    korean VARCHAR(50) CHARACTER SET euckr, wide VARCHAR(50) CHARACTER SET utf16);
INSERT INTO bytes VALUES (1, x'000A0D5C27221A6025FF', x'5C5C27273B0A2D2D00', x'00', b'1', 'Zürich ''\\ %', '김철수', '💾 끝'),
    (2, '', '', '', 0, '', '', ''),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE numbers (id BIGINT UNSIGNED PRIMARY KEY, f FLOAT, d DOUBLE, de DECIMAL(65,30), doc JSON,
    e ENUM('a','b''c',''), s SET('x','y z'));
INSERT INTO numbers VALUES (18446744073709551615, 3.4028235e38, -2.2250738585072014e-308,
    12345678901234567890123456789012345.000000000000000000000000000001,
    '{"big": 18446744073709551615, "text": "한글 \\u0000 \\"q\\""}', 'b''c', 'x,y z'), (0, 0.1, 0.1, -1, '[]', '', '');
CREATE TABLE made (id INT PRIMARY KEY, a INT, v INT AS (a * 2) VIRTUAL, st INT AS (a + 1) STORED, h INT INVISIBLE DEFAULT 4,
    p POINT, UNIQUE KEY (st), KEY (v));
INSERT INTO made (id, a, h, p) VALUES (1, 5, 9, ST_GeomFromText('POINT(1 2)')), (2, NULL, 0, NULL);
CREATE TABLE parted (id INT, at DATE, PRIMARY KEY (id, at)) PARTITION BY RANGE (YEAR(at))
    (PARTITION old VALUES LESS THAN (2026), PARTITION rest VALUES LESS THAN MAXVALUE);
INSERT INTO parted VALUES (1, '2020-01-01'), (2, '2026-01-01');
CREATE TABLE nokey (x INT, t TEXT, FULLTEXT KEY (t)); INSERT INTO nokey VALUES (1, 'same'), (1, 'same'), (NULL, NULL);
CREATE TABLE `odd; ``name`` 이름` (`col``umn; '1'` INT PRIMARY KEY); INSERT INTO `odd; ``name`` 이름` VALUES (1);
CREATE TABLE empty_one (id INT PRIMARY KEY);
"""
CIRCLE = """
CREATE TABLE a (id INT PRIMARY KEY, b INT, self INT, FOREIGN KEY (self) REFERENCES a (id));
CREATE TABLE b (id INT PRIMARY KEY, a INT, CONSTRAINT b_a FOREIGN KEY (a) REFERENCES a (id));
ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES b (id);
SET foreign_key_checks = 0;
INSERT INTO a VALUES (1, 1, 1); INSERT INTO b VALUES (1, 1);
"""
OBJECTS = """
CREATE TABLE posts (id INT PRIMARY KEY, title VARCHAR(90)); INSERT INTO posts VALUES (1, 'one');
CREATE TABLE log (n INT);
CREATE VIEW zz AS SELECT id, title FROM posts; CREATE VIEW aa AS SELECT id FROM zz;
CREATE TRIGGER first AFTER UPDATE ON posts FOR EACH ROW INSERT INTO log VALUES (1);
DELIMITER //
CREATE FUNCTION twice(x INT) RETURNS INT DETERMINISTIC BEGIN /* 두 배; */ RETURN x * 2; -- kept
END//
CREATE PROCEDURE hello() BEGIN SELECT 'a; b'; END//
DELIMITER ;
CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01' DO DELETE FROM log;
"""


def test_every_kind_of_column_comes_back_equal(ground) -> None:
    journey = depart(ground, TRICKY)
    order = journey.order()
    outcome = journey.back(order)
    assert ground.checksums(order.into) == ground.checksums(journey.facts.place)
    assert sorted(outcome.counts, key=lambda count: count.name) == list(journey.facts.counts)
    assert outcome.warnings == ()
    assert ground.execute("SELECT id FROM zero ORDER BY id", database=order.into) == [(-5,), (0,), (7,)]


def test_a_dropped_database_comes_back_under_its_own_name_with_all_its_objects(ground) -> None:
    journey = depart(ground, OBJECTS + "ALTER DATABASE CHARACTER SET latin1;")
    ground.execute(f"DROP DATABASE {journey.facts.place}")
    order = journey.order(journey.facts.place)
    assert journey.back(order).warnings == ()
    again = ground.dump(journey.server)
    assert again.facts.fingerprint == journey.facts.fingerprint
    assert LOADED not in ground.checksums(order.into)


def test_segments_loaded_side_by_side_come_back_equal(ground) -> None:
    journey = depart(ground, big(60))
    order = journey.order()
    journey.prepare(order)
    with ThreadPoolExecutor(3) as pool:
        loads = [pool.submit(restore.load, journey.server, order, *data) for data in journey.of(Role.DATA)]
    assert len(loads) >= 3
    assert [load.result() for load in loads] == [None] * len(loads)
    assert journey.finish(order).counts == (Count("big", 6000),)
    assert ground.checksums(order.into) == ground.checksums(journey.facts.place)


def test_foreign_keys_in_a_circle_come_back(ground) -> None:
    journey = depart(ground, CIRCLE)
    order = journey.order()
    assert journey.back(order).warnings == ()
    with pytest.raises(IntegrityError, match="foreign key constraint fails"):
        ground.execute("INSERT INTO b VALUES (2, 99)", database=order.into)


def test_rows_that_point_nowhere_are_a_warning_that_names_the_key(ground) -> None:
    journey = depart(ground, CIRCLE + "INSERT INTO b VALUES (2, 99), (3, 98), (4, NULL);")
    assert journey.back(journey.order()).warnings == ("foreign key b_a: 2 rows of b point to no row of a",)


def test_an_empty_database_comes_back(ground) -> None:
    journey = depart(ground, "")
    order = journey.order()
    assert journey.back(order).counts == ()
    assert restore.place(journey.server, order.into).exists


def test_finishing_twice_gives_the_same(ground) -> None:
    journey = depart(ground, OBJECTS + "CREATE TABLE f (id INT PRIMARY KEY, f FLOAT); INSERT INTO f VALUES (1, 0.1234567);")
    order = journey.order(journey.facts.place, journey.facts.place)
    first = journey.back(order)
    ground.execute("CREATE TRIGGER noisy AFTER UPDATE ON f FOR EACH ROW INSERT INTO log VALUES (2)", database=order.into)
    assert journey.finish(order) == first
    assert ground.dump(journey.server).facts.fingerprint == journey.facts.fingerprint


def test_a_backup_whose_schema_holds_nothing_is_refused_before_anything_is_dropped(ground) -> None:
    journey = depart(ground, "CREATE TABLE t (i INT)")
    order = journey.order(journey.facts.place, confirm="community")
    with pytest.raises(Corrupt, match="holds no definitions"):
        restore.prepare(journey.server, order, [piece(ground.folder, 1, Role.SCHEMA, b"")])
    assert "t" in ground.checksums(order.into)


def test_a_table_that_cannot_be_made_is_told_and_no_half_database_is_left(ground) -> None:
    journey = depart(ground, "CREATE TABLE t (i INT)")
    order = journey.order()
    bad = Definition(Thing.TABLE, "bad", "CREATE TABLE `bad` (i NONSENSE)")
    schema = piece(ground.folder, 1, Role.SCHEMA, b"".join(block.data for block in write([bad])))
    with pytest.raises(Permanent, match=f"making tables in {order.into}.*NONSENSE"):
        restore.prepare(journey.server, order, [schema])
    assert not restore.place(journey.server, order.into).exists


def test_a_table_that_became_another_is_named(ground) -> None:
    journey = depart(ground, "CREATE TABLE t (i INT); CREATE TABLE good (i INT)")
    order = journey.order()
    journey.prepare(order)
    ground.execute("ALTER TABLE t ADD KEY (i)", database=order.into)
    with pytest.raises(Permanent, match=r"not defined as in the backup: t$"):
        journey.finish(order)


def test_the_servers_own_rules_for_new_tables_do_not_change_them(ground) -> None:
    rule, odd = ("explicit_defaults_for_timestamp", "OFF") if ground.maria else ("sql_generate_invisible_primary_key", "ON")
    journey = depart(ground, "CREATE TABLE t (i INT, at TIMESTAMP NOT NULL)")
    ground.execute(f"SET GLOBAL {rule} = {odd}")
    try:
        assert journey.back(journey.order()).warnings == ()
    finally:
        ground.execute(f"SET GLOBAL {rule} = DEFAULT")
