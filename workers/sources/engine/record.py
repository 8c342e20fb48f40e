"""The record of a snapshot: what travels through the canvas in place of the data, which the engine keeps itself. Floor: tools.

It is the one segment of a backup. The segment's name ends with the snapshot's id, so that steps that see only the stored, perhaps
encrypted form know which snapshot it is about.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workers.artifact import Segment, decode, encode
from workers.errors import Corrupt, Failure, Permanent

_NAME = re.compile(r"snapshot\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Record:
    """One snapshot. `snapshot` and `tree` are ids in `repository`; `size` bytes were read, `added` is what that took in the repository.

    `path` is the folder as it was read, links resolved. `files` are regular files. `tree` stands for all names, contents and attributes.
    """

    engine: str
    version: str
    repository: str
    snapshot: str
    tree: str
    path: str
    host: str
    taken: datetime
    files: int
    size: int
    added: int

    @property
    def name(self) -> str:
        """The name of its segment."""
        return f"snapshot.{self.snapshot}"

    @property
    def extras(self) -> tuple[tuple[str, str], ...]:
        """What the facts of its backup say besides: sizes, snapshot, path."""
        sizes = (("plain_bytes", str(self.size)), ("stored_bytes", str(self.added)))
        return (*sizes, ("snapshot", self.snapshot), ("path", self.path))

    def written(self) -> bytes:
        """The record as a stranger reads it."""
        return json.dumps(encode(self), indent=2).encode() + b"\n"


def read(path: Path) -> Record:
    """The record in a plain segment. Raises Corrupt where it is none."""
    try:
        return decode(Record, json.loads(path.read_bytes()))
    except (OSError, ValueError, Failure) as error:
        raise Corrupt(f"{path} is no record of a snapshot: {error}") from error


def snapshot_of(segment: Segment) -> str:
    """The snapshot that a segment is about. Raises Permanent where it is about none."""
    found = _NAME.fullmatch(segment.name)
    if not found:
        raise Permanent(f"segment {segment.number} is named {segment.name!r} and holds no record of a snapshot")
    return found[1]
