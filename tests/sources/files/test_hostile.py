"""An index or a site that somebody prepared leads no restore out of its folder."""

import json
from pathlib import Path

import pytest

from tests.sources.files.hands import picture
from workers.artifact import Form, Role, Segment
from workers.errors import Corrupt, Permanent
from workers.sources.files.site import site

ROOT = {"path": "", "type": "d", "mode": 0o755}
BODY = {"stream": "ab12cd34", "block": 0, "at": 512, "stored": 4, "sha256": "00"}


@pytest.fixture
def prepare(hands, tmp_path):
    """Prepares a restore by an index of these lines."""
    backup = hands.full()

    def prepared(*lines):
        path = tmp_path / "index"
        path.write_text("".join(json.dumps(line) + "\n" for line in (ROOT, *lines)))
        form = Form(path.stat().st_size, "00" * 32)
        hands.source.prepare(hands.order(backup, tmp_path / "out"), [(Segment(1, "index", Role.INDEX, form), path)])

    return prepared


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "./x", "a//x", "x/", "a\0b", "..", "\ud800"])
def test_a_path_that_leaves_its_folder_is_corrupt(prepare, path):
    with pytest.raises(Corrupt):
        prepare({"path": path, "type": "f", "size": 4, **BODY})


@pytest.mark.parametrize("link", ["../x", "/etc/passwd", "a/../../x"])
def test_a_link_to_a_file_outside_is_corrupt(prepare, link):
    with pytest.raises(Corrupt):
        prepare({"path": "x", "type": "f", "link": link})


@pytest.mark.parametrize("kind", ["l", "f", "p"])
def test_nothing_is_written_through_what_is_no_folder(prepare, tmp_path, kind):
    with pytest.raises(Corrupt, match="no folder"):
        prepare({"path": "a", "type": kind, "target": str(tmp_path)}, {"path": "a/x", "type": "f", "size": 4, **BODY})


def test_a_path_that_comes_twice_is_corrupt(prepare):
    with pytest.raises(Corrupt, match="out of order"):
        prepare({"path": "a", "type": "l", "target": "/"}, {"path": "a", "type": "d"})


@pytest.mark.parametrize(
    "wrong",
    [{"stream": "../../x"}, {"stored": 5}, {"block": -1}, {"at": -5, "block": -9}, {"extents": [[0, 9]]}, {"extents": [[2, 2], [0, 2]]}],
)
def test_a_body_that_cannot_be_is_corrupt(prepare, wrong):
    with pytest.raises(Corrupt):
        prepare({"path": "x", "type": "f", "size": 4, **BODY, **wrong})


@pytest.mark.parametrize("line", ["", "{}", "[]", '{"path": 1, "type": "f"}', '{"path": "x"', '{"path": "x", "type": "q"}', "é"])
def test_a_line_that_is_no_entry_is_corrupt(hands, tmp_path, line):
    backup = hands.full()
    (tmp_path / "index").write_text(line + "\n")
    with pytest.raises(Corrupt):
        hands.source.prepare(hands.order(backup, tmp_path / "out"), [(backup.of(Role.INDEX)[0][0], tmp_path / "index")])


@pytest.mark.parametrize("folder", ["a", "a/deep"])
def test_a_folder_swapped_for_a_link_during_a_restore_writes_nothing_elsewhere(hands, tmp_path, folder):
    backup, victim = hands.full(), tmp_path / "victim"
    victim.mkdir()
    before = picture(victim)
    order = hands.order(backup, tmp_path / "out")
    hands.source.prepare(order, backup.of(Role.INDEX))
    swapped = site(order).tree / folder
    swapped.rename(tmp_path / "moved")
    swapped.symlink_to(victim)
    with pytest.raises(Permanent, match="cannot restore a/"):
        hands.source.load(order, *backup.of(Role.DATA)[0])
    assert picture(victim) == before


def test_a_file_swapped_for_a_link_during_a_restore_is_not_followed(hands, tmp_path):
    backup, victim = hands.full(), tmp_path / "victim"
    victim.write_text("precious")
    order = hands.order(backup, tmp_path / "out")
    hands.source.prepare(order, backup.of(Role.INDEX))
    (site(order).tree / "a-b").symlink_to(victim)
    for piece in backup.of(Role.DATA):
        hands.source.load(order, *piece)
    assert victim.read_text() == "precious"
    assert not (site(order).tree / "a-b").is_symlink()


def test_a_segment_that_does_not_say_where_it_begins_is_refused(hands, tmp_path):
    backup = hands.full()
    order = hands.order(backup, tmp_path / "out")
    hands.source.prepare(order, backup.of(Role.INDEX))
    with pytest.raises(Permanent, match="does not say where"):
        hands.source.load(order, Segment(1, "pack", Role.DATA, Form(1, "00" * 32)), backup.pieces[0][1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "l", "target": "a\0b"},
        {"type": "l", "target": "\ud800"},
        {"link": "\ud800"},
        {"owner": "a\0b"},
        {"mode": 0o200000},
        {"mode": -1},
        {"uid": -1},
        {"gid": (1 << 32) - 1},
        {"mtime_ns": 1 << 93},
        {"xattrs": [["user.x", "?"]]},
        {"xattrs": [["user.\0", "eA=="]]},
    ],
)
def test_what_no_system_has_is_corrupt_before_anything_is_made(prepare, tmp_path, wrong):
    with pytest.raises(Corrupt):
        prepare({"path": "x", "type": "f", "size": 4, **BODY, **wrong})
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".canvasback")]


@pytest.mark.parametrize("name", [b"../x", b"/tmp/canvasback-hostile", b"a/../../x"])
def test_what_a_pack_calls_its_members_is_never_looked_at(hands, tmp_path, name):
    backup, before = hands.full(100), picture(hands.root)
    _, plain = backup.of(Role.DATA)[0]
    data = plain.read_bytes()
    assert data.count(b"a-b".ljust(100, b"\0")) == 1
    plain.write_bytes(data.replace(b"a-b".ljust(100, b"\0"), name.ljust(100, b"\0")))
    hands.restore(backup, tmp_path / "out")
    assert picture(tmp_path / "out") == before
    assert {path.name for path in tmp_path.iterdir()} == {"uploads", "work", "out"}
    assert not Path("/tmp/canvasback-hostile").exists()  # what the pack would make


@pytest.mark.parametrize("kind", ["c", "b", "s"])
def test_devices_and_sockets_of_an_index_are_never_made(prepare, hands, tmp_path, kind):
    prepare({"path": "disk", "type": kind, "mode": 0o666})
    order = hands.order(hands.full(), tmp_path / "out")
    hands.source.finish(order, [])
    assert list((tmp_path / "out").iterdir()) == []


def test_a_hard_link_to_a_symbolic_link_reaches_nothing_outside(prepare, hands, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    prepare({"path": "a", "type": "l", "target": str(victim)}, {"path": "b", "type": "f", "size": 8, "link": "a"})
    with pytest.raises(Permanent, match="b is of type 'l', not 'f'"):
        hands.source.finish(hands.order(hands.full(), tmp_path / "out"), [])
    assert (victim.read_text(), victim.stat().st_nlink) == ("precious", 1)
