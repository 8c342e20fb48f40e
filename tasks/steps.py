"""The steps of a backup, one task each, and seal. They run on the host of the target.

A task says what happens in which order; `workers.bench.backup` knows how. Steps of a segment keep no result of their own: the chain
hands it on, the chord keeps the last one, and Redis need not hold four for each segment.
"""

from typing import Any

import structlog

from tasks.backup import segment_canvas
from workers.artifact import Segment, decode, encode
from workers.bench import presence, tidying
from workers.bench.backup import Backup
from workers.broker.chord import Producer
from workers.celery import app, task
from workers.step import Step

log = structlog.get_logger("canvasback.host")


def backup(run: str) -> Backup:
    """The hands for one run, with the tools of this host."""
    return Backup(app.tools, run)


@task("backup.dump", bind=True, base=Producer)
def dump(self: Producer, run: str) -> Any:
    """Read the target once and send every segment on its way while it is still being read; returns what was read."""
    work = backup(run)
    work.begin()
    for index, segment in enumerate(work.segments(), 1):
        self.add_part(segment_canvas(work.run, segment), index)
    return encode(work.dumped())


@task("backup.checksum", rank=1, ignore_result=True)
def checksum(segment: Any, run: str) -> Any:
    """Prove the spooled file by the CRC-64 that the dump made while it cut, and make its SHA-256."""
    return encode(backup(run).checksum(decode(Segment, segment)))


@task("backup.compress", rank=2, ignore_result=True)
def compress(segment: Any, run: str) -> Any:
    """Compress, and encrypt where the plan has recipients."""
    return encode(backup(run).compress(decode(Segment, segment)))


@task("backup.upload", rank=3, ignore_result=True)
def upload(segment: Any, run: str) -> Any:
    """Put the segment into every required store."""
    return encode(backup(run).upload(decode(Segment, segment)))


@task("backup.verify", rank=4, ignore_result=True)
def verify(segment: Any, run: str) -> Any:
    """Read every copy back, then free its room in the spool."""
    return encode(backup(run).verify(decode(Segment, segment)))


@task("backup.seal")
def seal(parts: list[Any], run: str) -> str:
    """Prove that the backup is whole, write its manifest, free the lock; returns the backup's id."""
    return backup(run).seal(parts)


@task("host.sweep", ignore_result=True)
def sweep(run: str) -> None:
    """Clear what a run that failed left on this host."""
    tidying.sweep(app.tools, run)


@task("host.tidy", bind=True, ignore_result=True)
def tidy(self: Step) -> None:
    """Clear what lost processes left on this host."""
    log.info(tidying.tidy(app.tools))
    log.info(tidying.trials(app.tools, self.request.hostname.rpartition("@")[2]))


@task("host.check")
def check(target: str) -> list[Any]:
    """Everything a backup of the target needs, as seen from its host."""
    return [encode(finding) for finding in (*app.tools.findings(target), *presence.findings(app.tools, target))]
