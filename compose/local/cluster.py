"""The workers of one settings file as child processes: what several hosts run, on one machine.

Starts exactly the lines that `python -m workers.topology --commands` prints.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from workers.command import die_with_parent

READY = " ready."
BEAT = "beat"


class Cluster:
    """Workers and beat of a settings file. Logs lie in `folder`; `detached` workers outlive this process."""

    def __init__(self, settings: Path, folder: Path, *, detached: bool = False) -> None:
        """Nothing runs yet."""
        self.folder, self.detached = folder, detached
        self.environment = {**os.environ, "CANVASBACK_CONFIG": str(settings), "PYTHONUNBUFFERED": "1"}
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Cluster":
        """Start everything and wait until all of it is ready."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End everything."""
        self.stop()

    def commands(self) -> dict[str, list[str]]:
        """Node name (or `beat`) → argument list, as the topology prints it."""
        printed = subprocess.run(
            [sys.executable, "-m", "workers.topology", "--commands"], env=self.environment, check=True, capture_output=True, text=True
        ).stdout
        lines = [shlex.split(line) for line in printed.splitlines() if line.strip()]
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

    def _wait(self, name: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while READY not in self.log(name).read_text(errors="replace") and name != BEAT:
            if self.children[name].poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{name} did not become ready; its log ends with:\n{self.log(name).read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def log(self, name: str) -> Path:
        """The log file of a node."""
        return self.folder / f"{name}.log"

    def kill(self, name: str) -> None:
        """SIGKILL a node with all its processes, as a lost machine would."""
        os.killpg(self.children[name].pid, signal.SIGKILL)
        self.children.pop(name).wait()

    def stop(self) -> None:
        """Ask every node to end at once, and kill what does not within 15 seconds."""
        for child in self.children.values():
            child.send_signal(signal.SIGQUIT)
        for name, child in list(self.children.items()):
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                self.kill(name)
            self.children.pop(name, None)
