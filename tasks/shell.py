"""The operator's desk: verbs for a Python shell. Everything is checked here, before anything is sent.

`python -m tasks.shell` opens IPython with these verbs; `-c 'backup("community", wait=True)'` runs one line and ends with
0 (done), 1 (the run failed) or 2 (refused).
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from tasks import desk
from workers.artifact import Kind, encode, new_run_id
from workers.bench import planning
from workers.bench.planning import RestorePlan
from workers.catalog import index
from workers.celery import app
from workers.errors import Failure, Permanent, Refused
from workers.topology import CONTROL
from workers.views import progress, tables

PIPED = 160  # columns where the output is no terminal

console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPED)


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
        """Send it."""
        run = new_run_id()
        app.send_task("start.restore", (self.found.target, encode(self.found.order), run), queue=CONTROL)
        return Sent(run)


def targets() -> None:
    """Every target against its RPO: newest backup, age, objective, copies."""
    console.print(tables.targets(desk.rows(app.tools), datetime.now(UTC), app.settings.time_zone))


def backups(target: str | None = None) -> None:
    """Backups of a target (of all), newest first; damaged and half ones are shown as such."""
    stores = app.tools.stores_of(target) if target else tuple(app.tools.store(name) for name in app.settings.stores)
    console.print(tables.backups(index.backups(stores, target), app.settings.time_zone))


def backup(target: str | None = None, kind: str = Kind.FULL, wait: bool = False) -> Sent | None:
    """Back up a target now; `wait=True` watches it to its end."""
    if target is None:
        desk.offer(app.tools, console, 'backup("{}")')
        return None
    row = app.tools.target(target)
    if kind != Kind.FULL:
        raise Refused(f"kind {kind!r} cannot be made yet; there is: full")
    console.print(f"Back up {target} ({row.source} on {row.host}) into {', '.join(app.tools.plan(target).required)}")
    run = new_run_id()
    app.send_task("start.backup", (target, kind, None, run), queue=CONTROL)
    return _sent(run, wait)


def plan(
    restore: str | None = None, *, backup: str | None = None, into: str | None = None, at: str | None = None, confirm: str | None = None
) -> Planned | None:
    """What a restore would do; changes nothing. `_.run()` does it."""
    if restore is None:
        desk.offer(app.tools, console, 'plan(restore="{0}", into="{0}_restored")')
        return None
    app.tools.target(restore)
    if at is not None:
        raise Refused(f"a time cannot be restored yet, only whole backups: backups({restore!r}) lists them, backup=… takes one")
    return Planned(planning.restore(app.tools, desk.ask, restore, backup, into, confirm))


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
    console.print(repr(planned), markup=False)
    return _sent(planned.run().run, wait)


def _sent(run: str, wait: bool) -> Sent | None:
    if not wait:
        return Sent(run)
    watch(run)
    return None


def watch(run: Sent | str | None = None) -> None:
    """Progress of a run (the newest, where none is named) until it ends. Ctrl-C leaves it going."""
    name = run.run if isinstance(run, Sent) else desk.newest(app.tools, run)
    try:
        entry = progress.watch(app.tools.ledger, name, console)
    except KeyboardInterrupt:
        console.print(f'It goes on. watch("{name}") comes back to it.')
        return
    console.print(progress.ending(entry), markup=False)
    if entry.state != "done":
        raise Permanent(f'run {name} {entry.state}: why("{name}") shows its steps')


def runs(newest: int = 20) -> None:
    """The newest runs."""
    console.print(tables.runs(app.tools.ledger.runs(newest), app.settings.time_zone))


def why(run: Sent | str | None = None) -> None:
    """What a run did, step by step, how it ended, and whether people were told."""
    name = run.run if isinstance(run, Sent) else desk.newest(app.tools, run)
    entry = app.tools.ledger.entry(name)
    console.print(tables.steps(app.tools.ledger.steps(name)))
    console.print(progress.ending(entry) if entry.state != "open" else f"run {name} is still going", markup=False)
    console.print(f"alert: {entry.alert or 'not sent'}", markup=False)


def doctor() -> None:
    """Whether everything that backups need is there: broker, stores, workers, and every target as its host sees it."""
    found = desk.examine(app)
    console.print(tables.findings(found))
    wrong = sum(not finding.ok for finding in found)
    console.print("All well." if not wrong else f"{wrong} of {len(found)} need a hand.")


def help_() -> None:
    """What can be asked."""
    for name, verb in VERBS.items():
        console.print(f"  {name + '()':12} {(verb.__doc__ or '').splitlines()[0]}", markup=False)


VERBS: dict[str, Callable[..., Any]] = {
    "doctor": doctor,
    "targets": targets,
    "backups": backups,
    "backup": backup,
    "plan": plan,
    "restore": restore,
    "watch": watch,
    "runs": runs,
    "why": why,
    "help": help_,
}


def say(error: Failure) -> int:
    """One sentence for an error, and the exit status it means."""
    console.print(f"{'Refused: ' if isinstance(error, Refused) else ''}{error.reason}", style="red", markup=False)
    return 2 if isinstance(error, Refused) else 1


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
    except Failure as error:
        return say(error)
    return 0


def _open(banner: str) -> None:
    # Only the interactive shell needs IPython; `-c` works without the extra it comes with.
    from IPython.terminal.embed import InteractiveShellEmbed

    def told(_shell: object, _type: object, error: Failure, _trace: object, tb_offset: object = None) -> None:
        say(error)

    shell: Any = InteractiveShellEmbed(banner1=banner + "\n", user_ns=dict(VERBS))  # type: ignore[no-untyped-call]
    shell.set_custom_exc((Failure,), told)
    shell()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
