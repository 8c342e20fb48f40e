"""Where the verbs print, and what tells an operator how to come back to a run."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

from rich.console import Console

from tasks.desk import asking
from workers.celery import app
from workers.stores.remembering import unheard
from workers.views.reading import Bar

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


@contextmanager
def reading() -> Iterator[None]:
    """As long as the block lasts, it is shown how far the manifests of stores are read."""
    bar = Bar(console)
    app.tools.heard = bar.heard
    try:
        yield
    finally:
        app.tools.heard = unheard
        bar.end()


def shown(verb: Callable[..., Any]) -> Callable[..., Any]:
    """A verb that shows so."""

    @wraps(verb)
    def told(*arguments: Any, **named: Any) -> Any:
        with reading():
            return verb(*arguments, **named)

    return told
