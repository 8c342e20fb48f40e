"""Celery's signals: a worker imports its role's tasks and tidies its host, logs are JSON lines, a lost process is noted in the ledger."""

import logging
import sys
from typing import Any

import structlog
from celery import signals

from workers import topology
from workers.broker.chord import OUTAGE, Producer
from workers.broker.visibility import ReclaimOwnQueues, VisibilityHeartbeat
from workers.catalog.ledger import Reason
from workers.errors import Failure
from workers.step import context


def connect(app: Any) -> None:
    """Connect the handlers to one application."""

    def prepare(sender: str, conf: Any, **_: Any) -> None:
        conf.task_publish_retry_policy = OUTAGE  # a worker waits for a broker that restarts; a shell or beat says at once that it is away
        conf.worker_concurrency = topology.slots(app.settings, sender)
        conf.broker_transport_options = conf.broker_transport_options | topology.shelf(topology.node(app.settings, sender).queue)
        app.tools.patient = True
        for module in topology.modules(app.settings, sender):
            app.loader.import_module(module)

    def set_up(sender: Any, **_: Any) -> None:
        # Nothing here uses what workers tell one another: without it one starts a second sooner, and no host hears of another's work.
        sender.options |= {"without_gossip": True, "without_mingle": True}
        select(app, sender.hostname)

    def tidy(sender: Any, **_: Any) -> None:
        role, _, host = sender.hostname.partition("@")
        if role == "segments":
            app.send_task("host.tidy", queue=topology.segments_queue(host))

    def note_lost(sender: Any, exception: BaseException, args: Any, **_: Any) -> None:
        where, lost = context(sender, tuple(args or ())), not isinstance(exception, Failure)
        if "run" not in where:
            return
        if lost:  # a Failure was noted by its step
            words = f"{type(exception).__name__}: {exception}"
            app.tools.ledger.fail(where["run"], Reason(sender.name, words, where.get("segment")))
        if isinstance(sender, Producer) and (lost or (sender.request.delivery_info or {}).get("redelivered")):
            # Killed between counting a part and sending it, it leaves a barrier that waits for ever: no errback comes.
            app.send_task("alert.failed", (where["run"],), queue=topology.REPORTS)

    app.steps["consumer"].update((VisibilityHeartbeat, ReclaimOwnQueues))
    signals.celeryd_init.connect(prepare, weak=False)
    signals.worker_init.connect(set_up, weak=False)
    signals.worker_ready.connect(tidy, weak=False)
    signals.task_failure.connect(note_lost, weak=False)
    signals.setup_logging.connect(set_up_logging, weak=False)


def select(app: Any, name: str) -> None:
    """Let a worker read every queue that is its own; its line names the first of them."""
    for queue in topology.node(app.settings, name).reads:
        app.amqp.queues.select_add(queue)


def set_up_logging(**_: Any) -> None:
    """Write every log line to stderr as one JSON object: ours with run, target and segment, Celery's as they are."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)  # Celery's own default hides what a step did
    for said_by_the_step in ("celery.app.trace", "celery.worker.strategy"):  # with the whole result, twice for each step of each segment
        logging.getLogger(said_by_the_step).setLevel(logging.WARNING)
