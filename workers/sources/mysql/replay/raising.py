"""A full backup of either mode as a scratch server, which logs can then be replayed on. Floor: tools."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pymysql

from workers.artifact import Order
from workers.sources.mysql.faults import Moment, number, told
from workers.sources.mysql.physical import known, pieces
from workers.sources.mysql.physical.carrying import Load, load
from workers.sources.mysql.physical.proving import make_ready
from workers.sources.mysql.scratch.copied import DATA, our_own
from workers.sources.mysql.scratch.home import home
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import Scratch, scratch
from workers.sources.mysql.session import Session, rows
from workers.sources.mysql.tools import Flavour

_SYNTAX = 1064


@contextmanager
def raised(wish: Wish, order: Order, what: Load) -> Iterator[Scratch]:
    """A scratch server that holds the target's database as the full backup of an order has it, under its own name.

    Of a physical full it holds all others, too. Pieces of data are removed when they are in. Refused where there is no room or no
    program, Permanent where it does not start; MUST be called from a thread that outlives it.
    """
    if order.facts.mode == known.MODE:
        with _of_files(wish, order, what) as running:
            yield running
        return
    with scratch(wish) as running:
        load(running.server, replace(order, into=order.original, confirm=None, scratch=False), what)
        yield running


@contextmanager
def _of_files(wish: Wish, order: Order, what: Load) -> Iterator[Scratch]:
    with home(wish.parent, wish.room) as place:
        for _, path in what.data:
            pieces.unpack(path, place / DATA)
            path.unlink()
        make_ready(order, place / DATA, wish.tools)
        with on_files(order, place, wish.tools) as running:
            yield running


@contextmanager
def on_files(order: Order, place: Path, tools: Path | None) -> Iterator[Scratch]:
    """A scratch server on the files of a physical full that were made ready in `place`, to be replayed on. As above."""
    with our_own(known.wished(order.facts, place, tools), place) as running:
        _forget(running)
        yield running


def _forget(running: Scratch) -> None:
    """The files say what was executed, and whose replica the server was; a replay says the one anew, and wants nothing of the other."""
    if running.server.flavour is Flavour.MYSQL:
        with told(Moment(running.server.options, "preparing a replay", running=True)), closing(running.server.connect()) as session:
            rows(session, "RESET REPLICA ALL")
            _reset(session)


def _reset(session: Session) -> None:
    """Under its new name, which 8.2 brought, else under the old one, which 8.4 took away."""
    try:
        rows(session, "RESET BINARY LOGS AND GTIDS")
    except pymysql.MySQLError as error:
        if number(error) != _SYNTAX:
            raise
        rows(session, "RESET MASTER")
