"""The steps of a restore, the mirror image of `tasks.steps`. They run on the host of the target.

A task says what happens in which order; `workers.bench.restore` knows how.
"""

from contextlib import closing
from typing import Any

from tasks.restore import segment_canvas
from workers.artifact import Order, Segment, decode, encode
from workers.bench import finding, looking, scratch
from workers.bench import replay as replays
from workers.bench.restore import Restore
from workers.broker.chord import Producer
from workers.celery import app, task
from workers.ports import TableSource


def restore(run: str) -> Restore:
    """The hands for one run, with the tools of this host."""
    return replays.hands(app.tools, run)


@task("restore.prepare", bind=True, base=Producer)
def prepare(self: Producer, run: str) -> int:
    """Make the place ready, then send every data segment on its way as the spool has room; returns how many."""
    work, index = restore(run), 0
    work.begin()
    for index, segment in enumerate(work.segments(), 1):
        self.add_part(segment_canvas(work.run, segment), index)
    return index


@task("restore.replay", bind=True, base=Producer)
def replay(self: Producer, run: str) -> Any:
    """Send the backup into a scratch server, replay logs there, then send what it holds to its place; returns what has to be there."""
    work = replays.Replay(app.tools, run)
    work.begin()
    with closing(work.segments()) as segments:  # the server ends with them, whatever happens here
        for index, segment in enumerate(segments, 1):
            self.add_part(segment_canvas(work.run, segment), index)
    return encode(work.carried())


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
def finish(loaded: list[Any], run: str) -> str:
    """Indexes, post-data and counts; the restore is done when they equal the manifest. Returns the place."""
    return restore(run).finish(loaded)


@task("host.look")
def look(target: str, into: str) -> Any:
    """What stands where a restore would go."""
    return encode(app.tools.source(target).place(into))


@task("host.able")
def able(target: str, need: Any) -> list[Any]:
    """Whether this host could replay logs of the target: programs, room, a path for a new server."""
    return [encode(finding) for finding in scratch.able(app.tools, target, decode(scratch.Need, need))]


@task("host.find")
def find(target: str, words: str, pins: list[str]) -> list[Any]:
    """The statements in log backups that hold these words."""
    return [encode(found) for found in finding.find(app.tools, target, words, pins)]


@task("host.names")
def names(target: str, backup: str, pattern: str) -> list[Any]:
    """The names in a backup that match a pattern."""
    return [encode(found) for found in looking.names(app.tools, target, backup, pattern)]


@task("host.chosen")
def chosen(target: str, order: Any) -> Any:
    """The order of a restore, with what its patterns stand for."""
    return encode(looking.chosen(app.tools, target, decode(Order, order)))


@task("host.differ")
def differ(target: str, backup: str, thorough: bool) -> list[Any]:
    """What differs between a backup and the target as it is now."""
    return [encode(found) for found in looking.differences(app.tools, target, backup, thorough=thorough)]


@task("host.touched")
def touched(target: str, order: Any) -> list[str]:
    """What replacing single tables touches beside them."""
    source = app.tools.source(target)
    return list(source.touched(decode(Order, order))) if isinstance(source, TableSource) else []
