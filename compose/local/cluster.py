"""The workers of one settings file as child processes: what several hosts run, on one machine.

Starts exactly the lines that `python -m workers.topology --commands` prints.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from compose.local.server import PATIENCE, WillNotStart
from workers.command import die_with_parent

READY = " ready."
BEAT = "beat"
GRACE = 15.0  # seconds a node may take to end


class Cluster:
    """Workers and beat of a settings file. Logs lie in `folder`; `detached` workers outlive this process."""

    def __init__(self, settings: Path, folder: Path, *, detached: bool = False) -> None:
        """Nothing runs yet."""
        self.folder, self.detached = folder, detached
        self.environment = {**os.environ, "CANVASBACK_CONFIG": str(settings), "PYTHONUNBUFFERED": "1"}
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self._settings, self._known = settings, (b"", dict[str, list[str]]())

    def __enter__(self) -> "Cluster":
        """Start everything and wait until all of it is ready; where one node will not start, none is left running."""
        try:
            self.start()
        except BaseException:  # whatever it is, Ctrl-C included: nobody calls __exit__ of what was not entered
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End everything."""
        self.stop()

    def commands(self) -> dict[str, list[str]]:
        """Node name (or `beat`) → argument list, as the topology prints it. Raises WillNotStart with its words, where it refuses.

        It is asked again only when the settings have changed: asking takes a second, and a node is killed and started many times.
        """
        text = self._settings.read_bytes() if self._settings.exists() else b""
        if not text or text != self._known[0]:
            self._known = (text, self._ask())
        return dict(self._known[1])

    def _ask(self) -> dict[str, list[str]]:
        argv = [sys.executable, "-m", "workers.topology", "--commands"]
        done = subprocess.run(argv, env=self.environment, check=False, capture_output=True, text=True)
        if done.returncode:
            raise WillNotStart(f"no worker was started: {done.stderr.strip()}")
        lines = [shlex.split(line) for line in done.stdout.splitlines() if line.strip()]
        return {line[line.index("-n") + 1] if "-n" in line else BEAT: line for line in lines}

    def start(self, *only: str) -> None:
        """Start the named nodes (all, where none is named) and wait until each says that it is ready."""
        commands = self.commands()
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in only or commands:
            self.spawn(name, commands[name])
        for name in only or commands:
            self._wait(name)

    def spawn(self, name: str, line: list[str]) -> None:
        """Start one Celery command; its output goes to the log of that name."""
        with self.log(name).open("wb") as log:
            self.children[name] = subprocess.Popen(
                [sys.executable, "-m", *line],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
                preexec_fn=None if self.detached else die_with_parent,
            )

    def _wait(self, name: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self._ready(name):
            ended = _ended(self.children[name])
            if ended or time.monotonic() > end:
                what = "ended" if ended else f"was not ready within {PATIENCE:.0f} s"
                raise WillNotStart(f"{name} {what}; its log {self.log(name)} ends with:\n{self._said(name)[-2000:]}")
            time.sleep(0.1)

    def _ready(self, name: str) -> bool:
        """Whether a node says so; beat and Flower never do, so that they run is enough."""
        return not _ended(self.children[name]) and ("@" not in name or READY in self._said(name))

    def _said(self, name: str) -> str:
        return self.log(name).read_text(errors="replace")

    def log(self, name: str) -> Path:
        """The log file of a node."""
        return self.folder / f"{name}.log"

    def kill(self, name: str) -> None:
        """SIGKILL a node with all its processes, as a lost machine would."""
        child = self.children.pop(name)
        with suppress(ProcessLookupError):  # it ended by itself, and none of its processes is left
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def stop(self) -> None:
        """Ask every node to end at once; after 15 seconds at most, kill what is left of it."""
        for child in self.children.values():
            if not _ended(child):
                os.kill(child.pid, signal.SIGQUIT)  # not Popen's own, which would reap it
        end = time.monotonic() + GRACE
        for name in list(self.children):
            while not _ended(self.children[name]) and time.monotonic() < end:
                time.sleep(0.05)
            self.kill(name)


def _ended(child: "subprocess.Popen[bytes]") -> bool:
    """Whether a node ended. It is left unreaped: so long its number, which is that of its processes' group, belongs to nobody else."""
    if child.returncode is not None:
        return True
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
