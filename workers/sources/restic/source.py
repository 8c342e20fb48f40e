"""The source `restic`: one folder, kept in a repository of restic in each required store. Floor: tools."""

from dataclasses import dataclass

from workers.sources.engine.source import EngineSource
from workers.sources.restic.options import ResticOptions
from workers.sources.restic.repositories import Repositories


@dataclass(frozen=True)
class ResticSource(EngineSource):
    """Reads and restores the folder that `options` name."""

    options: ResticOptions

    @property
    def homes(self) -> Repositories:
        """Its repositories."""
        return Repositories(self.options, self.password, self.addresses)
