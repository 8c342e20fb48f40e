"""Events that came in by replication: an applier switches them off, as on a replica, and forgets what they were. Floor: tools.

What they were stands in their statements, so it is read there and set again. The scratch server itself runs no events whatever they say.
"""

from collections.abc import Iterable, Sequence

from workers.sources.mysql.faults import quoted
from workers.sources.mysql.replay.decoding import Query
from workers.sources.mysql.replay.statements import Token, tokens
from workers.sources.mysql.session import Session, rows

_STATES = "SELECT event_name, status FROM information_schema.events WHERE event_schema = %s"
_OFF = (
    "SELECT event_name, definer, sql_mode, time_zone, character_set_client, collation_connection FROM information_schema.events"
    " WHERE event_schema = %s AND status IN ('SLAVESIDE_DISABLED', 'REPLICA_SIDE_DISABLED')"
)
_ON, _DISABLED, _ELSEWHERE = "ENABLE", "DISABLE", "ELSEWHERE"
_KNOWN = {"ENABLED": _ON, "DISABLED": _DISABLED}


def states(session: Session, database: str) -> dict[str, str]:
    """The events of a database and whether each is on; names in small letters, as they are compared."""
    return {str(name).lower(): _KNOWN.get(str(status), _ELSEWHERE) for name, status in rows(session, _STATES, (database,))}


def after(before: dict[str, str], statements: Iterable[Query]) -> dict[str, str]:
    """What the events were on the live server after these statements."""
    found = dict(before)
    for query in statements:
        _follow(found, list(tokens(query.sql.decode(errors="surrogateescape"))))
    return found


def wake(session: Session, database: str, wanted: dict[str, str]) -> None:
    """Set the events that were switched off to what they were; ALTER EVENT notes what its session is set to, so that is the event's own."""
    for name, definer, mode, zone, charset, collation in rows(session, _OFF, (database,)):
        state = wanted.get(str(name).lower(), _ELSEWHERE)
        if state == _ELSEWHERE:
            continue
        user, _, host = str(definer).rpartition("@")
        rows(session, "SET SESSION sql_mode = %s, time_zone = %s", (mode, zone))
        rows(session, f"SET NAMES {charset} COLLATE {collation}")
        rows(session, f"ALTER DEFINER = {quoted(user)}@{quoted(host)} EVENT {quoted(database)}.{quoted(name)} {state}")


def _follow(found: dict[str, str], words: Sequence[Token]) -> None:
    at = next((place for place, token in enumerate(words) if token.word == "EVENT"), None)
    if at is None:
        return
    head = [token for token in words[at + 1 :] if token.word not in ("IF", "NOT", "EXISTS")]
    name, rest = _name(head)
    clauses = _clauses(rest)
    way = words[0].word
    if way == "DROP":
        found.pop(name, None)
    elif way == "CREATE":
        found[name] = _state(clauses) or _ON
    elif way == "ALTER":
        state = _state(clauses) or found.pop(name, _ON)
        found.pop(name, None)
        found[_renamed(clauses) or name] = state


def _name(words: Sequence[Token]) -> tuple[str, Sequence[Token]]:
    if len(words) > 2 and words[1] == Token(".", quoted=False):
        return words[2].text.lower(), words[3:]
    return (words[0].text.lower() if words else ""), words[1:]


def _clauses(words: Sequence[Token]) -> Sequence[Token]:
    """What stands before the event's body."""
    end = next((place for place, token in enumerate(words) if token.word == "DO"), len(words))
    return words[:end]


def _state(words: Sequence[Token]) -> str | None:
    for place, token in enumerate(words):
        if token.word == "ENABLE":
            return _ON
        if token.word == "DISABLE":
            return _ELSEWHERE if [after.word for after in words[place + 1 : place + 2]] == ["ON"] else _DISABLED
    return None


def _renamed(words: Sequence[Token]) -> str | None:
    at = next((place for place, token in enumerate(words) if token.word == "RENAME"), None)
    return _name(words[at + 2 :])[0] if at is not None else None
