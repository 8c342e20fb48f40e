"""The index of a backup is proven wherever it comes from: kept on the host, or the first store whose copy is good."""

import pytest

from tests.catalog.samples import FULL
from workers import transforms
from workers.artifact import Form, Role, Run, Segment
from workers.bench import indexes
from workers.catalog.manifest import segment_key
from workers.errors import Corrupt, Permanent, Refused, Transient
from workers.spool import files
from workers.spool.held import KEPT
from workers.transforms import stream
from workers.transforms.checksum import form_of, sums_of

TEXT = b'{"path":"one"}\n' * 500


@pytest.fixture
def tools(orders):
    return orders.app.tools


@pytest.fixture
def segment(tools, tmp_path):
    """The index of the sample backup: plain in a run's spool, stored in the one store."""
    (tmp_path / "plain").write_bytes(TEXT)
    stream.encode(tmp_path / "plain", tmp_path / "stored", transforms.encoders(3), stream.Expected(form_of(TEXT)))
    body = (tmp_path / "stored").read_bytes()
    made = Segment(1, "index", Role.INDEX, form_of(TEXT), stored=form_of(body), suffix=".zst", copies=("nas",))
    tools.store("nas").put(segment_key(FULL.target, FULL.id, made), body, form_of(body))
    return made


def manifest(*segments):
    return type(FULL)(**{name: getattr(FULL, name) for name in FULL.__slots__} | {"segments": segments})


def read(tools, backup):
    with indexes.brought(tools, backup) as pieces:
        return b"".join(path.read_bytes() for _, path in pieces)


def damage(tools, segment):
    path = tools.settings.stores["nas"].options.path / segment_key(FULL.target, FULL.id, segment)
    path.write_bytes(b"\0" + path.read_bytes()[1:])


def keep(tools, segment, monkeypatch, recipients=("age1x",)):
    """Keep the index as the dump of an encrypted backup does."""
    run = Run("7d06883c", "backup", FULL.target, "db1", FULL.id)
    plan = tools.plan(FULL.target).model_copy(update={"recipients": recipients})
    monkeypatch.setattr(type(tools), "plan", lambda self, target: plan)
    plain = files.plain(tools.room, run.id, segment)
    plain.parent.mkdir(parents=True, exist_ok=True)
    plain.write_bytes(TEXT)
    files.write_note(plain, sums_of(plain))
    indexes.keep(tools, run, segment)
    return tools.room.path / KEPT / FULL.target


def test_it_comes_from_the_store_and_nothing_of_it_stays(tools, segment):
    assert read(tools, manifest(segment)) == TEXT
    assert [path for path in (tools.room.path / KEPT).rglob("*") if path.is_file()] == []


def test_a_copy_that_is_damaged_is_corrupt_and_one_that_is_kept_stands_in_for_it(tools, segment, monkeypatch):
    damage(tools, segment)
    with pytest.raises(Corrupt, match=r"segment 000001\.index\.zst in nas has"):
        read(tools, manifest(segment))
    keep(tools, segment, monkeypatch)
    assert read(tools, manifest(segment)) == TEXT


def test_a_kept_index_that_is_damaged_is_passed_over_for_the_stores(tools, segment, monkeypatch):
    kept = keep(tools, segment, monkeypatch)
    (path,) = kept.rglob("*.zst")
    path.write_bytes(b"nonsense")
    assert read(tools, manifest(segment)) == TEXT


def test_an_index_is_kept_only_where_the_host_could_not_read_it_in_the_stores(tools, segment, monkeypatch):
    assert not keep(tools, segment, monkeypatch, recipients=()).exists()


def test_what_no_backup_builds_on_any_more_is_forgotten_and_what_is_younger_stays(tools, segment, monkeypatch):
    kept = keep(tools, segment, monkeypatch)
    for name in ("20261101T000000Z-full-00000001", "20261231T000000Z-full-00000002"):
        (kept / name).mkdir()
    indexes.forget(tools, FULL.target, frozenset({FULL.id}))
    assert sorted(path.name for path in kept.iterdir()) == [FULL.id, "20261231T000000Z-full-00000002"]


def test_a_backup_without_an_index_says_so(tools):
    data = Segment(1, "data", Role.DATA, Form(1, "a" * 64))
    with pytest.raises(Corrupt, match=f"backup {FULL.id} has no index"):
        read(tools, manifest(data))


@pytest.mark.parametrize(
    ("problems", "kind"),
    [
        ((Corrupt("a"), Transient("b")), Transient),  # the store that is away may have a good one
        ((Permanent("a"), Corrupt("b")), Corrupt),
        ((Refused("a"),), Refused),
        ((), Permanent),
    ],
)
def test_of_several_failures_the_one_that_leaves_hope_is_told(problems, kind):
    assert indexes._worst([*problems]) is kind
