"""Celery as it comes: `celery -A tests.bench.empty.stock worker`, with the broker that `BENCH_BROKER` names."""

import os

from celery import Celery

from tests.bench.empty import register

BROKER = "BENCH_BROKER"


def made(url: str) -> Celery:
    """The application on this Redis; nothing else is set."""
    made = Celery("stock", set_as_current=False, broker=url, backend=url)
    register(made)
    return made


app = made(os.environ.get(BROKER, ""))
