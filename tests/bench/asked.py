"""What the environment asks of `make bench`; every word that is not understood is told at once, before anything is started."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.cases import CASES
from tests.bench.stage import FLAVOURS
from workers.plans.values import unknown

SQL_AT_ONE = 200e6  # bytes of SQL at scale 1.0, measured with mysqldump
SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(MB|GB)")
UNITS = {"MB": 1e6, "GB": 1e9}
LEAST, MOST = 1e6, 50e9  # below, only starting is measured; above, no machine of ours has the room
BOTH = "both"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cases, over how many bytes of SQL or files, on which databases, in how many pairs.

    How many segments the long run has, and the widest folder names.
    """

    cases: tuple[str, ...]
    flavours: tuple[str, ...]
    size: float
    rounds: int
    segments: int
    names: int = 500_000

    @property
    def scale(self) -> float:
        """How much data the community database gets."""
        return self.size / SQL_AT_ONE


def asked(environment: Mapping[str, str]) -> Asked:
    """What is asked. SystemExit with one line for each word that is not understood."""
    faults: list[str] = []
    wish = Asked(
        cases=_cases(environment.get("ONLY", ""), faults),
        flavours=_flavours(environment.get("FLAVOUR", "mysql"), faults),
        size=_size(environment.get("BENCH_SIZE", "512MB"), faults),
        rounds=_count("ROUNDS", environment.get("ROUNDS", "3"), 1, faults),
        segments=_count("SEGMENTS", environment.get("SEGMENTS", "3000"), 100, faults),
        names=_count("NAMES", environment.get("NAMES", "500000"), 1000, faults),
    )
    if faults:
        raise SystemExit("\n".join(faults))
    return wish


def _cases(text: str, faults: list[str]) -> tuple[str, ...]:
    wanted = tuple(filter(None, (word.strip() for word in text.split(","))))
    faults += [f"ONLY: {unknown('benchmark', name, tuple(CASES))}" for name in wanted if name not in CASES]
    return tuple(name for name in CASES if name in wanted) if wanted else tuple(CASES)


def _flavours(text: str, faults: list[str]) -> tuple[str, ...]:
    if text != BOTH and text not in FLAVOURS:
        faults.append(f"FLAVOUR: {unknown('flavour', text, (*FLAVOURS, BOTH))}")
    return tuple(FLAVOURS) if text == BOTH else (text,)


def _size(text: str, faults: list[str]) -> float:
    found = SIZE.fullmatch(text.strip().upper())
    size = float(found[1]) * UNITS[found[2]] if found else 0.0
    if not LEAST <= size <= MOST:
        faults.append(f"BENCH_SIZE={text} is no size between {LEAST / 1e6:.0f}MB and {MOST / 1e9:.0f}GB; write 512MB or 1.7GB")
    return size


def _count(name: str, text: str, least: int, faults: list[str]) -> int:
    if not text.isdecimal() or int(text) < least:
        faults.append(f"{name}={text} is no whole number from {least} on")
        return least
    return int(text)
