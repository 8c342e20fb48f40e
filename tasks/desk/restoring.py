"""The verbs of a restore: what would happen, said before anything is sent."""

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import validate_call

from tasks.desk import asking, names
from tasks.desk.doing import sent
from tasks.desk.screen import Sent, console
from workers.artifact import Statement, encode, new_run_id
from workers.bench import choosing, lending, moments, opening, planning
from workers.bench.moments import Hosts, MomentPlan
from workers.bench.planning import RestorePlan
from workers.bench.wishes import Wish
from workers.celery import app
from workers.topology import CONTROL
from workers.views import moments as moments_view
from workers.views import tables as tables_view


@dataclass(frozen=True, slots=True)
class Planned:
    """A restore that was thought through; `run()` does it."""

    found: RestorePlan | MomentPlan

    def __repr__(self) -> str:
        """What would happen."""
        zone = app.settings.time_zone
        return moments_view.plan(self.found, zone) if isinstance(self.found, MomentPlan) else tables_view.plan(self.found, zone)

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
    tables: list[str] | None = None,
    files: list[str] | None = None,
    definers: str | dict[str, str] = "keep",
    accounts: bool = False,
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
    choice = choosing.choice(tables, definers, accounts)
    wish = Wish(restore, backup, into, confirm, server, choice, at, gtid, before, position)
    if moments.is_moment(app.tools, wish):
        thought = moments.plan(app.tools, Hosts(asking.ask, asking.able), wish)
        return Planned(replace(thought, base=with_touched(thought.base)))
    found = lending.served(app.tools, asking.able, planning.restore(app.tools, asking.ask, wish))
    return Planned(names.chosen(with_touched(found), files))


def with_touched(found: RestorePlan) -> RestorePlan:
    """The plan, with what single tables touch in a live place."""
    return replace(found, touched=asking.touched(found.target, found.order)) if found.order.objects and found.order.confirm else found


@validate_call
def restore(
    target: str | None = None,
    *,
    backup: str | None = None,
    into: str | None = None,
    confirm: str | None = None,
    tables: list[str] | None = None,
    files: list[str] | None = None,
    definers: str | dict[str, str] = "keep",
    accounts: bool = False,
    at: str | datetime | None = None,
    gtid: str | None = None,
    before: str | Statement | None = None,
    position: str | None = None,
    server: str | None = None,
    wait: bool = False,
) -> Sent | None:
    """Restore a backup (the newest, where none is named) or a moment into `into`, or over the live place with `confirm="<target>"`.

    `tables` are single tables of a database, `files` patterns or paths of a folder. `server` is a folder that becomes the data directory
    of a new server: of a physical full, or of a moment.
    """
    if target is None:
        asking.offer(app.tools, console, 'restore("{0}", into="{0}_restored")')
        return None
    planned = plan(
        target,
        backup=backup,
        into=into,
        confirm=confirm,
        tables=tables,
        files=files,
        definers=definers,
        accounts=accounts,
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
