"""Hosts × roles → queues, nodes and the task modules of each; run as a module, it prints what to start where. Floor: bench.

Every host with data has three pinned queues, each read by exactly one worker; control hosts share one for orders and one for
reports. A restore never waits behind a dump, and what floods one queue cannot starve another.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from kombu.entity import Exchange, Queue
from rich.console import Console
from rich.table import Table

from workers.errors import Refused
from workers.plans.values import unknown
from workers.settings import Settings, load

CONTROL = "control"
REPORTS = "reports"  # read by control, written by every host: see `workers.broker.reports`
ROLES = ("source", "segments", "restore")
DATA_TASKS = ("tasks.steps", "tasks.mirror", "tasks.trial")
CONTROL_TASKS = ("tasks.starts", "tasks.alerts", "tasks.housekeeping")
MODULES = DATA_TASKS + CONTROL_TASKS

SOURCE_SLOTS = 2  # a dump streams, its tools work: two keep a disk busy, more would only share it
CONTROL_SLOTS = 4  # control waits for others most of its time
WIDEST = 10_000  # columns; no line of the table may be wrapped or cut, it is there to be copied


@dataclass(frozen=True, slots=True)
class Node:
    """One worker: what it reads, how many processes it has (None: as many as the cores of its host), and what it runs."""

    role: str
    host: str
    queue: str
    slots: int | None
    runs: str

    @property
    def name(self) -> str:
        """Its node name: `source@db1`."""
        return f"{self.role}@{self.host}"

    @property
    def reads(self) -> tuple[str, ...]:
        """Every queue that it reads. Control reads the reports, too, without being told to on its line."""
        return (CONTROL, REPORTS) if self.queue == CONTROL else (self.queue,)

    @property
    def command(self) -> str:
        """The line that starts it. Without `-c` the worker asks `slots` when it starts."""
        line = f"celery -A workers worker -n {self.name} -Q {self.queue}"
        return f"{line} -c {self.slots}" if self.slots else line

    @property
    def shown_slots(self) -> str:
        """Its slots for the table."""
        cores = "cores + 1" if self.role == "restore" else "cores"
        return str(self.slots) if self.slots else cores


def source_queue(host: str) -> str:
    """The queue of a host's dumps."""
    return f"{host}.source"


def segments_queue(host: str) -> str:
    """The queue of a host's work on segments."""
    return f"{host}.segments"


def restore_queue(host: str) -> str:
    """The queue of a host's restores."""
    return f"{host}.restore"


def shelf(queue: str) -> dict[str, str]:
    """Kombu's names for what was delivered from a queue: a shelf for each, so that nobody sees or gives back another's.

    Three workers of one host on one shelf would give back each other's work after an outage longer than the visibility timeout.
    """
    return {name: f"{name[:-4]}:{queue}" for name in ("unacked_key", "unacked_index_key", "unacked_mutex_key")}


def queues(settings: Settings) -> tuple[Queue, ...]:
    """Every queue, bound directly under its own name."""
    exchange = Exchange("canvasback", type="direct")
    names = dict.fromkeys(queue for node in nodes(settings) for queue in node.reads)
    return tuple(Queue(name, exchange, routing_key=name) for name in names)


def nodes(settings: Settings) -> tuple[Node, ...]:
    """Every worker that these settings ask for, in the order of their hosts."""
    return tuple(node for host in settings.hosts for node in _of_host(settings, host))


def _of_host(settings: Settings, name: str) -> Iterator[Node]:
    host = settings.hosts[name]
    if host.role == CONTROL:
        yield Node(CONTROL, name, CONTROL, CONTROL_SLOTS, "start, alert")
        return
    sources = ", ".join(dict.fromkeys(target.source for target in settings.targets.values() if target.host == name))
    what = f" ({sources})" if sources else ""
    yield Node("source", name, source_queue(name), SOURCE_SLOTS, f"dump{what}")
    yield Node("segments", name, segments_queue(name), host.slots, "checksum compress upload verify seal")
    # One slot more: the step that feeds the others holds one while they work, and must never be the only one.
    yield Node("restore", name, restore_queue(name), host.slots and host.slots + 1, f"fetch verify decompress load{what}")


def node(settings: Settings, name: str) -> Node:
    """The worker of a node name. A number may follow the role (`control2@control`). Refused, with those that exist, where there is none."""
    role, _, host = name.partition("@")
    known = {node.name: node for node in nodes(settings)}
    asked = f"{role.rstrip('0123456789')}@{host}"
    if asked not in known:
        raise Refused(f"{unknown('worker', name, tuple(known))}; start it with -n as python -m workers.topology prints it")
    return known[asked]


def modules(settings: Settings, name: str) -> tuple[str, ...]:
    """The task modules that the worker of a node name imports."""
    return CONTROL_TASKS if node(settings, name).role == CONTROL else DATA_TASKS


def slots(settings: Settings, name: str) -> int:
    """The processes of the worker of a node name, counted on the machine where this is asked."""
    found = node(settings, name)
    return found.slots or (os.cpu_count() or 1) + (found.role == "restore")


def commands(settings: Settings) -> tuple[str, ...]:
    """One line for each process: every worker, then the clock."""
    return (*(node.command for node in nodes(settings)), BEAT)


BEAT = "celery -A workers beat"


def table(settings: Settings) -> str:
    """What to start on which host, for people: one unbroken line each."""
    shown = Table(box=None, pad_edge=False, padding=(0, 4, 0, 0))
    for column in ("host", "queue", "slots", "runs", "command"):
        shown.add_column(column, no_wrap=True)
    for row in nodes(settings):
        shown.add_row(row.host, row.queue, row.shown_slots, row.runs, row.command)
    clock = next(name for name, host in settings.hosts.items() if host.role == CONTROL)
    shown.add_row(clock, "–", "–", "timetable (run two, one leads)", BEAT)
    out = StringIO()
    Console(file=out, width=WIDEST, color_system=None, markup=False).print(shown)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def main(arguments: list[str]) -> int:
    """Print the table, or with `--commands` only the lines to start; 2 where the settings are refused."""
    if arguments not in ([], ["--commands"]):
        print("usage: python -m workers.topology [--commands]", file=sys.stderr)
        return 2
    try:
        settings = load()
        print("\n".join(commands(settings)) if arguments else table(settings))
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
