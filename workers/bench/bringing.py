"""Brings what lies in the stores to this host: each object from the first store whose copy is good, proven against the manifest."""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from workers.artifact import Segment
from workers.bench.proving import expect, stored_form
from workers.bench.tools import Tools
from workers.catalog import index, manifest
from workers.catalog.manifest import Manifest
from workers.crc import Sums
from workers.errors import Corrupt, Failure, Permanent, Transient
from workers.ports import ReplaySource, Store
from workers.transforms import checksum, stream

Bad: TypeAlias = Callable[[str, Failure], None]  # a copy as `<store>/<key>`, and what was wrong with it
_NAME = re.compile(r"[^./][^/]*")


def bring(entry: index.Entry, segment: Segment, path: Path, bad: Bad) -> Sums:
    """Write the stored form of a segment of a backup; what is known of the bytes in memory that were proven and written.

    Raises what is wrong with its copies where none is good; each was told to `bad`.
    """
    key = manifest.segment_key(entry.manifest.target, entry.manifest.id, segment)
    problems: list[Failure] = []
    for store in entry.stores:
        try:
            return _bring(store, key, segment, path)
        except Failure as problem:
            bad(f"{store.name}/{key}", problem)
            problems.append(problem)
    raise type(problems[0])("; ".join(problem.reason for problem in problems)) if problems else Permanent(f"no store holds {key}")


def _bring(store: Store, key: str, segment: Segment, path: Path) -> Sums:
    with store.open(key) as copy, path.open("wb") as file:
        sums = checksum.copy_summed(copy, file)
    expect(segment, stored_form(segment), sums.form, store.name)
    return sums


def bundles(tools: Tools, target: str, pins: Iterable[str]) -> tuple[index.Entry, ...]:
    """The log backups of these names (`<folder>/<id>`), with the stores that hold them. Refused where one is nowhere."""
    stores = tools.stores_of(target)
    return tuple(index.find(stores, *pin.split("/", 1)) for pin in pins)


@dataclass(frozen=True, slots=True)
class LogBringer:
    """Brings log files under their servers' names into a folder, proven one by one. `told` hears of their bytes; it may raise."""

    tools: Tools
    source: ReplaySource
    folder: Path
    bad: Bad
    told: Callable[[int], None]

    def bring(self, entries: Sequence[index.Entry]) -> None:
        """Bring the files of log backups, in order. Where a file cannot be had, the words say to where the others lead."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for turn, entry in enumerate(entries):
            try:
                self._one(entry)
            except Transient:
                raise
            except Failure as problem:
                raise type(problem)(f"{problem.reason}; {_reachable(entries[:turn], entry.manifest)}") from problem

    def _one(self, entry: index.Entry) -> None:
        logs, coming = entry.manifest.facts.logs, self.folder / "coming"
        if odd := [log.name for log in logs if not _NAME.fullmatch(log.name)]:
            raise Corrupt(f"{odd[0]!r} is no name of a log")
        coming.mkdir(mode=0o700, exist_ok=True)
        for path in self.source.unpack(logs, self._plain(entry, coming), coming):
            there = self.folder / path.name
            if not there.exists() or there.stat().st_size < path.stat().st_size:  # of two shippings of one log, the longer one
                path.rename(there)
        shutil.rmtree(coming)

    def _plain(self, entry: index.Entry, folder: Path) -> Iterator[Path]:
        """The plain segments of a log backup; each is gone when the next is asked for."""
        stored, plain = folder / "segment.stored", folder / "segment.plain"
        for segment in entry.manifest.segments:
            bring(entry, segment, stored, self.bad)
            found = stream.decode(stored, plain, self.tools.decoders(segment.suffix))
            expect(segment, segment.plain, found, "the decompressed stream")
            yield plain
            self.told(segment.plain.bytes)


def _reachable(good: Sequence[index.Entry], lost: Manifest) -> str:
    """To where the logs lead that could be had."""
    if not good:
        return "no log before it leads on from the backup; the backup's own moment can be restored"
    end = good[-1].manifest.facts
    place = f" ({end.position.file} at {end.position.offset})" if end.position else ""
    return f"without log backup {lost.id} the last moment that can be reached is {end.snapshot:%Y-%m-%d %H:%M:%S} UTC{place}"
