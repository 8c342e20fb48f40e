"""The clock: one table, name → crontab → task → queue. Times are in the settings' time zone.

Loaded by name (`workers.broker.config`), imported by nobody; readers use `app.conf.beat_schedule`.
"""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

from workers.settings import Settings
from workers.topology import CONTROL, segments_queue


def timetable(settings: Settings) -> dict[str, dict[str, Any]]:
    """Every entry of the day for these settings."""
    midnight, half_past_three = crontab(hour="0", minute="0"), crontab(hour="3", minute="30")
    return {
        # tasks.housekeeping: runs that nobody works on any more are ended within some three minutes
        "reap": {"task": "housekeeping.reap", "schedule": timedelta(minutes=1), "options": {"queue": CONTROL, "expires": 60}},
        # tasks.steps: what lost processes left on a host; each does it when it starts, too
        **{
            f"tidy-{host}": {"task": "host.tidy", "schedule": half_past_three, "options": {"queue": segments_queue(host)}}
            for host, row in settings.hosts.items()
            if row.role != CONTROL
        },
        # tasks.starts: the nightly full of every target
        **{
            f"full-{target}": {"task": "start.backup", "schedule": midnight, "args": (target, "full"), "options": {"queue": CONTROL}}
            for target in settings.targets
        },
    }
