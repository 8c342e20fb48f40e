"""Accounts of a backup come to a server that has accounts of its own: none of these is changed. Floor: tools.

One that is not there is made, with its grants. One that is there and equal gets the grants that it lacks. One that differs (another
password, other limits) stays as it is, grants included, and so does the account that this product logs in with; each is told.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pymysql

from workers.errors import Permanent
from workers.sources.mysql.accounts import read_accounts
from workers.sources.mysql.faults import NO_PRIVILEGE, Moment, number, told
from workers.sources.mysql.making import make
from workers.sources.mysql.script import Definition, Thing
from workers.sources.mysql.session import Server, Session, value

_TOLD = 10  # refused statements that are named: mostly they share one cause


@dataclass(slots=True)
class _Arrival:
    """What is to be told, and what was refused."""

    warnings: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def arrive(server: Server, carried: Iterable[Definition], only: Collection[str] | None = None) -> tuple[str, ...]:
    """Make the accounts (`only` those, where any are named); returns in words what was left as it is.

    Permanent at the end where the server refused some. No statement is told: it holds what stands for a password.
    """
    wanted = [found for found in carried if only is None or found.name in only]
    arrival = _Arrival()
    with told(Moment(server.options, "restoring accounts", running=True)), closing(server.connect("mysql")) as session:
        coming = list(_coming(server, session, wanted, arrival))
        for found in coming:
            _make(session, found, arrival)
    if arrival.faults:
        named = " · ".join(arrival.faults[:_TOLD])
        raise Permanent(f"the rows are in, but not all accounts; refused ({len(arrival.faults)}): {named}")
    return tuple(arrival.warnings)


def _coming(server: Server, session: Session, wanted: list[Definition], arrival: _Arrival) -> Iterator[Definition]:
    """What is to be made: accounts that are not there, and grants that they lack."""
    own = str(value(session, "SELECT CURRENT_USER()"))
    here = read_accounts(server, session)
    created = {found.name: found.sql for found in here if found.kind is not Thing.GRANT}
    granted = {found.sql for found in here if found.kind is Thing.GRANT}
    left = set()
    for found in wanted:
        if found.kind is Thing.GRANT:
            if found.name not in left and found.sql not in granted:
                yield found
        elif found.name == own:
            left.add(found.name)
            arrival.warnings.append(f"account {found.name} left as it is: Canvasback logs in with it")
        elif created.get(found.name, found.sql) != found.sql:
            left.add(found.name)
            arrival.warnings.append(f"account {found.name} left as it is, grants included: it exists with another password or options")
        elif found.name not in created:
            yield found


def _make(session: Session, found: Definition, arrival: _Arrival) -> None:
    try:
        make(session, found)
    except pymysql.MySQLError as error:
        words = f": {error.args[-1]}" if number(error) in NO_PRIVILEGE else ""
        arrival.faults.append(f"{found.kind} {found.name} ({number(error)}{words})")
