"""The verbs of a restore: what would happen, said before anything is sent."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import validate_call

from tasks.desk import asking
from tasks.desk.doing import sent
from tasks.desk.screen import Sent, console
from workers.artifact import encode, new_run_id
from workers.bench import opening, planning
from workers.bench.planning import RestorePlan
from workers.celery import app
from workers.topology import CONTROL
from workers.views import tables


@dataclass(frozen=True, slots=True)
class Planned:
    """A restore that was thought through; `run()` does it."""

    found: RestorePlan

    def __repr__(self) -> str:
        """What would happen."""
        return tables.plan(self.found, app.settings.time_zone)

    def run(self) -> Sent:
        """Send it; Refused where another run stands in the way by now."""
        planning.free(app.tools, opening.restore(app.tools, self.found.target, self.found.order, None))
        run = new_run_id()
        app.send_task("start.restore", (self.found.target, encode(self.found.order), run), queue=CONTROL)
        return Sent(run)


@validate_call
def plan(
    restore: str | None = None,
    *,
    backup: str | None = None,
    into: str | None = None,
    at: str | datetime | None = None,
    confirm: str | None = None,
    server: str | None = None,
) -> Planned | None:
    """What a restore would do; changes nothing. `_.run()` does it."""
    if restore is None:
        asking.offer(app.tools, console, 'plan(restore="{0}", into="{0}_restored")')
        return None
    app.tools.target(restore)
    if at is not None:
        raise planning.at(app.tools, restore, at)
    return Planned(planning.restore(app.tools, asking.ask, restore, backup, into, confirm, server))


@validate_call
def restore(
    target: str | None = None,
    *,
    backup: str | None = None,
    into: str | None = None,
    confirm: str | None = None,
    server: str | None = None,
    wait: bool = False,
) -> Sent | None:
    """Restore a backup (the newest, where none is named) into `into`, or over the live place with `confirm="<target>"`.

    `server` is a folder that a physical full makes a new server's data directory of.
    """
    if target is None:
        asking.offer(app.tools, console, 'restore("{0}", into="{0}_restored")')
        return None
    planned = plan(target, backup=backup, into=into, confirm=confirm, server=server)
    if planned is None:
        return None
    console.print(repr(planned), soft_wrap=True)
    return sent(planned.run().run, wait)
