"""`make bench`: pairs of naive and ours, alternating, n ≥ 3, medians.

`ONLY=mysql.full` picks, `BENCH_SIZE=1.7GB` sizes the data, `FLAVOUR=mariadb` takes the other database, `ROUNDS` are the pairs.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from compose.demo import community, story
from compose.local.database import Database
from compose.local.mariadb import MariaDB
from compose.local.mysql import MySQL
from compose.local.platform import Platform, platform, running
from compose.local.s3 import S3
from tests.bench import segment
from tests.bench.naive import Naive
from tests.bench.watch import Used, used
from workers.plans.values import did_you_mean

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SQL_AT_ONE = 200e6  # bytes of SQL at scale 1.0, measured with mysqldump
UNITS = {"MB": 1e6, "GB": 1e9}
FLAVOURS: dict[str, Callable[[Path], Database]] = {
    "mysql": lambda folder: MySQL(folder, buffer_pool="2G"),
    "mariadb": lambda folder: MariaDB(folder, buffer_pool="2G"),
}


@dataclass
class Pair:
    """Seconds of each round, naive beside ours; the spool of the naive way, and what ours used."""

    naive: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    naive_spool: int = 0
    used: list[Used] = field(default_factory=list)

    def measure(self, here: Platform, naive: Callable[[], None], ours: Callable[[], object]) -> None:
        """One round: the naive way, then ours."""
        self.naive.append(timed(naive))
        with used(here) as found:
            self.ours.append(timed(ours))
        self.used.append(found)

    def figures(self) -> dict[str, float]:
        """Medians; the ratio is the median of the pairs' ratios. `bound` are CPU seconds of all processes of ours / cores."""
        ratios = [naive / ours for naive, ours in zip(self.naive, self.ours, strict=True)]
        return {
            "naive": median(self.naive),
            "ours": median(self.ours),
            "ratio": median(ratios),
            "n": len(ratios),
            "naive_spool": self.naive_spool,
            "ours_spool": max(found.spool for found in self.used),
            "bound": median(found.cpu for found in self.used) / (os.cpu_count() or 1),
            "rss": max(found.rss for found in self.used),
        }


def timed(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def full(here: Platform, naive: Naive) -> Pair:
    """A full backup into a folder and a bucket: ours reads every segment back from both."""
    pair = Pair()
    for _ in range(ROUNDS):
        pair.measure(here, naive.backup, story.send_backup)
        pair.naive_spool = max(pair.naive_spool, naive.spool())
    return pair


def restore(here: Platform, naive: Naive) -> Pair:
    """A restore into an empty database; ours counts every table and compares."""
    pair = Pair()
    naive.backup()
    story.send_backup()
    for number in range(ROUNDS):
        pair.measure(here, partial(naive.restore, f"naive_{number}"), partial(story.send_restore, f"ours_{number}"))
        here.database.run(f"DROP DATABASE naive_{number}", f"DROP DATABASE ours_{number}")
    return pair


CASES = {"mysql.full": full, "mysql.restore": restore}
SEGMENT = "celery.segment"
HEAD = f"{'case':16}{'naive s':>10}{'ours s':>10}{'ratio':>8}{'n':>4}{'bound s':>10}{'naive spool':>14}{'ours spool':>14}{'rss':>12}"


def scale() -> float:
    """How much data `BENCH_SIZE` asks for; 512 MB of SQL unless it is set."""
    text = os.environ.get("BENCH_SIZE", "512MB").upper().replace(" ", "")
    try:
        return float(text[:-2]) * UNITS[text[-2:]] / SQL_AT_ONE
    except (KeyError, ValueError):
        raise SystemExit(f"BENCH_SIZE={text} is no size; write 512MB or 1.7GB") from None


def main() -> int:
    """Run the cases, print a table, write `build/bench.json`; 2 where a word is not understood."""
    known = (*CASES, SEGMENT)
    wanted = [name for name in os.environ.get("ONLY", "").split(",") if name] or list(known)
    flavour = os.environ.get("FLAVOUR", "mysql")
    for name, words, among in (*((name, "benchmark", known) for name in wanted), (flavour, "flavour", tuple(FLAVOURS))):
        if name not in among:
            print(f"no {words} {name}{did_you_mean(name, among)} (there are: {', '.join(among)})", file=sys.stderr)
            return 2
    scale()
    found = {}
    if chosen := [name for name in wanted if name in CASES]:
        with tempfile.TemporaryDirectory(prefix="canvasback-bench-") as folder:
            found = measure(Path(folder), chosen, flavour)
    if SEGMENT in wanted:
        found[SEGMENT] = row = segment.measure()
        print("\n".join(f"{SEGMENT:16}{name:>26} {value:.4g}" for name, value in row.items()))
    Path("build").mkdir(exist_ok=True)
    Path("build/bench.json").write_text(json.dumps(found, indent=2) + "\n")
    return 0


def measure(root: Path, wanted: list[str], flavour: str) -> dict[str, dict[str, float]]:
    """The figures of the wanted cases, printed as they come; those of MariaDB have its name behind theirs."""
    here = platform(root, FLAVOURS[flavour](root / "database"), S3(root / "s3"))
    found = {}
    with running(here):
        os.environ["CANVASBACK_CONFIG"] = str(here.settings)
        with here.database.admin() as connection:
            community.create(connection, scale())
        naive = Naive(here, root / "naive")
        print(
            f"{flavour}, {os.environ.get('BENCH_SIZE', '512MB')} of SQL, a folder and a bucket, {os.cpu_count()} cores\n{HEAD}", flush=True
        )
        for name in wanted:
            row = CASES[name](here, naive).figures()
            found[name if flavour == "mysql" else f"{name}@{flavour}"] = row
            times = f"{row['naive']:>10.2f}{row['ours']:>10.2f}{row['ratio']:>8.2f}{row['n']:>4}{row['bound']:>10.2f}"
            sizes = "".join(f"{row[key] / 2**20:>{width}.1f} MiB" for key, width in (("naive_spool", 10), ("ours_spool", 10), ("rss", 8)))
            print(f"{name:16}{times}{sizes}", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
