"""A task that adds parts to its own chord while it runs: how segments travel while the dump still streams.

`Task.add_to_chord` is the native primitive (Redis backend only). Stock Celery 5.7.0 needs four repairs:
  1. the barrier's counter is raised by a script guarded with SADD, so that it may be retried over an outage
     (stock: one unretried INCR; retried, it could count twice and the chord would hang);
  2. every part has its own `group_index`, so that the body gets the results in order;
  3. back-pressure belongs to the producer (here: by the bytes of the spool, see `workers.spool.room`);
  4. fail-fast: the producer looks at the ledger and stops when a part has failed.
The chord stays flat: in 5.7 a failed inner header leaves the outer body PENDING for ever.
`tests/broker/test_chord.py` says when a repair can go.
"""

import json
from collections.abc import Callable
from typing import Any

from celery import Task
from celery.canvas import Signature

from workers.errors import Permanent
from workers.step import Step

# Some 15 minutes: longer than a broker's restart, shorter than anybody's patience.
OUTAGE = {"max_retries": 200, "interval_start": 0, "interval_step": 0.5, "interval_max": 5}

DAY = 86400

# KEYS: counter, members.   ARGV: task id, seconds to live.
_ADD = """
if redis.call('SADD', KEYS[2], ARGV[1]) == 1 then
  redis.call('EXPIRE', KEYS[2], ARGV[2])
  return redis.call('INCR', KEYS[1])
end
return 0
"""
_TAKE_BACK = """
if redis.call('SREM', KEYS[2], ARGV[1]) == 1 then return redis.call('DECR', KEYS[1]) end
return 0
"""


class Producer(Step):
    """Base of a task that adds parts to the chord it is the header of."""

    abstract = True
    trail = False  # else the children's tree grows in the result: 2 MB at 10,000 segments (measured)
    patience = max_retries = 0
    Request = "workers.broker.request:Request"

    def _in_turn(self, where: dict[str, Any], work: Callable[[], Any]) -> Any:
        """What it gave before, where it was killed between giving it and telling its chord: it is never started twice."""
        ledger, note = self.app.tools.ledger, f"gave:{self.name}"
        before = ledger.entry(where["run"]).note(note)
        if before is not None:
            return json.loads(before)
        value = super()._in_turn(where, work)
        ledger.note(where["run"], note, json.dumps(value))
        return value

    def add_part(self, part: Signature, index: int) -> None:
        """Publish `part` (a chain) as one more member of this task's chord; its result stands at `index`."""
        request = self.request
        if not request.chord:
            raise Permanent(f"{self.name} runs outside of a chord: it has to be the only task of a chord's header")
        part.set(group_id=request.group, group_index=index, chord=request.chord, root_id=request.root_id)
        name = part.freeze().id
        count(self, _ADD, name)
        try:
            part.apply_async(retry=True, retry_policy=OUTAGE)
        except BaseException:
            # Else the barrier would wait for ever for a part that nobody has. Should it be on its way all the same, then
            # the chord ends early, and as failed: this task is a part of it, too.
            count(self, _TAKE_BACK, name)
            raise


def count(task: Task, script: str, part: str) -> None:
    """Raise or lower the size of the task's chord by one for `part`; once, however often it is called."""
    backend, group = task.backend, task.request.group
    keys = [backend.get_key_for_group(group, ".t"), backend.get_key_for_group(group, ".parts")]
    backend.ensure(lambda: backend.client.eval(script, 2, *keys, part, int(backend.expires or DAY)), (), **OUTAGE)
