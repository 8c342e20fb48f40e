"""Verbs about names in backups: where something is, what a restore of it would read, what is different now."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import validate_call

from tasks.desk import asking
from tasks.desk.screen import console
from workers import sources
from workers.artifact import Order, decode, encode
from workers.bench import looking
from workers.bench.planning import RestorePlan, forecast, newest
from workers.catalog import index
from workers.celery import app
from workers.errors import Failure, Refused
from workers.ports import Difference, Found
from workers.topology import restore_queue
from workers.views import names

LONG = 600  # seconds a host may read: a folder of millions of names, or all bytes of it


def sightings(pattern: str, target: str | None) -> None:
    """Where names that match a pattern lie, in all backups of a target (of all targets whose backups have an index)."""
    wanted = _indexed(target)
    problems: list[str] = []
    found = [state for name in wanted for state in names.gathered(name, _answers(name, pattern, problems))]
    console.print(names.sightings(found, app.settings.time_zone))
    if found:
        first = found[0]
        into = f'restore("{first.target}", backup="{first.backups[0]}", files=["{first.found.path}"], into="/path/of/a/new/folder")'
        console.print(f"To bring one back: {into}", soft_wrap=True)
    else:
        console.print(f"{pattern} is in no backup that could be read.", soft_wrap=True)
    for problem in problems:
        console.print(problem, style="red", soft_wrap=True)


def _answers(target: str, pattern: str, problems: list[str]) -> Iterator[tuple[str, list[Found]]]:
    """(backup, the names in it that match), the newest first."""
    for entry in app.tools.backups(target).entries:
        backup = entry.manifest.id
        try:
            answers = _asked("host.names", target, (target, backup, pattern))
        except Failure as error:
            problems.append(f"{backup}: {error.reason}")
            continue
        if len(answers) > looking.MOST:
            problems.append(f"{backup} holds more than {looking.MOST} such names; these are the first of them")
        yield backup, [decode(Found, answer) for answer in answers[: looking.MOST]]


@validate_call
def compare(target: str | None = None, backup: str | None = None, thorough: bool = False) -> None:
    """What differs between a backup (the newest) and the target as it is now; `thorough=True` also reads what looks equal."""
    if target is None:
        asking.offer(app.tools, console, 'compare("{}")')
        return
    (name,) = _indexed(target)
    stores = app.tools.stores_of(name)
    manifest = (newest(app.tools, name) if backup is None else index.find(stores, name, backup)).manifest
    answers = _asked("host.differ", name, (name, manifest.id, thorough))
    found = [decode(Difference, answer) for answer in answers]
    console.print(names.differences(found[: looking.MOST]))
    more = f"more than {looking.MOST}" if len(found) > looking.MOST else str(len(found))
    console.print(f"{more if found else 'no'} difference{'' if len(found) == 1 else 's'} between {manifest.id} and {manifest.facts.place}")


def chosen(plan: RestorePlan, files: list[str] | None) -> RestorePlan:
    """The plan of a restore of these files (patterns, paths) alone, or of all, with the segments that are read for it.

    Refused, before anything is sent, where one names nothing, or where the data lie in a repository and are there no more.
    """
    source = app.tools.target(plan.target).source
    if files is None and not (plan.manifest.pins and source in sources.INDEXED) and source not in sources.HOUSED:
        return plan  # all of its own segments are read
    if files is not None and not files:
        raise Refused("files=[] names no file; leave it out to restore all of them")
    _indexed(plan.target)
    wanted = replace(plan.order, objects=tuple(files or ()))
    order = decode(Order, _asked("host.chosen", plan.target, (plan.target, encode(wanted))))
    reads = tuple(segment for segment in plan.reads if order.needs(segment))
    return replace(plan, order=wanted, reads=reads, forecast=forecast(app.tools, plan.manifest, reads))


def _asked(task: str, target: str, arguments: tuple[object, ...]) -> Any:
    return asking.question(task, arguments, restore_queue(app.tools.target(target).host), LONG)


def _indexed(target: str | None) -> list[str]:
    """The targets that can be looked into: the one that is named, or all."""
    rows = {name: app.tools.target(name).source for name in ((target,) if target else app.settings.targets)}
    found = [name for name, source in rows.items() if source in sources.NAMED]
    if not found:
        what = f"{target} is a target of source {rows[target]}, whose backups have no" if target else "no target has backups with an"
        raise Refused(f"{what} index of names; sources that have one: {', '.join(sources.NAMED)}")
    return found
