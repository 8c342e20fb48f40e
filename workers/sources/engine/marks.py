"""Which processes were started here, noted so that it outlives their worker: a lock that one of them left is our own. Floor: tools.

A mark is an empty file `<pid>.<start>.<boot>` whose time is when it was made. The process of a mark is gone where no process has its
number and start now, or where the machine was started again since.
"""

import os
import time
from datetime import datetime
from pathlib import Path

from workers.errors import Refused

OLD = 30 * 86400.0  # seconds after which the mark of a process that is gone is of no use: nobody leaves a lock for so long
EARLY = 2.0  # seconds that a file system's clock may lag behind the one that a lock was written by


def note(folder: Path, pid: int) -> Path:
    """Mark a child that was just started. Raises Refused where the folder belongs to somebody else."""
    own(folder)
    for mark in folder.glob("*.*.*"):
        if _gone(mark) and time.time() - mark.stat().st_mtime > OLD:
            mark.unlink(missing_ok=True)
    mark = folder / f"{pid}.{_start(pid)}.{_boot()}"
    mark.touch(mode=0o600)
    return mark


def left(folder: Path, pid: int, since: datetime) -> Path | None:
    """The mark of a process that is gone and could have written something at that time; None where there is no such mark."""
    if not folder.is_dir():
        return None
    fits = (mark for mark in folder.glob(f"{pid}.*.*") if _gone(mark) and mark.stat().st_mtime <= since.timestamp() + EARLY)
    return next(fits, None)


def own(folder: Path) -> None:
    """Make the folder where it is not there. Refused where others could write it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o077 or not folder.is_dir() or folder.is_symlink():
        raise Refused(
            f"{folder} has to be a folder of this user alone (mode 0700); remove it, or set `state` of this target to another one"
        )


def _gone(mark: Path) -> bool:
    pid, start, boot = mark.name.split(".")
    return boot != _boot() or start != _start(int(pid))


def _start(pid: int) -> str:
    """When a process started, in ticks since the machine did (proc_pid_stat(5), field 22); "" where it is gone, reaped or not."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "" if state in "ZX" else fields[18]


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
