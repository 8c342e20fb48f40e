"""The index of a backup: which files of the repository it holds, and in which backup's segments each lies. Floor: tools.

JSON lines. The first says which snapshot it is, when it began, and what its indices are; then one line for each file of a blob. A
backup has a stream of its own, eight hex digits, that the lines of its own files name; lines of files that its parent has name theirs.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from workers.artifact import Segment
from workers.errors import Corrupt
from workers.sources.elasticsearch.contents import Blob

STREAM = re.compile(r"[0-9a-f]{8}")
CHUNK = 1 << 18  # bytes of a block


@dataclass(frozen=True, slots=True)
class Held:
    """A file of the repository in a backup: its bytes, and the stream that it lies in."""

    index: str
    bytes: int
    stream: str


@dataclass(frozen=True, slots=True)
class Head:
    """The snapshot of a backup, and UUID and documents of each index."""

    snapshot: str
    began: datetime
    indices: Mapping[str, tuple[str, int]]


@dataclass(slots=True)
class Index:
    """An index, read or while it is written; without a parent it is empty at first."""

    head: Head | None = None
    files: dict[str, Held] = field(default_factory=dict)

    def has(self, blob: Blob, sizes: Mapping[str, int]) -> bool:
        """Whether a blob is held, all its files. Corrupt, naming it, where one has another size now: no blob ever changes."""
        for file in blob.files:
            held = self.files.get(file)
            if held is None:
                return False
            if held.bytes != sizes[file]:
                raise Corrupt(f"{file} of the repository has {sizes[file]} bytes, and {held.bytes} when it was backed up: it is damaged")
        return True

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that its files lie in."""
        return tuple(sorted({held.stream for held in self.files.values()}))


def blocks(index: Index) -> Iterator[bytes]:
    """The bytes of an index."""
    assert index.head is not None  # set by whoever writes one
    head = index.head
    indices = {name: {"uuid": uuid, "documents": documents} for name, (uuid, documents) in head.indices.items()}
    lines = [_line({"snapshot": head.snapshot, "began": head.began.isoformat(), "indices": indices})]
    size = len(lines[0])
    for path, held in index.files.items():
        lines.append(_line({"path": path, "index": held.index, "bytes": held.bytes, "stream": held.stream}))
        size += len(lines[-1])
        if size >= CHUNK:
            yield b"".join(lines)
            lines, size = [], 0
    yield b"".join(lines)


def _line(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read(segments: Iterable[tuple[Segment, Path]]) -> Index:
    """An index from its plain segments in order. Corrupt where it is none."""
    found, rest = Index(), b""
    for _, plain in segments:
        whole, feed, rest = (rest + plain.read_bytes()).rpartition(b"\n")
        for line in whole.split(b"\n") if feed else ():
            _take(found, line)
    if rest or found.head is None:
        raise Corrupt("the index of a snapshot ends in the middle of a line" if rest else "the index of a snapshot is empty")
    return found


def _take(index: Index, line: bytes) -> None:
    try:
        fields = json.loads(line)
        if index.head is None:
            known = {name: (str(told["uuid"]), int(told["documents"])) for name, told in fields["indices"].items()}
            index.head = Head(fields["snapshot"], datetime.fromisoformat(fields["began"]), known)
        else:
            index.files[fields["path"]] = Held(fields["index"], int(fields["bytes"]), _stream(fields["stream"]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Corrupt(f"the index of a snapshot has a line that cannot be read: {line[:80]!r}") from error


def _stream(text: str) -> str:
    if not STREAM.fullmatch(text):
        raise ValueError(text)
    return text
