"""How far a server is that works by itself, on a snapshot or a restore: its source says it, the ledger keeps it for who looks."""

from workers.artifact import Run
from workers.catalog.ledger import SERVER, Ledger
from workers.ports import MeteredSource, Source


def metered(ledger: Ledger, run: Run, source: Source) -> Source:
    """The source of a run, which notes how far its server is; the same one, where its server does nothing by itself."""
    if not isinstance(source, MeteredSource):
        return source
    return source.metered(lambda done, expected: ledger.note(run.id, SERVER, f"{done}/{expected}"))
