"""A table is read on a scratch server: where that refuses it or ends over it, the table is named. Floor: tools."""

from collections.abc import Iterator
from contextlib import contextmanager

import pymysql

from workers.errors import Corrupt
from workers.sources.mysql.scratch.server import Scratch, last_words


@contextmanager
def reading(running: Scratch, table: str) -> Iterator[None]:
    """Corrupt, with the server's last words, where the block cannot go on: MySQL ends as soon as it meets a page that is damaged."""
    try:
        yield
    except pymysql.MySQLError as error:
        raise Corrupt(
            f"table {table} of the copy cannot be read: {error.args[-1]}; the server said: {last_words(running.log, 2)}"
        ) from error
