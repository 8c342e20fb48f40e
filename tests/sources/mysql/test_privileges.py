"""A privilege that is missing is named with its GRANT, before a dump could silently lack something."""

import re

import pytest

from workers.errors import Permanent
from workers.sources.mysql.privileges import Held, missing, needs, parse

THINGS = """CREATE TABLE t (i INT PRIMARY KEY); CREATE VIEW v AS SELECT 1 AS one; CREATE PROCEDURE p() SELECT 1;
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @x = 1; CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1;"""


def _grants(ground, name: str) -> list[str]:
    return [f"{need.names[0]} ON {'*' if need.scope == '*' else f'`{need.scope}`'}.*" for need in needs(ground.target(name))]


def test_the_least_privileges_make_a_complete_dump(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.sources.mysql.shares._WORTH", 0)
    name = ground.database(THINGS)
    ground.execute("INSERT INTO t VALUES (1), (2), (3), (4)", "ANALYZE TABLE t", database=name)
    theirs = ground.dump(ground.target(name, ground.account(*_grants(ground, name))), streams=3)
    assert theirs.text("data").count("-- WHERE:") > 1
    mine = ground.dump(ground.target(name))
    assert (theirs.parts, theirs.facts.fingerprint) == (mine.parts, mine.facts.fingerprint)
    assert theirs.text("post-data") == mine.text("post-data")
    assert theirs.text("accounts") == mine.text("accounts")


def test_each_one_left_out_is_named_with_a_grant_that_mends_it(ground) -> None:
    name = ground.database(THINGS)
    for left_out in range(len(_grants(ground, name))):
        grants = _grants(ground, name)
        gone = grants.pop(left_out).split(" ON ")[0]
        user = ground.account(*grants)
        with pytest.raises(Permanent, match=f"lacks {gone} for a complete dump of {name}; paste as an administrator") as caught:
            ground.dump(ground.target(name, user))
        ground.execute(*re.findall(r"GRANT [^;]+", caught.value.reason))
        assert ground.dump(ground.target(name, user)).facts.place == name


def test_privileges_that_come_through_a_role_count(ground) -> None:
    name = ground.database(THINGS)
    user, role = ground.account(), f"r{name}"
    grants = [f"GRANT {grant} TO '{role}'" for grant in _grants(ground, name)]
    ground.execute(f"CREATE ROLE '{role}'", *grants, f"GRANT '{role}' TO '{user}'@'%'")
    ground.execute(f"SET DEFAULT ROLE '{role}' {'FOR' if ground.maria else 'TO'} '{user}'@'%'")
    try:
        server = ground.target(name, user)
        assert missing(server, server.connect()) == ()
    finally:
        ground.execute(f"DROP ROLE '{role}'")


def test_a_grant_on_one_table_does_not_pass_for_the_database(ground) -> None:
    name = ground.database(THINGS)
    server = ground.target(name, ground.account(f"SELECT ON `{name}`.t"))
    assert "SELECT" in {need.names[0] for need in missing(server, server.connect())}


@pytest.mark.parametrize(
    ("line", "held"),
    [
        ("GRANT SELECT, SHOW VIEW ON `a``b`.* TO `u`@`%`", Held(frozenset({"SELECT", "SHOW VIEW"}), "a`b")),
        ("GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION", Held(frozenset({"ALL PRIVILEGES"}), "*")),
        ("REVOKE SELECT ON `a`.* FROM `u`@`%`", Held(frozenset({"SELECT"}), "a", revoked=True)),
        ("GRANT SELECT ON `a`.`t` TO `u`@`%`", None),
        ("GRANT `role`@`%` TO `u`@`%`", None),
        ("GRANT PROXY ON ``@`%` TO `u`@`%` WITH GRANT OPTION", None),
    ],
)
def test_a_line_of_show_grants_is_understood(line: str, held: Held | None) -> None:
    assert parse(line) == held


@pytest.mark.parametrize(("pattern", "covers"), [("t\\_%", True), ("t_%", True), ("%", True), ("t\\_x", False), ("u%", False)])
def test_a_pattern_covers_the_databases_that_the_server_would_match(ground, pattern: str, covers: bool) -> None:
    name = ground.database()
    server = ground.target(name, ground.account(f"SELECT, SHOW VIEW, TRIGGER, EVENT ON `{pattern}`.*"))
    assert ("SHOW VIEW" not in {need.names[0] for need in missing(server, server.connect())}) is covers
