"""What runs on behalf of one platform: found by the settings that its workers hand down in their environment."""

import time
from pathlib import Path


class Processes:
    """The processes of the platform whose settings file is given."""

    def __init__(self, settings: Path) -> None:
        self._mark = f"CANVASBACK_CONFIG={settings}".encode()

    def pids(self) -> list[int]:
        """All of them, workers included."""
        numbers = (int(process.name) for process in Path("/proc").glob("[0-9]*"))
        return [pid for pid in numbers if self._mark in _read(pid, "environ").split(b"\0")]

    def clients(self) -> dict[int, str]:
        """Those that are not Celery's own: dump and load programs, with their command lines."""
        lines = {pid: _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace") for pid in self.pids()}
        return {pid: line for pid, line in lines.items() if line and "celery" not in line}

    def dumping(self) -> int:
        """The worker process that a client program belongs to."""
        clients = self.clients()
        return next(above for pid in clients if (above := parent(pid)) and above not in clients)

    def writing(self, path: Path, seconds: float = 20) -> int:
        """The process that has a file open; waits until there is one."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for pid in self.pids():
                if path in _open_files(pid):
                    return pid
            time.sleep(0.02)
        raise AssertionError(f"nobody opened {path}")


def parent(pid: int) -> int:
    """The process that started another; 0 where that has ended meanwhile."""
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    return int(fields[1]) if fields else 0


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it ended meanwhile, or belongs to somebody else
        return b""


def _open_files(pid: int) -> set[Path]:
    found = set()
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            found.add(link.readlink())
    except OSError:  # it ended meanwhile
        pass
    return found
