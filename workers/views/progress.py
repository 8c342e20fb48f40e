"""Progress of one run, from the ledger's counters: bytes, rate, time left. Looking changes nothing; Ctrl-C leaves the run going."""

import time
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from workers.alerts.words import duration, size
from workers.catalog.ledger import Entry, Ledger
from workers.errors import Refused

LOOK = 0.25  # seconds between two looks
APPEARS = 15.0  # seconds a run may take to appear: control has to take it from its queue first


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what is counted, and what it is counted against (None: nobody knows how much there will be)."""

    label: str
    done: str
    total: str | None


BARS = {
    "backup": (Bar("dump", "dumped.bytes", "expected.bytes"), Bar("upload + verify", "verified.bytes", None)),
    "restore": (Bar("fetch + verify", "fetched.bytes", None), Bar("load", "loaded.bytes", "expected.bytes")),
}


def watch(ledger: Ledger, run: str, console: Console) -> Entry:
    """Show a run until it ends; the entry it ended with."""
    entry = appear(ledger, run)
    columns = (TextColumn("{task.description:16}"), BarColumn(), DownloadColumn(True), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=not console.is_terminal) as progress:
        tasks = [(bar, progress.add_task(bar.label, total=None)) for bar in BARS[entry.run.work]]
        while True:
            for bar, task in tasks:
                _update(progress, task, bar, entry)
            if entry.state != "open":
                return entry
            time.sleep(LOOK)
            entry = ledger.entry(run)


def appear(ledger: Ledger, run: str) -> Entry:
    """The entry of a run that was only just sent. Refused, saying what to start, where control does not take it."""
    end = time.monotonic() + APPEARS
    while True:
        try:
            return ledger.entry(run)
        except Refused as error:
            if time.monotonic() > end:
                raise Refused(f"{error.reason}; is a worker of control running? make topology tells how to start it") from error
            time.sleep(LOOK)


def _update(progress: Progress, task: TaskID, bar: Bar, entry: Entry) -> None:
    done = entry.counter(bar.done)
    total = entry.counter(bar.total) if bar.total else None
    if entry.state == "done":
        total = done
    elif total is not None:
        total = max(total, done)  # the server's estimate may be too small
    progress.update(task, completed=done, total=total)


def ending(entry: Entry) -> str:
    """How a run ended, in one sentence."""
    took = duration(entry.closed - entry.run.opened) if entry.closed else "?"
    if entry.state == "done" and entry.run.order:
        rows, expected = int(entry.note("rows") or 0), entry.note("expected")
        of = f" of {int(expected):,}" if expected else " (the manifest has an estimate)"
        counted = f"{entry.note('tables')} tables, {rows:,}{of} rows"
        return f"Restored into {entry.run.order.into} and proven in {took}: {counted}.{_left_out(entry)}"
    if entry.state == "done":
        stored, segments = size(float(entry.note("stored") or 0)), entry.note("segments")
        copies = entry.note("copies")
        return f"Sealed {entry.run.backup} in {took}: {stored} in {copies}, {segments} of {segments} segments read back.{_left_out(entry)}"
    reason = f"{entry.reason.step}: {entry.reason.reason}" if entry.reason else "nobody said why"
    return f"{entry.run.work.capitalize()} of {entry.run.target} {entry.state} after {took}: {reason}"


def _left_out(entry: Entry) -> str:
    return "".join(f"\n  ! {line}" for line in (entry.note("warnings") or "").splitlines() if line)
