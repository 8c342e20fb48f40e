"""Whether everything that backups need is there, seen from the operator's desk. It looks and asks; nothing is changed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from redis import Redis, RedisError

from workers.alerts.words import size
from workers.artifact import decode
from workers.bench.tools import Tools
from workers.errors import Failure
from workers.ports import Finding
from workers.settings import Settings, document, secrets
from workers.topology import CONTROL, node, nodes, source_queue

Question: TypeAlias = Callable[[str, tuple[str, ...], str], Any]  # task, its arguments, queue → the answer of the host

CLOCK = 5.0  # seconds two clocks may differ before ages and points in time are told wrongly


@dataclass(frozen=True, slots=True)
class Round:
    """One round of looking. `answering` are the names of the workers that answered a ping; `question` asks one host."""

    tools: Tools
    answering: frozenset[str]
    question: Question

    def workers(self) -> Iterator[Finding]:
        """Every worker that the settings ask for, with the line that starts the one that is missing."""
        here = alive(self.tools.settings, self.answering)
        for wanted in nodes(self.tools.settings):
            found = wanted.name in here
            remedy = "" if found else f"on {wanted.host}: {wanted.command}"
            yield Finding(found, f"worker {wanted.name}", "answers" if found else "does not answer", remedy)

    def targets(self) -> Iterator[Finding]:
        """Every target as its host sees it; a host whose worker is missing is not waited for."""
        here = alive(self.tools.settings, self.answering)
        for name, row in self.tools.settings.targets.items():
            if f"source@{row.host}" in here:
                yield from self._asked(name, row.host)
            else:
                yield Finding(False, f"target {name}", f"nobody could look: worker source@{row.host} does not answer")

    def _asked(self, name: str, host: str) -> Iterator[Finding]:
        try:
            answers = [decode(Finding, answer) for answer in self.question("host.check", (name,), source_queue(host))]
        except Failure as error:
            yield Finding(False, f"target {name}", error.reason)
            return
        yield from (Finding(found.ok, f"{name}: {found.what}", found.found, found.remedy) for found in answers)


def alive(settings: Settings, answering: frozenset[str]) -> frozenset[str]:
    """The workers of the settings that answer; a second one of control counts as the first, a stranger is passed over."""
    found = set()
    for name in answering:
        try:
            found.add(node(settings, name).name)
        except Failure:
            continue
    return frozenset(found)


def stores(tools: Tools) -> Iterator[Finding]:
    """Whether each store answers, and how much still fits."""
    for name in tools.settings.stores:
        try:
            room = tools.store(name).free()
        except Failure as error:
            yield Finding(False, f"store {name}", error.reason, "control has to read at least one store of each plan")
        else:
            yield Finding(True, f"store {name}", "answers" if room is None else f"{size(room)} free")


def kept_secrets(settings: Settings) -> Iterator[Finding]:
    """Whether the secrets that control cannot do without are there, and none is open to others. What is in them is not shown."""
    control = next(name for name, host in settings.hosts.items() if host.role == CONTROL)
    faults = list(secrets.check(document.resolved(document.named(None), Settings), control))
    yield from (Finding(False, f"secret {fault.key}", fault.text) for fault in faults)
    if not faults:
        yield Finding(True, "secrets", f"{settings.secrets_dir}: all that {control} needs")


def clock(url: str) -> Iterator[Finding]:
    """How far this clock and the broker's are apart; nothing where the broker cannot be asked."""
    client: Any = Redis.from_url(url, socket_timeout=5)
    try:
        seconds, micros = client.time()
    except RedisError:
        return
    apart = abs(datetime.now(UTC).timestamp() - seconds - micros / 1e6)
    fine = apart <= CLOCK
    yield Finding(fine, "clock", f"{apart:.1f} s from the broker's", "" if fine else "let one time service set the clocks of all hosts")
