"""A time as an operator writes it, made exact: without an offset it is in the settings' zone, where not every time is one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from workers.alerts.words import offset, stamp
from workers.errors import Refused


@dataclass(frozen=True, slots=True)
class Time:
    """A moment, and how it was read: `2026-11-22 14:30:00 +09:00 (no offset given: Asia/Seoul)`."""

    moment: datetime
    words: str


def read(text: str | datetime, zone: ZoneInfo) -> Time:
    """The moment. Refused where it is none, or means two, with what would be right."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else text
    except ValueError as error:
        raise Refused(f'at="{text}" is no time; write "2026-11-22 14:30:00" ({zone}), or add an offset such as +09:00') from error
    if found.tzinfo is not None:
        return Time(found.astimezone(UTC), stamp(found, zone))
    return Time(_in_zone(found, zone).astimezone(UTC), f"{stamp(found.replace(tzinfo=zone), zone)} (no offset given: {zone})")


def _in_zone(naive: datetime, zone: ZoneInfo) -> datetime:
    """The time in the zone. Refused where clocks are set back over it, so that it comes twice, or forward, so that it never comes."""
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    comes = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive
    why = "comes twice, as clocks are set back then" if comes else "never comes, as clocks are set forward over it"
    readings = " or ".join(f'at="{naive}{offset(reading)}"' for reading in (first, second))
    raise Refused(f"{naive} {why} in {zone}; say which is meant: {readings}")
