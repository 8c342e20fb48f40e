"""Whether a Redis is the broker of Canvasback itself: it is, where it holds the ledger. Floor: tools.

A source does not know the broker's address, and names, proxies and replicas would hide that two addresses are one server. The
ledger cannot hide: its list of runs is there as soon as there was one, and a restore is one itself.
"""

from typing import Any

from redis.exceptions import ResponseError

LEDGER = "canvasback:ledger:runs"
WARNING = "this is Canvasback's own broker: keep its keys apart from your data, for no run can restore the Redis that carries it"


def is_broker(client: Any) -> bool:
    """Whether any database of a server holds the ledger. The client may stand on another database afterwards."""
    numbers = [int(name[2:]) for name in client.info("keyspace") if name.startswith("db")]
    pipe = client.pipeline(transaction=False)
    for number in numbers:
        pipe.execute_command("SELECT", number)
        pipe.execute_command("EXISTS", LEDGER)
    return any(int(found) == 1 for found in pipe.execute()[1::2])


def warning(client: Any) -> tuple[str, ...]:
    """What a backup of the broker says about itself; nothing where the user may not look."""
    try:
        own = is_broker(client)
    except ResponseError:
        return ()
    return (WARNING,) if own else ()
