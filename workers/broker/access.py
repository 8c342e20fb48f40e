"""What each host may do in the broker's Redis: one line of an ACL file for each. `python -m workers.broker.access` prints them.

A host with data reads and writes its own queues and what was delivered from them, may send to control and to nobody else, and sees
no other host's work. Results and the ledger are shared: a chord has one barrier, and they hold no secrets. Needs Redis 7 (`%W~`).
Redis user rules: https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/
"""

import hashlib
import sys
from urllib.parse import urlsplit

from workers.broker.holdings import PREFIX
from workers.errors import Refused
from workers.settings import Settings, load
from workers.topology import CONTROL

# SCAN and its like tell the names of all keys; the rest of what is dangerous changes the server, or empties it.
COMMANDS = "+@all -@admin -@dangerous -scan -randomkey -dbsize +info"
SHARED = ("_kombu.*", "celery-task-meta-*", "celery-taskset-meta-*", "*.reply.celery.pidbox", "celeryev.*", "ledger:*")


def lines(settings: Settings, passwords: dict[str, str] | None = None) -> tuple[str, ...]:
    """A line for each host. `passwords` are SHA-256 digests in hex by host; where there is none, the line has a gap to fill."""
    known = passwords or {}
    return tuple(_line(settings, host, known.get(host, "<SHA-256 of its password>")) for host in settings.hosts)


def user(host: str) -> str:
    """The user of a host: its secret `broker_user`."""
    return f"canvasback-{host}"


def digest(password: str) -> str:
    """What an ACL file holds instead of a password."""
    return hashlib.sha256(password.encode()).hexdigest()


def _line(settings: Settings, host: str, secret: str) -> str:
    head = f"user {user(host)} on #{secret} resetchannels"
    if settings.hosts[host].role == CONTROL:
        return " ".join((head, f"~{PREFIX}*", *_channels(settings), COMMANDS, "+scan", "+config|get"))
    own = (f"~{PREFIX}{key}" for key in (f"{host}.*", f"unacked*:{host}.*", f"*@{host}.celery.pidbox", *SHARED))
    return " ".join((head, *own, f"%W~{PREFIX}{CONTROL}", *_channels(settings), COMMANDS))  # control is sent to, and never read


def _channels(settings: Settings) -> tuple[str, ...]:
    """Remote control, events and results. A pattern that is subscribed to has to stand here letter for letter."""
    database = urlsplit(settings.broker.url).path.strip("/") or "0"
    fanout = f"&{PREFIX}/{database}."
    return (
        f"{fanout}celery.pidbox",
        f"{fanout}reply.celery.pidbox",
        f"{fanout}celeryev/*",
        f"{fanout}celeryev/worker.*",
        f"&{PREFIX}celery-task-meta-*",
    )


def main() -> int:
    """Print the lines; 2 where the settings are refused."""
    try:
        print("\n".join(("user default off", *lines(load()))))
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
