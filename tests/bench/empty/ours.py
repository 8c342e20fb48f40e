"""The product's application, which knows the empty steps besides: `celery -A tests.bench.empty.ours worker -n segments@db1`."""

from tests.bench.empty import register
from workers.celery import app

__all__ = ["app"]

register(app, ignore_result=True)
