"""restic's lines about names: those of a snapshot, and those that a backup would hold now. Floor: tools."""

import json
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workers.sources.engine.name import HearName, Name

_SORTS = {
    "file": stat.S_IFREG,
    "dir": stat.S_IFDIR,
    "symlink": stat.S_IFLNK,
    "fifo": stat.S_IFIFO,
    "socket": stat.S_IFSOCK,
    "chardev": stat.S_IFCHR,
    "dev": stat.S_IFBLK,
}
_SPECIAL = ((1 << 23, stat.S_ISUID), (1 << 22, stat.S_ISGID), (1 << 20, stat.S_ISVTX))  # Go has them elsewhere (its fs.FileMode)


@dataclass(frozen=True, slots=True)
class Listed:
    """Hears `restic ls`; `inner` is the folder's own name, with which every path in a snapshot begins."""

    inner: str
    tell: HearName

    def hear(self, line: str) -> None:
        """One line of JSON; the first is about the snapshot itself."""
        found = json.loads(line)
        if found.get("struct_type") == "node":
            size = int(found.get("size", 0))
            modified = datetime.fromisoformat(found["mtime"]).astimezone(UTC)
            self.tell(Name(_below(found["path"], self.inner), _mode(found), size, int(found["uid"]), int(found["gid"]), modified))


@dataclass(frozen=True, slots=True)
class Taking:
    """Hears a backup that is not made: it tells files and folders, not links."""

    inner: str
    tell: Callable[[str], None]

    def hear(self, line: str) -> None:
        """One line of JSON."""
        found = json.loads(line) if line.startswith("{") else {}
        if found.get("message_type") == "verbose_status" and found.get("item"):
            self.tell(_below(found["item"], self.inner))


def _below(path: str, inner: str) -> str:
    return path.removeprefix(f"/{inner}").strip("/")


def _mode(found: dict[str, Any]) -> str:
    mode = int(found["mode"])
    special = sum(ours for theirs, ours in _SPECIAL if mode & theirs)
    return stat.filemode(_SORTS.get(found["type"], 0) | special | mode & 0o777)
