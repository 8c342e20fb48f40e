"""Accounts and their grants, as statements. Floor: tools.

They are the server's, not one database's: all are carried, except those that every server makes for itself.
"""

import re

import pymysql

from workers.sources.mysql.faults import number
from workers.sources.mysql.script import Definition, Thing
from workers.sources.mysql.session import Server, Session, rows
from workers.sources.mysql.tools import Flavour

# A server with skip_name_resolve does not know the accounts of its own tables that have a host name: nobody can use them there.
_UNKNOWN_ACCOUNT = frozenset({1133, 1141, 1269})
_SYSTEM = frozenset({"mysql.sys", "mysql.session", "mysql.infoschema", "mariadb.sys", "PUBLIC"})
_PASSWORD = re.compile(r"(?<=[`'\"]) IDENTIFIED (?:BY PASSWORD|VIA) .+?(?= REQUIRE | WITH |$)")


def read_accounts(server: Server, session: Session) -> list[Definition]:
    """Roles first, then accounts (never replacing one that exists), then grants, each under the name `user@host`."""
    return _of_mariadb(session) if server.flavour is Flavour.MARIADB else _of_mysql(session)


def _of_mysql(session: Session) -> list[Definition]:
    # Password hashes are binary and would not survive as text.
    rows(session, "SET SESSION print_identified_with_as_hex = ON")
    granted = {(user, host) for user, host in rows(session, "SELECT DISTINCT from_user, from_host FROM mysql.role_edges")}
    accounts = [(user, host) for user, host in rows(session, "SELECT user, host FROM mysql.user ORDER BY 1, 2") if user not in _SYSTEM]
    accounts.sort(key=lambda account: account not in granted)
    kinds = {account: Thing.ROLE if account in granted else Thing.ACCOUNT for account in accounts}
    return [
        *(made for account, kind in kinds.items() for made in _created(session, *account, kind)),
        *(grant for user, host in accounts for grant in _grants(session, user, host)),
    ]


def _of_mariadb(session: Session) -> list[Definition]:
    found = [row for row in rows(session, "SELECT user, host, is_role FROM mysql.user ORDER BY 3 DESC, 1, 2") if row[0] not in _SYSTEM]
    roles = [user for user, _, is_role in found if is_role == "Y"]
    accounts = [(user, host) for user, host, is_role in found if is_role != "Y"]
    return [
        *(Definition(Thing.ROLE, role, f"CREATE ROLE IF NOT EXISTS {_quoted(role)}") for role in roles),
        *(made for user, host in accounts for made in _created(session, user, host, Thing.ACCOUNT)),
        *(grant for role in roles for grant in _grants(session, role, "")),
        *(grant for user, host in accounts for grant in _grants(session, user, host)),
    ]


def _created(session: Session, user: str, host: str, kind: Thing) -> list[Definition]:
    found = _shown(session, f"SHOW CREATE USER {_account(user, host)}")
    return [Definition(kind, f"{user}@{host}", line.replace("CREATE USER ", "CREATE USER IF NOT EXISTS ", 1)) for line in found]


def _grants(session: Session, user: str, host: str) -> list[Definition]:
    name = f"{user}@{host}" if host else user
    lines = _shown(session, f"SHOW GRANTS FOR {_account(user, host)}")
    # MariaDB repeats the password hash in the first grant, which would replace the password of an account that exists.
    return [Definition(Thing.GRANT, name, _PASSWORD.sub("", line, count=1)) for line in lines]


def _shown(session: Session, statement: str) -> list[str]:
    try:
        return [str(line) for (line,) in rows(session, statement)]
    except pymysql.MySQLError as error:
        if number(error) not in _UNKNOWN_ACCOUNT:
            raise
        return []


def _account(user: str, host: str) -> str:
    return f"{_quoted(user)}@{_quoted(host)}" if host else _quoted(user)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
