"""Resident memory from /proc."""

import os
from pathlib import Path

PAGE = os.sysconf("SC_PAGESIZE")


def biggest(pid: int, word: bytes = b"celery") -> int:
    """Resident bytes of the biggest process among one and its children whose command line holds the word; 0 where there is none."""
    return max((_resident(number) for number in (pid, *_children(pid)) if word in _read(number, "cmdline")), default=0)


def _children(pid: int) -> list[int]:
    return [int(number) for number in _read(pid, f"task/{pid}/children").split()]


def _resident(pid: int) -> int:
    pages = _read(pid, "statm").split()
    return int(pages[1]) * PAGE if pages else 0


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it ended meanwhile
        return b""
