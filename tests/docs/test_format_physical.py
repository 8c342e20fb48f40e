"""A stranger makes a server of a physical full by the page alone."""

import os
import shlex
import shutil
from pathlib import Path

from compose.local.database import Database
from tests.docs.test_format import IDENTITY, blocks, programs, put, run
from tests.sources.mysql.conftest import Ground
from workers.artifact import Kind
from workers.sources.mysql.scratch.copied import as_it_is
from workers.sources.mysql.scratch.home import furnish
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.source import MysqlSource
from workers.sources.mysql.tools import Program

SHARED = 5  # steps that every full has


def test_the_pages_own_commands_make_a_server_of_a_physical_full(
    ground: Ground, cloning: Database, shop: MysqlSource, near: Path, tmp_path: Path
) -> None:
    name = shop.options.database
    backup = put(shop.dump(Kind.FULL), name, tmp_path, (str(IDENTITY.to_public()),))
    work, data = near / f"work-{name}", near / f"hand-{name}"
    shutil.copytree(tmp_path / "work", work)
    (work / "identity").write_text(str(IDENTITY))
    (work / "server").write_text(started_by(cloning))
    (work / "server").chmod(0o755)
    names = {
        "BACKUP": backup,
        "WORK": work,
        "DATA": data,
        "CLIENT": ground.server.tool(Program.CLIENT).path,
        "SERVER": work / "server",
        "BACKUP_PROGRAM": cloning.tools / "mariadb-backup",
        "IDENTITY": work / "identity",
        "HOME": work,
    }
    env = {name: str(value) for name, value in names.items()} | {"PATH": f"{programs()}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    done = run("\n".join([*blocks()[:SHARED], *blocks(" physical")]), env)
    assert (done.returncode, done.stderr) == (0, "")
    facts_equal(ground, shop, data)
    shutil.rmtree(work)
    shutil.rmtree(data)


def started_by(server_: Database) -> str:
    """The server program as a stranger has it: told where its own files are."""
    places = " ".join(f"--{name.replace('_', '-')}={shlex.quote(value)}" for name, value in server_.places().items())
    account = "--user=root" if os.geteuid() == 0 else ""
    more = "--mysqlx=OFF --secure-file-priv=NULL" if server_.flavour == "mysql" else ""
    return f'#!/bin/sh\nexec {server_.programs.daemon} --no-defaults {places} {account} {more} "$@"\n'


def facts_equal(live: Ground, shop_: MysqlSource, data: Path) -> None:
    """A server on the new directory has the same rows."""
    home = data.with_name("look")
    home.mkdir()
    furnish(home)
    (home / "data").symlink_to(data)
    version = live.server.version
    wish = Wish(home, live.server.flavour, version, shop_.options.tools, server_id=97)
    with as_it_is(wish, home) as running:
        assert Ground(running.server, 0, home).checksums(shop_.options.database) == live.checksums(shop_.options.database)
    shutil.rmtree(home)
