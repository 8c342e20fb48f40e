"""Child processes that die with their worker, never see a secret in argv, and are judged by more than their exit status.

Lowest floor. `PR_SET_PDEATHSIG` is mandatory: without it `mysqldump` outlives a killed worker (measured, 3 of 3).
"""

import ctypes
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from workers.errors import Permanent

PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends; for `preexec_fn`, so it allocates nothing."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(
    argv: Sequence[str | Path],
    *,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.PIPE,
    env: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child with binary pipes; stderr is always a pipe. `env` is added to this process's own.

    Raises Permanent where the program is missing or may not be run.
    """
    try:
        return subprocess.Popen(
            [str(part) for part in argv],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            preexec_fn=die_with_parent,
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
