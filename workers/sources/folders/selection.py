"""Which names of a backup are wanted: patterns as in .gitignore, where a folder stands for all that is in it. Floor: tools."""

from dataclasses import dataclass, field

from workers.errors import Refused
from workers.sources.folders.paths import shown
from workers.sources.folders.patterns import Patterns


@dataclass(slots=True)
class Selection:
    """Patterns, of which one has to match; without one, everything is wanted.

    `unmatched` are those that matched nothing yet, `missed` names of which the backup has nothing, by the pattern that wants them.
    """

    patterns: tuple[str, ...]
    unmatched: set[str] = field(init=False)
    missed: dict[str, str] = field(default_factory=dict)
    _specs: tuple[tuple[str, Patterns], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Read the patterns. Refused where one is none."""
        self.unmatched = set(self.patterns)
        try:
            self._specs = tuple((pattern, Patterns([pattern])) for pattern in self.patterns)
        except ValueError as error:
            raise Refused(f"{', '.join(self.patterns)}: {error}; write patterns as .gitignore has them, or whole paths") from error

    def takes(self, path: str, *, folder: bool) -> bool:
        """Whether a path is wanted: it is named, it matches, or it lies in a folder that does."""
        found = self._fitting(path, folder=folder)
        self.unmatched.difference_update(found)
        return bool(found) or not self.patterns

    def misses(self, path: str) -> bool:
        """Whether a name is wanted of which the backup has nothing; its pattern has matched nothing by that."""
        found = self._fitting(path, folder=False)
        self.missed |= {pattern: path for pattern in found if pattern not in self.missed}
        return bool(found) or not self.patterns

    def _fitting(self, path: str, *, folder: bool) -> list[str]:
        named = path + "/" if folder else path
        exact = [pattern for pattern in self.patterns if is_inside(path, pattern.strip("/")) or path == pattern.strip("/")]
        return exact or [pattern for pattern, spec in self._specs if spec.matches(named)]

    def complete(self, backup: str) -> None:
        """Refused, naming them, where patterns have matched nothing that was asked for."""
        if empty := next(((name, self.missed[name]) for name in sorted(self.unmatched) if name in self.missed), None):
            pattern, path = empty
            raise Refused(f"{pattern}: {shown(path)} could not be read for backup {backup}; find() tells which others have it")
        if self.unmatched:
            words = ", ".join(sorted(self.unmatched))
            raise Refused(f"{words}: nothing of that name is in backup {backup}; find() searches all backups")


def is_inside(path: str, folder: str) -> bool:
    """Whether a path lies in a folder, or in one below it."""
    return folder == "" or path.startswith(folder + "/")
