"""The verification canvas: one task, because a scratch server lives and ends with the process that started it.

chord( [ try ],  judge | announce )     on failure of anything: failed, once
"""

from celery import chain, chord
from celery.canvas import Signature

from tasks.backup import step
from workers.artifact import Run
from workers.topology import REPORTS, restore_queue


def canvas(run: Run) -> Signature:
    """The chord of one verification, ready to be sent."""
    there = restore_queue(run.host)
    body = chain(step("verify.judge", run.id, there), step("alert.announce", run.id, REPORTS, immutable=True))
    body.link_error(step("alert.failed", run.id, REPORTS, immutable=True))
    return chord([step("verify.try", run.id, there)], body)
