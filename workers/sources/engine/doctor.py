"""What a backup by either engine needs, looked at without changing anything: folder, program, repositories. Floor: tools."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from workers.errors import Refused
from workers.plans.values import size_text
from workers.ports import Finding
from workers.sources.engine.options import EngineOptions
from workers.sources.engine.program import Wanted, program, version
from workers.sources.folders.place import readable

SPARE = 1 << 30  # bytes below which a disk is called nearly full


def examine(options: EngineOptions, wanted: Wanted, repositories: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """All of it; `repositories` may refuse to look."""
    try:
        yield Finding(True, "folder", str(readable(options.path, allow_empty=options.allow_empty)))
    except Refused as refused:
        yield Finding(False, "folder", refused.reason, "mount its disk, or correct `path` of this target")
    try:
        found = program(wanted, options)
        yield Finding(True, "program", f"{found}, {wanted.name} {version(wanted, found)}")
        yield from repositories()
    except Refused as refused:
        yield Finding(False, wanted.name, refused.reason, "see the guide: deduplicating")


def spare(store: str, place: Path) -> Finding:
    """Whether the disk of a repository has room left."""
    free = shutil.disk_usage(place).free
    remedy = "" if free >= SPARE else "make room, or remove old snapshots with the engine's own program"
    return Finding(free >= SPARE, f"room in {store}", f"{size_text(free >> 20 << 20)} free", remedy)
