"""The clock: one table, name → crontab → task → queue. Times are in the settings' time zone.

Loaded by name (`workers.broker.config`), imported by nobody; readers use `app.conf.beat_schedule`.
"""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

from workers.settings import Settings
from workers.sources import INDEXED, TRIED, log_server
from workers.topology import CONTROL, segments_queue


def timetable(settings: Settings) -> dict[str, dict[str, Any]]:
    """Every entry of the day for these settings."""
    midnight, half_past_three = crontab(hour="0", minute="0"), crontab(hour="3", minute="30")
    noon, quarters = crontab(hour="12", minute="0"), crontab(hour="6,12,18", minute="0")
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
        # tasks.starts: the logs of every server, once for all targets on it; a tick that was missed is made up by the next one
        **{
            f"logs-{target}": {
                "task": "start.backup",
                "schedule": every,
                "args": (target, "log"),
                "options": {"queue": CONTROL, "expires": every.total_seconds()},
            }
            for target, every in shipped(settings).items()
        },
        # tasks.starts: what names the logs that were shipped by then and copies nothing, or holds what changed since another backup
        **{
            f"{kind}-{target}": {"task": "start.backup", "schedule": when, "args": (target, kind), "options": {"queue": CONTROL}}
            for target in (*logged(settings), *indexed(settings))
            for kind, when in (("incremental", quarters), ("differential", noon))
        },
        # tasks.starts: the newest backup of each target is tried; those of one host in turn, and none any more when work begins
        **{
            f"verify-{target}": {
                "task": "start.verify",
                "schedule": crontab(hour="2", minute="0"),
                "args": (target,),
                "options": {"queue": CONTROL, "expires": timedelta(hours=6).total_seconds()},
            }
            for target, row in settings.targets.items()
            if row.source in TRIED
        },
    }


def logged(settings: Settings) -> tuple[str, ...]:
    """The targets whose plan ships the logs of their server."""
    return tuple(name for name, row in settings.targets.items() if settings.plans[row.plan].logs and log_server(row.source, row.options))


def indexed(settings: Settings) -> tuple[str, ...]:
    """The targets whose backups can hold what changed since another one."""
    return tuple(name for name, row in settings.targets.items() if row.source in INDEXED)


def shipped(settings: Settings) -> dict[str, timedelta]:
    """For each server, the target in whose name its logs are shipped (that of the shortest interval, the first of them), and how often."""
    found: dict[tuple[str, str | None], tuple[timedelta, str]] = {}
    for name in logged(settings):
        row = settings.targets[name]
        server, every = (row.host, log_server(row.source, row.options)), settings.plans[row.plan].logs
        if every and (server not in found or every < found[server][0]):
            found[server] = every, name
    return {name: every for every, name in found.values()}
