"""Pairs of the naive way and ours, in turn: each round begins with the other one, so that no drift of the machine favours either."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TypeAlias

from compose.local.platform import Platform
from tests.bench.watch import Used, used

Row: TypeAlias = dict[str, float]  # one row of build/bench.json


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do the work: what does it, what it needs done before that is not timed, and where it keeps its working files."""

    work: Callable[[], object]
    spool: Path
    workers: bool
    before: Callable[[], object] = lambda: None

    def measure(self, here: Platform) -> Used:
        """Do it once, when nothing that another way has written waits for the disk any more."""
        self.before()
        os.sync()
        with used(here, spool=self.spool, workers=self.workers) as found:
            self.work()
        return found


@dataclass
class Pairs:
    """What each round used, naive beside ours, and whatever else is measured in the same round."""

    naive: list[Used] = field(default_factory=list)
    ours: list[Used] = field(default_factory=list)
    beside: dict[str, list[Used]] = field(default_factory=dict)

    def round(self, here: Platform, naive: Way, ours: Way, **beside: Way) -> None:
        """One pair, and what is beside it between the two."""
        others = [(self.beside.setdefault(name, []), way) for name, way in beside.items()]
        sides = [(self.naive, naive), *others, (self.ours, ours)]
        for found, way in sides if len(self.ours) % 2 == 0 else reversed(sides):
            found.append(way.measure(here))

    def row(self) -> Row:
        """Medians; `ratio` is the median of the pairs' ratios. `bound`: CPU seconds of all processes of ours / cores.

        Of each that is beside the pair its seconds, its CPU seconds, and how many times longer it took than ours.
        """
        ratios = [naive.wall / ours.wall for naive, ours in zip(self.naive, self.ours, strict=True)]
        beside: Row = {}
        for name, found in self.beside.items():
            beside |= {name: median(each.wall for each in found), f"{name}_cpu": median(each.cpu for each in found)}
            beside[f"{name}_ratio"] = median(other.wall / ours.wall for other, ours in zip(found, self.ours, strict=True))
        return beside | {
            "naive": median(found.wall for found in self.naive),
            "ours": median(found.wall for found in self.ours),
            "ratio": median(ratios),
            "ratio_least": min(ratios),
            "ratio_most": max(ratios),
            "n": len(ratios),
            "naive_cpu": median(found.cpu for found in self.naive),
            "ours_cpu": median(found.cpu for found in self.ours),
            "bound": median(found.cpu for found in self.ours) / (os.cpu_count() or 1),
            "naive_spool": max(found.spool for found in self.naive),
            "ours_spool": max(found.spool for found in self.ours),
            "rss": max(found.rss for found in self.ours),
            "naive_others": median(found.others for found in self.naive),
            "ours_others": median(found.others for found in self.ours),
        }
