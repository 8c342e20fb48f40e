"""Takes a message from its queue and notes who has it in one step, so that a kill in between loses nothing.

kombu 5.7.0 pops (BRPOP) and notes (ZADD, HSET) in two steps: what dies within the millisecond between them (the worker, or Redis)
loses the message, and its run would hang. Here the worker waits with BLMOVE from the right end of the queue to the same end,
which changes nothing, and then one script moves the message from the queue to the delivered ones. A reply that is lost
loses nothing either: the message is noted, and comes back with `workers.broker.visibility`.
`tests/broker/test_taking.py` and the bursts of kills in `tests/system/test_lost.py` say when this can go.
"""

import time
from queue import Empty
from typing import Any

from celery.utils.log import get_logger
from kombu.transport import redis, virtual
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import loads

logger = get_logger(__name__)

ELSEWHERE = 0.1  # seconds for which one of several queues is waited for

# KEYS: delivered messages, their index, queues…   ARGV: time, length of the keys' prefix.
# Returns queue, message and its tag, or nil where another was quicker. What is noted beside the message is the queue that it was
# in, and not where it says that it goes to: put back, it is there again, whoever wrote it.
# What is no message of kombu's has no tag: it cannot be noted, and the reader drops it loudly.
_TAKE = """
for i = 3, #KEYS do
  local item = redis.call('RPOP', KEYS[i])
  if item then
    local read, tag, noted = pcall(function()
      local about = cjson.decode(item).properties
      assert(about.delivery_info)
      return about.delivery_tag, '[' .. item .. ',"",' .. cjson.encode(string.sub(KEYS[i], ARGV[2] + 1)) .. ']'
    end)
    if read then
      redis.call('ZADD', KEYS[2], ARGV[1], tag)
      redis.call('HSET', KEYS[1], tag, noted)
    end
    return {KEYS[i], item, read and tag or ''}
  end
end
return false
"""


class QoS(redis.QoS):
    """Notes a delivery in memory only where the script has noted it in Redis already."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Remember a delivered message until it is acknowledged."""
        if self.channel.taken == delivery_tag:
            virtual.QoS.append(self, message, delivery_tag)
        else:
            super().append(message, delivery_tag)  # type: ignore[no-untyped-call]


class TakingChannel(redis.Channel):
    """A channel that takes in one step. It waits on one queue; where a worker reads several, it looks at the others ten times a second."""

    QoS = QoS
    taken: str | None = None
    _waits_for: tuple[str, ...] = ()

    def _brpop_start(self, timeout: float | None = None) -> None:
        queues = self._queue_cycle.consume(len(self.active_queues))
        if not queues:
            return
        names = [self._q_for_pri(queue, step) for step in self.priority_steps for queue in queues]  # type: ignore[no-untyped-call]
        self._waits_for = tuple(f"{self.global_keyprefix}{name}" for name in names)
        self._in_poll = self.client.connection
        self._brpop_sent_at = time.monotonic()  # type: ignore[assignment]  # None there until it is first set
        first, patience = self._waits_for[0], self.brpop_timeout if timeout is None else timeout
        if len(self._waits_for) > 1:
            patience = min(patience or ELSEWHERE, ELSEWHERE)
        self.client.connection.send_command("BLMOVE", first, first, "RIGHT", "RIGHT", patience or 0)

    def _brpop_read(self, **options: Any) -> bool:
        try:
            found = self._take(**options)
            if found is None:
                raise Empty
            queue, item, self.taken = found
            self._queue_cycle.rotate(queue)
            if self.taken:
                self._hand_over(queue, item)
            else:
                logger.error("dropped from %s what is no message: %.200s", queue, item)
            return True
        finally:
            self.taken = None
            self._in_poll = None  # type: ignore[assignment]  # a connection, False or None there
            self._flush_brpop_reauth()  # type: ignore[no-untyped-call]

    def _hand_over(self, queue: str, item: str) -> None:
        self.connection._deliver(loads(item), queue)
        if self.taken not in self.qos._delivered:  # its reader acknowledges nothing
            self.qos._remove_from_indices(self.taken).execute()

    def _take(self, **options: Any) -> tuple[str, str, str] | None:
        """Queue, text and tag of the next message, noted as delivered; None where there is none, or the channel is being closed."""
        connection = self.client.connection
        try:
            there = self.client.parse_response(connection, "BLMOVE", **options)
            if self._closing or (there is None and len(self._waits_for) == 1):
                return None
            prefixed = [f"{self.global_keyprefix}{key}" for key in (self.unacked_key, self.unacked_index_key)]
            keys = (*prefixed, *self._waits_for)
            connection.send_command("EVAL", _TAKE, len(keys), *keys, time.time(), len(self.global_keyprefix))
            found = self.client.parse_response(connection, "EVAL", **options)
        except self.connection_errors:
            connection.disconnect()  # the next look connects again
            raise
        if not found:
            return None
        key, item, tag = (bytes_to_str(part) for part in found)
        return key.removeprefix(self.global_keyprefix).rsplit(self.sep, 1)[0], item, tag
