"""What a spool holds, read from its folders alone: promises (`<run>/<nnnnnn>.<bytes>.room`) and the files that lie there."""

import os
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

Key: TypeAlias = tuple[str, str]  # run, number as six digits

PROMISE = re.compile(r"(\d{6})\.(\d+)\.room")
NOTE = ".note"
KEPT = ".indexes"  # a folder beside the runs: what is kept for the next backup, and counts for none


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes promised and bytes lying there, per segment. The larger of the two counts."""

    promised: Counter[Key] = field(default_factory=Counter)
    lying: Counter[Key] = field(default_factory=Counter)

    def of(self, key: Key) -> int:
        """Bytes that a segment counts for."""
        return max(self.promised[key], self.lying[key])

    def total(self) -> int:
        """Bytes that everything counts for."""
        return sum(self.of(key) for key in self.promised.keys() | self.lying.keys())

    def add(self, run: str, file: "os.DirEntry[str]") -> None:
        """Count one file. Notes are some hundred bytes and not counted."""
        promise = PROMISE.fullmatch(file.name)
        if promise:
            self.promised[run, promise[1]] += int(promise[2])
        elif not file.name.endswith(NOTE):
            with suppress(FileNotFoundError):  # removed this very moment: files go without the lock
                self.lying[run, file.name[:6]] += file.stat(follow_symlinks=False).st_size


def promised(name: str) -> int:
    """Bytes that the file of a promise stands for."""
    return int(name.split(".")[1])


def look(path: Path) -> Held:
    """Everything below the spool's folder, as it is now."""
    held = Held()
    with os.scandir(path) as runs:
        for run in runs:
            if run.is_dir(follow_symlinks=False) and run.name != KEPT:
                with os.scandir(run) as files:
                    for file in files:
                        held.add(run.name, file)
    return held
