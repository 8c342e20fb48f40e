"""One backup by restic, and the record of it that goes through the canvas. Floor: tools.

An exit status is not believed: the snapshot is looked up afterwards, and its record is made from what the repository says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workers.artifact import Count, Facts, Role
from workers.errors import Corrupt, Permanent, Refused
from workers.ports import Block, Part, Tell
from workers.sources.engine.place import readable
from workers.sources.engine.record import Record
from workers.sources.restic.faults import words
from workers.sources.restic.progress import Progress
from workers.sources.restic.repositories import Repositories
from workers.sources.restic.repository import GOOD, INCOMPLETE, MISSING, Asked

NAMED = 50  # files that could not be read which are named one by one
MARK = "canvasback"  # tag of every snapshot that this source made


class Snapshot:
    """A dump: restic's backup runs when its parts are asked for."""

    def __init__(self, homes: Repositories, path: Path, tell: Tell) -> None:
        self._homes, self._path, self._tell = homes, path, tell
        self._taken: _Taken | None = None

    def parts(self) -> Iterator[Part]:
        """The record, once restic has done its work."""
        self._taken = _take(self._homes, self._path, self._tell)
        record = self._taken.record
        yield Part(record.name, Role.DATA, iter([Block(record.written())]))

    def facts(self) -> Facts:
        """What restic counted, and what it could not read."""
        if self._taken is None:
            raise Permanent("restic was not run to its end")
        record = self._taken.record
        return Facts(
            identity=record.repository,
            flavour="restic",
            version=record.version,
            place=str(self._homes.options.path),
            snapshot=record.taken,
            counts=(Count("files", record.files),),
            fingerprint=record.tree,
            warnings=self._taken.warnings,
            tools=(("restic", record.version),),
            extras=record.extras,
        )


@contextmanager
def open_dump(homes: Repositories, tell: Tell) -> Iterator[Snapshot]:
    """Open a backup. Refused where the folder or the stores do not allow one; makes no repository yet."""
    homes.fit()
    yield Snapshot(homes, readable(homes.options.path, allow_empty=homes.options.allow_empty), tell)


@dataclass(frozen=True, slots=True)
class _Taken:
    record: Record
    warnings: tuple[str, ...]


def _take(homes: Repositories, path: Path, tell: Tell) -> _Taken:
    options, progress, first = homes.options, Progress(tell), homes.first
    argv = ["backup", "--tag", MARK, *(f"--exclude={pattern}" for pattern in options.exclude)]
    argv += [*(["--one-file-system"] if options.one_file_system else []), "--", path.name]
    how = Asked(hear=progress.hear, cwd=path.parent)  # so that no folder above it is part of the snapshot
    ended = first.ask(*argv, asked=how, good=(GOOD, INCOMPLETE, MISSING))
    if ended.status == MISSING:
        homes.make(first)
        ended = first.ask(*argv, asked=how, good=(GOOD, INCOMPLETE))
    unread = [line for line in words(ended.said) if not line.startswith("Warning:")] if ended.status == INCOMPLETE else []
    if unread and options.unreadable == "fail":
        raise Permanent(f'{len(unread)} names below {path} could not be read: {_list(unread)}; unreadable = "warn" seals without them')
    if ended.status == INCOMPLETE and not unread:
        raise Permanent(f"restic could not read everything below {path} and did not say what")
    record = _record(homes, path, progress.summary)
    if not record.files and not options.allow_empty:
        raise Refused(f"restic found no file below {path}: look at `exclude` of this target; where it may be so, set allow_empty = true")
    more = (f"{len(unread) - NAMED:,} more names could not be read",) if len(unread) > NAMED else ()
    return _Taken(record, (*(f"not read: {line}" for line in unread[:NAMED]), *more))


def _list(lines: list[str]) -> str:
    return "; ".join(lines[:5]) + (f" and {len(lines) - 5} more" if len(lines) > 5 else "")


def _record(homes: Repositories, path: Path, summary: dict[str, Any]) -> Record:
    """The record of the snapshot that was just made, as the repository has it."""
    snapshot = str(summary.get("snapshot_id", ""))
    if not snapshot:
        raise Permanent(f"restic ended well and named no snapshot of {path}")
    found = homes.first.find(snapshot)
    if found is None or found["paths"] != [str(path)]:
        raise Corrupt(f"{homes.first.name} does not hold the snapshot {snapshot[:12]} of {path} that was just made")
    return Record(
        engine="restic",
        version=str(found.get("program_version", "")).removeprefix("restic "),
        repository=homes.first.identity(),
        snapshot=snapshot,
        tree=str(found["tree"]),
        path=str(path),
        host=str(found["hostname"]),
        taken=datetime.fromisoformat(found["time"]).astimezone(UTC),
        files=int(summary["total_files_processed"]),
        size=int(summary["total_bytes_processed"]),
        added=int(summary.get("data_added_packed", summary["data_added"])),
    )
