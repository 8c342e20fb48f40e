"""An application of the tests: tasks that sleep, under the broker's settings or under Celery's own.

Environment: `SLEEPER_REDIS` (address), `SLEEPER_STOCK` (Celery's own transport, no bootsteps), `SLEEPER_TIMEOUT` (visibility timeout
in seconds), `SLEEPER_SOFT` (seconds of a soft shutdown), `SLEEPER_QUEUE` (what it reads).
"""

import os
import time

from celery import Celery, Task
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from workers.broker.visibility import ReclaimOwnQueues, VisibilityHeartbeat

URL, STOCK = os.environ["SLEEPER_REDIS"], bool(os.environ.get("SLEEPER_STOCK"))
PREFIX = "stock:" if STOCK else "ours:"

app = Celery("sleeper", broker=URL, backend=URL, set_as_current=False)
app.conf.update(
    broker_transport="redis" if STOCK else "workers.broker.transport:Transport",
    broker_transport_options={
        "global_keyprefix": PREFIX,
        "priority_steps": [0],
        "visibility_timeout": float(os.environ.get("SLEEPER_TIMEOUT", "3600")),
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
    },
    result_backend_transport_options={"global_keyprefix": PREFIX},
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=float(os.environ.get("SLEEPER_SOFT", "0")),
    result_backend_always_retry=True,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    task_default_queue=os.environ.get("SLEEPER_QUEUE", "work"),
    worker_send_task_events=True,
)
if not STOCK:
    app.conf.worker_consumer = "workers.broker.consumer:Consumer"
    app.steps["consumer"].update((VisibilityHeartbeat, ReclaimOwnQueues))


@app.task(name="t.sleep", bind=True)
def sleep(self: Task, mark: str, seconds: float) -> str:
    """Say that it began, sleep, say that it ended. What is said twice, over a connection that broke, counts once."""
    me = f"{self.request.id} {time.time()}"
    client = Redis.from_url(URL, retry=Retry(ConstantBackoff(0.2), 200), retry_on_error=[RedisConnectionError, RedisTimeoutError])
    client.sadd(f"{PREFIX}began:{mark}", me)
    time.sleep(seconds)
    client.sadd(f"{PREFIX}ended:{mark}", me)
    return mark
