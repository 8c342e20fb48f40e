"""The hands of one backup run on its host: what each step of `tasks.steps` really does."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from time import sleep
from typing import Any

import structlog

from workers import VERSION
from workers.artifact import Facts, Form, Kind, Run, Segment, decode, new_backup_id
from workers.bench import chains, expiry, indexes, metering, repositories
from workers.bench.proving import cut_form, expect, noted_crc, proven, stored_form
from workers.bench.tools import Tools
from workers.catalog import manifest
from workers.catalog.ledger import WAITING
from workers.catalog.manifest import Manifest
from workers.crc import Crc64, Sums
from workers.errors import Permanent
from workers.ports import Store
from workers.spool import files
from workers.spool.cut import Cutter
from workers.spool.pace import Pace
from workers.transforms import checksum, sample, stream

LOOK = 0.05  # seconds between two looks while the spool is full


@dataclass(frozen=True, slots=True)
class Dumped:
    """What a finished dump says to seal: how many segments it cut, its facts, and the backups that it builds on and names."""

    segments: int
    facts: Facts
    parent: str | None = None
    pins: tuple[str, ...] = ()


class Backup:
    """One run of one target. Steps run in other processes, so everything it knows comes from ledger, settings and spool."""

    def __init__(self, tools: Tools, run: str) -> None:
        """Look the run up; Refused where the ledger does not know it."""
        self.tools, self.ledger = tools, tools.ledger
        entry = tools.ledger.entry(run)
        self.run: Run = entry.run
        self._shelf = entry.note("shelf") or self.run.target
        structlog.contextvars.bind_contextvars(target=self.run.target)  # until the step ends
        self._dumped: Dumped | None = None

    @cached_property
    def stores(self) -> tuple[Store, ...]:
        """The required stores of the plan."""
        return tuple(self.tools.store(name) for name in self.tools.plan(self.run.target).required)

    def begin(self) -> None:
        """Leave the start mark. A dump that was started before is never started again: its retry is a new run."""
        self.ledger.alive(self.run.id)
        if not self.ledger.claim(self.run.id, "dump"):
            raise Permanent("the dump was lost with its worker process and cannot go on; the retry is a new run")

    def segments(self) -> Iterator[Segment]:
        """Read the target and cut; at the end, its facts are known."""
        cutter = Cutter(self.tools.room, self.run.id, self._wait, self._stays)
        source = self.tools.source(self.run.target, self._tell, lambda read: self.ledger.count(self.run.id, dumped__bytes=read))
        source = metering.metered(self.ledger, self.run, source)
        expiry.expire(self.tools, self.run, source)
        pace = Pace(self.tools.plan(self.run.target).throttle.rate)
        if self.run.kind is Kind.FULL:
            self.ledger.count(self.run.id, expected__bytes=source.size())
        with chains.reading(self.tools, self.run, source) as found:
            self._lie_on(found.shelf)
            if found.instead:
                self._turn()
            for part in found.dump.parts():
                with closing(cutter.cut(pace.keep(part))) as cut:  # its threads MUST end before the dump does, whatever happens here
                    for segment in cut:
                        self.ledger.count(self.run.id, dumped__bytes=segment.plain.bytes, dumped__segments=1)
                        indexes.keep(self.tools, self.run, segment)  # before it goes on its way, and is gone
                        yield segment
                        self.ledger.alive(self.run.id)
            facts = _explained(repositories.added(self.tools, self.run, source, found.dump.facts()), found.instead)
            self._dumped = Dumped(cutter.count, facts, found.parent, found.pins(facts))

    def _turn(self) -> None:
        """Go on as a full backup, for all steps that come: nothing of the run lies in a store yet."""
        self.run = replace(self.run, kind=Kind.FULL, backup=new_backup_id(Kind.FULL, self.run.opened))
        self.ledger.turn(self.run)

    def _lie_on(self, shelf: str) -> None:
        """Note where the backup lies, for the steps after this one."""
        self._shelf = shelf
        self.ledger.note(self.run.id, "shelf", shelf)

    def _tell(self, waiting: str) -> None:
        """Note what the dump waits for, where people look."""
        self.ledger.note(self.run.id, WAITING, waiting)

    def _wait(self) -> None:
        self.ledger.alive(self.run.id)
        sleep(LOOK)

    def dumped(self) -> Dumped:
        """What the dump says to seal; call it after the segments are exhausted."""
        if self._dumped is None:
            raise Permanent("the dump did not come to its end")
        return self._dumped

    def checksum(self, segment: Segment) -> Segment:
        """Prove the spooled file by the CRC-64 that was made while it was cut, and make the SHA-256 of the same bytes."""
        self.ledger.alive(self.run.id)
        path = files.plain(self.tools.room, self.run.id, segment)
        if not path.exists():  # compress removes it; a redelivered message has nothing left to prove here
            return replace(segment, plain=self._plain_before(segment, path))
        sums = checksum.sums_of(path)
        expect(segment, cut_form(path), Form(sums.form.bytes, sums.crc), "the spool")
        repositories.prove(self.tools, self.run, path)
        files.write_note(path, sums)
        return replace(segment, plain=sums.form)

    def _plain_before(self, segment: Segment, path: Path) -> Form:
        """The plain form as an earlier message about it made it."""
        freed, note = files.freed(self.tools.room, self.run.id, segment), files.read_note(path, gone=True)
        form = freed.plain if freed else note.form if note else None
        if form is None or not form.sha256:
            raise Permanent(f"{path} is missing")
        return form

    def compress(self, segment: Segment) -> Segment:
        """Write the stored form; a retry reuses what was recorded, because age's output is never twice the same."""
        self.ledger.alive(self.run.id)
        room, run = self.tools.room, self.run.id
        plain, stored = files.plain(room, run, segment), files.stored(room, run, segment)
        form = self._stored_before(segment, stored)
        if form is None:
            form = self._encode(segment, plain, stored)
            self.ledger.count(run, stored__bytes=form.bytes)
        plain.unlink(missing_ok=True)
        room.resize(run, segment.number, form.bytes)
        suffix = "".join(transform.suffix for transform in self.tools.encoders(self.run.target))
        return replace(segment, stored=form, suffix="" if form == segment.plain else suffix)  # no encoder's output is its input

    def _stored_before(self, segment: Segment, path: Path) -> Form | None:
        """The stored form as an earlier message about it made it; None where there was none."""
        if note := files.read_note(path):
            return note.form
        freed = files.freed(self.tools.room, self.run.id, segment)
        return freed.stored if freed else None

    def _encode(self, segment: Segment, plain: Path, stored: Path) -> Form:
        """The stored form; what does not compress, and nobody encrypts, is the plain one by another name, which upload proves."""
        if not self._stays(plain):
            made = stream.encode(plain, stored, self.tools.encoders(self.run.target), stream.Expected(cut_form(plain), Crc64))
            files.write_note(stored, made)
            return made.form
        files.write_note(stored, Sums(segment.plain, cut_form(plain).sha256))  # first: a note without its file counts for nothing
        plain.rename(stored)
        return segment.plain

    def _stays(self, plain: Path) -> bool:
        """Whether a plain form will be the stored one as well. The dump asks it too: then it needs no room for another."""
        return not self.tools.plan(self.run.target).recipients and not sample.compresses(plain)

    def upload(self, segment: Segment) -> Segment:
        """Put the stored form into every required store; the same again is success, even after `verify` has read all copies."""
        self.ledger.alive(self.run.id)
        if files.freed(self.tools.room, self.run.id, segment):
            return segment
        path = files.stored(self.tools.room, self.run.id, segment)
        form = stored_form(segment)
        crc = noted_crc(path, form)
        for store in self.stores:
            store.put(manifest.segment_key(self._shelf, self.run.backup, segment), path, form, crc)
        repositories.carry(self.tools, self.run, segment)
        return segment

    def verify(self, segment: Segment) -> Segment:
        """Read every copy back, or ask for it as the plan says, and compare; only then its room in the spool is freed."""
        self.ledger.alive(self.run.id)
        key, plan = manifest.segment_key(self._shelf, self.run.backup, segment), self.tools.plan(self.run.target)
        for store in self.stores:
            expect(segment, stored_form(segment), proven(store, key, self.run.kind, plan), store.name)
        repositories.audit(self.tools, self.run, segment, self.stores)
        if not files.freed(self.tools.room, self.run.id, segment):
            files.free(self.tools.room, self.run.id, segment, stored_form(segment))
            self.ledger.count(self.run.id, verified__bytes=stored_form(segment).bytes, verified__segments=1)
        return replace(segment, copies=tuple(store.name for store in self.stores))

    def seal(self, parts: list[Any]) -> str:
        """Prove that nothing is missing, write the manifest to every store, read it back, free the lock."""
        if self.ledger.entry(self.run.id).state == "done":  # sealed, and the worker died before it could say so
            return self.run.backup
        self.ledger.alive(self.run.id)
        dumped, segments = decode(Dumped, parts[0]), in_order(decode(Segment, part) for part in parts[1:])
        whole(dumped, segments, tuple(store.name for store in self.stores))
        key = manifest.manifest_key(self._shelf, self.run.backup)
        made = self._manifest(dumped, segments)
        sealed = self._sealed_before(key) or manifest.seal(made)
        form = checksum.form_of(sealed)
        for store in self.stores:
            store.put(key, sealed, form)
            with store.open(key) as copy:
                manifest.read(copy.read())
        self.tools.room.clear(self.run.id)
        for name, amount in (("plain", made.plain), ("stored", made.stored)):
            self.ledger.note(self.run.id, name, str(amount))
        self.ledger.note(self.run.id, "segments", str(len(segments)))
        self.ledger.note(self.run.id, "warnings", "\n".join(dumped.facts.warnings))
        self.ledger.note(self.run.id, "copies", ", ".join(store.name for store in self.stores))
        self.ledger.close(self.run.id, "done")
        return self.run.backup

    def _sealed_before(self, key: str) -> bytes | None:
        """The manifest that an earlier try of this very seal wrote: its time of ending must not change."""
        for store in self.stores:
            if store.stat(key):
                with store.open(key) as copy:
                    body = copy.read()
                if manifest.read(body).run == self.run.id:
                    return body
        return None

    def _manifest(self, dumped: Dumped, segments: tuple[Segment, ...]) -> Manifest:
        target, plan = self.tools.target(self.run.target), self.tools.plan(self.run.target)
        return Manifest(
            id=self.run.backup,
            target=self._shelf,
            source=target.source,
            kind=Kind(self.run.kind),
            parent=dumped.parent,
            host=self.run.host,
            run=self.run.id,
            started=self.run.opened,
            ended=datetime.now(UTC),
            facts=dumped.facts,
            segments=segments,
            recipients=tuple(plan.recipients),
            required=tuple(plan.required),
            writer=f"canvasback {VERSION}",
            pins=dumped.pins,
            label=manifest.SAFETY if self.run.then else "",
        )


def _explained(facts: Facts, instead: str) -> Facts:
    """The facts with why the backup is a full, where another kind was asked for."""
    return replace(facts, warnings=(f"made as a full backup: {instead}", *facts.warnings)) if instead else facts


def in_order(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Segments by their numbers: they are sent on as their files are whole, which is another order where several are cut at once."""
    return tuple(sorted(segments, key=lambda segment: segment.number))


def whole(dumped: Dumped, segments: tuple[Segment, ...], required: tuple[str, ...]) -> None:
    """Permanent where a segment is missing, doubled, out of order, or not proven in every required store."""
    numbers = [segment.number for segment in segments]
    if numbers != list(range(1, dumped.segments + 1)):
        raise Permanent(f"the dump cut {dumped.segments} segments, but {len(numbers)} came back: {numbers[:20]}")
    for segment in segments:
        if segment.copies != required:
            raise Permanent(f"segment {segment.number} is proven in {segment.copies}, required are {required}")
