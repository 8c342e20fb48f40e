"""restic's program: Debian's unstable package in a private folder; the system's own where there is no apt."""

from pathlib import Path

from compose.local.debian import Bundle
from compose.local.programs import folder

BUNDLE = Bundle("restic", "sid", ("restic",), ("restic",))


def tools() -> Path:
    """The folder that holds it. Raises NoPackages where it can neither be fetched nor found."""
    return folder(BUNDLE)
