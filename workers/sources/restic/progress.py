"""restic's lines of progress: the bytes that each says were done, and the summary at the end. Floor: tools."""

import json
from typing import Any

from workers.ports import Tell

_DONE = ("bytes_done", "bytes_restored", "total_bytes_processed")


class Progress:
    """Hears the lines of one command and tells the bytes; `summary` is the last line of all."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self._told = tell, 0
        self.summary: dict[str, Any] = {}

    def hear(self, line: str) -> None:
        """One line of JSON; lines that are none, or were cut, are passed over: nothing is believed because of them."""
        try:
            found: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
        except ValueError:
            return
        if found.get("message_type") == "summary":
            self.summary = found
        done = next((int(found[name]) for name in _DONE if name in found), 0)
        if done > self._told:
            self._tell(done - self._told)
            self._told = done
