"""Logs that lie in stores become files again; where one is lost, the words say how far the others lead."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.catalog.samples import FACTS, FULL, NOON
from tests.catalog.test_recovery import at
from workers.artifact import Form, Kind, Log, Position, Role, Segment
from workers.bench import bringing
from workers.bench.bringing import LogBringer
from workers.catalog import index
from workers.catalog.manifest import Manifest, manifest_key, seal, segment_key
from workers.errors import Corrupt, Permanent, Refused
from workers.sources.mysql.logs.bundles import unbundle
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions
from workers.transforms import zstd
from workers.transforms.checksum import form_of

SHELF = f"logs-{FACTS.identity}"


def form(data: bytes) -> Form:
    return Form(len(data), hashlib.sha256(data).hexdigest())


class Unbundling:
    """What the bringer asks of a source."""

    def unpack(self, *arguments: Any) -> Any:
        return unbundle(*arguments)


@dataclass
class Shelf:
    """Log backups in a store, each with one segment of so many files."""

    tools: Any
    folder: Any

    def put(self, number: int, **files: bytes) -> Manifest:
        plain, stored = b"".join(files.values()), self.folder / f"{number}.stored"
        (self.folder / "plain").write_bytes(plain)
        with (self.folder / "plain").open("rb") as source, stored.open("wb") as sink:
            zstd.Zstd(3).encode(source, sink)
        segment = Segment(1, "log", Role.LOG, form(plain), stored=form_of(stored), suffix=".zst", copies=("nas",))
        logs = tuple(Log(name.replace("_", "."), form(data), 4, NOON, NOON) for name, data in files.items())
        facts = replace(FACTS, snapshot=at(number), logs=logs, position=Position(logs[-1].name, logs[-1].plain.bytes))
        name = f"20261122T1200{number:02}Z-log-{number:08x}"
        made = replace(FULL, id=name, target=SHELF, kind=Kind.LOG, facts=facts, segments=(segment,))
        nas = self.tools.store("nas")
        nas.put(segment_key(SHELF, name, segment), stored, form_of(stored))
        nas.put(manifest_key(SHELF, name), body := seal(made), form_of(body))
        return made

    def bring(self, *made: Manifest) -> dict[str, bytes]:
        bad: list[str] = []
        into = self.folder / "logs"
        bringer = LogBringer(self.tools, Unbundling(), into, lambda copy, _: bad.append(copy), lambda _: None)  # type: ignore[arg-type]
        bringer.bring(bringing.bundles(self.tools, "community", (f"{SHELF}/{each.id}" for each in made)))
        return {path.name: path.read_bytes() for path in into.iterdir()}

    def object(self, made: Manifest) -> Any:
        return self.tools.settings.stores["nas"].options.path / segment_key(SHELF, made.id, made.segments[0])


@pytest.fixture
def shelf(orders: Any, tmp_path: Any) -> Shelf:
    return Shelf(orders.app.tools, tmp_path)


def test_the_files_of_several_backups_lie_beside_one_another_and_nothing_else(shelf: Shelf) -> None:
    made = shelf.put(1, bin_000001=b"a" * 100, bin_000002=b""), shelf.put(2, bin_000003=b"c" * 2_000_000)
    assert shelf.bring(*made) == {"bin.000001": b"a" * 100, "bin.000002": b"", "bin.000003": b"c" * 2_000_000}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_shippings_of_one_log_the_longer_one_stays(shelf: Shelf, order: tuple[int, int]) -> None:
    made = shelf.put(1, bin_000001=b"ab"), shelf.put(2, bin_000001=b"abc")
    assert shelf.bring(*(made[index] for index in order)) == {"bin.000001": b"abc"}


def test_where_every_copy_is_bad_the_end_that_can_be_reached_is_named(shelf: Shelf) -> None:
    made = shelf.put(1, bin_000001=b"a"), shelf.put(2, bin_000002=b"b")
    path = shelf.object(made[1])
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(Corrupt, match=r"the last moment that can be reached is 2026-11-22 12:00:01 UTC \(bin\.000001 at 1\)"):
        shelf.bring(*made)
    shelf.object(made[0]).unlink()
    with pytest.raises(Permanent, match="the backup's own moment can be restored"):
        shelf.bring(*made)


def test_a_log_that_is_damaged_in_the_first_store_comes_from_the_second_and_the_bad_copy_is_named(shelf: Shelf, tmp_path: Path) -> None:
    made, nas = shelf.put(1, bin_000001=b"a"), shelf.tools.store("nas")
    second = LocalStore("second", LocalOptions(path=tmp_path / "second"))
    second.initialise()
    path = shelf.object(made)
    second.put(segment_key(SHELF, made.id, made.segments[0]), path, form_of(path))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    bad: list[str] = []
    bringer = LogBringer(shelf.tools, Unbundling(), tmp_path / "logs", lambda copy, _: bad.append(copy), lambda _: None)  # type: ignore[arg-type]
    bringer.bring([index.Entry(made, (nas, second))])
    assert (tmp_path / "logs" / "bin.000001").read_bytes() == b"a"
    assert bad == [f"nas/{segment_key(SHELF, made.id, made.segments[0])}"]


def test_a_log_backup_that_is_nowhere_is_refused_by_name(shelf: Shelf) -> None:
    made = replace(shelf.put(1, bin_000001=b"a"), id="20261122T120009Z-log-00000009")
    with pytest.raises(Refused, match="20261122T120009Z-log-00000009"):
        shelf.bring(made)


@pytest.mark.parametrize("name", ["/etc/passwd", "..", ".hidden"])
def test_a_log_whose_name_leads_elsewhere_is_no_log(shelf: Shelf, name: str) -> None:
    made = shelf.put(1, **{name.replace(".", "_"): b"a"})
    with pytest.raises(Corrupt, match="is no name of a log"):
        shelf.bring(made)
