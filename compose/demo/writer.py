"""A client that goes on writing while the backup runs, as a platform's users do."""

import threading
import time
from contextlib import suppress

from pymysql import MySQLError
from pymysql.connections import Connection

BATCH = 20  # rows in one transaction; ten transactions a second make the 200 rows


class Writer(threading.Thread):
    """Adds comments and notifications, `rate` rows a second, until it is told to stop, or until the database takes no more."""

    def __init__(self, connection: Connection, rate: int = 200) -> None:
        """The connection belongs to this thread from now on."""
        super().__init__(daemon=True)
        self.written = 0
        self._connection, self._pause, self._stop_now = connection, BATCH / rate, threading.Event()

    def run(self) -> None:
        """Write until told to stop, or refused. Only what was acknowledged is counted."""
        with suppress(MySQLError):
            self._write()

    def _write(self) -> None:
        while not self._stop_now.wait(self._pause):
            with self._connection.cursor() as cursor:
                cursor.execute("BEGIN")
                for number in range(BATCH // 2):
                    cursor.execute(
                        "INSERT INTO community.comments (post, author, body, created) VALUES (1 + %s %% 10, 1 + %s %% 10, %s, NOW())",
                        (number, number, f"쓰는 중 {time.time()}"),
                    )
                    cursor.execute(
                        "INSERT INTO community.notifications (user, kind, payload, at) VALUES (1 + %s %% 10, 'system', '', NOW(3))",
                        (number,),
                    )
                cursor.execute("COMMIT")
            self.written += BATCH

    def stop(self) -> int:
        """End after the running transaction; returns the rows that were written."""
        self._stop_now.set()
        self.join(10)
        self._connection.close()
        return self.written
