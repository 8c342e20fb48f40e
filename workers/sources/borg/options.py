"""What the settings say about one folder that BorgBackup keeps. Floor: tools."""

from pydantic import Field

from workers.plans.values import Folder
from workers.sources.engine.options import EngineOptions


def _anywhere(pattern: str) -> str:
    """A pattern as it is meant for the other engine: without a style of its own, and below any folder."""
    return pattern if ":" in pattern else f"sh:**/{pattern.strip('/')}"


class BorgOptions(EngineOptions):
    """The table `[targets.<name>.borg]` of the settings; the repository's password is a secret and stands elsewhere."""

    @property
    def rules(self) -> tuple[str, ...]:
        """How BorgBackup is told what is left out."""
        return (*(f"--exclude={_anywhere(pattern)}" for pattern in self.exclude), *(("--one-file-system",) if self.one_file_system else ()))

    compression: str = Field(
        "auto,zstd,3",
        description="How BorgBackup compresses what it adds, as its own `--compression` takes it.",
        pattern=r"^((auto|obfuscate,\d+),)*(none|lz4|zstd|zlib|lzma)(,\d+)?$",
    )
    cache: Folder | None = Field(
        None, description="Folder of BorgBackup's caches and of what it knows of repositories; left out: where it puts them itself."
    )
