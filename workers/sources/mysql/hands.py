"""Several connections that do things at once: counting, comparing, building keys. Floor: tools.

They end together: where one fails, or the caller is interrupted, the server is told to stop what the others do. A thread in the
middle of an answer cannot be interrupted, and building a key of a big table takes minutes.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

import pymysql

from workers.errors import Failure
from workers.sources.mysql.place import inside
from workers.sources.mysql.session import Server, Session, rows

T = TypeVar("T")
R = TypeVar("R")

MOST = 4  # connections; the server works, we wait


@dataclass(frozen=True, slots=True)
class Work:
    """Where it is done, and in which words it is told: `doing` stands before the name of the database."""

    server: Server
    into: str
    doing: str


def each(work: Work, do: Callable[[Session, T], R], things: Sequence[T]) -> list[R]:
    """What `do` gives for each thing, in order. They are begun in order, so put the longest first."""
    with meanwhile(work, do, things) as found:
        pass
    return [found[turn] for turn in range(len(things))]


@contextmanager
def meanwhile(work: Work, do: Callable[[Session, T], R], things: Sequence[T]) -> Iterator[dict[int, R]]:
    """Do it while the block runs, and wait for it at the block's end: what is yielded is whole only then."""
    found: dict[int, R] = {}
    turns = count()

    def hand(session: Session) -> None:
        while (turn := next(turns)) < len(things):
            found[turn] = do(session, things[turn])

    with ExitStack() as stack:
        sessions = [stack.enter_context(inside(work.server, work.into, work.doing)) for _ in things[:MOST]]
        pool = stack.enter_context(ThreadPoolExecutor(max(1, len(sessions))))
        hands = [pool.submit(hand, session) for session in sessions]
        try:
            yield found
            for ended in wait(hands, return_when=FIRST_EXCEPTION).done:
                ended.result()
        except BaseException:
            turns = count(len(things))  # nobody begins another
            _stop(work.server, sessions)
            raise


def _stop(server: Server, sessions: Sequence[Session]) -> None:
    with suppress(pymysql.MySQLError, Failure), closing(server.connect()) as session:  # the first reason is told
        for ended in sessions:
            with suppress(pymysql.MySQLError):  # it is gone already
                rows(session, f"KILL {ended.thread_id()}")  # type: ignore[no-untyped-call]  # its stubs forgot it
