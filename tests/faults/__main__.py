"""`make faults`: faults at random, each with an oracle. `FAULTS=100` of each kind, `SEED=7`, `ONLY=bitflip,kill`; `CASE=12` runs one alone.

Writes `build/faults.json`; ends with 1 where anything happened that must not.
"""

import json
import os
import random
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults import bitflip, cluster
from tests.faults.verdicts import Counts, Verdict, Violation
from workers.plans.values import did_you_mean

Case = Callable[[Any, random.Random], Verdict]
KINDS: dict[str, tuple[Callable[[Path], AbstractContextManager[Any]], Case]] = {
    "kill": (cluster.ground, partial(cluster.case, acts=cluster.KILL)),
    "broker": (cluster.ground, partial(cluster.case, acts=cluster.BROKER)),
    "store": (cluster.ground, partial(cluster.case, acts=cluster.STORE)),
    "bitflip": (bitflip.ground, bitflip.case),
}
CHEAP = 100  # bit flips for each fault of another kind: they need no process to start again


def numbers(kind: str) -> list[int]:
    """The cases of a kind that the environment asks for."""
    if "CASE" in os.environ:
        return [int(os.environ["CASE"])]
    count = int(os.environ.get("FAULTS", "10"))
    return list(range(count * CHEAP if kind == "bitflip" and "FAULTS" not in os.environ else count))


def run(kind: str, seed: str) -> Counts:
    """All cases of one kind; a violation is told with what runs it again alone."""
    counts, (ground, case) = Counts(), KINDS[kind]
    with tempfile.TemporaryDirectory(prefix="canvasback-faults-") as folder, ground(Path(folder)) as here:
        for number in numbers(kind):
            try:
                counts.add(case(here, random.Random(f"{seed}:{kind}:{number}")))
            except Violation as violation:
                counts.violate(str(violation))
                print(f"VIOLATION  SEED={seed} ONLY={kind} CASE={number}: {violation}", flush=True)
    return counts


def main() -> int:
    """Run the kinds, print a table, write the file; 1 where there was a violation, 2 where a word is not understood."""
    wanted = [name for name in os.environ.get("ONLY", "").split(",") if name] or list(KINDS)
    for name in wanted:
        if name not in KINDS:
            print(f"no kind of fault {name}{did_you_mean(name, tuple(KINDS))} (there are: {', '.join(KINDS)})", file=sys.stderr)
            return 2
    seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"seed {seed}\n{'kind':10}{'tried':>8}{'survived':>10}{'refused':>9}{'violations':>12}", flush=True)
    rows = {}
    for kind in wanted:
        rows[kind] = row = run(kind, seed).row()
        print(f"{kind:10}{row['tried']:>8}{row['survived']:>10}{row['refused']:>9}{row['violations']:>12}", flush=True)
    rows["total"] = {key: sum(row[key] for row in rows.values()) for key in ("tried", "survived", "refused", "violations")}
    Path("build").mkdir(exist_ok=True)
    Path("build/faults.json").write_text(json.dumps(rows, indent=2) + "\n")
    return 1 if rows["total"]["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
