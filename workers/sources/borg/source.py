"""The source `borg`: one folder, kept in a repository of BorgBackup in one local store. Floor: tools."""

from dataclasses import dataclass

from workers.sources.borg.options import BorgOptions
from workers.sources.borg.repositories import Repositories
from workers.sources.engine.source import EngineSource


@dataclass(frozen=True)
class BorgSource(EngineSource):
    """Reads and restores the folder that `options` name."""

    options: BorgOptions

    @property
    def homes(self) -> Repositories:
        """Its repository."""
        return Repositories(self.options, self.password, self.addresses)
