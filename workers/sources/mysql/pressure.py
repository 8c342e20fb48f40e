"""How busy the server is, against what a plan allows: nothing new is begun while it is busier. Floor: tools.

A dump's own connections count, as everybody's do: a ceiling MUST leave room for its streams.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from workers.errors import Permanent
from workers.gentle import Ceiling, Gentle
from workers.sources.mysql.faults import Moment, told
from workers.sources.mysql.session import Server, Session, rows

_LOOK = 1.0  # seconds that an answer is good for


class Pressure:
    """One counter of the server, asked for over a connection of its own; threads may share it."""

    def __init__(self, server: Server, session: Session, ceiling: Ceiling) -> None:
        self._server, self._session, self._ceiling = server, session, ceiling
        self._lock, self._until, self._now = threading.Lock(), 0.0, 0

    def now(self) -> int:
        """The counter. Permanent, naming it, where the server has none of this name, or it is no number."""
        with self._lock:
            if time.monotonic() >= self._until:
                with told(Moment(self._server.options, "asking how busy the server is", running=True)):
                    self._now, self._until = read(self._session, self._ceiling.counter), time.monotonic() + _LOOK
            return self._now

    def high(self) -> bool:
        """Whether the server is busier than the plan allows."""
        return self.now() > self._ceiling.most

    def wait(self, gentle: Gentle) -> None:
        """Return once it is not; Permanent where it is all the time."""
        ceiling, deadline = self._ceiling, time.monotonic() + self._ceiling.wait
        while self.high():
            words = f"{ceiling.counter} of the server is {self.now()}, and the plan allows {ceiling.most}"
            if time.monotonic() > deadline:
                raise Permanent(f"{words} (throttle.load); it was waited for {ceiling.wait:.0f} s, and nothing was read")
            gentle.tell(words)
            time.sleep(_LOOK)
        gentle.tell("")


def read(session: Session, counter: str) -> int:
    """A counter of SHOW GLOBAL STATUS, which asks for no privilege."""
    found = rows(session, "SHOW GLOBAL STATUS WHERE variable_name = %s", (counter,))
    if not found or not str(found[0][1]).isdigit():
        what = f"is {found[0][1]!r}" if found else "is not there"
        raise Permanent(f"{counter} {what} in SHOW GLOBAL STATUS: name a number of it in throttle.load.counter, such as Threads_running")
    return int(found[0][1])


@contextmanager
def pressure(server: Server, ceiling: Ceiling | None) -> Iterator[Pressure | None]:
    """What to ask how busy the server is; None where nobody wants to know."""
    if ceiling is None:
        yield None
        return
    with closing(server.connect()) as session:
        yield Pressure(server, session, ceiling)
