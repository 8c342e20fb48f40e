"""Tables for the terminal: what must be readable, whatever the width."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from rich.console import Console

from tests.catalog.samples import FACTS, FULL, NOON, PHYSICAL
from tests.views.test_progress import BACKUP, SEALED
from workers.artifact import Kind, Lent, Order
from workers.bench.planning import Forecast, RestorePlan
from workers.catalog import presence
from workers.catalog.index import Entry, Listing, Problem
from workers.catalog.ledger import Reason, StepRecord
from workers.catalog.presence import Look
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


def test_a_target_whose_logs_lead_on_would_lose_what_came_after_them():
    row = TargetRow("community", "mysql", "db1", FULL, ("nas",), timedelta(hours=1), reach=NOON + timedelta(hours=7, minutes=55))
    text = shown(tables.targets([row], NOON + timedelta(hours=8), SEOUL))
    assert "5 min" in text
    assert "✗" not in text


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


def test_steps_show_segment_time_and_outcome():
    record = StepRecord("backup.upload", "db1", 0.25, "store nas is full", 3, datetime(2026, 11, 22, tzinfo=UTC))
    text = shown(tables.steps([record], SEOUL))
    assert all(word in text for word in ("backup.upload", "3", "0.250", "store nas is full", "2026-11-22 09:00:00 +09:00"))


def test_many_steps_are_shown_as_sums_and_what_went_wrong():
    records = [StepRecord("backup.verify", "db1", 0.5, "ok", number) for number in range(100)]
    text = shown(tables.steps([*records, StepRecord("backup.upload", "db1", 0.1, "retry", 7)], SEOUL))
    assert [line.split() for line in text.splitlines()[1:]] == [
        ["backup.verify", "100", "of", "them", "db1", "50.000", "ok"],
        ["backup.upload", "7", "db1", "–", "0.100", "retry"],
    ]


def test_what_a_doctor_finds_wrong_is_marked():
    text = shown(tables.findings([Finding(False, "log_bin", "off"), Finding(True, "login", "canvasback")]))
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["✗", "✓"]


def test_a_remedy_is_one_unbroken_line_and_said_once():
    grant = f"GRANT {'SELECT, ' * 40}TRIGGER ON *.* TO 'canvasback'@'%';"
    found = [Finding(False, "SELECT", "missing", grant), Finding(False, "TRIGGER", "missing", grant), Finding(True, "login", "ok", "none")]
    assert tables.remedies(found).splitlines()[1:] == [grant]


def planned(**changes):
    order = Order(FULL.id, "community", "community_r", FACTS)
    place = changes.get("place", Place("community_r", exists=False, empty=True))
    forecast = changes.get("forecast", Forecast(timedelta(seconds=182)))
    return RestorePlan("community", "db1", FULL, ("nas",), order, place, forecast, timedelta(hours=1))


def test_a_plan_says_that_nothing_is_touched():
    assert "creates community_r; nothing that exists is touched" in tables.plan(planned(), SEOUL)


def test_a_host_that_does_it_for_another_is_named_where_it_works_and_needs_the_secret():
    found = planned()
    lent = replace(found, order=replace(found.order, lent=Lent("db2", "a")), manifest=replace(FULL, recipients=("age1x",)))
    text = tables.plan(lent, SEOUL)
    assert "into community_r on db1, through a scratch server of db2, which does all of this for db1" in text
    assert "the secret age_identity on db2" in text


def test_a_plan_over_live_data_says_what_is_dropped():
    place = Place("community", exists=True, empty=False, rows=5112400)
    assert "DROPS community with about 5,112,400 rows" in tables.plan(planned(place=place), SEOUL)


def test_a_plan_into_an_empty_place_does_not_say_that_it_creates_it():
    place = Place("community_r", exists=True, empty=True)
    assert "makes community_r, which is empty, anew" in tables.plan(planned(place=place), SEOUL)


def test_a_forecast_that_nothing_was_measured_for_says_what_it_stands_on():
    assert "not measured yet, at least the 3 min 2 s that the backup took; objective 1 h" in tables.plan(planned(), SEOUL)


def test_a_forecast_names_the_run_it_was_scaled_from_and_a_missed_objective():
    forecast = Forecast(timedelta(hours=2), "7d06883c")
    assert "about 2 h, as fast as run 7d06883c; objective 1 h ✗" in tables.plan(planned(forecast=forecast), SEOUL)


def test_a_plan_of_an_encrypted_backup_names_the_secret_and_the_host_that_need_each_other():
    found = replace(planned(), manifest=replace(FULL, recipients=("age1x",)))
    assert "age_identity on db1" in tables.plan(found, SEOUL)
    assert "age_identity" not in tables.plan(planned(), SEOUL)


def test_a_plan_over_live_data_begins_with_the_safety_backup_and_counts_its_time():
    place = Place("community", exists=True, empty=False, rows=5112400)
    found = replace(planned(place=place, forecast=Forecast(timedelta(minutes=58), "7d06883c")), safety=timedelta(minutes=3))
    text = tables.plan(found, SEOUL)
    assert "1  safety   community is backed up first, about 3 min, or nothing is done" in text
    assert "2  base" in text
    assert "objective 1 h ✗" in text


def test_a_safety_backup_is_shown_as_such_among_backups_and_runs():
    entry = Entry(replace(FULL, label="safety"), ())
    assert "full · safety" in shown(tables.backups(Listing((entry,), (), ()), SEOUL))
    run = type(SEALED)(replace(BACKUP, then="7c1e0a2b"), "done", closed=SEALED.closed)
    assert "backup · safety of 7c1e0a2b" in shown(tables.runs([run], SEOUL))


def test_a_plan_of_single_tables_lists_them_their_rows_and_what_is_touched():
    over = replace(planned(place=Place("community", exists=True, empty=False)), touched=("trigger audit of users: dropped",))
    over = replace(over, order=replace(over.order, confirm="community", objects=("users",)), reads=over.manifest.segments[:1])
    text = tables.plan(over, SEOUL)
    assert "load     users (1,200 rows) from 1 of 2 segments into community on db1" in text
    assert "prove    1 table counted" in text
    assert "touches     trigger audit of users: dropped" in text
    beside = replace(planned(), order=replace(planned().order, objects=("users",)))
    assert "foreign keys to tables that do not come along, and triggers, are left out" in tables.plan(beside, SEOUL)


FOLDER = Place("/srv/uploads", True, False, 7, unit="name", aside="/srv/uploads.before-<time>", proof="every name compared with the index")


def test_a_plan_over_a_folder_says_where_what_stands_there_goes():
    shown = tables.plan(planned(place=FOLDER), SEOUL)
    assert "moves /srv/uploads with about 7 names to /srv/uploads.before-<time>; nothing is deleted" in shown
    assert "every name compared with the index" in shown


def test_a_plan_of_single_files_names_them_and_counts_what_is_read_for_them():
    found = planned(place=FOLDER)
    found = replace(found, order=replace(found.order, objects=("report*.pdf",)), reads=FULL.segments[:1])
    assert "load     report*.pdf from 1 of 2 segments into /srv/uploads on db1" in tables.plan(found, SEOUL)
    assert "moves what these files replace in /srv/uploads to" in tables.plan(found, SEOUL)
    assert found.plain == FULL.segments[0].plain.bytes


def test_a_plan_for_a_new_server_says_how_it_is_proven():
    order = Order(PHYSICAL.id, "community", "/srv/new", PHYSICAL.facts, server="/srv/new")
    found = replace(planned(place=Place("/srv/new", exists=False, empty=True)), manifest=PHYSICAL, order=order)
    text = tables.plan(found, SEOUL)
    assert "into /srv/new on db1" in text
    assert "a server started on it in private: 2 tables there and read, position in the binary log equal" in text


def test_a_physical_full_is_shown_as_one_and_what_builds_on_it_is_not():
    incremental = replace(PHYSICAL, id="20261122T140000Z-incremental-0a0a0a0b", kind=Kind.INCREMENTAL, parent=PHYSICAL.id)
    listing = Listing(tuple(Entry(manifest, ()) for manifest in (FULL, PHYSICAL, incremental)), (), ())
    assert [str(cell) for cell in tables.backups(listing, SEOUL).columns[2].cells] == ["full", "full physical", "incremental"]


def test_what_is_gone_from_its_repository_is_red_below_and_when_that_was_seen_is_told():
    looked = replace(
        FULL, facts=replace(FACTS, extras=Look(NOON, ("nas",), frozenset({("nas", "20261121T120000Z-full-00000000")})).extras())
    )
    lost = replace(FULL, id="20261121T120000Z-full-00000000")
    store = SimpleNamespace(name="nas")
    found = presence.seen(Listing((Entry(looked, (store,)), Entry(lost, (store,))), (), ()))
    assert f"{lost.id}  community  gone" in shown(tables.backups(found, SEOUL))
    (words,) = tables.looks(found, SEOUL)
    assert words.startswith("community: as its repositories in nas were at ")
    assert "; 1 backup could not be restored any more. What was removed there since, the next backup finds" in words
    assert list(tables.looks(Listing((Entry(FULL, (store,)),), (), ()), SEOUL)) == []
