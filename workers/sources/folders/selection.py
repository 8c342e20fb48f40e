"""Which names of a backup are wanted: patterns as in .gitignore, where a folder stands for all that is in it. Floor: tools."""

from dataclasses import dataclass, field

from pathspec import GitIgnoreSpec

from workers.errors import Refused


@dataclass(slots=True)
class Selection:
    """Patterns, of which one has to match; without one, everything is wanted.

    `unmatched` are those that matched nothing yet.
    """

    patterns: tuple[str, ...]
    unmatched: set[str] = field(init=False)
    _specs: tuple[tuple[str, GitIgnoreSpec], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Read the patterns. Refused where one is none."""
        self.unmatched = set(self.patterns)
        try:
            self._specs = tuple((pattern, GitIgnoreSpec.from_lines([pattern])) for pattern in self.patterns)
        except ValueError as error:
            raise Refused(f"{', '.join(self.patterns)}: {error}; write patterns as .gitignore has them, or whole paths") from error

    def takes(self, path: str, *, folder: bool) -> bool:
        """Whether a path is wanted: it is named, it matches, or it lies in a folder that does."""
        named = path + "/" if folder else path
        exact = [pattern for pattern in self.patterns if is_inside(path, pattern.strip("/")) or path == pattern.strip("/")]
        found = exact or [pattern for pattern, spec in self._specs if spec.match_file(named)]
        self.unmatched.difference_update(found)
        return bool(found) or not self.patterns

    def complete(self, backup: str) -> None:
        """Refused, naming them, where patterns have matched nothing that was asked for."""
        if self.unmatched:
            words = ", ".join(sorted(self.unmatched))
            raise Refused(f"{words}: nothing of that name is in backup {backup}; find() searches all backups")


def is_inside(path: str, folder: str) -> bool:
    """Whether a path lies in a folder, or in one below it."""
    return folder == "" or path.startswith(folder + "/")
