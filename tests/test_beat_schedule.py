"""The clock's rows: logs of each server as often as its plans ask, and the customer's day for what has an index."""

from datetime import timedelta

import beat_schedule
from workers.artifact import Kind
from workers.settings import Settings


def settings(orders, *targets: tuple[str, str, str | None]) -> Settings:
    """Settings with these targets: name, address of the server, how often its logs are shipped."""
    base = orders.settings
    row, plan = base.targets["community"], base.plans["database"]
    rows, plans = {}, {}
    for name, host, every in targets:
        options = row.options.model_copy(update={"socket": None, "host": host})
        rows[name] = row.model_copy(update={"plan": name, "options": options})
        plans[name] = type(plan).model_validate(plan.model_dump() | {"logs": every})
    return base.model_copy(update={"targets": rows, "plans": plans})


def logs(found: Settings) -> dict[str, timedelta]:
    rows = beat_schedule.timetable(found)
    return {row["args"][0]: row["schedule"] for row in rows.values() if row.get("args", ())[1:] == ("log",)}


def test_a_plan_that_ships_no_logs_has_no_row_for_them(orders):
    assert [name for name in beat_schedule.timetable(orders.settings) if name.startswith(("logs-", "incremental-", "differential-"))] == []


def test_the_logs_of_a_server_are_shipped_once_as_often_as_the_most_eager_plan_asks(orders):
    found = logs(settings(orders, ("a", "db", "10m"), ("b", "db", "5m"), ("c", "db", None), ("d", "other", "10m")))
    assert found == {"b": timedelta(minutes=5), "d": timedelta(minutes=10)}


def test_a_tick_that_nobody_took_does_not_wait_for_the_next(orders):
    row = beat_schedule.timetable(settings(orders, ("a", "db", "5m")))["logs-a"]
    assert row["options"] == {"queue": "control", "expires": 300}


def test_every_target_with_logs_has_the_customers_incrementals_and_differential(orders):
    rows = beat_schedule.timetable(settings(orders, ("a", "db", "5m"), ("b", "db", "5m")))
    assert {row["args"] for row in rows.values() if "args" in row} >= {
        (name, kind) for name in "ab" for kind in ("incremental", "differential")
    }
    assert (rows["incremental-a"]["schedule"].hour, rows["differential-a"]["schedule"].hour) == ({6, 12, 18}, {12})


def test_a_folder_has_the_customers_day_without_any_logs(orders):
    row = orders.settings.targets["community"].model_copy(update={"source": "files"})
    rows = beat_schedule.timetable(orders.settings.model_copy(update={"targets": {"uploads": row}}))
    hours = {kind: rows[f"{kind}-uploads"]["schedule"].hour for kind in (Kind.FULL, Kind.INCREMENTAL, Kind.DIFFERENTIAL)}
    assert hours == {Kind.FULL: {0}, Kind.INCREMENTAL: {6, 12, 18}, Kind.DIFFERENTIAL: {12}}
    assert "logs-uploads" not in rows


def test_every_target_whose_backups_can_be_tried_is_verified_at_two_and_no_more_in_the_morning(orders):
    files = orders.settings.targets["community"].model_copy(update={"source": "files", "plan": "a"})
    found = settings(orders, ("a", "db", None), ("b", "db", "5m"))
    rows = beat_schedule.timetable(found.model_copy(update={"targets": found.targets | {"uploads": files}}))
    rows = {name: row for name, row in rows.items() if row["task"] == "start.verify"}
    assert {name: row["args"] for name, row in rows.items()} == {"verify-a": ("a",), "verify-b": ("b",)}
    assert (rows["verify-a"]["schedule"].hour, rows["verify-a"]["schedule"].minute) == ({2}, {0})
    assert rows["verify-a"]["options"] == {"queue": "control", "expires": 6 * 3600}
