"""A definition means what it says, whatever the server is set to."""

from contextlib import closing

import pytest

from workers.sources.mysql.making import literally, make
from workers.sources.mysql.script import Definition, Thing
from workers.sources.mysql.session import rows

RULES = {"sql_generate_invisible_primary_key": "ON", "sql_require_primary_key": "ON", "innodb_strict_mode": "ON"}


def test_the_servers_rules_for_new_tables_are_put_aside_in_the_session(ground) -> None:
    with closing(ground.server.connect(ground.database())) as session:
        known = {name for (name, *_) in rows(session, "SHOW SESSION VARIABLES")} & RULES.keys()
        for name in known:
            rows(session, f"SET SESSION {name} = {RULES[name]}")
        literally(session)
        make(session, Definition(Thing.TABLE, "t", "CREATE TABLE `t` (`i` int) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=16"))
        assert rows(session, "SHOW COLUMNS FROM t")[0][0] == "i"
        assert len(rows(session, "SHOW COLUMNS FROM t")) == 1


def test_a_foreign_key_to_a_key_that_is_not_unique_is_made_as_it_was(ground) -> None:
    parent = Definition(Thing.TABLE, "p", "CREATE TABLE `p` (`i` int, KEY (`i`))")
    child = Definition(Thing.TABLE, "c", "CREATE TABLE `c` (`i` int, CONSTRAINT `odd` FOREIGN KEY (`i`) REFERENCES `p` (`i`))")
    with closing(ground.server.connect(ground.database())) as session:
        literally(session)
        make(session, parent)
        make(session, child)


def test_an_account_that_may_not_put_them_aside_goes_on_without(ground) -> None:
    name = ground.database()
    server = ground.target(name, ground.account(f"ALL ON {name}.*"))
    with closing(server.connect(name)) as session:
        literally(session)
        make(session, Definition(Thing.TABLE, "t", "CREATE TABLE `t` (`i` int PRIMARY KEY)"))


@pytest.mark.parametrize("mode", ["ANSI_QUOTES", ""])
def test_a_definition_brings_its_own_settings(ground, mode) -> None:
    with closing(ground.server.connect(ground.database())) as session:
        make(session, Definition(Thing.TABLE, "t", "CREATE TABLE `t` (`i` int)", (("sql_mode", mode),)))
        assert rows(session, "SELECT @@sql_mode")[0][0] == mode
