"""Celery's settings, each with its reason. Names and defaults: Celery 5.7 manual, "Configuration and defaults"."""

from datetime import timedelta
from importlib import import_module
from typing import Any

from workers import topology
from workers.settings import Settings

VISIBILITY = 900  # seconds; has to exceed the longest outage of the broker that is to be ridden out


def config(settings: Settings) -> dict[str, Any]:
    """Every Celery setting that differs from the default, for these settings."""
    url = settings.broker_url().get_secret_value()
    return {
        "broker_url": url,
        "result_backend": url,
        # Survives a restart of Redis without running tasks twice.
        "broker_transport": "workers.broker.transport:Transport",
        # One namespace beside whatever else lies in that Redis.
        "broker_transport_options": {
            "global_keyprefix": "canvasback:",
            "visibility_timeout": VISIBILITY,
            # Nothing has a priority: one list for each queue, and no look at three that are always empty.
            "priority_steps": [0],
            # The default looks for lost messages every 100 s only (10 × 10).
            "unacked_restore_interval": 30,
            "unacked_restore_throttle": 1,
            "health_check_interval": 25,
            "socket_keepalive": True,
            "socket_timeout": 60,
        },
        "result_backend_transport_options": {"global_keyprefix": "canvasback:"},
        # Nothing is imported by name here: a worker imports the modules of its role (see workers.signals).
        "imports": (),
        # Pinned queues; a misspelt one is an error and not a queue that nobody reads.
        "task_queues": topology.queues(settings),
        "task_default_queue": topology.CONTROL,
        "task_create_missing_queues": False,
        # A message is done when its task is done; a killed child gives it back, at most max_retries times.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_retry_on_worker_lost": True,
        # Celery would skip a task that was killed between storing its result and telling its chord, which would wait for ever.
        # Here every task may come twice: it finds its own traces (ledger, spool, store).
        "worker_deduplicate_successful_tasks": False,
        "worker_prefetch_multiplier": 1,
        "task_track_started": True,
        # A finished task must not be recorded as failed because Redis was away for a moment (#8588).
        "result_backend_always_retry": True,
        "result_expires": timedelta(days=7),
        # It would store the real arguments a second time.
        "result_extended": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # On Redis it kills running tasks and loses their messages (measured).
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_soft_shutdown_timeout": 30,
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        # One alert per run: the errback of the body only.
        "task_allow_error_cb_on_chord_header": False,
        # The clock keeps the customer's midnight; ids, manifests and ledger are UTC.
        "timezone": str(settings.time_zone),
        "enable_utc": True,
        "beat_schedule": import_module("beat_schedule").timetable(settings),  # by name: nothing imports the clock
        "beat_scheduler": "workers.broker.scheduler:RedisScheduler",
        "worker_send_task_events": True,
        # Gathers them: sending each by itself took half of the time of a worker's main process.
        "worker_consumer": "workers.broker.consumer:Consumer",
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
    }
