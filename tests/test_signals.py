"""What a worker writes into its log: one JSON object a line, whoever says it."""

import json
import subprocess
import sys

import pytest

from workers.command import die_with_parent

WORKER = """
import logging, structlog
from workers.signals import set_up_logging
set_up_logging()
structlog.contextvars.bind_contextvars(run="7c1e0a2b", target="회원")
structlog.get_logger("workers.step").info("dumped", bytes=5)
try:
    raise ValueError("odd\\nwords")
except ValueError:
    logging.getLogger("kombu").exception("it broke: %s", "here")
logging.getLogger("celery.app.trace").info("Task succeeded: its whole result")
logging.getLogger("celery.worker.strategy").info("Task received: all of its arguments")
logging.getLogger("celery.app.trace").warning("but this")
"""


@pytest.fixture(scope="module")
def said() -> list[str]:
    """The lines of a process that logs as workers do."""
    done = subprocess.run([sys.executable, "-c", WORKER], capture_output=True, text=True, check=True, preexec_fn=die_with_parent)
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_a_line_of_ours_names_its_run_and_keeps_its_letters(said: list[str]) -> None:
    line = json.loads(said[0])
    assert "회원" in said[0]
    assert (line["event"], line["run"], line["target"], line["bytes"], line["level"]) == ("dumped", "7c1e0a2b", "회원", 5, "info")
    assert line["timestamp"].endswith("Z")


def test_a_line_of_another_library_is_json_as_well_with_its_traceback(said: list[str]) -> None:
    line = json.loads(said[1])
    assert (line["event"], line["logger"], line["level"]) == ("it broke: here", "kombu", "error")
    assert "ValueError: odd\nwords" in line["exception"]


def test_results_of_steps_are_not_said_a_second_time(said: list[str]) -> None:
    assert [json.loads(line)["event"] for line in said[2:]] == ["but this"]
