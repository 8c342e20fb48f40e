"""CPU seconds from /proc: of processes with all below them, ended ones too, and of the whole machine."""

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
IDLE = (3, 4)  # idle and iowait among the columns of /proc/stat's first line, proc_stat(5)
GUEST = 8  # from here on: what is counted in user and nice already


@dataclass(frozen=True, slots=True)
class Process:
    """The parent of a process, and the ticks that it and the children it waited for have used."""

    parent: int
    ticks: int


def seconds(*pids: int | None) -> float:
    """Of these processes and all below them: user and system, of ended children that were waited for, too."""
    known, wanted = _processes(), {pid for pid in pids if pid}
    return sum(process.ticks for pid, process in known.items() if _below(known, pid, wanted)) / TICKS


def _below(known: dict[int, Process], pid: int, wanted: set[int]) -> bool:
    while pid in known:
        if pid in wanted:
            return True
        pid = known[pid].parent
    return False


def _processes() -> dict[int, Process]:
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        found[int(entry.name)] = Process(int(fields[1]), sum(map(int, fields[11:15])))
    return found


def machine() -> float:
    """CPU seconds that all cores together have worked since boot, for whomever."""
    columns = list(map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]))
    return sum(ticks for number, ticks in enumerate(columns[:GUEST]) if number not in IDLE) / TICKS
