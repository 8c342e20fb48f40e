"""The nodes that system tests stand on do what pytest-celery's own do."""

import subprocess
import sys

import pytest
from pytest_celery import CeleryTestSetup

pytestmark = pytest.mark.timeout(120)


def node(setup: CeleryTestSetup, name: str):
    return next(worker for worker in setup.worker_cluster if worker.hostname() == name)


def test_a_setup_has_a_broker_a_backend_and_a_worker_for_each_role_of_each_host(celery_setup):
    assert [worker.hostname() for worker in celery_setup.worker_cluster] == ["source@db1", "segments@db1", "restore@db1", "control@control"]
    assert len(celery_setup) == 6
    assert celery_setup.ready(ping=False, control=True, docker=True)


def test_a_worker_that_is_killed_is_gone_with_its_processes_and_comes_back(celery_setup):
    worker = node(celery_setup, "segments@db1")
    assert len(worker.get_running_processes_info(["pid"])) >= 2
    worker.kill()
    assert worker.container.status == "exited"
    worker.restart()
    worker.assert_log_exists(" ready.")
    assert worker.get_running_processes_info(["pid"])


def test_a_backup_runs_over_the_nodes_and_its_steps_stay_on_their_queues(celery_setup, ground):
    ground.whole()
    node(celery_setup, "source@db1").assert_log_exists("backup.dump")
    node(celery_setup, "segments@db1").assert_log_exists("backup.seal")
    node(celery_setup, "segments@db1").assert_log_does_not_exist("backup.dump")


def test_a_broker_that_is_restarted_is_found_again(celery_setup, ground):
    celery_setup.broker.restart()
    ground.whole()


def test_what_a_test_leaves_killed_runs_again_afterwards(celery_setup):
    for worker in celery_setup.worker_cluster:
        worker.kill()
        worker.teardown()
        assert worker.container.status == "running"


def test_the_plugins_own_fixtures_are_used_where_they_are_asked_for(tmp_path):
    line = "import tests.nodes.fixtures as f; print(f.DOCKER, f.celery_broker_cluster.__module__, f.celery_worker_cluster.__module__)"
    where = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}

    def says(mode):
        done = subprocess.run(
            [sys.executable, "-c", line], env=where | {"CANVASBACK_NODES": mode}, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    assert says("docker") == ["True", "pytest_celery.fixtures.broker", "pytest_celery.fixtures.worker"]
    assert says("process") == ["False", "tests.nodes.fixtures", "tests.nodes.fixtures"]
