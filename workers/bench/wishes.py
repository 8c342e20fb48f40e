"""What an operator wants of a restore, before anybody knows whether it can be had."""

from dataclasses import dataclass
from datetime import datetime

from workers.artifact import Statement
from workers.bench.choosing import Choice


@dataclass(frozen=True, slots=True)
class Wish:
    """A restore of a target: of a `backup` (None: the newest) or to at most one moment (a time, `gtid`, `before`, `position`).

    It goes into the place `into` (None: the live one, which wants `confirm`), or makes the data directory `server` of a new server.
    """

    target: str
    backup: str | None = None
    into: str | None = None
    confirm: str | None = None
    server: str | None = None
    choice: Choice = Choice()  # noqa: RUF009  # frozen
    at: str | datetime | None = None
    gtid: str | None = None
    before: str | Statement | None = None
    position: str | None = None

    @property
    def moments(self) -> tuple[str, ...]:
        """The names of the moments that were given."""
        return tuple(name for name in ("at", "gtid", "before", "position") if getattr(self, name) is not None)

    @property
    def typed(self) -> str:
        """What was typed besides the place: which backup, which moment, what of it."""
        named = (
            f', {name}="{getattr(self, name)}"' for name in ("backup", *self.moments) if isinstance(getattr(self, name), (str, datetime))
        )
        return "".join(named) + self.choice.typed
