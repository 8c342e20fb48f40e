"""What became of one fault, and the counts of many."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["survived", "refused"]


class Violation(Exception):
    """What must not happen: a false success, a fault that nobody noticed, a run without an end, something left behind."""


@dataclass
class Counts:
    """How many faults of a kind were tried: survived (all is whole), refused (one clear failure), and violations with their seeds."""

    tried: int = 0
    survived: int = 0
    refused: int = 0
    violations: list[str] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """Count one that ended as it may."""
        self.tried += 1
        self.survived += verdict == "survived"
        self.refused += verdict == "refused"

    def violate(self, words: str) -> None:
        """Count one that did not."""
        self.tried += 1
        self.violations.append(words)

    def row(self) -> dict[str, int]:
        """The numbers."""
        return {"tried": self.tried, "survived": self.survived, "refused": self.refused, "violations": len(self.violations)}
