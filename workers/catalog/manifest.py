"""The manifest: what a backup is, sealed. It is written last, and its presence is the backup's success.

`docs/format.md` specifies it for strangers. Reading believes nothing: layout and digest are proven first, then every field.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workers.artifact import BACKUP_ID, Facts, Form, Kind, Role, Segment, decode, encode
from workers.catalog import layout
from workers.errors import Corrupt, Permanent

FORMAT = 1
SAFETY = "safety"  # the label of a backup of what a restore was about to replace
_TARGET = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}(\.[a-z0-9_-]+)*")
_PIN = re.compile(rf"{_TARGET.pattern}/{BACKUP_ID.pattern}")
_SUFFIX = re.compile(r"(\.[a-z0-9]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything about one backup. All times are UTC.

    `parent` is the backup it builds on, `required` are the stores in which every segment was proven, `writer` is program and version.
    `pins` are the backups (`<folder>/<id>`) that it cannot be restored without: logs that lead from its parent to its moment,
    or those whose data it shares. `label` says what it was made for, where that was more than its timetable: see SAFETY.
    """

    id: str
    target: str
    source: str
    kind: Kind
    parent: str | None
    host: str
    run: str
    started: datetime
    ended: datetime
    facts: Facts
    segments: tuple[Segment, ...]
    recipients: tuple[str, ...]
    required: tuple[str, ...]
    writer: str
    pins: tuple[str, ...] = ()
    label: str = ""

    @property
    def names_logs(self) -> bool:
        """Whether it holds no data of its own: it is restored by replaying the logs that it and its parents name."""
        return self.kind in (Kind.INCREMENTAL, Kind.DIFFERENTIAL) and not self.segments

    @property
    def recorded(self) -> bool:
        """Whether its segment is the record of what lies in a repository of its source's own."""
        return "plain_bytes" in dict(self.facts.extras)

    @property
    def plain(self) -> int:
        """Bytes of what was read: of all plain segments, or what a source with a repository of its own says in its facts."""
        return int(dict(self.facts.extras).get("plain_bytes", sum(segment.plain.bytes for segment in self.segments)))

    @property
    def stored(self) -> int:
        """Bytes that it took in each store: of all stored segments, or what a source says that it added to its repository."""
        stored = sum(segment.stored.bytes for segment in self.segments if segment.stored)
        return int(dict(self.facts.extras).get("stored_bytes", stored))

    @property
    def loads(self) -> int:
        """Bytes that a restore of all of it writes: of the data alone, or what a source with a repository says."""
        data = sum(segment.plain.bytes for segment in self.segments if segment.role is Role.DATA)
        return int(dict(self.facts.extras).get("plain_bytes", data))


def manifest_key(target: str, backup: str) -> str:
    """Where the manifest of a backup lies in every store."""
    return f"{target}/{backup}/manifest.json"


def segment_key(target: str, backup: str, segment: Segment) -> str:
    """Where a segment of a backup lies in every store; one that is borrowed says it itself."""
    return segment.key or f"{target}/{backup}/segments/{segment.file}"


def seal(manifest: Manifest) -> bytes:
    """The bytes of a manifest. Raises Permanent, naming the field, for one that its own reader would not accept."""
    sealed = layout.write({"format": FORMAT, **encode(manifest)})
    if read(sealed) != manifest:
        raise Permanent(f"the manifest of {manifest.id} does not come back as it was written")
    return sealed


def read(data: bytes) -> Manifest:
    """The manifest in these bytes.

    Raises Permanent where a newer version wrote it, and Corrupt, naming what is wrong, for all that was not written by `seal`.
    """
    try:
        fields = layout.read(data)
        _known(fields.get("format"))
        layout.prove(data, fields)
        return _decoded({name: value for name, value in fields.items() if name not in ("format", "digest", "signature")})
    except Corrupt as error:
        raise Corrupt(f"the manifest cannot be trusted: {error.reason}") from error


def _known(version: Any) -> None:
    if type(version) is not int or version < 1:
        raise Corrupt(f"{version!r:.40} is no format")
    if version > FORMAT:
        raise Permanent(f"the manifest has format {version}, made by a newer version of Canvasback; this one reads format {FORMAT}")


def _decoded(fields: dict[str, Any]) -> Manifest:
    try:
        manifest = decode(Manifest, fields)
    except Permanent as error:
        raise Corrupt(error.reason) from error
    if not _covers(encode(manifest), fields):
        raise Corrupt("a field is unknown or has another type")
    for fault in _faults(manifest):
        raise Corrupt(fault)
    return manifest


def _covers(whole: Any, part: Any) -> bool:
    """Whether all of `part` is in `whole`, type for type: decoding bends types, and what it bent or passed over differs here.

    Fields that a later version added are missing from older documents, and have their defaults.
    """
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and _covers(whole[name], value) for name, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(_covers, whole, part))
    return type(part) is type(whole) and part == whole


def _faults(manifest: Manifest) -> Iterator[str]:
    full = manifest.kind is Kind.FULL
    checks = (
        (
            BACKUP_ID.fullmatch(manifest.id) and f"-{manifest.kind}-" in manifest.id,
            f"id {manifest.id!r} is no id of a {manifest.kind} backup",
        ),
        (_TARGET.fullmatch(manifest.target), f"target {manifest.target!r} is no name"),
        (manifest.parent is None or BACKUP_ID.fullmatch(manifest.parent), f"parent {manifest.parent!r} is no backup"),
        (not full or manifest.parent is None, "a full backup has no parent"),
        (not full or manifest.segments, "a full backup has segments"),
        (all((manifest.source, manifest.host, manifest.run, manifest.writer)), "source, host, run and writer must be given"),
        (all(map(_PIN.fullmatch, manifest.pins)), "a pin is no backup"),
        (not manifest.label or _TARGET.fullmatch(manifest.label), f"label {manifest.label!r:.40} is no name"),
        (manifest.required and all(manifest.required), "no required store"),
        (all(map(_utc, (manifest.started, manifest.ended, manifest.facts.snapshot))), "times must be UTC"),
        (all(count.rows >= 0 for count in manifest.facts.counts), "a count is negative"),
    )
    yield from (words for good, words in checks if not good)
    for number, segment in enumerate(manifest.segments, 1):
        yield from (f"segment {number}: {words}" for words in _segment_faults(manifest, number, segment))


def _segment_faults(manifest: Manifest, number: int, segment: Segment) -> Iterator[str]:
    encrypted = segment.suffix.endswith(".age")
    if segment.number != number:
        yield f"number {segment.number} stands in its place"
    if not _NAME.fullmatch(segment.name) or not _SUFFIX.fullmatch(segment.suffix):
        yield f"{segment.file!r} is no file name"
    if segment.stored is None or not _sound(segment.stored) or not _sound(segment.plain):
        yield "a size or SHA-256 is missing or wrong"
    if encrypted != bool(manifest.recipients):
        yield "it is encrypted and nobody is a recipient, or the other way round"
    if segment.key:
        yield "it lies elsewhere"
    if not set(manifest.required) <= set(segment.copies):
        yield f"it was not proven in {', '.join(sorted(set(manifest.required) - set(segment.copies)))}"


def _sound(form: Form) -> bool:
    return form.bytes >= 0 and _SHA256.fullmatch(form.sha256) is not None


def _utc(moment: datetime) -> bool:
    return moment.utcoffset() == timedelta(0)
