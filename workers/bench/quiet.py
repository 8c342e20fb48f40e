"""Which ends of runs people are not told of: logs are shipped every few minutes, and one cause is one message."""

from workers.artifact import Kind
from workers.bench.tools import Tools
from workers.catalog.ledger import Entry

LOOKED_AT = 200  # newest runs among which the shipping before this one is looked for
SAID = "quiet"  # the state of an alert that nobody needs


def quiet(tools: Tools, entry: Entry) -> bool:
    """Whether an end says nothing new: logs were shipped as before, or could not be shipped for the same reason as before.

    A safety backup is part of what people hear of its restore. The first success after a failure is told, and so is every gap in the logs.
    """
    if entry.run.then:
        return True
    if entry.run.kind is not Kind.LOG or entry.note("warnings"):
        return False
    before = _before(tools, entry)
    if entry.state == "done":
        return before is None or before.state == "done"
    return before is not None and (before.state, _reason(before)) == (entry.state, _reason(entry))


def _before(tools: Tools, entry: Entry) -> Entry | None:
    """The shipping of the same target before this one, as far as it ended."""
    for found in tools.ledger.runs(LOOKED_AT):
        mine = found.run.kind is Kind.LOG and found.run.target == entry.run.target and found.run.id != entry.run.id
        if mine and found.state != "open" and found.run.opened <= entry.run.opened:
            return found
    return None


def _reason(entry: Entry) -> str:
    return entry.reason.reason if entry.reason else ""
