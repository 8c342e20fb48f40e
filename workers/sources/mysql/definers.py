"""Who a view or program runs as, read and changed where the server prints it: at the head of its statement. Floor: tools."""

import re
from collections.abc import Iterable
from dataclasses import replace

from workers.artifact import Order
from workers.sources.mysql.faults import quoted, unquoted
from workers.sources.mysql.script import Definition

_PART = r"`(?:[^`]|``)*`"
_HEAD = re.compile(rf"(CREATE (?:OR REPLACE )?(?:ALGORITHM=\w+ )?DEFINER=)({_PART})(?:@({_PART}))?(?= )")


def definer(found: Definition) -> str | None:
    """Its definer as `user@host` (a role of MariaDB has no host), None for what has none."""
    head = _HEAD.match(found.sql)
    return "@".join(_plain(part) for part in (head[2], head[3]) if part is not None) if head else None


def mapped(definitions: Iterable[Definition], order: Order) -> list[Definition]:
    """The definitions with the definers that the order puts in the place of others."""
    others = dict(order.definers)
    return [_with(found, other) if (other := others.get(definer(found) or "")) else found for found in definitions]


def _with(found: Definition, account: str) -> Definition:
    user, _, host = account.rpartition("@")
    new = f"{quoted(user)}@{quoted(host)}"
    return replace(found, sql=_HEAD.sub(lambda head: f"{head[1]}{new}", found.sql, count=1))


def _plain(part: str) -> str:
    return unquoted(part[1:-1])
