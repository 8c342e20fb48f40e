"""The source `mysql` keeps the contract of every source, on both flavours."""

import secrets

import pytest

from tests.contracts.source import Made, SourceContract
from workers.sources.mysql.source import MysqlSource

SQL = """
CREATE TABLE a (id INT PRIMARY KEY, x FLOAT, body TEXT);
INSERT INTO a WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n, n / 7, REPEAT('글', 500) FROM s;
CREATE TABLE b (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id));
INSERT INTO b VALUES (1, 1), (2, NULL);
CREATE VIEW v AS SELECT id FROM a;
"""


class TestMysql(SourceContract):
    @pytest.fixture
    def made(self, ground):
        name, free = ground.database(SQL), f"f_{secrets.token_hex(4)}"
        ground.made.append(f"DROP DATABASE IF EXISTS {free}")
        server = ground.target(name)
        return Made(MysqlSource(server.options, server.password), free, name)
