"""Names of binary log files. Floor: tools. Pure."""

import re

from workers.errors import Permanent

_FILE = re.compile(r"(.+\.)(\d{6,10})")


def number(name: str) -> int:
    """The number of a log file; Permanent for a name that has none."""
    return int(_parts(name)[1])


def after(name: str) -> str:
    """The name of the file that the server writes next: `binlog.000009` is followed by `binlog.000010`, 999999 by 1000000."""
    stem, digits = _parts(name)
    return f"{stem}{int(digits) + 1:0{len(digits)}}"


def _parts(name: str) -> tuple[str, str]:
    if (found := _FILE.fullmatch(name)) is None:
        raise Permanent(f"{name!r} is not the name of a binary log file: it ends in no number")
    return found[1], found[2]
