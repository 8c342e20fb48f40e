"""Everything that a physical full needs, looked at without changing anything. Floor: tools."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from workers.ports import Finding
from workers.sources.mysql import doctor
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.physical import datadir
from workers.sources.mysql.physical.clone import INSTALL, is_installed
from workers.sources.mysql.physical.directory import SPARE
from workers.sources.mysql.physical.privileges import needs
from workers.sources.mysql.privileges import grant, missing
from workers.sources.mysql.scratch.binaries import of_series
from workers.sources.mysql.session import Server, Session, rows
from workers.sources.mysql.tools import Flavour, Program

_ODD = (
    "SELECT table_schema, table_name, engine FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND engine <> 'InnoDB'"
    " AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') LIMIT 10"
)


def examine(options: MysqlOptions, password: SecretStr | None, scratch: Path) -> tuple[Finding, ...]:
    """All findings; those after a failed login are left out, for nobody could know them."""
    files = partial(_files, scratch)
    return doctor.answers(options, password, (doctor.server, _programs, _plugin, _engines, _privileges, files, *doctor.AT_ALL))


def _programs(server: Server, session: Session) -> Iterator[Finding]:
    found = of_series(server.flavour, server.version, server.options.tools).daemon
    yield Finding(True, "server program", f"{found.path} {found.version}")
    if server.flavour is Flavour.MARIADB:
        tool = server.tool(Program.BACKUP)
        yield Finding(True, "backup program", f"{tool.path} {tool.version}")


def _plugin(server: Server, session: Session) -> Iterator[Finding]:
    if server.flavour is Flavour.MYSQL:
        there = is_installed(session)
        yield Finding(there, "clone plugin", "active" if there else "missing", "" if there else INSTALL)


def _engines(server: Server, session: Session) -> Iterator[Finding]:
    """MariaDB's program copies them all."""
    if server.flavour is Flavour.MYSQL:
        odd = [f"{schema}.{name} ({engine})" for schema, name, engine in rows(session, _ODD)]
        remedy = "ALTER TABLE … ENGINE=InnoDB: a clone copies no row of others" if odd else ""
        yield Finding(not odd, "engines", ", ".join(odd) or "all InnoDB, as far as the account sees", remedy)


def _privileges(server: Server, session: Session) -> Iterator[Finding]:
    lacking = missing(server, session, needs(server))
    for need in needs(server):
        ok = need not in lacking
        found = f"{'held' if ok else 'missing'} on *.*: {need.why}"
        yield Finding(ok, f"privilege {need.names[0]}", found, "" if ok else grant(server, session, need))


def _files(folder: Path, server: Server, session: Session) -> Iterator[Finding]:
    """MySQL copies itself into the folder to be read; the files of both are unpacked there to be verified."""
    there = datadir.look(session)
    yield Finding(True, "data directory", f"{there.path}: {there.bytes >> 20:,} MiB")
    near = next(path for path in (folder, *folder.parents) if path.is_dir())
    free, needed = shutil.disk_usage(near).free, max(there.room, there.bytes + SPARE)
    remedy = f"make room in {folder}, or let scratch_dir name a larger disk: {(needed - free) >> 20:,} MiB are missing"
    yield Finding(free >= needed, "room for a copy", f"{free >> 20:,} MiB free, {needed >> 20:,} needed", "" if free >= needed else remedy)
