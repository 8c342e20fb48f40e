"""Odd schemas, one row each: what comes back of them is what docs/reference/mysql.md says, word for word.

Each row is loaded into one database with all the others; its objects are those that its SQL adds.
"""

from dataclasses import dataclass

ALL_BYTES = bytes(range(256)).hex()
NUMBERS = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
EQUAL = "equal"
BOTH, MYSQL, MARIADB = "both", "mysql", "mariadb"


@dataclass(frozen=True)
class Odd:
    """SQL that makes it; the verdict; and, where something is told of it, the beginning of what the dump says."""

    sql: str
    verdict: str = EQUAL
    flavour: str = BOTH
    told: str = ""


def keyed(table: str, columns: str, values: str) -> str:
    """A table of 300 rows, which the dump cuts into ranges of its primary key."""
    return f"CREATE TABLE {table} ({columns}); INSERT INTO {table} {NUMBERS} SELECT {values} FROM n;"


def engine(name: str) -> str:
    return f"CREATE TABLE e_{name} (i INT NOT NULL, v CHAR(9) NOT NULL) ENGINE={name}; INSERT INTO e_{name} VALUES (1, '한'), (2, 'ü');"


ODD = {
    "FLOAT values": Odd(
        "CREATE TABLE floats (id INT PRIMARY KEY, f FLOAT, n FLOAT NOT NULL); INSERT INTO floats VALUES (1, 3.402823466e38, 1.2345678),"
        " (2, 1.17549435e-38, 0.1), (3, NULL, -16777217), (4, -0.0, 1e-45);"
    ),
    "FLOAT values without a primary key": Odd(
        "CREATE TABLE floats_keyless (f FLOAT); INSERT INTO floats_keyless VALUES (1.2345678), (0.5);",
        "six digits, named",
        told="table floats_keyless: no usable primary key",
    ),
    "DOUBLE extremes": Odd(
        "CREATE TABLE doubles (id INT PRIMARY KEY, d DOUBLE); INSERT INTO doubles VALUES (1, 1.7976931348623157e308),"
        " (2, -2.2250738585072014e-308), (3, 0.1), (4, 4.9e-324);"
    ),
    "DECIMAL(65,30)": Odd(
        "CREATE TABLE decimals (id INT PRIMARY KEY, d DECIMAL(65,30)); INSERT INTO decimals VALUES"
        " (1, 12345678901234567890123456789012345.123456789012345678901234567890), (2, -0.000000000000000000000000000001);"
    ),
    "BIGINT UNSIGNED, AUTO_INCREMENT at its end, a key of 0": Odd(
        "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; CREATE TABLE counters (id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT=77;"
        "INSERT INTO counters VALUES (0), (18446744073709551614);"
    ),
    "BIT(64)": Odd(
        f"CREATE TABLE bits (id INT PRIMARY KEY, b BIT(64), o BIT(1)); INSERT INTO bits VALUES (1, b'{'10' * 32}', b'1'), (2, 0, 0);"
    ),
    "text of four bytes a character": Odd(
        "CREATE TABLE emoji (id INT PRIMARY KEY, v VARCHAR(50)) CHARACTER SET utf8mb4; INSERT INTO emoji VALUES (1, "
        "'👍 한글 \\\\ '' \" \\n\\0\\Z');"
    ),
    "BLOB with every byte": Odd(
        f"CREATE TABLE blobs (id INT PRIMARY KEY, o LONGBLOB, v VARBINARY(300), b BINARY(4)); "
        f"INSERT INTO blobs VALUES (1, X'{ALL_BYTES}5C27',"
        f" X'{ALL_BYTES}', X'00FF0A27'), (2, '', '', '');"
    ),
    "JSON": Odd(
        'CREATE TABLE docs (id INT PRIMARY KEY, j JSON); INSERT INTO docs VALUES (1, \'{"a": [1, 18446744073709551615, "q\\\\"한👍"]}\'),'
        " (2, '[]'), (3, NULL), (4, '\"s\"');"
    ),
    "ENUM and SET with quotes and commas": Odd(
        "CREATE TABLE enums (id INT PRIMARY KEY, e ENUM('a''b','c,d','한',''), s SET('x','y z')); "
        "INSERT INTO enums VALUES (1, 'a''b', 'x,y z'),"
        " (2, 'c,d', ''), (3, '한', 'x'), (4, '', NULL);"
    ),
    "zero dates": Odd(
        "SET sql_mode = ''; CREATE TABLE zeros (id INT PRIMARY KEY, d DATE, t DATETIME, s TIMESTAMP NULL); INSERT INTO zeros VALUES"
        " (1, '0000-00-00', '0000-00-00 00:00:00', 0), (2, '2026-00-00', '2026-02-00 00:00:00', NULL);"
    ),
    "TIME extremes": Odd(
        "CREATE TABLE times (id INT PRIMARY KEY, t TIME(6)); INSERT INTO times VALUES (1, '-838:59:59'), (2, "
        "'838:59:59'), (3, '-00:00:00.000001');"
    ),
    "DATETIME(6), TIMESTAMP(6), YEAR": Odd(
        "SET time_zone = '+00:00'; CREATE TABLE moments (id INT PRIMARY KEY, d DATETIME(6), s TIMESTAMP(6) NULL, "
        "y YEAR); INSERT INTO moments VALUES"
        " (1, '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999999', 2155), (2, '1000-01-01', '1970-01-01 00:00:01', 1901);"
    ),
    "GEOMETRY": Odd(
        "CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY NOT NULL, SPATIAL INDEX (g)); INSERT INTO shapes VALUES"
        " (1, ST_GeomFromText('POINT(1 2)')), (2, ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')),"
        " (3, ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))'));"
    ),
    "GEOMETRY with an SRID": Odd(
        "CREATE TABLE places (id INT PRIMARY KEY, p POINT NOT NULL SRID 4326, SPATIAL INDEX (p));"
        "INSERT INTO places VALUES (1, ST_GeomFromText('POINT(37.5 127.0)', 4326));",
        flavour=MYSQL,
    ),
    "GEOMETRY whose values have SRIDs": Odd(
        "CREATE TABLE srids (id INT PRIMARY KEY, g GEOMETRY); INSERT INTO srids VALUES (1, ST_GeomFromText('POINT(1 2)', 4326)),"
        " (2, ST_GeomFromText('POINT(1 2)', 0)), (3, NULL);"
    ),
    "VECTOR": Odd(
        "CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3)); INSERT INTO vectors VALUES (1, "
        "TO_VECTOR('[1.5,-0.1,3.4028235e38]')), (2, NULL);",
        flavour=MYSQL,
    ),
    "UUID and INET6": Odd(
        "CREATE TABLE ids (id UUID PRIMARY KEY, a INET6);"
        "INSERT INTO ids VALUES ('123e4567-e89b-12d3-a456-426655440000', '::ffff:1.2.3.4');",
        flavour=MARIADB,
    ),
    "generated columns, stored and virtual": Odd(
        "CREATE TABLE made (a INT PRIMARY KEY, s INT AS (a + 1) STORED, v VARCHAR(20) AS (CONCAT('한', a)) VIRTUAL, "
        "UNIQUE KEY (s), KEY (v));"
        "INSERT INTO made (a) VALUES (1), (2);"
    ),
    "invisible columns": Odd(
        "CREATE TABLE hidden (a INT PRIMARY KEY, b INT INVISIBLE DEFAULT 7); INSERT INTO hidden (a, b) VALUES (1, 2), (2, 9);"
    ),
    "defaults that are expressions, CHECK": Odd(
        "CREATE TABLE defaults (a INT PRIMARY KEY, b INT DEFAULT (1 + 2), c VARCHAR(9) DEFAULT 'it''s', "
        "CONSTRAINT positive CHECK (a > 0));"
        "INSERT INTO defaults (a) VALUES (1);"
    ),
    "keys on expressions, descending, invisible": Odd(
        "CREATE TABLE keys_ (a INT PRIMARY KEY, b VARCHAR(20), KEY up ((UPPER(b))), KEY down (b DESC), KEY unseen (b(3)) INVISIBLE);"
        "INSERT INTO keys_ VALUES (1, 'x');",
        flavour=MYSQL,
    ),
    "full text": Odd("CREATE TABLE words (a INT PRIMARY KEY, b TEXT, FULLTEXT KEY (b)); INSERT INTO words VALUES (1, '한글 words');"),
    "partitions by hash": Odd(
        "CREATE TABLE hashed (id INT PRIMARY KEY, x INT) PARTITION BY HASH (id) PARTITIONS 3; "
        "INSERT INTO hashed VALUES (1, 1), (2, 2), (3, 3);"
    ),
    "partitions by range, with subpartitions": Odd(
        "CREATE TABLE ranged (id INT, at DATE, PRIMARY KEY (id, "
        "at)) PARTITION BY RANGE (YEAR(at)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2"
        " (PARTITION old VALUES LESS THAN (2026), PARTITION rest VALUES LESS THAN MAXVALUE);"
        "INSERT INTO ranged VALUES (1, '2020-01-01'), (2, '2026-01-01');"
    ),
    "foreign keys in a circle": Odd(
        "CREATE TABLE ring_a (id INT PRIMARY KEY, b INT); CREATE TABLE ring_b (id INT PRIMARY KEY, a INT, "
        "FOREIGN KEY (a) REFERENCES ring_a (id));"
        "INSERT INTO ring_a VALUES (1, 1); INSERT INTO ring_b VALUES (1, 1); "
        "ALTER TABLE ring_a ADD FOREIGN KEY (b) REFERENCES ring_b (id);"
    ),
    "a foreign key to its own table": Odd(
        "CREATE TABLE self (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES self (id) ON DELETE CASCADE);"
        "SET foreign_key_checks = 0; INSERT INTO self VALUES (1, 2), (2, 1);"
    ),
    "no primary key": Odd("CREATE TABLE keyless (a INT, b TEXT); INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (NULL, NULL);"),
    "an empty table": Odd("CREATE TABLE nothing (id INT PRIMARY KEY);"),
    "reserved words as names": Odd("CREATE TABLE `select` (`from` INT PRIMARY KEY, `where` INT); INSERT INTO `select` VALUES (1, 2);"),
    "Korean names": Odd("CREATE TABLE `회원 목록` (`번호` INT PRIMARY KEY, `이름` TEXT); INSERT INTO `회원 목록` VALUES (1, '김철수');"),
    "names of 64 characters": Odd(f"CREATE TABLE `{'n' * 64}` (`{'나' * 64}` INT PRIMARY KEY); INSERT INTO `{'n' * 64}` VALUES (1);"),
    "names with quotes, semicolons and comments": Odd(
        "CREATE TABLE `a``;b-- '\"c` (`d``;\\` INT PRIMARY KEY); INSERT INTO `a``;b-- '\"c` VALUES (1);"
    ),
    "tables in latin1": Odd(
        "CREATE TABLE latin (id INT PRIMARY KEY, v VARCHAR(50)) CHARACTER SET latin1; INSERT INTO latin VALUES (1, "
        "'Grüße ''\\\\'), (2, X'80FF');"
    ),
    "tables in euckr": Odd(
        "CREATE TABLE euckr (id INT PRIMARY KEY, v VARCHAR(50)) CHARACTER SET euckr; INSERT INTO euckr VALUES (1, '안녕\\\\');"
    ),
    "tables in utf16": Odd(
        "CREATE TABLE utf16 (id INT PRIMARY KEY, v VARCHAR(50)) CHARACTER SET utf16; INSERT INTO utf16 VALUES (1, '한👍\\\\');"
    ),
    "keys of several columns": Odd(
        keyed(
            "k_many", "k INT, l CHAR(1), m DATE, PRIMARY KEY (k, l, m)", "i MOD 2, CHAR(97 + i MOD 3), DATE('2020-01-01') + INTERVAL i DAY"
        )
    ),
    "keys of text": Odd(keyed("k_text", "k VARCHAR(50), PRIMARY KEY (k)", "CONCAT('회원 ''\\\\', i)")),
    "keys of text under a binary collation": Odd(
        keyed("k_binary_text", "k VARCHAR(50) COLLATE utf8mb4_bin, PRIMARY KEY (k)", "CONCAT(IF(i MOD 2, 'a', 'A'), i DIV 2)")
    ),
    "keys of text in latin1": Odd(keyed("k_latin", "k VARCHAR(50) CHARACTER SET latin1, PRIMARY KEY (k)", "CONCAT('Straße ', i)")),
    "keys of bytes": Odd(keyed("k_bytes", "k VARBINARY(32), PRIMARY KEY (k)", "UNHEX(SHA2(i, 256))")),
    "keys that are sparse": Odd(keyed("k_sparse", "k BIGINT, PRIMARY KEY (k)", "i * i * i * i * 1000")),
    "keys that are skewed": Odd(keyed("k_skewed", "k BIGINT, PRIMARY KEY (k)", "IF(i < 290, i, i * 1000000000)")),
    "keys that are unsigned": Odd(keyed("k_unsigned", "k BIGINT UNSIGNED, PRIMARY KEY (k)", "18446744073709551615 - i")),
    "keys of ENUM, BIT, FLOAT or a prefix": Odd(
        "CREATE TABLE k_enum (k ENUM('b', 'a') PRIMARY KEY); INSERT INTO k_enum VALUES ('a'), ('b');"
        "CREATE TABLE k_bit (k BIT(9) PRIMARY KEY); INSERT INTO k_bit VALUES (1), (511);"
        "CREATE TABLE k_float (k FLOAT PRIMARY KEY); INSERT INTO k_float VALUES (0.5), (1.25);"
        "CREATE TABLE k_prefix (k TEXT, PRIMARY KEY (k(3))); INSERT INTO k_prefix VALUES ('abc'), ('abd');",
        "equal, never cut; digits of the FLOAT that six do not tell are lost, named",
        told="table k_float: no usable primary key",
    ),
    "MyISAM": Odd(engine("MyISAM"), "equal, locked meanwhile, named", told="tables without a snapshot"),
    "MEMORY": Odd(engine("MEMORY"), "equal, locked meanwhile, named", told="tables without a snapshot"),
    "CSV": Odd(engine("CSV"), "equal, locked meanwhile, named", told="tables without a snapshot"),
    "ARCHIVE": Odd(engine("ARCHIVE"), "equal, locked meanwhile, named", MYSQL, "tables without a snapshot"),
    "Aria": Odd(engine("Aria"), "equal, locked meanwhile, named", MARIADB, "tables without a snapshot"),
    "views on views": Odd("CREATE VIEW v_base AS SELECT 1 AS one, '한글' AS word; CREATE VIEW a_top AS SELECT b.one FROM v_base b;"),
    "views whose definer is gone": Odd(
        "CREATE TABLE v_rows (i INT); CREATE DEFINER='canvasback_gone'@'%' VIEW v_orphan AS SELECT i, 'it''s `x`.`y`' AS w FROM v_rows;",
        "equal, named; of no use until the account is made",
        told="view v_orphan is carried, but cannot be used until the account is made",
    ),
    "broken views": Odd(
        "CREATE TABLE v_gone (i INT); CREATE VIEW v_broken AS SELECT i FROM v_gone; DROP TABLE v_gone;",
        "not carried, named",
        told="view v_broken is broken on the server and not carried",
    ),
    "sequences": Odd("CREATE SEQUENCE seq START 5 INCREMENT 3 CACHE 10; SELECT NEXTVAL(seq);", flavour=MARIADB),
    "system-versioned tables": Odd(
        "CREATE TABLE versioned (i INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING; INSERT INTO versioned VALUES (1, "
        "1); UPDATE versioned SET v = 2;",
        "rows as they are now; history not carried, named",
        MARIADB,
        "table versioned: its history (system versioning) is not carried",
    ),
}
