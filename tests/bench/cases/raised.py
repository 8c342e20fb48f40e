"""The replay of `mysql.pitr` on the files of a physical full, against the same naive one.

Both ways begin on a fresh server that holds the tables as they were before: ours on the unpacked files of the whole server, the naive one
on an empty server with that table. Only the replay is timed.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pymysql

from tests.bench.cases import pitr
from tests.bench.pairs import Row
from tests.bench.stage import Stage
from workers.artifact import Facts, Form, Kind, Order, Role, Segment
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.physical.directory import Directory
from workers.sources.mysql.replay.raising import raised
from workers.sources.mysql.source import MysqlSource


@dataclass
class Files:
    """A physical full of the live server, as one plain segment."""

    source: MysqlSource
    plain: Path

    def take(self) -> Facts:
        """Make it."""
        with self.source.dump(Kind.FULL) as dump, self.plain.open("wb") as file:
            for part in dump.parts():
                for stream in (part.blocks, *part.beside):
                    file.writelines(block.data for block in stream)
            return dump.facts()

    def unpack(self, order: Order) -> None:
        """Bring it to the place of an order."""
        self.source.prepare(order, iter(()))
        self.source.load(order, Segment(1, "data", Role.DATA, Form(self.plain.stat().st_size, "")), self.plain)


@dataclass
class Raised(pitr.Side):
    """A side that begins on these files."""

    files: Files | None = None

    def begin(self) -> None:
        """Unpack them, and start a server on them."""
        if self.files is None:
            raise RuntimeError("there are no files to begin with")
        self.stack.close()
        place = self.folder / "base"
        place.parent.mkdir(exist_ok=True)
        order = Order("20261122T000000Z-full-0badcafe", pitr.DATABASE, str(place), self.path.facts, server=str(place))
        self.files.unpack(order)
        self.running = self.stack.enter_context(raised(order, Directory(place).part, self.tools))


def measure(stage: Stage) -> Row:
    """As many pairs as the stage says."""
    database = stage.here.database
    if database.flavour == "mysql":
        with suppress(pymysql.err.OperationalError):  # 1125: it is there already
            database.run("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
    options = {"socket": database.socket, "user": "root", "databases": [pitr.DATABASE], "tools": database.tools}
    options |= {"mode": "physical"}
    files = Files(
        MysqlSource(MysqlOptions.model_validate(options), scratch_dir=stage.here.root / "copies"), stage.here.root / "files.plain"
    )
    row = pitr.compared(stage, files.take, partial(Raised, files=files))
    files.plain.unlink()
    return row
