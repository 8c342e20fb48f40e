"""The verb that brings back what a restore has replaced."""

from pydantic import validate_call

from tasks.desk import asking
from tasks.desk.doing import sent
from tasks.desk.restoring import Planned, with_touched
from tasks.desk.screen import Sent, console, name_of
from workers.alerts.words import stamp
from workers.bench import planning, undoing
from workers.bench.choosing import Choice
from workers.bench.wishes import Wish
from workers.celery import app
from workers.errors import Refused


@validate_call
def undo(run: Sent | str | None = None, *, confirm: str | None = None, wait: bool = False) -> Sent | None:
    """Bring back what a restore over live data has replaced (the newest such restore, where none is named); shows it without `confirm`."""
    found = undoing.find(app.tools, None if run is None else name_of(run))
    if confirm not in (None, found.target):
        raise Refused(f"confirm={confirm!r} does not name the target; to undo it: confirm={found.target!r}")
    wish = Wish(found.target, found.backup, confirm=found.target, choice=Choice(found.tables))
    planned = Planned(with_touched(planning.restore(app.tools, asking.ask, wish)))
    console.print(_heading(found), soft_wrap=True)
    console.print(repr(planned), soft_wrap=True)
    if confirm is None:
        name = f'"{found.restore.id}", ' if found.restore else ""
        console.print(f'Nothing was done. To do it: undo({name}confirm="{found.target}")', soft_wrap=True)
        return None
    return sent(planned.run().run, wait)


def _heading(found: undoing.Undo) -> str:
    if found.restore is None:
        return f"Undo a restore of {found.target} that the ledger knows no more: {found.backup} holds what was there before"
    when = stamp(found.restore.opened, app.settings.time_zone)
    what = f"{', '.join(found.tables)} of {found.target}" if found.tables else found.target
    made = f"; {', '.join(found.new)} was not there before and stays" if found.new else ""
    return f"Undo restore {found.restore.id} of {when}, which put {found.restore.backup} over {what}{made}"
