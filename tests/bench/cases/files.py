"""Backups of a folder: full and incremental beside the customer's scripts, and a walk over very many names."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.folder import FULL, INCREMENTAL, Folder
from tests.bench.pairs import Pairs, Row, Way

WALK = Path(__file__).parents[1] / "walk.py"


def full(stage: Folder) -> Row:
    """`tar | gzip -6` and a checksum, beside a full backup of which every segment is read back."""
    pairs = Pairs()
    naive = Way(lambda: stage.script(FULL), stage.work, workers=False)
    ours = Way(lambda: stage.back_up("full"), stage.root / "spool", workers=True, before=stage.forget)
    for _ in range(stage.rounds):
        pairs.round(stage, naive, ours)
    return pairs.row()


def incremental(stage: Folder) -> Row:
    """The same with `tar --listed-incremental`, one file of a hundred changed before each."""
    stage.script(INCREMENTAL)
    stage.back_up("full")
    pairs = Pairs()
    naive = Way(lambda: stage.script(INCREMENTAL), stage.work, workers=False, before=stage.change)
    ours = Way(lambda: stage.back_up("incremental"), stage.root / "spool", workers=True, before=stage.change)
    for _ in range(stage.rounds):
        pairs.round(stage, naive, ours)
    return pairs.row()


def scan(names: int) -> Row:
    """Seconds, CPU seconds and peak memory of a first walk over so many small files, and of one that finds nothing changed."""
    row: Row = {"names": names}
    with tempfile.TemporaryDirectory(prefix="canvasback-bench-") as folder:
        root = Path(folder) / "uploads"
        make(root, names)
        for what in ("full", "unchanged"):
            argv = [sys.executable, WALK, root, folder, what]
            out = subprocess.run(argv, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(Path.cwd())}).stdout
            row |= {f"{what}_{key}": float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", out)}
    return row


def make(root: Path, names: int) -> None:
    """So many files of some bytes, 500 in a folder."""
    for number in range(0, names, 500):
        folder = root / f"{number // 50_000:03}" / f"{number // 500 % 100:02}"
        folder.mkdir(parents=True)
        for each in range(number, min(names, number + 500)):
            (folder / f"attachment-{each:08}.txt").write_bytes(b"x" * (each % 97))
