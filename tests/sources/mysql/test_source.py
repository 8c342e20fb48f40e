"""The source as the steps see it."""

import pytest

from workers.artifact import Kind
from workers.errors import Permanent, Refused
from workers.sources.mysql.source import MysqlSource


def _source(ground, name: str) -> MysqlSource:
    server = ground.target(name)
    return MysqlSource(server.options, server.password)


def test_it_dumps_checks_and_tells_its_size(ground) -> None:
    source = _source(ground, ground.database("CREATE TABLE t (i INT PRIMARY KEY); INSERT INTO t VALUES (1);"))
    with source.dump(Kind.FULL) as dump:
        assert sum(len(list(part.blocks)) for part in dump.parts()) >= 3
        assert dump.facts().counts[0].rows == 1
    assert source.size() > 0
    assert source.check()[0].ok


def test_other_kinds_than_full_are_refused(ground) -> None:
    with pytest.raises(Refused, match="kind incremental is made of its binary logs"):
        _source(ground, "mysql").dump(Kind.INCREMENTAL)


def test_the_size_of_an_unknown_database_is_an_error_that_names_it(ground) -> None:
    with pytest.raises(Permanent, match="database 'nowhere' does not exist"):
        _source(ground, "nowhere").size()
