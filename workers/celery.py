"""The application, so that `celery -A workers …` works. Task modules are named as strings, in `workers.topology`."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from celery import Celery

from workers import signals
from workers.bench.tools import Tools
from workers.broker.config import config
from workers.settings import Settings, load


class Canvasback(Celery):  # type: ignore[misc]  # Celery ships no types
    """Celery with the settings and tools of this host; both are made when first asked for."""

    @cached_property
    def settings(self) -> Settings:
        """The settings of the file that `CANVASBACK_CONFIG` names."""
        return load()

    @cached_property
    def tools(self) -> Tools:
        """The tools that these settings describe."""
        return Tools(self.settings)


app = Canvasback("canvasback", task_cls="workers.step:Step")
app.add_defaults(lambda: config(app.settings))
signals.connect(app)


def task(name: str, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Register a task under an explicit name, so that its module may move without stranding messages."""
    decorated: Callable[[Callable[..., Any]], Any] = app.task(name=name, **options)
    return decorated
