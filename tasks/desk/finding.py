"""Statements in the shipped logs: half of the verb `find`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tasks.desk import asking
from tasks.desk.screen import console
from workers import sources
from workers.alerts.words import count, size, stamp
from workers.artifact import Statement, decode
from workers.bench import finding, times
from workers.celery import app
from workers.errors import Refused
from workers.topology import restore_queue
from workers.views import moments

PATIENCE = 3600  # seconds; it waits behind a restore, and the logs of days have to be fetched
NONE = "No statement there holds {!r}. Of changes of rows the words are there only where the server logs them: see docs/guides."


@dataclass(frozen=True, slots=True)
class Statements:
    """Statements by number, from 1 on: `find(…)[1]` is what `before=` takes."""

    found: tuple[Statement, ...]

    def __getitem__(self, number: int) -> Statement:
        """The statement of a number; Refused where there is none."""
        if not 1 <= number <= len(self.found):
            raise Refused(f"there is no statement {number}; they are numbered from 1 to {len(self.found)}")
        return self.found[number - 1]

    def __iter__(self) -> Iterator[Statement]:
        """All of them, the newest last."""
        return iter(self.found)

    def __repr__(self) -> str:
        """How to use them: they were shown when they were found."""
        return f"{count(len(self.found), 'statement')} · plan(restore=…, before=_[1], into=…) goes to just before the first"


def statements(words: str, target: str | None, since: str | datetime | None) -> Statements:
    """Look for a statement in the shipped logs (of the last day, or `since`): `plan(restore=…, before=_[1])` goes to just before it."""
    name, zone = target or _only(), app.settings.time_zone
    begin = datetime.now(UTC) - finding.DAY if since is None else times.read(since, zone).moment
    logs = finding.logs(app.tools, name, begin)
    covered = f"from {stamp(logs.begin, zone)} to {stamp(logs.end, zone)}"
    console.print(f"Reads {count(logs.files, 'log')} of {name}, {size(logs.bytes)}, {covered}; since=… reads others.", soft_wrap=True)
    answers = asking.question("host.find", (name, words, list(logs.pins)), restore_queue(app.tools.target(name).host), PATIENCE)
    found = tuple(decode(Statement, answer) for answer in answers)
    console.print(moments.statements(found, zone) if found else NONE.format(words), soft_wrap=not found)
    return Statements(found)


def _only() -> str:
    """The one target that has logs; Refused, with their names, where there are several or none."""
    known = [name for name, row in app.settings.targets.items() if row.source in sources.LOGS]
    if len(known) != 1:
        raise Refused(f"say in whose logs: target=… is one of {', '.join(known)}" if known else "no target has logs")
    return known[0]
