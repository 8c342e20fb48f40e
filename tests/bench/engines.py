"""restic and BorgBackup as a person runs them, bare: what their sources are measured beside."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from compose.local import borg, restic

WORD = "a word that nobody knows"


@dataclass(frozen=True)
class Bare:
    """One engine's program with a repository below `work`; `init` once, then `backup` as often as wanted."""

    engine: str
    work: Path

    @property
    def repository(self) -> str:
        return str(self.work / self.engine)

    def init(self) -> None:
        """Make the repository."""
        self._run(*{"restic": ("init",), "borg": ("init", "--encryption", "repokey-blake2", self.repository)}[self.engine])

    def backup(self, folder: Path, name: str) -> None:
        """Back a folder up; `name` is the archive's, which restic has no use for."""
        archive = ("create", "--compression", "auto,zstd,3", f"{self.repository}::{name}", str(folder))
        self._run(*{"restic": ("backup", "--quiet", str(folder)), "borg": archive}[self.engine])

    def anew(self) -> None:
        """Make the repository, whatever is there."""
        shutil.rmtree(self.repository, ignore_errors=True)
        self.init()

    def restore(self, name: str, into: Path) -> None:
        """Bring an archive back (restic: the newest snapshot); names in the folder begin with where it was."""
        newest = ("restore", "--quiet", "latest", "--target", str(into))
        self._run(*{"restic": newest, "borg": ("extract", f"{self.repository}::{name}")}[self.engine], cwd=into)

    def check(self) -> None:
        """Read all data back."""
        self._run(*{"restic": ("check", "--quiet", "--read-data"), "borg": ("check", "--verify-data", self.repository)}[self.engine])

    def _run(self, *argv: str, cwd: Path | None = None) -> None:
        tools = {"restic": restic.tools, "borg": borg.tools}[self.engine]()
        own = {"RESTIC_REPOSITORY": self.repository, "RESTIC_PASSWORD": WORD, "RESTIC_CACHE_DIR": str(self.work / "cache")}
        own |= {"BORG_PASSPHRASE": WORD, "BORG_BASE_DIR": str(self.work / "base")}
        subprocess.run([tools / self.engine, *argv], check=True, capture_output=True, cwd=cwd, env={**os.environ, **own})
