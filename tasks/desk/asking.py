"""What the operator's verbs share: questions to hosts, rows about targets, the doctor's round. Nothing here changes anything."""

import getpass
import socket
from datetime import UTC, datetime
from typing import Any

from celery.exceptions import TimeoutError as NoAnswer
from rich.console import Console

from workers.alerts.words import duration
from workers.artifact import Order, decode, encode
from workers.bench import chains
from workers.bench.scratch import Need
from workers.bench.tools import Tools
from workers.celery import app
from workers.errors import Refused
from workers.ports import Finding, Place
from workers.topology import nodes, restore_queue
from workers.views.tables import TargetRow

PATIENCE = 20  # seconds a host has to answer a question


def ask(target: str, into: str) -> Place:
    """What stands at a place, as the target's host sees it. Refused where no worker answers."""
    found = question("host.look", (target, into), restore_queue(app.tools.target(target).host))
    return decode(Place, found)


def able(target: str, need: Need, host: str) -> tuple[Finding, ...]:
    """Whether a host could replay the logs of a target."""
    answers = question("host.able", (target, encode(need)), restore_queue(host))
    return tuple(decode(Finding, answer) for answer in answers)


def touched(target: str, order: Order) -> tuple[str, ...]:
    """What replacing single live tables touches beside them, as the target's host sees it."""
    return tuple(question("host.touched", (target, encode(order)), restore_queue(app.tools.target(target).host)))


def question(task: str, arguments: tuple[Any, ...], queue: str, patience: float = 0) -> Any:
    """The answer of a host to a question. Refused, with the line that starts its worker, where nobody answers."""
    try:
        return app.send_task(task, arguments, queue=queue, expires=patience or PATIENCE).get(timeout=patience or PATIENCE)
    except NoAnswer as error:
        line = next((node.command for node in nodes(app.settings) if node.queue == queue), "make topology tells how")
        raise Refused(f"no worker answers on {queue}; start it: {line}") from error


def rows(tools: Tools) -> list[TargetRow]:
    """Every target as the stores tell."""
    return [_row(tools, name) for name in tools.settings.targets]


def _row(tools: Tools, name: str) -> TargetRow:
    row, objective = tools.target(name), tools.plan(name).objectives.rpo
    listing = tools.backups(name)
    if not listing.entries:
        problem = "; ".join(f"{found.store}: {found.reason}" for found in listing.problems)
        return TargetRow(name, row.source, row.host, None, (), objective, problem)
    newest = listing.entries[0]
    reach = chains.reach(tools, name, listing.entries)
    return TargetRow(name, row.source, row.host, newest.manifest, tuple(store.name for store in newest.stores), objective, reach=reach)


def banner(tools: Tools) -> str:
    """How many targets there are, and which are outside their RPO."""
    found, now = rows(tools), datetime.now(UTC)
    count = f"{len(found)} target{'s' if len(found) != 1 else ''}"
    late = [words for row in found if (words := _late(row, now))]
    return f"Canvasback: {count}. {' '.join(late)}{' ' if late else ''}help() shows what you can ask."


def _late(row: TargetRow, now: datetime) -> str:
    if (age := row.lost(now)) is None:
        return f"{row.name} has no backup."
    if row.objective is None or age <= row.objective:
        return ""
    return f"{row.name} is outside its RPO ({duration(age)}, objective {duration(row.objective)})."


def offer(tools: Tools, console: Console, form: str) -> None:
    """Show what a verb could be given."""
    for row in rows(tools):
        newest = f"newest backup {row.newest.id}" if row.newest else "no backup yet"
        console.print(f"  {form.format(row.name):50} {newest}", markup=False)


def offer_open(tools: Tools, console: Console, form: str) -> None:
    """Show the runs that are going, and what could be done with them."""
    going = [entry.run for entry in tools.ledger.untold() if entry.state == "open"]
    for run in going:
        console.print(f"  {form.format(run.id):50} {run.work} of {run.target}", markup=False)
    if not going:
        console.print("  no run is going", markup=False)


def me() -> str:
    """Who sits at the desk: `root on control`."""
    return f"{getpass.getuser()} on {socket.gethostname()}"


def newest(tools: Tools, run: str | None) -> str:
    """A run's id from the beginning of it; the newest run's, where nothing is given."""
    known = [entry.run.id for entry in tools.ledger.runs(200)]
    if run is None:
        if not known:
            raise Refused("there was no run yet")
        return known[0]
    fits = [name for name in known if name.startswith(run)]
    if len(fits) > 1:
        raise Refused(f"{run!r} begins several runs: {', '.join(fits[:5])}")
    return fits[0] if fits else run
