"""What the settings say about a folder that a deduplicating engine keeps. Floor: tools."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from workers.plans.values import Folder

STATE = Path("/var/tmp/canvasback-engines")  # noqa: S108  # its own folder, mode 0700, of the worker's user alone


class EngineOptions(BaseModel):
    """The keys that both engines share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Folder = Field(description="The folder that is protected, with all that is in it.", examples=["/srv/uploads"])
    exclude: list[str] = Field(
        default_factory=lambda: ["*.tmp", "cache/*"], description="What is left out: patterns as the engine's own `--exclude` takes them."
    )
    one_file_system: bool = Field(True, description="Stay out of other file systems that are mounted inside.")
    allow_empty: bool = Field(False, description="Whether an empty folder is a backup; else it is refused, as a lost mount looks the same.")
    unreadable: Literal["warn", "fail"] = Field(
        "warn", description="What files that cannot be read make of a backup: one with a warning for each, or a failure."
    )
    shares: int = Field(
        28, ge=1, le=256, description="How many backups in a row read all data of the repository once, each a part of it, in every store."
    )
    tools: Folder | None = Field(None, description="Folder of the engine's program; PATH where it is left out.")
    state: Folder = Field(
        STATE, description="Folder in which is noted which processes were started, so that a lock that one left is known as our own."
    )

    @field_validator("path")
    @classmethod
    def _has_a_name(cls, value: Path) -> Path:
        if not value.name or value.name in (".", ".."):
            raise ValueError("has no name of its own; name a folder below /")
        return value
