"""CPU seconds of processes, from /proc: user and system, of ended children too."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def seconds(pid: int | None) -> float:
    """Of one process and all below it."""
    if pid is None:
        return 0.0
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        found[int(entry.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    wanted, total = {pid}, 0
    for number in sorted(found):
        if number in wanted or found[number][0] in wanted:
            wanted.add(number)
            total += found[number][1]
    return total / TICKS
