"""The restore canvas: the mirror image of the backup canvas.

    chord( [ prepare ],  finish | announce )     on failure of anything: failed, once
      prepare makes the schema, then adds to the same flat chord, for every data segment:
           fetch | verify | decompress | load

A restore to a moment begins with `replay` instead: it sends the backup's data the same way, into a scratch server, replays logs there,
and sends what the server holds then to its place; that lies plain in the spool and is only loaded.

A chord has no order, so what needs order lies outside it: schema in `prepare`, indexes, post-data and counts in `finish`.
"""

from celery import chain, chord
from celery.canvas import Signature

from tasks.backup import step
from workers.artifact import Run, Segment, encode
from workers.celery import app
from workers.topology import REPORTS, restore_queue


def canvas(run: Run) -> Signature:
    """The chord of one restore run, ready to be sent."""
    there = restore_queue(run.host)
    body = chain(step("restore.finish", run.id, there), step("alert.announce", run.id, REPORTS, immutable=True))
    body.link_error(step("alert.failed", run.id, REPORTS, immutable=True))
    first = "restore.replay" if run.order and run.order.until else "restore.prepare"
    return chord([step(first, run.id, there)], body)


def segment_canvas(run: Run, segment: Segment) -> Signature:
    """The way of one data segment back; `prepare` or `replay` adds it to its own chord. One that was never stored lies in the spool."""
    there = restore_queue(run.host)
    if segment.stored is None:
        return app.signature("restore.load", (encode(segment), run.id), queue=there)
    first = app.signature("restore.fetch", (encode(segment), run.id), queue=there)
    return chain(first, *(step(f"restore.{name}", run.id, there) for name in ("verify", "decompress", "load")))
