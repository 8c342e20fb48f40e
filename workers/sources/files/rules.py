"""What of a folder is taken: patterns, the marker, the limits. Pure, of names and stats alone. Floor: tools."""

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from workers.sources.files.options import FilesOptions
from workers.sources.folders.patterns import Patterns


class Taking(Protocol):
    """What a walk asks of its rules."""

    def takes(self, path: str, *, folder: bool) -> bool:
        """Whether a path below the root is taken."""

    def enters(self, found: os.stat_result, root: os.stat_result) -> bool:
        """Whether the walk goes into a folder."""

    def marker(self, names: list[bytes]) -> str:
        """The name in a folder that says that its contents are left out; "" where none does."""

    def rotates(self, path: str) -> bool:
        """Whether a file may get another name while it is written."""


class Everything:
    """Rules that take all there is: for a tree that a restore made itself."""

    def takes(self, path: str, *, folder: bool) -> bool:
        """Yes."""
        return True

    def enters(self, found: os.stat_result, root: os.stat_result) -> bool:
        """Yes."""
        return True

    def marker(self, names: list[bytes]) -> str:
        """None."""
        return ""

    def rotates(self, path: str) -> bool:
        """No."""
        return False


@dataclass(frozen=True)
class Rules:
    """The rules of one target."""

    options: FilesOptions

    @cached_property
    def _exclude(self) -> Patterns:
        return Patterns(self.options.exclude)

    @cached_property
    def _include(self) -> Patterns | None:
        return Patterns(self.options.include) if self.options.include else None

    @cached_property
    def _rotating(self) -> Patterns | None:
        return Patterns(self.options.rotating) if self.options.rotating else None

    def rotates(self, path: str) -> bool:
        """Whether a file may get another name while it is written, and is taken."""
        return self._rotating is not None and self._rotating.matches(path) and self.takes(path, folder=False)

    def takes(self, path: str, *, folder: bool) -> bool:
        """Whether a path below the root is taken. What lies in a folder that is not is never looked at, as git has it."""
        if self._exclude.matches(path + "/" if folder else path):
            return False
        return folder or self._include is None or self._include.matches(path)

    def enters(self, found: os.stat_result, root: os.stat_result) -> bool:
        """Whether the walk goes into a folder: not where another file system is mounted on it, unless the settings say so."""
        return not self.options.one_file_system or found.st_dev == root.st_dev

    def marker(self, names: list[bytes]) -> str:
        """The name in a folder that says that its contents are left out, whatever has it: a file, a folder, a link."""
        return self.options.marker if os.fsencode(self.options.marker) in names else ""

    def too_large(self, size: int) -> bool:
        """Whether a file is above the settings' limit."""
        return self.options.largest is not None and size > self.options.largest
