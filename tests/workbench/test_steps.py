"""The hands of a backup between dump and upload: what lies in the spool is proven before it is believed."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from compose.local.redis import Redis as Server
from workers.artifact import Form, Kind, Run, Segment, new_backup_id, new_run_id
from workers.bench.backup import Backup
from workers.bench.restore import Restore
from workers.bench.tools import Tools
from workers.errors import Corrupt, Permanent
from workers.plans.drivers import Driver
from workers.settings import load
from workers.sources import SOURCES
from workers.spool import files
from workers.stores.local import LocalStore

MIB = 1 << 20
SETTINGS = """
secrets_dir = "{root}/secrets"
spool = {{ path = "{root}/spool" }}
[broker]
url = "{broker}"
[hosts.db1]
role = "database"
[hosts.control]
role = "control"
[stores.nas]
kind = "local"
path = "{root}/nas"
[plans.plain]
required = ["nas"]
[targets.few]
source = "synthetic"
host = "db1"
plan = "plain"
[targets.few.synthetic]
segments = 1
bytes = {bytes}
noise = {noise}
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backup]:
    """The hands of a run that has begun."""
    yield from begun(tmp_path, monkeypatch)


@pytest.fixture
def noise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backup]:
    """The same, of what does not compress."""
    yield from begun(tmp_path, monkeypatch, bytes=2 * MIB, noise="true")


def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bytes: int = 3000, noise: str = "false") -> Iterator[Backup]:
    monkeypatch.setitem(SOURCES, "synthetic", Driver("tests.synthetic.source:Synthetic", "tests.synthetic.source:Options"))
    with Server(tmp_path / "redis") as redis:
        (tmp_path / "canvasback.toml").write_text(SETTINGS.format(root=tmp_path, broker=redis.url, bytes=bytes, noise=noise))
        tools = Tools(load(tmp_path / "canvasback.toml"))
        run = Run(new_run_id(), "backup", "few", "db1", new_backup_id(Kind.FULL, datetime.now(UTC)))
        tools.ledger.open(run)
        yield Backup(tools, run.id)


def plain(work: Backup, segment: Segment) -> Path:
    return files.plain(work.tools.room, work.run.id, segment)


def flip(file: Path) -> None:
    body = file.read_bytes()
    file.write_bytes(body[:-7] + bytes([body[-7] ^ 1]) + body[-6:])


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def flip_and_lose_the_note(file: Path) -> None:
    flip(file)
    file.with_name(f"{file.name}.note").unlink()


HARMS = [flip, cut, flip_and_lose_the_note]


@pytest.mark.parametrize("harm", HARMS)
def test_a_file_that_changed_in_the_spool_is_found_by_checksum_and_would_be_by_compress(work: Backup, harm: Callable[[Path], None]) -> None:
    (segment,) = work.segments()
    harm(plain(work, segment))
    with pytest.raises(Corrupt, match=r"segment 000001\.data in the spool has|000001\.data\.plain is not as long as it was cut"):
        work.checksum(segment)
    with pytest.raises(Corrupt, match=r"is not what was recorded|is not as long as it was cut"):
        work.compress(segment)
    assert not files.stored(work.tools.room, work.run.id, segment).exists()


@pytest.mark.parametrize("hands", ["work", "noise"])
def test_any_step_may_come_again_after_the_last_one_was_done(request: pytest.FixtureRequest, hands: str) -> None:
    """A broker that is killed while segments fly sends what was at work a second time; the first may be ahead by all the steps."""
    work = request.getfixturevalue(hands)
    LocalStore("nas", work.tools.settings.stores["nas"].options).initialise()
    (segment,) = work.segments()
    steps = ("checksum", "compress", "upload", "verify")
    states = [segment]
    for step in steps:
        states.append(getattr(work, step)(states[-1]))
    assert states[-1].copies == ("nas",)
    before = work.ledger.entry(work.run.id)
    assert [getattr(work, step)(state) for step, state in zip(steps, states, strict=False)] == states[1:]
    assert work.ledger.entry(work.run.id) == before
    assert not plain(work, segment).exists()


def test_a_file_that_was_lost_is_no_file_that_was_freed(work: Backup) -> None:
    (segment,) = work.segments()
    packed = work.compress(work.checksum(segment))
    files.stored(work.tools.room, work.run.id, packed).unlink()
    with pytest.raises(Permanent):
        work.upload(packed)


def test_checksum_makes_the_sha256_of_what_the_crc_proves(work: Backup) -> None:
    (segment,) = work.segments()
    body = plain(work, segment).read_bytes()
    checked = work.checksum(segment)
    assert (segment.plain, checked.plain) == (Form(len(body), ""), Form(len(body), hashlib.sha256(body).hexdigest()))
    assert work.checksum(segment) == checked
    packed = files.stored(work.tools.room, work.run.id, work.compress(checked))
    assert zstandard.decompress(packed.read_bytes()) == body


def test_a_message_to_checksum_that_comes_after_the_file_was_compressed_says_what_it_said_before(work: Backup) -> None:
    (segment,) = work.segments()
    checked = work.checksum(segment)
    work.compress(checked)
    assert work.checksum(segment) == checked


def test_a_plain_form_that_is_gone_and_was_never_proven_is_missed(work: Backup) -> None:
    (segment,) = work.segments()
    plain(work, segment).unlink()
    with pytest.raises(Permanent, match=r"000001\.data\.plain is missing"):
        work.checksum(segment)


def test_what_does_not_compress_takes_the_room_of_one_form_and_is_never_written_anew(noise: Backup) -> None:
    (segment,) = noise.segments()
    assert noise.tools.room.used() == segment.plain.bytes
    written = plain(noise, segment).stat().st_ino
    packed = noise.compress(checked := noise.checksum(segment))
    assert (packed.stored, packed.suffix) == (checked.plain, "")
    assert files.stored(noise.tools.room, noise.run.id, packed).stat().st_ino == written
    assert noise.tools.room.used() == segment.plain.bytes


def test_what_was_stored_as_it_is_comes_back_proven_and_is_never_written_anew(noise: Backup) -> None:
    """The steps of a restore after fetch, on what a backup left in the spool."""
    (segment,) = noise.segments()
    packed, back = noise.compress(noise.checksum(segment)), Restore(noise.tools, noise.run.id)
    stored = files.stored(noise.tools.room, noise.run.id, packed)
    body, written = stored.read_bytes(), stored.stat().st_ino
    back.decompress(back.verify(packed))
    assert (plain(noise, segment).read_bytes(), plain(noise, segment).stat().st_ino) == (body, written)
    assert back.decompress(back.verify(packed)) == packed  # its messages came twice
    plain(noise, segment).rename(stored)
    flip(stored)
    with pytest.raises(Corrupt, match="in the spool has"):
        back.verify(packed)


def test_a_fetched_segment_that_is_lost_is_missed_though_it_was_stored_as_it_is(noise: Backup) -> None:
    (segment,) = noise.segments()
    packed = noise.compress(segment)
    files.stored(noise.tools.room, noise.run.id, packed).unlink()
    with pytest.raises(Permanent, match="is missing"):
        Restore(noise.tools, noise.run.id).decompress(packed)
