"""Patterns as in .gitignore, of whatever bytes a name is made. Floor: tools."""

from collections.abc import Iterable

from pathspec import GitIgnoreSpec


class Patterns:
    """Patterns in order: the last that matches decides."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Raises ValueError where one is no pattern."""
        self._spec = GitIgnoreSpec.from_lines(map(_inside, lines))

    def matches(self, path: str) -> bool:
        """Whether a relative path matches; that of a folder ends with `/`.

        Patterns become regular expressions, to which a line feed is no sign like others: another one stands for it.
        """
        return self._spec.match_file(path.replace("\n", "\v"))


def _inside(line: str) -> str:
    """`a/**` is all that lies in `a`, and not `a` itself: what another pattern takes back of it would never be looked at."""
    return f"{line.rstrip()}/*" if line.rstrip().endswith("/**") else line
