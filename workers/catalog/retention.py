"""Which backups a plan's rule keeps, from their manifests alone. It removes nothing. Floor: tools.

`within` counts back from the newest backup and not from a clock: a clock that runs ahead, or weeks without a backup, take nothing away.
For backups that need no other one.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, tzinfo
from itertools import islice
from typing import TypeAlias

from workers.catalog.manifest import Manifest
from workers.plans import Retention

_Period: TypeAlias = tuple[int, ...]


def moment(backup: Manifest) -> datetime:
    """When it was made: as its own host said, and never before control began it, so that a host whose clock lags makes no old backup."""
    return max(backup.facts.snapshot, backup.started)


def kept(backups: Iterable[Manifest], rule: Retention, zone: tzinfo) -> frozenset[str]:
    """The ids of those that any line of the rule keeps; the newest is always among them. Days begin at midnight in `zone`."""
    found = sorted(backups, key=lambda backup: (moment(backup), backup.id), reverse=True)
    young = [backup for backup in found if rule.within and moment(backup) >= moment(found[0]) - rule.within]
    lines = ((rule.daily, _day), (rule.weekly, _week), (rule.monthly, _month), (rule.yearly, _year))
    firsts = (backup for most, period in lines for backup in islice(_newest_of_each(found, period, zone), most))
    return frozenset(backup.id for backup in (*found[:1], *young, *firsts))


def _newest_of_each(found: Sequence[Manifest], period: Callable[[datetime], _Period], zone: tzinfo) -> Iterable[Manifest]:
    """The newest backup of each day, week, month or year that has one, the newest first."""
    firsts: dict[_Period, Manifest] = {}
    for backup in found:
        firsts.setdefault(period(moment(backup).astimezone(zone)), backup)
    return firsts.values()


def _day(when: datetime) -> _Period:
    return when.year, when.month, when.day


def _week(when: datetime) -> _Period:
    return when.isocalendar()[:2]


def _month(when: datetime) -> _Period:
    return when.year, when.month


def _year(when: datetime) -> _Period:
    return (when.year,)
