"""Numbers and times as people read them: one decimal, binary units, two units of time at most. Pure functions."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from workers.artifact import Until

UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")


def size(count: float) -> str:
    """Bytes: `1.6 GiB`, below one KiB `812 B`."""
    if count < 1024:
        return f"{count:.0f} B"
    amount = count / 1024
    for unit in UNITS[:-1]:
        if round(amount, 1) < 1024:  # 1023.97 MiB is 1.0 GiB, not 1024.0 MiB
            return f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} {UNITS[-1]}"


def duration(span: timedelta) -> str:
    """A span: `4.9 s`, `14 s`, `3 min 41 s`, `1 h 30 min`, `27 h`, `5 d 3 h`. Never negative, cut and not rounded above ten seconds."""
    seconds = max(span.total_seconds(), 0.0)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{int(max(seconds, 10))} s"
    if seconds < 3600:
        return _two(int(seconds), (60, "min"), (1, "s"))
    if seconds < 72 * 3600:
        return _two(int(seconds), (3600, "h"), (60, "min"))
    return _two(int(seconds), (86400, "d"), (3600, "h"))


def _two(seconds: int, large: tuple[int, str], small: tuple[int, str]) -> str:
    """Both units; the small one is left out where it is 0, or says nothing any more beside ten hours or days."""
    many, rest = divmod(seconds, large[0])
    few = rest // small[0]
    dull = few == 0 or (many >= 10 and large[1] != "min")
    return f"{many} {large[1]}" if dull else f"{many} {large[1]} {few} {small[1]}"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """A time of day in a zone: `00:03:41 KST`, or `00:03:41 +07:00` where the zone has no letters of its own."""
    there = moment.astimezone(zone)
    letters = there.tzname() or ""
    return f"{there:%H:%M:%S} {letters if letters.isalpha() else offset(there)}"


def stamp(moment: datetime, zone: ZoneInfo) -> str:
    """A date and time in a zone: `2026-11-22 14:30:00 +09:00`."""
    there = moment.astimezone(zone)
    return f"{there:%Y-%m-%d %H:%M:%S} {offset(there)}"


def until(moment: Until, zone: ZoneInfo) -> str:
    """A moment to which something is restored: `2026-11-22 14:30:00 +09:00`, a GTID, or a place in the logs."""
    if moment.time is not None:
        return stamp(moment.time, zone)
    if moment.position is not None:
        return f"{moment.position.file} at {moment.position.offset}"
    return f"{moment.gtid} and with it" if moment.gtid else f"just before {moment.before}"


def offset(moment: datetime) -> str:
    """The offset of an aware time from UTC: `+09:00`."""
    return moment.isoformat()[-6:]


def count(number: int, noun: str) -> str:
    """A number of things: `1 table`, `5,112,402 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
