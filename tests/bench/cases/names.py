"""Walks over very many names: peak memory and CPU time, with nothing that is read."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.pairs import Row

WALK = Path(__file__).parents[1] / "walk.py"


def scan(names: int) -> Row:
    """So many small files, 500 in a folder."""
    return measure(names, spread)


def flat(names: int) -> Row:
    """Twice as many empty files in one folder: a million, where nobody asks for another number."""
    return measure(2 * names, heap)


def measure(names: int, make: Callable[[Path, int], None]) -> Row:
    """Seconds, CPU seconds and peak memory of a first walk, and of one that finds nothing changed."""
    row: Row = {"names": names}
    with tempfile.TemporaryDirectory(prefix="canvasback-bench-") as folder:
        root = Path(folder) / "uploads"
        make(root, names)
        for what in ("full", "unchanged"):
            argv = [sys.executable, WALK, root, folder, what]
            out = subprocess.run(argv, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(Path.cwd())}).stdout
            row |= {f"{what}_{key}": float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", out)}
    return row


def spread(root: Path, names: int) -> None:
    """Files of some bytes, 500 in a folder."""
    for number in range(0, names, 500):
        folder = root / f"{number // 50_000:03}" / f"{number // 500 % 100:02}"
        folder.mkdir(parents=True)
        for each in range(number, min(names, number + 500)):
            (folder / f"attachment-{each:08}.txt").write_bytes(b"x" * (each % 97))


def heap(root: Path, names: int) -> None:
    """Empty files in one folder."""
    root.mkdir()
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for number in range(names):
        os.close(os.open(f"attachment-{number:08}.txt", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=folder))
    os.close(folder)
