"""Which processes have to do with a folder."""

import time
from pathlib import Path


def below(folder: Path, seconds: float = 5) -> list[str]:
    """Command lines that name the folder and do not end within some seconds."""
    end = time.monotonic() + seconds
    while (found := _below(folder)) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def _below(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        if f"{folder}/".encode() in line:
            found.append(line[:200].decode(errors="replace"))
    return found
