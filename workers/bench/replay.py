"""The hands of one restore to a moment on its host: a backup goes to a scratch server, logs are replayed there, the result to its place.

Nothing at the place is touched before all of that was proven. The scratch server lives in `<scratch>/<run>` and ends with the thread of the
step that started it; the other steps load into it over its socket. A backup that is a copy of a whole server is unpacked there before.
"""

import shutil
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from workers.artifact import Facts, Kind, Order, Outcome, Role, Segment, decode
from workers.bench import lending
from workers.bench.backup import LOOK
from workers.bench.bringing import LogBringer, bundles
from workers.bench.planning import Over, standing
from workers.bench.restore import Restore, equal
from workers.bench.scratch import EMPTY, GROWS, has_room, make, room
from workers.bench.tools import Tools
from workers.errors import Permanent, Refused
from workers.ports import Ground, Replaying, ReplaySource, Source
from workers.spool import files
from workers.spool.cut import Cutter

Words: TypeAlias = tuple[str, ...]

LOADED = 3  # the rank that is past once a segment was loaded, see `tasks.mirror`


@dataclass(frozen=True, slots=True)
class Carried:
    """What the scratch server held at the moment: its facts, the segments of data that went on their way, and all others."""

    facts: Facts
    sent: tuple[int, ...] = ()
    rest: tuple[Segment, ...] = ()
    warnings: tuple[str, ...] = ()


def hands(tools: Tools, run: str) -> Restore:
    """The hands of a restore: to the backup's own moment, or to a later one."""
    found = Restore(tools, run)
    return Replay(tools, run) if found.run.order and found.run.order.until else found


class Replay(Restore):
    """One restore to a moment."""

    @property
    def folder(self) -> Path:
        """What this run has in the scratch place."""
        return self.tools.settings.scratch_dir / self.run.id

    @cached_property
    def source(self) -> ReplaySource:
        """The driver of the target."""
        source = self.tools.source(self.run.target)
        if not isinstance(source, ReplaySource):
            raise Permanent(f"{self.run.target} has no logs that could be replayed")
        return source

    @cached_property
    def base(self) -> Order:
        """The order of the backup on the scratch server: all of it, under its own name; of a whole server, its files as of a new one."""
        place = str(self._ground.base) if self._whole else ""
        return replace(self.order, into=place or self.order.original, confirm=None, objects=(), until=None, logs=(), server=place)

    @cached_property
    def onward(self) -> Order:
        """The order of what the scratch server holds at the moment: the target's database, whatever the backup was."""
        return self.order.of_one

    @property
    def _whole(self) -> bool:
        return self.order.facts.mode == "physical"

    @property
    def _ground(self) -> Ground:
        return Ground(self.folder, EMPTY + GROWS * self._plain)

    @property
    def _plain(self) -> int:
        return sum(segment.plain.bytes for segment in self.manifest.segments)

    def begin(self) -> None:
        """Leave the start mark. Never twice: its retry is a new run."""
        self.ledger.alive(self.run.id)
        if not self.ledger.claim(self.run.id, "replay"):
            raise Permanent("the replay was lost with its worker process and cannot go on; the retry is a new run")
        lending.prove(self.order, self.source)
        there = None if self.order.server else self.tools.source(self.run.target).place(self.order.into)
        if there and not there.empty and not self.order.confirm:
            raise Refused(standing(self.run.target, self.run.host, there, Over()))
        self.ledger.count(self.run.id, expected__bytes=sum(segment.plain.bytes for segment in self._of(Role.DATA)))

    def segments(self) -> Generator[Segment, None, None]:
        """What has to be loaded: the backup's data into the scratch server, then what that holds at the moment into the place."""
        with self._standing() as ground, ExitStack() as up:
            with self._timed("base"):
                running, odd = yield from (self._files if self._whole else self._rows)(ground, up)
            with self._timed("replay"):
                self._replay(running)
            if self.order.server:
                kept = running.keep(Path(self.order.server))
                self._carried = Carried(replace(self.order.facts, counts=kept.counts), warnings=kept.warnings)
            else:
                yield from self._carry(self.source.scratch(self.folder))
            self._carried = replace(self._carried, warnings=self._carried.warnings + odd)

    def _files(self, ground: Ground, up: ExitStack) -> Generator[Segment, None, tuple[Replaying, Words]]:
        """A whole server: its files are unpacked, once the logs lead to the moment, and a scratch server is started on them."""
        self.source.prove_logs(self.order, ground)
        self.tools.source(self.run.target).prepare(self.base, iter(()))
        yield from super().segments()
        self._wait_for_all()
        running = up.enter_context(self.source.replaying(self.order, ground))
        equal(replace(self.onward, objects=()).expected, running.counts())
        return running, ()

    def _rows(self, ground: Ground, up: ExitStack) -> Generator[Segment, None, tuple[Replaying, Words]]:
        """One database: it is loaded into an empty scratch server. What is told of that was so before the logs."""
        running = up.enter_context(self.source.replaying(self.order, ground))
        scratch = self.source.scratch(self.folder)
        scratch.prepare(self.base, self._brought(self._of(Role.SCHEMA)))
        yield from super().segments()
        self._wait_for_all(running)
        outcome = scratch.finish(self.base, self._brought(self._of(Role.SCHEMA, Role.CORRECTION, Role.POST_DATA)))
        equal(self.base.expected, outcome.counts)
        return running, tuple(f"before the logs: {words}" for words in outcome.warnings)

    @contextmanager
    def _standing(self) -> Iterator[Ground]:
        """The folder, once the logs are there. Only `rest` is left of it where all went well."""
        make(self.folder)
        ground = self._ground
        try:
            entries = bundles(self.tools, self.run.target, self.order.logs)
            whole = sum(segment.plain.bytes for entry in entries for segment in entry.manifest.segments)
            has_room(self.folder, room(self.order.facts.mode, self._plain, whole))
            self.ledger.count(self.run.id, expected__logs=whole)
            with self._timed("logs"):
                LogBringer(self.tools, self.source, ground.logs, self._bad, self._told).bring(entries)
            yield replace(ground, whole=entries[-1].manifest.facts.snapshot if entries else None)
            shutil.rmtree(ground.logs)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        """Count the seconds of a part, for the forecasts of later ones."""
        began = time.monotonic()
        yield
        self.ledger.count(self.run.id, **{f"{part}__seconds": time.monotonic() - began})

    def _told(self, amount: int) -> None:
        self.ledger.alive(self.run.id)
        self.ledger.count(self.run.id, brought__logs=amount)

    def _wait_for_all(self, running: Replaying | None = None) -> None:
        """Until every segment of the backup is in the scratch server, or unpacked for one."""
        left = [segment.number for segment in self._of(Role.DATA)]
        while left := [number for number in left if not self.ledger.past(self.run.id, number, LOADED)]:
            self._wait(running)

    def _wait(self, running: Replaying | None = None) -> None:
        self.ledger.alive(self.run.id)
        if running:
            running.alive()
        time.sleep(LOOK)

    def _replay(self, running: Replaying) -> None:
        before = 0

        def seen(amount: int) -> None:
            nonlocal before
            self.ledger.alive(self.run.id)
            self.ledger.count(self.run.id, replayed__bytes=max(amount - before, 0))
            before = max(amount, before)

        running.replay(seen)
        self.ledger.count(self.run.id, expected__replay=before)

    def _carry(self, scratch: Source) -> Iterator[Segment]:
        """Read the scratch server, make the place ready, and send the data on their way; all else is laid aside for `finish`."""
        cutter = Cutter(self.tools.room, self.run.id, self._wait)
        cutter.count = max(segment.number for segment in self.manifest.segments)
        sent, rest = list[int](), list[Segment]()
        self.ledger.count(self.run.id, expected__carried=scratch.size())
        with scratch.dump(Kind.FULL) as dump:
            for part in dump.parts():
                if part.role is Role.DATA:
                    self._prepare(rest)
                with closing(cutter.cut(part)) as cut:
                    for segment in cut:
                        if part.role is not Role.DATA:
                            rest.append(self._laid(segment))
                        elif self.order.needs(segment):
                            sent.append(segment.number)
                            yield segment
                        else:
                            files.remove(self.tools.room, self.run.id, segment)
            facts = dump.facts()
            self._carried = Carried(facts, tuple(sent), tuple(rest), facts.warnings)

    def _prepare(self, schema: list[Segment]) -> None:
        self._touch()
        self.tools.source(self.run.target).prepare(self.onward, self._lying(schema))

    def _laid(self, segment: Segment) -> Segment:
        """Move a segment out of the spool, which has to be free for data meanwhile."""
        rest = self.folder / "rest"
        rest.mkdir(mode=0o700, exist_ok=True)
        shutil.move(files.plain(self.tools.room, self.run.id, segment), rest / segment.file)
        files.remove(self.tools.room, self.run.id, segment)
        return segment

    def _lying(self, segments: Iterable[Segment]) -> Iterator[tuple[Segment, Path]]:
        return ((segment, self.folder / "rest" / segment.file) for segment in segments)

    def carried(self) -> Carried:
        """What has to be there at the end; call it after the segments are exhausted."""
        return self._carried

    def _put(self, segment: Segment, plain: Path) -> None:
        if segment.stored is None:  # it was never in a store: it comes from the scratch server
            self.tools.source(self.run.target).load(self.onward, segment, plain)
            self.ledger.count(self.run.id, carried__bytes=segment.plain.bytes)
        else:
            place = self.tools.source(self.run.target) if self._whole else self.source.scratch(self.folder)
            place.load(self.base, segment, plain)
            self.ledger.count(self.run.id, loaded__bytes=segment.plain.bytes, loaded__segments=1)

    def finish(self, loaded: list[Any]) -> str:
        """Load what comes after the data, count, and compare with the scratch server at the moment."""
        if self.ledger.entry(self.run.id).state == "done":  # done, and the worker died before it could say so
            return self.order.into
        self.ledger.alive(self.run.id)
        carried, base = decode(Carried, loaded[0]), [segment.number for segment in self._of(Role.DATA)]
        if sorted(loaded[1:]) != [*base, *carried.sent]:
            raise Permanent(f"{len(base) + len(carried.sent)} data segments were to be loaded, {len(loaded) - 1} were")
        place = self._proven(replace(self.order, facts=carried.facts).expected, self._ended(carried))
        shutil.rmtree(self.folder, ignore_errors=True)
        return place

    def _ended(self, carried: Carried) -> Outcome:
        if self.order.server:
            return Outcome(carried.facts.counts, carried.warnings)
        order = replace(self.onward, facts=replace(self.onward.facts, counts=carried.facts.counts))
        outcome = self.tools.source(self.run.target).finish(order, self._lying(carried.rest))
        return replace(outcome, warnings=carried.warnings + outcome.warnings)

    def _of(self, *roles: Role) -> list[Segment]:
        """All of them: which objects are wanted is asked of what the scratch server holds at the moment."""
        return [segment for segment in self.manifest.segments if segment.role in roles]
