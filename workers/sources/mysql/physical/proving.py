"""Unpacked files made ready, and a server tried on them: what it holds has to be what was backed up. Floor: tools."""

from contextlib import closing
from pathlib import Path

from workers import command
from workers.artifact import Count, Order
from workers.errors import Corrupt
from workers.sources.mysql.faults import Moment, told
from workers.sources.mysql.physical import known
from workers.sources.mysql.physical.reading import reading
from workers.sources.mysql.scratch import ending
from workers.sources.mysql.scratch.copied import DATA, as_it_is
from workers.sources.mysql.scratch.keeping import end_well
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.scratch.server import Scratch
from workers.sources.mysql.session import Session, rows
from workers.sources.mysql.tools import Flavour, Program, find

_END = "completed OK!"
_SOUND = ("OK", "Table is already up to date")


def make_ready(order: Order, data: Path, tools: Path | None) -> None:
    """Bring the files to the moment of the backup: on MariaDB by its own program; MySQL does it when it starts. May be done again.

    Why the program fails is told as `ending` does; what it said then is left beside the files.
    """
    if order.facts.flavour != Flavour.MARIADB:
        return
    tool, beside = find(Program.BACKUP, Flavour.MARIADB, tools), data.parent / ending.READY
    beside.unlink(missing_ok=True)
    done = command.run([tool.path, "--prepare", f"--target-dir={data}", f"--use-memory={known.MEMORY}", f"--tmpdir={data.parent / 'tmp'}"])
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode or not said.endswith(_END):
        beside.write_text(words := ending.serious(done.stderr))
        raise ending.failure(f"{tool.path.name} --prepare", done.returncode or 1, words, data.parent)


def prove(order: Order, wish: Wish, home: Path) -> tuple[Count, ...]:
    """Start a server on the files in a scratch server's folder, look into every table, and end it well; the tables that it holds.

    Corrupt where the server stands elsewhere in the binary log than the backup says, or a table cannot be read.
    """
    with as_it_is(wish, home) as running:
        counts = held_by(order, running, home / DATA)
        end_well(running)
    return counts


def held_by(order: Order, running: Scratch, data: Path) -> tuple[Count, ...]:
    """The tables of a server that runs on the files in `data`. Corrupt as above."""
    _stands(order, running, data)
    doing = "looking into the restored tables"
    with told(Moment(running.server.options, doing, running=True)):
        return known.held(running).counts


def check(running: Scratch) -> None:
    """Let the server read every page and every key of all its tables. Corrupt, naming those that are not sound."""
    doing = "checking the restored tables"
    with told(Moment(running.server.options, doing, running=True)), closing(running.server.connect()) as session:
        wrong = [f"{table}: {words}" for table in known.tables(session) if (words := _unsound(running, session, table))]
    if wrong:
        raise Corrupt(f"restored, and not sound: {'; '.join(wrong[:10])}")


def _unsound(running: Scratch, session: Session, table: str) -> str:
    """What the server says against a table. Of those whose engine cannot be checked it says a note."""
    with reading(running, table):
        said = [(str(kind).lower(), str(words)) for _, _, kind, words in rows(session, f"CHECK TABLE {table}")]
    return " | ".join(words for kind, words in said if kind == "error" or (kind == "status" and words not in _SOUND))


def _stands(order: Order, running: Scratch, data: Path) -> None:
    """The position is the backup's. MySQL's server says it; of MariaDB's, the files that its program brought to their moment."""
    if running.server.flavour is Flavour.MYSQL:
        position, _ = known.copied(running)
    else:
        position = known.told_by((data / known.POSITION).read_bytes()) if (data / known.POSITION).exists() else None
    if position != order.facts.position:
        raise Corrupt(f"restored, but to {position}; the backup was made at {order.facts.position}")
