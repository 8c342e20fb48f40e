"""One long run of tiny segments through the real canvas: its CPU, and the memory of Redis and of the workers as it grows."""

import time
from dataclasses import dataclass, field
from typing import Any, Self

from celery import Celery

from tests.bench import cpu, memory
from tests.bench.pairs import Row
from tests.synthetic.platform import Platform
from workers.artifact import new_run_id
from workers.bench.tools import Tools
from workers.broker.config import config
from workers.topology import CONTROL

MARKS = (0.1, 0.5, 1.0)  # parts of the run at which memory is told
LOOKS = 20  # samples of memory in one run
WARM = 0.2  # part of the run after which memory that grows is a leak and no beginning


@dataclass(frozen=True, slots=True)
class Sample:
    """How much memory there was after so many segments, in bytes."""

    segments: int
    redis: int
    worker: int


@dataclass
class Long:
    """The run, and what was seen of it."""

    here: Platform
    tools: Tools
    segments: int
    samples: list[Sample] = field(default_factory=list)
    cpu: float = 0.0
    wall: float = 0.0

    def run(self) -> Self:
        """Send it and look until it is done. Raises RuntimeError, with the reason, where it fails."""
        run, began, before = new_run_id(), time.monotonic(), self._cpu()
        self._client().send_task("start.backup", ("many", "full", None, run), queue=CONTROL)
        while (state := self._look(run)) == "open":
            time.sleep(0.05)
        if state != "done":
            raise RuntimeError(f"the run {state}: {self.tools.ledger.entry(run).reason}")
        self.cpu, self.wall = self._cpu() - before, time.monotonic() - began
        return self

    def _client(self) -> Celery:
        app = Celery("bench", set_as_current=False)
        app.conf.update(config(self.tools.settings))
        return app

    @property
    def milliseconds(self) -> float:
        """CPU of workers and Redis for each segment."""
        return 1000 * self.cpu / self.segments

    def _cpu(self) -> float:
        return cpu.seconds(self.here.redis.pid, *(child.pid for child in self.here.cluster.children.values()))

    def _look(self, run: str) -> str:
        redis, key = self.here.redis.client(), f"canvasback:ledger:run:{run}"
        with redis:
            done = int(float(redis.hget(key, "count:verified.segments") or 0))
            if done * LOOKS >= (len(self.samples) + 1) * self.segments:
                self.samples.append(Sample(done, redis.info("memory")["used_memory"], max(map(memory.biggest, self._mains()))))
            state: Any = redis.hget(key, "state") or b"open"
            return str(state, "ascii")

    def _mains(self) -> list[int]:
        return [child.pid for child in self.here.cluster.children.values()]

    def row(self) -> Row:
        """Seconds, memory at each mark, and bytes that Redis and the biggest worker process grew by for each segment once warm."""
        found: Row = {"long_segments": self.segments, "long_seconds": self.wall}
        for mark in MARKS:
            sample = next((sample for sample in self.samples if sample.segments >= mark * self.segments), self.samples[-1])
            found |= {f"redis_mib_at_{sample.segments}": sample.redis / 2**20, f"worker_mib_at_{sample.segments}": sample.worker / 2**20}
        return found | growth(self.samples, self.segments)


def growth(samples: list[Sample], segments: int) -> Row:
    """Bytes for each segment, between the first sample that is warm and the last one."""
    first, last = next(sample for sample in samples if sample.segments >= WARM * segments), samples[-1]
    count = max(1, last.segments - first.segments)
    return {"redis_bytes_per_segment": (last.redis - first.redis) / count, "worker_bytes_per_segment": (last.worker - first.worker) / count}
