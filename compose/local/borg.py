"""BorgBackup's program: Debian's package in a private folder, with the Python that it needs; the system's own where there is no apt."""

from pathlib import Path

from compose.local.debian import Bundle
from compose.local.programs import folder

BUNDLE = Bundle("borg", "bookworm", ("borgbackup",), ("borg",))


def tools() -> Path:
    """The folder that holds it. Raises NoPackages where it can neither be fetched nor found."""
    return folder(BUNDLE)
