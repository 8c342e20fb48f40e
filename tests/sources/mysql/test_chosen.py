"""Some tables of a backup, into a database of their own: whole, and nothing else."""

import pytest

from tests.sources.mysql.restoring import depart
from workers.artifact import Count, Role
from workers.errors import Refused
from workers.sources.mysql import chosen, restore
from workers.sources.mysql.script import Definition, Thing

COMMUNITY = """
CREATE TABLE users (id INT PRIMARY KEY, score FLOAT); INSERT INTO users VALUES (1, 1.2345678), (2, 2.3456789);
CREATE TABLE posts (id INT PRIMARY KEY, author INT, reply INT, weight FLOAT, CONSTRAINT wrote FOREIGN KEY (author) REFERENCES users (id),
    CONSTRAINT answers FOREIGN KEY (reply) REFERENCES posts (id));
INSERT INTO posts VALUES (1, 1, NULL, 3.4567891), (2, 2, 1, 4.5678912);
CREATE TABLE comments (id INT PRIMARY KEY, post INT, CONSTRAINT about FOREIGN KEY (post) REFERENCES posts (id));
INSERT INTO comments VALUES (1, 1), (2, 2), (3, 2);
CREATE TABLE log (n INT); CREATE VIEW v AS SELECT id FROM posts;
CREATE TRIGGER seen AFTER INSERT ON posts FOR EACH ROW INSERT INTO log VALUES (1);
CREATE PROCEDURE hello() SELECT 1;
"""


def _objects(ground, name: str) -> set[object]:
    found = ground.execute(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{name}'")
    return {row[0] for row in found}


def test_only_the_wanted_tables_come_into_another_database(ground) -> None:
    journey = depart(ground, COMMUNITY)
    order = journey.only("posts", "comments", into="rescue_1")
    outcome = journey.back(order)
    assert sorted(outcome.counts, key=lambda count: count.name) == [Count("comments", 3), Count("posts", 2)]
    assert _objects(ground, order.into) == {"posts", "comments"}
    assert ground.execute("SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = 'rescue_1'") == [(0,)]
    before = ground.checksums(journey.facts.place)
    assert ground.checksums(order.into) == {name: before[name] for name in ("posts", "comments")}


def test_a_foreign_key_to_a_table_that_is_not_restored_is_left_out_and_told(ground) -> None:
    journey = depart(ground, COMMUNITY)
    outcome = journey.back(journey.only("posts", into="rescue_2"))
    assert outcome.warnings == ("foreign key wrote of posts left out: users is not restored",)
    made = str(ground.execute("SHOW CREATE TABLE posts", database="rescue_2")[0][1])
    assert ("`wrote`" in made.partition("KEY `wrote`")[2], "CONSTRAINT `answers`" in made) == (False, True)


def test_tables_that_the_backup_does_not_have_are_refused_by_name_before_anything_is_made(ground) -> None:
    journey = depart(ground, COMMUNITY)
    order = journey.only("posts", "tags", "v", into="rescue_3")
    with pytest.raises(Refused, match="has no table tags, v"):
        journey.prepare(order)
    assert not restore.place(journey.server, order.into).exists


def test_segments_of_other_tables_are_not_needed(ground) -> None:
    journey = depart(ground, COMMUNITY)
    order = journey.only("posts", into="rescue_4")
    needed = {segment.role: order.needs(segment) for segment, _ in journey.pieces}
    assert needed[Role.SCHEMA]
    assert [order.needs(segment) for segment, _ in journey.of(Role.DATA)] != []


@pytest.mark.only("mariadb")
def test_a_sequence_comes_with_the_table_that_counts_by_it(ground) -> None:
    journey = depart(
        ground, "CREATE SEQUENCE s; CREATE SEQUENCE other; CREATE TABLE t (i INT DEFAULT NEXTVAL(s)); INSERT INTO t VALUES (1);"
    )
    journey.back(journey.only("t", into="rescue_5"))
    assert _objects(ground, "rescue_5") == {"t", "s"}
    ground.execute("INSERT INTO t VALUES (DEFAULT)", database="rescue_5")


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("CREATE DEFINER=`root`@`localhost` TRIGGER `a` BEFORE INSERT ON `posts` FOR EACH ROW SET NEW.i = 1", "posts"),
        ("CREATE TRIGGER a after\n  delete /* on x for */ on community . `a``b` for each row BEGIN END", "a`b"),
        ('CREATE TRIGGER a AFTER UPDATE ON "odd ""name""" FOR EACH ROW SET @x = 1', 'odd "name"'),
        ("CREATE TRIGGER a NONSENSE", None),
    ],
)
def test_the_table_of_a_trigger_is_read_from_its_text(sql, table) -> None:
    assert chosen.table_of(Definition(Thing.TRIGGER, "a", sql)) == table
