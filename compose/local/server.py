"""One way to start, stop and ask every server: data in a folder given, a free port, a log, and its last lines where it will not start."""

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Self

from workers.command import die_with_parent
from workers.errors import Permanent

PATIENCE = 60.0  # seconds a server may take to start or to stop


class WillNotStart(Permanent):
    """A server ended, or did not answer in time; the words hold the end of its log."""


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server(ABC):
    """A server process on the loopback. `detached` servers outlive this process and are found again by their folder."""

    name = "server"
    patience = PATIENCE

    def __init__(self, folder: Path, *, port: int | None = None, detached: bool = False) -> None:
        """Nothing is started. A folder that was used before has its port."""
        self.folder, self.detached = folder.resolve(), detached
        self.port = port or self._noted("port") or free_port()
        self._child: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def argv(self) -> list[str]:
        """The command line; it holds no secret."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether the server answers."""

    @property
    @abstractmethod
    def addresses(self) -> tuple[str, ...]:
        """Where it answers, as lines for an environment: `NAME=value`, without secrets."""

    def prepare(self) -> None:  # noqa: B027  # most servers need nothing
        """Make its data, where there are none."""

    def environment(self) -> dict[str, str]:
        """What is added to the environment."""
        return {}

    @property
    def log(self) -> Path:
        """Where it writes what it says."""
        return self.folder / "log"

    @property
    def pid(self) -> int | None:
        """The process, or None where it does not run."""
        if self._child is not None:
            return self._child.pid if self._child.poll() is None else None
        pid = self._noted("pid")
        return pid if pid and _born(pid) == self._noted("born") else None

    def start(self) -> Self:
        """Start and wait until it answers; nothing happens where it runs."""
        if self.pid and self.ready():
            return self
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # root's socket without a password lies in it
        self.prepare()
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.argv(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment()},
                start_new_session=True,
                preexec_fn=None if self.detached else die_with_parent,
            )
        self._note("pid", self._child.pid)
        self._note("born", _born(self._child.pid))
        self._note("port", self.port)
        self._wait()
        return self

    def _wait(self) -> None:
        end = time.monotonic() + self.patience
        while self.pid is None or not self.ready():
            ended = self.pid is None
            if ended or time.monotonic() > end:
                self.kill()
                what = "ended" if ended else f"did not answer within {self.patience:.0f} s"
                raise WillNotStart(f"{self.name} {what}; its log {self.log} ends with:\n{self.last_lines()}")
            time.sleep(0.05)

    def last_lines(self, count: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:]) if self.log.exists() else "(no log)"

    def stop(self) -> None:
        """Ask it to end and wait; kill it where it does not."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        end = time.monotonic() + PATIENCE
        sent = None
        while (pid := self.pid) is not None:
            wanted = how if time.monotonic() < end else signal.SIGKILL
            if wanted != sent:
                with suppress(ProcessLookupError):  # it ended meanwhile
                    os.kill(pid, wanted)
                sent = wanted
            time.sleep(0.02)

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def _note(self, what: str, number: int) -> None:
        (self.folder / f"server.{what}").write_text(str(number))

    def _noted(self, what: str) -> int | None:
        note = self.folder / f"server.{what}"
        return int(note.read_text()) if note.exists() else None


def _born(pid: int) -> int:
    """When a process began, in ticks since boot; 0 where it does not run. A number that was reused began at another time."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if state == "Z" else int(fields[18])  # proc_pid_stat(5), field 22
