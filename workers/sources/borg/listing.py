"""BorgBackup's lines about names: those of an archive, and those that a backup would hold now. Floor: tools."""

import json
from datetime import UTC, datetime

from workers.sources.engine.name import FILE, Lines, Name

FORMAT = "{type}{mode}{uid}{gid}{size}{mtime}{path}{source}{linktarget}"
_AGAIN, _LEFT_OUT = "h", "x"  # a further name of a file; a name that is excluded


class Listed(Lines[Name]):
    """Hears `borg list`."""

    def hear(self, line: str) -> None:
        """One line of JSON."""
        found = json.loads(line)
        again = found["mode"].startswith(_AGAIN)
        mode = FILE + found["mode"][1:] if again else found["mode"]
        modified = datetime.fromisoformat(found["mtime"]).replace(tzinfo=UTC)
        size = None if again else int(found["size"])
        self.tell(Name(self.below(found["path"]), mode, size, int(found["uid"]), int(found["gid"]), modified))


class Taking(Lines[str]):
    """Hears a backup that is not made."""

    def hear(self, line: str) -> bool:
        """One line beside the output; whether it is to be kept."""
        found = json.loads(line) if line.startswith("{") else {}
        if found.get("type") != "file_status":
            return True
        if found["status"] != _LEFT_OUT:
            self.tell(self.below(found["path"]))
        return False
