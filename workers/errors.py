"""Every failure answers one question: what happens next?

    Failure
    ├── Transient          try again: the cause may pass by itself (network, a full spool, a lock held for a moment)
    ├── Permanent          alert a person: another try would fail the same way
    │   ├── Corrupt        bytes are not what was recorded about them
    │   └── RunFailed      this run is over because another step of it failed; never the first reason
    └── Refused            the operator's mistake or a rule that protects data: nothing was done, the words say what would work

Each carries one sentence in `args`, because an exception crosses Celery's JSON as strings. Stands on the lowest floor.
"""


class Failure(Exception):
    """A failure of the product: one sentence that names the key, file or object."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Transient(Failure):
    """The cause may pass by itself: the step is tried again."""


class Permanent(Failure):
    """Another try would fail the same way: a person has to look."""


class Corrupt(Permanent):
    """Bytes differ from what was recorded about them."""


class RunFailed(Permanent):
    """The run is over already: another step failed, or an operator cancelled it."""


class Refused(Failure):
    """A rule or a mistake stands against it; nothing was done."""
