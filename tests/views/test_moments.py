"""A restore to a moment in words, before it is done."""

from dataclasses import replace
from datetime import timedelta

from tests.catalog.samples import FULL, PHYSICAL
from tests.catalog.test_recovery import History, at, found
from tests.views.test_tables import SEOUL, shown
from workers.artifact import Lent, Order, Position, Statement, Until
from workers.bench.moments import MomentPlan, Spans
from workers.bench.planning import Forecast, RestorePlan
from workers.bench.scratch import Need
from workers.catalog import ways
from workers.ports import Finding, Place
from workers.views import moments

HISTORY = History((2, 2))
BASE = HISTORY.full(0, 1)
WAY = ways.to_time(found(BASE, HISTORY.bundle(0), HISTORY.bundle(1)), at(5))
ORDER = Order(BASE.id, "community", "x", BASE.facts, until=WAY.until, logs=("logs-a/b",))
PLACE = Place("x", exists=False, empty=True)
RESTORE = RestorePlan("community", "db1", BASE, ("nas",), ORDER, PLACE, Forecast(timedelta(minutes=3)), timedelta(hours=1))
PROGRAM = Finding(True, "server program", "mysqld 9.7.4")
PLAN = MomentPlan(RESTORE, WAY, "2026-11-22 21:00:05 +09:00", (PROGRAM,), Need(BASE.facts, 3 << 30), None, ("nas", "s3"))


def test_every_step_is_said_with_what_it_reads_and_where_from():
    lines = moments.plan(PLAN, SEOUL).splitlines()
    assert lines[0] == "Restore community to 2026-11-22 21:00:05 +09:00 into the new database x on db1"
    assert f"1  base     {BASE.id}" in lines[2]
    assert "2 files, 240 B, up to 2026-11-22 21:00:05 +09:00, no gap     from nas, s3" in lines[3]
    assert "on a scratch server (mysqld 9.7.4), up to the last transaction before it, in bin.000002 at the latest" in lines[4]
    assert "needs 3.0 GiB of room in scratch_dir of db1" in lines[5]
    assert "4  load     x on db1" in lines[6]
    assert lines[-1] == "  changes     creates x; nothing that exists is touched"


def test_a_host_that_does_it_for_another_is_named_where_it_is_needed():
    lent = replace(RESTORE, order=replace(ORDER, lent=Lent("db2", "uuid")))
    text = moments.plan(replace(PLAN, base=lent), SEOUL)
    assert "on a scratch server of db2, which does all of this for db1 (mysqld 9.7.4)" in text
    assert "of room in scratch_dir of db2" in text
    assert "load     x on db1" in text


def test_a_forecast_that_was_measured_counts_the_second_load():
    spans = Spans(*(timedelta(seconds=seconds) for seconds in (180, 14, 20, 3600)))
    text = moments.plan(replace(PLAN, spans=spans), SEOUL)
    assert "about 1 h 3 min (base 3 min, logs 14 s, replay 20 s, load 1 h); objective 1 h ✗" in text
    assert "not measured yet, at least 6 min; the data are loaded twice; objective 1 h\n" in moments.plan(PLAN, SEOUL)


def test_over_the_live_database_it_says_what_is_dropped():
    live = replace(RESTORE, place=Place("community", exists=True, empty=False, rows=7))
    text = moments.plan(replace(PLAN, base=live), SEOUL)
    assert "into community on db1" in text
    assert "DROPS community with about 7 rows" in text


def test_a_new_server_is_handed_over():
    base = replace(RESTORE, order=replace(ORDER, server="/srv/new"), place=Place("/srv/new", exists=False, empty=True))
    text = moments.plan(replace(PLAN, base=base), SEOUL)
    assert "into the data folder of a new server, /srv/new on db1" in text
    assert "4  hand over the data folder" in text


def test_without_logs_there_is_no_replay():
    text = moments.plan(replace(PLAN, base=replace(RESTORE, order=replace(ORDER, until=None))), SEOUL)
    assert ("replay" in text, "2  load" in text, "3  prove" in text) == (False, True, True)


def test_of_a_whole_server_it_says_that_one_database_goes_on():
    order = replace(ORDER, facts=replace(ORDER.facts, extras=PHYSICAL.facts.extras, counts=PHYSICAL.facts.counts))
    text = moments.plan(replace(PLAN, base=replace(RESTORE, order=order)), SEOUL)
    assert "prove    1 table of the base counted" in text
    assert "physical: the whole server is unpacked, community alone goes on" in text
    assert "not measured yet, at least 3 min; objective 1 h\n" in text
    itself = replace(PLAN, base=replace(RESTORE, order=replace(order, until=None)))
    assert "physical" not in moments.plan(itself, SEOUL)


def test_each_kind_of_moment_has_its_words():
    def words(until):
        return moments.plan(replace(PLAN, way=replace(WAY, until=until)), SEOUL)

    assert "up to 0-10-5 and with it" in words(Until(gtid="0-10-5"))
    assert "up to the last transaction before 0-10-5" in words(Until(before="0-10-5"))
    assert "up to bin.000002 at 110" in words(Until(position=Position("bin.000002", 110)))


def test_an_encrypted_backup_says_which_secret_the_host_needs():
    sealed = replace(RESTORE, manifest=replace(BASE, recipients=("age1x",)))
    assert "the secret age_identity on db1" in moments.plan(replace(PLAN, base=sealed), SEOUL)


def test_statements_have_numbers_from_one_and_fit_a_line():
    hit = Statement("DROP TABLE\n  comments", "community", "0-10-4", FULL.facts.snapshot, Position("bin.000002", 110))
    (_, first, second) = shown(moments.statements([hit, replace(hit, database="")], SEOUL)).splitlines()
    assert first.split() == ["1", "2026-11-22", "21:00:00", "+09:00", "community", "0-10-4", "bin.000002:110", "DROP", "TABLE", "comments"]
    assert second.split()[4] == "–"
