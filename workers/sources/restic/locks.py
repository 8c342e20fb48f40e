"""Who holds a repository of restic, and whether that is a dead process of ours. Floor: tools."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from workers.sources.engine import marks


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock as restic writes it, by the name of its file; `since` is when it was made or renewed last (every five minutes)."""

    name: str
    host: str
    user: str
    pid: int
    since: datetime
    exclusive: bool

    @classmethod
    def of(cls, name: str, found: dict[str, Any]) -> "Lock":
        """The lock in restic's own words."""
        since = datetime.fromisoformat(found["time"])
        return cls(name, found["hostname"], found.get("username", ""), int(found["pid"]), since, bool(found["exclusive"]))

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user}@{self.host} since {self.since:%Y-%m-%d %H:%M:%S%z}"


def judge(lock: Lock, host: str, state: Path) -> Path | None:
    """The mark of the dead process of ours that left a lock; None where it is somebody else's, or its process lives."""
    return marks.left(state, lock.pid, lock.since) if lock.host == host else None
