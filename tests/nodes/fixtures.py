"""pytest-celery's fixtures under their own names: over the platform of the system tests, or over containers."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from pytest_celery import CeleryBackendCluster, CeleryBrokerCluster, CeleryTestSetup, CeleryWorkerCluster

from tests.nodes import processes

DOCKER = os.environ.get("CANVASBACK_NODES") == "docker"

if DOCKER:
    from pytest_celery import *  # noqa: F403  # its fixtures are what a conftest has to import by name
else:

    @pytest.fixture
    def celery_broker_cluster(ground: Any) -> Iterator[CeleryBrokerCluster]:
        """The broker of the platform; it runs again afterwards, whatever a test has done to it."""
        cluster = CeleryBrokerCluster(processes.broker(ground.here.redis))
        yield cluster
        cluster.teardown()

    @pytest.fixture
    def celery_backend_cluster(ground: Any) -> CeleryBackendCluster:
        """The same server as the result backend."""
        return CeleryBackendCluster(processes.backend(ground.here.redis))

    @pytest.fixture
    def celery_setup_app(ground: Any) -> Celery:
        """The client of the platform."""
        client: Celery = ground.client
        return client

    @pytest.fixture
    def celery_worker_cluster(ground: Any, celery_setup_app: Celery) -> Iterator[CeleryWorkerCluster]:
        """A node for each worker of each host; all of them run again afterwards."""
        cluster = CeleryWorkerCluster(*processes.workers(ground.here.cluster, ground.here.settings, celery_setup_app))
        yield cluster
        cluster.teardown()

    @pytest.fixture
    def celery_setup(
        celery_worker_cluster: CeleryWorkerCluster,
        celery_broker_cluster: CeleryBrokerCluster,
        celery_backend_cluster: CeleryBackendCluster,
        celery_setup_app: Celery,
    ) -> CeleryTestSetup:
        """All of it, ready."""
        setup = CeleryTestSetup(celery_worker_cluster, celery_broker_cluster, celery_backend_cluster, celery_setup_app)
        assert setup.ready(ping=False, control=False, docker=True)
        return setup
