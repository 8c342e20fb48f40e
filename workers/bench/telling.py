"""How a run ends on control, and how people are told: the facts come from ledger and catalog, the words from `workers.alerts`."""

import structlog

from workers.bench.tools import Tools
from workers.catalog.ledger import Entry, Reason
from workers.errors import Failure, Transient
from workers.ports import Message

log = structlog.get_logger("canvasback.alert")

SILENT = "step unknown"


def end(tools: Tools, run: str) -> Entry | None:
    """Close a failed run and free its locks; the entry where people still have to be told, else None."""
    tools.ledger.fail(run, Reason(SILENT, "the run ended without saying why; the worker's log of that time knows"))
    entry = tools.ledger.entry(run)
    early = entry.reason is not None and entry.reason.step == "start"
    tools.ledger.close(run, "refused" if early else "failed")
    entry = tools.ledger.entry(run)
    return entry if entry.state in ("failed", "refused") and not entry.alert else None


def announce(tools: Tools, run: str) -> str:
    """Tell every channel that has not said yes. Raises the channel's failure, noted in the ledger, where one has not."""
    entry = tools.ledger.entry(run)
    text = words(tools, entry)
    for channel in tools.channels("success" if entry.state == "done" else "failure"):
        if entry.note(f"told:{channel.name}"):
            continue
        try:
            channel.send(text)
        except Failure as error:
            state = "waiting" if isinstance(error, Transient) else "undelivered"
            tools.ledger.alert(run, f"{state}: {channel.name}: {error.reason}")
            log.error("alert not delivered", channel=channel.name, reason=error.reason, headline=text.headline)
            raise
        tools.ledger.note(run, f"told:{channel.name}", "yes")
    tools.ledger.alert(run, "sent")
    return text.headline


def words(tools: Tools, entry: Entry) -> Message:
    """The message about a run that has ended."""
    raise NotImplementedError
