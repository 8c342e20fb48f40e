"""The operator's desk: verbs for a Python shell. Everything is checked here, before anything is sent.

`python -m tasks.shell` opens IPython with these verbs; `-c 'backup("community", wait=True)'` runs one line and ends with
0 (done), 1 (the run failed) or 2 (refused).
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, validate_call
from rich.console import Console

from tasks import desk
from workers.artifact import Kind, encode, new_run_id
from workers.bench import chains, opening, planning
from workers.bench import doctor as doctors
from workers.bench.planning import RestorePlan
from workers.broker import check
from workers.catalog import index
from workers.celery import app
from workers.errors import Permanent, Refused
from workers.topology import CONTROL
from workers.views import faults, progress, tables, windows

RUN = re.compile(r"[0-9a-f]{8}")
PIPED = 160  # columns where the output is no terminal
PING = 2.0  # seconds a worker has to answer; it does so from its main process, however busy its others are

# Reasons hold brackets and colons of their own: nothing in them is markup or the name of an emoji.
console = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else PIPED)


@dataclass(frozen=True, slots=True)
class Sent:
    """A run that was sent: give it to `watch` or `why`."""

    run: str

    def __repr__(self) -> str:
        """How to come back to it."""
        return f'run {self.run} was sent · watch("{self.run}") · why("{self.run}")'


@dataclass(frozen=True, slots=True)
class Planned:
    """A restore that was thought through; `run()` does it."""

    found: RestorePlan

    def __repr__(self) -> str:
        """What would happen."""
        return tables.plan(self.found, app.settings.time_zone)

    def run(self) -> Sent:
        """Send it; Refused where another run stands in the way by now."""
        planning.free(app.tools, opening.restore(app.tools, self.found.target, self.found.order, None))
        run = new_run_id()
        app.send_task("start.restore", (self.found.target, encode(self.found.order), run), queue=CONTROL)
        return Sent(run)


def targets() -> None:
    """Every target against its RPO: newest backup, age, objective, copies."""
    console.print(tables.targets(desk.rows(app.tools), datetime.now(UTC), app.settings.time_zone))


@validate_call
def backups(target: str | None = None) -> None:
    """Backups of a target (of all), newest first; damaged and half ones are shown as such."""
    stores = app.tools.stores_of(target) if target else tuple(app.tools.store(name) for name in app.settings.stores)
    listing = index.backups(stores, target)
    console.print(tables.backups(listing, app.settings.time_zone))
    if not listing.entries:
        desk.offer(app.tools, console, 'backup("{}")')


@validate_call
def backup(target: str | None = None, kind: str = Kind.FULL, wait: bool = False) -> Sent | None:
    """Back up a target now; `wait=True` watches it to its end."""
    if target is None:
        desk.offer(app.tools, console, 'backup("{}")')
        return None
    row = app.tools.target(target)
    kinds = opening.kinds(app.tools, target)
    if kind not in kinds:
        raise Refused(f"kind {kind!r} cannot be made of {target}; there is: {', '.join(kinds)}")
    planning.free(app.tools, opening.backup(app.tools, target, Kind(kind), None, None))
    console.print(f"Back up {target} ({row.source} on {row.host}) into {', '.join(app.tools.plan(target).required)}")
    run = new_run_id()
    app.send_task("start.backup", (target, kind, None, run), queue=CONTROL)
    return _sent(run, wait)


@validate_call
def window(target: str | None = None) -> None:
    """To which moments a target can be brought back, and the RPO now."""
    if target is None:
        desk.offer(app.tools, console, 'window("{}")')
        return
    found = chains.stretches(app.tools, target, app.tools.stores_of(target))
    asked = windows.Asked(target, datetime.now(UTC), app.settings.time_zone, app.tools.plan(target).objectives.rpo)
    console.print(windows.table(found, asked.zone))
    console.print(windows.sentence(found, asked), soft_wrap=True)


@validate_call
def plan(
    restore: str | None = None,
    *,
    backup: str | None = None,
    into: str | None = None,
    at: str | datetime | None = None,
    confirm: str | None = None,
) -> Planned | None:
    """What a restore would do; changes nothing. `_.run()` does it."""
    if restore is None:
        desk.offer(app.tools, console, 'plan(restore="{0}", into="{0}_restored")')
        return None
    app.tools.target(restore)
    if at is not None:
        raise planning.at(app.tools, restore, at)
    return Planned(planning.restore(app.tools, desk.ask, restore, backup, into, confirm))


@validate_call
def restore(
    target: str | None = None, *, backup: str | None = None, into: str | None = None, confirm: str | None = None, wait: bool = False
) -> Sent | None:
    """Restore a backup (the newest, where none is named) into `into`, or over the live place with `confirm="<target>"`."""
    if target is None:
        desk.offer(app.tools, console, 'restore("{0}", into="{0}_restored")')
        return None
    planned = plan(target, backup=backup, into=into, confirm=confirm)
    if planned is None:
        return None
    console.print(repr(planned), soft_wrap=True)
    return _sent(planned.run().run, wait)


def _sent(run: str, wait: bool) -> Sent | None:
    if not wait:
        return Sent(run)
    watch(run)
    return None


@validate_call
def watch(run: Sent | str | None = None) -> None:
    """Progress of a run (the newest, where none is named) until it ends. Ctrl-C leaves it going."""
    name = _name(run)
    try:
        entry = progress.watch(app.tools.ledger, name, console)
    except KeyboardInterrupt:
        console.print(f'It goes on. watch("{name}") comes back to it.')
        return
    console.print(progress.ending(entry), soft_wrap=True)
    if entry.state != "done":
        kind = Refused if entry.state == "refused" else Permanent
        raise kind(f'run {name} {entry.state}: why("{name}") shows its steps and what to do next')


def _name(run: Sent | str | None) -> str:
    """The id of a run; Refused for what cannot be one, so that only an id that may have been sent just now is waited for."""
    name = run.run if isinstance(run, Sent) else desk.newest(app.tools, run)
    return name if RUN.fullmatch(name) else app.tools.ledger.entry(name).run.id


@validate_call
def runs(newest: Annotated[int, Field(ge=1, le=10_000)] = 20) -> None:
    """The newest runs."""
    console.print(tables.runs(app.tools.ledger.runs(newest), app.settings.time_zone))


@validate_call
def why(run: Sent | str | None = None) -> None:
    """What a run did, step by step, how it ended, whether people were told, and what to do next."""
    name, zone = _name(run), app.settings.time_zone
    entry = app.tools.ledger.entry(name)
    console.print(progress.heading(entry, zone), soft_wrap=True)
    console.print(tables.steps(app.tools.ledger.steps(name), zone))
    lines = [progress.bad_copies(entry), progress.ending(entry) if entry.state != "open" else "It is still going."]
    lines += [f"alert: {entry.alert or 'not sent'}", f"next:  {progress.advice(entry)}"]
    console.print("\n".join(line for line in lines if line), soft_wrap=True)


@validate_call
def cancel(run: Sent | str | None = None) -> None:
    """End a run that is going: its steps stop within seconds, nothing is sealed, its lock and its spool are freed."""
    if run is None:
        desk.offer_open(app.tools, console, 'cancel("{}")')
        return
    entry = app.tools.ledger.entry(_name(run))
    if entry.state != "open":
        raise Refused(f'run {entry.run.id} is {entry.state} already; why("{entry.run.id}") tells how it ended')
    console.print(progress.cancelling(entry), soft_wrap=True)
    app.send_task("housekeeping.cancel", (entry.run.id, desk.me()), queue=CONTROL)


def doctor() -> None:
    """Whether everything that backups need is there: broker, stores, secrets, clocks, workers, and every target as its host sees it."""
    tools, url = app.tools, app.settings.broker_url().get_secret_value()
    found = [*check.findings(url), *doctors.clock(url), *doctors.stores(tools), *doctors.kept_secrets(app.settings)]
    if found[0].ok:  # without a broker no worker can be asked, and every one of them would look missing
        answering = frozenset(name for reply in app.control.ping(timeout=PING) for name in reply)
        look = doctors.Round(tools, answering, desk.question)
        found += [*look.workers(), *look.targets()]
    console.print(tables.findings(found))
    wrong = sum(not finding.ok for finding in found)
    if wrong:
        console.print(f"What would mend it:\n{tables.remedies(found)}", soft_wrap=True)
    console.print(f"{wrong} fault{'s' if wrong > 1 else ''} in {len(found)} answers." if wrong else f"All well: {len(found)} answers.")


def help_() -> None:
    """What can be asked."""
    for name, verb in VERBS.items():
        console.print(f"  {name + '()':12} {(verb.__doc__ or '').splitlines()[0]}", soft_wrap=True)


VERBS: dict[str, Callable[..., Any]] = {
    "doctor": doctor,
    "targets": targets,
    "backups": backups,
    "backup": backup,
    "window": window,
    "plan": plan,
    "restore": restore,
    "cancel": cancel,
    "watch": watch,
    "runs": runs,
    "why": why,
    "help": help_,
}


def say(error: BaseException) -> int:
    """One sentence for an error, and the exit status it means."""
    # Where the settings themselves are refused, there is no address of a broker, and no need of one.
    broker = "" if isinstance(error, Refused) else app.settings.broker.url
    console.print(faults.sentence(error, VERBS, broker), style="red", soft_wrap=True)
    return faults.status(error)


def main(arguments: list[str]) -> int:
    """Open the shell, or run one line of it with `-c`."""
    try:
        if arguments[:1] == ["-c"] and len(arguments) == 2:
            exec(compile(arguments[1], "shell", "single"), dict(VERBS))  # noqa: S102  # the operator's own line
            return 0
        if arguments:
            print("usage: python -m tasks.shell [-c 'LINE']", file=sys.stderr)
            return 2
        _open(desk.banner(app.tools))
    except faults.TOLD as error:
        return say(error)
    return 0


def _open(banner: str) -> None:
    # Only the interactive shell needs IPython; `-c` works without the extra it comes with.
    from IPython.terminal.embed import InteractiveShellEmbed

    def told(_shell: object, _type: object, error: Exception, _trace: object, tb_offset: object = None) -> None:
        say(error)

    shell: Any = InteractiveShellEmbed(banner1=banner + "\n", user_ns=dict(VERBS))  # type: ignore[no-untyped-call]
    shell.set_custom_exc(faults.TOLD, told)
    shell()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
