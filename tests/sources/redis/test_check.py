"""redis-check-rdb beside a dump."""

import pytest

from tests.sources.redis.conftest import TOOLS
from tests.sources.redis.hands import take
from workers.errors import Corrupt
from workers.sources.redis.check import checker

PROGRAM = TOOLS / "redis-check-rdb"


def pieces(data: bytes) -> list[bytes]:
    return [data[start : start + 1000] for start in range(0, len(data), 1000)]


def test_it_sees_every_byte_and_agrees(full, tmp_path):
    data = take(full.server(), tmp_path).rdb
    with checker(PROGRAM, "it") as check:
        assert b"".join(check.tee(iter(pieces(data)))) == data
        check.judge()


@pytest.mark.parametrize("end", [200, -9, -1])
def test_an_rdb_that_is_cut_short_is_refused_in_its_words(full, tmp_path, end):
    data = take(full.server(), tmp_path).rdb[:end]
    with checker(PROGRAM, "it") as check:
        list(check.tee(iter(pieces(data))))
        with pytest.raises(Corrupt, match="redis-check-rdb"):
            check.judge()


def test_a_program_that_gives_up_early_does_not_stop_the_stream():
    data = b"no rdb " * 100_000  # more than a pipe holds
    with checker(PROGRAM, "it") as check:
        assert b"".join(check.tee(iter(pieces(data)))) == data
        with pytest.raises(Corrupt):
            check.judge()


def test_it_ends_with_its_block_though_nobody_asked_it():
    with checker(PROGRAM, "it") as check:
        child = check._child
    assert child.poll() is not None


def test_the_dump_says_whether_it_agreed(full, tmp_path):
    assert ("redis-check-rdb", "agreed") in take(full.server(), tmp_path).facts.tools
    assert take(full.server(prove="crc"), tmp_path).facts.tools == ()
