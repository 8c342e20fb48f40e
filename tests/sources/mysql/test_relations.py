"""Foreign keys are followed row by row, and values that should be there once are counted."""

from contextlib import closing

import pytest

from workers.sources.mysql import relations

SQL = """
CREATE TABLE users (id INT, part INT, email VARCHAR(40), PRIMARY KEY (id, part));
CREATE TABLE posts (id INT PRIMARY KEY, user INT, part INT, up INT,
  CONSTRAINT by_user FOREIGN KEY (user, part) REFERENCES users (id, part), CONSTRAINT above FOREIGN KEY (up) REFERENCES posts (id));
INSERT INTO users VALUES (1, 1, 'a@x'), (2, 1, 'b@x'), (3, 1, 'a@x'), (4, 1, NULL), (5, 1, NULL);
INSERT INTO posts VALUES (1, 1, 1, NULL), (2, 2, 1, 1), (3, NULL, 1, 2);
"""


@pytest.fixture
def name(ground):
    return ground.database(SQL)


def look(ground, name, do, what):
    with closing(ground.server.connect(name)) as session:
        return do(session, what)


def test_every_foreign_key_is_read_with_its_columns_in_order(ground, name) -> None:
    found = {key.name: key for key in relations.relations(ground.server, name)}
    assert found["by_user"].columns == (("user", "id"), ("part", "part"))
    assert (found["above"].table, found["above"].parent, found["above"].schema) == ("posts", "posts", name)
    assert relations.relations(ground.server, name, ("users",)) == [found["by_user"]]


def test_rows_that_point_nowhere_are_counted_and_null_points_nowhere_by_right(ground, name) -> None:
    keys = {key.name: key for key in relations.relations(ground.server, name)}
    assert [look(ground, name, relations.orphans, key) for key in keys.values()] == [0, 0]
    ground.execute("SET foreign_key_checks = 0", "INSERT INTO posts VALUES (4, 9, 1, NULL), (5, 1, 9, 77)", database=name)
    assert {key.name: look(ground, name, relations.orphans, key) for key in keys.values()} == {"by_user": 2, "above": 1}
    assert relations.words(keys["above"], 1) == "foreign key above: 1 rows of posts point to no row of posts"


def test_values_that_stand_in_more_than_one_row_are_counted_and_null_is_none(ground, name) -> None:
    assert look(ground, name, relations.duplicates, "users.email") == 1
    assert look(ground, name, relations.duplicates, "posts.id") == 0
