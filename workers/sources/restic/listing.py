"""restic's lines about names: those of a snapshot, and those that a backup would hold now. Floor: tools."""

import json
import stat
from datetime import UTC, datetime
from typing import Any

from workers.sources.engine.name import Lines, Name

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


class Listed(Lines[Name]):
    """Hears `restic ls`."""

    def hear(self, line: str) -> None:
        """One line of JSON; the first is about the snapshot itself."""
        found = json.loads(line)
        if found.get("struct_type") == "node":
            size = int(found.get("size", 0))
            modified = datetime.fromisoformat(found["mtime"]).astimezone(UTC)
            self.tell(Name(self.below(found["path"]), _mode(found), size, int(found["uid"]), int(found["gid"]), modified))


class Taking(Lines[str]):
    """Hears a backup that is not made: it tells files and folders, not links."""

    def hear(self, line: str) -> None:
        """One line of JSON."""
        found = json.loads(line) if line.startswith("{") else {}
        if found.get("message_type") == "verbose_status" and found.get("item"):
            self.tell(self.below(found["item"]))


def _mode(found: dict[str, Any]) -> str:
    mode = int(found["mode"])
    special = sum(ours for theirs, ours in _SPECIAL if mode & theirs)
    return stat.filemode(_SORTS.get(found["type"], 0) | special | mode & 0o777)
