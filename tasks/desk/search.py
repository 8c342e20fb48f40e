"""The verb that looks for something in what was backed up: a statement in logs, or names in backups."""

import re
from datetime import datetime

from pydantic import validate_call

from tasks.desk import asking, finding, names
from tasks.desk.finding import Statements
from tasks.desk.screen import console
from workers import sources
from workers.celery import app

_SQL = re.compile(r"\s*(alter|create|delete|drop|grant|insert|rename|replace|revoke|truncate|update)\s", re.IGNORECASE)


@validate_call
def find(what: str | None = None, target: str | None = None, *, since: str | datetime | None = None) -> Statements | None:
    """Where something is: a statement in shipped logs (`find("DROP TABLE …")`), or names in backups (`find("report*.pdf")`)."""
    if what is None:
        asking.offer(app.tools, console, 'find("DROP TABLE …", "{0}"), or find("report*.pdf", "{0}")')
        return None
    if _in_logs(what, target):
        return finding.statements(what, target, since)
    names.sightings(what, target)
    return None


def _in_logs(what: str, target: str | None) -> bool:
    """Whether it is looked for in logs: by what the target has; without one, by how it begins."""
    return app.tools.target(target).source in sources.LOGS if target else _SQL.match(what) is not None
