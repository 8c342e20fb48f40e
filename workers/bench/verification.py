"""The hands of a verification: a backup is restored to a place of its own, counted, looked at, and the place is gone again.

Three verdicts. `passed`: every segment was proven from a store and loaded, everything is as the manifest says, and nothing is wrong
with the copy that is right with the live data. `failed`: the backup is bad. `error`: nobody knows, for something else went wrong.
One task in one process does all of it, because a scratch server ends with the process that started it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from workers.artifact import Order, Outcome, Role, Run, Segment
from workers.bench import planning
from workers.bench.opening import Opening, bound
from workers.bench.restore import Restore, equal
from workers.bench.tools import Tools
from workers.bench.verdict import FAILED, NOTE, PASSED, WORK
from workers.catalog import index
from workers.catalog.ledger import Ledger
from workers.catalog.manifest import Manifest
from workers.errors import Corrupt, Failure, Permanent, Refused, RunFailed
from workers.ports import Look, Trial, TrialGround, TrialSource
from workers.spool import files

EMPTY, GROWS = 300 << 20, 2  # bytes of a server that holds nothing yet; a database takes up to so many times the bytes of its SQL


@dataclass(frozen=True, slots=True)
class Barred(Opening):
    """An opening that cannot go on: the run is recorded all the same, so that people hear why."""

    failure: Failure

    def take(self, ledger: Ledger) -> bool:
        """Record the run, and raise what stands against it."""
        Opening.take(self, ledger)
        raise self.failure


def lock(tools: Tools, target: str) -> str:
    """The lock of a verification: one at a time per host; restores do not wait for it."""
    return f"verify:{tools.target(target).host}"


def opening(tools: Tools, target: str, backup: str | None, run: str) -> Opening:
    """The opening of a verification."""
    opened, locks = bound(tools, Run(run, WORK, target, tools.target(target).host, backup or "newest")), (lock(tools, target),)
    try:
        manifest = chosen(tools, target, backup)
    except Failure as failure:
        return Barred(opened, locks, failure)
    server = str(folder(tools, run) / "server") if manifest.facts.mode == "physical" else ""  # all of it is tried, as of a new server
    order = Order(manifest.id, manifest.facts.place, manifest.facts.place, manifest.facts, scratch=True, server=server)
    return Opening(replace(opened, backup=manifest.id, order=order), locks)


def chosen(tools: Tools, target: str, backup: str | None) -> Manifest:
    """The backup that is named, else the newest. Refused where it holds nothing that could be tried."""
    entry = planning.newest(tools, target) if backup is None else index.find(tools.stores_of(target), target, backup)
    if entry.manifest.names_logs:
        raise Refused(f'{entry.manifest.id} holds no data of its own; verify("{target}") takes the newest backup that does')
    return entry.manifest


def clear(tools: Tools, run: Run) -> None:
    """Remove what the trial of a run may have left on this host; nothing, where the run was no verification."""
    source = tools.source(run.target) if run.work == WORK else None
    if isinstance(source, TrialSource):
        shutil.rmtree(folder(tools, run.id), ignore_errors=True)
        source.clear_trial(run.id)


def folder(tools: Tools, run: str) -> Path:
    """Where the scratch server of a run lives."""
    return tools.settings.scratch_dir / run


class Verification(Restore):
    """One verification. What it knows comes from ledger, stores and spool, as in a restore."""

    def begin(self) -> None:
        """Leave the start mark. One that was started before is not started again, and leaves nothing."""
        self.ledger.alive(self.run.id)
        if not self.ledger.claim(self.run.id, WORK):
            clear(self.tools, self.run)
            raise Permanent("the verification was lost with its worker process; the retry is a new run")
        if self.manifest.recipients and self.tools.identity is None:
            raise Refused(f"backup {self.manifest.id} is encrypted, and {self.run.host} has no secret age_identity to open it")
        self.ledger.count(self.run.id, expected__bytes=sum(segment.plain.bytes for segment in self._of(Role.DATA)))

    def try_(self) -> None:
        """Do all of it, and note what was found. Permanent, with the verdict noted, where the backup is bad."""
        self.begin()
        with self._place() as trial:
            self.ledger.note(self.run.id, "where", trial.where)
            with self._judged(trial):
                outcome = self._copy(trial)
                equal(self.order.expected, outcome.counts)
            self._note(outcome, trial.look())

    def close(self) -> str:
        """End the run as done: the backup has passed. Returns its id."""
        self.ledger.note(self.run.id, NOTE, PASSED)
        self.tools.room.clear(self.run.id)
        self.ledger.close(self.run.id, "done")
        return self.order.backup

    @contextmanager
    def _place(self) -> Iterator[Trial]:
        source = self.tools.source(self.run.target)
        if not isinstance(source, TrialSource):
            raise Refused(f"backups of {self.run.target} cannot be tried yet; there is no way for source {self.manifest.source}")
        room = EMPTY + GROWS * sum(segment.plain.bytes for segment in self.manifest.segments)
        place = folder(self.tools, self.run.id)
        try:
            with source.trial(self.order, TrialGround(self.run.id, place, room)) as trial:
                yield trial
        finally:
            shutil.rmtree(place, ignore_errors=True)

    @contextmanager
    def _judged(self, trial: Trial) -> Iterator[None]:
        """What goes wrong in here speaks against the backup, unless the place itself is to blame."""
        try:
            yield
        except RunFailed:
            raise
        except Permanent as failure:
            if why := trial.blame():
                raise Permanent(f"{why} ({failure.reason})") from failure
            raise self._condemned(failure) from failure

    def _condemned(self, failure: Failure) -> Failure:
        self.ledger.note(self.run.id, NOTE, FAILED)
        return failure

    def _copy(self, trial: Trial) -> Outcome:
        """Every segment once: brought from the first store whose copy is good, proven, loaded. Accounts are proven only."""
        trial.prepare(self._brought(self._of(Role.SCHEMA)))
        for segment in self.segments():
            trial.load(segment, self._plain(segment))
            self.ledger.count(self.run.id, loaded__bytes=segment.plain.bytes, loaded__segments=1)
            files.remove(self.tools.room, self.run.id, segment)
        return trial.finish(self._brought(self._of(Role.SCHEMA, Role.CORRECTION, Role.POST_DATA, Role.ACCOUNTS)))

    def _plain(self, segment: Segment) -> Path:
        self.decompress(self.verify(self.fetch(segment)))
        return files.plain(self.tools.room, self.run.id, segment)

    def _note(self, outcome: Outcome, look: Look) -> None:
        exact = all(count.exact for count in self.order.expected)
        notes = {
            "tables": str(len(outcome.counts)),
            "rows": str(sum(count.rows for count in outcome.counts)),
            "expected": str(sum(count.rows for count in self.order.expected)) if exact else "",
            "relations": "\n".join(look.relations),
            "keys": "\n".join(look.keys),
            "flaws": "\n".join((*(flaw.words for flaw in look.flaws), *self._bad_copies())),
        }
        for name, text in notes.items():
            self.ledger.note(self.run.id, name, text)
        self._judge(look)

    def _bad_copies(self) -> list[str]:
        """Copies that were bad in one store, while the next had a good one."""
        notes = self.ledger.entry(self.run.id).notes
        return [f"bad copy {name.removeprefix('bad:')}: {words}" for name, words in notes if name.startswith("bad:")]

    def _judge(self, look: Look) -> None:
        if own := [flaw.words for flaw in look.flaws if flaw.own]:
            raise self._condemned(Corrupt(f"the copy is not what the live data are: {'; '.join(own)}"))
        if unknown := [flaw.words for flaw in look.flaws if flaw.own is None]:
            raise Permanent(f"the live data could not be asked whether they are so, too: {'; '.join(unknown)}")
