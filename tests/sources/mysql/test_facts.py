"""Facts: of the snapshot, exact where that is cheap, and said to be estimates where it is not."""

import pytest

from workers.sources.mysql import facts


def test_counts_are_of_the_snapshot(ground) -> None:
    name = ground.database("CREATE TABLE b (i INT); CREATE TABLE a (i INT PRIMARY KEY); INSERT INTO a VALUES (1), (2);")
    found = ground.dump(ground.target(name)).facts
    assert [(count.name, count.rows, count.exact) for count in found.counts] == [("a", 2, True), ("b", 0, True)]


def test_counts_of_a_large_database_are_marked_as_estimates(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "COUNTED", 10)
    double = "INSERT INTO t (i) SELECT NULL FROM t;" * 8
    name = ground.database(f"CREATE TABLE t (i INT PRIMARY KEY AUTO_INCREMENT); INSERT INTO t VALUES (1); {double} ANALYZE TABLE t;")
    [count] = ground.dump(ground.target(name)).facts.counts
    assert (count.exact, 200 <= count.rows <= 300) == (False, True)


def test_the_facts_name_server_place_and_tools(ground) -> None:
    name = ground.database()
    found = ground.dump(ground.target(name)).facts
    identity = ground.execute(f"SELECT @@{'server_uid' if ground.maria else 'server_uuid'}")[0][0]
    assert (found.identity, found.place, found.flavour) == (identity, name, ground.server.flavour)
    assert found.tools[0][0] in ("mysqldump", "mariadb-dump")
    assert dict(found.extras)["character_set"] == "utf8mb4"


@pytest.mark.only("mariadb")
def test_an_older_mariadb_is_known_by_what_it_has(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "value", lambda session, sql: ground.execute("SELECT @@no_such_variable"))
    with ground.session("mysql") as session:
        assert len(facts.identity(ground.server, session)) == 64
