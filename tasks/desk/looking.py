"""Verbs that look and change nothing."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field, validate_call

from tasks.desk import asking
from tasks.desk.screen import Sent, console, name_of
from workers import sources
from workers.bench import chains, verdict
from workers.bench import doctor as doctors
from workers.broker import check
from workers.catalog import index, presence
from workers.celery import app
from workers.errors import Permanent, Refused
from workers.views import progress, tables, windows

PING = 2.0  # seconds a worker has to answer; it does so from its main process, however busy its others are


def targets() -> None:
    """Every target against its RPO: newest backup, age, objective, copies."""
    console.print(tables.targets(asking.rows(app.tools), datetime.now(UTC), app.settings.time_zone))


@validate_call
def backups(target: str | None = None) -> None:
    """Backups of a target (of all), newest first; damaged and half ones are shown as such."""
    stores = app.tools.stores_of(target) if target else tuple(app.tools.store(name) for name in app.settings.stores)
    listing = presence.seen(index.backups(stores, target))
    console.print(tables.backups(listing, app.settings.time_zone))
    _looked(listing)
    if not listing.entries:
        asking.offer(app.tools, console, 'backup("{}")')


@validate_call
def window(target: str | None = None) -> None:
    """To which moments a target can be brought back, and the RPO now."""
    if target is None:
        asking.offer(app.tools, console, 'window("{}")')
        return
    found = chains.stretches(app.tools, target, app.tools.stores_of(target))
    asked = windows.Asked(target, datetime.now(UTC), app.settings.time_zone, app.tools.plan(target).objectives.rpo)
    console.print(windows.table(found, asked.zone))
    console.print(windows.sentence(found, asked), soft_wrap=True)
    if app.tools.target(target).source in sources.HOUSED:
        _looked(app.tools.backups(target))


def _looked(listing: index.Listing) -> None:
    """Say how much of this nobody can see from here."""
    for words in tables.looks(listing, app.settings.time_zone):
        console.print(words, soft_wrap=True)


@validate_call
def watch(run: Sent | str | None = None) -> None:
    """Progress of a run (the newest, where none is named) until it ends. Ctrl-C leaves it going."""
    name = name_of(run)
    try:
        entry = progress.watch(app.tools.ledger, name, console)
    except KeyboardInterrupt:
        console.print(f'It goes on. watch("{name}") comes back to it.')
        return
    console.print(progress.ending(entry), soft_wrap=True)
    if entry.state != "done":
        kind = Refused if entry.state == "refused" else Permanent
        raise kind(f'run {name} {entry.state}: why("{name}") shows its steps and what to do next')


@validate_call
def runs(newest: Annotated[int, Field(ge=1, le=10_000)] = 20) -> None:
    """The newest runs."""
    console.print(tables.runs(app.tools.ledger.runs(newest), app.settings.time_zone))


@validate_call
def why(run: Sent | str | None = None) -> None:
    """What a run did, step by step, how it ended, whether people were told, and what to do next."""
    name, zone = name_of(run), app.settings.time_zone
    entry = app.tools.ledger.entry(name)
    console.print(progress.heading(entry, zone), soft_wrap=True)
    console.print(tables.steps(app.tools.ledger.steps(name), zone))
    ending = progress.ending(entry) if entry.state != "open" else progress.going(entry)
    lines = [progress.bad_copies(entry), verdict.listed(entry), ending]
    lines += [f"alert: {entry.alert or 'not sent'}", f"next:  {progress.advice(entry)}"]
    console.print("\n".join(line for line in lines if line), soft_wrap=True)


def doctor() -> None:
    """Whether everything that backups need is there: broker, stores, secrets, clocks, workers, and every target as its host sees it."""
    tools, url = app.tools, app.settings.broker_url().get_secret_value()
    found = [*check.findings(url), *doctors.clock(url), *doctors.stores(tools), *doctors.kept_secrets(app.settings)]
    if found[0].ok:  # without a broker no worker can be asked, and every one of them would look missing
        answering = frozenset(name for reply in app.control.ping(timeout=PING) for name in reply)
        look = doctors.Round(tools, answering, asking.question)
        found += [*look.workers(), *look.targets()]
    console.print(tables.findings(found))
    wrong = sum(not finding.ok for finding in found)
    if wrong:
        console.print(f"What would mend it:\n{tables.remedies(found)}", soft_wrap=True)
    console.print(f"{wrong} fault{'s' if wrong > 1 else ''} in {len(found)} answers." if wrong else f"All well: {len(found)} answers.")
