"""The steps of a restore, the mirror image of `tasks.steps`. They run on the host of the target.

A task says what happens in which order; `workers.bench.restore` knows how.
"""

from typing import Any

from tasks.restore import segment_canvas
from workers.artifact import Segment, decode, encode
from workers.bench.restore import Restore
from workers.broker.chord import Producer
from workers.celery import app, task


def restore(run: str) -> Restore:
    """The hands for one run, with the tools of this host."""
    return Restore(app.tools, run)


@task("restore.prepare", bind=True, base=Producer)
def prepare(self: Producer, run: str) -> int:
    """Make the place ready, then send every data segment on its way as the spool has room; returns how many."""
    work, index = restore(run), 0
    work.begin()
    for index, segment in enumerate(work.segments(), 1):
        self.add_part(segment_canvas(work.run, segment), index)
    return index


@task("restore.fetch", rank=1, ignore_result=True)
def fetch(segment: Any, run: str) -> Any:
    """Bring the segment from the first store whose copy is good."""
    return encode(restore(run).fetch(decode(Segment, segment)))


@task("restore.verify", rank=2, ignore_result=True)
def verify(segment: Any, run: str) -> Any:
    """Prove the fetched file against the manifest."""
    return encode(restore(run).verify(decode(Segment, segment)))


@task("restore.decompress", rank=3, ignore_result=True)
def decompress(segment: Any, run: str) -> Any:
    """Decrypt and decompress, and prove the plain bytes against the manifest."""
    return encode(restore(run).decompress(decode(Segment, segment)))


@task("restore.load", rank=4, ignore_result=True)
def load(segment: Any, run: str) -> int:
    """Load the plain segment and free its room in the spool; returns its number."""
    return restore(run).load(decode(Segment, segment))


@task("restore.finish")
def finish(loaded: list[int], run: str) -> str:
    """Indexes, post-data and counts; the restore is done when they equal the manifest. Returns the place."""
    return restore(run).finish(loaded)


@task("host.look")
def look(target: str, into: str) -> Any:
    """What stands where a restore would go."""
    return encode(app.tools.source(target).place(into))
