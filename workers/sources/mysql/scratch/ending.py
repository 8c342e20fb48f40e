"""Why a server of ours ended, or a program that makes its files ready: its host, or what it was given to read. Floor: tools.

Asked before anything is said of a backup: a server that the kernel killed, or whose disk is full, has not judged its files. What is told
here was told by servers themselves (MySQL 9.7, MariaDB 10.11), and by the kernel's error numbers that both of them print.
"""

import re
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workers.errors import Corrupt, Failure, Permanent, Transient
from workers.sources.mysql.scratch.home import full

_QUIET = "it told of no error"
LOG = "error.log"  # of a server, in its folder
READY = "ready.log"  # what a program said that did not make the files ready, beside it
_PATIENCE = 30.0  # seconds for a server that answers no more to end; one of many gigabytes takes a while to give back its memory
# A page that is damaged is printed into the log, and with no end of its line: it holds people's rows.
_SAID = re.compile(r"(\d{4}-\d\d-\d\d[T ]\S+ \d+ )?\[ERROR\].*|^terminate called after throwing an instance of '[\w:]+'$")
_ASIDE = re.compile(r"\[(Note|Warning|System)\]|^len \d+; hex ")  # and pages that are damaged, see above
_NUMBER = re.compile(r"(?:errno|[Ee]rror number|Errcode|OS error)\b:? (\d+)")  # the kernel's are below 120, those of storage engines above
_DAMAGED = re.compile(r"[Cc]orrupt|Unable to read page|[Cc]hecksum mismatch|is marked as crashed|[Dd]atabase page")


@dataclass(frozen=True, slots=True)
class _Cause:
    """What may be wrong with a host: in words, by the kernel's numbers and by what servers say of it."""

    kind: type[Failure]
    words: str
    numbers: frozenset[int]
    said: re.Pattern[str]


_CAUSES = (
    _Cause(
        Permanent,
        "its disk is full",
        frozenset({28}),
        re.compile(r"No space left on device|Disk quota exceeded|[Dd]isk (is )?full|out of disk space"),
    ),
    _Cause(
        Transient,
        "this host has too little free memory",
        frozenset({12}),
        re.compile(r"[Oo]ut of memory|[Cc]annot allocate|Cannot map innodb_buffer_pool|Can't create (a new )?thread|bad_alloc"),
    ),
    _Cause(
        Transient,
        "another server still holds its files or its socket",
        frozenset({11, 98}),
        re.compile(r"Unable to lock \S+|Address already in use|unix socket lock file|[Aa]nother process with pid"),
    ),
    _Cause(
        Permanent,
        "it does not take its options",
        frozenset(),
        re.compile(r"unknown (variable|option)|Error while setting value|ambiguous option|option '\S+' requires"),
    ),
    _Cause(
        Permanent,
        "this host does not let it work",
        frozenset({1, 5, 13, 23, 24, 30}),  # rights, a disk that fails, files that are open, a disk that cannot be written
        re.compile(r"Permission denied|Input/output error|Too many open files|Read-only file system|loading shared libraries"),
    ),
)
_KILLED = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


def of_host(status: int | None, said: str, home: Path) -> Failure | None:
    """What of its host a program met: by the status it ended with (None: it goes on), by what it said, and by the disk of its folder.

    Transient where that may pass by itself, Permanent where somebody has to do something; None where nothing speaks against the host.
    """
    if status is not None and -status in _KILLED:
        return Transient(f"it was killed by signal {-status}: by the kernel, where memory is short, or by somebody")
    if status == 0:
        return Transient("somebody shut it down")
    numbers = frozenset(map(int, _NUMBER.findall(said)))
    found = next((cause for cause in _CAUSES if numbers & cause.numbers or cause.said.search(said)), None)
    if found is not None:
        return found.kind(found.words)
    return Permanent(words) if (words := full(home)) else None


def failure(who: str, status: int, said: str, home: Path) -> Failure:
    """The failure of a program that ended and should not have: of its host, else Corrupt where it names damage, else Permanent."""
    if host := of_host(status, said, home):
        return type(host)(f"{who} ended, for {host.reason}: {said}")
    kind = Corrupt if _DAMAGED.search(said) else Permanent
    return kind(f"{who} ended with {status}: {said}")


def status(process: "subprocess.Popen[bytes]", *, silent: bool) -> int | None:
    """How a server ended; None where it goes on. One that is silent, for it lost a connection, is given some time to end."""
    if silent:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
    return process.poll()


def blame(process: "subprocess.Popen[bytes] | None", home: Path, *, silent: bool) -> str:
    """What of its host ended, or stopped, what ran in a server's folder; "" where nothing says so, and its files may be what is wrong.

    `process` is None where the server did not come so far as to answer. One that ended without a word has not judged its files.
    """
    ready, said = home / READY, last_words(home / LOG)
    ended = status(process, silent=silent) if process is not None else None
    if host := of_host(ended, said + (ready.read_text(errors="replace") if ready.exists() else ""), home):
        return f"the scratch server is no judge, for {host.reason}: {said}"
    over = (home / LOG).exists() and (process is None or ended is not None)
    return "the scratch server ended, and said nothing against its files" if over and said == _QUIET else ""


def serious(said: bytes) -> str:
    """What a program said on stderr without its notes and warnings: on a host that is well there are some, too."""
    lines = (line.strip() for line in said.decode(errors="replace").splitlines())
    return " | ".join(line for line in lines if line and not _ASIDE.search(line))[-1000:]


def last_words(log: Path, count: int = 5) -> str:
    """The end of what a server said of errors, for a message."""
    if not log.exists():
        return "it said nothing"
    said = [found[0] for line in log.read_text(errors="replace").splitlines() if (found := _SAID.search(line))]
    return " | ".join(said[-count:])[-1500:] or _QUIET
