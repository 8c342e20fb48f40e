"""The index of a backup comes back as it was written, and believes nothing that it reads."""

from datetime import UTC, datetime

import pytest

from workers.artifact import Form, Role, Segment
from workers.errors import Corrupt
from workers.sources.elasticsearch.contents import Blob
from workers.sources.elasticsearch.index import CHUNK, Head, Held, Index, blocks, read

FIRST = b'{"snapshot": "a", "began": "2026-11-22", "indices": {}}\n'
HEAD = Head("canvasback-1", datetime(2026, 11, 22, tzinfo=UTC), {"글-posts": ("uuid", 7)})


def written(index, folder, size):
    data = b"".join(blocks(index))
    found = []
    for begin in range(0, len(data), size):
        path = folder / str(begin)
        path.write_bytes(data[begin : begin + size])
        found.append((Segment(len(found) + 1, "index", Role.INDEX, Form(0, "")), path))
    return found


@pytest.mark.parametrize("size", [7, 1000, 1 << 20])
def test_it_comes_back_from_any_number_of_segments(tmp_path, size):
    wanted = Index(HEAD, {f"indices/a/0/__{n}": Held("글-posts", n, f"{n:08x}") for n in range(50)})
    assert read(written(wanted, tmp_path, size)) == wanted


def test_it_is_written_in_blocks(tmp_path):
    many = Index(HEAD, {f"indices/a/0/__{n:022}": Held("posts", n, "00000000") for n in range(10_000)})
    found = list(blocks(many))
    assert len(found) > 2
    assert max(map(len, found)) < CHUNK + 1000


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"{", "in the middle of a line"),
        (b"{}\n", "cannot be read"),
        (b"[]\n", "cannot be read"),
        (b'{"snapshot": "a", "began": "soon", "indices": {}}\n', "cannot be read"),
        (
            b'{"snapshot": "a", "began": "2026-11-22", "indices": {}}\n{"path": "p", "index": "i", "bytes": 1, "stream": "x"}\n',
            "cannot be read",
        ),
        (b'{"snapshot": "a", "began": "2026-11-22", "indices": {}}\n\n', "cannot be read"),
    ],
)
def test_what_is_none_is_refused(tmp_path, data, words):
    (tmp_path / "index").write_bytes(data)
    with pytest.raises(Corrupt, match=words):
        read([(Segment(1, "index", Role.INDEX, Form(0, "")), tmp_path / "index")])


def test_a_blob_is_held_with_all_its_files_or_not_and_a_changed_size_is_damage():
    index = Index(HEAD, {"a.part0": Held("posts", 5, "00000001"), "a.part1": Held("posts", 6, "00000002")})
    blob = Blob("posts", ("a.part0", "a.part1"))
    assert index.has(blob, {"a.part0": 5, "a.part1": 6})
    assert not index.has(Blob("posts", ("a.part0", "b")), {"a.part0": 5, "b": 1})
    assert index.streams == ("00000001", "00000002")
    with pytest.raises(Corrupt, match=r"a\.part1 of the repository has 7 bytes, and 6 when it was backed up"):
        index.has(blob, {"a.part0": 5, "a.part1": 7})
