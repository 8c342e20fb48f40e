"""The rights that the guide gives to a user are enough, and no more than that is promised."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.sources.redis.hands import bring, digest, source, take
from workers.errors import Permanent
from workers.sources.redis.session import Server

PAGE = Path("docs/guides/redis.md").read_text()


def user(server, *more: str, **changes) -> Server:
    """The guide's user with the least rights, and what it says to add."""
    [line] = [line for line in PAGE.splitlines() if line.startswith("ACL SETUSER") and "+sync" in line]
    server.client().execute_command(*line.split(), *more)
    return Server(server.options(user="canvasback", **changes), SecretStr("a-long-password"))


def added(what: str) -> list[str]:
    """The rights in the sentence that begins with a word."""
    [sentence] = re.findall(rf"{what}[^.]*? asks for `([^`]+)`|{what} for `([^`]+)`", PAGE)
    return "".join(sentence).split()


def test_reading_as_a_replica(full, tmp_path):
    facts = take(user(full), tmp_path).facts
    assert sum(count.rows for count in facts.counts) == sum(full.database(number).dbsize() for number in (0, 3))


def test_the_doctor_sees_everything(full):
    wrong = [finding for finding in source(user(full)).check() if not finding.ok and finding.what != "vm.overcommit_memory"]
    assert wrong == []


def test_saving(full, tmp_path):
    assert take(user(full, *added("`bgsave`"), method="bgsave"), tmp_path).facts.counts


def test_append_only_files(redis7, tmp_path):
    server = redis7(appendonly="yes").fill()
    assert take(user(server, *added("`aof`"), method="aof"), tmp_path).facts.counts


def test_a_restore_into_a_live_server(full, tmp_path):
    server, before = user(full, *added("A restore into a live server")), digest(full.client())
    taken = take(server, tmp_path)
    full.client().flushall()
    bring(server, taken, taken.order("redis", confirm="sessions"))
    assert digest(full.client()) == before


def test_without_a_right_the_guide_is_named(full, tmp_path):
    with pytest.raises(Permanent, match=r"no permissions.*ACL SETUSER"):
        take(user(full, "-sync", "-psync"), tmp_path)
