"""A beat scheduler with its leader lock and its memory in Redis: run two beats, one emits.

Stock beat has no single-instance guarantee (two on one schedule emitted everything twice), keeps its memory in a local file
(lost: nothing is caught up; stale after kill -9: an extra firing), and skips a slot in silence when the broker is away.
Here the last run of every entry lies in Redis, a lock with a short life names the leader, and an entry whose publish failed stays due.
"""

import os
import secrets
import socket
import time
from datetime import UTC, datetime
from typing import Any

from celery.beat import Scheduler
from celery.utils.log import get_logger
from redis import Redis, RedisError

logger = get_logger(__name__)

PREFIX = "canvasback:beat:"
LEAD = 15_000  # milliseconds the lead lasts without being renewed: how long a takeover may take
IDLE = 2.0  # seconds between two looks of a beat that does not lead, or whose publish failed

_RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
_DROP = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class RedisScheduler(Scheduler):  # type: ignore[misc]  # Celery ships no types
    """Emits what is due while it leads; otherwise waits to take over."""

    # Stock beat connects after it has moved the entry on, and waits in there for ever: the slot is lost, and the lead, too.
    producer = None  # a publish takes its connection from the pool, and fails where `apply_entry` can see it

    def __init__(self, app: Any, *args: Any, **kwargs: Any) -> None:
        """The lead is taken at the first tick."""
        self.me = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self.redis: Any = Redis.from_url(app.conf.broker_url, decode_responses=True, socket_timeout=5)
        self.leads = False
        kwargs.pop("schedule_filename", None)
        super().__init__(app, *args, **kwargs)
        self.max_interval = 5  # seconds between two ticks at most; renews the lead, so it has to be well below LEAD

    def setup_schedule(self) -> None:
        """Take the timetable; the last runs are read when the lead is taken."""
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Emit what is due; seconds until the next look."""
        try:
            if not self._lead():
                return IDLE
        except RedisError as error:
            logger.warning("Redis is away, nobody leads: %r", error)
            self.leads = False
            return IDLE
        wait: float = super().tick(*args, **kwargs)
        return wait

    def _lead(self) -> bool:
        key = f"{PREFIX}leader"
        if self.leads and self.redis.eval(_RENEW, 1, key, self.me, LEAD):
            return True
        before, self.leads = self.leads, bool(self.redis.set(key, self.me, nx=True, px=LEAD))
        if self.leads:
            logger.info("%s leads", self.me)
            self._remember()
        elif before:
            logger.warning("%s lost the lead", self.me)
        return self.leads

    def _remember(self) -> None:
        """Continue where the leader before stopped."""
        for name, moment in self.redis.hgetall(f"{PREFIX}last").items():
            if name in self.schedule:
                self.schedule[name].last_run_at = datetime.fromtimestamp(float(moment), UTC)
        self._heap = None

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send one entry and remember it; an entry that could not be sent stays due."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
            self.redis.hset(f"{PREFIX}last", entry.name, self.schedule[entry.name].last_run_at.timestamp())
            logger.info("sent %s", entry.name)
        except Exception as error:  # noqa: BLE001  # whatever kept it from being sent, the slot must not be lost
            logger.error("%s not sent, it stays due: %r", entry.name, error)
            self.schedule[entry.name] = entry
            self._heap = None
            time.sleep(IDLE)

    def close(self) -> None:
        """Give the lead back, so that the other beat need not wait for its end."""
        try:
            self.redis.eval(_DROP, 1, f"{PREFIX}leader", self.me)
        except RedisError as error:
            logger.warning("the lead ends by itself: %r", error)
        super().close()

    @property
    def info(self) -> str:
        """What beat's banner says of its scheduler."""
        return f"    . leader lock -> {PREFIX}leader as {self.me}"
