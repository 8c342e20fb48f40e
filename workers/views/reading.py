"""A bar for manifests that are read, should it take longer than a second."""

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from workers.stores.remembering import Reading

SILENT = 1.0  # seconds after which a person wonders


class Bar:
    """What is heard of stores, shown on a console. Nothing stays of it, and where the output is no terminal there is none."""

    def __init__(self, console: Console) -> None:
        """Nothing is shown yet."""
        self._console, self._begun = console, time.monotonic()
        self._progress: Progress | None = None
        self._tasks = dict[str, TaskID]()

    def heard(self, now: Reading) -> None:
        """One manifest more was read."""
        if now.done == now.of:
            self.end()
        elif time.monotonic() - self._begun > SILENT:
            self._show(now)

    def end(self) -> None:
        """Take it away; the next one begins anew."""
        if self._progress is not None:
            self._progress.stop()
        self._progress, self._tasks, self._begun = None, {}, time.monotonic()

    def _show(self, now: Reading) -> None:
        if self._progress is None:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._progress = Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
            self._progress.start()
        if now.store not in self._tasks:
            self._tasks[now.store] = self._progress.add_task(f"manifests of {now.store}")
        self._progress.update(self._tasks[now.store], completed=now.done, total=now.of)
