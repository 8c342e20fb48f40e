"""A session in which a definition means what it says, whatever the server is set to. Floor: tools."""

import pymysql

from workers.sources.mysql.faults import NO_PRIVILEGE, number
from workers.sources.mysql.script import Definition, preamble
from workers.sources.mysql.session import Session, rows

# No key is added, nothing is refused that was allowed, no TIMESTAMP gets a default.
_LITERAL = {
    "innodb_strict_mode": "OFF",
    "explicit_defaults_for_timestamp": "ON",
    "restrict_fk_on_non_standard_key": "OFF",
    "sql_require_primary_key": "OFF",
    "sql_generate_invisible_primary_key": "OFF",
}


def literally(session: Session) -> None:
    """Bring the session into that state, as far as the account may."""
    names = ", ".join(f"'{name}'" for name in _LITERAL)
    for name, now in rows(session, f"SHOW SESSION VARIABLES WHERE variable_name IN ({names})"):
        if now != _LITERAL[name]:
            try:
                rows(session, f"SET SESSION {name} = {_LITERAL[name]}")
            except pymysql.MySQLError as error:
                if number(error) not in NO_PRIVILEGE:  # without it the server names what it refuses, and the proof what differs
                    raise


def make(session: Session, definition: Definition) -> None:
    """Run the statement of a definition under the settings that it needs."""
    for statement in (*preamble(definition), definition.sql):
        rows(session, statement)
