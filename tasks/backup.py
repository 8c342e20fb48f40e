"""The backup canvas: the whole pipeline on one screen.

    chord( [ dump ],  seal | announce )     on failure of anything: failed, once
      dump adds to the same flat chord, for every segment it cuts, while it still runs:
           checksum | compress | upload | verify

Tasks are named as strings, so that control can send what only the target's host has imported.
Every signature carries its queue: `chain.apply_async(queue=…)` would pin only the first.
"""

from celery import chain, chord
from celery.canvas import Signature

from workers.artifact import Run, Segment, encode
from workers.celery import app
from workers.topology import REPORTS, segments_queue, source_queue


def canvas(run: Run) -> Signature:
    """The chord of one backup run, ready to be sent."""
    there = segments_queue(run.host)
    header = [step("backup.dump", run.id, source_queue(run.host))]
    body = chain(step("backup.seal", run.id, there), step("alert.announce", run.id, REPORTS, immutable=True))
    body.link_error(step("alert.failed", run.id, REPORTS, immutable=True))
    return chord(header, body)


def segment_canvas(run: Run, segment: Segment) -> Signature:
    """The way of one segment; the dump adds it to its own chord."""
    there = segments_queue(run.host)
    first = app.signature("backup.checksum", (encode(segment), run.id), queue=there)
    return chain(first, *(step(f"backup.{name}", run.id, there) for name in ("compress", "upload", "verify")))


def step(name: str, run: str, queue: str, *, immutable: bool = False) -> Signature:
    """One step of a run on a queue; what the step before gave comes first among its arguments, unless immutable."""
    return app.signature(name, (run,), queue=queue, immutable=immutable)
