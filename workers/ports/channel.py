"""What a channel MUST do, and what it is given. Lowest floor."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Field:
    """A label and its value in a message."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Message:
    """What people are told: a headline, fields, a severity (`info`, `warning`, `critical`), and what to do next."""

    headline: str
    fields: tuple[Field, ...]
    severity: str = "info"
    advice: str = ""


class Channel(Protocol):
    """Tells people. Success MUST be the other side's own yes."""

    name: str

    def send(self, message: Message) -> None:
        """Send once. Raises Transient where the other side may take it later, Permanent where it never will."""
