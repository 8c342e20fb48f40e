"""Logs that a server's applier applies."""

import pytest

from tests.sources.mysql.replay.conftest import Base
from workers.errors import Permanent
from workers.sources.mysql.replay import relaying


def test_it_returns_only_when_the_last_byte_was_applied(base: Base) -> None:
    database = base.live.database()
    tables = [f"CREATE TABLE {database}.t{number} (id INT)" for number in range(40)]
    logs = base.cut(database, f"DROP DATABASE {database}", f"CREATE DATABASE {database}", *tables)
    base.scratch_database(database)
    relaying.apply(base.scratch, logs, "", lambda _: None)
    assert base.ask(f"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '{database}'") == [(40,)]


def test_what_cannot_be_applied_is_told_with_transaction_and_statement(base: Base) -> None:
    database = base.live.database("CREATE TABLE t (id INT)")
    logs = base.cut(database, f"DROP TABLE {database}.t")
    with pytest.raises(Permanent, match=rf"could not be repeated: .*DROP TABLE `{database}`\.`t`"):
        relaying.apply(base.scratch, logs, "", lambda _: None)


@pytest.mark.only("mysql")
def test_mysql_also_tells_the_transaction(base: Base) -> None:
    database = base.live.database("CREATE TABLE t (id INT)")
    logs = base.cut(database, f"DROP TABLE {database}.t")
    with pytest.raises(Permanent, match=f"failed executing transaction '{logs.kept}'"):
        relaying.apply(base.scratch, logs, "", lambda _: None)


@pytest.mark.only("mysql")
def test_transactions_that_were_executed_before_are_passed_over(base: Base) -> None:
    database = base.live.database("CREATE TABLE t (id INT)")
    logs = base.cut(database, f"DROP TABLE {database}.t")
    relaying.apply(base.scratch, logs, logs.kept, lambda _: None)
    assert base.ask("SELECT @@GLOBAL.gtid_executed") == [(logs.kept,)]
