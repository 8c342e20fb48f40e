"""The hands of one restore run on its host: what each step of `tasks.mirror` really does."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from time import sleep
from typing import Any

import structlog

from workers import sources
from workers.artifact import Count, Order, Outcome, Role, Run, Segment
from workers.bench import borrowing, lending, metering, safety
from workers.bench.backup import LOOK
from workers.bench.bringing import bring
from workers.bench.proving import expect, recorded, stored_form
from workers.bench.tools import Tools
from workers.catalog import index, manifest
from workers.catalog.manifest import Manifest
from workers.crc import Sums
from workers.errors import Failure, Permanent
from workers.ports import BuildsBeside, IndexedSource
from workers.spool import files
from workers.transforms import checksum, stream


class Restore:
    """One restore run. Steps run in other processes, so everything it knows comes from ledger, stores and spool."""

    def __init__(self, tools: Tools, run: str) -> None:
        """Look the run up; Refused where the ledger does not know it."""
        self.tools, self.ledger = tools, tools.ledger
        self.run: Run = tools.ledger.entry(run).run
        structlog.contextvars.bind_contextvars(target=self.run.target)  # until the step ends

    @property
    def order(self) -> Order:
        """What is to be restored, and where."""
        if self.run.order is None:
            raise Permanent(f"run {self.run.id} is no restore")
        return self.run.order

    @cached_property
    def entry(self) -> index.Entry:
        """The backup's manifest and the stores that hold it."""
        return index.find(self.tools.stores_of(self.run.target), self.run.target, self.order.backup)

    @property
    def manifest(self) -> Manifest:
        """The manifest of the backup."""
        return self.entry.manifest

    @cached_property
    def _pieces(self) -> tuple[Segment, ...]:
        """The segments of the backup, and of others that it shares data with."""
        return borrowing.segments(self.tools.stores_of(self.run.target), self.manifest)

    def begin(self) -> None:
        """Bring and prove everything that is not data, and make the place ready. Never twice: its retry is a new run."""
        self.ledger.alive(self.run.id)
        if not self.ledger.claim(self.run.id, "prepare"):
            raise Permanent("the restore was lost with its worker process and cannot go on; the retry is a new run")
        source = self.tools.source(self.run.target)
        lending.prove(self.order, source)
        if isinstance(source, IndexedSource) and (self.order.objects or self.manifest.pins):
            self._select(source)
        self.ledger.count(self.run.id, expected__bytes=self._expected())
        self.prove()
        self._touch()
        source.prepare(self.order, self._brought(self._of(Role.SCHEMA, Role.INDEX)))

    def _touch(self) -> None:
        """Prove that what is replaced was sealed first, and note that it may be changed from now on."""
        if self.order.confirm:
            safety.prove(self.tools, self.run, self.order)
        self.ledger.note(self.run.id, safety.TOUCHED, datetime.now(UTC).isoformat())

    def _select(self, source: IndexedSource) -> None:
        """Let the index tell what patterns stand for and which segments are read, for all steps that come."""
        order = source.select(self.order, self._brought(self._of(Role.INDEX)), self._pieces)
        self.run = replace(self.run, order=order)
        self.ledger.turn(self.run)

    def _expected(self) -> int:
        return self.manifest.loads if self.manifest.recorded else sum(segment.plain.bytes for segment in self._of(Role.DATA))

    def prove(self) -> None:
        """Read every segment that is needed once before anything is changed: a copy that is damaged must not cost what stands in the place.

        One more pass over the stored form, some 1.8 GB/s where the store is as fast; a load runs at some 60 MB/s. A source that builds
        beside the place needs none: until all of it was brought, proven and loaded, nothing there is changed.
        """
        good = {store.name for store in self.entry.stores}
        for name in self.manifest.required:
            if name not in good:
                key = manifest.manifest_key(self.run.target, self.order.backup)
                self.ledger.note(self.run.id, f"bad:{name}/{key}", "no manifest there that can be read")
        beside = isinstance(self.tools.source(self.run.target), BuildsBeside)
        for segment in () if beside else self._of(*Role):
            self._bring_any(segment, Path(os.devnull))

    def segments(self) -> Iterator[Segment]:
        """The data segments, each as soon as the spool has room for both its forms."""
        for segment in self._of(Role.DATA):
            self._reserve(segment)
            yield segment

    def _reserve(self, segment: Segment) -> None:
        needed = segment.plain.bytes + (0 if _is_plain(segment) else stored_form(segment).bytes)
        while not self.tools.room.reserve(self.run.id, segment.number, needed):
            self.ledger.alive(self.run.id)
            sleep(LOOK)

    def _brought(self, segments: list[Segment]) -> Iterator[tuple[Segment, Path]]:
        """Segments that are not data as plain proven files, one at a time; each is gone when the next is asked for."""
        for segment in segments:
            self._reserve(segment)
            self.decompress(self.verify(self.fetch(segment)))
            yield segment, files.plain(self.tools.room, self.run.id, segment)
            files.remove(self.tools.room, self.run.id, segment)

    def _of(self, *roles: Role) -> list[Segment]:
        return [segment for segment in self._pieces if segment.role in roles and self.order.needs(segment)]

    def fetch(self, segment: Segment) -> Segment:
        """Bring the stored form from the first store whose copy is good; a bad copy is noted by name."""
        path = files.stored(self.tools.room, self.run.id, segment)
        files.write_note(path, self._bring_any(segment, path))
        self.ledger.count(self.run.id, fetched__bytes=stored_form(segment).bytes, fetched__segments=1)
        return segment

    def _bring_any(self, segment: Segment, path: Path) -> Sums:
        self.ledger.alive(self.run.id)
        held = replace(self.entry, stores=self.tools.stores_of(self.run.target)) if segment.key else self.entry
        return bring(held, segment, path, self._bad)

    def _bad(self, copy: str, problem: Failure) -> None:
        self.ledger.note(self.run.id, f"bad:{copy}", problem.reason)

    def verify(self, segment: Segment) -> Segment:
        """Prove the fetched file against what `fetch` has proven by the manifest, in memory."""
        self.ledger.alive(self.run.id)
        path = files.stored(self.tools.room, self.run.id, segment)
        if path.exists():  # decompress removes it; a redelivered message has nothing left to prove here
            expected = recorded(path, stored_form(segment))
            expect(segment, expected.form, checksum.form_of(path, expected.kind), "the spool")
        return segment

    def decompress(self, segment: Segment) -> Segment:
        """Write the plain form, proven against the manifest before a byte of it is loaded; `verify` has proven what was stored as it is."""
        self.ledger.alive(self.run.id)
        stored, plain = (form(self.tools.room, self.run.id, segment) for form in (files.stored, files.plain))
        if _is_plain(segment) and stored.exists():
            stored.rename(plain)
        elif stored.exists() or not plain.exists():
            found = stream.decode(stored, plain, self.tools.decoders(segment.suffix))
            expect(segment, segment.plain, found, "the decompressed stream")
            stored.unlink()
        self.tools.room.resize(self.run.id, segment.number, segment.plain.bytes)
        return segment

    def load(self, segment: Segment) -> int:
        """Load one data segment and free its room."""
        self.ledger.alive(self.run.id)
        plain = files.plain(self.tools.room, self.run.id, segment)
        if plain.exists():  # it is removed only after it was loaded
            self._put(segment, plain)
        files.remove(self.tools.room, self.run.id, segment)
        return segment.number

    def _put(self, segment: Segment, plain: Path) -> None:
        self.tools.source(self.run.target, counted=self._tell).load(self.order, segment, plain)
        self.ledger.count(self.run.id, loaded__bytes=segment.plain.bytes, loaded__segments=1)

    def _tell(self, bytes: int) -> None:
        self.ledger.count(self.run.id, loaded__bytes=bytes)

    def finish(self, loaded: list[Any]) -> str:
        """Load what comes after the data, count, and compare with the manifest; the restore is done when all is equal."""
        if self.ledger.entry(self.run.id).state == "done":  # done, and the worker died before it could say so
            return self.order.into
        self.ledger.alive(self.run.id)
        numbers = [segment.number for segment in self._of(Role.DATA)]
        if sorted(loaded[1:]) != numbers:
            raise Permanent(f"{len(numbers)} data segments were to be loaded, {len(loaded) - 1} were")
        rest = self._of(Role.SCHEMA, Role.CORRECTION, Role.POST_DATA, *([Role.ACCOUNTS] if self.order.accounts else []))
        source = metering.metered(self.ledger, self.run, self.tools.source(self.run.target))
        outcome = source.finish(self.order, self._brought(rest))
        return self._proven(self.order.expected, outcome)

    def _proven(self, wanted: tuple[Count, ...], outcome: Outcome) -> str:
        """Close the run as done where what is there is what was wanted; the place."""
        equal(wanted, outcome.counts)
        self.ledger.note(self.run.id, "rows", str(sum(count.rows for count in outcome.counts)))
        if all(count.exact for count in wanted):  # of single files the source has proven every one, or said which is not there
            self.ledger.note(self.run.id, "expected", str(sum(count.rows for count in wanted or outcome.counts)))
        self.ledger.note(self.run.id, "tables", str(len(outcome.counts)))
        self.ledger.note(self.run.id, "counted", " ".join(sources.counted(self.manifest.source)))
        self.ledger.note(self.run.id, "warnings", "\n".join(outcome.warnings))
        self.tools.room.clear(self.run.id)
        self.ledger.close(self.run.id, "done")
        return self.order.into


def _is_plain(segment: Segment) -> bool:
    """Whether a segment was stored as it is: no byte of it has to be written anew."""
    return segment.stored == segment.plain


def equal(wanted: tuple[Count, ...], found: tuple[Count, ...]) -> None:
    """Permanent, naming the objects, where a count differs from the manifest's; estimates are compared by name only."""
    there = {count.name: count.rows for count in found}
    wrong = [
        f"{count.name}: {there.get(count.name, 'missing')} rows, expected {count.rows}"
        for count in wanted
        if count.name not in there or (count.exact and there[count.name] != count.rows)
    ]
    if wrong:
        raise Permanent("restored, but not equal to the manifest: " + "; ".join(wrong))
