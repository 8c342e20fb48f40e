"""A table is read on a scratch server: where that refuses it or ends over it, the table is named. Floor: tools."""

from collections.abc import Iterator
from contextlib import contextmanager

import pymysql

from workers.errors import Corrupt
from workers.sources.mysql.scratch import ending
from workers.sources.mysql.scratch.server import Scratch


@contextmanager
def reading(running: Scratch, table: str) -> Iterator[None]:
    """Corrupt, with the server's last words, where the block cannot go on: MySQL ends as soon as it meets a page that is damaged.

    Where the host ended or stopped the server, that is told instead, as `ending` does: nothing speaks against the table then.
    """
    try:
        yield
    except pymysql.MySQLError as error:
        status = ending.status(running.process, silent=not running.answers())
        said = f"{error.args[-1]}; the server said: {ending.last_words(running.log, 2)}"
        if host := ending.of_host(status, said, running.home):
            raise type(host)(f"table {table} of the copy was not read, and may be sound: {host.reason}; {said}") from error
        raise Corrupt(f"table {table} of the copy cannot be read: {said}") from error
