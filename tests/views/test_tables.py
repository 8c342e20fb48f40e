"""Tables for the terminal: what must be readable, whatever the width."""

from datetime import timedelta
from io import StringIO
from zoneinfo import ZoneInfo

from rich.console import Console

from tests.catalog.samples import FACTS, FULL, NOON
from tests.views.test_progress import BACKUP, SEALED
from workers.artifact import Order
from workers.bench.planning import RestorePlan
from workers.catalog.index import Listing, Problem
from workers.catalog.ledger import Reason, StepRecord
from workers.ports import Finding, Place
from workers.views import tables
from workers.views.tables import TargetRow

SEOUL = ZoneInfo("Asia/Seoul")


def shown(table, width=200):
    out = StringIO()
    Console(file=out, width=width, color_system=None).print(table)
    return out.getvalue()


def test_a_target_within_its_objective_has_no_cross():
    row = TargetRow("community", "mysql", "db1", FULL, ("nas",), timedelta(hours=1))
    assert "✗" not in shown(tables.targets([row], NOON + timedelta(minutes=30), SEOUL))


def test_a_target_outside_its_objective_is_marked_with_its_age():
    row = TargetRow("community", "mysql", "db1", FULL, ("nas",), timedelta(hours=1))
    assert "2 h  ✗" in shown(tables.targets([row], NOON + timedelta(hours=2), SEOUL))


def test_a_target_whose_store_is_away_says_so_instead_of_none():
    row = TargetRow("community", "mysql", "db1", None, (), None, "nas: is the disk mounted?")
    assert "is the disk mounted?" in shown(tables.targets([row], NOON, SEOUL))


def test_ids_are_whole_in_a_narrow_terminal():
    assert FULL.id in shown(tables.backups(Listing((), (), (f"community/{FULL.id}",)), SEOUL), width=60)


def test_damaged_manifests_and_halves_are_shown_beside_backups():
    listing = Listing((), (Problem("nas", "community/x/manifest.json", "it was changed"),), ("community/y",))
    text = shown(tables.backups(listing, SEOUL))
    assert "damaged" in text
    assert "it was changed" in text
    assert "half" in text


def test_a_run_shows_state_alert_and_reason():
    entry = type(SEALED)(BACKUP, "failed", closed=SEALED.closed, reason=Reason("backup.dump", "killed"), alert="waiting: slack")
    text = shown(tables.runs([entry], SEOUL))
    assert all(word in text for word in (BACKUP.id, "failed", "waiting: slack", "killed"))


def test_steps_show_segment_and_outcome():
    text = shown(tables.steps([StepRecord("backup.upload", "db1", 0.25, "store nas is full", 3)]))
    assert all(word in text for word in ("backup.upload", "3", "0.250", "store nas is full"))


def test_what_a_doctor_finds_wrong_comes_with_its_remedy():
    text = shown(tables.findings([Finding(False, "log_bin", "off", "log_bin = ON")]))
    assert "✗" in text
    assert "log_bin = ON" in text


def planned(**changes):
    order = Order(FULL.id, "community", "community_r", FACTS)
    place = changes.get("place", Place("community_r", exists=False, empty=True))
    return RestorePlan("community", "db1", FULL, ("nas",), order, place, changes.get("forecast"), timedelta(hours=1))


def test_a_plan_says_that_nothing_is_touched():
    assert "creates community_r; nothing that exists is touched" in tables.plan(planned(), SEOUL)


def test_a_plan_over_live_data_says_what_is_dropped():
    place = Place("community", exists=True, empty=False, rows=5112400)
    assert "DROPS community with about 5,112,400 rows" in tables.plan(planned(place=place), SEOUL)


def test_a_forecast_that_nothing_was_measured_for_says_so():
    assert "not known" in tables.plan(planned(), SEOUL)
    assert "9 min 10 s" in tables.plan(planned(forecast=timedelta(seconds=550)), SEOUL)
