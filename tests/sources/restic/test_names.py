"""What restic tells of the names in a snapshot."""

from tests.sources.engine.naming import Naming


class TestNames(Naming):
    """Against the real program."""
