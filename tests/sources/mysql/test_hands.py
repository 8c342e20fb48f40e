"""Several connections at once: answers in order, and one end for all."""

import signal
import threading
import time

import pytest

from workers.errors import Permanent
from workers.sources.mysql.hands import MOST, Work, each, meanwhile
from workers.sources.mysql.session import rows, value


class _Rung(BaseException):
    """What interrupts the main thread."""


def _ask(session, sql: str) -> object:
    return value(session, sql)


def _sleeping(ground, into: str) -> int:
    counted = f"SELECT COUNT(*) FROM information_schema.processlist WHERE db = '{into}' AND info LIKE '%SLEEP(%'"
    return ground.execute(counted)[0][0]


def test_answers_come_in_the_order_of_the_questions(ground) -> None:
    work = Work(ground.server, ground.database(), "asking")
    assert each(work, _ask, [f"SELECT {n} + SLEEP({n % 3 / 20})" for n in range(9)]) == list(range(9))


def test_nothing_is_asked_where_there_is_nothing_to_ask(ground) -> None:
    assert each(Work(ground.server, "nowhere", "asking"), _ask, []) == []


def test_several_are_asked_at_once(ground) -> None:
    into, started = ground.database(), time.monotonic()
    each(Work(ground.server, into, "asking"), _ask, ["SELECT SLEEP(0.5)"] * MOST)
    assert time.monotonic() - started < 0.5 * MOST


def test_one_failure_ends_the_others_at_once_and_is_told_in_the_servers_words(ground) -> None:
    into, started = ground.database(), time.monotonic()
    with pytest.raises(Permanent, match=f"asking {into} on .*nowhere"):
        each(Work(ground.server, into, "asking"), _ask, ["SELECT SLEEP(30)", "SELECT i FROM nowhere", "SELECT SLEEP(30)"])
    assert time.monotonic() - started < 10
    assert _sleeping(ground, into) == 0


def test_what_goes_on_beside_a_block_is_whole_at_its_end(ground) -> None:
    started = time.monotonic()
    with meanwhile(Work(ground.server, ground.database(), "asking"), _ask, ["SELECT SLEEP(0.5)"]) as found:
        assert found == {}
        time.sleep(0.4)
    assert found == {0: 0}
    assert time.monotonic() - started < 0.9


def test_a_block_that_fails_ends_what_goes_on_beside_it(ground) -> None:
    into, started = ground.database(), time.monotonic()

    def fail() -> None:
        with meanwhile(Work(ground.server, into, "asking"), _ask, ["SELECT SLEEP(30)"]):
            time.sleep(0.2)
            raise Permanent("the block")

    with pytest.raises(Permanent, match="the block"):
        fail()
    assert time.monotonic() - started < 10
    assert _sleeping(ground, into) == 0


def test_an_interrupted_caller_ends_them_all(ground) -> None:
    into, started = ground.database(), time.monotonic()

    def ring(*_: object) -> None:
        raise _Rung

    before = signal.signal(signal.SIGUSR2, ring)
    threading.Timer(0.5, signal.pthread_kill, (threading.main_thread().ident, signal.SIGUSR2)).start()
    try:
        with pytest.raises(_Rung):
            each(Work(ground.server, into, "asking"), lambda session, sql: rows(session, sql), ["SELECT SLEEP(30)"] * 3)
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert time.monotonic() - started < 10
    assert _sleeping(ground, into) == 0
