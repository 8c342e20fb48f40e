"""What the settings say about one folder that restic keeps. Floor: tools."""

from typing import Literal

from pydantic import Field

from workers.plans.values import Folder
from workers.sources.engine.options import EngineOptions


class ResticOptions(EngineOptions):
    """The table `[targets.<name>.restic]` of the settings; the repositories' password is a secret and stands elsewhere."""

    @property
    def rules(self) -> tuple[str, ...]:
        """How restic is told what is left out."""
        return (*(f"--exclude={pattern}" for pattern in self.exclude), *(("--one-file-system",) if self.one_file_system else ()))

    compression: Literal["auto", "off", "fastest", "better", "max"] = Field("auto", description="How restic compresses what it adds.")
    cache: Folder | None = Field(
        None, description="Folder of restic's cache of repositories that are not on this host; left out: where restic itself puts it."
    )
