"""The broker's own Redis is known by what is in it."""

from tests.sources.redis.hands import take
from workers.sources.redis import broker


def test_a_redis_with_the_ledger_in_any_database_is_the_broker(full):
    assert not broker.is_broker(full.client())
    full.database(9).zadd(broker.LEDGER, {"run": 1})
    assert broker.is_broker(full.client())


def test_an_empty_redis_is_no_broker(redis7):
    assert not broker.is_broker(redis7().client())


def test_a_backup_of_the_broker_says_so(full, tmp_path):
    assert take(full.server(), tmp_path).facts.warnings == ()
    full.client().zadd(broker.LEDGER, {"run": 1})
    [said] = take(full.server(), tmp_path).facts.warnings
    assert "own broker" in said


def test_a_user_who_may_not_look_is_not_stopped(full):
    full.client().execute_command("ACL", "SETUSER", "narrow", "on", ">word", "~*", "+info", "+select")
    client = full.client()
    client.execute_command("AUTH", "narrow", "word")
    assert broker.warning(client) == ()
