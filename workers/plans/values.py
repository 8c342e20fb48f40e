"""The types that settings are written in: names, sizes, durations, folders, time zones, age recipients. Floor: words.

Each says in its fault what would be right; `Says` is what the reference page prints about it.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import pyrage
from pydantic import AfterValidator, BeforeValidator

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,3})?) ?([KMGT]i)?B")
_DURATION = re.compile(r"(?:\d{1,9}[wdhms]){1,5}")
_LONGEST = timedelta(days=36525)  # a hundred years: any date minus this is still a date
_UNITS = {"": 1, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}
_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True)
class Says:
    """How the reference page names a type."""

    type: str


SCRATCH = Path("/var/lib/canvasback")  # where scratch servers live, unless the settings name another folder


def did_you_mean(word: str, known: tuple[str, ...]) -> str:
    """`; did you mean "nas"?`, or nothing where no known word is near."""
    near = get_close_matches(word, known, n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def unknown(what: str, word: str, known: tuple[str, ...], label: str = "known") -> str:
    """The sentence about a word that names nothing: what was meant, perhaps, and everything that there is."""
    return f'no {what} "{word}"{did_you_mean(word, known)} ({label}: {", ".join(known) or "none"})'


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError('not a name: use a-z, 0-9, "_" and "-", begin with a letter or digit, 63 characters at most')
    return value


def _size(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError('not a size: write a number and B, KiB, MiB, GiB or TiB in quotes, for example "96MiB"')
    return int(float(found[1]) * _UNITS[found[2] or ""])


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise ValueError('not a duration: write numbers with w, d, h, m or s in quotes, for example "1h", "30d" or "1h30m"')
    seconds = sum(int(count) * _SECONDS[unit] for count, unit in re.findall(r"(\d+)([wdhms])", value))
    if not 0 < seconds <= _LONGEST.total_seconds():
        raise ValueError("should be longer than nothing and at most a hundred years")
    return timedelta(seconds=seconds)


def _zone(value: Any) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    if not isinstance(value, str) or value not in available_timezones():
        near = did_you_mean(value, tuple(sorted(available_timezones()))) if isinstance(value, str) else ""
        raise ValueError(f"not a time zone{near or '; write a name such as Asia/Seoul or UTC'}")
    return ZoneInfo(value)


def _absolute(value: Path) -> Path:
    if not value.is_absolute() or "\0" in str(value):
        raise ValueError("not an absolute path: begin with /, workers do not start in a known folder")
    return value


def _recipient(value: str) -> str:
    if value.startswith("AGE-SECRET-KEY-"):
        raise ValueError("an age identity, which is a secret: give its recipient (age-keygen -y), and renew the identity")
    try:
        pyrage.x25519.Recipient.from_str(value)
    except pyrage.RecipientError as error:
        raise ValueError("not an age recipient: it begins with age1 and has 62 characters (age-keygen prints it)") from error
    return value


Name = Annotated[str, AfterValidator(_name), Says("name")]
Size = Annotated[int, BeforeValidator(_size), Says("size")]
Duration = Annotated[timedelta, BeforeValidator(_duration), Says("duration")]
TimeZone = Annotated[ZoneInfo, BeforeValidator(_zone), Says("time zone")]
Folder = Annotated[Path, AfterValidator(_absolute), Says("absolute path")]
Recipient = Annotated[str, AfterValidator(_recipient), Says("age recipient")]


def size_text(bytes: int) -> str:
    """A size as the settings write it: `96MiB`."""
    unit = max((unit for unit in _UNITS if bytes % _UNITS[unit] == 0), key=_UNITS.__getitem__) if bytes else ""
    return f"{bytes // _UNITS[unit]}{unit}B"


def duration_text(span: timedelta) -> str:
    """A duration as the settings write it: `1h30m`."""
    rest, parts = int(span.total_seconds()), []
    for unit in "dhms":
        count, rest = divmod(rest, _SECONDS[unit])
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts)
