"""Logs through the whole platform: shipped beside a full, told about only where there is news, whole again after every fault."""

import time

import pytest

from tests.system.test_killed import revive
from workers.artifact import Kind, new_run_id
from workers.bench import chains
from workers.bench.quiet import SAID
from workers.catalog import index
from workers.errors import Refused
from workers.topology import CONTROL

pytestmark = pytest.mark.timeout(150)
HANG = '#!/bin/sh\ncase "$*" in *--version*) exec {real} --version ;; esac\nexec sleep 60\n'


def send(ground, kind=Kind.LOG):
    """Start a backup of this kind."""
    run = new_run_id()
    ground.client.send_task("start.backup", ("community", kind, None, run), queue=CONTROL)
    return run


def done(ground, kind=Kind.LOG):
    """A backup of this kind, sealed: its manifest and what the ledger knows."""
    entry = ground.ended(send(ground, kind))
    assert entry.state == "done", entry
    if entry.alert != SAID:  # the first success after a failure: the oracle counts what people were told
        ground.sent.append(entry.run.id)
    listing = index.backups([ground.bench.store("nas")])
    [manifest] = [found.manifest for found in listing.entries if found.manifest.id == entry.run.backup]
    return manifest, entry


def write(ground):
    ground.here.database.run("CREATE TABLE IF NOT EXISTS community.log_test (v INT)", "INSERT INTO community.log_test VALUES (1)")


def shipping(ground):
    """A shipping whose log program never answers, while it waits; people will hear how it ended."""
    link = ground.tools.folder / "mariadb-binlog"
    link.unlink()
    link.write_text(HANG.format(real=ground.tools.real / "mariadb-binlog"))
    link.chmod(0o755)
    run = send(ground)
    ground.sent.append(run)
    end = time.monotonic() + 30
    while not any("sleep" in words for words in ground.processes.clients().values()):
        assert time.monotonic() < end, ground.entry(run)
        time.sleep(0.05)
    return run


def test_shipped_logs_lead_from_the_full_on_and_nobody_is_told(ground):
    ground.whole()
    messages = len(ground.here.slack.messages())
    write(ground)
    bundle, entry = done(ground)
    stretch = chains.stretches(ground.bench, "community", (ground.bench.store("nas"),))[-1]
    assert (stretch.end, stretch.ended, stretch.bundles[-1].id) == (bundle.facts.snapshot, "", bundle.id)
    assert (entry.alert, bundle.segments[0].copies) == (SAID, ("nas",))
    assert len(ground.here.slack.messages()) == messages


def test_a_shipping_runs_beside_a_full(ground):
    ground.tools.slow_dump(6)
    full = ground.backup()
    ground.until(full, "dumped.bytes")
    done(ground)
    assert ground.entry(full).state == "open"
    assert ground.ended(full).state == "done"


def test_a_worker_that_dies_while_it_ships_costs_no_log_and_one_alert(ground):
    first, _ = done(ground)
    write(ground)
    run = shipping(ground)
    try:
        ground.here.cluster.kill("source@db1")
    finally:
        ground.tools.mend()
        revive(ground)
    assert ground.ended(run, 100).state == "failed"
    second, _ = done(ground)
    assert (second.parent, second.facts.gap) == (first.id, "")
    assert second.facts.logs[0].before == first.facts.position.gtid


def test_a_second_start_while_one_ships_is_no_run_and_no_alert(ground):
    write(ground)
    run = shipping(ground)
    other = send(ground)
    ground.client.send_task("housekeeping.cancel", (run, "a test"), queue=CONTROL)
    assert ground.ended(run).state == "cancelled"
    with pytest.raises(Refused):
        ground.bench.ledger.entry(other)


def test_an_incremental_is_sealed_by_the_same_canvas(ground):
    full = ground.whole()
    write(ground)
    bundle, _ = done(ground)
    entry = ground.ended(ground.send("start.backup", "community", "incremental", None))
    assert entry.state == "done", entry
    found = index.find([ground.bench.store("nas")], "community", entry.run.backup).manifest
    assert (found.parent, found.pins, found.segments) == (full.run.backup, (f"{bundle.target}/{bundle.id}",), ())
