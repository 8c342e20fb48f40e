"""How a run begins on control: who it is, which locks it needs, and what stands against it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from workers import sources
from workers.artifact import Kind, Order, Run, new_backup_id, new_run_id
from workers.bench.tools import Tools
from workers.catalog.ledger import Ledger, Reason
from workers.errors import Failure, Refused
from workers.plans.values import unknown


@dataclass(frozen=True, slots=True)
class Opening:
    """A run that is about to begin, and the locks it needs."""

    run: Run
    locks: tuple[str, ...]

    def take(self, ledger: Ledger) -> bool:
        """Record the run and take its locks; False where the run is known already. Refused where a lock is held."""
        return ledger.open(self.run, *self.locks)

    def refuse(self, ledger: Ledger, error: Failure) -> None:
        """Note why it cannot begin."""
        ledger.fail(self.run.id, Reason("start", error.reason))


def backup(tools: Tools, target: str, kind: Kind, slot: str | None, run: str | None) -> Opening:
    """The opening of a backup: one lock per target for its data, one per server for its logs. Refused where a source has none."""
    now, host = datetime.now(UTC), tools.target(target).host
    opened = Run(run or new_run_id(), "backup", target, host, new_backup_id(kind, now), kind, slot, opened=now)
    return Opening(bound(tools, opened), (lock(tools, target, kind),))


def kinds(tools: Tools, target: str) -> tuple[Kind, ...]:
    """The kinds of backups that can be made of a target."""
    row = tools.target(target)
    if sources.log_server(row.source, row.options):
        return tuple(Kind)
    return (Kind.FULL, Kind.INCREMENTAL, Kind.DIFFERENTIAL) if row.source in sources.INDEXED else (Kind.FULL,)


def lock(tools: Tools, target: str, kind: Kind) -> str:
    """The lock that a backup of this kind needs. A long full does not stop the shipping of logs, nor what compares with a backup before.

    At noon an incremental and a differential backup are due at once.
    """
    row = tools.target(target)
    server = sources.log_server(row.source, row.options)
    if kind is Kind.LOG and server is None:
        raise Refused(
            f"{target} is a target of source {row.source}, whose changes are in no log; kinds log is for {', '.join(sources.LOGS)}"
        )
    if kind is Kind.LOG:
        return f"logs:{row.host}:{server}"
    return f"data:{target}" if kind is Kind.FULL else f"{kind}:{target}"


def restore(tools: Tools, target: str, order: Order, run: str | None) -> Opening:
    """The opening of a restore: one at a time per host (it holds a slot while it feeds the others), never beside a backup of its place."""
    if order.confirm not in (None, target):
        raise Refused(f"confirm={order.confirm!r} is not the name of the target; a restore over it wants confirm={target!r}")
    if order.confirm and order.into != order.original:
        raise Refused(f"only {order.original} itself can be restored over, not {order.into}; give a name that is free")
    own = tools.target(target).host
    host = order.lent.host if order.lent else own
    if host not in tools.settings.hosts:
        raise Refused(unknown("host", host, tuple(tools.settings.hosts), "hosts"))
    first = new_run_id() if order.confirm and not order.aside else None  # the run of its safety backup
    opened = Run(run or new_run_id(), "restore", target, host, order.backup, order=order, first=first)
    over = order.into == order.original and not order.server
    live = tuple(lock(tools, target, kind) for kind in _reading(tools, target)) if over else ()
    return Opening(bound(tools, opened), (*dict.fromkeys((f"restore:{host}", f"restore:{own}")), *live))


def _reading(tools: Tools, target: str) -> tuple[Kind, ...]:
    """The kinds of backups that read the target itself."""
    return kinds(tools, target) if tools.target(target).source in sources.INDEXED else (Kind.FULL,)


def bound(tools: Tools, run: Run) -> Run:
    """The run with the deadline of its plan."""
    return replace(run, deadline=run.opened + tools.plan(run.target).deadline)
