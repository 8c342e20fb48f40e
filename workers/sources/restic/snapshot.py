"""A snapshot as restic lists it. Floor: tools."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

MARK = "canvasback"  # tag of every snapshot that this source made


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot; a copy has another `id` than the `original`. `tree` stands for all that is in it, `version` is the program's."""

    id: str
    original: str
    tree: str
    paths: tuple[str, ...]
    host: str
    taken: datetime
    version: str
    ours: bool

    @classmethod
    def of(cls, found: dict[str, Any]) -> "Snapshot":
        """The snapshot in restic's own words. Raises what the errors of a lookup are where they are others."""
        return cls(
            id=str(found["id"]),
            original=str(found.get("original") or found["id"]),
            tree=str(found["tree"]),
            paths=tuple(found["paths"]),
            host=str(found.get("hostname", "")),
            taken=datetime.fromisoformat(found["time"]).astimezone(UTC),
            version=str(found.get("program_version", "")).removeprefix("restic "),
            ours=MARK in (found.get("tags") or ()),
        )

    @property
    def ids(self) -> frozenset[str]:
        """Its ids, here and where it was made first."""
        return frozenset({self.id, self.original})
