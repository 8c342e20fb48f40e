"""Celery's settings: those without which work is lost or done twice, and none that shows a secret."""

from workers.broker.config import config


def test_work_that_is_lost_comes_back_and_a_poison_task_ends(orders):
    found = config(orders.settings)
    assert all(found[name] for name in ("task_acks_late", "task_reject_on_worker_lost", "task_retry_on_worker_lost"))
    assert found["result_backend_always_retry"]
    assert found["worker_cancel_long_running_tasks_on_connection_loss"] is False


def test_a_misspelt_queue_is_an_error(orders):
    assert config(orders.settings)["task_create_missing_queues"] is False


def test_only_json_is_spoken_and_arguments_are_stored_once(orders):
    found = config(orders.settings)
    assert found["accept_content"] == found["result_accept_content"] == ["json"]
    assert found["result_extended"] is False


def test_the_clock_keeps_the_time_zone_of_the_settings(orders):
    assert config(orders.settings)["timezone"] == "Asia/Seoul"


def test_every_setting_is_one_that_celery_knows(orders):
    from celery.app.defaults import NAMESPACES, flatten  # only this fact needs it

    known = {name for name, _ in flatten(NAMESPACES)}
    assert {name for name in config(orders.settings) if name not in known} <= {"broker_transport", "result_backend_transport_options"}
