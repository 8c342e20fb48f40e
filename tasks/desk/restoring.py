"""The verbs of a restore: what would happen, said before anything is sent."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import validate_call

from tasks.desk import asking, names
from tasks.desk.doing import sent
from tasks.desk.screen import Sent, console
from workers.artifact import Statement, encode, new_run_id
from workers.bench import moments, opening, planning
from workers.bench.moments import Hosts, MomentPlan, Wish
from workers.bench.planning import RestorePlan
from workers.celery import app
from workers.topology import CONTROL
from workers.views import moments as moments_view
from workers.views import tables


@dataclass(frozen=True, slots=True)
class Planned:
    """A restore that was thought through; `run()` does it."""

    found: RestorePlan | MomentPlan

    def __repr__(self) -> str:
        """What would happen."""
        zone = app.settings.time_zone
        return moments_view.plan(self.found, zone) if isinstance(self.found, MomentPlan) else tables.plan(self.found, zone)

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
    confirm: str | None = None,
    files: list[str] | None = None,
    at: str | datetime | None = None,
    gtid: str | None = None,
    before: str | Statement | None = None,
    position: str | None = None,
    server: str | None = None,
) -> Planned | None:
    """What a restore would do; changes nothing. `_.run()` does it."""
    if restore is None:
        asking.offer(app.tools, console, 'plan(restore="{0}", into="{0}_restored")')
        return None
    app.tools.target(restore)
    wish = Wish(restore, into, confirm, at, gtid, before, position, backup, server)
    if moments.is_moment(app.tools, wish):
        return Planned(moments.plan(app.tools, Hosts(asking.ask, asking.able), wish))
    found = planning.restore(app.tools, asking.ask, restore, backup, into, confirm, server)
    return Planned(names.chosen(found, files) if files else found)


@validate_call
def restore(
    target: str | None = None,
    *,
    backup: str | None = None,
    into: str | None = None,
    confirm: str | None = None,
    files: list[str] | None = None,
    at: str | datetime | None = None,
    gtid: str | None = None,
    before: str | Statement | None = None,
    position: str | None = None,
    server: str | None = None,
    wait: bool = False,
) -> Sent | None:
    """Restore a backup (the newest, where none is named) or a moment into `into`, or over the live place with `confirm="<target>"`.

    `files` are patterns or paths, where not all of a folder is wanted. `server` is a folder that becomes the data directory of a new
    server: of a physical full, or of a moment.
    """
    if target is None:
        asking.offer(app.tools, console, 'restore("{0}", into="{0}_restored")')
        return None
    planned = plan(
        target,
        backup=backup,
        into=into,
        confirm=confirm,
        files=files,
        at=at,
        gtid=gtid,
        before=before,
        position=position,
        server=server,
    )
    if planned is None:
        return None
    console.print(repr(planned), soft_wrap=True)
    return sent(planned.run().run, wait)
