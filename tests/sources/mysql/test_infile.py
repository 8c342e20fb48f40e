"""Rows that go without INSERT: the same rows, none twice, none lost, and no file of ours for any server that asks for one."""

from contextlib import closing, contextmanager

import pytest

from tests.sources.mysql.restoring import big, depart, journey_of, piece
from workers.artifact import Role
from workers.errors import Permanent
from workers.sources.mysql import infile
from workers.sources.mysql.session import rows

ODD = ("", "NULL", r"\N", "),(", "),", "','", "a'b\"c", "\\", "\n\t\r\0\x1a\b", "x_binary", "한국어 😀", "%_", "_binary \\'", "0x41")
UNCLEAR = ("x,_binary ", "(_binary ", "a,0x41", "(0x41")  # go by INSERT, with all that is in their statement
TABLE = "CREATE TABLE t (i INT AUTO_INCREMENT PRIMARY KEY, s LONGTEXT, b LONGBLOB, j JSON, bits BIT(12), k TEXT CHARACTER SET utf8mb3)"
NARROW = "CREATE TABLE narrow (i INT PRIMARY KEY, l TEXT CHARACTER SET latin1, k TEXT CHARACTER SET euckr)"
pytestmark = pytest.mark.only("mysql")  # MariaDB's dumps go by INSERT


@contextmanager
def counted(ground):
    """How many LOAD DATA and INSERT statements the server was given meanwhile, as a list that is filled at the end."""
    found: list[int] = []
    before = _counts(ground)
    yield found
    found += [after - earlier for after, earlier in zip(_counts(ground), before, strict=True)]


def _counts(ground) -> list[int]:
    return [int(str(ground.execute(f"SHOW GLOBAL STATUS LIKE '{name}'")[0][1])) for name in ("Com_insert", "Com_load")]


def _filled(ground, name: str | None) -> str:
    """A database with every odd text, as text, as bytes and in JSON; and texts whose own bytes could be UTF-8, too."""
    name = ground.database(f"{TABLE}; CREATE TABLE unclear LIKE t; {NARROW};", name)
    with closing(ground.server.connect(name)) as session:
        for table, text in [*(("t", text) for text in ODD), *(("unclear", text) for text in UNCLEAR)]:
            sql = f"INSERT INTO {table} (s, b, j, bits, k) VALUES (%s, CAST(%s AS BINARY), JSON_OBJECT('text', %s), %s, %s)"
            rows(session, sql, (text, text, text, len(text), text.replace("😀", "")))
        rows(session, "INSERT INTO t (s) VALUES (NULL)")
        rows(session, "INSERT INTO t (i, b) VALUES (0, UNHEX('00FF0D0A5C272C')), (-1, ''), (-2, ',x'), (-3, ')')")
        rows(session, "INSERT INTO narrow VALUES (1, 'Ã©', '한국어'), (2, 'éÿ', ''), (3, '', NULL)")
    return name


@pytest.mark.parametrize("name", [None, "커뮤니티_infile"])  # a dump under binary, and one as text: bytes are in hexadecimal there
def test_rows_of_every_kind_come_back_as_they_were(ground, name: str | None) -> None:
    journey = journey_of(ground, ground.target(_filled(ground, name)))
    order = journey.order()
    with counted(ground) as found:
        journey.back(order)
    assert ground.checksums(order.into) == ground.checksums(journey.facts.place)
    assert bool(found[1]) is (name is None)


def test_rows_go_without_insert_where_the_server_allows_it(ground) -> None:
    journey = depart(ground, big(40))
    order = journey.order()
    journey.prepare(order)
    with counted(ground) as found:
        journey.load(order)
    inserts, loads = found
    assert loads > inserts  # each segment's mark is an INSERT
    assert ground.checksums(order.into)["big"] == ground.checksums(journey.facts.place)["big"]


def test_rows_go_by_insert_where_the_server_does_not_allow_it(ground) -> None:
    journey = depart(ground, big(40))
    order = journey.order()
    journey.prepare(order)
    ground.execute("SET GLOBAL local_infile = 0")
    try:
        with counted(ground) as found:
            journey.load(order)
    finally:
        ground.execute("SET GLOBAL local_infile = 1")
    assert found[1] == 0
    assert ground.checksums(order.into)["big"] == ground.checksums(journey.facts.place)["big"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("(1,'a'),(1,'b')", "Duplicate entry '1'"),
        ("(1,'a'),(2)", "Column count doesn't match"),
        ("(1,'a','b')", "Column count doesn't match"),
    ],
)
def test_rows_that_the_server_only_warns_of_are_told_as_the_errors_they_are(ground, values: str, words: str) -> None:
    journey = depart(ground, "CREATE TABLE t (i INT PRIMARY KEY, s VARCHAR(20)); INSERT INTO t VALUES (1, 'one');")
    order = journey.order()
    journey.prepare(order)
    bad = piece(ground.folder, 7, Role.DATA, f"INSERT INTO `t` VALUES (8,'good');\nINSERT INTO `t` VALUES {values};\n".encode())
    with pytest.raises(Permanent, match=words):
        journey.load(order, [bad])
    assert ground.execute("SELECT COUNT(*) FROM t", database=order.into) == [(0,)]


def test_a_text_that_ends_like_the_mark_of_bytes_goes_by_insert(ground) -> None:
    into = ground.database("CREATE TABLE t (s TEXT, b BLOB)")
    with closing(ground.server.connect(into)) as session:
        known = infile.tables(session, ["t"])
        assert not infile.load(session, known, b"INSERT INTO `t` VALUES ('x,_binary ',_binary 'y')")
        assert infile.load(session, known, b"INSERT INTO `t` VALUES ('x,_binary',_binary 'y')")
        assert infile.load(session, known, b"INSERT INTO `t` VALUES ('\\\\\\'',_binary ',y'),('z',_binary ')')")
        assert rows(session, "SELECT s, b FROM t") == [("x,_binary", b"y"), ("\\'", b",y"), ("z", b")")]


def test_other_columns_than_the_tables_and_columns_of_unknown_kinds_go_by_insert(ground) -> None:
    sql = "CREATE TABLE t (a INT, b INT); CREATE TABLE made (a INT, b INT AS (a + 1)); CREATE TABLE place (g GEOMETRY);"
    with closing(ground.server.connect(ground.database(sql + NARROW))) as session:
        known = infile.tables(session, ["t", "made", "place", "narrow"])
        assert set(known) == {"t"}
        assert not infile.load(session, known, b"INSERT INTO `t` (`a`) VALUES (1)")
        assert not infile.load(session, known, b"INSERT INTO `made` (`a`) VALUES (1)")
        assert infile.load(session, known, b"INSERT INTO `t` (`a`, `b`) VALUES (1,2)")


def test_a_server_that_asks_for_a_file_gets_none(ground, tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    into = ground.database("CREATE TABLE t (s TEXT)")
    with closing(ground.server.connect(into)) as session, pytest.raises(RuntimeError, match="LOAD_LOCAL"):
        rows(session, f"LOAD DATA LOCAL INFILE '{secret}' INTO TABLE t")
    assert ground.execute("SELECT COUNT(*) FROM t", database=into) == [(0,)]
