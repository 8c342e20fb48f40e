"""The steps of a verification. They run on the host of the target; `workers.bench.verification` knows how."""

from typing import Any

from workers.bench.verification import Verification
from workers.broker.chord import Producer
from workers.celery import app, task


@task("verify.try", base=Producer)
def try_(run: str) -> str:
    """Restore the backup to a place of its own, count and look, and remove the place. Never twice."""
    Verification(app.tools, run).try_()
    return run


@task("verify.judge")
def judge(_tried: list[Any], run: str) -> str:
    """The backup has passed; returns its id."""
    return Verification(app.tools, run).close()
