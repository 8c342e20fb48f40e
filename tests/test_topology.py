"""Who reads which queue, what runs there, and the lines that start it."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from workers import topology
from workers.errors import Refused
from workers.settings import Settings, load

ROOT = Path(__file__).parents[1]
TEXT = """
[broker]
url = "redis://127.0.0.1:1/0"
[hosts.db1]
role = "database"
slots = 8
[hosts.files1]
role = "files"
[hosts.control]
role = "control"
[hosts.spare]
role = "control"
[stores.nas]
kind = "local"
path = "/mnt/nas"
[plans.database]
required = ["nas"]
[targets.community]
source = "mysql"
host = "db1"
plan = "database"
[targets.community.mysql]
socket = "/run/mysqld/mysqld.sock"
user = "canvasback"
databases = ["community"]
"""
WORKER = "celery -A workers worker -n"
COMMANDS = [
    f"{WORKER} source@db1 -Q db1.source -c 2",
    f"{WORKER} segments@db1 -Q db1.segments -c 8",
    f"{WORKER} restore@db1 -Q db1.restore -c 9",
    f"{WORKER} source@files1 -Q files1.source -c 2",
    f"{WORKER} segments@files1 -Q files1.segments",
    f"{WORKER} restore@files1 -Q files1.restore",
    f"{WORKER} control@control -Q control -c 4",
    f"{WORKER} control@spare -Q control -c 4",
    "celery -A workers beat",
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "canvasback.toml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def settings(file: Path) -> Settings:
    return load(file)


def printed(file: Path, *arguments: str, columns: str = "40") -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "workers.topology", *arguments]
    return subprocess.run(argv, env={"CANVASBACK_CONFIG": str(file), "COLUMNS": columns}, capture_output=True, text=True, check=False)


def test_every_process_has_one_line(settings: Settings) -> None:
    assert list(topology.commands(settings)) == COMMANDS


def test_every_queue_has_a_worker_and_every_worker_a_queue(settings: Settings) -> None:
    read = {line[line.index("-Q") + 1] for line in map(shlex.split, COMMANDS) if "-Q" in line}
    assert {queue.name for queue in topology.queues(settings)} == read | {topology.REPORTS}


def test_a_pinned_queue_is_read_by_one_worker_and_control_by_all_control_hosts(settings: Settings) -> None:
    readers = [node.queue for node in topology.nodes(settings)]
    assert {queue: readers.count(queue) for queue in readers} == {queue: 2 if queue == "control" else 1 for queue in readers}


def test_control_reads_the_reports_of_all_hosts_and_nobody_else_does(settings: Settings) -> None:
    assert {node.name: node.reads for node in topology.nodes(settings) if len(node.reads) > 1} == {
        "control@control": ("control", "reports"),
        "control@spare": ("control", "reports"),
    }


def test_queues_are_bound_directly_under_their_own_names(settings: Settings) -> None:
    found = topology.queues(settings)
    assert len(found) == 8
    assert {(queue.exchange.type, queue.routing_key == queue.name) for queue in found} == {("direct", True)}


def test_the_names_of_queues_are_those_that_workers_read(settings: Settings) -> None:
    named = {topology.source_queue("db1"), topology.segments_queue("db1"), topology.restore_queue("db1"), topology.CONTROL}
    assert named < {queue.name for queue in topology.queues(settings)}


@pytest.mark.parametrize("name", ["source@db1", "segments@db1", "restore@files1"])
def test_a_data_host_imports_the_steps_only(settings: Settings, name: str) -> None:
    assert topology.modules(settings, name) == ("tasks.steps", "tasks.mirror", "tasks.trial")


@pytest.mark.parametrize("name", ["control@control", "control@spare", "control2@control"])
def test_control_imports_what_starts_and_tells(settings: Settings, name: str) -> None:
    assert set(topology.modules(settings, name)) == set(topology.MODULES) - {"tasks.steps", "tasks.mirror", "tasks.trial"}


def test_every_module_with_tasks_is_imported_by_some_role() -> None:
    with_tasks = {f"tasks.{path.stem}" for path in (ROOT / "tasks").glob("*.py") if re.search(r"^@task\(", path.read_text(), re.MULTILINE)}
    assert with_tasks <= set(topology.MODULES)
    assert [name for name in topology.MODULES if not (ROOT / f"{name.replace('.', '/')}.py").is_file()] == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("source@db2", r'no worker "source@db2"; did you mean "source@db1"\?'),
        ("celery@laptop", r'no worker "celery@laptop" \(known: source@db1, '),
        ("control@db1", "start it with -n as python -m workers.topology prints it"),
        ("", 'no worker ""'),
    ],
)
def test_a_worker_that_the_settings_do_not_know_is_refused(settings: Settings, name: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        topology.modules(settings, name)


def test_slots_are_the_hosts_own_or_the_cores_of_the_machine_that_asks(settings: Settings) -> None:
    cores = os.cpu_count() or 1
    asked = ["source@db1", "segments@db1", "restore@db1", "segments@files1", "restore@files1", "control@spare"]
    assert [topology.slots(settings, name) for name in asked] == [2, 8, 9, cores, cores + 1, 4]


def test_the_table_is_never_wrapped_or_cut(file: Path) -> None:
    done = printed(file)
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["host", "queue", "slots", "runs", "command"]
    assert [line[line.index("celery") :] for line in lines[1:]] == [*COMMANDS[:8], COMMANDS[8]]
    assert "dump (mysql)" in lines[1]
    assert "cores + 1" in lines[6]


def test_commands_are_printed_one_to_a_line_for_scripts(file: Path) -> None:
    assert printed(file, "--commands").stdout.splitlines() == COMMANDS


def test_refused_settings_print_nothing_to_start(file: Path) -> None:
    file.write_text(TEXT.replace('role = "control"', 'role = "search"'))
    done = printed(file, "--commands")
    assert (done.returncode, done.stdout) == (2, "")
    assert 'no host has role "control"' in done.stderr


def test_an_unknown_argument_is_told(file: Path) -> None:
    done = printed(file, "--command")
    assert (done.returncode, done.stderr) == (2, "usage: python -m workers.topology [--commands]\n")
