"""Where the verbs print, and what tells an operator how to come back to a run."""

import re
import sys
from dataclasses import dataclass

from rich.console import Console

from tasks.desk import asking
from workers.celery import app

RUN = re.compile(r"[0-9a-f]{8}")
PIPED = 160  # columns where the output is no terminal

# Reasons hold brackets and colons of their own: nothing in them is markup or the name of an emoji.
console = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else PIPED)


@dataclass(frozen=True, slots=True)
class Sent:
    """A run that was sent: give it to `watch` or `why`."""

    run: str

    def __repr__(self) -> str:
        """How to come back to it."""
        return f'run {self.run} was sent · watch("{self.run}") · why("{self.run}")'


def name_of(run: Sent | str | None) -> str:
    """The id of a run; Refused for what cannot be one, so that only an id that may have been sent just now is waited for."""
    found = run.run if isinstance(run, Sent) else asking.newest(app.tools, run)
    return found if RUN.fullmatch(found) else app.tools.ledger.entry(found).run.id
