"""Celery's own events, to act at the very moment at which a step begins."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from celery import Celery
from celery.events import EventReceiver

PATIENCE = 30.0  # seconds a step may take to begin


class Receiver(EventReceiver):
    """A receiver that says when it listens."""

    listens: threading.Event

    def on_consume_ready(self, connection: Any, *_: Any, **__: Any) -> None:
        with suppress(TimeoutError):
            connection.drain_events(timeout=0.01)  # its first look subscribes; what is sent before that is never heard
        self.listens.set()


@contextmanager
def when_begun(client: Celery, step: str, act: Callable[[int], None]) -> Iterator[threading.Event]:
    """Call `act` once, when a step first begins, with the number of its worker's main process. What is yielded says that it was done."""
    done, names, failed = threading.Event(), dict[str, str](), list[Exception]()

    def received(event: Any) -> None:
        names[event["uuid"]] = event["name"]

    def started(event: Any) -> None:
        if names.get(event["uuid"]) == step and not done.is_set():
            try:
                act(event["pid"])
            except Exception as error:  # noqa: BLE001 - told in the test's own thread, instead of a step that "never began"
                failed.append(error)
            done.set()
            receiver.should_stop = True

    with client.connection_for_read() as connection:
        receiver = Receiver(connection, {"task-received": received, "task-started": started}, app=client)
        receiver.listens = threading.Event()

        def listen() -> None:
            with suppress(TimeoutError, OSError):
                receiver.capture(limit=None, timeout=PATIENCE, wakeup=False)

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        assert receiver.listens.wait(10)
        try:
            yield done
            assert done.wait(PATIENCE), f"{step} never began"
            assert not failed, f"when {step} began, {failed[0]!r}"
        finally:
            receiver.should_stop = True
            listener.join(10)
