"""The server's error numbers, told as failures that name what would mend them. Floor: tools."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pymysql

from workers.errors import Failure, Permanent, Transient
from workers.sources.mysql.options import MysqlOptions

WRONG_PASSWORD = frozenset({1045, 1698})
UNKNOWN_DATABASE = frozenset({1049})
NO_PRIVILEGE = frozenset({1044, 1142, 1143, 1227, 1370, 1410})
NO_TLS = frozenset({2026})
NO_SERVER = frozenset({1040, 1053, 1203, 2002, 2003, 2006, 2013, 4031})
_ACCOUNT = re.compile(r"'([^']*)'@'([^']*)'")
_NEEDED = re.compile(r"\(at least one of\) the (.+?) privilege")
_COMMAND = re.compile(r"^([A-Z][A-Z ,]*?) command denied .*? for (?:table|view) [`']([^`']+)[`'](?:\.[`']([^`']+)[`'])?")


@dataclass(frozen=True, slots=True)
class Moment:
    """What was being done when an error came up: `doing` for the message, `running` once a dump has begun."""

    options: MysqlOptions
    doing: str
    running: bool = False


@contextmanager
def told(moment: Moment) -> Iterator[None]:
    """Turn the driver's exceptions into failures: Transient where the server cannot be reached yet, else Permanent."""
    try:
        yield
    except pymysql.MySQLError as error:
        raise failure(error, moment) from error


def number(error: pymysql.MySQLError) -> int:
    """The error number, 0 where the driver gives none."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def failure(error: pymysql.MySQLError, moment: Moment) -> Failure:
    """The failure that an error of the driver means at this moment."""
    code, text = number(error), str(error.args[-1]) if error.args else type(error).__name__
    options = moment.options
    if code in WRONG_PASSWORD:
        return Permanent(
            f"{options.address} refuses user {options.user!r} or its password ({code}); "
            "check `user` in the settings and this target's password secret"
        )
    if code in UNKNOWN_DATABASE:
        return Permanent(f"database {options.database!r} does not exist on {options.address}; check `databases` in the settings")
    if code in NO_PRIVILEGE:
        return Permanent(f"{moment.doing}: {text} ({code}); paste as an administrator: {grant_for(text, options)}")
    if code in NO_TLS:
        return Permanent(f"{options.address} offers no TLS ({code}: {text}); give it a certificate, or set `tls = false` for this target")
    if code in NO_SERVER and not moment.running:
        return Transient(f"no MySQL or MariaDB server answers at {options.address}: {text} ({code})")
    return Permanent(f"{moment.doing} on {options.address}: {text} ({code})")


def grant_for(text: str, options: MysqlOptions) -> str:
    """The GRANT that answers a refusal, taken from the server's own words."""
    found = _ACCOUNT.search(text)
    user, host = found.groups() if found else (options.user, "localhost" if options.socket else "%")
    privilege, scope = _missing(text, options)
    return f"GRANT {privilege} ON {scope} TO {_text(user)}@{_text(host)};"


def _missing(text: str, options: MysqlOptions) -> tuple[str, str]:
    if needed := _NEEDED.search(text):
        return re.split(r",| or ", needed[1])[-1].strip(), "*.*"  # the first is often SUPER
    if (command := _COMMAND.search(text)) and command[2] == "mysql":
        return "SELECT", "mysql.*"
    if command:
        return command[1].strip(), f"{quoted(options.database)}.*"
    return "SELECT, SHOW VIEW, TRIGGER, EVENT", f"{quoted(options.database)}.*"


def quoted(name: str) -> str:
    """A name as an identifier in SQL. Refuses what no client program could be trusted to print on one line."""
    if any(character < " " or character == "\x7f" for character in name):
        raise Permanent(f"the name {name!r} holds a control character, and no dump could carry it safely; rename it")
    return "`" + name.replace("`", "``") + "`"


def unquoted(name: str) -> str:
    """The name that stands between such quotes."""
    return name.replace("``", "`")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
