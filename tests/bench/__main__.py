"""`make bench`: pairs of naive and ours, in turn, in one run; a table, and `build/bench.json`.

`ONLY=mysql.full` picks, `BENCH_SIZE=1.7GB` sizes the data, `FLAVOUR=mariadb` or `both` takes the other database, `ROUNDS` are the pairs,
`SEGMENTS` the length of the long run of `celery.segment`, `NAMES` the files of `files.scan`. The status is 1 where a backup failed, 2
where a word is not understood.
"""

import json
import multiprocessing
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench import share
from tests.bench.asked import asked
from tests.bench.cases import ALONE, DATABASE, FOLDER, NAMES, OTHERS
from tests.bench.pairs import Row
from tests.bench.parts import of_another, of_database, of_folder, of_itself
from tests.bench.stage import FILES, RESTORED, ROOM, needs_room
from tests.bench.table import HEAD
from workers.command import die_with_parent
from workers.errors import Failure

FILE = Path("build/bench.json")


def main() -> int:
    """Run what is asked; what was measured before is forgotten first, so that no old figure is taken for a new one."""
    try:
        wish = asked(os.environ)
        restored = RESTORED * wish.rounds if "files.restore" in wish.cases else 0
        for cases, times in ((DATABASE, ROOM), (FOLDER, FILES + restored)):
            needs_room(Path(tempfile.gettempdir()), wish.size if set(wish.cases) & set(cases) else 0, times)
    except SystemExit as fault:
        print(fault, file=sys.stderr)
        return 2
    FILE.parent.mkdir(exist_ok=True)
    FILE.unlink(missing_ok=True)
    print(f"{wish.size / 1e6:.0f} MB, a folder and a bucket, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n{HEAD}", flush=True)
    found: dict[str, Row] = {}
    try:
        for flavour in wish.flavours if set(wish.cases) & set(DATABASE) else ():
            add(found, apart(partial(of_database, wish, flavour)))
        for name in wish.cases:
            if name in OTHERS:
                add(found, apart(partial(of_another, wish, name)))
        if set(wish.cases) & set(ALONE):
            full = found.get("mysql.full")
            add(found, apart(partial(of_itself, wish, full["ours_cpu"] / wish.size if full else share.LEANEST)))
        if set(wish.cases) & {*FOLDER, *NAMES}:
            add(found, apart(partial(of_folder, wish)))
    except Failure as error:
        print(f"no figure: {error}", file=sys.stderr)
        return 1
    return 0


def add(found: dict[str, Row], rows: dict[str, Row]) -> None:
    """Write what is known so far."""
    found |= rows
    FILE.write_text(json.dumps(found, indent=2) + "\n")


def apart(part: "partial[dict[str, Row]]") -> dict[str, Row]:
    """Run a part in a process of its own: the product's application belongs to one settings file for good."""
    alone: dict[str, Any] = {"mp_context": multiprocessing.get_context("spawn"), "initializer": die_with_parent}
    with ProcessPoolExecutor(1, **alone) as pool:
        return pool.submit(part).result()


if __name__ == "__main__":
    sys.exit(main())
