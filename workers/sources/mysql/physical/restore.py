"""The way back from a physical full: to a new data directory, or one database of it into the live server. Floor: tools.

Steps of one restore run in several processes, so all that it has lies in one folder: `<server>.part` beside the new data directory, or
`restoring-<backup>` among the scratch servers. A database is carried over by the code that brings a replayed one home.
"""

import os
import shutil
import time
from datetime import timedelta
from pathlib import Path

from workers.artifact import Facts, Order, Outcome
from workers.errors import Permanent, Refused
from workers.sources.mysql import place as places
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.physical import carrying, known, pieces
from workers.sources.mysql.physical.directory import Directory, room
from workers.sources.mysql.physical.proving import make_ready, prove
from workers.sources.mysql.scratch.binaries import Binaries, of_series
from workers.sources.mysql.scratch.copied import DATA, our_own
from workers.sources.mysql.scratch.home import fits_socket, furnish, has_room, held, is_held
from workers.sources.mysql.session import Server
from workers.sources.mysql.tools import Flavour, Program, find

RESTORING = "restoring-"
_TOLD = ("lower_case_table_names", "innodb_page_size")  # what a server cannot be started without, where they are not its defaults
_LEFT = timedelta(days=1)  # longer than any restore takes between two segments


def prepare(options: MysqlOptions, order: Order, live: Server | None, scratch: Path) -> None:
    """Make the folder for the files. Refused, before anything is made, where they do not fit: version, flavour, room, place.

    `live` is the server that a single database goes into, None where the files become a server of their own; `scratch` is the folder of
    scratch servers.
    """
    able(order.facts, options.tools)
    if live is None:
        Directory(Path(order.server)).make(order)
        return
    if order.objects:
        raise Refused("single tables of a physical backup: restore its database under a new name, and copy them from there")
    places.fits(live, order.of_one)
    home = _home(scratch, order)
    shutil.rmtree(home, ignore_errors=True)  # of a restore that did not end; one goes on at a time
    home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fits_socket(home)
    has_room(home.parent, room(order))
    home.mkdir(mode=0o700)
    furnish(home)
    (home / DATA).mkdir(mode=0o750)


def able(facts: Facts, tools: Path | None) -> Binaries:
    """The server program for the files of a backup. Refused where this host lacks it, or what makes MariaDB's files ready."""
    found = of_series(Flavour(facts.flavour), facts.version, tools)
    if facts.flavour == Flavour.MARIADB:
        find(Program.BACKUP, Flavour.MARIADB, tools)
    return found


def load(order: Order, plain: Path, scratch: Path) -> None:
    """Unpack one segment; several at once are fine, and the same again changes nothing."""
    data = Directory(Path(order.server)).data if order.server else _home(scratch, order) / DATA
    if not data.is_dir():
        raise Permanent(f"nothing was unpacked: no restore of {order.backup} is going on in {data.parent}")
    pieces.unpack(plain, data)
    os.utime(data.parent)  # else it has the time at which it was made, however long segments go on coming


def finish(options: MysqlOptions, order: Order, live: Server | None, scratch: Path) -> Outcome:
    """Try a server on the files, then hand them over; or carry the database from it into the live server."""
    if live is not None:
        return _carried(options, order, live, _home(scratch, order))
    directory = Directory(Path(order.server))
    make_ready(order, directory.data, options.tools)
    counts = prove(order, known.wished(order.facts, directory.part, options.tools), directory.part)
    directory.appear(dict(order.facts.extras)["owner"])
    directory.clear()
    return Outcome(counts, (_how_to_start(order),))


def _carried(options: MysqlOptions, order: Order, live: Server, home: Path) -> Outcome:
    with held(home):
        make_ready(order, home / DATA, options.tools)
        with our_own(known.wished(order.facts, home, options.tools), home) as running:
            outcome = carrying.carry(running.server, live, order.of_one, home / "tmp")
    shutil.rmtree(home, ignore_errors=True)
    return outcome


def sweep(folder: Path) -> int:
    """Remove what restores left that nobody holds, nor went on with for a day; how many."""
    since = time.time() - _LEFT.total_seconds()
    old = [path for path in folder.glob(f"{RESTORING}*") if path.stat().st_mtime < since and not is_held(path)]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)


def _home(scratch: Path, order: Order) -> Path:
    return scratch / f"{RESTORING}{order.backup[-8:]}"


def to_be_told(facts: Facts) -> tuple[tuple[str, str], ...]:
    """The options that whoever starts a server on the files has to name."""
    return tuple((name, setting) for name, setting in facts.extras if name in _TOLD)


def _how_to_start(order: Order) -> str:
    program = "mysqld" if order.facts.flavour == Flavour.MYSQL else "mariadbd"
    lasting = [f"--{name}={setting}" for name, setting in to_be_told(order.facts)]
    line = " ".join((program, f"--datadir={order.server}", *lasting))
    return (
        f"a server of {order.facts.flavour} {order.facts.version}, or later of its series, is started on it with: {line} and the live"
        " server's other settings; it has the live server's accounts, and its events run as soon as it is started"
    )
