"""The demo's proof cannot be fooled: one changed, missing or added row is found."""

import pytest

from compose.demo import community, witness


@pytest.fixture
def connection(database):
    """A tiny community database and its copy."""
    with database.admin() as admin:
        with admin.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS community")
        community.create(admin, 0.0005)
        witness.copy(admin)
        yield admin
        with admin.cursor() as cursor:
            cursor.execute("DROP DATABASE community")
            cursor.execute(f"DROP DATABASE {witness.NAME}")


def change(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION foreign_key_checks = 0")
        cursor.execute(sql)


def test_an_untouched_database_is_equal(connection):
    assert witness.compare(connection, "community") == witness.Verdict(community.TABLES, (), 0)


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("UPDATE community.users SET score = score + 0.0001 WHERE id = 3", "users"),
        ("DELETE FROM community.posts WHERE id = 3", "posts"),
        ("UPDATE community.notifications SET payload = UNHEX('FF') WHERE id = 3", "notifications"),
    ],
)
def test_one_row_that_differs_is_found(connection, sql, table):
    change(connection, sql)
    assert witness.compare(connection, "community").different == (table,)


def test_rows_written_after_the_snapshot_are_counted_and_not_compared(connection):
    change(connection, "DELETE FROM community.comments WHERE id > 200")
    verdict = witness.compare(connection, "community")
    assert (verdict.different, verdict.later) == ((), 10)


def test_a_missing_object_is_found(connection):
    change(connection, "DROP VIEW community.active_users")
    assert witness.objects(connection, "community") == {"view": False, "trigger": True, "routine": True, "event": True}
