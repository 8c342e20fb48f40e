"""Whose statement it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.sources.mysql.replay.decoding import Query
from workers.sources.mysql.replay.statements import Target, Whose, judge, leniently, tokens

TARGET = Target("community")
OURS = [
    ("o", "drop table community.posts"),
    ("o", "DROP TABLE /* hi */ `community` . `posts`"),
    ("o", "DROP TABLE o.x, Community.posts"),
    ("community", "drop table o.x, `y`"),
    ("community", "DROP TABLE x CASCADE"),
    ("o", "truncate `community`.`posts`"),
    ("community", "TRUNCATE TABLE posts"),
    ("o", "rename table o.a to o.b, o.c to community.d"),
    ("community", "RENAME TABLE a WAIT 5 TO b"),
    ("o", "ALTER TABLE x EXCHANGE PARTITION p WITH TABLE community.y"),
    ("o", "alter table x rename to community.y"),
    ("community", "alter table o.x rename to y"),
    ("o", "/*!40000 ALTER TABLE `community`.`x` DISABLE KEYS */"),
    ("o", "CREATE DEFINER=`root`@`localhost` PROCEDURE `community`.`p`() SELECT 1"),
    ("o", "create or replace algorithm=merge definer=root@localhost sql security definer view `community`.v as select 1"),
    ("o", "CREATE INDEX i ON community.posts(a)"),
    ("o", "create event if not exists community.e on schedule every 1 day do select 1"),
    ("o", "CREATE PACKAGE BODY community.p AS END"),
    ("", "create database community"),
    ("o", "DROP SCHEMA IF EXISTS `community`"),
    ("community", "ALTER DATABASE CHARACTER SET utf8mb4"),
    ("community", "some statement of a later version"),
    ("o", "some statement of a later version about community.x"),
]
THEIRS = [
    ("community", "DROP TABLE o.x"),
    ("community", "DROP DATABASE o"),
    ("community", "drop index i on o.t"),
    ("o", "truncate posts"),
    ("o", "create table community_log (a int)"),
    ("o", "CREATE VIEW v AS SELECT * FROM community.posts"),
    ("o", "CREATE TABLE x (a INT COMMENT 'community.posts')"),
    ("o", "CREATE PROCEDURE p() DROP TABLE community.posts"),
    ("o", "ALTER TABLE x RENAME TO y"),
    ("o", "some statement of a later version"),
]
ACCOUNTS = [
    "create user x",
    "GRANT ALL ON community.* TO x",
    "REVOKE ALL ON *.* FROM x",
    "SET PASSWORD FOR x = 'y'",
    "DROP ROLE IF EXISTS r",
    "FLUSH TABLES",
    "/* app */ GRANT ALL ON *.* TO x",
]


def whose(database: str, sql: str, target: Target = TARGET) -> Whose:
    return judge(Query(database, sql.encode()), target).whose


@pytest.mark.parametrize(("database", "sql"), OURS)
def test_it_is_the_targets_whatever_the_default_database(database: str, sql: str) -> None:
    assert whose(database, sql) is Whose.OURS


@pytest.mark.parametrize(("database", "sql"), THEIRS)
def test_it_is_another_databases_even_where_the_target_is_the_default_or_mentioned(database: str, sql: str) -> None:
    assert whose(database, sql) is Whose.THEIRS


@pytest.mark.parametrize("sql", ACCOUNTS)
def test_accounts_are_the_servers(sql: str) -> None:
    assert whose("community", sql) is Whose.ACCOUNTS


@given(
    st.sampled_from(
        [
            "DROP TABLE {}",
            "TRUNCATE {}",
            "ALTER TABLE {} ADD x INT",
            "CREATE TABLE {} (a INT)",
            "DROP VIEW IF EXISTS {}",
            "RENAME TABLE {} TO o.b",
        ]
    )
)
def test_no_name_of_the_target_is_ever_lost(form: str) -> None:
    for name in ("community.t", "`community`.`t`", "COMMUNITY.t", "community . t", '"community"."t"', "`community`/**/.`t`"):
        assert whose("o", form.format(name)) is Whose.OURS
    assert whose("community", form.format("t")) is Whose.OURS


def test_a_database_with_odd_letters_is_found_in_any_character_set() -> None:
    target = Target("커뮤니티")
    assert whose("o", "DROP TABLE `커뮤니티`.t", target) is Whose.OURS
    euckr = Query("o", "DROP TABLE `커뮤니티`.t".encode("euc_kr"))
    assert judge(euckr, target).whose is Whose.OURS
    assert whose("o", "DROP TABLE o.t", target) is Whose.THEIRS


def test_a_backtick_in_the_targets_name_is_doubled_in_statements() -> None:
    assert whose("o", "DROP TABLE `a``b`.t", Target("a`b")) is Whose.OURS


def test_the_other_databases_of_a_statement_are_named() -> None:
    found = judge(Query("o", b"DROP TABLE community.x, other.y, z"), TARGET)
    assert (found.others, found.mixed) == ({"o", "other"}, True)
    assert not judge(Query("o", b"DROP TABLE community.x"), TARGET).mixed


@pytest.mark.parametrize(
    ("sql", "leniently_so"),
    [
        (b"DROP TABLE a", b"DROP TABLE IF EXISTS a"),
        (b"drop  view if exists a", b"drop  view if exists a"),
        (b"/* drop table x */ DROP TABLE a", b"/* drop table x */ DROP TABLE IF EXISTS a"),
        (b"DROP TEMPORARY TABLE `a`", b"DROP TEMPORARY TABLE IF EXISTS `a`"),
    ],
)
def test_a_drop_is_made_to_mind_nothing_that_is_missing(sql: bytes, leniently_so: bytes) -> None:
    assert leniently(sql) == leniently_so


def test_small_and_capital_letters_count_in_rows_unless_the_server_folds_them() -> None:
    assert not TARGET.is_named("Community")
    assert Target("community", folded=True).is_named("Community")


def test_comments_and_texts_are_no_words_and_executable_comments_are() -> None:
    assert [token.text for token in tokens("a /* b */ -- c\n'd' # e\n/*!50000 f */ `g``h`")] == ["a", "'d'", "f", "g`h"]
