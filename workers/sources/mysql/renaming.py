"""What a definition becomes in a database of another name: never something that acts on the original. Floor: tools.

Tables and views come as the server prints them, so their text can be read: names in backticks, literals in quotes. Programs
(routines, triggers, events) come as somebody wrote them, and can name a database in many ways, one of them text that is run later.
"""

import re
from dataclasses import replace
from itertools import pairwise

from workers.artifact import Order
from workers.errors import Corrupt
from workers.sources.mysql.faults import quoted
from workers.sources.mysql.script import Definition, Thing

_TOKEN = re.compile(r"'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|[^'`]+|.", re.DOTALL)
_DEFINER = re.compile(r"\bDEFINER\s*=\s*(?:`(?:[^`]|``)*`@)?`(?:[^`]|``)*`")
_BETWEEN = r"(?:\s|/\*.*?\*/|(?:--|#)[^\n]*\n)*"  # what may stand between a name and its dot
_STATE = re.compile(
    r"(\bEVENT `(?:[^`]|``)+` ON SCHEDULE .+? ON COMPLETION (?:NOT )?PRESERVE) (?:ENABLE|DISABLE(?: ON (?:SLAVE|REPLICA))?)\b", re.DOTALL
)
_SEQUENCES = ("nextval(", "lastval(", "setval(")


def renamed(found: Definition, order: Order) -> Definition | None:
    """The definition for the place of this order; None where it would act on the original. Events come out disabled."""
    if order.into == order.original:
        return found
    if found.kind in (Thing.TABLE, Thing.VIEW):
        found = replace(found, sql=moved(found.sql, order.original, order.into))
    text = _outside_literals(found.sql) if found.kind is Thing.VIEW else found.sql
    if found.kind is not Thing.TABLE and mentions(text, order.original):
        return None
    return disabled(found) if found.kind is Thing.EVENT else found


def mentions(sql: str, database: str) -> bool:
    """Whether a text names a database: the name, quoted or not, in any case, then a dot. What only looks so counts, too."""
    name = re.escape(database)
    ansi = re.escape(database.replace('"', '""'))
    spelled = rf'(?:(?<![\w$]){name}|{re.escape(quoted(database))}|"{ansi}")'
    return re.search(rf"{spelled}{_BETWEEN}\.", _DEFINER.sub("", sql, count=1), re.IGNORECASE | re.DOTALL) is not None


def moved(sql: str, original: str, into: str) -> str:
    """A table or view whose calls of functions and sequences of the original go to `into`: the server names their database always."""
    tokens = _TOKEN.findall(sql)
    for at, (name, dot) in enumerate(pairwise(tokens)):
        called = tokens[at + 3 : at + 4] and tokens[at + 3].startswith("(")
        counted = at and tokens[at - 1].lower().endswith(_SEQUENCES)
        if name == quoted(original) and dot == "." and (called or counted):
            tokens[at] = quoted(into)
    return "".join(tokens)


def disabled(event: Definition) -> Definition:
    """An event that does not act. SHOW CREATE EVENT writes the state right behind ON COMPLETION."""
    sql, found = _STATE.subn(r"\1 DISABLE", event.sql, count=1)
    if not found:
        raise Corrupt(f"event {event.name} says nowhere whether it is enabled, so it cannot be disabled")
    return replace(event, sql=sql)


def _outside_literals(sql: str) -> str:
    return "".join(token for token in _TOKEN.findall(sql) if not token.startswith("'"))
