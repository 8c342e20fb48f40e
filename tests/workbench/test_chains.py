"""Logs as backups: shipped through every step by hand, named by incremental and differential ones, and back as files."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from compose.local.database import Database
from workers import command
from workers.artifact import Kind, Log, Position, Until, encode
from workers.bench import chains, opening
from workers.bench.backup import Backup
from workers.bench.tools import Tools
from workers.catalog import index, recovery
from workers.catalog.manifest import Manifest, segment_key
from workers.errors import Permanent, Refused
from workers.sources.mysql.logs.bundles import unbundle
from workers.sources.mysql.replay.path import prove_path
from workers.transforms import stream


@dataclass
class Yard:
    """One target of a real server, backed up without Celery."""

    tools: Tools
    database: Database

    def back_up(self, kind: Kind) -> Manifest:
        """One run, step by step; its manifest."""
        opened = opening.backup(self.tools, "community", kind, None, None)
        assert opened.take(self.tools.ledger)
        run = opened.run.id
        first = Backup(self.tools, run)
        first.begin()
        segments = list(first.segments())
        for step in ("checksum", "compress", "upload", "verify"):
            segments = [getattr(Backup(self.tools, run), step)(segment) for segment in segments]
        Backup(self.tools, run).seal([encode(first.dumped()), *map(encode, segments)])
        return self.manifest(run)

    def manifest(self, run: str) -> Manifest:
        entry = self.tools.ledger.entry(run)
        [found] = [each.manifest for each in index.backups([self.nas]).entries if each.manifest.id == entry.run.backup]
        return found

    @property
    def nas(self) -> Any:
        return self.tools.store("nas")

    def write(self) -> None:
        self.database.run("INSERT INTO community.t VALUES (1)")

    def purge(self) -> None:
        """Purge all logs but the one that is being written. MariaDB keeps, for a moment, one that its recovery might still need."""
        folder, deadline = self.database.folder / "binlog", time.monotonic() + 10
        while len(left := sorted(folder.glob("bin.0*"))) > 1:
            assert time.monotonic() < deadline
            self.database.run(f"PURGE BINARY LOGS TO '{left[-1].name}'")
            time.sleep(0.02)

    def stretch(self) -> recovery.Stretch:
        return chains.stretches(self.tools, "community", (self.nas,))[-1]

    def files(self, bundle: Manifest, folder: Path) -> tuple[Path, ...]:
        """The logs of a bundle, as the documentation tells to get them."""
        plains = [folder / f"{bundle.id}.{segment.number}" for segment in bundle.segments]
        for segment, plain in zip(bundle.segments, plains, strict=True):
            stored = folder / "stored"
            with self.nas.open(segment_key(bundle.target, bundle.id, segment)) as copy:
                stored.write_bytes(copy.read())
            stream.decode(stored, plain, self.tools.decoders(segment.suffix))
        return unbundle(bundle.facts.logs, plains, folder)


@pytest.fixture
def yard(orders: Any, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    tools = orders.app.tools
    tools.ledger._redis.flushdb()
    row = tools.settings.targets["community"]
    options = row.options.model_copy(update={"socket": database.socket, "user": "root", "tools": database.tools})
    targets = {"community": row.model_copy(update={"options": options})}
    monkeypatch.setattr(tools, "settings", tools.settings.model_copy(update={"targets": targets}))
    database.run("DROP DATABASE IF EXISTS community", "CREATE DATABASE community", "CREATE TABLE community.t (v INT)")
    database.run("FLUSH BINARY LOGS")  # what other tests wrote to the server's newest log may be more than the spool has room for
    yield Yard(tools, database)
    database.run("DROP DATABASE community")


def position(backup: Manifest) -> Position:
    assert backup.facts.position is not None
    return backup.facts.position


def names(bundle: Manifest) -> list[str]:
    return [log.name for log in bundle.facts.logs]


def test_logs_lie_under_the_name_of_their_server_and_hold_what_it_wrote(yard: Yard, tmp_path: Path) -> None:
    full = yard.back_up(Kind.FULL)
    yard.write()
    bundle = yard.back_up(Kind.LOG)
    assert bundle.target == recovery.shelf(full.facts.identity)
    assert names(bundle)[0] == position(full).file
    for path in yard.files(bundle, tmp_path):
        assert path.read_bytes() == (yard.database.folder / "binlog" / path.name).read_bytes()


def test_the_chain_goes_on_from_what_the_stores_hold(yard: Yard) -> None:
    yard.back_up(Kind.FULL)
    first = yard.back_up(Kind.LOG)
    yard.write()
    second = yard.back_up(Kind.LOG)
    assert (second.parent, second.facts.gap) == (first.id, "")
    assert second.facts.logs[0].before == first.facts.logs[-1].after
    assert set(names(first)).isdisjoint(names(second))


def test_nothing_new_is_a_success_that_holds_nothing_and_moves_the_window(yard: Yard) -> None:
    yard.back_up(Kind.FULL)
    yard.back_up(Kind.LOG)
    idle = yard.back_up(Kind.LOG)
    assert (idle.segments, idle.facts.logs) == ((), ())
    assert yard.stretch().end == idle.facts.snapshot


def test_the_window_reaches_from_the_full_to_the_last_shipping(yard: Yard) -> None:
    full = yard.back_up(Kind.FULL)
    for _ in range(3):
        yard.write()
        bundle = yard.back_up(Kind.LOG)
    stretch = yard.stretch()
    assert (stretch.begin, stretch.end, stretch.ended) == (full.facts.snapshot, bundle.facts.snapshot, "")


def test_a_purge_before_the_shipping_is_a_gap_until_the_next_full(yard: Yard) -> None:
    yard.back_up(Kind.FULL)
    last = yard.back_up(Kind.LOG)
    for _ in range(3):
        yard.write()
        yard.database.run("FLUSH BINARY LOGS")
    yard.purge()
    broken = yard.back_up(Kind.LOG)
    assert "purged by the server before it was fetched" in broken.facts.gap
    assert (yard.stretch().end, yard.stretch().ended) == (last.facts.snapshot, broken.facts.gap)
    yard.back_up(Kind.FULL)
    yard.write()
    assert yard.stretch().end < yard.back_up(Kind.LOG).facts.snapshot == yard.stretch().end


def test_an_incremental_names_what_came_since_the_backup_before_it_and_copies_nothing(yard: Yard) -> None:
    full = yard.back_up(Kind.FULL)
    bundles = []
    for _ in range(2):
        yard.write()
        bundles.append(yard.back_up(Kind.LOG))
    first = yard.back_up(Kind.INCREMENTAL)
    yard.write()
    bundles.append(yard.back_up(Kind.LOG))
    second = yard.back_up(Kind.INCREMENTAL)
    pins = [f"{bundle.target}/{bundle.id}" for bundle in bundles]
    assert (first.parent, list(first.pins), first.segments) == (full.id, pins[:2], ())
    assert (second.parent, list(second.pins), second.segments) == (first.id, pins[2:], ())
    assert second.facts.snapshot == bundles[-1].facts.snapshot


def test_a_differential_names_everything_since_the_full(yard: Yard) -> None:
    full = yard.back_up(Kind.FULL)
    for _ in range(2):
        yard.write()
        yard.back_up(Kind.LOG)
        yard.back_up(Kind.INCREMENTAL)
    found = yard.back_up(Kind.DIFFERENTIAL)
    assert (found.parent, len(found.pins)) == (full.id, 2)
    assert position(found).gtid != position(full).gtid


def test_an_incremental_never_builds_on_a_differential(yard: Yard) -> None:
    full = yard.back_up(Kind.FULL)
    yard.write()
    yard.back_up(Kind.LOG)
    yard.back_up(Kind.DIFFERENTIAL)
    assert yard.back_up(Kind.INCREMENTAL).parent == full.id


@pytest.mark.parametrize("kind", [Kind.INCREMENTAL, Kind.DIFFERENTIAL])
def test_without_a_full_nothing_can_be_named(yard: Yard, kind: Kind) -> None:
    with pytest.raises(Permanent, match="has no full backup"):
        yard.back_up(kind)


def test_without_new_logs_an_incremental_says_so_and_is_not_sealed(yard: Yard) -> None:
    full = yard.back_up(Kind.FULL)
    with pytest.raises(Permanent, match=f"there is nothing after {full.id}"):
        yard.back_up(Kind.INCREMENTAL)


def test_shipping_waits_for_no_full_and_two_shippings_never_run_at_once(yard: Yard) -> None:
    opening.backup(yard.tools, "community", Kind.FULL, None, None).take(yard.tools.ledger)
    opening.backup(yard.tools, "community", Kind.LOG, None, None).take(yard.tools.ledger)
    with pytest.raises(Refused, match="still going"):
        opening.backup(yard.tools, "community", Kind.LOG, None, None).take(yard.tools.ledger)


def test_a_damaged_newest_bundle_is_shipped_again(yard: Yard, orders: Any) -> None:
    yard.back_up(Kind.FULL)
    first = yard.back_up(Kind.LOG)
    yard.write()
    second = yard.back_up(Kind.LOG)
    path = orders.nas / second.target / second.id / "manifest.json"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-9])
    third = yard.back_up(Kind.LOG)
    assert third.parent == first.id
    assert set(names(second)) <= set(names(third))
    assert yard.stretch().ended == ""


def test_the_pages_own_commands_give_the_logs(yard: Yard, orders: Any, tmp_path: Path) -> None:
    yard.back_up(Kind.FULL)
    yard.database.run("FLUSH BINARY LOGS")
    yard.write()
    bundle = yard.back_up(Kind.LOG)
    [script] = re.findall(r"```sh\n(.*?)```", Path("docs/reference/logs.md").read_text(), re.DOTALL)
    work = tmp_path / "work"
    work.mkdir()
    done = command.run(["sh", "-c", script], env={"BACKUP": str(orders.nas / bundle.target / bundle.id), "WORK": str(work)})
    assert (done.returncode, done.stderr) == (0, b"")
    for name in names(bundle):
        assert (work / name).read_bytes() == (yard.database.folder / "binlog" / name).read_bytes()


def test_what_was_shipped_is_a_path_to_any_moment_of_the_window(yard: Yard, tmp_path: Path) -> None:
    full = yard.back_up(Kind.FULL)
    for _ in range(2):
        yard.write()
        yard.back_up(Kind.LOG)
    stretch = yard.stretch()
    for bundle in stretch.bundles:
        yard.files(bundle, tmp_path)
    found = prove_path(full.facts, tmp_path, Until(position=stretch.position))
    assert [path.name for path in found.chain.files] == [piece.log.name for piece in stretch.pieces]


def test_a_log_says_of_itself_what_the_manifest_keeps(yard: Yard) -> None:
    yard.back_up(Kind.FULL)
    yard.write()
    logs: tuple[Log, ...] = yard.back_up(Kind.LOG).facts.logs
    assert all(log.closed and not log.fault for log in logs)
    assert sum(log.transactions for log in logs) >= 1
