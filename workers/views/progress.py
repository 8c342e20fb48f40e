"""Progress of one run, from the ledger's counters: bytes, rate, time left. Looking changes nothing; Ctrl-C leaves the run going."""

import time
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from workers.alerts.words import count, duration, size, stamp, until
from workers.artifact import Run
from workers.bench import safety, verdict
from workers.catalog.ledger import SERVER, WAITING, Entry, Ledger
from workers.catalog.manifest import SAFETY
from workers.errors import Refused

LOOK = 0.25  # seconds between two looks
APPEARS = 15.0  # seconds a run may take to appear: control has to take it from its queue first


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what is counted, and what it is counted against (None: nobody knows how much there will be)."""

    label: str
    done: str
    total: str | None


MOMENT = (
    Bar("base", "loaded.bytes", "expected.bytes"),
    Bar("logs", "brought.logs", "expected.logs"),
    Bar("replay", "replayed.bytes", "expected.replay"),
    Bar("load", "carried.bytes", "expected.carried"),
)
BARS = {
    "backup": (Bar("dump", "dumped.bytes", "expected.bytes"), Bar("upload + verify", "verified.bytes", "stored.bytes")),
    "verify": (Bar("fetch + verify", "fetched.bytes", None), Bar("load", "loaded.bytes", "expected.bytes")),
    "restore": (Bar("fetch + verify", "fetched.bytes", None), Bar("load", "loaded.bytes", "expected.bytes")),
}


class Rate(ProgressColumn):
    """Bytes a second, in the units of all other sizes."""

    def render(self, task: Task) -> Text:
        """`182.1 MiB/s`, or `–` while nothing can be said."""
        speed = task.finished_speed or task.speed
        return Text(f"{size(speed)}/s" if speed else "–", style="progress.data.speed")


class Left(ProgressColumn):
    """How long it still takes."""

    def render(self, task: Task) -> Text:
        """`31 s left`, `done`, or nothing while nobody knows."""
        if task.finished:
            return Text("done")
        left = task.time_remaining
        return Text(f"{duration(timedelta(seconds=left))} left" if left else "", style="progress.remaining")


def watch(ledger: Ledger, run: str, console: Console) -> Entry:
    """Show a run until it ends, its safety backup before it; the entry it ended with."""
    entry = appear(ledger, run)
    columns = (TextColumn("{task.description:23}"), BarColumn(), DownloadColumn(True), Rate(), Left())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        listed = [(entry.run.first, bar, f"safety: {bar.label}") for bar in BARS["backup"] if entry.run.first]
        listed += [(run, bar, bar.label) for bar in bars(entry.run)]
        tasks = [(shown, bar, progress.add_task(label, total=None)) for shown, bar, label in listed]
        waiting, beside = "", None
        while True:
            first = _known(ledger, entry.run.first)
            waiting = _say_waiting(progress.console, first or entry, waiting)
            for shown, bar, task in tasks:
                if found := entry if shown == run else first:
                    _update(progress, task, bar, found)
            if far := by_itself(entry):
                beside = progress.add_task("server", total=None) if beside is None else beside
                progress.update(beside, completed=far[0], total=max(far))
            if entry.state != "open":
                return entry
            time.sleep(LOOK)
            entry = ledger.entry(run)


def bars(run: Run) -> tuple[Bar, ...]:
    """What is counted of a run."""
    return MOMENT if run.order and run.order.until else BARS[run.work]


def by_itself(entry: Entry) -> tuple[int, int] | None:
    """How many bytes of how many the server of a run has done by itself; None where it has nothing to do, or has not begun."""
    done, _, expected = (entry.note(SERVER) or "").partition("/")
    return (int(done), int(expected)) if expected else None


def _say_waiting(console: Console, entry: Entry, before: str) -> str:
    """Print what a dump waits for, where it is something else than before; what it waits for now."""
    now = entry.note(WAITING) or ""
    if now not in ("", before):
        console.print(going(entry))
    return now


def _known(ledger: Ledger, run: str | None) -> Entry | None:
    """The safety backup of a restore, as soon as it was opened."""
    try:
        return ledger.entry(run) if run else None
    except Refused:
        return None


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
    if entry.run.work == verdict.WORK:
        return f"{verdict.words(entry)} It took {took}."
    if entry.state == "done" and entry.run.order:
        rows, expected = int(entry.note("rows") or 0), entry.note("expected")
        of = f" of {int(expected):,}" if expected else " (the manifest has an estimate)"
        table, row = (entry.note("counted") or "table row").split()
        counted = f"{count(int(entry.note('tables') or 0), table)}, {rows:,}{of} {row}s"
        before = f"\n  · {words}" if (words := safety.words(entry)) else ""
        return f"Restored into {entry.run.order.goal} and proven in {took}: {counted}.{_left_out(entry)}{before}"
    if entry.state == "done":
        stored, segments = size(float(entry.note("stored") or 0)), entry.note("segments")
        copies = entry.note("copies")
        return f"Sealed {entry.run.backup} in {took}: {stored} in {copies}, {segments} of {segments} segments read back.{_left_out(entry)}"
    reason = f"{entry.reason.step}: {entry.reason.reason}" if entry.reason else "nobody said why"
    return f"{entry.run.work.capitalize()} of {entry.run.target} {entry.state} after {took}: {reason}"


def going(entry: Entry) -> str:
    """What an open run does, or what it waits for."""
    waiting = entry.note(WAITING)
    return f"It waits: {waiting}." if waiting else "It is still going."


def advice(entry: Entry) -> str:
    """What to do next."""
    run, target = entry.run, entry.run.target
    if entry.state == "open":
        return f'watch("{run.id}") shows it'
    if entry.alert.startswith(("waiting", "undelivered")):
        return "people were not told yet: mend the channel; the words of it are above"
    if run.work == verdict.WORK:
        return verdict.advice(entry)
    if entry.state == "done" and run.order:
        return "look at what came back, then point the application to it"
    if entry.state == "done":
        return f'plan(restore="{target}", backup="{run.backup}", into="…") tells how it comes back'
    again = f'restore("{target}", …)' if run.order else f'backup("{target}")'
    return f"mend the reason (doctor() looks at everything), then {again} begins a new run"


def cancelling(entry: Entry) -> str:
    """What is about to be cancelled, and what that leaves."""
    run = entry.run
    place = f"{run.order.goal} stays half made" if run.order and safety.touched(entry) else "nothing was changed"
    left = place if run.work == "restore" else "the trial is removed" if run.work == verdict.WORK else "nothing is sealed"
    return f'Cancel {run.work} {run.id} of {run.target}: its steps stop within seconds, {left}. watch("{run.id}") shows its end.'


def bad_copies(entry: Entry) -> str:
    """Copies that a restore found bad in a store, one a line; the next store's was taken."""
    return "\n".join(f"  ! bad copy {name.removeprefix('bad:')}: {words}" for name, words in entry.notes if name.startswith("bad:"))


def heading(entry: Entry, zone: ZoneInfo) -> str:
    """Which run it is, in one line."""
    run = entry.run
    into = f" into {run.order.goal}" if run.order and run.work == "restore" else ""
    into = f" to {until(run.order.until, zone)}{into}" if run.order and run.order.until else into
    took = f" · took {duration(entry.closed - run.opened)}" if entry.closed else ""
    tied = f" · {SAFETY} of {run.then}" if run.then else f" · after safety backup {run.first}" if run.first else ""
    return f"run {run.id} · {run.work} of {run.target}{into}{tied} on {run.host} · {entry.state} · began {stamp(run.opened, zone)}{took}"


def _left_out(entry: Entry) -> str:
    return "".join(f"\n  ! {line}" for line in (entry.note("warnings") or "").splitlines() if line)
