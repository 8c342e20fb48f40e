"""Accounts come back when they are asked for: made where they are not there, and never over one that is."""

from contextlib import closing
from dataclasses import replace

import pytest

from tests.sources.mysql.restoring import depart
from workers.errors import Permanent
from workers.sources.mysql.accounts import read_accounts
from workers.sources.mysql.arriving import arrive
from workers.sources.mysql.script import Definition, Thing

POSTS = "CREATE TABLE posts (id INT PRIMARY KEY);"


def carried(ground, *names: str) -> list[Definition]:
    with closing(ground.server.connect("mysql")) as session:
        return [found for found in read_accounts(ground.server, session) if found.name.partition("@")[0] in names]


def grants(ground, user: str) -> set[str]:
    return {str(line) for (line,) in ground.execute(f"SHOW GRANTS FOR '{user}'@'%'")}


def test_an_account_that_is_not_there_is_made_with_its_grants_by_a_restore_that_asks_for_it(ground) -> None:
    user = ground.account("PROCESS ON *.*", password="its word")
    before, journey = grants(ground, user), depart(ground, POSTS)
    ground.execute(f"DROP USER '{user}'@'%'")
    journey.back(journey.order())
    assert carried(ground, user) == []
    warnings = journey.back(replace(journey.order(), accounts="all")).warnings
    assert not any(user in words for words in warnings)
    assert grants(ground, user) == before
    assert ground.target("mysql", user, password="its word").version == ground.server.version


def test_an_account_with_another_password_stays_as_it_is_and_is_named(ground) -> None:
    user = ground.account("PROCESS ON *.*", password="old")
    made = carried(ground, user)
    ground.execute(f"ALTER USER '{user}'@'%' IDENTIFIED BY 'new'", f"REVOKE PROCESS ON *.* FROM '{user}'@'%'")
    before = carried(ground, user)
    (warning,) = arrive(ground.server, made)
    assert f"account {user}@% left as it is, grants included" in warning
    assert carried(ground, user) == before


def test_an_account_that_is_equal_gets_the_grants_that_it_lacks(ground) -> None:
    user = ground.account("PROCESS ON *.*", "RELOAD ON *.*")
    made = carried(ground, user)
    ground.execute(f"REVOKE RELOAD ON *.* FROM '{user}'@'%'")
    assert arrive(ground.server, made) == ()
    assert carried(ground, user) == made
    assert arrive(ground.server, made) == ()


def test_the_account_that_the_product_logs_in_with_is_never_touched(ground) -> None:
    user = ground.account("ALL PRIVILEGES ON *.*", password="p")
    server, made = ground.target("mysql", user), carried(ground, user)
    changed = [replace(found, sql=found.sql + " ACCOUNT LOCK") if found.kind is Thing.ACCOUNT else found for found in made]
    assert arrive(server, changed) == (f"account {user}@% left as it is: Canvasback logs in with it",)
    assert carried(ground, user) == made


def test_only_definers_are_made_where_no_more_is_asked_for(ground) -> None:
    definer, other = ground.account("SELECT ON *.*"), ground.account("SELECT ON *.*")
    journey = depart(ground, POSTS + f"CREATE DEFINER=`{definer}`@`%` VIEW v AS SELECT id FROM posts;")
    ground.execute(f"DROP USER '{definer}'@'%', '{other}'@'%'")
    warnings = journey.back(replace(journey.order(), accounts="definers")).warnings
    assert not any("does not exist" in words for words in warnings)
    assert {found.name for found in carried(ground, definer, other)} == {f"{definer}@%"}


def test_what_the_server_refuses_is_named_without_what_stands_for_a_password(ground) -> None:
    user, weak = ground.account("PROCESS ON *.*"), ground.account("SELECT ON *.*")
    made = carried(ground, user)
    ground.execute(f"DROP USER '{user}'@'%'")
    with pytest.raises(Permanent, match=rf"not all accounts; refused \(2\): account {user}@% \(\d+.*CREATE USER") as refused:
        arrive(ground.target("mysql", weak), made)
    assert "IDENTIFIED" not in refused.value.reason
    broken = [Definition(Thing.ACCOUNT, f"{user}@%", "CREATE USER IF NOT EXISTS 'x'@'%' IDENTIFIED WITH AS 0xSECRET")]
    with pytest.raises(Permanent, match=rf"account {user}@% \(1064\)") as refused:
        arrive(ground.server, broken)
    assert "SECRET" not in refused.value.reason
