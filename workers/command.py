"""Child processes that die with their worker, never see a secret in argv, and are judged by more than their exit status.

Lowest floor. `PR_SET_PDEATHSIG` is mandatory: without it `mysqldump` outlives a killed worker (measured, 3 of 3).
"""

import ctypes
import os
import platform
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workers.errors import Permanent

PR_SET_PDEATHSIG = 1  # prctl(2)
BEST_EFFORT, IDLE = 2, 3  # classes of disk access, ioprio_set(2)
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}.get(platform.machine())  # the C library has no function for it
_IOPRIO_PROCESS, _IOPRIO_SHIFT = 1, 13
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Manners:
    """How a child shares its host: `nice` is the least niceness it has; `io` class and level of its disk access, None: its parent's.

    Disk access is left alone on machines whose system call is not known here.
    """

    nice: int = 0
    io: tuple[int, int] | None = None

    def take_on(self) -> None:
        """Give them to this process; for `preexec_fn`. Both can be lowered by everybody, and raised again by nobody."""
        if self.nice > os.getpriority(os.PRIO_PROCESS, 0):
            os.setpriority(os.PRIO_PROCESS, 0, self.nice)
        if self.io is not None and _IOPRIO_SET is not None:
            kind, level = self.io
            _libc.syscall(_IOPRIO_SET, _IOPRIO_PROCESS, 0, kind << _IOPRIO_SHIFT | level)


ORDINARY = Manners()


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends; for `preexec_fn`, so it allocates nothing."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(
    argv: Sequence[str | Path],
    *,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.PIPE,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    manners: Manners = ORDINARY,
) -> subprocess.Popen[bytes]:
    """Start a child with binary pipes; stderr is always a pipe. `env` is added to this process's own, `cwd` is the folder it starts in.

    Raises Permanent where the program is missing or may not be run.
    """

    def before() -> None:
        die_with_parent()
        manners.take_on()

    try:
        return subprocess.Popen(
            [str(part) for part in argv],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            preexec_fn=before,
        )
    except OSError as error:
        raise Permanent(f"cannot run {argv[0]}: {error.strerror}") from error


def run(argv: Sequence[str | Path], *, input: bytes | None = None, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a short child to its end and return status, stdout and stderr; the caller judges them."""
    child = start(argv, stdin=subprocess.DEVNULL if input is None else subprocess.PIPE, env=env)
    try:
        out, err = child.communicate(input)
    finally:
        child.kill()
    return subprocess.CompletedProcess(child.args, child.returncode, out, err)
