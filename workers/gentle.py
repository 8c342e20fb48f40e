"""How gently a dump treats its host and its server: what a plan allows, in the form in which a source is told it. Lowest floor.

The rate is not here: it is kept where all sources pass, in `workers.spool.pace`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from workers.command import ORDINARY, Manners

Tell: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """While a counter of the server is above `most`, nothing new is begun; `wait` seconds at most before a dump gives up."""

    counter: str
    most: int
    wait: float


def silent(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Gentle:
    """How the programs of a dump share their host, what load of the server it waits for, and whom it tells what it waits for.

    An empty text says that it waits no more.
    """

    manners: Manners = ORDINARY
    ceiling: Ceiling | None = None
    tell: Tell = silent


UNTHROTTLED = Gentle()
