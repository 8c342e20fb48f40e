"""What a host with data may say to control: that a run is over. Whatever else it writes there is dropped, and nobody acts on it.

Control cannot see who wrote a message, and it has every right. So a host may add to the queue `reports` only, and a message in it is
taken for what it is worth: an alert about a run, whose words come from the ledger. A task that carries others to be sent
after it (callbacks, a chain, a chord) would have them sent by control: it may carry alerts and nothing else.
`tests/broker/test_reports.py` tries to order more.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

from workers.topology import REPORTS

ALERTS = frozenset({"alert.announce", "alert.failed"})
_CARRIED = ("callbacks", "errbacks", "chain")


def fault(item: str) -> str:
    """Why a message has no place among the reports, naming what it orders; "" where it has."""
    try:
        message = json.loads(item)
        name, (args, _, carried) = message["headers"]["task"], json.loads(base64.b64decode(message["body"]))
        orders = [name, *_orders(carried)]
    except (KeyError, TypeError, ValueError) as error:
        return f"a message that cannot be read ({error!r})"
    if foreign := [str(order) for order in orders if order not in ALERTS]:
        return f"{', '.join(foreign)[:200]} is no report; orders go to the queue control, by those who may write there"
    if len(args) != 1 or not isinstance(args[0], str):
        return f"{name} is about one run, and names it"
    return ""


def _orders(carried: dict[str, Any]) -> Iterator[object]:
    """Every task that would be sent after it; a chord's is unknown until its barrier falls."""
    if carried.get("chord"):
        yield "a chord"
    for key in _CARRIED:
        for signature in carried.get(key) or ():
            yield signature["task"] if signature["options"].get("queue") == REPORTS else f"{signature['task']} elsewhere"
            yield from _within(signature)


def _within(signature: dict[str, Any]) -> Iterator[object]:
    for key, inner in signature["options"].items():
        if key in ("link", "link_error", "chain", "chord") and inner:
            yield f"{key} of {signature['task']}"
