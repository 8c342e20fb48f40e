"""What each host and the operator may do in the broker's Redis: the lines of its ACL file, printed by `python -m workers.broker.access`.

A host with data reads and writes its own queues and what was delivered from them, may add to control's reports and to nobody else's,
and may listen to remote control, and not speak. Results and the ledger are shared: a chord has one barrier, and they hold no secrets.
Needs Redis 7 (`%W~`, selectors). User rules: https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/
"""

import hashlib
import sys
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from workers.broker.holdings import PREFIX
from workers.errors import Refused
from workers.settings import Settings, load
from workers.topology import CONTROL, REPORTS, queues

OPERATOR = "canvasback.operator"  # no host's: the name of a host has no dot

# Beside what changes or empties the server: what tells the names of other keys and channels, and what all users share.
_DENIED = "-@admin -@dangerous -scan -randomkey -dbsize -pubsub -client|tracking -function -script|flush -script|kill"
COMMANDS = f"+@all {_DENIED} +info"
RESULTS, REPLIES, BINDINGS = "celery-task-meta-*", "*.reply.celery.pidbox", "_kombu.binding*"
SHARED = (RESULTS, "celery-taskset-meta-*", "ledger:run:*", "ledger:lock:*", BINDINGS)
MAILBOX, EVENTS = "celery.pidbox", "celeryev/*"  # a pattern that is subscribed to has to stand in its line letter for letter
DESK = ("unacked", "unacked_index", "unacked_mutex")  # who is no worker notes here which replies it took


def lines(settings: Settings, digests: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """A line for each host, then the operator's. `digests` are of passwords, by user; where there is none, the line has a gap to fill."""
    given = digests or {}
    return tuple(
        " ".join((f"user {name} on #{given.get(name, '<SHA-256 of its password>')} resetkeys resetchannels", *rights))
        for name, rights in _users(settings)
    )


def user(host: str) -> str:
    """The user of a host: its secret `broker_user`."""
    return f"canvasback-{host}"


def digest(password: str) -> str:
    """What an ACL file holds instead of a password."""
    return hashlib.sha256(password.encode()).hexdigest()


def here(settings: Settings) -> dict[str, str]:
    """The digest of the password in this machine's secrets, by its user; nothing where one of the two secrets is missing."""
    name, password = settings.secret("broker_user"), settings.secret("broker_password")
    return {name.get_secret_value(): digest(password.get_secret_value())} if name and password else {}


def _users(settings: Settings) -> Iterator[tuple[str, tuple[str, ...]]]:
    fanout = f"&{PREFIX}/{urlsplit(settings.broker.url).path.strip('/') or '0'}."
    mailbox, events, results = f"{fanout}{MAILBOX}", f"{fanout}{EVENTS}", f"&{PREFIX}{RESULTS}"
    heard = (mailbox, results, COMMANDS, "-publish", f"(+publish {events} {results})")  # one right would be for both directions
    for name, host in settings.hosts.items():
        if host.role == CONTROL:
            yield user(name), (f"~{PREFIX}*", mailbox, events, results, COMMANDS)
        else:
            own = (f"{name}.*", f"unacked*:{name}.*", f"*@{name}.celery.pidbox")
            yield user(name), (*_keys("~", *own, *SHARED), *heard, _adds(REPORTS, REPLIES))
    asks = (*_keys("%R~", "ledger:*", RESULTS), *_keys("~", REPLIES, BINDINGS, *DESK), results, COMMANDS, "-publish")
    yield OPERATOR, (*asks, f"(+publish {mailbox} {events})", _adds(*(queue.name for queue in queues(settings) if queue.name != REPORTS)))


def _keys(right: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{right}{PREFIX}{name}" for name in names)


def _adds(*names: str) -> str:
    """The right to add to lists, and to do nothing else with them."""
    return f"(+lpush +llen {' '.join(_keys('%W~', *names))})"


def main() -> int:
    """Print the lines; 2 where the settings are refused."""
    try:
        settings = load()
        print("\n".join(("user default off", *lines(settings, here(settings)))))
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
