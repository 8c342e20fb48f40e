"""`make bench`: pairs of naive and ours, alternating, n ≥ 3, medians. `ONLY=mysql.full` picks, `BENCH_SIZE=1.7GB` sizes the data."""

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
from compose.local.mysql import MySQL
from compose.local.platform import Platform, platform, running
from tests.bench.naive import Naive
from tests.bench.watch import peak
from workers.plans.values import did_you_mean

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SQL_AT_ONE = 200e6  # bytes of SQL at scale 1.0, measured with mysqldump
UNITS = {"MB": 1e6, "GB": 1e9}


@dataclass
class Pair:
    """Seconds and peak spool bytes of each round, naive beside ours."""

    naive: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    naive_spool: int = 0
    ours_spool: int = 0

    def figures(self) -> dict[str, float]:
        """Medians; the ratio is the median of the pairs' ratios."""
        ratios = [naive / ours for naive, ours in zip(self.naive, self.ours, strict=True)]
        spools = {"naive_spool": self.naive_spool, "ours_spool": self.ours_spool}
        return {"naive": median(self.naive), "ours": median(self.ours), "ratio": median(ratios), "n": len(ratios), **spools}


def timed(work: Callable[[], None]) -> float:
    """Seconds that something takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def full(here: Platform, naive: Naive) -> Pair:
    """A verified full backup: ours reads every segment back."""
    pair = Pair()
    for _ in range(ROUNDS):
        pair.naive.append(timed(naive.backup))
        pair.naive_spool = max(pair.naive_spool, naive.spool())
        with peak(here.root / "spool") as found:
            pair.ours.append(timed(story.send_backup))
        pair.ours_spool = max(pair.ours_spool, found.bytes)
    return pair


def restore(here: Platform, naive: Naive) -> Pair:
    """A restore into an empty database; ours counts every table and compares."""
    pair = Pair()
    naive.backup()
    story.send_backup()
    for number in range(ROUNDS):
        pair.naive.append(timed(partial(naive.restore, f"naive_{number}")))
        with peak(here.root / "spool") as found:
            pair.ours.append(timed(partial(story.send_restore, f"ours_{number}")))
        pair.ours_spool = max(pair.ours_spool, found.bytes)
        here.database.run(f"DROP DATABASE naive_{number}", f"DROP DATABASE ours_{number}")
    return pair


CASES = {"mysql.full": full, "mysql.restore": restore}


def scale() -> float:
    """How much data `BENCH_SIZE` asks for; 512 MB of SQL unless it is set."""
    text = os.environ.get("BENCH_SIZE", "512MB").upper().replace(" ", "")
    return float(text[:-2]) * UNITS[text[-2:]] / SQL_AT_ONE


def main() -> int:
    """Run the cases, print a table, write `build/bench.json`."""
    wanted = [name for name in os.environ.get("ONLY", "").split(",") if name] or [*CASES]
    for name in wanted:
        if name not in CASES:
            print(f"no benchmark {name}{did_you_mean(name, tuple(CASES))} (there are: {', '.join(CASES)})", file=sys.stderr)
            return 2
    with tempfile.TemporaryDirectory(prefix="canvasback-bench-") as folder:
        found = measure(Path(folder), wanted)
    Path("build").mkdir(exist_ok=True)
    Path("build/bench.json").write_text(json.dumps(found, indent=2) + "\n")
    return 0


def measure(root: Path, wanted: list[str]) -> dict[str, dict[str, float]]:
    """The figures of the wanted cases, printed as they come."""
    here = platform(root, MySQL(root / "database", buffer_pool="2G"))
    found = {}
    with running(here):
        os.environ["CANVASBACK_CONFIG"] = str(here.settings)
        with here.database.admin() as connection:
            community.create(connection, scale())
        naive = Naive(here.database, root / "naive")
        print(f"{'case':16}{'naive s':>10}{'ours s':>10}{'ratio':>8}{'n':>4}{'naive spool':>14}{'ours spool':>14}")
        for name in wanted:
            found[name] = row = CASES[name](here, naive).figures()
            spools = f"{row['naive_spool'] / 2**20:>10.1f} MiB{row['ours_spool'] / 2**20:>10.1f} MiB"
            print(f"{name:16}{row['naive']:>10.2f}{row['ours']:>10.2f}{row['ratio']:>8.2f}{row['n']:>4}{spools}", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
